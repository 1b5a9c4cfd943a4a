/* Whether this processor and its operating system run AVX2 code. */
#include "engine.h"

#if defined(__x86_64__)
static void cpuid(uint32_t leaf, uint32_t r[4]) {
    __asm__ volatile("cpuid" : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3]) : "a"(leaf), "c"(0));
}
int32_t EXPORT(has_avx2)(void) {
    uint32_t r[4], low, high;
    cpuid(0, r);
    if (r[0] < 7) return 0;
    cpuid(1, r);
    if (!(r[2] >> 27 & 1) || !(r[2] >> 28 & 1)) return 0; /* OSXSAVE, AVX */
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    if ((low & 6) != 6) return 0; /* the system saves vector registers */
    cpuid(7, r);
    return r[1] >> 5 & 1;
}
#else
int32_t EXPORT(has_avx2)(void) { return 0; }
#endif
