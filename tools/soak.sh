#!/usr/bin/env bash
# The tests over and over until the time is up: soak.sh [minutes], two hours if it is not said. Stops at the first
# failure and keeps its log.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
minutes=${1:-120}
end=$((SECONDS + minutes * 60))
log=build/soak.log
for preset in release asan; do tools/build.sh "$preset" >/dev/null; done

round=0
step() {
  local status=0
  [ $SECONDS -lt $end ] || return 0
  "$@" >"$log" 2>&1 </dev/null || status=$?
  [ "$status" -ne 0 ] && [ "$status" -ne 77 ] || return 0
  printf 'round %d: failed: %s\n' "$round" "$*"
  tail -n 60 "$log"
  exit 1
}

while [ $SECONDS -lt $end ]; do
  round=$((round + 1))
  step env HANSE_BUILD="$PWD/build/release" /usr/bin/python3 tests/lib/scenario.py tests/scenario/*.txt tests/reload/*.txt
  step env HANSE_BUILD="$PWD/build/asan" /usr/bin/python3 tests/lib/scenario.py tests/scenario/*.txt tests/reload/*.txt
  for program in scale two_hundred figures; do
    step env HANSE_LONG=1 /usr/bin/python3 "tests/reload/test_$program.py"
  done
  for program in tests/faults/test_*.py; do
    step env HANSE_BUILD="$PWD/build/release" HANSE_LONG=1 /usr/bin/python3 "$program"
  done
  step /usr/bin/python3 tests/lib/demo.py
  step tools/fuzz.sh all 600
  step tools/bench.sh full
  printf 'round %d done, %d min\n' "$round" $((SECONDS / 60))
done
printf '%d rounds in %d minutes, nothing failed\n' "$round" "$minutes"
