/* What a training step of an order-agnostic model knows: every set of variables as often as it
 * should be, other sets for other steps and places, the same for any number of threads. */
#include "train/known.h"

#include <stdio.h>

#include "models/testing.h"

#define SEED 404

enum { D = 4, SETS = 1 << D, BATCH = 40 };

typedef struct bench {
    lk_model *model;
    lk_graph *graph;
    lk_known known;
    uint16_t x[BATCH * D], labels[BATCH];
} bench;

static void begin(bench *b, lk_context *context, int32_t labels) {
    static const char *const set[] = {"hidden=3"};
    lk_data_description data = testing_data(D, 3);
    data.labels = labels;
    testing_ok(context,
               lk_model_create(context, "eonade", set, 1, data, "natural", SEED, &b->model));
    testing_ok(context, lk_model_graph_known(b->model, &b->graph));
    testing_ok(context, lk_known_init(&b->known, b->graph, BATCH, SEED));
    testing_random_values(b->model, BATCH, SEED, b->x);
    for (int n = 0; n < BATCH; n++) {
        b->labels[n] = (uint16_t)(n % 2);
    }
}

static void end(bench *b) {
    lk_known_deinit(&b->known);
    lk_graph_destroy(b->graph);
    lk_model_destroy(b->model);
}

/* The set of an example, whose values and weights must be those that it says. */
static int set_of(const bench *b, int64_t n) {
    int set = 0, size = 0;
    int64_t labels = b->graph->given - D;
    const uint16_t *given = b->known.given + n * b->graph->given;
    for (int v = 0; v < D; v++) {
        bool known = given[labels + v] != 3;
        assert_true(!known || given[labels + v] == b->x[n * D + v]);
        set |= known << v;
        size += known;
    }
    for (int v = 0; v < D; v++) {
        float weight = (set >> v & 1) != 0 ? 0.0f : (float)D / (float)(D - size);
        assert_true(b->known.weight[n * D + v] == weight);
    }
    return set;
}

static void test_sets_are_as_likely_as_they_should_be(void **state) {
    static const double choices[D] = {1, 4, 6, 4};
    enum { STEPS = 2000 };
    double seen[SETS] = {0}, square = 0.0;
    bench b;
    begin(&b, *state, 0);
    for (int64_t step = 0; step < STEPS; step++) {
        lk_known_draw(&b.known, step, b.x, NULL, BATCH);
        for (int n = 0; n < BATCH; n++) {
            seen[set_of(&b, n)]++;
        }
    }
    assert_true(seen[SETS - 1] == 0);
    for (int set = 0; set < SETS - 1; set++) {
        int size = 0;
        for (int v = 0; v < D; v++) {
            size += set >> v & 1;
        }
        double expected = STEPS * BATCH / (D * choices[size]);
        square += (seen[set] - expected) * (seen[set] - expected) / expected;
    }
    printf("chi-square %.2f of 14 degrees of freedom\n", square);
    assert_true(square < 36.1); /* one in a thousand is above */
    end(&b);
}

static void test_draws_are_those_of_step_and_place(void **state) {
    lk_context *alone = testing_context(1);
    bench b, same;
    begin(&b, *state, 2);
    begin(&same, alone, 2);
    size_t given = (size_t)(BATCH * b.graph->given) * sizeof(uint16_t);
    lk_known_draw(&b.known, 7, b.x, b.labels, BATCH);
    lk_known_draw(&same.known, 7, same.x, same.labels, BATCH);
    assert_memory_equal(b.known.given, same.known.given, given);
    assert_memory_equal(b.known.weight, same.known.weight, BATCH * D * sizeof(float));
    for (int n = 0; n < BATCH; n++) {
        assert_int_equal(b.known.given[n * b.graph->given], b.labels[n]);
    }
    lk_known_draw(&same.known, 7, same.x, same.labels, BATCH / 3); /* fewer are the first of them */
    assert_memory_equal(b.known.given, same.known.given, given);
    lk_known_draw(&same.known, 8, same.x, same.labels, BATCH);
    assert_memory_not_equal(b.known.given, same.known.given, given);
    end(&b);
    end(&same);
    lk_context_destroy(alone);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sets_are_as_likely_as_they_should_be),
        cmocka_unit_test(test_draws_are_those_of_step_and_place),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
