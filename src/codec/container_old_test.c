/* Containers of versions 1 to 3, written here as docs/formats.md describes them: what is put is
 * found; every kind of damage at every byte costs the chunks that it touches, wherever the table
 * stands; a damaged length and a damaged table together cost what stands behind. */
#include "codec/testing.h"

#define MANY 40

typedef struct file {
    int version;
    lk_buffer bytes;
    int64_t header_bytes, count;
    int64_t begin[MANY + 1]; /* of chunks, and of the table */
    lk_chunk chunk[MANY];
    uint8_t payload[MANY][40];
    bool table_at_end;
} file;

/* ---- writing --------------------------------------------------------------------------------- */

static void put_number(lk_buffer *to, int64_t number) {
    lk_layout_number(&(lk_layout){.to = to}, &number, 0, INT64_MAX);
}

static void put_u32(lk_buffer *to, uint32_t number) {
    lk_layout_u32(&(lk_layout){.to = to}, &number);
}

/* Chunks one behind the other, and the table of their sizes; a seed decides their hashes. */
static void put_chunks(file *f, uint32_t seed, lk_buffer *to, lk_buffer *table) {
    for (int64_t i = 0; i < f->count; i++) {
        lk_buffer fields = {0}, covered = {0};
        lk_chunk *chunk = &f->chunk[i];
        put_number(&fields, chunk->size);
        if (f->version == 1) {
            put_number(&fields, chunk->network);
        } else {
            put_u32(&fields, chunk->content);
        }
        lk_buffer_put(&covered, fields.data, fields.size);
        lk_buffer_put(&covered, chunk->payload, chunk->size);
        uint32_t frame = lk_hash(fields.data, fields.size, seed, i);
        f->begin[i] = f->header_bytes + to->size;
        put_u32(to, f->version == 1 ? lk_hash(covered.data, covered.size, seed, i)
                                    : lk_hash(chunk->payload, chunk->size, frame, i));
        lk_buffer_put(to, covered.data, covered.size);
        put_number(table, covered.size + 4);
        lk_buffer_release(&fields);
        lk_buffer_release(&covered);
    }
    f->begin[f->count] = f->header_bytes + to->size;
}

/* 10 examples of 6 variables, or 60 symbols, in each chunk. */
static void put_fields(const file *f, int64_t after, const lk_buffer *table, lk_buffer *to) {
    static const int64_t examples[] = {3, 2, 3, 1, 2}, rate = 0x3E800000; /* shape; 0.25 */
    for (int i = 0; i < 5 && f->version == 1; i++) {
        put_number(to, examples[i]);
    }
    put_number(to, f->version == 1 ? 10 * f->count : 60 * f->count);
    put_number(to, f->version == 1 ? 10 : 60 * f->count);
    put_number(to, f->version == 1 ? 4 : 60);
    put_number(to, f->version == 1 ? 3 : 4);
    if (f->version == 3) {
        put_number(to, rate);
    }
    if (f->version == 1) {
        put_number(to, after);
        put_number(to, !f->table_at_end);
        lk_buffer_put(to, table->data, f->table_at_end ? 0 : table->size);
    }
}

static uint32_t put_header(file *f, int64_t after, const lk_buffer *table, lk_buffer *to) {
    uint8_t begin[26] = {0x89, 'l', 'k', 'z', 0x0D, 0x0A, 0x1A, 0x0A, 0, (uint8_t)f->version, 77};
    lk_buffer_put(to, begin, sizeof begin);
    put_fields(f, after, table, to);
    assert_true(to->size + 4 <= LK_CONTAINER_HEADER_MOST);
    f->header_bytes = to->size + 4;
    to->data[8] = (uint8_t)f->header_bytes;
    uint32_t seed = lk_hash(to->data, to->size, 0, 0);
    put_u32(to, seed);
    return seed;
}

static void make(file *f, int version, int64_t count, bool table_at_end) {
    lk_buffer chunks = {0}, table = {0};
    bool at_end = version == 1 ? table_at_end : count > 1;
    *f = (file){.version = version, .count = count, .table_at_end = at_end};
    for (int64_t i = 0; i < count; i++) {
        int64_t size = testing_below((uint64_t)version, i, 40);
        for (int64_t k = 0; k < size; k++) {
            f->payload[i][k] = (uint8_t)testing_below(7, 100 * i + k, 256);
        }
        f->chunk[i] = (lk_chunk){.number = i,
                                 .network = version == 1 ? i * 50 : 0,
                                 .content = version == 1 ? 0 : (uint32_t)(i * 1000003),
                                 .payload = f->payload[i],
                                 .size = size};
    }
    put_chunks(f, 0, &chunks, &table); /* for the sizes */
    int64_t after = chunks.size + (at_end ? table.size + 8 : 0);
    uint32_t seed = put_header(f, after, &table, &f->bytes);
    chunks.size = table.size = 0;
    put_chunks(f, seed, &chunks, &table);
    lk_buffer_put(&f->bytes, chunks.data, chunks.size);
    if (at_end) {
        put_u32(&table, (uint32_t)table.size);
        put_u32(&table, lk_hash(table.data, table.size, seed, UINT32_MAX));
        lk_buffer_put(&f->bytes, table.data, table.size);
    }
    assert_false(f->bytes.failed);
    lk_buffer_release(&chunks);
    lk_buffer_release(&table);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Bit i: chunk i was found, as it was put. */
static int64_t walk(lk_context *context, const file *f, lk_container *c) {
    lk_chunk chunk;
    bool there = true;
    int64_t seen = 0;
    lk_container_rewind(c);
    while (there) {
        testing_ok(context, lk_container_next(c, &chunk, &there));
        if (there) {
            const lk_chunk *was = &f->chunk[chunk.number];
            assert_true(chunk.number < f->count && seen >> chunk.number == 0);
            assert_int_equal(f->version == 1 ? chunk.item : chunk.first,
                             (f->version == 1 ? 10 : 60) * chunk.number);
            assert_int_equal(chunk.symbols, 60);
            assert_int_equal(chunk.network, was->network);
            assert_int_equal(chunk.content, was->content);
            assert_int_equal(chunk.size, was->size);
            assert_memory_equal(chunk.payload, was->payload, (size_t)chunk.size);
            seen |= INT64_C(1) << chunk.number;
        }
    }
    return seen;
}

/* -1: the file was refused. */
static int64_t found(lk_context *context, const file *f, const uint8_t *bytes, int64_t size,
                     bool *intact) {
    uint8_t *copy = testing_copy(bytes, size);
    lk_bytes all = {.data = copy, .size = size};
    lk_source source;
    lk_container c;
    int64_t which = -1;
    testing_ok(context, lk_source_of_bytes(context, "test", &all, &source));
    if (lk_container_open(&source, &c) == LK_OK) {
        assert_int_equal(c.chunks, f->count);
        which = walk(context, f, &c);
        assert_int_equal(walk(context, f, &c), which);
    }
    *intact = which == (INT64_C(1) << f->count) - 1 && !c.stray;
    lk_container_close(&c);
    lk_source_close(&source);
    free(copy);
    return which;
}

/* ---- the tests ------------------------------------------------------------------------------- */

static const struct {
    int version;
    int64_t count;
    bool table_at_end;
} kinds[] = {{1, 1, false}, {1, 9, false}, {1, 9, true},  {1, MANY, true},
             {2, 1, false}, {2, 9, true},  {3, 1, false}, {3, 9, true}};
#define KINDS (sizeof kinds / sizeof *kinds)

static void test_round_trips(void **state) {
    for (size_t i = 0; i < KINDS; i++) {
        file f;
        bool intact;
        make(&f, kinds[i].version, kinds[i].count, kinds[i].table_at_end);
        assert_int_equal(found(*state, &f, f.bytes.data, f.bytes.size, &intact),
                         (INT64_C(1) << f.count) - 1);
        assert_true(intact);
        lk_buffer_release(&f.bytes);
    }
}

/* The chunks that damage number `which`, at byte `at`, leaves; -1: the header's. Of a text in one
 * chunk, and of what is cut off, there is no table. */
static int64_t left_by(const file *f, int64_t which, int64_t at) {
    int64_t how = which / f->bytes.size, left = 0;
    for (int64_t k = 0; k < f->count; k++) {
        bool lost = how == 4 ? at < f->begin[k + 1]
                             : at + (how >= 3 ? 3 : 1) > f->begin[k] && at < f->begin[k + 1];
        left |= lost ? 0 : INT64_C(1) << k;
    }
    return at < f->header_bytes ? -1 : left;
}

static void test_damage(void **state) {
    for (size_t i = 0; i < KINDS; i++) {
        file f;
        make(&f, kinds[i].version, kinds[i].count, kinds[i].table_at_end);
        for (int64_t which = 0; which < testing_damages(f.bytes.size); which++) {
            int64_t size, at, wanted;
            uint8_t *bytes = testing_damage(f.bytes.data, f.bytes.size, which, &size, &at);
            bool intact;
            int64_t there = found(*state, &f, bytes, size, &intact);
            wanted = left_by(&f, which, at);
            if (intact || (there & wanted) != wanted || (wanted == -1 && there != -1)) {
                fail_msg("version %d, damage %lld at byte %lld of %lld: chunks %llx found, %llx "
                         "wanted",
                         f.version, (long long)(which / f.bytes.size), (long long)at,
                         (long long)f.bytes.size, (unsigned long long)there,
                         (unsigned long long)wanted);
            }
            free(bytes);
        }
        lk_buffer_release(&f.bytes);
    }
}

/* Bytes behind the end cost nothing; a length and the table at once cost all behind the length. */
static void test_damage_in_two_places(void **state) {
    for (size_t i = 0; i < KINDS; i++) {
        file f;
        bool intact;
        make(&f, kinds[i].version, kinds[i].count, kinds[i].table_at_end);
        int64_t size = f.bytes.size, middle = f.count / 2;
        lk_buffer_put(&f.bytes, "behind", 6);
        assert_int_equal(found(*state, &f, f.bytes.data, f.bytes.size, &intact),
                         (INT64_C(1) << f.count) - 1);
        assert_false(intact);
        f.bytes.data[f.begin[middle] + 4] ^= 0x7F;
        f.bytes.data[size - 1] ^= f.table_at_end ? 1 : 0;
        int64_t there = found(*state, &f, f.bytes.data, size, &intact);
        int64_t before = (INT64_C(1) << middle) - 1, all = (INT64_C(1) << f.count) - 1;
        bool table = f.version == 1 && !f.table_at_end;
        assert_int_equal(there, table ? all & ~(INT64_C(1) << middle) : before);
        assert_false(intact);
        lk_buffer_release(&f.bytes);
    }
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_damage_in_two_places),
    };
    return cmocka_run_group_tests(tests, testing_set_up_alone, testing_tear_down);
}
