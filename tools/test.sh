#!/usr/bin/env bash
# All tests, each part with its own log in build/test-logs; a table of what ran, failed and was skipped; exit status 0
# only when nothing failed. A part that cannot run here ends with status 77 and its last line says why.
#   test.sh [PART…]    only the parts whose name begins so
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/.." || exit

logs=build/test-logs
mkdir -p "$logs"
python=/usr/bin/python3
chosen=("$@")
began=$SECONDS

# shellcheck source=tools/parts.sh
. tools/parts.sh

export HANSE_BUILD=$PWD/build/package # what is tested is what is packaged

build() { tools/build.sh "$1"; }
unit() { build "$1" && ctest --test-dir "build/$1" --output-on-failure --timeout 120 -j $((2 * $(nproc))); }
skip() {
  printf '%s\n' "$1"
  return 77
}

# All scenarios, a few files at once: they wait more than they work. Those of reloads, the longest, begin.
scenarios() {
  local build=$1 out
  local files=(tests/reload/*.txt tests/scenario/*.txt)
  build "$build" >/dev/null || return
  out=$(mktemp -d)
  # shellcheck disable=SC2016  # the inner shell expands its own arguments
  printf '%s\n' "${files[@]}" | HANSE_BUILD=$PWD/build/$build xargs -P 3 -I{} sh -c \
    '"$1" tests/lib/scenario.py "$2" >"$3/$(basename "$2").out" 2>&1 || echo "$2" >>"$3/failed"' _ "$python" {} "$out"
  cat "$out"/*.out
  awk '/^[0-9]+ passed, [0-9]+ failed/ {passed += $1; failed += $3}
    END {printf "%d passed, %d failed\n", passed, failed}' "$out"/*.out
  local status=0
  [ ! -e "$out/failed" ] || status=1
  rm -rf "$out"
  return "$status"
}

# programs FOLDER [N]: each on its own, two (or N) at a time: they wait more than they work. Exit status 0 good, 77
# skipped.
programs() {
  local folder=$1 out one status why bad=0 ran=0
  local files=("tests/$folder"/test_*.py)
  [ -e "${files[0]}" ] || { skip "tests/$folder holds no test_*.py"; return; }
  out=$(mktemp -d)
  # shellcheck disable=SC2016  # the inner shell expands its own arguments
  printf '%s\n' "${files[@]}" | xargs -P "${2:-2}" -I{} sh -c \
    'status=0; "$1" "$2" >"$3/$(basename "$2").out" 2>&1 || status=$?; echo "$status" >"$3/$(basename "$2").status"' \
    _ "$python" {} "$out"
  for one in "${files[@]}"; do
    printf '== %s\n' "$one"
    cat "$out/$(basename "$one").out"
    status=$(cat "$out/$(basename "$one").status")
    [ "$status" -eq 77 ] && why=$(tail -n 1 "$out/$(basename "$one").out")
    [ "$status" -eq 77 ] || ran=$((ran + 1))
    [ "$status" -eq 0 ] || [ "$status" -eq 77 ] || bad=$((bad + 1))
  done
  rm -rf "$out"
  [ "$ran" -gt 0 ] || { skip "$why"; return; }
  printf '%d passed, %d failed\n' $((ran - bad)) "$bad"
  [ "$bad" -eq 0 ]
}

# The packages, then whoever installs them.
strangers() {
  local status=0
  nice "$python" tests/packaging/test_packages.py || status=$?
  [ "$status" -eq 0 ] || return "$status"
  programs stranger 1 # apt locks what they share
}

# For what only works: it has the cores when nothing else wants them.
idle() { chrt --idle 0 "$@"; }

laps() { build package >/dev/null && idle "$python" tests/bench/bench_lap.py; }
clang_builds() { idle tools/build.sh clang && idle tools/fuzz.sh build; }

begin "lint" tools/lint.sh
begin "tools" programs tools
part "unit tests (gcc, debug)" unit debug
finish "lint"
finish "tools"
part "test library" "$python" tests/lib/test_library.py
part "no circle of files" "$python" tools/circles.py build/debug hanse_contract hanse_core sip hansectl hanse_tool access archive contacts \
  domains filter limits modality public sqlite memory
part "unit tests (ASan + UBSan)" unit asan
part "build (package)" build package
begin "packages, and a stranger" strangers # until the scenarios are through: it loads, unpacks and waits for apt
begin "build (clang)" clang_builds
part "pages made from tables" tools/pages.sh
part "abi programs" programs abi
part "sdk programs" programs sdk
part "plugin tool programs" programs plugin_tool
part "examples, installed" programs examples
part "rules taken away (mutations)" "$python" tools/mutations.py
part "peers without the router" "$python" tests/lib/demo.py --direct
begin "instructions per lap" laps
begin "scenarios (package)" scenarios package
part "scenarios (ASan + UBSan)" scenarios asan
finish "scenarios (package)"
finish "instructions per lap"
finish "build (clang)"
finish "packages, and a stranger"
begin "fuzz (short)" idle tools/fuzz.sh all 20
part "reload programs" programs reload
part "interop: the demo" "$python" tests/lib/demo.py
part "interop programs" programs interop
finish "fuzz (short)"
part "fault programs" programs faults 3
part "bench (short)" tools/bench.sh short

printf '\n%s\n' "---- what ran ------------------------------------------------------------------------------"
printf '%s\n' "${rows[@]}"
printf '%d parts, %d failed, %d skipped, %d s\n' "${#rows[@]}" "$failed" \
  "$(printf '%s\n' "${rows[@]}" | grep -c ' SKIP ')" $((SECONDS - began))
[ "$failed" -eq 0 ]
