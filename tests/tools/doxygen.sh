#!/bin/sh
# Doxygen reads every public header without a warning, so nothing public is undocumented.
#
#     doxygen.sh [ROOT [PAGES]]          with PAGES, a folder, leaves what it made there
set -u
ROOT=$(cd "${1:-$(dirname "$0")/../..}" && pwd) || exit 1
command -v doxygen > /dev/null || exit 77

OUT=${2:-$(mktemp -d)}
export ROOT OUT
mkdir -p "$OUT"
[ -n "${2:-}" ] || trap 'rm -rf "$OUT"' EXIT
doxygen "$ROOT/tests/tools/Doxyfile"
