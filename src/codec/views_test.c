/* Containers of a view that adds something about the values: cells that contradict each other are
 * no examples, though they decode and all checksums agree. */
#include "codec/testing_world.h"

static const recipe greys = {"pixelcnn", {3, {3, 4, 3}}, SAME,      256, 0,
                             {0},        "grey:4",       "natural", 7,   {"blocks=1", "channels=2"},
                             2};

static void test_contradictions(void **state) {
    world w;
    lk_codec_report report;
    lk_restored restored;
    lk_codec_options options = {.chunk = 3};
    (void)state;
    begin_world(&greys, 1, 5, &w);
    compress(&w, &options, &report);
    expect_restored(&w, &w.coded);
    /* Another grey picture, as an encoder of other rules would have made it. */
    lk_view other = *lk_model_view(w.model);
    other.alphabet += 60;
    lk_items_close(w.items);
    testing_ok(w.context, lk_items_of_dataset(w.context, w.data, &other, &w.items));
    compress(&w, &options, &report);
    testing_refused(
        w.context,
        testing_decompress(w.model, w.coded.data, w.coded.size, false, &w.unused, &restored),
        LK_CORRUPT, "does not decode");
    testing_refused(
        w.context,
        testing_decompress(w.model, w.coded.data, w.coded.size, true, &w.unused, &restored),
        LK_CORRUPT, "nothing can be recovered");
    end_world(&w);
}

/* The picture is paid for twice in part: a code longer than its values, and as long as the model's
 * bound. */
static void test_cost(void **state) {
    world w;
    lk_codec_report report;
    recipe many = greys;
    (void)state;
    many.examples = 200;
    begin_world(&many, 1, 6, &w);
    for (int32_t p = 0; p < w.model->parameters->count; p++) {
        lk_parameter *parameter = &w.model->parameters->list[p];
        memset(parameter->value, 0,
               (size_t)(parameter->rows * parameter->columns) * sizeof *parameter->value);
    }
    compress(&w, NULL, &report);
    double values = 200 * 36, bits = 8.0 * (double)(report.bytes - report.header_bytes) / values;
    assert_true(fabs(report.model_nll_nats / log(2.0) / values - (8.0 + 4.0 / 3.0)) < 1e-6);
    assert_true(bits > 9.33 && bits < 9.36);
    end_world(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_contradictions),
                                       cmocka_unit_test(test_cost)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
