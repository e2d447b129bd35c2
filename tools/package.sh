#!/usr/bin/env bash
# Builds hanse_*.deb and hanse-dev_*.deb into build/packages, and what was stripped from them as *-dbgsym_*.ddeb.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
tools/build.sh package
rm -rf build/package/cpack build/packages
cpack --config build/package/CPackConfig.cmake -B "$PWD/build/package/cpack"
mkdir -p build/packages
mv build/package/cpack/*.*deb build/packages/
ls -l build/packages
