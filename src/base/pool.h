/* Worker threads. Work is cut into pieces by whoever knows the work, never by the number of
 * threads, so that results do not depend on it; the pool only decides who runs which piece when. */
#ifndef LK_BASE_POOL_H
#define LK_BASE_POOL_H

#include <stdbool.h>
#include <stdint.h>

typedef struct lk_pool lk_pool;

/* One piece of work. `worker` is in [0, lk_pool_threads) and names per-worker scratch. */
typedef void lk_piece(void *argument, int64_t piece, int worker);

/* threads >= 1, the caller's thread included. NULL when out of memory or threads cannot be
 * started. */
lk_pool *lk_pool_create(int threads);
void lk_pool_destroy(lk_pool *pool);
int lk_pool_threads(const lk_pool *pool);
/* Processors that this process may use (its affinity mask), at least 1. */
int lk_pool_processors(void);

/* Runs pieces 0..pieces-1, each once, in any order on any worker; returns when all are done. Not
 * reentrant: a piece may not call lk_pool_run on the same pool. One piece, or a pool of one thread,
 * runs on the caller without waking anyone. */
void lk_pool_run(lk_pool *pool, int64_t pieces, lk_piece *piece, void *argument);

/* Whether this thread may tell what went wrong in a run, where several may fail at once: the first
 * one that asks, until the run has ended. Outside of a run everyone may. NULL: no pool. */
bool lk_pool_tells(lk_pool *pool);

#endif
