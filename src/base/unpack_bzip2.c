/* bzip2, by libbz2. Decoding takes at most 4 MB, whatever the file says. */
#include <bzlib.h>
#include <limits.h>

#include "base/memory.h"
#include "base/unpack.h"

/* "BZh", the size of blocks, and the first block or the end of none. */
static bool recognise(const uint8_t *data, int64_t size) {
    return size >= 4 && data[0] == 'B' && data[1] == 'Z' && data[2] == 'h' && data[3] >= '1' &&
           data[3] <= '9' && (size < 5 || data[4] == 0x31 || data[4] == 0x17);
}

static void *allocate(void *opaque, int count, int size) {
    (void)opaque;
    return lk_resize(NULL, count, (size_t)size);
}

static void release(void *opaque, void *memory) {
    (void)opaque;
    lk_release(memory);
}

static bool begin(lk_unpacking *unpacking) {
    bz_stream *stream = lk_resize(NULL, 1, sizeof *stream);
    unpacking->state = stream;
    if (stream == NULL) {
        return false;
    }
    *stream = (bz_stream){.bzalloc = allocate, .bzfree = release};
    return BZ2_bzDecompressInit(stream, 0, 0) == BZ_OK;
}

static unsigned clipped(int64_t size) {
    return size > INT_MAX ? INT_MAX : (unsigned)size;
}

static lk_unpacked step(lk_unpacking *unpacking) {
    bz_stream *stream = unpacking->state;
    unsigned in = clipped(unpacking->in_size), out = clipped(unpacking->out_size);
    stream->next_in = (char *)(uintptr_t)unpacking->in; /* which is only read */
    stream->avail_in = in;
    stream->next_out = (char *)unpacking->out;
    stream->avail_out = out;
    int result = BZ2_bzDecompress(stream);
    unpacking->in_size -= in - stream->avail_in;
    unpacking->out_size -= out - stream->avail_out;
    unpacking->cause = "a checksum or code is wrong";
    return result == BZ_OK           ? LK_UNPACKED_SOME
           : result == BZ_STREAM_END ? LK_UNPACKED_MEMBER
           : result == BZ_MEM_ERROR  ? LK_UNPACKED_STARVED
                                     : LK_UNPACKED_DAMAGED;
}

static void end(lk_unpacking *unpacking) {
    if (unpacking->state != NULL) {
        BZ2_bzDecompressEnd(unpacking->state);
    }
    lk_release(unpacking->state);
    unpacking->state = NULL;
}

const lk_packing lk_bzip2_packing = {
    .name = "bzip2", .recognise = recognise, .begin = begin, .step = step, .end = end};
