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
rows=()
failed=0
began=$SECONDS

is_chosen() {
  [ ${#chosen[@]} -eq 0 ] && return 0
  local one
  for one in "${chosen[@]}"; do [[ $1 == "$one"* ]] && return 0; done
  return 1
}

# part NAME COMMAND…: runs it, keeps its output, remembers its row
part() {
  local name=$1 start=$SECONDS status log verdict note
  shift
  is_chosen "$name" || return 0
  log=$logs/${name//[^a-z0-9]/-}.log
  printf '%-34s ' "$name"
  "$@" >"$log" 2>&1 </dev/null
  status=$?
  note=$(grep -E '[0-9]+ passed, [0-9]+ failed|tests passed|tests failed' "$log" | tail -n 1)
  case $status in
    0) verdict=ok ;;
    77) verdict=SKIP note=$(tail -n 1 "$log") ;;
    *) verdict=FAIL failed=$((failed + 1)) ;;
  esac
  printf '%-5s %4d s  %s\n' "$verdict" $((SECONDS - start)) "$note"
  if [ "$verdict" = FAIL ]; then
    printf -- '--- last lines of %s\n' "$log"
    tail -n 40 "$log"
    printf -- '---\n'
  fi
  rows+=("$(printf '%-34s %-5s %4d s  %s' "$name" "$verdict" $((SECONDS - start)) "$note")")
}

build() { tools/build.sh "$1"; }
unit() { build "$1" && ctest --test-dir "build/$1" --output-on-failure --timeout 120 -j "$(nproc)"; }
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

# With the release and with sanitizers at once: they wait more than they work.
scenarios_twice() {
  local sanitized status=0
  sanitized=$(mktemp)
  scenarios asan >"$sanitized" 2>&1 &
  scenarios release || status=1
  wait $! || status=1
  printf '==== the same with ASan + UBSan\n'
  cat "$sanitized"
  rm -f "$sanitized"
  return "$status"
}

# Programs of a folder, each on its own, two at a time: they wait more than they work. Exit status 0 good, 77 skipped.
programs() {
  local folder=$1 out one status bad=0 ran=0
  local files=("tests/$folder"/test_*.py)
  [ -e "${files[0]}" ] || { skip "tests/$folder holds no test_*.py"; return; }
  out=$(mktemp -d)
  # shellcheck disable=SC2016  # the inner shell expands its own arguments
  printf '%s\n' "${files[@]}" | xargs -P 2 -I{} sh -c \
    'status=0; "$1" "$2" >"$3/$(basename "$2").out" 2>&1 || status=$?; echo "$status" >"$3/$(basename "$2").status"' \
    _ "$python" {} "$out"
  for one in "${files[@]}"; do
    printf '== %s\n' "$one"
    cat "$out/$(basename "$one").out"
    status=$(cat "$out/$(basename "$one").status")
    [ "$status" -eq 77 ] || ran=$((ran + 1))
    [ "$status" -eq 0 ] || [ "$status" -eq 77 ] || bad=$((bad + 1))
  done
  rm -rf "$out"
  printf '%d passed, %d failed\n' $((ran - bad)) "$bad"
  [ "$bad" -eq 0 ]
}

laps() { build release >/dev/null && "$python" tests/bench/bench_lap.py; }

part "lint" tools/lint.sh
part "test library" "$python" tests/lib/test_library.py
part "unit tests (gcc, debug)" unit debug
part "no circle of files" "$python" tools/circles.py build/debug hanse_core hanse_sip
part "unit tests (ASan + UBSan)" unit asan
part "build (clang)" build clang
part "build (release)" build release
part "pages made from tables" tools/pages.sh
part "rules taken away (mutations)" "$python" tools/mutations.py
part "peers without the router" "$python" tests/lib/demo.py --direct
part "scenarios (release, sanitizers)" scenarios_twice
part "reload programs" programs reload
part "fault programs" programs faults
part "interop: the demo" "$python" tests/lib/demo.py
part "interop programs" programs interop
part "fuzz (short)" tools/fuzz.sh all 20
part "instructions per lap" laps
part "bench (short)" tools/bench.sh short

printf '\n%s\n' "---- what ran ------------------------------------------------------------------------------"
printf '%s\n' "${rows[@]}"
printf '%d parts, %d failed, %d skipped, %d s\n' "${#rows[@]}" "$failed" \
  "$(printf '%s\n' "${rows[@]}" | grep -c ' SKIP ')" $((SECONDS - began))
[ "$failed" -eq 0 ]
