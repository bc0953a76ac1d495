/* Data of another size than the model's: coded and restored, the same bytes by the parallel and the
 * incremental schedule, for any threads and instruction set; sizes that the model cannot have are
 * refused. */
#include "models/testing.h"

#include "codec/codec.h"
#include "kernels/kernels.h"
#include "train/evaluate.h"

typedef struct size_case {
    const char *family;
    lk_shape own, shape;
    int32_t alphabet;
    int64_t examples;
    const char *set[3];
    int32_t sets;
} size_case;

static const size_case cases[] = {
    {"pixelcnn", {3, {4, 5, 1}}, {2, {11, 7}}, 2, 9, {"blocks=2", "channels=3", "head=4"}, 3},
    {"pixelcnn", {3, {5, 4, 3}}, {3, {3, 9, 3}}, 256, 5, {"blocks=1", "channels=2", "head=3"}, 3},
    {"pixelcnn",
     {3, {5, 5, 1}},
     {3, {70, 1000, 1}},
     2,
     1,
     {"blocks=0", "channels=1", "head=1"},
     3}, /* two windows */
    {"pixelrnn", {3, {4, 5, 1}}, {2, {7, 6}}, 2, 5, {"kind=diagonal", "layers=1", "channels=2"}, 3},
    {"charrnn", {1, {9}}, {1, {31}}, 5, 4, {"width=6"}, 1},
};
#define CASES ((int)(sizeof cases / sizeof *cases))

static lk_model *make_model(lk_context *context, const size_case *c, uint64_t seed) {
    lk_model *model;
    lk_data_description data = {
        .shape = c->own, .variables = lk_shape_variables(c->own), .alphabet = c->alphabet};
    testing_ok(context,
               lk_model_create(context, c->family, c->set, c->sets, data, "natural", seed, &model));
    return model;
}

static lk_dataset *make_data(lk_context *context, const size_case *c) {
    lk_dataset *dataset;
    testing_ok(context,
               lk_dataset_create(context, "random", c->shape, c->examples, c->alphabet, &dataset));
    for (int64_t i = 0; i < dataset->examples * dataset->variables; i++) {
        dataset->values[i] = (uint16_t)lk_random_below((lk_random){4, LK_FOR_CHECK}, (uint64_t)i, 0,
                                                       (uint64_t)c->alphabet);
    }
    return dataset;
}

static void expect_restored(lk_model *model, const lk_bytes *bytes, const lk_dataset *want) {
    lk_dataset *got;
    testing_ok(model->context, lk_decompress_bytes(model, "test", bytes, NULL, &got, NULL, NULL));
    assert_int_equal(got->examples, want->examples);
    assert_true(lk_shape_equal(got->shape, want->shape));
    assert_memory_equal(got->values, want->values,
                        (size_t)(want->examples * want->variables) * sizeof *want->values);
    lk_dataset_destroy(got);
}

static void test_coded_and_restored(void **state) {
    (void)state;
    const lk_kernels *const *tables;
    int32_t table_count = lk_kernels_available(&tables);
    for (int i = 0; i < CASES; i++) {
        lk_bytes reference = {0};
        for (int way = 0; way < 4;
             way++) { /* best and scalar instructions, each with both schedules */
            setenv("LIKELY_ISA", tables[way / 2 == 0 ? table_count - 1 : 0]->isa, 1);
            lk_context *context = testing_context(1 + way);
            lk_model *model = make_model(context, &cases[i], 6);
            lk_dataset *data = make_data(context, &cases[i]);
            lk_codec_options options = {
                .chunk_examples = 4, .lanes = 3, .incremental_encode = way % 2 == 1};
            lk_compress_report report;
            lk_bytes bytes;
            testing_ok(context, lk_compress_bytes(model, data, "test", &options, &bytes, &report));
            double *nll = malloc((size_t)data->examples * sizeof *nll), total = 0.0;
            testing_ok(context, lk_evaluate_dataset(model, data, nll));
            for (int64_t n = 0; n < data->examples; n++) {
                total += nll[n];
            }
            assert_true(fabs(report.model_nll_nats - total) <= 1e-9 * total);
            double coded = 8.0 * 0.6931471805599453 * (double)(bytes.size - report.header_bytes);
            if (!(coded < 1.001 * total + 12.0 * 8.0 * (double)report.chunks)) {
                fail_msg("case %d: coded in %.1f nats, the model says %.1f", i, coded, total);
            }
            if (reference.data == NULL) {
                reference = bytes;
            } else {
                assert_int_equal(bytes.size, reference.size);
                assert_memory_equal(bytes.data, reference.data, (size_t)bytes.size);
                lk_bytes_release(&bytes);
            }
            expect_restored(model, &reference, data);
            free(nll);
            lk_dataset_destroy(data);
            lk_model_destroy(model);
            lk_context_destroy(context);
        }
        lk_bytes_release(&reference);
    }
    unsetenv("LIKELY_ISA");
}

/* A header that asks for a shape, or for a memory, that cannot be. */
static void test_hostile_headers(void **state) {
    (void)state;
    static const struct {
        lk_shape shape;
        int32_t lanes;
        lk_status status;
        const char *part;
    } rows[] = {
        {{3, {11, 7, 3}}, 1, LK_MISMATCH, "need as many channels"},
        {{1, {77}}, 1, LK_MISMATCH, "and a shape"},
        {{2, {1, 32768}}, 4096, LK_UNSUPPORTED, "GiB"},
        {{2, {11, 7}}, 1, LK_CORRUPT, "does not decode"},
    };
    lk_context *context = testing_context(1);
    lk_model *model = make_model(context, &cases[0], 6);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        lk_container_header header = {.model = lk_model_fingerprint(model),
                                      .shape = rows[i].shape,
                                      .alphabet = 2,
                                      .examples = rows[i].lanes,
                                      .chunk_examples = rows[i].lanes,
                                      .lanes = rows[i].lanes};
        lk_payload payload = {.bytes = (uint8_t[]){1, 2, 3, 4, 5, 6, 7, 8}, .size = 8};
        lk_bytes bytes;
        lk_dataset *dataset;
        int64_t header_bytes;
        testing_ok(context, lk_container_pack(context, &header, &payload, &bytes, &header_bytes));
        testing_refused(context,
                        lk_decompress_bytes(model, "test", &bytes, NULL, &dataset, NULL, NULL),
                        rows[i].status, rows[i].part);
        lk_bytes_release(&bytes);
    }
    lk_model_destroy(model);
    lk_context_destroy(context);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_coded_and_restored),
        cmocka_unit_test(test_hostile_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
