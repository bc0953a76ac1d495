/* Locally masked convolutions against masks that are alike everywhere: in raster order they are a
 * stack of these, to the bit; and a mirrored image under the mirrored order is as probable. */
#include <stdio.h>

#include "dist/dist.h"
#include "models/pixels.h"
#include "models/testing.h"

#define SEED 20207
#define CELLS_MOST 32

static lk_model *make_model(lk_context *context, lk_shape shape, const char *const *set,
                            int32_t sets) {
    lk_model *model;
    lk_data_description data = {
        .shape = shape, .variables = lk_shape_variables(shape), .alphabet = 2};
    testing_ok(context, lk_model_create(context, "lmconv", set, sets, data, "natural", 5, &model));
    testing_random_weights_of(model, 0.5f, SEED);
    return model;
}

/* ---- raster order is a stack of ordinary masks ----------------------------------------------- */

/* The same layers by masks of taps. */
static lk_node *ordinary(lk_graph *graph, const char *name, lk_node *input, lk_grid grid,
                         int64_t channels, int32_t kernel, lk_centre centre) {
    lk_mask mask;
    lk_mask_make(&mask, kernel);
    return lk_pixels_masked(graph, name, input, grid, channels, &mask, centre);
}

static lk_node *ordinary_block(lk_graph *graph, const char *way, lk_node *x, lk_node *skip,
                               lk_grid grid, int64_t channels) {
    char name[64], norm[64];
    snprintf(name, sizeof name, "%s1.in", way);
    snprintf(norm, sizeof norm, "%s1.in.norm", way);
    lk_node *c = ordinary(graph, name, lk_concat_elu(graph, x), grid, channels, 3, LK_CENTRE_B);
    c = lk_channel_norm(graph, norm, c, 1);
    if (skip != NULL) {
        snprintf(name, sizeof name, "%s1.skip", way);
        c = lk_add(graph, c,
                   lk_conv_1x1(graph, name, lk_concat_elu(graph, skip), grid, channels, LK_CENTRE_B,
                               LK_INIT_HE));
    }
    snprintf(name, sizeof name, "%s1.out", way);
    snprintf(norm, sizeof norm, "%s1.out.norm", way);
    c = ordinary(graph, name, lk_concat_elu(graph, c), grid, 2 * channels, 3, LK_CENTRE_B);
    lk_node *a = lk_channel_norm(graph, norm, lk_channels(graph, c, 0, channels), 1);
    lk_node *b = lk_sigmoid(graph, lk_channels(graph, c, channels, channels));
    return lk_add(graph, x, lk_multiply(graph, a, b));
}

static lk_graph *ordinary_stack(lk_context *context, lk_parameters *parameters, lk_grid grid,
                                int64_t channels) {
    int32_t rank[CELLS_MOST];
    lk_graph *graph;
    int64_t cells = grid.size[0] * grid.size[1] * grid.groups;
    for (int32_t v = 0; v < cells; v++) {
        rank[v] = v;
    }
    testing_ok(context, lk_graph_create(context, parameters, cells, 2, rank, &graph));
    lk_node *seen[] = {graph->data, lk_fill(graph, cells, 1, 1.0f)};
    lk_node *x =
        ordinary(graph, "first", lk_join_channels(graph, seen, 2), grid, channels, 5, LK_CENTRE_A);
    lk_node *first = x = lk_channel_norm(graph, "first.norm", x, 1);
    x = ordinary_block(graph, "up", x, NULL, grid, channels);
    x = ordinary_block(graph, "down", x, first, grid, channels);
    x = lk_conv_1x1(graph, "logits", lk_elu(graph, x), grid, 1, LK_CENTRE_B, LK_INIT_HE);
    testing_ok(context, lk_graph_finish(graph, x, &lk_bernoulli));
    return graph;
}

/* The blocks before the centre, and those at it, of a layer of whole windows. */
static void copy_half(const lk_grid *grid, char type, const lk_parameter *from, lk_parameter *to,
                      int64_t taps) {
    int64_t blocks = 0, floats = to->columns, rows;
    for (int64_t pass = 0; pass < 2; pass++) {
        int64_t all = 0;
        rows = pass == 0 ? 0 : to->rows / blocks;
        blocks = 0;
        for (int64_t i = 0; i < grid->groups * taps * grid->groups; i++) {
            int64_t g = i / grid->groups / taps, t = i / grid->groups % taps, h = i % grid->groups;
            if (t == taps / 2 && !(h < g || (type == 'B' && h == g))) {
                continue;
            }
            if (t <= taps / 2) {
                memcpy(to->value + blocks++ * rows * floats, from->value + all * rows * floats,
                       (size_t)(rows * floats) * sizeof(float));
            }
            all++;
        }
    }
}

static void check_raster(lk_context *context, lk_shape shape) {
    static const char *const set[] = {"orders=0", "blocks=1", "channels=3", "first_kernel=5"};
    lk_model *model = make_model(context, shape, set, 4);
    lk_parameters *parameters;
    lk_grid grid = {2, {shape.size[0], shape.size[1]}, (int32_t)shape.size[2]};
    testing_ok(context, lk_parameters_create(context, &parameters));
    lk_graph *graph = ordinary_stack(context, parameters, grid, 3), *own;
    for (int32_t p = 0; p < parameters->count; p++) {
        lk_parameter *to = &parameters->list[p];
        const lk_parameter *from =
            &model->parameters->list[lk_parameters_find(model->parameters, to->name)];
        if (from->rows == to->rows) {
            memcpy(to->value, from->value, (size_t)(to->rows * to->columns) * sizeof(float));
        } else {
            bool first = strcmp(to->name, "first.weight") == 0;
            copy_half(&grid, first ? 'A' : 'B', from, to, first ? 25 : 9);
        }
    }
    lk_execution *want, *got;
    uint16_t x[7 * CELLS_MOST];
    testing_random_values(model, 7, SEED, x);
    testing_ok(context, lk_model_graph(model, 0, &own));
    testing_ok(context, lk_execution_create(graph, LK_PLAN_EVALUATE, 7, &want));
    testing_ok(context, lk_execution_create(own, LK_PLAN_EVALUATE, 7, &got));
    testing_ok(context, lk_execution_forward(want, x, 7));
    testing_ok(context, lk_execution_forward(got, x, 7));
    for (int64_t v = 0; v < graph->variables; v++) {
        assert_memory_equal(lk_execution_parameters(got, v), lk_execution_parameters(want, v),
                            7 * sizeof(float));
    }
    lk_execution_destroy(want);
    lk_execution_destroy(got);
    lk_graph_destroy(graph);
    lk_graph_destroy(own);
    lk_parameters_destroy(parameters);
    lk_model_destroy(model);
}

static void test_raster_is_a_stack_of_masks(void **state) {
    check_raster(*state, (lk_shape){3, {4, 5, 1}});
    check_raster(*state, (lk_shape){3, {2, 3, 3}});
}

/* ---- mirrored images ------------------------------------------------------------------------- */

/* A convolution's windows, left and right exchanged. */
static void mirror_weights(lk_model *model) {
    for (int32_t p = 0; p < model->parameters->count; p++) {
        lk_parameter *w = &model->parameters->list[p];
        bool first = strcmp(w->name, "first.weight") == 0;
        int64_t size = first ? 7 : 3, taps = size * size, blocks = first ? taps - 1 : taps;
        bool window = first || strstr(w->name, ".in.weight") != NULL ||
                      strstr(w->name, ".out.weight") != NULL;
        int64_t floats = window ? w->rows / blocks * w->columns : 0;
        for (int64_t t = 0; window && t < taps; t++) {
            int64_t other = t / size * size + size - 1 - t % size;
            if (t >= other) {
                continue;
            }
            /* Under type A the window has no block at its centre. */
            float *a = w->value + (t - (first && t > taps / 2)) * floats,
                  *b = w->value + (other - (first && other > taps / 2)) * floats;
            for (int64_t i = 0; i < floats; i++) {
                float held = a[i];
                a[i] = b[i];
                b[i] = held;
            }
        }
    }
}

/* The third S-curve is the first one mirrored. Sums have another order then, and other
 * roundings. */
static void test_mirrored_images(void **state) {
    static const char *const set[] = {"blocks=1", "channels=4"};
    lk_model *model = make_model(*state, (lk_shape){3, {4, 5, 1}}, set, 2);
    uint16_t x[8 * 20], mirrored[8 * 20];
    double here[8], there[8], unlike[8];
    testing_random_values(model, 8, SEED, x);
    for (int i = 0; i < 8 * 20; i++) {
        mirrored[i] = x[i / 5 * 5 + 4 - i % 5];
    }
    testing_nll_of(model, 0, x, 8, 0, here);
    testing_nll_of(model, 2, mirrored, 8, 0, unlike);
    mirror_weights(model);
    testing_nll_of(model, 2, mirrored, 8, 0, there);
    for (int e = 0; e < 8; e++) {
        if (!(fabs(here[e] - there[e]) < 1e-5 * here[e]) || here[e] == unlike[e]) {
            fail_msg("seed %d, image %d: %.9g nats, mirrored %.9g", SEED, e, here[e], there[e]);
        }
    }
    lk_model_destroy(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_raster_is_a_stack_of_masks),
        cmocka_unit_test(test_mirrored_images),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
