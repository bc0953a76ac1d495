/* The container of version 4: what is put is found; the places of its fields; its cost; every kind
 * of damage at every byte, and what is recovered; what stands at another place or comes from
 * another file. */
#include "codec/testing.h"

#define MANY 40

typedef struct file {
    lk_buffer bytes;
    int64_t header_bytes;
    int64_t begin[MANY + 1]; /* of chunks, and of the index */
    uint8_t payload[MANY][64];
    lk_chunk chunk[MANY];
    int64_t count;
} file;

static lk_container facts(bool texts) {
    lk_container c = {.lanes = 4, .alphabet = 2, .format = 3, .shape = {3, {2, 3, 1}}};
    if (texts) {
        c = (lk_container){.texts = true, .lanes = 3, .longest = 100};
        c.learning_rate = 0.25f;
    }
    for (int i = 0; i < 16; i++) {
        c.model.byte[i] = (uint8_t)(17 * i + 5);
    }
    return c;
}

/* `count` chunks of random bytes. */
static void make(file *f, bool texts, int64_t count, uint64_t seed) {
    lk_container c = facts(texts);
    *f = (file){.count = count};
    lk_container_put_header(&c, &f->bytes);
    f->header_bytes = f->bytes.size;
    for (int64_t i = 0; i < count; i++) {
        lk_chunk *chunk = &f->chunk[i];
        int64_t size = testing_below(seed, i, 60);
        for (int64_t k = 0; k < size; k++) {
            f->payload[i][k] = (uint8_t)testing_below(seed + 1, i * 100 + k, 256);
        }
        *chunk = (lk_chunk){.item = 10 * i,
                            .items = 10,
                            .symbols = 60,
                            .network = testing_below(seed, i + 100, 300),
                            .content = (uint32_t)(i * 1000003),
                            .payload = f->payload[i],
                            .size = size};
        f->begin[i] = f->bytes.size;
        lk_container_put_chunk(&c, chunk, 7, &f->bytes);
    }
    f->begin[count] = f->bytes.size;
    lk_container_put_index(&c, &f->bytes);
    assert_false(f->bytes.failed);
    lk_container_close(&c);
}

/* Bit i: chunk i was found, as it was put. -1: the file was refused. */
static int64_t found(lk_context *context, const file *f, const uint8_t *bytes, int64_t size,
                     bool *intact) {
    uint8_t *copy = testing_copy(bytes, size);
    lk_bytes all = {.data = copy, .size = size};
    lk_source source;
    lk_container c;
    int64_t which = -1;
    testing_ok(context, lk_source_of_bytes(context, "test", &all, &source));
    *intact = false;
    if (lk_container_open(&source, &c) == LK_OK) {
        which = 0;
        for (int pass = 0; pass < 2; pass++) { /* a reader may begin again */
            lk_chunk chunk;
            bool there = true;
            int64_t seen = 0;
            lk_container_rewind(&c);
            while (there) {
                testing_ok(context, lk_container_next(&c, &chunk, &there));
                if (there) {
                    const lk_chunk *was = &f->chunk[chunk.number];
                    assert_true(chunk.number < f->count && seen >> chunk.number == 0);
                    assert_int_equal(chunk.item, was->item);
                    assert_int_equal(chunk.network, was->network);
                    assert_int_equal(chunk.content, was->content);
                    assert_int_equal(chunk.size, was->size);
                    assert_memory_equal(chunk.payload, was->payload, (size_t)chunk.size);
                    seen |= INT64_C(1) << chunk.number;
                }
            }
            assert_true(pass == 0 || seen == which);
            which = seen;
        }
        *intact = !c.stray && c.chunks == f->count && which == (INT64_C(1) << f->count) - 1;
        assert_true(c.chunks == -1 || (c.chunks == f->count && c.items == 10 * f->count &&
                                       c.symbols == 60 * f->count && c.bytes == 7 * f->count));
    } else {
        assert_non_null(strstr(lk_context_message(context), "test: "));
    }
    lk_container_close(&c);
    lk_source_close(&source);
    free(copy);
    return which;
}

static void test_round_trips(void **state) {
    static const int64_t counts[] = {0, 1, 2, 17, MANY};
    for (int i = 0; i < 10; i++) {
        file f;
        bool intact;
        make(&f, i % 2 == 1, counts[i / 2], (uint64_t)i);
        assert_int_equal(found(*state, &f, f.bytes.data, f.bytes.size, &intact),
                         (INT64_C(1) << f.count) - 1);
        assert_true(intact);
        for (int64_t k = 0; k < f.count; k++) { /* mark, fields, three hashes */
            assert_true(f.begin[k + 1] - f.begin[k] <= f.chunk[k].size + 4 + 12 + 12);
        }
        assert_true(f.header_bytes <= 48 && f.bytes.size - f.begin[f.count] <= 16 + 2 * f.count);
        lk_buffer_release(&f.bytes);
    }
}

/* The places of the fields, as docs/formats.md has them. */
static void test_known_bytes(void **state) {
    static const uint8_t begin[] = {0x89, 'l', 'k', 'z', 0x0D, 0x0A, 0x1A, 0x0A, 43, 4};
    static const uint8_t fields[] = {0, 4, 0, 0, 0, 0, 0, 3, 2, 3, 1, 2, 3};
    static const uint8_t chunk[] = {0xF9, 'l', 'k', 0xC4, 0, 0, 10, 60};
    file f;
    (void)state;
    make(&f, false, 1, 3);
    assert_int_equal(f.header_bytes, 43);
    assert_memory_equal(f.bytes.data, begin, sizeof begin);
    assert_int_equal(f.bytes.data[10], 5); /* the fingerprint's first byte */
    assert_memory_equal(f.bytes.data + 26, fields, sizeof fields);
    assert_memory_equal(f.bytes.data + 43, chunk, sizeof chunk);
    const uint8_t *index = f.bytes.data + f.begin[1];
    assert_int_equal(index[0], 1);
    assert_int_equal(index[1], 10);
    assert_int_equal(index[2], 60);
    assert_int_equal(index[3], 7);
    assert_int_equal(index[4], f.begin[1] - f.begin[0]);
    assert_int_equal(index[5], 10);
    assert_int_equal(index[6], 6); /* bytes of the index */
    assert_int_equal(f.bytes.size - f.begin[1], 6 + 8);
    lk_buffer_release(&f.bytes);
}

/* Whatever is done to one place of the file costs the chunks there, and is seen. */
static void test_damage(void **state) {
    for (int texts = 0; texts < 2; texts++) {
        file f;
        make(&f, texts == 1, 7, 20);
        for (int64_t which = 0; which < testing_damages(f.bytes.size); which++) {
            int64_t size, at, cut = which / f.bytes.size == 4;
            uint8_t *bytes = testing_damage(f.bytes.data, f.bytes.size, which, &size, &at);
            bool intact;
            int64_t there = found(*state, &f, bytes, size, &intact), wanted = 0;
            for (int64_t k = 0; k < f.count; k++) {
                bool touched =
                    at + (which / f.bytes.size >= 3 ? 3 : 1) > f.begin[k] && at < f.begin[k + 1];
                bool lost = cut ? at < f.begin[k + 1] : touched;
                wanted |= lost ? 0 : INT64_C(1) << k;
            }
            wanted = at < f.header_bytes && !(cut && at == f.header_bytes) ? -1 : wanted;
            if (intact || (there & wanted) != wanted || (wanted == -1 && there != -1)) {
                fail_msg("damage %lld at byte %lld of %lld: chunks %llx found, %llx wanted",
                         (long long)(which / f.bytes.size), (long long)at, (long long)f.bytes.size,
                         (unsigned long long)there, (unsigned long long)wanted);
            }
            free(bytes);
        }
        lk_buffer_release(&f.bytes);
    }
}

/* Many damages at once: what is between them is found. */
static void test_damaged_in_many_places(void **state) {
    file f;
    bool intact;
    lk_buffer other = {0};
    make(&f, false, MANY, 21);
    lk_buffer_put(&other, f.bytes.data, f.header_bytes);
    int64_t wanted = 0;
    for (int64_t k = 0; k < MANY; k++) { /* every third chunk is repeated, loses a byte, is gone */
        int64_t size = f.begin[k + 1] - f.begin[k], how = k % 4;
        lk_buffer_put(&other, f.bytes.data + f.begin[k] + (how == 1), how == 2 ? 0 : size);
        if (how == 3) {
            lk_buffer_put(&other, f.bytes.data + f.begin[k], size);
        }
        wanted |= how == 0 || how == 3 ? INT64_C(1) << k : 0;
    }
    assert_int_equal(found(*state, &f, other.data, other.size, &intact), wanted);
    assert_false(intact);
    lk_buffer_release(&other);
    lk_buffer_release(&f.bytes);
}

/* A chunk of another file is not taken for one of this. */
static void test_transplants(void **state) {
    file one, two;
    bool intact;
    make(&one, false, 3, 30);
    make(&two, true, 3, 30);
    int64_t size = one.begin[2] - one.begin[1];
    memcpy(one.bytes.data + one.begin[1], two.bytes.data + two.begin[1], (size_t)size);
    assert_int_equal(found(*state, &one, one.bytes.data, one.bytes.size, &intact), 5);
    memcpy(one.bytes.data + one.begin[1], one.bytes.data + one.begin[0],
           (size_t)(one.begin[1] - one.begin[0] < size ? one.begin[1] - one.begin[0] : size));
    assert_int_equal(found(*state, &one, one.bytes.data, one.bytes.size, &intact), 5);
    lk_buffer_release(&one.bytes);
    lk_buffer_release(&two.bytes);
}

/* Marks before claims of long payloads, each with the right checksum: time stays linear. */
static void test_hostile_marks(void **state) {
    lk_container c = facts(false);
    lk_buffer bytes = {0}, frame = {0};
    lk_source source;
    uint8_t *payload = calloc(1, 1 << 20);
    lk_container_put_header(&c, &bytes);
    lk_chunk chunk = {.items = 1 << 20, .symbols = 1 << 22, .payload = payload, .size = 1 << 20};
    for (int i = 0; i < 20000; i++) {
        payload[0] = (uint8_t)i;
        chunk.size = i < 100 ? 1 << 20 : 30 * (20000 - i);
        frame.size = 0;
        lk_container_put_chunk(&c, &chunk, 0, &frame);
        lk_buffer_put(&bytes, frame.data, frame.size - chunk.size);
    }
    lk_bytes all = {.data = bytes.data, .size = bytes.size};
    lk_container reader;
    bool there = true;
    testing_ok(*state, lk_source_of_bytes(*state, "test", &all, &source));
    testing_ok(*state, lk_container_open(&source, &reader));
    while (there) {
        testing_ok(*state, lk_container_next(&reader, &chunk, &there));
    }
    assert_true(reader.hashed <= 6 * bytes.size);
    lk_container_close(&reader);
    lk_container_close(&c);
    lk_source_close(&source);
    lk_buffer_release(&bytes);
    lk_buffer_release(&frame);
    free(payload);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips), cmocka_unit_test(test_known_bytes),
        cmocka_unit_test(test_damage),      cmocka_unit_test(test_damaged_in_many_places),
        cmocka_unit_test(test_transplants), cmocka_unit_test(test_hostile_marks),
    };
    return cmocka_run_group_tests(tests, testing_set_up_alone, testing_tear_down);
}
