/* A model that learns while it is run: what it says next is what weights say that are moved here
 * along the gradient of what it met; by either schedule and any number of threads the same bits;
 * new streams begin from the model's own weights, which never change. */
#include "models/stream_testing.h"

#include "dist/dist.h"
#include "train/learner.h"
#include "optim/optimizer.h"

#define WINDOWS 5
#define LENGTH (WINDOWS * LK_LEARNER_WINDOW)
#define LANES 3
#define RATE 0.01f

static const char *const lstm[] = {"width=9", "layers=2"};
static const char *const convolution[] = {"channels=6", "layers=4", "head=5", "weight_norm=true"};
static const char *const *const sets[] = {lstm, convolution};
static const char *const families[] = {"charrnn", "conv1d"};
static const int32_t set_counts[] = {2, 4};

static lk_model *make_model(lk_context *context, int kind) {
    return testing_stream_model(context, families[kind], sets[kind], set_counts[kind],
                                TESTING_BYTES, 0.4f);
}

/* [LANES][LENGTH], few symbols. */
static void fill(uint16_t *x) {
    for (int64_t i = 0; i < LANES * LENGTH; i++) {
        x[i] = (uint16_t)(97 + lk_random_below((lk_random){4, LK_FOR_CHECK}, 0, (uint64_t)i, 5));
    }
}

/* The symbols of a window, [LANES][LK_LEARNER_WINDOW]. */
static void gather(const uint16_t *x, int64_t first, uint16_t *window) {
    for (int64_t lane = 0; lane < LANES; lane++) {
        memcpy(window + lane * LK_LEARNER_WINDOW, x + lane * LENGTH + first,
               LK_LEARNER_WINDOW * sizeof *window);
    }
}

/* terms[LANES][LENGTH]: the surprisals, by the parallel schedule. */
static void run_parallel(lk_learner *learner, const uint16_t *x, float *terms) {
    uint16_t window[LANES * LK_LEARNER_WINDOW];
    float here[LANES * LK_LEARNER_WINDOW];
    double sums[LANES];
    lk_flow *flow = lk_learner_flow(learner);
    assert_int_equal(lk_learner_begin(learner, LANES), LK_OK);
    for (int64_t first = 0; first < LENGTH; first += LK_LEARNER_WINDOW) {
        gather(x, first, window);
        assert_int_equal(lk_flow_forward(flow, window, LK_LEARNER_WINDOW), LK_OK);
        assert_int_equal(lk_flow_nll(flow, sums, here), LK_OK);
        for (int64_t lane = 0; lane < LANES; lane++) {
            memcpy(terms + lane * LENGTH + first, here + lane * LK_LEARNER_WINDOW,
                   sizeof here / LANES);
        }
        assert_int_equal(lk_learner_follow(learner), LK_OK);
    }
}

static void run_incremental(lk_learner *learner, const uint16_t *x, float *terms) {
    lk_flow *flow = lk_learner_flow(learner);
    const lk_graph *graph = lk_flow_graph(flow);
    lk_head head = lk_graph_head(graph, 0);
    assert_int_equal(lk_learner_begin(learner, LANES), LK_OK);
    for (int64_t at = 0; at < LENGTH; at++) {
        const float *parameters;
        uint16_t values[LANES];
        assert_int_equal(lk_flow_next(flow, &parameters), LK_OK);
        for (int64_t lane = 0; lane < LANES; lane++) {
            values[lane] = x[lane * LENGTH + at];
            head.dist->nll(graph->context->kernels, &head,
                           parameters + lane * lk_graph_channels(graph), &values[lane], 1,
                           &terms[lane * LENGTH + at]);
        }
        lk_flow_set(flow, values);
        assert_int_equal(lk_learner_follow(learner), LK_OK);
    }
}

/* Weights moved here. */
static void run_by_hand(lk_model *model, const uint16_t *x, float *terms) {
    uint16_t window[LANES * LK_LEARNER_WINDOW];
    float here[LANES * LK_LEARNER_WINDOW];
    double sums[LANES];
    lk_flow *flow;
    lk_optimizer *optimizer;
    lk_optimizer_options how = lk_optimizer_defaults();
    how.beta1 = 0;
    testing_ok(model->context, lk_optimizer_create(model->parameters, &how, &optimizer));
    testing_ok(model->context,
               lk_flow_create(model, LK_PLAN_TRAIN, LANES, LK_LEARNER_WINDOW, &flow));
    testing_ok(model->context, lk_flow_begin(flow, LANES));
    for (int64_t first = 0; first < LENGTH; first += LK_LEARNER_WINDOW) {
        gather(x, first, window);
        testing_ok(model->context, lk_flow_forward(flow, window, LK_LEARNER_WINDOW));
        testing_ok(model->context, lk_flow_nll(flow, sums, here));
        for (int64_t lane = 0; lane < LANES; lane++) {
            memcpy(terms + lane * LENGTH + first, here + lane * LK_LEARNER_WINDOW,
                   sizeof here / LANES);
        }
        testing_ok(model->context, lk_execution_backward(lk_flow_execution(flow)));
        lk_optimizer_step(optimizer, (double)RATE, 1.0 / LK_LEARNER_WINDOW, NULL);
    }
    lk_optimizer_destroy(optimizer);
    lk_flow_destroy(flow);
}

static void test_learns_by_the_definition(void **state) {
    (void)state;
    static uint16_t x[LANES * LENGTH];
    static float expected[LANES * LENGTH], terms[LANES * LENGTH];
    fill(x);
    for (int kind = 0; kind < 2; kind++) {
        for (int threads = 1; threads <= 7; threads += 3) {
            lk_context *context = testing_context(threads);
            lk_model *model = make_model(context, kind), *other = make_model(context, kind);
            lk_fingerprint before = lk_model_fingerprint(model);
            lk_learner *learner;
            testing_ok(context, lk_learner_create(model, LANES, RATE, &learner));
            run_by_hand(other, x, expected);
            for (int again = 0; again < 2; again++) {
                run_parallel(learner, x, terms);
                assert_memory_equal(terms, expected, sizeof terms);
                run_incremental(learner, x, terms);
                assert_memory_equal(terms, expected, sizeof terms);
            }
            lk_fingerprint after = lk_model_fingerprint(model);
            assert_memory_equal(&before, &after, sizeof before);
            lk_learner_destroy(learner);
            lk_model_destroy(other);
            lk_model_destroy(model);
            lk_context_destroy(context);
        }
    }
}

static void test_rates(void **state) {
    (void)state;
    static const float bad[] = {0.0f, -1.0f, 1.5f, INFINITY, NAN};
    lk_context *context = testing_context(1);
    lk_model *model = make_model(context, 0);
    lk_learner *learner;
    for (int i = 0; i < 5; i++) {
        testing_refused(context, lk_learner_create(model, 1, bad[i], &learner), LK_INVALID,
                        "at a rate above 0");
        assert_null(learner);
    }
    lk_model_destroy(model);
    lk_context_destroy(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_learns_by_the_definition),
        cmocka_unit_test(test_rates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
