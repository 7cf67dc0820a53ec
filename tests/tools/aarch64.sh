#!/bin/sh
# Stacks are switched on AArch64 too, as far as an emulated processor can tell.
#
#     aarch64.sh [ROOT]
set -eu
cd "${1:-$(dirname "$0")/../..}"
for tool in aarch64-linux-gnu-gcc qemu-aarch64-static; do
    command -v $tool > /dev/null || { echo "there is no $tool"; exit 77; }
done

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

switches() { # how: compiler options, and the source of the switch
    aarch64-linux-gnu-gcc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -static -Iruntime \
        tests/coro/cross_context.c runtime/coro/context.c "$@" -o "$place/cross_context"
    timeout 60 qemu-aarch64-static "$place/cross_context" || { echo "$* ended with $?"; exit 1; }
}

switches -O0 runtime/coro/context_aarch64.S
switches -O2 runtime/coro/context_aarch64.S
switches -O2 -DGR_CONTEXT_UCONTEXT runtime/coro/context_ucontext.c
