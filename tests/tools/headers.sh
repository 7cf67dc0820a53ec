#!/bin/sh
# Each public header compiles alone, as C11 and as C++17, under gcc and clang, without a warning.
#
#     headers.sh [ROOT]
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 1

WARNINGS="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror"
INCLUDES="-Iruntime/include -Iactors/include"

# Twice, because a header must also guard itself.
compiles_alone() { # compiler, language, standard, header
    printf '#include <greenroom/%s>\n#include <greenroom/%s>\n' "$4" "$4" |
        "$1" -x "$2" -std="$3" $WARNINGS $INCLUDES -fsyntax-only -
}

failed=0
for path in runtime/include/greenroom/*.h actors/include/greenroom/*.h; do
    header=${path##*/}
    for compiler in gcc clang; do
        command -v $compiler > /dev/null || continue
        compiles_alone $compiler c c11 "$header" || failed=1
    done
    for compiler in g++ clang++; do
        command -v $compiler > /dev/null || continue
        compiles_alone $compiler c++ c++17 "$header" || failed=1
    done
done
exit $failed
