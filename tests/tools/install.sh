#!/bin/sh
# What is installed is all that a program outside needs: headers, library and greenroom.pc.
#
# Builds tests/install's programs against an installation in an empty place, in C and in C++,
# shared and static, and once more with this tree as a subproject of another. The program that
# README.md shows is one of them.
#
#     install.sh [ROOT]
set -eu
root=$(cd "${1:-$(dirname "$0")/../..}" && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
: "${CC:=gcc}" "${CXX:=g++}"
unset CFLAGS LDFLAGS DESTDIR

quietly() {
    "$@" > "$place/log" 2>&1 || { tail -n 40 "$place/log"; echo "install: failed: $*"; exit 1; }
}

prints_six() { # what it is, program
    answer=$("$2") && [ "$answer" = 6 ] || { echo "install: $1 printed '$answer'"; exit 1; }
}

CC=$CC quietly meson setup "$place/build" "$root" --prefix "$place/usr" --libdir lib \
    -Dtests=false -Dexamples=false -Dbench=false
quietly meson install -C "$place/build"

PKG_CONFIG_PATH=$place/usr/lib/pkgconfig
export PKG_CONFIG_PATH
awk '/^```c$/ { shown = 1; next } /^```/ { shown = 0 } shown' "$root/README.md" > "$place/readme.c"
for linkage in shared static; do
    option=
    [ $linkage = shared ] || option=--static
    if [ $linkage = static ]; then
        rm "$place"/usr/lib/libgreenroom.so*
    fi
    flags=$(pkg-config --cflags --libs $option greenroom)
    quietly "$CC" -std=c11 "$root/tests/install/program.c" -o "$place/c-$linkage" $flags
    quietly "$CXX" -std=c++17 "$root/tests/install/program.cc" -o "$place/cc-$linkage" $flags
    quietly "$CC" -std=c11 "$place/readme.c" -o "$place/readme-$linkage" $flags
    LD_LIBRARY_PATH=$place/usr/lib prints_six "C, $linkage" "$place/c-$linkage"
    LD_LIBRARY_PATH=$place/usr/lib prints_six "README, $linkage" "$place/readme-$linkage"
    LD_LIBRARY_PATH=$place/usr/lib prints_six "C++, $linkage" "$place/cc-$linkage"
done

mkdir -p "$place/outer/subprojects"
ln -s "$root" "$place/outer/subprojects/greenroom"
cp "$root/tests/install/program.c" "$place/outer"
cat > "$place/outer/meson.build" << EOF
project('outer', 'c', default_options: ['c_std=c11'])
executable('program', 'program.c', dependencies: dependency('greenroom', fallback: 'greenroom'))
EOF
unset PKG_CONFIG_PATH
CC=$CC quietly meson setup "$place/outer/build" "$place/outer"
quietly meson compile -C "$place/outer/build"
prints_six "as a subproject" "$place/outer/build/program"
