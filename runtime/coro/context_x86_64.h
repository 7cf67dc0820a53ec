/*
 * The bare switch for x86-64, as the System V calling convention has it.
 *
 * It neither calls nor returns, but jumps, and so has to be inline. A processor predicts a
 * return from the calls it saw last; a switch that returned on another stack than it was
 * called on would be predicted wrongly whenever the two were left at different places in
 * the code, which costs more than all the rest of it. A jump is predicted by its history.
 *
 * The stack pointer, where to go on, rbp and rbx are kept in the context. All other
 * registers are declared lost, so that the compiler keeps those that it needs, on the stack
 * as for any call. (rbp and rbx may not be declared so where they hold up the frame.)
 *
 * Between the new stack pointer and the jump no frame is there to be described: who unwinds
 * from a signal just then is told that the stack ends here.
 *
 * A program with shadow stacks could not allow this; the notes in our object files do not
 * claim that it may.
 */
#ifndef GREENROOM_CORO_CONTEXT_X86_64_H
#define GREENROOM_CORO_CONTEXT_X86_64_H

#ifdef __GCC_HAVE_DWARF2_CFI_ASM
#define GR__CFI_END ".cfi_remember_state\n\t.cfi_undefined %%rip\n\t"
#define GR__CFI_GO_ON ".cfi_restore_state\n\t"
#else
#define GR__CFI_END
#define GR__CFI_GO_ON
#endif

#ifdef __AVX512F__
#define GR__CONTEXT_LOSES_AVX512                                                                   \
    , "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm24", "xmm25",    \
        "xmm26", "xmm27", "xmm28", "xmm29", "xmm30", "xmm31", "k1", "k2", "k3", "k4", "k5", "k6",  \
        "k7"
#else
#define GR__CONTEXT_LOSES_AVX512
#endif

_Static_assert(offsetof(struct gr__context, stack_pointer) == 0, "the assembly counts on it");
_Static_assert(offsetof(struct gr__context, go_on) == 8, "the assembly counts on it");
_Static_assert(offsetof(struct gr__context, rbp) == 16, "the assembly counts on it");
_Static_assert(offsetof(struct gr__context, rbx) == 24, "the assembly counts on it");

static inline __attribute__((always_inline)) void gr__context_swap(struct gr__context *from,
                                                                   struct gr__context *to)
{
    /* clang-format off */
    __asm__ volatile(
        "leaq 1f(%%rip), %%rax\n\t"
        "movq %%rsp, 0(%%rdi)\n\t"
        "movq %%rax, 8(%%rdi)\n\t"
        "movq %%rbp, 16(%%rdi)\n\t"
        "movq %%rbx, 24(%%rdi)\n\t"
        GR__CFI_END
        "movq 24(%%rsi), %%rbx\n\t"
        "movq 16(%%rsi), %%rbp\n\t"
        "movq 0(%%rsi), %%rsp\n\t"
        "jmpq *8(%%rsi)\n"
        "1:\n\t"
        GR__CFI_GO_ON
        "endbr64\n\t"
        : "+D"(from), "+S"(to)
        :
        : "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
          "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
          "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15",
          "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)",
          "mm0", "mm1", "mm2", "mm3", "mm4", "mm5", "mm6", "mm7",
          "cc", "memory" GR__CONTEXT_LOSES_AVX512);
    /* clang-format on */
}

#endif
