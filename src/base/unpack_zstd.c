/* zstd (RFC 8878), by libzstd. Decoding takes a window that the frame's header asks for, up to
 * 2 GiB (zstd --long=31), where that is not more than may be used. */
#include <zstd.h>
#include <zstd_errors.h>

#include "base/unpack.h"

/* A frame, or one that is to be skipped, as parallel packers write at the beginning. */
static bool recognise(const uint8_t *data, int64_t size) {
    return size >= 4 &&
           ((data[0] == 0x28 && data[1] == 0xB5 && data[2] == 0x2F && data[3] == 0xFD) ||
            ((data[0] & 0xF0) == 0x50 && data[1] == 0x2A && data[2] == 0x4D && data[3] == 0x18));
}

/* The largest window that may be used, as a power of two. */
static int window_log(int64_t memory_most) {
    ZSTD_bounds bounds = ZSTD_dParam_getBounds(ZSTD_d_windowLogMax);
    int log = bounds.upperBound;
    while (memory_most > 0 && log > bounds.lowerBound && INT64_C(1) << log > memory_most) {
        log--;
    }
    return log;
}

static bool begin(lk_unpacking *unpacking) {
    ZSTD_DCtx *stream = ZSTD_createDCtx();
    unpacking->state = stream;
    return stream != NULL && !ZSTD_isError(ZSTD_DCtx_setParameter(
                                 stream, ZSTD_d_windowLogMax, window_log(unpacking->memory_most)));
}

/* What a frame's header asks for: its window, or the whole content in place of one. */
static double window_of(const uint8_t *frame, int64_t size) {
    static const int bytes_of_dictionary[] = {0, 1, 2, 4};
    if (size < 6) {
        return 0.0;
    }
    int flags = frame[4], at = 5 + bytes_of_dictionary[flags & 3];
    if ((flags & 0x20) == 0) {
        double base = (double)(INT64_C(1) << (10 + (frame[5] >> 3)));
        return base + base / 8.0 * (frame[5] & 7);
    }
    double content = 0.0, place = 1.0;
    for (int i = 0; i < 1 << (flags >> 6) && at + i < size; i++, place *= 256.0) {
        content += place * frame[at + i];
    }
    return content;
}

static lk_unpacked fail(lk_unpacking *unpacking, size_t result, double window) {
    ZSTD_ErrorCode code = ZSTD_getErrorCode(result);
    unpacking->cause = ZSTD_getErrorString(code);
    unpacking->needed = window;
    return code == ZSTD_error_memory_allocation               ? LK_UNPACKED_STARVED
           : code == ZSTD_error_frameParameter_windowTooLarge ? LK_UNPACKED_LARGE
                                                              : LK_UNPACKED_DAMAGED;
}

/* A frame's header is met at its first call. */
static lk_unpacked step(lk_unpacking *unpacking) {
    ZSTD_inBuffer in = {unpacking->in, (size_t)unpacking->in_size, 0};
    ZSTD_outBuffer out = {unpacking->out, (size_t)unpacking->out_size, 0};
    size_t result = ZSTD_decompressStream(unpacking->state, &out, &in);
    unpacking->in_size -= (int64_t)in.pos;
    unpacking->out_size -= (int64_t)out.pos;
    if (ZSTD_isError(result)) {
        return fail(unpacking, result, window_of(unpacking->in, (int64_t)in.size));
    }
    return result == 0 ? LK_UNPACKED_MEMBER : LK_UNPACKED_SOME;
}

static void end(lk_unpacking *unpacking) {
    ZSTD_freeDCtx(unpacking->state);
    unpacking->state = NULL;
}

const lk_packing lk_zstd_packing = {
    .name = "zstd", .recognise = recognise, .begin = begin, .step = step, .end = end};
