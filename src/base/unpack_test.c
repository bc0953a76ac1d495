/* Unpacking: what each library packed comes back, in members, padded, wrapped again; what is cut,
 * damaged, followed by other bytes or larger than may be is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bzlib.h>
#include <cmocka.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "base/memory.h"
#include "base/random.h"
#include "base/unpack.h"

#define ROOM (INT64_C(1) << 22)

static const lk_random DRAWS = {.seed = 5, .purpose = LK_FOR_CHECK};

typedef int64_t pack(const uint8_t *data, int64_t size, uint8_t *packed);

static int64_t pack_gzip(const uint8_t *data, int64_t size, uint8_t *packed) {
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 9, Z_DEFAULT_STRATEGY),
                     Z_OK);
    stream.next_in = (Bytef *)(uintptr_t)data;
    stream.avail_in = (uInt)size;
    stream.next_out = packed;
    stream.avail_out = (uInt)ROOM;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    return ROOM - stream.avail_out;
}

static int64_t pack_xz(const uint8_t *data, int64_t size, uint8_t *packed) {
    size_t used = 0;
    assert_int_equal(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC32, NULL, data, (size_t)size, packed,
                                             &used, (size_t)ROOM),
                     LZMA_OK);
    return (int64_t)used;
}

static int64_t pack_bzip2(const uint8_t *data, int64_t size, uint8_t *packed) {
    unsigned used = (unsigned)ROOM;
    char none = 0;
    char *from = size > 0 ? (char *)(uintptr_t)data : &none;
    assert_int_equal(BZ2_bzBuffToBuffCompress((char *)packed, &used, from, (unsigned)size, 9, 0, 0),
                     BZ_OK);
    return used;
}

static int64_t pack_zstd_window(const uint8_t *data, int64_t size, uint8_t *packed, int log) {
    ZSTD_CCtx *stream = ZSTD_createCCtx();
    ZSTD_inBuffer in = {data, (size_t)size, 0};
    ZSTD_outBuffer out = {packed, (size_t)ROOM, 0};
    ZSTD_CCtx_setParameter(stream, ZSTD_c_checksumFlag, 1);
    if (log > 0) { /* a window in place of a size, as what is packed from a pipe has */
        ZSTD_CCtx_setParameter(stream, ZSTD_c_windowLog, log);
        ZSTD_inBuffer some = {data, 1, 0};
        assert_false(ZSTD_isError(ZSTD_compressStream2(stream, &out, &some, ZSTD_e_flush)));
        in.pos = 1;
    }
    assert_int_equal(ZSTD_compressStream2(stream, &out, &in, ZSTD_e_end), 0);
    ZSTD_freeCCtx(stream);
    return (int64_t)out.pos;
}

static int64_t pack_zstd(const uint8_t *data, int64_t size, uint8_t *packed) {
    return pack_zstd_window(data, size, packed, 0);
}

static const struct {
    const char *name;
    pack *pack;
} rows[] = {{"gzip", pack_gzip}, {"xz", pack_xz}, {"bzip2", pack_bzip2}, {"zstd", pack_zstd}};
#define ROW_COUNT (sizeof rows / sizeof rows[0])

/* A copy is unpacked, so that reading beyond it is seen by the sanitizers. */
static lk_status unpack(lk_context *context, const uint8_t *packed, int64_t size, int64_t most,
                        lk_bytes *bytes) {
    lk_bytes copy = {lk_resize(NULL, size, 1), size};
    memcpy(copy.data, packed, (size_t)size);
    return lk_unpack_take(context, "file", most, &copy, bytes);
}

static void refuses(lk_context *context, const uint8_t *packed, int64_t size, int64_t most,
                    lk_status status, const char *part) {
    lk_bytes bytes;
    lk_status got = unpack(context, packed, size, most, &bytes);
    if (got != status || strstr(context->message, part) == NULL) {
        fail_msg("wanted status %d and '%s', got %d: %s", status, part, got, context->message);
    }
    assert_null(bytes.data);
}

static uint8_t *some_bytes(int64_t size) {
    uint8_t *bytes = lk_allocate(size + 1, 1);
    for (int64_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)('a' + lk_random_below(DRAWS, 0, (uint64_t)i, 20));
    }
    return bytes;
}

static void members_come_back(void **state) {
    (void)state;
    static const int64_t sizes[] = {0, 1, 5000, 200000};
    uint8_t *expected = some_bytes(ROOM / 4), *packed = lk_allocate(2 * ROOM, 1);
    for (size_t r = 0; r < ROW_COUNT; r++) {
        lk_context context = {0};
        int64_t whole = 0, at = 0;
        lk_bytes bytes;
        for (int i = 0; i < 4; i++) {
            at += rows[r].pack(expected + whole, sizes[i], packed + at);
            whole += sizes[i];
            memset(packed + at, 0, 512); /* padding */
            assert_string_equal(lk_packing_name(packed, at), rows[r].name);
            assert_int_equal(unpack(&context, packed, at + (i == 3 ? 512 : 0), whole, &bytes),
                             LK_OK);
            assert_int_equal(bytes.size, whole);
            assert_memory_equal(bytes.data, expected, (size_t)whole);
            assert_int_equal(bytes.data[whole], 0);
            lk_bytes_release(&bytes);
        }
        refuses(&context, packed, at, whole - 1, LK_FORMAT, "when unpacked");
        memcpy(packed + at, "junk", 4);
        char said[64];
        snprintf(said, sizeof said, "4 bytes after the end of the %s data", rows[r].name);
        refuses(&context, packed, at + 4, ROOM, LK_CORRUPT, said);
    }
    lk_release(expected);
    lk_release(packed);
}

/* Between members xz allows zero bytes, a multiple of four (where Python's lzma loses what follows
 * them in silence); of the others gzip's own program stops there and Python's module does not. */
static void padding_between_members(void **state) {
    (void)state;
    enum { EACH = 300 };
    uint8_t *expected = some_bytes(2 * EACH), *packed = lk_allocate(2 * ROOM, 1);
    for (size_t r = 0; r < ROW_COUNT; r++) {
        for (int64_t zeros = 0; zeros <= 9; zeros++) {
            lk_context context = {0};
            int64_t at = rows[r].pack(expected, EACH, packed);
            memset(packed + at, 0, (size_t)zeros);
            at += zeros;
            at += rows[r].pack(expected + EACH, EACH, packed + at);
            if (zeros == 0 || (zeros % 4 == 0 && strcmp(rows[r].name, "xz") == 0)) {
                lk_bytes bytes;
                assert_int_equal(unpack(&context, packed, at, 2 * EACH, &bytes), LK_OK);
                assert_int_equal(bytes.size, 2 * EACH);
                assert_memory_equal(bytes.data, expected, 2 * EACH);
                lk_bytes_release(&bytes);
            } else {
                refuses(&context, packed, at, ROOM, LK_CORRUPT, "bytes after the end of the");
            }
        }
    }
    lk_release(expected);
    lk_release(packed);
}

/* Every truncation is refused; a flipped bit too, or it was of no importance. */
static void damage_is_refused(void **state) {
    (void)state;
    uint8_t *text = some_bytes(300), *packed = lk_allocate(ROOM, 1);
    for (size_t r = 0; r < ROW_COUNT; r++) {
        lk_context context = {0};
        int64_t size = rows[r].pack(text, 300, packed);
        for (int64_t cut = 6; cut < size; cut++) {
            refuses(&context, packed, cut, ROOM, LK_CORRUPT, "truncated");
        }
        int harmless = 0;
        for (int64_t at = 6; at < size; at++) {
            lk_bytes bytes;
            packed[at] ^= 0x10;
            if (unpack(&context, packed, size, ROOM, &bytes) == LK_OK) {
                harmless++;
                assert_int_equal(bytes.size, 300);
                assert_memory_equal(bytes.data, text, 300);
                lk_bytes_release(&bytes);
            }
            packed[at] ^= 0x10;
        }
        assert_true(harmless <= 7);
    }
    lk_release(text);
    lk_release(packed);
}

static void wrappers_come_off(void **state) {
    (void)state;
    lk_context context = {0};
    lk_bytes bytes;
    uint8_t *at[2] = {lk_allocate(ROOM, 1), lk_allocate(ROOM, 1)};
    int64_t size = pack_gzip((const uint8_t *)"text", 4, at[0]);
    for (int i = 1; i <= LK_PACKINGS_MOST; i++) {
        assert_int_equal(unpack(&context, at[(i + 1) % 2], size, ROOM, &bytes), LK_OK);
        assert_int_equal(bytes.size, 4);
        assert_memory_equal(bytes.data, "text", 4);
        lk_bytes_release(&bytes);
        size = rows[(size_t)i % ROW_COUNT].pack(at[(i + 1) % 2], size, at[i % 2]);
    }
    refuses(&context, at[LK_PACKINGS_MOST % 2], size, ROOM, LK_UNSUPPORTED, "more than 4 times");
    lk_release(at[0]);
    lk_release(at[1]);
}

/* 32 MiB of zeros in some KiB are refused where less may be used, and so is a decoder that wants
 * much for itself. */
static void memory_is_bounded(void **state) {
    (void)state;
    lk_context context = {.memory_most = INT64_C(1) << 20};
    const int64_t size = INT64_C(1) << 25;
    uint8_t *zeros = lk_allocate(size, 1), *packed = lk_allocate(ROOM, 1);
    for (size_t r = 0; r < ROW_COUNT; r++) {
        context.memory_most = INT64_C(1) << 24;
        const int64_t length = rows[r].pack(zeros, size, packed);
        refuses(&context, packed, length, INT64_C(1) << 34, LK_NO_MEMORY, "--memory");
        refuses(&context, packed, length, INT64_C(1) << 23, LK_FORMAT, "when unpacked");
    }
    lk_bytes bytes;
    int64_t long_window = pack_zstd_window(zeros, 1000, packed, 26);
    refuses(&context, packed, long_window, size, LK_NO_MEMORY, "unpacking zstd");
    context.memory_most = INT64_C(1) << 27;
    assert_int_equal(unpack(&context, packed, long_window, size, &bytes), LK_OK);
    assert_int_equal(bytes.size, 1000);
    lk_bytes_release(&bytes);
    context.memory_most = INT64_C(1) << 20;
    refuses(&context, packed, pack_xz(zeros, 1000, packed), size, LK_NO_MEMORY, "unpacking xz");
    lk_release(zeros);
    lk_release(packed);
}

static void others_are_not_taken_for_packed(void **state) {
    (void)state;
    static const char *const texts[] = {
        "", "B", "BZ", "BZh0", "BZhello", "0 1 0", "\xFD\x37zXY ", "\x28\xB5\x2F", "\x1F"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_null(lk_packing_name((const uint8_t *)texts[i], (int64_t)strlen(texts[i])));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_come_back), cmocka_unit_test(padding_between_members),
        cmocka_unit_test(damage_is_refused), cmocka_unit_test(wrappers_come_off),
        cmocka_unit_test(memory_is_bounded), cmocka_unit_test(others_are_not_taken_for_packed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
