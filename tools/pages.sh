#!/usr/bin/env bash
# Pages that are made from the router's tables, and from the comments of the public headers, say what those say.
#   pages.sh          compares; needs a build (HANSE_BUILD)     pages.sh write    makes them anew
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/.." || exit
bad=0
/usr/bin/python3 tools/contract.py ${1+"$1"} || bad=1
hanse=${HANSE_BUILD:-build/release}/bin/hanse
[ -x "$hanse" ] || { echo "$hanse is not there: ./dev build makes it"; exit $((bad ? 1 : 77)); }
# Where plugins lie is another folder for each that is built.
# shellcheck disable=SC2016  # backticks of Markdown
page_of() { "$hanse" "$1" | sed -E '/^\| `module_dir`/s/`"[^"]*"`/where they were installed/'; }
for pair in manual:configuration failures:failures; do
  option=--${pair%%:*} page=docs/${pair##*:}.md
  if [ "${1:-}" = write ]; then
    page_of "$option" >"$page"
  elif ! page_of "$option" | cmp -s - "$page"; then
    echo "$page: old; tools/pages.sh write"
    bad=1
  fi
done
exit "$bad"
