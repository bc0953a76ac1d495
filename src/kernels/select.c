/* The choice of a table of kernels, by what was built and what the processor and its operating
 * system can run. */
#include <stddef.h>
#include <string.h>

#include "kernels/isa/tables.h"

#if !defined(LK_HAVE_SCALAR)
#error \
    "the build defines LK_HAVE_SCALAR, and LK_HAVE_AVX2, LK_HAVE_AVX512 or LK_HAVE_NEON too"
#endif

#if defined(LK_HAVE_AVX2)
/* Also asks whether the operating system saves the wide registers. */
static bool has_avx2(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#endif

#if defined(LK_HAVE_AVX512)
static bool has_avx512(void) {
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}
#endif

/* The lists for every outcome, best first, so that nothing needs to be filled in at run time. */
#if defined(LK_HAVE_AVX2)
static const lk_kernels *const all_tables[] = {
#if defined(LK_HAVE_AVX512)
    &lk_kernels_avx512,
#endif
    &lk_kernels_avx2,
    &lk_kernels_scalar,
};
#elif defined(LK_HAVE_NEON)
static const lk_kernels *const all_tables[] = {&lk_kernels_neon,
                                               &lk_kernels_scalar}; /* aarch64 always has it */
#else
static const lk_kernels *const all_tables[] = {&lk_kernels_scalar};
#endif
#define ALL_TABLES ((int32_t)(sizeof all_tables / sizeof all_tables[0]))

/* Each table needs what the next one needs and more, so the runnable ones are a tail of the
 * list. */
static int32_t first_runnable(void) {
    int32_t first = 0;
#if defined(LK_HAVE_AVX512)
    first += has_avx512() ? 0 : 1;
#endif
#if defined(LK_HAVE_AVX2)
    first = has_avx2() ? first : ALL_TABLES - 1;
#endif
    return first;
}

int32_t lk_kernels_available(const lk_kernels *const **tables) {
    int32_t first = first_runnable();
    *tables = all_tables + first;
    return ALL_TABLES - first;
}

const lk_kernels *lk_kernels_named(const char *isa) {
    const lk_kernels *const *tables;
    int32_t count = lk_kernels_available(&tables);
    for (int32_t i = 0; i < count; i++) {
        if (strcmp(tables[i]->isa, isa) == 0) {
            return tables[i];
        }
    }
    return NULL;
}
