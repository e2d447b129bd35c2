#!/usr/bin/env bash
# The ABI of plugins: what is saved of it under sdk/abi/, and whether the headers still keep it.
#   abi.sh save      saves the headers and their layout as the version that plugin.h says
#   abi.sh layout    only the layout of the present headers, to be read
#   abi.sh check     compares the present headers with what is saved: each finding says what to do
#   abi.sh release   from now on the saved version is fixed: whatever changes it raises its number
exec /usr/bin/python3 "$(dirname "$(readlink -f "$0")")/abi.py" "$@"
