/*
 * The bare switch for AArch64, as its procedure call standard has it.
 *
 * A stack that was left holds, from its stack pointer upwards, in pairs:
 *
 *     x29 x30   x19 x20   x21 x22   x23 x24   x25 x26   x27 x28   d8 d9 ... d14 d15
 *
 * x29 and x30, the frame pointer and the return address, stand first, as in any frame
 * record. Of the vector registers a function keeps the lower halves of v8 to v15 only. A
 * switch stores these, swaps the stack pointers and loads those; the frame looks the same
 * before and after, so one description of it serves a debugger on both stacks.
 */
#if defined(__aarch64__) && !defined(GR_CONTEXT_UCONTEXT)

#define FRAME 160

        .text

/* void gr__context_swap(struct gr__context *from, struct gr__context *to) */
        .globl  gr__context_swap
        .hidden gr__context_swap
        .type   gr__context_swap, %function
        .p2align 6
gr__context_swap:
        .cfi_startproc
        hint    #34                     /* bti c */
        stp     x29, x30, [sp, #-FRAME]!
        .cfi_adjust_cfa_offset FRAME
        .cfi_rel_offset x29, 0
        .cfi_rel_offset x30, 8
        stp     x19, x20, [sp, #16]
        .cfi_rel_offset x19, 16
        .cfi_rel_offset x20, 24
        stp     x21, x22, [sp, #32]
        .cfi_rel_offset x21, 32
        .cfi_rel_offset x22, 40
        stp     x23, x24, [sp, #48]
        .cfi_rel_offset x23, 48
        .cfi_rel_offset x24, 56
        stp     x25, x26, [sp, #64]
        .cfi_rel_offset x25, 64
        .cfi_rel_offset x26, 72
        stp     x27, x28, [sp, #80]
        .cfi_rel_offset x27, 80
        .cfi_rel_offset x28, 88
        stp     d8, d9, [sp, #96]
        .cfi_rel_offset d8, 96
        .cfi_rel_offset d9, 104
        stp     d10, d11, [sp, #112]
        .cfi_rel_offset d10, 112
        .cfi_rel_offset d11, 120
        stp     d12, d13, [sp, #128]
        .cfi_rel_offset d12, 128
        .cfi_rel_offset d13, 136
        stp     d14, d15, [sp, #144]
        .cfi_rel_offset d14, 144
        .cfi_rel_offset d15, 152

        mov     x9, sp
        str     x9, [x0]
        ldr     x9, [x1]
        mov     sp, x9

        ldp     d14, d15, [sp, #144]
        ldp     d12, d13, [sp, #128]
        ldp     d10, d11, [sp, #112]
        ldp     d8, d9, [sp, #96]
        ldp     x27, x28, [sp, #80]
        ldp     x25, x26, [sp, #64]
        ldp     x23, x24, [sp, #48]
        ldp     x21, x22, [sp, #32]
        ldp     x19, x20, [sp, #16]
        ldp     x29, x30, [sp], #FRAME
        .cfi_adjust_cfa_offset -FRAME
        .cfi_restore x29
        .cfi_restore x30
        .cfi_restore x19
        .cfi_restore x20
        .cfi_restore x21
        .cfi_restore x22
        .cfi_restore x23
        .cfi_restore x24
        .cfi_restore x25
        .cfi_restore x26
        .cfi_restore x27
        .cfi_restore x28
        .cfi_restore d8
        .cfi_restore d9
        .cfi_restore d10
        .cfi_restore d11
        .cfi_restore d12
        .cfi_restore d13
        .cfi_restore d14
        .cfi_restore d15
        ret
        .cfi_endproc
        .size   gr__context_swap, . - gr__context_swap

/*
 * Where the first switch to a fresh stack arrives: calls entry(argument), which the frame
 * below has put into x19 and x20. The outermost frame: its own return address is nowhere.
 */
        .type   begin, %function
        .p2align 4
begin:
        .cfi_startproc
        .cfi_undefined x30
        mov     x0, x20
        blr     x19
        brk     #1
        .cfi_endproc
        .size   begin, . - begin

/*
 * void gr__context_lay(struct gr__context *context, void *stack_low, size_t stack_bytes,
 *                      void (*entry)(void *), void *argument)
 *
 * Lays out a fresh stack as if it had been left just before `begin`.
 */
        .globl  gr__context_lay
        .hidden gr__context_lay
        .type   gr__context_lay, %function
        .p2align 4
gr__context_lay:
        .cfi_startproc
        hint    #34                     /* bti c */
        add     x9, x1, x2
        and     x9, x9, #-16
        sub     x9, x9, #FRAME
        adr     x10, begin
        stp     xzr, x10, [x9]          /* x29: frame pointers end here */
        stp     x3, x4, [x9, #16]       /* x19, x20 */
        stp     xzr, xzr, [x9, #32]
        stp     xzr, xzr, [x9, #48]
        stp     xzr, xzr, [x9, #64]
        stp     xzr, xzr, [x9, #80]
        stp     xzr, xzr, [x9, #96]
        stp     xzr, xzr, [x9, #112]
        stp     xzr, xzr, [x9, #128]
        stp     xzr, xzr, [x9, #144]
        str     x9, [x0]
        ret
        .cfi_endproc
        .size   gr__context_lay, . - gr__context_lay

/* All that is called or jumped to through a register begins with bti c. */
        .section .note.gnu.property, "a", %note
        .p2align 3
        .long   4                       /* bytes of the name */
        .long   16                      /* bytes of what follows it */
        .long   5                       /* NT_GNU_PROPERTY_TYPE_0 */
        .asciz  "GNU"
        .long   0xc0000000              /* GNU_PROPERTY_AARCH64_FEATURE_1_AND */
        .long   4
        .long   1                       /* BTI, but not PAC */
        .long   0

#endif

        .section .note.GNU-stack, "", %progbits
