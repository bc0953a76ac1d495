/* Multiscale PixelCNN against its equations in double; as a distribution: sums to one, is the same
 * under every schedule, pixels of a group independent; its closed forms: numbers of steps and of
 * multiply-adds, any table of 2 x 2 binary pixels. */
#include "models/testing_coarse_to_fine.h"

#define SEED 20177

static const fine_case cases[] = {
    {{3, {3, 3, 1}}, 2, 0, {"scales=1", "blocks=1", "channels=3", "base_blocks=1"}, 4},
    {{2, {2, 3}}, 4, 2, {"scales=1", "blocks=2", "channels=3", "base_blocks=0"}, 4},
    {{3, {5, 1, 1}}, 2, 0, {"scales=2", "blocks=1", "channels=3", "base_blocks=1"}, 4},
    {{3, {1, 3, 3}}, 2, 2, {"scales=1", "blocks=1", "channels=3", "base_blocks=1"}, 4},
    {{3, {3, 4, 1}},
     2,
     0,
     {"scales=2", "blocks=1", "channels=2", "share=true", "base_blocks=1", "dropout=0.2"},
     6},
    {{3, {4, 3, 1}},
     2,
     2,
     {"scales=1", "blocks=1", "channels=3", "patch=2", "layers=1", "base_blocks=1"},
     6},
    {{3, {3, 2, 2}},
     2,
     0,
     {"scales=1", "blocks=1", "channels=2", "patch=4", "layers=2", "base_blocks=1"},
     6},
    {{3, {5, 3, 1}},
     2,
     0,
     {"scales=1", "blocks=1", "channels=2", "patch=2", "layers=1", "base_blocks=0"},
     6},
    {{3, {1, 2, 3}},
     4,
     0,
     {"scales=1", "blocks=1", "channels=3", "distribution=logistic", "mixtures=2", "base_blocks=1"},
     6},
    {{3, {2, 3, 1}},
     4,
     0,
     {"scales=1", "blocks=1", "channels=3", "distribution=logistic", "mixtures=2", "patch=2",
      "layers=1"},
     7},
};
#define CASES ((int)(sizeof cases / sizeof *cases))

/* ---- the network in double ------------------------------------------------------------------- */

static const char *const names[] = {"known", "right", "below", "both"};

static void pixels_of(const fine_network *n, int64_t level, int64_t group, int64_t height,
                      int64_t width, int64_t *pixel) {
    for (int64_t i = 0; i < height * width; i++) {
        pixel[i] =
            fine_pixel(n, level - 1, 2 * (i / width) + group / 2, 2 * (i % width) + group % 2);
    }
}

/* A side of whole patches, unless there is less than one. */
static int64_t to_patches(int64_t side, int64_t patch) {
    return side < patch ? side : (side + patch - 1) / patch * patch;
}

/* Features of tiles on a larger grid, 0 beyond them. */
static void widen(const fine_stage *tiles, const fine_stage *to, fine_features *f) {
    fine_features from = *f;
    memset(f, 0, sizeof *f);
    f->channels = from.channels;
    for (int64_t i = 0; i < tiles->height * tiles->width; i++) {
        int64_t row = i / tiles->width, column = i % tiles->width;
        memcpy(f->at[row * to->width + column], from.at[i], sizeof from.at[i]);
    }
}

static void say_group(fine_network *n, int64_t level, int64_t group) {
    int64_t pixel[FINE_CELLS], channels = fine_setting(n, "channels");
    int64_t patch = fine_setting(n, "patch");
    char prefix[48], inside[64];
    snprintf(prefix, sizeof prefix, "level%d.%s.", (int)level, names[group]);
    if (lk_settings_boolean(&n->model->settings, "share")) {
        snprintf(prefix, sizeof prefix, "%s.", names[group]);
    }
    fine_stage tiles = {
        prefix,       fine_side(n->height, level), fine_side(n->width, level), 1, .size = 3,
        .centre = '*'};
    fine_features planes = {.channels = 0}, h, own, x, a;
    for (int64_t known = 0; known < group; known++) {
        pixels_of(n, level, known, tiles.height, tiles.width, pixel);
        fine_plane(n, pixel, tiles.height * tiles.width, &planes);
    }
    fine_conv(n, &tiles, "first", &planes, channels, &h);
    fine_blocks(n, &tiles, fine_setting(n, "blocks"), &h);
    fine_relu(&h);
    fine_stage s = {prefix,
                    to_patches(tiles.height, patch),
                    to_patches(tiles.width, patch),
                    n->groups,
                    .size = patch > 1 ? 3 : 1,
                    .raster = true,
                    .centre = 'A',
                    .patch = patch};
    widen(&tiles, &s, &h);
    fine_split(n, &s, &h, channels, &x);
    pixels_of(n, level, group, s.height, s.width, pixel);
    if (patch > 1 || n->groups > 1) {
        fine_values(n, pixel, s.height * s.width, &own);
        fine_conv(n, &s, "own", &own, channels, &a);
        fine_add(&x, &a);
    }
    s.centre = 'B';
    snprintf(inside, sizeof inside, "%spatch.", prefix);
    s.prefix = inside;
    fine_blocks(n, &s, patch > 1 ? fine_setting(n, "layers") : 0, &x);
    s.prefix = prefix;
    fine_say(n, &s, &x, pixel);
}

static double reference(const void *network, const uint16_t *x) {
    fine_network n = *(const fine_network *)network;
    n.x = x;
    fine_base(&n);
    for (int64_t level = n.scales; level > 0; level--) {
        for (int64_t group = 1; group < 4; group++) {
            say_group(&n, level, group);
        }
    }
    return n.nll;
}

static void test_equals_the_equations(void **state) {
    fine_equals(*state, "multiscale", cases, CASES, SEED, reference);
}

static void test_is_a_distribution(void **state) {
    fine_is_a_distribution(*state, "multiscale", cases, CASES, SEED + 2);
}

/* ---- what depends on what -------------------------------------------------------------------- */

#define PIXELS 8

/* p of all 2 x 4 binary pictures, by their bits, the first pixel highest. */
static void enumerate(const lk_model *model, double p[1 << PIXELS]) {
    uint16_t *x;
    int64_t points = testing_domain(PIXELS, 2, &x);
    testing_nll(model, x, points, p);
    for (int64_t i = 0; i < points; i++) {
        p[i] = exp(-p[i]);
    }
    free(x);
}

static double sum_where(const double *p, int mask, int value) {
    double sum = 0;
    for (int i = 0; i < 1 << PIXELS; i++) {
        sum += (i & mask) == value ? p[i] : 0;
    }
    return sum;
}

/* The largest distance of p(a, b | known) from p(a | known) p(b | known). */
static double dependence(const double *p, int known, int a, int b) {
    double most = 0;
    for (int i = 0; i < 1 << PIXELS; i++) {
        if ((i & ~(known | a | b)) != 0) {
            continue;
        }
        double all = sum_where(p, known, i & known);
        double both = sum_where(p, known | a | b, i) / all;
        double one = sum_where(p, known | a, i & (known | a)) / all;
        double other = sum_where(p, known | b, i & (known | b)) / all;
        most = fabs(both - one * other) > most ? fabs(both - one * other) : most;
    }
    return most;
}

static int bit_of(int row, int column) {
    return 1 << (PIXELS - 1 - (row * 4 + column));
}

/* Given the groups before, the two pixels of each group are independent under type A, and are not
 * inside a patch. */
static void test_pixels_of_a_group(void **state) {
    for (int patch = 1; patch <= 2; patch++) {
        const fine_case c = {{2, {2, 4}},
                             2,
                             0,
                             {"scales=1", "blocks=1", "channels=4",
                              patch == 1 ? "patch=1" : "patch=2", "base_blocks=1"},
                             5};
        lk_model *model = fine_model(*state, "multiscale", &c);
        double p[1 << PIXELS];
        testing_random_weights_of(model, 0.4f, SEED);
        enumerate(model, p);
        int known = bit_of(0, 0) | bit_of(0, 2);
        double read = 0;
        assert_true(dependence(p, 0, bit_of(0, 0), bit_of(0, 2)) > 1e-3); /* the base */
        for (int group = 1; group < 4; group++) {
            int a = bit_of(group / 2, group % 2), b = bit_of(group / 2, group % 2 + 2);
            double found = dependence(p, known, a, b);
            if ((found < 1e-6) != (patch == 1)) {
                fail_msg("patch %d, group %d: dependence %.9g", patch, group, found);
            }
            read += dependence(p, 0, bit_of(0, 0), a);
            known |= a | b;
        }
        assert_true(read > 1e-3);
        lk_model_destroy(model);
    }
}

/* ---- closed forms ---------------------------------------------------------------------------- */

/* base^2 C + 3 S M^2 C. */
static void test_counts_steps(void **state) {
    static const struct {
        fine_case made;
        int32_t steps;
    } rows[] = {
        {{{3, {28, 28, 1}}, 2, 0, {"blocks=0", "channels=1"}, 2}, 55},
        {{{3, {32, 32, 3}}, 256, 0, {"blocks=0", "channels=1"}, 2}, 75},
        {{{3, {32, 32, 3}}, 256, 0, {"blocks=0", "channels=1", "patch=4", "layers=0"}, 4}, 480},
        {{{3, {32, 32, 3}}, 256, 0, {"blocks=0", "channels=1", "distribution=logistic"}, 3}, 75},
        {{{2, {28, 28}}, 2, 0, {"blocks=0", "channels=1", "scales=1"}, 3}, 14 * 14 + 3},
        {{{2, {1, 1}}, 2, 0, {"blocks=0", "channels=1"}, 2}, 1},
        {{{2, {1, 2}}, 2, 0, {"blocks=0", "channels=1"}, 2}, 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        lk_model *model = fine_model(*state, "multiscale", &rows[i].made);
        lk_graph *graph;
        testing_ok(*state, lk_model_graph(model, 0, &graph));
        assert_int_equal(graph->steps, rows[i].steps);
        assert_string_equal(model->order_name, "multiscale");
        lk_graph_destroy(graph);
        lk_model_destroy(model);
    }
}

/* 28 x 28, base 7 x 7; pairs of pixels under windows are counted by hand. */
static void test_counts_what_is_multiplied(void **state) {
    enum { F = 5, BLOCKS = 2, BASE = 3 };
    const fine_case c = {{3, {28, 28, 1}}, 2, 0, {"channels=5", "blocks=2", "base_blocks=3"}, 3};
    lk_model *model = fine_model(*state, "multiscale", &c);
    lk_graph *graph;
    testing_ok(*state, lk_model_graph(model, 0, &graph));
    /* 7 x 7 pixels: three rows above, within 7 columns 7 + 2 (6 + 5 + 4) pairs; 6 + 5 + 4 to the
     * left. Within 3 columns 7 + 2 6; the own row and 6 to the left. */
    int64_t first = (6 + 5 + 4) * 37 + 7 * 15, block = 6 * 19 + 7 * 13;
    int64_t expected = first * F + block * F * F * 2 * BASE + 49 * F;
    for (int64_t side = 7; side <= 14; side += 7) {
        int64_t pairs = (3 * side - 2) * (3 * side - 2), pixels = side * side;
        for (int64_t known = 1; known <= 3; known++) {
            expected += pairs * (known * F + 2 * BLOCKS * F * F) + pixels * (F * F + F);
        }
    }
    assert_int_equal(lk_graph_multiply_adds_forward(graph), expected);
    assert_int_equal(lk_graph_multiply_adds_cached(graph), expected);
    assert_int_equal(lk_graph_multiply_adds_naive(graph), 55 * expected);
    lk_graph_destroy(graph);
    lk_model_destroy(model);
}

/* Four binary pixels with a base of one: every table of 16 states can be said. 64 examples, by
 * counts. */
/* By steps a group's network is needed at its steps alone, so that it takes no more than by the
 * parallel schedule; with all of them kept, more than twice as much. */
static void test_forgets_networks(void **state) {
    const fine_case c = {{3, {32, 32, 3}}, 256, 0, {"channels=16"}, 1};
    lk_model *model = fine_model(*state, "multiscale", &c);
    lk_graph *graph;
    testing_ok(*state, lk_model_graph(model, 0, &graph));
    int64_t parallel = lk_execution_bytes(graph, LK_PLAN_EVALUATE, 1);
    int64_t kept = lk_execution_bytes(graph, LK_PLAN_INCREMENTAL, 1);
    int64_t steps = lk_execution_bytes(graph, LK_PLAN_STEPS, 1);
    assert_true(steps <= parallel);
    assert_true(2 * steps < kept);
    lk_graph_destroy(graph);
    lk_model_destroy(model);
}

static void test_says_any_table(void **state) {
    static const int count[16] = {9, 0, 1, 7, 0, 3, 5, 0, 2, 8, 0, 4, 6, 1, 11, 7};
    const fine_case c = {{2, {2, 2}}, 2, 0, {"blocks=1", "channels=16", "base_blocks=0"}, 3};
    lk_model *model = fine_model(*state, "multiscale", &c);
    lk_dataset *data = testing_dataset(*state, 64, 4, 2);
    double entropy = 0;
    for (int i = 0, at = 0; i < 16; i++) {
        entropy -= count[i] > 0 ? count[i] / 64.0 * log(count[i] / 64.0) : 0;
        for (int k = 0; k < count[i]; k++, at++) {
            for (int v = 0; v < 4; v++) {
                data->values[at * 4 + v] = (uint16_t)(i >> (3 - v) & 1);
            }
        }
    }
    double end = testing_learn(model, data, 800, 0.01);
    if (!(end < entropy + 0.01 && end > entropy - 1e-5)) {
        fail_msg("%.6g nats, the table's entropy is %.6g", end, entropy);
    }
    testing_sums_to_one(model);
    lk_dataset_destroy(data);
    lk_model_destroy(model);
}

/* Levels that share weights are levels with equal ones. */
static void test_shares_weights(void **state) {
    const fine_case c = {
        {2, {3, 4}}, 2, 0, {"scales=2", "blocks=1", "channels=3", "share=true"}, 4};
    fine_case apart = c;
    apart.sets = 3;
    lk_model *shared = fine_model(*state, "multiscale", &c);
    lk_model *model = fine_model(*state, "multiscale", &apart);
    testing_random_weights_of(shared, 0.5f, SEED);
    for (int32_t p = 0; p < model->parameters->count; p++) {
        lk_parameter *to = &model->parameters->list[p];
        const char *name = to->name + (strncmp(to->name, "level", 5) == 0 ? 7 : 0);
        int32_t at = lk_parameters_find(shared->parameters, name);
        assert_true(at >= 0);
        memcpy(to->value, shared->parameters->list[at].value,
               (size_t)(to->rows * to->columns) * sizeof(float));
    }
    assert_true(model->parameters->count > shared->parameters->count);
    testing_same_nll(shared, model);
    lk_model_destroy(shared);
    lk_model_destroy(model);
}

/* ---- the rest -------------------------------------------------------------------------------- */

static void test_learns_by_heart(void **state) {
    const fine_case c = {{3, {5, 5, 1}}, 2, 0, {"blocks=2", "channels=16", "scales=2"}, 3};
    fine_learns(*state, "multiscale", &c, SEED);
}

static void test_takes_any_size(void **state) {
    static const lk_shape shapes[] = {{3, {1, 1, 2}}, {3, {7, 3, 2}}, {3, {2, 9, 2}}};
    const fine_case c = {
        {3, {6, 5, 2}}, 3, 0, {"blocks=1", "channels=3", "patch=2", "scales=2"}, 4};
    fine_takes_any_size(*state, "multiscale", &c, shapes, 3);
}

static void test_refusals(void **state) {
    fine_refuses(*state, "multiscale");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_the_equations),
        cmocka_unit_test(test_is_a_distribution),
        cmocka_unit_test(test_pixels_of_a_group),
        cmocka_unit_test(test_counts_steps),
        cmocka_unit_test(test_counts_what_is_multiplied),
        cmocka_unit_test(test_forgets_networks),
        cmocka_unit_test(test_says_any_table),
        cmocka_unit_test(test_shares_weights),
        cmocka_unit_test(test_learns_by_heart),
        cmocka_unit_test(test_takes_any_size),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
