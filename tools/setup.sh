#!/usr/bin/env bash
# Installs the packages that are missing, from the distribution, and leaves none of their services running.
#   setup.sh        all: to build, to test, for the demo          setup.sh build   only what building needs
set -euo pipefail

to_build=(gcc libc6-dev cmake ninja-build pkg-config libev-dev libssl-dev libconfig-dev libjansson-dev libunbound-dev
  libsodium-dev libidn2-dev libexpat1-dev libltdl-dev libsqlite3-dev uthash-dev libcmocka-dev python3 openssl
  dpkg-dev file)
to_test=(g++ patch clang libclang-rt-14-dev llvm clang-format shellcheck procps kamailio kamailio-tls-modules
  kamailio-presence-modules baresip-core sip-tester stunnel4 libnss-wrapper libresolv-wrapper unbound knot knot-dnsutils nginx-light
  libnginx-mod-stream valgrind faketime lintian debootstrap abigail-tools)
# Services that these packages would start at the next boot: they are here for tests only.
services=(kamailio stunnel4 unbound knot nginx)

wanted=("${to_build[@]}")
[ "${1:-all}" = build ] || wanted+=("${to_test[@]}")

if ! command -v dpkg-query >/dev/null; then
  printf 'This is no Debian; please install what corresponds to:\n  %s\n' "${wanted[*]}" >&2
  exit 0
fi

missing=()
for package in "${wanted[@]}"; do
  state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    printf 'Missing, and installing needs root:\n  apt-get install %s\n' "${missing[*]}" >&2
    exit 1
  fi
  root=(sudo)
fi

policy=/usr/sbin/policy-rc.d
made_policy=no
finish() {
  [ "$made_policy" = no ] || "${root[@]}" rm -f "$policy"
}
trap finish EXIT
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$policy" >/dev/null
  "${root[@]}" chmod 755 "$policy"
  made_policy=yes
fi

printf 'Installing: %s\n' "${missing[*]}"
log=$(mktemp)
apt() { "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y "$@" >>"$log" 2>&1; }
if ! { apt update && apt install --no-install-recommends "${missing[@]}"; }; then
  tail -n 30 "$log" >&2
  rm -f "$log"
  exit 1
fi
rm -f "$log"

if command -v systemctl >/dev/null; then
  for service in "${services[@]}"; do
    case " ${missing[*]} " in
      *" $service "*) "${root[@]}" systemctl disable --now "$service" >/dev/null 2>&1 || true ;;
    esac
  done
fi
