/* xz, by liblzma, which is told how much memory decoding may take: a header can ask for 4 GiB. */
#include <lzma.h>

#include "base/memory.h"
#include "base/unpack.h"

static bool recognise(const uint8_t *data, int64_t size) {
    static const uint8_t magic[] = {0xFD, '7', 'z', 'X', 'Z', 0};
    bool same = size >= (int64_t)sizeof magic;
    for (size_t i = 0; same && i < sizeof magic; i++) {
        same = data[i] == magic[i];
    }
    return same;
}

static void *allocate(void *opaque, size_t count, size_t size) {
    (void)opaque;
    return lk_resize(NULL, (int64_t)count, size);
}

static void release(void *opaque, void *memory) {
    (void)opaque;
    lk_release(memory);
}

static const lzma_allocator allocator = {.alloc = allocate, .free = release};

static bool begin(lk_unpacking *unpacking) {
    lzma_stream *stream = lk_resize(NULL, 1, sizeof *stream);
    unpacking->state = stream;
    if (stream == NULL) {
        return false;
    }
    *stream = (lzma_stream)LZMA_STREAM_INIT;
    stream->allocator = &allocator;
    uint64_t most = unpacking->memory_most > 0 ? (uint64_t)unpacking->memory_most : UINT64_MAX;
    return lzma_stream_decoder(stream, most, 0) == LZMA_OK;
}

static const char *cause_of(lzma_ret result) {
    return result == LZMA_OPTIONS_ERROR  ? "a filter that is not supported"
           : result == LZMA_FORMAT_ERROR ? "the header is wrong"
                                         : "a checksum or code is wrong";
}

static lk_unpacked step(lk_unpacking *unpacking) {
    lzma_stream *stream = unpacking->state;
    stream->next_in = unpacking->in;
    stream->avail_in = (size_t)unpacking->in_size;
    stream->next_out = unpacking->out;
    stream->avail_out = (size_t)unpacking->out_size;
    lzma_ret result = lzma_code(stream, LZMA_RUN);
    unpacking->in_size = (int64_t)stream->avail_in;
    unpacking->out_size = (int64_t)stream->avail_out;
    unpacking->cause = cause_of(result);
    unpacking->needed = (double)lzma_memusage(stream);
    return result == LZMA_OK || result == LZMA_BUF_ERROR ? LK_UNPACKED_SOME
           : result == LZMA_STREAM_END                   ? LK_UNPACKED_MEMBER
           : result == LZMA_MEM_ERROR                    ? LK_UNPACKED_STARVED
           : result == LZMA_MEMLIMIT_ERROR               ? LK_UNPACKED_LARGE
                                                         : LK_UNPACKED_DAMAGED;
}

static void end(lk_unpacking *unpacking) {
    if (unpacking->state != NULL) {
        lzma_end(unpacking->state);
    }
    lk_release(unpacking->state);
    unpacking->state = NULL;
}

/* Stream padding: section 2.2 of the format's specification, version 1.1.0. */
const lk_packing lk_xz_packing = {
    .name = "xz", .padding = 4, .recognise = recognise, .begin = begin, .step = step, .end = end};
