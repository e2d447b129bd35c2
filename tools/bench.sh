#!/usr/bin/env bash
# Runs the measurements of tests/bench against build/release (or HANSE_BUILD):  bench.sh [short]
# Programs: <build>/…/bench_* (each prints its figures), then tests/bench/bench_*.py.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
form=${1:-full}
export HANSE_BENCH=$form
printf 'measured on: %s, %s cores, kernel %s\n' "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)" "$(uname -r)"
ran=0
bad=0
while read -r program; do
  ran=$((ran + 1))
  printf '== %s\n' "$(basename "$program")"
  "$program" "$form" || bad=$((bad + 1))
done < <(find "${HANSE_BUILD:-build/release}" -type f -perm -u+x -name 'bench_*' 2>/dev/null | sort)
for program in tests/bench/bench_*.py; do
  [ -e "$program" ] || continue
  [ "$form $program" != "short tests/bench/bench_lap.py" ] || continue # test.sh has it as a part of its own
  ran=$((ran + 1))
  printf '== %s\n' "$(basename "$program")"
  status=0
  /usr/bin/python3 "$program" "$form" || status=$?
  [ "$status" -eq 0 ] || [ "$status" -eq 77 ] || bad=$((bad + 1))
done
if [ "$ran" -eq 0 ]; then
  echo "there is nothing to measure yet in tests/bench"
  exit 77
fi
printf '%d passed, %d failed\n' $((ran - bad)) "$bad"
[ "$bad" -eq 0 ]
