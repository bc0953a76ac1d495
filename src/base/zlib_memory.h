/* zlib takes its memory where the library does (base/memory.h). */
#ifndef LK_BASE_ZLIB_MEMORY_H
#define LK_BASE_ZLIB_MEMORY_H

#include <zlib.h>

#include "base/memory.h"

static inline voidpf lk_zlib_allocate(voidpf opaque, uInt count, uInt size) {
    (void)opaque;
    return lk_resize(NULL, count, size);
}

static inline void lk_zlib_release(voidpf opaque, voidpf memory) {
    (void)opaque;
    lk_release(memory);
}

#define LK_Z_STREAM ((z_stream){.zalloc = lk_zlib_allocate, .zfree = lk_zlib_release})

#endif
