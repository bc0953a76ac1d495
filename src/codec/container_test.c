/* The container: what is packed is parsed; its cost; every kind of damage, and what is
 * recovered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/random.h"
#include "codec/container.h"

#define MANY 60 /* chunks whose table does not fit in a header */

static uint64_t below(uint64_t seed, uint64_t a, uint64_t limit) {
    return lk_random_below((lk_random){.seed = seed, .purpose = LK_FOR_CHECK}, a, 1, limit);
}

static lk_container_header header_of(int64_t chunks) {
    lk_container_header header = {
        .shape = {.axes = 3, .size = {28, 28, 1}},
        .alphabet = 2,
        .examples = chunks * 10 - 3,
        .chunk_examples = chunks == 1 ? 7 : 10,
        .lanes = 4,
        .format = 3,
    };
    for (int i = 0; i < 16; i++) {
        header.model.byte[i] = (uint8_t)(17 * i + 5);
    }
    return header;
}

/* Chunks of `least` .. least + spread - 1 random bytes. */
static void make_payloads(lk_payload *payloads, int64_t count, uint64_t seed, uint64_t least,
                          uint64_t spread) {
    for (int64_t i = 0; i < count; i++) {
        int64_t size = (int64_t)(least + below(seed, (uint64_t)i, spread));
        payloads[i] = (lk_payload){.variant = (int32_t)below(seed, (uint64_t)(i + 1000), 300),
                                   .bytes = malloc((size_t)size + 1),
                                   .size = size};
        for (int64_t k = 0; k < size; k++) {
            payloads[i].bytes[k] = (uint8_t)below(seed + 1, (uint64_t)(i * 100000 + k), 256);
        }
    }
}

static void release_payloads(lk_payload *payloads, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        free(payloads[i].bytes);
    }
}

static lk_bytes pack(const lk_container_header *header, const lk_payload *payloads,
                     int64_t *header_bytes) {
    lk_bytes bytes = {0};
    assert_int_equal(lk_container_pack(NULL, header, payloads, &bytes, header_bytes), LK_OK);
    assert_true(*header_bytes <= LK_CONTAINER_HEADER_MOST);
    return bytes;
}

/* A copy of exactly the size, so that a sanitizer sees every step beyond it. */
static lk_bytes copy_of(const uint8_t *data, int64_t size) {
    lk_bytes copy = {.data = malloc(size > 0 ? (size_t)size : 1), .size = size};
    if (size > 0) {
        memcpy(copy.data, data, (size_t)size);
    }
    return copy;
}

/* How many chunks are found; each one found must be the one that was packed. */
static int64_t found_right(const lk_container *container, const lk_payload *payloads) {
    int64_t right = 0;
    for (int64_t i = 0; i < container->count; i++) {
        const lk_chunk *chunk = &container->chunks[i];
        assert_int_equal(chunk->index, i);
        if (!chunk->damaged) {
            assert_int_equal(chunk->size, payloads[i].size);
            assert_int_equal(chunk->variant, payloads[i].variant);
            assert_memory_equal(chunk->payload, payloads[i].bytes, (size_t)chunk->size);
            right++;
        }
    }
    assert_int_equal(container->damaged, container->count - right);
    return right;
}

static void round_trips(void **state) {
    (void)state;
    static const int64_t counts[] = {1, 2, 3, 20, 30, MANY, 1000};
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        lk_container_header header = header_of(counts[c]);
        lk_payload *payloads = calloc((size_t)counts[c], sizeof *payloads);
        make_payloads(payloads, counts[c], 5, 0, 700);
        int64_t header_bytes = 0;
        lk_bytes bytes = pack(&header, payloads, &header_bytes);
        lk_container container;
        assert_int_equal(lk_container_parse(NULL, "test", &bytes, &container), LK_OK);
        assert_true(lk_container_intact(&container));
        assert_int_equal(container.count, counts[c]);
        assert_int_equal(found_right(&container, payloads), counts[c]);
        assert_memory_equal(container.header.model.byte, header.model.byte, 16);
        assert_true(lk_shape_equal(container.header.shape, header.shape));
        assert_int_equal(container.header.examples, header.examples);
        assert_int_equal(container.header.lanes, header.lanes);
        assert_int_equal(container.header.format, header.format);
        assert_int_equal(container.chunks[counts[c] - 1].examples, 7);
        assert_int_equal(container.chunks[counts[c] - 1].first_example, 10 * (counts[c] - 1));
        lk_container_deinit(&container);
        lk_bytes_release(&bytes);
        release_payloads(payloads, counts[c]);
        free(payloads);
    }
}

/* The format: the places of the fields as docs/formats.md gives them. */
static void known_bytes(void **state) {
    (void)state;
    lk_container_header header = header_of(2);
    uint8_t letters[] = "abcde";
    lk_payload payloads[2] = {{.variant = 200, .bytes = letters, .size = 3},
                              {.bytes = letters, .size = 5}};
    int64_t header_bytes = 0;
    lk_bytes bytes = pack(&header, payloads, &header_bytes);
    static const uint8_t begin[] = {0x89, 'l', 'k', 'z', 0x0D, 0x0A, 0x1A, 0x0A, 43, 1};
    static const uint8_t fields[] = {3, 28, 28, 1, 2, 17, 10, 4, 3, 21, 1, 10, 11};
    static const uint8_t first[] = {3, 200, 1, 'a', 'b', 'c'},
                         second[] = {5, 0, 'a', 'b', 'c', 'd', 'e'};
    assert_int_equal(header_bytes, 43);
    assert_int_equal(bytes.size, 43 + 21);
    assert_memory_equal(bytes.data, begin, sizeof begin);
    assert_memory_equal(bytes.data + 10, header.model.byte, 16);
    assert_memory_equal(bytes.data + 26, fields, sizeof fields);
    assert_memory_equal(bytes.data + 43 + 4, first, sizeof first);
    assert_memory_equal(bytes.data + 43 + 10 + 4, second, sizeof second);
    lk_bytes_release(&bytes);
}

/* The budget: three chunks of 65 KB, as 10,000 binarized digits make, may cost a few bytes beside
 * the header. */
static void cost(void **state) {
    (void)state;
    lk_container_header header = {.shape = {.axes = 3, .size = {28, 28, 1}},
                                  .alphabet = 2,
                                  .examples = 10000,
                                  .chunk_examples = 4096,
                                  .lanes = 256};
    lk_payload payloads[3];
    make_payloads(payloads, 3, 9, 50000, 20000);
    int64_t header_bytes = 0;
    lk_bytes bytes = pack(&header, payloads, &header_bytes);
    int64_t frames =
        bytes.size - header_bytes - payloads[0].size - payloads[1].size - payloads[2].size;
    print_message("three chunks: header %lld bytes, frames %lld bytes\n", (long long)header_bytes,
                  (long long)frames);
    assert_true(frames <= 3 * (4 + 3 + 2));
    lk_bytes_release(&bytes);
    release_payloads(payloads, 3);
}

/* Every value of every byte's flip: never intact, never a wrong chunk; behind the header at most
 * one chunk is lost. */
static void flip_each_byte(int64_t count) {
    lk_container_header header = header_of(count);
    lk_payload payloads[MANY];
    make_payloads(payloads, count, 21, 0, 9);
    int64_t header_bytes = 0;
    lk_bytes bytes = pack(&header, payloads, &header_bytes);
    for (int64_t at = 0; at < bytes.size; at++) {
        for (int change = 1; change < 256; change += count == MANY ? 37 : 1) {
            bytes.data[at] ^= (uint8_t)change;
            lk_container container;
            lk_status status = lk_container_parse(NULL, "test", &bytes, &container);
            assert_true(status == LK_OK ? at >= header_bytes : at < header_bytes);
            if (status == LK_OK) {
                assert_false(lk_container_intact(&container));
                if (found_right(&container, payloads) < count - 1) {
                    fail_msg("byte %lld ^ %d of %lld chunks: %lld lost", (long long)at, change,
                             (long long)count, (long long)container.damaged);
                }
            }
            lk_container_deinit(&container);
            bytes.data[at] ^= (uint8_t)change;
        }
    }
    lk_bytes_release(&bytes);
    release_payloads(payloads, count);
}

static void flipped_bytes(void **state) {
    (void)state;
    flip_each_byte(1);
    flip_each_byte(4);
    flip_each_byte(MANY);
}

/* A cut keeps all chunks before it. */
static void truncations(void **state) {
    (void)state;
    static const int64_t counts[] = {4, MANY};
    for (int c = 0; c < 2; c++) {
        lk_container_header header = header_of(counts[c]);
        lk_payload payloads[MANY];
        make_payloads(payloads, counts[c], 22, 1, 9);
        int64_t header_bytes = 0;
        lk_bytes whole = pack(&header, payloads, &header_bytes);
        for (int64_t size = 0; size < whole.size; size++) {
            lk_bytes cut = copy_of(whole.data, size);
            lk_container container;
            lk_status status = lk_container_parse(NULL, "test", &cut, &container);
            assert_true((status == LK_OK) == (size >= header_bytes));
            if (status == LK_OK) {
                int64_t end = header_bytes, complete = 0;
                while (complete < counts[c] &&
                       end + payloads[complete].size + 6 + (payloads[complete].variant > 127) <=
                           size) {
                    end += payloads[complete].size + 6 + (payloads[complete].variant > 127);
                    complete++;
                }
                assert_true(container.truncated && !lk_container_intact(&container));
                assert_int_equal(found_right(&container, payloads), complete);
            }
            lk_container_deinit(&container);
            free(cut.data);
        }
        lk_bytes_release(&whole);
        release_payloads(payloads, counts[c]);
    }
}

/* Bytes cut out of, or put into, the body at any place: at most the two chunks that they touch are
 * lost. */
static void shifted(void **state) {
    (void)state;
    static const int64_t counts[] = {5, MANY};
    for (int c = 0; c < 2; c++) {
        lk_container_header header = header_of(counts[c]);
        lk_payload payloads[MANY];
        make_payloads(payloads, counts[c], 23, 5, 9);
        int64_t header_bytes = 0;
        lk_bytes whole = pack(&header, payloads, &header_bytes);
        int64_t body_end = header_bytes;
        for (int64_t i = 0; i < counts[c]; i++) {
            body_end += payloads[i].size + 6 + (payloads[i].variant > 127);
        }
        for (int64_t at = header_bytes; at + 3 <= body_end; at++) {
            for (int insert = 0; insert < 2; insert++) {
                int64_t from = insert ? at : at + 3, to = insert ? at + 3 : at;
                lk_bytes other = {.size = whole.size + to - from};
                other.data = malloc((size_t)other.size);
                memset(other.data, 0xA5, (size_t)other.size);
                memcpy(other.data, whole.data, (size_t)at);
                memcpy(other.data + to, whole.data + from, (size_t)(whole.size - from));
                lk_container container;
                assert_int_equal(lk_container_parse(NULL, "test", &other, &container), LK_OK);
                assert_false(lk_container_intact(&container));
                if (found_right(&container, payloads) < counts[c] - 2 + insert) {
                    fail_msg("%s at %lld of %lld chunks: %lld lost",
                             insert ? "insertion" : "deletion", (long long)at, (long long)counts[c],
                             (long long)container.damaged);
                }
                lk_container_deinit(&container);
                free(other.data);
            }
        }
        lk_bytes_release(&whole);
        release_payloads(payloads, counts[c]);
    }
}

/* A chunk of another file, or of another place in this one, is not taken for the right one. */
static void transplants(void **state) {
    (void)state;
    lk_container_header header = header_of(3), other_header = header_of(3);
    other_header.examples--;
    lk_payload payloads[3], other_payloads[3];
    make_payloads(payloads, 3, 24, 8, 1);
    make_payloads(other_payloads, 3, 25, 8, 1);
    for (int i = 0; i < 3; i++) {
        payloads[i].variant = other_payloads[i].variant = 1;
    }
    int64_t header_bytes = 0;
    lk_bytes one = pack(&header, payloads, &header_bytes),
             two = pack(&other_header, other_payloads, &header_bytes);
    lk_container container;
    memcpy(one.data + header_bytes + 14, two.data + header_bytes + 14, 14);
    assert_int_equal(lk_container_parse(NULL, "test", &one, &container), LK_OK);
    assert_int_equal(found_right(&container, payloads), 2);
    assert_true(container.chunks[1].damaged);
    lk_container_deinit(&container);
    memcpy(one.data + header_bytes + 14, one.data + header_bytes, 14);
    assert_int_equal(lk_container_parse(NULL, "test", &one, &container), LK_OK);
    assert_int_equal(found_right(&container, payloads), 2);
    lk_container_deinit(&container);
    lk_bytes_release(&one);
    lk_bytes_release(&two);
    release_payloads(payloads, 3);
    release_payloads(other_payloads, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_bytes),   cmocka_unit_test(round_trips), cmocka_unit_test(cost),
        cmocka_unit_test(flipped_bytes), cmocka_unit_test(truncations), cmocka_unit_test(shifted),
        cmocka_unit_test(transplants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
