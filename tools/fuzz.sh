#!/usr/bin/env bash
# Runs libFuzzer targets of build/fuzz:  fuzz.sh [target|all] [seconds each]; fuzz.sh build only makes them
# Seeds: tests/fuzz/corpus/<target> and what the test data offers; a finding is kept in build/fuzz-findings.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
target=${1:-all}
seconds=${2:-60}
data=${HANSE_TEST_DATA:-../shared/data}

cmake --preset fuzz >/dev/null
mapfile -t targets < <(basename -s .c tests/fuzz/fuzz_*.c) # of the rest only what they need is built
cmake --build --preset fuzz -j "$(nproc)" --target "${targets[@]}" >build/fuzz/build.log 2>&1 || { tail -n 40 build/fuzz/build.log; exit 1; }
[ "$target" != build ] || exit 0
mapfile -t programs < <(find build/fuzz -type f -perm -u+x -name 'fuzz_*' | sort)
if [ ${#programs[@]} -eq 0 ]; then
  echo "no fuzz target was built"
  exit 77
fi

run() {
  local program=$1 name seeds=() options=()
  name=$(basename "$program")
  mkdir -p "build/fuzz-corpus/$name" build/fuzz-findings
  [ -d "tests/fuzz/corpus/$name" ] && seeds+=("tests/fuzz/corpus/$name")
  [[ $name == fuzz_sip* ]] && for folder in sip/rfc4475 own/sip-framing own/sip-identity own/sip-routing; do
    [ -d "$data/$folder" ] && seeds+=("$data/$folder")
  done
  [[ $name == fuzz_sip* ]] && [ -f "$data/dict/google-sip.dict" ] && options+=("-dict=$data/dict/google-sip.dict")
  "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=16384 -print_final_stats=1 \
    -artifact_prefix="build/fuzz-findings/$name-" "${options[@]}" "build/fuzz-corpus/$name" "${seeds[@]}" \
    >"build/fuzz/$name.log" 2>&1 || { tail -n 60 "build/fuzz/$name.log"; return 1; }
  printf '%-28s %s executions, coverage %s\n' "$name" \
    "$(sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz/$name.log")" \
    "$(grep -o 'cov: [0-9]*' "build/fuzz/$name.log" | tail -n 1 | cut -d' ' -f2)"
}

found=0
bad=0
running=0
# As many at once as there are cores.
for program in "${programs[@]}"; do
  [ "$target" = all ] || [ "$(basename "$program")" = "$target" ] || [ "$(basename "$program")" = "fuzz_$target" ] || continue
  found=$((found + 1))
  if [ "$running" -ge "$(nproc)" ]; then
    wait -n || bad=$((bad + 1))
    running=$((running - 1))
  fi
  run "$program" &
  running=$((running + 1))
done
while [ "$running" -gt 0 ]; do
  wait -n || bad=$((bad + 1))
  running=$((running - 1))
done
if [ "$found" -eq 0 ]; then
  printf 'There is no target "%s"; there are:\n' "$target"
  printf '  %s\n' "${programs[@]##*/}"
  exit 2
fi
printf '%d passed, %d failed\n' $((found - bad)) "$bad"
[ "$bad" -eq 0 ]
