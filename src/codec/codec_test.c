/* Compression and restoration with small networks: the same bytes for every schedule, number of
 * threads and instruction set; cost against the likelihood; damage and salvage; the wrong model. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/random.h"
#include "codec/chunk_coder.h"
#include "codec/codec.h"
#include "data/formats/formats.h"
#include "kernels/kernels.h"

typedef struct world {
    lk_context *context;
    lk_model *model;
    lk_dataset *dataset;
} world;

/* A model with random weights, and random data that suit its shape. */
typedef struct recipe {
    int64_t height, width;
    int32_t alphabet;
    int64_t examples;
    const char *order;
    const char *assignments[4];
    int32_t assignment_count;
} recipe;

static const recipe recipes[] = {
    {3, 4, 2, 37, "natural", {"hidden=9"}, 1},
    {1, 2, 2, 130, "reversed", {"hidden=5,6"}, 1},
    {5, 1, 3, 29, "random:4", {"hidden=8", "activation=tanh"}, 2},
    {2, 2, 300, 17, "natural", {"hidden=7", "direct=false"}, 2},
    {2, 5, 2, 41, "natural", {"hidden=11", "masks=3", "order_agnostic=true"}, 3},
    {1, 1, 2, 19, "natural", {"hidden=3"}, 1},
};
enum { RECIPES = sizeof recipes / sizeof recipes[0] };

static void fill(lk_dataset *dataset, uint64_t seed) {
    lk_random random = {.seed = seed, .purpose = LK_FOR_CHECK};
    for (int64_t i = 0; i < dataset->examples * dataset->variables; i++) {
        dataset->values[i] =
            (uint16_t)lk_random_below(random, (uint64_t)i, 0, (uint64_t)dataset->alphabet);
    }
}

static void make_world(const recipe *r, int threads, uint64_t seed, world *w) {
    memset(w, 0, sizeof *w);
    lk_shape shape = {.axes = 2, .size = {r->height, r->width}};
    lk_data_description data = {
        .shape = shape, .variables = r->height * r->width, .alphabet = r->alphabet};
    assert_int_equal(lk_context_create(threads, &w->context), LK_OK);
    if (lk_model_create(w->context, "made", r->assignments, r->assignment_count, data, r->order,
                        seed, &w->model) != LK_OK ||
        lk_dataset_create(w->context, "random", shape, r->examples, r->alphabet, &w->dataset) !=
            LK_OK) {
        fail_msg("%s", lk_context_message(w->context));
    }
    fill(w->dataset, seed);
    w->dataset->format = 3;
}

static void end_world(world *w) {
    lk_dataset_destroy(w->dataset);
    lk_model_destroy(w->model);
    lk_context_destroy(w->context);
}

static lk_bytes compress(world *w, const lk_codec_options *options, lk_compress_report *report) {
    lk_bytes bytes;
    if (lk_compress_bytes(w->model, w->dataset, "test", options, &bytes, report) != LK_OK) {
        fail_msg("%s", lk_context_message(w->context));
    }
    return bytes;
}

static void expect_restored(world *w, const lk_bytes *bytes) {
    lk_dataset *restored;
    int64_t *lost, lost_count;
    if (lk_decompress_bytes(w->model, "test", bytes, NULL, &restored, &lost, &lost_count) !=
        LK_OK) {
        fail_msg("%s", lk_context_message(w->context));
    }
    assert_null(lost);
    assert_int_equal(lost_count, 0);
    assert_int_equal(restored->examples, w->dataset->examples);
    assert_int_equal(restored->alphabet, w->dataset->alphabet);
    assert_int_equal(restored->format, w->dataset->format);
    assert_true(lk_shape_equal(restored->shape, w->dataset->shape));
    assert_memory_equal(restored->values, w->dataset->values,
                        (size_t)(restored->examples * restored->variables) * 2);
    assert_int_equal(restored->labels != NULL, w->dataset->labels != NULL);
    if (restored->labels != NULL) {
        assert_memory_equal(restored->labels, w->dataset->labels,
                            (size_t)restored->examples * sizeof *restored->labels);
    }
    lk_dataset_destroy(restored);
}

/* Bytes made under one number of threads and one instruction set are made, and read, under all the
 * others. */
static void same_bytes_everywhere(void **state) {
    (void)state;
    static const int threads[] = {1, 2, 7};
    const lk_kernels *const *tables;
    int32_t table_count = lk_kernels_available(&tables);
    lk_codec_options options = {.chunk_examples = 10, .lanes = 4, .skip_verify = true};
    for (int r = 0; r < RECIPES; r++) {
        lk_bytes reference = {0};
        for (int32_t isa = table_count - 1; isa >= 0; isa--) {
            for (int t = 0; t < 3; t++) {
                setenv("LIKELY_ISA", tables[isa]->isa, 1);
                world w;
                make_world(&recipes[r], threads[t], 77, &w);
                assert_string_equal(lk_context_isa(w.context), tables[isa]->isa);
                for (int incremental = 0; incremental < 2; incremental++) {
                    options.incremental_encode = incremental;
                    lk_bytes bytes = compress(&w, &options, NULL);
                    if (reference.data == NULL) {
                        reference = bytes;
                    } else if (bytes.size != reference.size ||
                               memcmp(bytes.data, reference.data, (size_t)bytes.size) != 0) {
                        fail_msg("recipe %d, %s, %d threads, incremental %d: other bytes", r,
                                 tables[isa]->isa, threads[t], incremental);
                    }
                    if (bytes.data != reference.data) {
                        lk_bytes_release(&bytes);
                    }
                }
                expect_restored(&w, &reference);
                end_world(&w);
            }
        }
        lk_bytes_release(&reference);
    }
    unsetenv("LIKELY_ISA");
}

/* A chunk that is damaged takes its own labels with it and no others. */
static void labels_come_back(void **state) {
    (void)state;
    world w;
    make_world(&recipes[0], 1, 5, &w);
    w.dataset->format = LK_FROM_CIFAR10;
    lk_codec_options options = {.chunk_examples = 10, .salvage = true};
    lk_bytes bytes = compress(&w, &options, NULL); /* none to be kept */
    w.dataset->format = 0;
    expect_restored(&w, &bytes);
    lk_bytes_release(&bytes);
    w.dataset->format = LK_FROM_CIFAR10;
    w.dataset->labels = lk_allocate(w.dataset->examples, sizeof *w.dataset->labels);
    for (int32_t i = 0; i < w.dataset->examples; i++) {
        w.dataset->labels[i] = i * 7 % 256;
    }
    lk_compress_report report;
    bytes = compress(&w, &options, &report);
    expect_restored(&w, &bytes);
    lk_container container;
    assert_int_equal(lk_container_parse(w.context, "test", &bytes, &container), LK_OK);
    assert_int_equal(container.count, 4);
    assert_int_equal(report.header_bytes, bytes.data[8] + w.dataset->examples);
    bytes.data[container.chunks[1].payload - bytes.data + 2] ^= 1; /* a label */
    lk_container_deinit(&container);
    lk_dataset *restored;
    int64_t *lost, lost_count;
    assert_int_equal(
        lk_decompress_bytes(w.model, "test", &bytes, &options, &restored, &lost, &lost_count),
        LK_OK);
    assert_int_equal(lost_count, 1);
    assert_int_equal(lost[0], 1);
    assert_int_equal(restored->examples, 27);
    for (int64_t i = 0; i < 27; i++) {
        assert_int_equal(restored->labels[i], w.dataset->labels[i < 10 ? i : i + 10]);
    }
    lk_release(lost);
    lk_dataset_destroy(restored);
    lk_bytes_release(&bytes);
    end_world(&w);
}

static void lanes_and_chunks(void **state) {
    (void)state;
    static const int32_t lanes[] = {0, 1, 3, 500};
    static const int64_t chunks[] = {0, 1, 7, 37, 1000};
    for (int r = 0; r < RECIPES; r++) {
        world w;
        make_world(&recipes[r], 2, 78, &w);
        for (int i = 0; i < 20; i++) {
            lk_codec_options options = {.lanes = lanes[i % 4], .chunk_examples = chunks[i / 4]};
            lk_bytes bytes = compress(&w, &options, NULL);
            expect_restored(&w, &bytes);
            lk_bytes_release(&bytes);
        }
        end_world(&w);
    }
}

/* Equal ranks: variables of one step are decoded in blocks. */
static void equal_ranks(void **state) {
    (void)state;
    char path[] = "/tmp/likely-ranks-XXXXXX";
    int file = mkstemp(path);
    const char ranks[] = "2 0 0 5 2 2 5 0 0 2 1 1";
    assert_true(file >= 0 && write(file, ranks, sizeof ranks - 1) == sizeof ranks - 1);
    close(file);
    recipe r = {3, 4, 3, 23, path, {"hidden=9"}, 1};
    world w;
    make_world(&r, 2, 79, &w);
    unlink(path);
    lk_codec_options options = {.lanes = 5};
    lk_bytes bytes = compress(&w, &options, NULL);
    expect_restored(&w, &bytes);
    options.incremental_encode = true;
    lk_bytes same = compress(&w, &options, NULL);
    assert_int_equal(same.size, bytes.size);
    assert_memory_equal(same.data, bytes.data, (size_t)bytes.size);
    lk_bytes_release(&same);
    lk_bytes_release(&bytes);
    end_world(&w);
}

/* Payload against likelihood: 32 bits of coder state, 8 of rounding and a dozen bytes of frame for
 * each chunk, and the quantisation of probabilities to 24 bits. */
static void cost_is_the_likelihood(void **state) {
    (void)state;
    static const recipe large[] = {
        {10, 10, 2, 3000, "natural", {"hidden=20"}, 1},
        {2, 2, 256, 2000, "natural", {"hidden=20", "direct=false"}, 2},
        {10, 10, 2, 3000, "natural", {"hidden=20", "masks=2"}, 2},
    };
    for (int r = 0; r < 3; r++) {
        world w;
        make_world(&large[r], 2, 80, &w);
        lk_compress_report report;
        lk_codec_options options = {.chunk_examples = 1500};
        lk_bytes bytes = compress(&w, &options, &report);
        double model_bits = report.model_nll_nats / log(2),
               coded_bits = 8.0 * (double)(report.bytes - report.header_bytes);
        print_message("recipe %d: model %.1f bits, coded %.0f, excess %.1f in %lld chunks\n", r,
                      model_bits, coded_bits, coded_bits - model_bits, (long long)report.chunks);
        assert_int_equal(report.bytes, bytes.size);
        assert_int_equal(report.examples, large[r].examples);
        assert_true(coded_bits > model_bits);
        assert_true(coded_bits <
                    model_bits * (1 + 2e-5) + (double)report.chunks * (32 + 8 + 12 * 8));
        lk_bytes_release(&bytes);
        end_world(&w);
    }
}

/* Every flip of every byte, and every cut, is refused with a line that can be shown; salvage gives
 * back the chunks that are left. */
static void damage(void **state) {
    (void)state;
    world w;
    make_world(&recipes[0], 1, 81, &w);
    lk_codec_options options = {.chunk_examples = 10, .lanes = 4}, salvage = {.salvage = true};
    lk_compress_report report;
    lk_bytes bytes = compress(&w, &options, &report);
    lk_dataset *restored;
    int64_t *lost, lost_count;
    for (int64_t at = 0; at < bytes.size; at++) {
        uint8_t change = (uint8_t)(1 << at % 8);
        bytes.data[at] ^= change;
        lk_status status =
            lk_decompress_bytes(w.model, "test", &bytes, NULL, &restored, &lost, &lost_count);
        assert_int_not_equal(status, LK_OK);
        assert_null(restored);
        assert_non_null(strstr(lk_context_message(w.context), "test"));
        if (at >= report.header_bytes) {
            assert_int_equal(status, LK_CORRUPT);
            assert_non_null(strstr(lk_context_message(w.context), "--salvage"));
            assert_int_equal(lk_decompress_bytes(w.model, "test", &bytes, &salvage, &restored,
                                                 &lost, &lost_count),
                             LK_OK);
            assert_int_equal(lost_count, 1);
            assert_int_equal(restored->examples, lost[0] == 3 ? 30 : 27);
            int64_t before = 10 * lost[0] * w.dataset->variables,
                    after = before + (lost[0] == 3 ? 7 : 10) * w.dataset->variables;
            int64_t values = w.dataset->examples * w.dataset->variables;
            assert_memory_equal(restored->values, w.dataset->values, (size_t)before * 2);
            assert_memory_equal(restored->values + before, w.dataset->values + after,
                                (size_t)(values - after) * 2);
            lk_dataset_destroy(restored);
            lk_release(lost);
        }
        bytes.data[at] ^= change;
    }
    for (int64_t size = 0; size < bytes.size; size++) {
        lk_bytes cut = {.data = bytes.data, .size = size};
        assert_int_not_equal(
            lk_decompress_bytes(w.model, "test", &cut, NULL, &restored, NULL, NULL), LK_OK);
        lk_status status =
            lk_decompress_bytes(w.model, "test", &cut, &salvage, &restored, &lost, &lost_count);
        if (status == LK_OK) {
            assert_int_equal(restored->examples, 10 * (4 - lost_count));
            assert_memory_equal(restored->values, w.dataset->values,
                                (size_t)(restored->examples * restored->variables) * 2);
            lk_dataset_destroy(restored);
            lk_release(lost);
        }
    }
    expect_restored(&w, &bytes);
    lk_bytes_release(&bytes);
    end_world(&w);
}

/* Bytes that belong to no chunk: a table at the end, something after it. All chunks are sound, but
 * the file is refused. */
static void damage_outside_chunks(void **state) {
    (void)state;
    world w;
    make_world(&recipes[1], 1, 86, &w); /* its table of chunks does not fit in the header */
    lk_codec_options options = {.chunk_examples = 1}, salvage = {.salvage = true};
    lk_bytes bytes = compress(&w, &options, NULL);
    uint8_t *longer = calloc((size_t)bytes.size + 1, 1);
    memcpy(longer, bytes.data, (size_t)bytes.size);
    lk_bytes surplus = {.data = longer, .size = bytes.size + 1};
    bytes.data[bytes.size - 1] ^= 1;
    const lk_bytes *const both[] = {&bytes, &surplus};
    for (int i = 0; i < 2; i++) {
        lk_dataset *restored;
        int64_t lost_count;
        assert_int_equal(lk_decompress_bytes(w.model, "test", both[i], NULL, &restored, NULL, NULL),
                         LK_CORRUPT);
        print_message("%s\n", lk_context_message(w.context));
        assert_int_equal(
            lk_decompress_bytes(w.model, "test", both[i], &salvage, &restored, NULL, &lost_count),
            LK_OK);
        assert_int_equal(lost_count, 0);
        assert_int_equal(restored->examples, w.dataset->examples);
        lk_dataset_destroy(restored);
    }
    free(longer);
    lk_bytes_release(&bytes);
    end_world(&w);
}

/* Each chunk is coded by the network that likes it best, and the report says what that one
 * thinks. */
static void best_network(void **state) {
    (void)state;
    world w;
    make_world(&recipes[4], 1, 87, &w);
    lk_codec_options options = {.chunk_examples = 4};
    lk_compress_report report;
    lk_bytes bytes = compress(&w, &options, &report);
    lk_container container;
    assert_int_equal(lk_container_parse(w.context, "test", &bytes, &container), LK_OK);
    lk_chunk_coder coder;
    lk_chunk_coder_init(&coder, w.model, w.model->data.shape, 4);
    double total = 0;
    bool used[3] = {false};
    for (int64_t i = 0; i < container.count; i++) {
        double nll[3];
        int32_t best = 0;
        for (int32_t variant = 0; variant < 3; variant++) {
            assert_int_equal(lk_chunk_coder_use(&coder, variant, LK_PLAN_EVALUATE), LK_OK);
            assert_int_equal(lk_chunk_nll(&coder, w.dataset->values + 4 * i * w.dataset->variables,
                                          container.chunks[i].examples, &nll[variant]),
                             LK_OK);
            best = nll[variant] < nll[best] ? variant : best;
        }
        assert_int_equal(container.chunks[i].variant, best);
        used[best] = true;
        total += nll[best];
    }
    assert_true(used[0] + used[1] + used[2] > 1); /* else the test shows nothing */
    assert_true(report.model_nll_nats == total);
    lk_chunk_coder_deinit(&coder);
    lk_container_deinit(&container);
    lk_bytes_release(&bytes);
    end_world(&w);
}

/* A payload whose checksum is right but which is not what the model would decode: refused, or
 * lost. */
static void other_payload(void **state) {
    (void)state;
    world w;
    make_world(&recipes[0], 1, 82, &w);
    lk_container_header header = {.model = lk_model_fingerprint(w.model),
                                  .shape = w.dataset->shape,
                                  .alphabet = 2,
                                  .examples = 20,
                                  .chunk_examples = 10,
                                  .lanes = 2};
    uint8_t nonsense[2][40];
    memset(nonsense, 0x5A, sizeof nonsense);
    lk_payload payloads[2] = {{.bytes = nonsense[0], .size = 40},
                              {.variant = 7, .bytes = nonsense[1], .size = 40}};
    lk_bytes bytes;
    int64_t header_bytes, *lost, lost_count;
    lk_dataset *restored;
    assert_int_equal(lk_container_pack(w.context, &header, payloads, &bytes, &header_bytes), LK_OK);
    assert_int_equal(lk_decompress_bytes(w.model, "test", &bytes, NULL, &restored, NULL, NULL),
                     LK_CORRUPT);
    print_message("%s\n", lk_context_message(w.context));
    lk_codec_options salvage = {.salvage = true};
    assert_int_equal(
        lk_decompress_bytes(w.model, "test", &bytes, &salvage, &restored, &lost, &lost_count),
        LK_CORRUPT);
    assert_null(lost);
    lk_bytes_release(&bytes);
    end_world(&w);
}

static void wrong_model(void **state) {
    (void)state;
    world w, other;
    make_world(&recipes[0], 1, 83, &w);
    make_world(&recipes[0], 1, 84, &other);
    lk_bytes bytes = compress(&w, NULL, NULL);
    lk_dataset *restored;
    char text[33];
    lk_codec_options salvage = {.salvage = true};
    lk_fingerprint_print(lk_model_fingerprint(w.model), text);
    text[8] = '\0';
    assert_int_equal(
        lk_decompress_bytes(other.model, "test", &bytes, &salvage, &restored, NULL, NULL),
        LK_MISMATCH);
    print_message("%s\n", lk_context_message(other.context));
    assert_non_null(strstr(lk_context_message(other.context), text));
    other.dataset->alphabet = 5;
    other.dataset->values[3] = 4;
    lk_bytes none;
    assert_int_equal(lk_compress_bytes(w.model, other.dataset, "test", NULL, &none, NULL),
                     LK_MISMATCH);
    assert_null(none.data);
    lk_bytes_release(&bytes);
    end_world(&w);
    end_world(&other);
}

static void through_files(void **state) {
    (void)state;
    world w;
    make_world(&recipes[0], 2, 85, &w);
    char path[] = "/tmp/likely-codec-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    lk_compress_report report;
    lk_dataset *restored;
    assert_int_equal(lk_compress(w.model, w.dataset, path, NULL, &report), LK_OK);
    assert_int_equal(lk_decompress(w.model, path, NULL, &restored, NULL, NULL), LK_OK);
    assert_memory_equal(restored->values, w.dataset->values,
                        (size_t)(restored->examples * restored->variables) * 2);
    lk_dataset_destroy(restored);
    unlink(path);
    assert_int_equal(lk_decompress(w.model, path, NULL, &restored, NULL, NULL), LK_IO);
    end_world(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_come_back),
        cmocka_unit_test(lanes_and_chunks),
        cmocka_unit_test(same_bytes_everywhere),
        cmocka_unit_test(equal_ranks),
        cmocka_unit_test(damage),
        cmocka_unit_test(cost_is_the_likelihood),
        cmocka_unit_test(other_payload),
        cmocka_unit_test(damage_outside_chunks),
        cmocka_unit_test(best_network),
        cmocka_unit_test(wrong_model),
        cmocka_unit_test(through_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
