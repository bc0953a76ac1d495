/* Arenas: memory by lifetime. Allocations are zeroed, 64-byte aligned, and freed all at once. */
#ifndef LK_BASE_ARENA_H
#define LK_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"

typedef struct lk_arena lk_arena;

lk_arena *lk_arena_create(void);
void lk_arena_destroy(lk_arena *arena);
/* count * size bytes, zeroed; NULL when out of memory or when the product overflows; then
 * lk_arena_failed() stays true, so that a builder may check once at its end. count 0 gives a valid
 * pointer. */
void *lk_arena_take(lk_arena *arena, int64_t count, size_t size);
char *lk_arena_string(lk_arena *arena, const char *text);
bool lk_arena_failed(const lk_arena *arena);
/* More than so many bytes in all are refused, as if memory had run out; 0: no limit. */
void lk_arena_limit(lk_arena *arena, int64_t bytes);
/* All that was asked for, what was refused too. */
int64_t lk_arena_bytes(const lk_arena *arena);

#endif
