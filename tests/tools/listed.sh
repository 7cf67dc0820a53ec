#!/bin/sh
# No test, example or benchmark is forgotten: the meson.build of its folder names it.
#
#     listed.sh [ROOT]
set -eu
cd "${1:-$(dirname "$0")/../..}"

forgotten=0
named() { # file, as what, where
    [ ! -e "$1" ] || grep -q "'$2'" "$3" || { echo "$1: is not named in $3"; forgotten=1; }
}

for file in tests/*/test_*.c; do
    name=${file##*/test_}
    named "$file" "${name%.c}" tests/meson.build
done
for file in examples/[0-9]*.c; do
    name=${file##*/}
    named "$file" "${name%.c}" examples/meson.build
done
for file in bench/*/*.c; do
    named "$file" "${file#bench/}" bench/meson.build
done
exit $forgotten
