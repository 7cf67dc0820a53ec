#!/bin/sh
# Two programs end well, and say the same.
#
#     same.sh PROGRAM OTHER
set -eu
first=$("$1")
second=$("$2")
[ -n "$first" ] && [ "$first" = "$second" ] || {
    printf '%s says:\n%s\n%s says:\n%s\n' "$1" "$first" "$2" "$second"
    exit 1
}
