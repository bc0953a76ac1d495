/* What Gated PixelCNN sees: all that was before within reach, where pixelcnn is blind on the right;
 * and that only the link leads from row to row. */
#include <stdio.h>

#include "models/testing.h"

#define SEED 20165

typedef struct image_case {
    lk_shape shape;
    int32_t alphabet;
    const char *set[6];
    int32_t sets;
} image_case;

static lk_model *make_model(lk_context *context, const char *family, const image_case *c) {
    lk_model *model;
    lk_data_description data = {
        .shape = c->shape, .variables = lk_shape_variables(c->shape), .alphabet = c->alphabet};
    testing_ok(context,
               lk_model_create(context, family, c->set, c->sets, data, "natural", 5, &model));
    testing_random_weights_of(model, 0.7f, SEED);
    return model;
}

typedef bool sees_rule(int64_t width, int64_t colours, int64_t reader, int64_t seen);

/* 3 layers of 3 x 3 reach 3 pixels: all of the rows above within reach, the left of the own one,
 * and the earlier colours of the pixel itself. */
enum { REACH = 3 };
static bool sees_all(int64_t width, int64_t colours, int64_t reader, int64_t seen) {
    int64_t up = reader / colours / width - seen / colours / width,
            left = reader / colours % width - seen / colours % width;
    return up == 0 ? (left > 0 && left <= REACH) || (left == 0 && seen < reader)
                   : up > 0 && up <= REACH && left >= -REACH && left <= REACH;
}

/* In one stack of 3 x 3 masks each step to the right leads a row up. */
static bool sees_no_triangle(int64_t width, int64_t colours, int64_t reader, int64_t seen) {
    int64_t up = reader / colours / width - seen / colours / width,
            left = reader / colours % width - seen / colours % width;
    return sees_all(width, colours, reader, seen) && -left <= up;
}

/* Which conditionals move when a value is changed: exactly those that the rule names. Returns how
 * many values the conditional of `counted` sees. */
static int64_t check_field(lk_context *context, const char *family, const image_case *c,
                           sees_rule *rule, int64_t counted) {
    lk_model *model = make_model(context, family, c);
    int64_t variables = model->data.variables, width = c->shape.size[1], colours = c->shape.size[2],
            seen = 0;
    lk_graph *graph;
    lk_execution *execution;
    uint16_t *x = malloc((size_t)((variables + 1) * variables) * sizeof *x);
    testing_random_values(model, 1, SEED + 1, x);
    for (int64_t n = 1; n <= variables; n++) {
        memcpy(x + n * variables, x, (size_t)variables * sizeof *x);
        x[n * variables + n - 1] = (uint16_t)((x[n - 1] + c->alphabet / 2) % c->alphabet);
    }
    testing_ok(context, lk_model_graph(model, 0, &graph));
    testing_ok(context, lk_execution_create(graph, LK_PLAN_EVALUATE, variables + 1, &execution));
    testing_ok(context, lk_execution_forward(execution, x, variables + 1));
    size_t floats = (size_t)lk_graph_channels(graph);
    for (int64_t i = 0; i < variables * variables; i++) {
        int64_t changed = i / variables, v = i % variables;
        const float *logits = lk_execution_parameters(execution, v);
        const float *other = logits + (size_t)(changed + 1) * floats;
        bool moved = memcmp(logits, other, floats * sizeof *logits) != 0;
        seen += v == counted && moved;
        if (moved != rule(width, colours, v, changed)) {
            fail_msg("%s, seed %d: changing variable %lld %s the conditional of %lld", family, SEED,
                     (long long)changed, moved ? "moves" : "does not move", (long long)v);
        }
    }
    free(x);
    lk_execution_destroy(execution);
    lk_graph_destroy(graph);
    lk_model_destroy(model);
    return seen;
}

/* Counted by the formula: with reach R, at row r and column c of an image of width W, min(r, R)
 * rows of min(c, R) + 1 + min(W - 1 - c, R) pixels and min(c, R) in the own row. */
static void test_no_blind_spot(void **state) {
    static const image_case grey = {
        {3, {9, 8, 1}}, 64, {"layers=3", "channels=8", "head=16", "first_kernel=3", "kernel=3"}, 5};
    static const image_case colour = {
        {3, {5, 5, 3}}, 64, {"layers=3", "channels=8", "head=16", "first_kernel=3", "kernel=3"}, 5};
    static const image_case one_stack = {
        {3, {9, 8, 1}}, 64, {"blocks=2", "channels=8", "head=16", "kernel=3", "block_kernel=3"}, 5};
    int64_t at = 5 * 8 + 2; /* 3 rows of 2 + 1 + 3, 2 in the own one; the triangle: 2 + 1 + 0 */
    assert_int_equal(check_field(*state, "gated-pixelcnn", &grey, sees_all, at), 3 * 6 + 2);
    assert_int_equal(check_field(*state, "pixelcnn", &one_stack, sees_no_triangle, at),
                     3 * 6 + 2 - 3);
    at = (3 * 5 + 2) * 3 + 2; /* all 15 pixels of the rows above, 2 to the left, R and G */
    assert_int_equal(check_field(*state, "gated-pixelcnn", &colour, sees_all, at), 17 * 3 + 2);
}

/* Without the link each row is a model of its own. */
static void test_link_alone_leads_down(void **state) {
    const image_case c = {{3, {4, 4, 1}}, 2, {"layers=2", "channels=4", "head=5"}, 3};
    lk_model *model = make_model(*state, "gated-pixelcnn", &c);
    uint16_t x[2 * 16];
    lk_graph *graph;
    lk_execution *execution;
    for (int number = 1; number <= 2; number++) {
        char name[64];
        snprintf(name, sizeof name, "layer%d.link.weight", number);
        lk_parameter *link = &model->parameters->list[lk_parameters_find(model->parameters, name)];
        memset(link->value, 0, (size_t)(link->rows * link->columns) * sizeof(float));
    }
    testing_random_values(model, 1, SEED, x);
    for (int i = 0; i < 16; i++) {
        x[16 + i] = i < 8 ? 1 - x[i] : x[i]; /* all of the first two rows differ */
    }
    testing_ok(*state, lk_model_graph(model, 0, &graph));
    testing_ok(*state, lk_execution_create(graph, LK_PLAN_EVALUATE, 2, &execution));
    testing_ok(*state, lk_execution_forward(execution, x, 2));
    for (int64_t v = 0; v < 16; v++) {
        const float *logit = lk_execution_parameters(execution, v);
        assert_true(v < 8 || logit[0] == logit[1]);
    }
    assert_true(lk_execution_parameters(execution, 1)[0] !=
                lk_execution_parameters(execution, 1)[1]);
    lk_execution_destroy(execution);
    lk_graph_destroy(graph);
    lk_model_destroy(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_blind_spot),
        cmocka_unit_test(test_link_alone_leads_down),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
