/* Pyramid PixelCNN against its equations in double; as a distribution: sums to one, is the same
 * under every schedule; in which order pixels come, and what is computed how often. */
#include "models/testing_coarse_to_fine.h"

#define SEED 20179

static const fine_case cases[] = {
    {{3, {3, 3, 1}},
     2,
     0,
     {"scales=1", "blocks=1", "channels=3", "base_blocks=1", "small_channels=2", "small_blocks=1"},
     6},
    {{2, {2, 3}}, 4, 2, {"scales=1", "blocks=1", "channels=3", "small_channels=3"}, 4},
    {{3, {5, 1, 1}}, 2, 0, {"scales=2", "blocks=0", "channels=3", "small_channels=2"}, 4},
    {{3, {2, 2, 3}},
     2,
     2,
     {"scales=1", "blocks=1", "channels=3", "small_channels=2", "small_blocks=1", "base_blocks=0"},
     6},
    {{3, {3, 4, 1}},
     2,
     0,
     {"scales=2", "blocks=1", "channels=2", "share=true", "small_channels=2", "small_blocks=1",
      "base_blocks=1", "dropout=0.2"},
     8},
    {{3, {1, 2, 3}},
     4,
     0,
     {"scales=1", "blocks=1", "channels=3", "distribution=logistic", "mixtures=2",
      "small_channels=2"},
     6},
};
#define CASES ((int)(sizeof cases / sizeof *cases))

/* ---- the network in double ------------------------------------------------------------------- */

/* A transposed convolution of stride 2 for each group: pixel q reads p by tap q - 2 p. */
static void enlarge(const fine_network *n, const fine_stage *s, const fine_features *in,
                    int64_t in_width, int64_t in_height, int64_t channels, fine_features *out) {
    memset(out, 0, sizeof *out);
    out->channels = channels;
    for (int64_t g = 0; g < s->groups; g++) {
        char name[32];
        snprintf(name, sizeof name, "colour%d", (int)g + 1);
        for (int64_t i = 0; i < s->height * s->width * channels; i++) {
            int64_t q = i / channels, k = i % channels;
            double *to = &out->at[q * s->groups + g][k];
            *to = fine_weight(n, s->prefix, name, "bias", k);
            for (int64_t p = 0; p < in_width * in_height; p++) {
                int64_t y = q / s->width - 2 * (p / in_width);
                int64_t x = q % s->width - 2 * (p % in_width);
                for (int64_t c = 0; c < in->channels && y * y <= 1 && x * x <= 1; c++) {
                    int64_t row = (3 * (y + 1) + x + 1) * in->channels + c;
                    *to += in->at[p][c] *
                           fine_weight(n, s->prefix, name, "weight", row * channels + k);
                }
            }
        }
    }
}

/* What is known has the lowest rank; the new pixels follow in raster order, their groups in turn.
 * said: the new pixels' own numbers, else -1. */
static void order(const fine_stage *s, const int64_t *pixel, int32_t *rank, int64_t *said) {
    int32_t next = 1;
    for (int64_t i = 0; i < s->height * s->width; i++) {
        bool known = i / s->width % 2 == 0 && i % s->width % 2 == 0;
        said[i] = known ? -1 : pixel[i];
        for (int64_t g = 0; g < s->groups; g++) {
            rank[i * s->groups + g] = known ? 0 : next++;
        }
    }
}

static void say_level(fine_network *n, int64_t level) {
    int64_t pixel[FINE_CELLS], said[FINE_CELLS], small = fine_setting(n, "small_channels");
    int32_t rank[FINE_CELLS];
    char known[32] = "known.", new[32] = "new.";
    if (!lk_settings_boolean(&n->model->settings, "share")) {
        snprintf(known, sizeof known, "level%d.known.", (int)level);
        snprintf(new, sizeof new, "level%d.new.", (int)level);
    }
    fine_stage above = {
        known,        fine_side(n->height, level + 1), fine_side(n->width, level + 1), 1, .size = 3,
        .centre = '*'};
    fine_stage s = {new,
                    fine_side(n->height, level),
                    fine_side(n->width, level),
                    n->groups,
                    .size = 5,
                    .centre = 'A',
                    .rank = rank};
    fine_features in = {.channels = 0}, h, x, a;
    for (int64_t i = 0; i < above.height * above.width; i++) {
        pixel[i] = fine_pixel(n, level + 1, i / above.width, i % above.width);
    }
    fine_plane(n, pixel, above.height * above.width, &in);
    fine_conv(n, &above, "first", &in, fine_setting(n, "channels"), &h);
    fine_blocks(n, &above, fine_setting(n, "blocks"), &h);
    fine_relu(&h);
    enlarge(n, &s, &h, above.width, above.height, small, &x);
    for (int64_t i = 0; i < s.height * s.width; i++) {
        pixel[i] = fine_pixel(n, level, i / s.width, i % s.width);
    }
    order(&s, pixel, rank, said);
    fine_values(n, pixel, s.height * s.width, &in);
    fine_conv(n, &s, "own", &in, small, &a);
    fine_add(&x, &a);
    s.size = 3;
    s.centre = 'B';
    fine_blocks(n, &s, fine_setting(n, "small_blocks"), &x);
    fine_say(n, &s, &x, said);
}

static double reference(const void *network, const uint16_t *x) {
    fine_network n = *(const fine_network *)network;
    n.x = x;
    fine_base(&n);
    for (int64_t level = n.scales - 1; level >= 0; level--) {
        say_level(&n, level);
    }
    return n.nll;
}

static void test_equals_the_equations(void **state) {
    fine_equals(*state, "pyramid", cases, CASES, SEED, reference);
}

static void test_is_a_distribution(void **state) {
    fine_is_a_distribution(*state, "pyramid", cases, CASES, SEED + 2);
}

/* ---- closed forms ---------------------------------------------------------------------------- */

/* 3 x 4 pixels of two levels: the base; what is new of every second pixel; the rest. */
static void test_order(void **state) {
    static const int32_t by_rank[] = {0, 2, 8, 10, 1, 3, 4, 5, 6, 7, 9, 11};
    const fine_case c = {{2, {3, 4}}, 2, 0, {"scales=2", "channels=1"}, 2};
    lk_model *model = fine_model(*state, "pyramid", &c);
    lk_graph *graph;
    testing_ok(*state, lk_model_graph(model, 0, &graph));
    assert_int_equal(graph->steps, 12);
    assert_memory_equal(graph->by_rank, by_rank, sizeof by_rank);
    assert_string_equal(model->order_name, "pyramid");
    lk_graph_destroy(graph);
    lk_model_destroy(model);
}

/* The embedding of a level is computed in one step, the one that its last pixel ends. */
static void test_embedding_runs_once(void **state) {
    const fine_case c = {{2, {8, 8}}, 2, 0, {"scales=2", "channels=2", "blocks=2"}, 3};
    lk_model *model = fine_model(*state, "pyramid", &c);
    lk_graph *graph;
    int found = 0;
    testing_ok(*state, lk_model_graph(model, 0, &graph));
    for (int32_t i = 0; i < graph->node_count; i++) {
        const lk_node *node = graph->nodes[i];
        int32_t step = strncmp(node->name, "level0.known.", 13) == 0   ? 16
                       : strncmp(node->name, "level1.known.", 13) == 0 ? 4
                                                                       : 0;
        bool last = strstr(node->name, "block2.out") != NULL;
        found += step > 0 && last;
        assert_true(step == 0 || !last || node->ready[node->by_ready[0]] == step);
        assert_true(step == 0 || node->ready[node->by_ready[node->cells - 1]] <= step);
    }
    assert_int_equal(found, 2);
    assert_int_equal(graph->steps, 64);
    assert_int_equal(lk_graph_multiply_adds_cached(graph), lk_graph_multiply_adds_forward(graph));
    lk_graph_destroy(graph);
    lk_model_destroy(model);
}

/* ---- the rest -------------------------------------------------------------------------------- */

static void test_learns_by_heart(void **state) {
    const fine_case c = {{3, {5, 5, 1}}, 2, 0, {"blocks=2", "channels=16", "scales=2"}, 3};
    fine_learns(*state, "pyramid", &c, SEED);
}

static void test_takes_any_size(void **state) {
    static const lk_shape shapes[] = {{3, {1, 1, 2}}, {3, {7, 3, 2}}, {3, {2, 9, 2}}};
    const fine_case c = {{3, {6, 5, 2}}, 3, 0, {"blocks=1", "channels=3", "scales=2"}, 3};
    fine_takes_any_size(*state, "pyramid", &c, shapes, 3);
}

static void test_refusals(void **state) {
    fine_refuses(*state, "pyramid");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_the_equations),
        cmocka_unit_test(test_is_a_distribution),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_embedding_runs_once),
        cmocka_unit_test(test_learns_by_heart),
        cmocka_unit_test(test_takes_any_size),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
