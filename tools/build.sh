#!/usr/bin/env bash
# Builds a preset into build/<preset>:  build.sh PRESET
# The code of a release, and of what is packaged, is laid out by what runs: a build that takes notes, laps of every kind
# with it, then the real one, whose warm code lies together (a tenth less time per lap). `./dev clean` forgets the notes.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
preset=$1

# Of two that build the same preset at once the second waits, and finds it done.
if [ "${HANSE_BUILDS:-}" != "$preset" ]; then
  mkdir -p build
  HANSE_BUILDS=$preset exec flock -o "build/$preset.lock" tools/build.sh "$preset"
fi

configure() { cmake --preset "$preset" "$@"; }
compile() { cmake --build --preset "$preset" -j "$(nproc)" "$@"; }

learn() {
  configure -DHANSE_LAYOUT=learn
  compile --target router_laps sip direct domains
  if HANSE_BUILD=$PWD/build/$preset /usr/bin/python3 tests/bench/bench_lap.py --train; then
    configure -DHANSE_LAYOUT=learned
  else
    echo "no laps could be run: the code is laid out as the compiler guesses"
    configure -DHANSE_LAYOUT=guessed
  fi
  touch "build/$preset/learned"
}

case $preset in
  release | package) [ -e "build/$preset/learned" ] || learn ;;
esac
configure
compile
