/* gzip (RFC 1952), by zlib. */
#define ZLIB_CONST /* what is read may be constant */
#include <limits.h>

#include "base/unpack.h"
#include "base/zlib_memory.h"

#define ZLIB_GZIP_ONLY (MAX_WBITS + 16)

static bool recognise(const uint8_t *data, int64_t size) {
    return size >= 2 && data[0] == 0x1F && data[1] == 0x8B;
}

static bool begin(lk_unpacking *unpacking) {
    z_stream *stream = lk_resize(NULL, 1, sizeof *stream);
    unpacking->state = stream;
    if (stream == NULL) {
        return false;
    }
    *stream = LK_Z_STREAM;
    return inflateInit2(stream, ZLIB_GZIP_ONLY) == Z_OK;
}

static uInt clipped(int64_t size) {
    return size > INT_MAX ? INT_MAX : (uInt)size;
}

static lk_unpacked step(lk_unpacking *unpacking) {
    z_stream *stream = unpacking->state;
    stream->next_in = unpacking->in;
    stream->avail_in = clipped(unpacking->in_size);
    stream->next_out = unpacking->out;
    stream->avail_out = clipped(unpacking->out_size);
    int result = inflate(stream, Z_NO_FLUSH);
    unpacking->in_size -= stream->next_in - unpacking->in;
    unpacking->out_size -= stream->next_out - unpacking->out;
    unpacking->cause = stream->msg;
    return result == Z_OK || result == Z_BUF_ERROR ? LK_UNPACKED_SOME
           : result == Z_STREAM_END                ? LK_UNPACKED_MEMBER
           : result == Z_MEM_ERROR                 ? LK_UNPACKED_STARVED
                                                   : LK_UNPACKED_DAMAGED;
}

static void end(lk_unpacking *unpacking) {
    if (unpacking->state != NULL) {
        inflateEnd(unpacking->state);
    }
    lk_release(unpacking->state);
    unpacking->state = NULL;
}

const lk_packing lk_gzip_packing = {
    .name = "gzip", .recognise = recognise, .begin = begin, .step = step, .end = end};
