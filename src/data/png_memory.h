/* libpng takes its memory where the library does, and remembers when there was none: it tells that
 * as any other error, and leaves out what it does not need. */
#ifndef LK_DATA_PNG_MEMORY_H
#define LK_DATA_PNG_MEMORY_H

#include <png.h>

#include "base/memory.h"

static inline png_voidp lk_png_allocate(png_structp png, png_alloc_size_t size) {
    bool *starved = png_get_mem_ptr(png);
    void *memory = lk_resize(NULL, (int64_t)size, 1);
    *starved = *starved || memory == NULL;
    return memory;
}

static inline void lk_png_release(png_structp png, png_voidp memory) {
    (void)png;
    lk_release(memory);
}

#endif
