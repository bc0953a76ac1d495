/* The data caches of a core, from which the product's block sizes follow. They decide how fast it
 * is, never what it gives. */
#ifndef LK_KERNELS_CACHES_H
#define LK_KERNELS_CACHES_H

#include <stdint.h>

typedef struct lk_caches {
    int64_t first, second; /* bytes */
} lk_caches;

/* As the system tells; what it does not is taken to be 32 KiB and 512 KiB. */
lk_caches lk_caches_of_machine(void);

#endif
