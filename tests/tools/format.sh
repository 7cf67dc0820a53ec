#!/bin/sh
# The layout of every C file is what clang-format makes of it.
#
#     format.sh [ROOT]          says where it is not; `format.sh . --fix` makes it so
set -eu
cd "${1:-$(dirname "$0")/../..}"
command -v clang-format > /dev/null || exit 77

if [ "${2:-}" = --fix ]; then
    find runtime actors examples tests bench -name '*.[ch]' -exec clang-format -i {} +
    exit
fi
find runtime actors examples tests bench -name '*.[ch]' -exec \
    clang-format --dry-run --Werror {} + 2>&1 | head -n 40 | grep . && exit 1
exit 0
