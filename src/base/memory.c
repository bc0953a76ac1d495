#include "base/memory.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ALIGNMENT 64
#define LARGE_PAGE ((size_t)2 << 20)

static _Atomic(lk_memory_refuse *) watching;

void lk_memory_watch(lk_memory_refuse *refuse) {
    atomic_store(&watching, refuse);
}

bool lk_memory_refused(void) {
    lk_memory_refuse *refuse = atomic_load_explicit(&watching, memory_order_relaxed);
    return refuse != NULL && refuse();
}

bool lk_memory_size(int64_t count, size_t size, size_t *bytes) {
    uint64_t most = (uint64_t)PTRDIFF_MAX - LARGE_PAGE;
    if (count < 0 || (size != 0 && (uint64_t)count > most / size)) {
        return false;
    }
    *bytes = (size_t)count * size;
    *bytes += *bytes == 0;
    return true;
}

/* What is large stands in large pages where the system has them: weights and values are walked
 * through in long strides, and small pages would ask for more entries of the page tables than a
 * processor keeps. */
static void *aligned(size_t bytes) {
    void *memory;
    if (posix_memalign(&memory, bytes < LARGE_PAGE ? ALIGNMENT : LARGE_PAGE, bytes) != 0) {
        return NULL;
    }
#ifdef MADV_HUGEPAGE
    if (bytes >= LARGE_PAGE) {
        madvise(memory, bytes / LARGE_PAGE * LARGE_PAGE,
                MADV_HUGEPAGE); /* if it will not, nothing is lost */
    }
#endif
    return memory;
}

static void *zeroed(size_t bytes) {
    void *memory = aligned(bytes);
    return memory != NULL ? memset(memory, 0, bytes) : NULL;
}

void *lk_allocate(int64_t count, size_t size) {
    size_t bytes;
    return lk_memory_size(count, size, &bytes) && !lk_memory_refused() ? zeroed(bytes) : NULL;
}

void *lk_resize(void *memory, int64_t count, size_t size) {
    size_t bytes;
    if (!lk_memory_size(count, size, &bytes) || lk_memory_refused()) {
        return NULL;
    }
    return memory == NULL && bytes >= LARGE_PAGE ? aligned(bytes) : realloc(memory, bytes);
}

void *lk_room_for_one(void *list, int64_t count, size_t size) {
    bool full = (count & (count - 1)) == 0;
    return full ? lk_resize(list, count == 0 ? 1 : 2 * count, size) : list;
}

char *lk_duplicate(const char *text) {
    return lk_duplicate_part(text, SIZE_MAX);
}

char *lk_duplicate_part(const char *text, size_t most) {
    size_t length = strnlen(text, most);
    char *copy = lk_resize(NULL, (int64_t)length + 1, 1);
    if (copy != NULL) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

char *lk_print(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = lk_print_list(format, arguments);
    va_end(arguments);
    return text;
}

char *lk_print_list(const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = length < 0 ? NULL : lk_resize(NULL, (int64_t)length + 1, 1);
    if (text != NULL) {
        vsnprintf(text, (size_t)length + 1, format, arguments);
    }
    return text;
}

void lk_release(void *memory) {
    free(memory);
}
