#!/bin/sh
# The layer check lets a good tree pass, and catches each way in which a tree can be bad.
#
#     layers_test.sh [ROOT]
set -eu
check=$(cd "${1:-$(dirname "$0")/../..}" && pwd)/tests/tools/layers.py

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/runtime/base" "$tree/actors/include/greenroom"
echo "files('runtime/base/low.h', 'actors/include/greenroom/high.h')" > "$tree/meson.build"

includes() { # what low.h includes, what high.h includes
    echo "#include $1" > "$tree/runtime/base/low.h"
    echo "#include $2" > "$tree/actors/include/greenroom/high.h"
}

catches() { # what it says
    said=$("$check" "$tree") && { echo "not caught: $1"; exit 1; }
    [ "$said" = "$1" ] || { echo "said '$said', not '$1'"; exit 1; }
}

includes '<stdio.h>' '"base/low.h"'
"$check" "$tree"

includes '<greenroom/high.h>' '"base/low.h"'
catches "runtime/base/low.h:1: actors/include/greenroom/high.h stands below runtime/base/low.h \
in meson.build"
includes '"base/low.h"' '"base/low.h"'
catches "runtime/base/low.h:1: runtime/base/low.h stands below runtime/base/low.h in meson.build"
includes '"base/lost.h"' '"base/low.h"'
catches "runtime/base/low.h:1: base/lost.h is not named in meson.build"

includes '<stdio.h>' '"base/low.h"'
touch "$tree/runtime/base/forgotten.c"
catches "runtime/base/forgotten.c: is not named in meson.build"
