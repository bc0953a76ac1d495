/* Arenas. A chain of blocks, each filled from its beginning; a request that does not fit starts a
 * new block, twice as large as the last one up to MOST_BLOCK. A request that is larger than such a
 * block has a block of its own.
 *
 *   block: [header, padded to 64][taken, in units of 64 bytes ...][free]
 *
 * Blocks are zeroed when they are made, so a request costs an addition. Under the address sanitizer
 * each request has a block of its own, and a write past its end is found. */
#include "base/arena.h"

#include <string.h>

#include "base/memory.h"

#define ALIGNMENT 64
#define FIRST_BLOCK ((size_t)16 << 10)
#define MOST_BLOCK ((size_t)4 << 20)

#if defined(__SANITIZE_ADDRESS__)
#define BLOCK_PER_REQUEST 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BLOCK_PER_REQUEST 1
#endif
#endif
#ifndef BLOCK_PER_REQUEST
#define BLOCK_PER_REQUEST 0
#endif

typedef struct block {
    _Alignas(ALIGNMENT) struct block *previous;
} block;

struct lk_arena {
    block *last;
    uint8_t *free;    /* in the newest shared block */
    size_t free_size; /* bytes from `free` to that block's end */
    size_t next_block;
    int64_t bytes, most; /* asked for so far; at most, 0: any number */
    bool failed;
};

lk_arena *lk_arena_create(void) {
    lk_arena *arena = lk_allocate(1, sizeof *arena);
    if (arena != NULL) {
        arena->next_block = FIRST_BLOCK;
    }
    return arena;
}

void lk_arena_destroy(lk_arena *arena) {
    if (arena == NULL) {
        return;
    }
    for (block *at = arena->last; at != NULL;) {
        block *previous = at->previous;
        lk_release(at);
        at = previous;
    }
    lk_release(arena);
}

/* A new block's first byte, or NULL. */
static uint8_t *add_block(lk_arena *arena, size_t capacity) {
    block *added = lk_allocate((int64_t)(sizeof *added + capacity), 1);
    if (added == NULL) {
        return NULL;
    }
    added->previous = arena->last;
    arena->last = added;
    return (uint8_t *)(added + 1);
}

static void *take_bytes(lk_arena *arena, int64_t count, size_t size) {
    size_t exact;
    if (!lk_memory_size(count, size, &exact)) {
        return NULL;
    }
    arena->bytes += (int64_t)exact; /* of sizes that were refused the last is the only one */
    if ((arena->most > 0 && arena->bytes > arena->most) || lk_memory_refused()) {
        return NULL;
    }
    size_t bytes = (exact + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (BLOCK_PER_REQUEST || bytes > arena->next_block) {
        return add_block(arena, exact);
    }
    if (bytes > arena->free_size) {
        uint8_t *added = add_block(arena, arena->next_block);
        if (added == NULL) {
            return NULL;
        }
        arena->free = added;
        arena->free_size = arena->next_block;
        arena->next_block = arena->next_block < MOST_BLOCK ? 2 * arena->next_block : MOST_BLOCK;
    }
    void *taken = arena->free;
    arena->free += bytes;
    arena->free_size -= bytes;
    return taken;
}

void *lk_arena_take(lk_arena *arena, int64_t count, size_t size) {
    void *taken = arena->failed ? NULL : take_bytes(arena, count, size);
    arena->failed = taken == NULL;
    return taken;
}

char *lk_arena_string(lk_arena *arena, const char *text) {
    size_t size = strlen(text) + 1;
    char *copy = lk_arena_take(arena, (int64_t)size, 1);
    return copy == NULL ? NULL : memcpy(copy, text, size);
}

void lk_arena_limit(lk_arena *arena, int64_t bytes) {
    arena->most = bytes;
}

int64_t lk_arena_bytes(const lk_arena *arena) {
    return arena->bytes;
}

bool lk_arena_failed(const lk_arena *arena) {
    return arena->failed;
}
