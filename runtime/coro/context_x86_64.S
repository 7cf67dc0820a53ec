/*
 * Where a fresh stack begins on x86-64; context_x86_64.h has the switch itself.
 *
 * A fresh stack holds, from its stack pointer upwards, the argument and entry; its context
 * goes on at `begin`. The offsets in a context are checked beside the switch.
 */
#if defined(__x86_64__) && !defined(GR_CONTEXT_UCONTEXT)

        .text

/*
 * Calls entry(argument), on a stack aligned to 16 bytes before the call. This is the
 * outermost frame: its own return address is nowhere, and there the unwinding ends.
 */
        .type   begin, @function
        .p2align 4
begin:
        .cfi_startproc
        .cfi_undefined %rip
        endbr64
        movq    (%rsp), %rdi
        callq   *8(%rsp)
        ud2
        .cfi_endproc
        .size   begin, . - begin

/*
 * void gr__context_lay(struct gr__context *context, void *stack_low, size_t stack_bytes,
 *                      void (*entry)(void *), void *argument)
 */
        .globl  gr__context_lay
        .hidden gr__context_lay
        .type   gr__context_lay, @function
        .p2align 4
gr__context_lay:
        .cfi_startproc
        endbr64
        leaq    -16(%rsi, %rdx), %rax
        andq    $-16, %rax
        movq    %r8, (%rax)
        movq    %rcx, 8(%rax)
        leaq    begin(%rip), %rcx
        movq    %rax, (%rdi)            /* stack_pointer */
        movq    %rcx, 8(%rdi)           /* go_on */
        movq    $0, 16(%rdi)            /* rbp: frame pointers end here */
        movq    $0, 24(%rdi)            /* rbx */
        ret
        .cfi_endproc
        .size   gr__context_lay, . - gr__context_lay

/* All that is called or jumped to through a register begins with endbr64. */
        .section .note.gnu.property, "a", @note
        .p2align 3
        .long   4                       /* bytes of the name */
        .long   16                      /* bytes of what follows it */
        .long   5                       /* NT_GNU_PROPERTY_TYPE_0 */
        .asciz  "GNU"
        .long   0xc0000002              /* GNU_PROPERTY_X86_FEATURE_1_AND */
        .long   4
        .long   1                       /* IBT, but not SHSTK */
        .long   0

#endif

        .section .note.GNU-stack, "", @progbits
