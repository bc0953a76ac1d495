#include "kernels/caches.h"

#include <unistd.h>

/* Where nothing is told, and what is believed: a machine may tell anything. */
enum { FIRST = 32 << 10, FIRST_LEAST = 8 << 10, FIRST_MOST = 1 << 20 };
enum { SECOND = 512 << 10, SECOND_LEAST = 64 << 10, SECOND_MOST = 16 << 20 };

static int64_t within(int64_t told, int64_t unknown, int64_t least, int64_t most) {
    return told <= 0 ? unknown : told < least ? least : told > most ? most : told;
}

lk_caches lk_caches_of_machine(void) {
    int64_t first = 0, second = 0;
#if defined(_SC_LEVEL1_DCACHE_SIZE) && defined(_SC_LEVEL2_CACHE_SIZE)
    first = sysconf(_SC_LEVEL1_DCACHE_SIZE);
    second = sysconf(_SC_LEVEL2_CACHE_SIZE);
#endif
    return (lk_caches){within(first, FIRST, FIRST_LEAST, FIRST_MOST),
                       within(second, SECOND, SECOND_LEAST, SECOND_MOST)};
}
