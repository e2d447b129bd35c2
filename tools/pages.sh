#!/usr/bin/env bash
# Pages that are made from the router's tables say what the tables say.
#   pages.sh          compares; needs the release build       pages.sh write    makes them anew
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/.." || exit
hanse=build/release/bin/hanse
[ -x "$hanse" ] || { echo "$hanse is not there: ./dev build makes it"; exit 77; }
bad=0
for pair in manual:configuration failures:failures; do
  option=--${pair%%:*} page=docs/${pair##*:}.md
  if [ "${1:-}" = write ]; then
    "$hanse" "$option" >"$page"
  elif ! "$hanse" "$option" | cmp -s - "$page"; then
    echo "$page: old; tools/pages.sh write"
    bad=1
  fi
done
exit "$bad"
