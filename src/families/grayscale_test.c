/* Grayscale PixelCNN against its equations in double, on exact views and on one that adds a grey
 * picture; the same under every schedule, gradients against central differences; what is told what;
 * the view that is taken where none is asked for; how it begins, and that it learns by heart. */
#include "models/testing_learning.h"
#include "models/testing_resnets.h"

#define SEED 20170612
#define CELLS 32

typedef struct image_case {
    lk_shape shape;
    int32_t alphabet, labels;
    const char *view; /* NULL: none is asked for */
    const char *set[6];
    int32_t sets;
} image_case;

static const image_case cases[] = {
    {{3, {2, 3, 1}}, 4, 0, "bits:1", {"filters=3", "depth=2", "first_depth=1", "embedding=1"}, 4},
    {{2, {3, 2}}, 16, 2, NULL, {"filters=2", "depth=1", "first_depth=2", "embedding=3"}, 4},
    {{3, {1, 3, 3}}, 4, 0, "grey:1", {"filters=2", "depth=1", "first_depth=1", "embedding=2"}, 4},
    {{3, {2, 1, 3}},
     8,
     3,
     "grey:2",
     {"filters=2", "depth=1", "first_depth=1", "embedding=0", "distribution=logistic",
      "mixtures=2"},
     6},
    {{3, {1, 2, 2}}, 8, 0, "bits:2", {"filters=3", "depth=1", "first_depth=1", "embedding=1"}, 4},
};
#define CASES ((int)(sizeof cases / sizeof *cases))

static lk_model *make_model(lk_context *context, const image_case *c) {
    lk_model *model;
    lk_data_description data = {.shape = c->shape,
                                .variables = lk_shape_variables(c->shape),
                                .alphabet = c->alphabet,
                                .labels = c->labels};
    if (c->view != NULL) {
        testing_ok(context, lk_view_parse(context, c->view, c->shape, c->alphabet, &data.view));
    }
    testing_ok(context,
               lk_model_create(context, "grayscale", c->set, c->sets, data, "natural", 5, &model));
    return model;
}

static lk_model *make_random(lk_context *context, const image_case *c) {
    lk_model *model = make_model(context, c);
    testing_random_weights_of(model, 0.7f, SEED);
    return model;
}

/* x[count][modelled]: random pictures, seen through the model's view. */
static void random_cells(const lk_model *model, int64_t count, uint16_t *x) {
    uint16_t raw[CELLS];
    int64_t modelled = lk_model_modelled(model);
    assert_true(modelled <= CELLS);
    for (int64_t n = 0; n < count; n++) {
        testing_random_values(model, 1, SEED + 1 + (uint64_t)n, raw);
        lk_view_read(lk_model_view(model), raw, model->data.variables, 0, modelled,
                     x + n * modelled);
    }
}

/* ---- the equations --------------------------------------------------------------------------- */

typedef struct network {
    const lk_model *model;
    int64_t label;
    testing_bump bump;
} network;

static resnets_reference reference_of(const network *n, int32_t part, char prefix[32]) {
    const lk_view *view = lk_model_view(n->model);
    resnets_reference r = resnets_reference_of(n->model, true);
    snprintf(prefix, 32, "%s.", view->parts[part].name);
    r.prefix = prefix;
    r.alphabet = view->parts[part].alphabet;
    r.colours = r.colours / view->values * view->parts[part].cells;
    r.label = n->label;
    r.bump = n->bump;
    return r;
}

/* And a plane of ones. */
static void pixels_and_one(const resnets_reference *r, const uint16_t *x, resnets_features *out) {
    resnets_pixels(r, x, out);
    for (int64_t p = 0; p < r->height * r->width; p++) {
        out->at[p][out->channels] = 1;
    }
    out->channels++;
}

/* The layers are those of `r`, the pixels those of the part before. */
static void embed(const resnets_reference *r, const resnets_features *pixels,
                  resnets_features *told) {
    int64_t depth = lk_settings_integer(&r->model->settings, "embedding");
    resnets_conv(r, "embedding", pixels, (resnets_filter){3, 3, -1, -1, 1}, told);
    for (int64_t i = 0; i < depth; i++) {
        static const int64_t reaches[] = {1, 2, 4};
        int64_t reach = reaches[i % 3];
        char name[32];
        snprintf(name, sizeof name, "embedding%d", (int)i + 1);
        resnets_layer(r, name, (resnets_filter){3, 3, -reach, -reach, reach}, NULL, told);
    }
}

static double part_nll(const resnets_reference *r, int64_t depth, const resnets_features *told,
                       const uint16_t *x) {
    static resnets_features pixels, u, ul, more, both;
    static const resnets_filter first_u = {2, 3, -2, -1, 1}, above = {1, 3, -1, -1, 1},
                                left = {2, 1, -1, -1, 1}, down = {2, 3, -1, -1, 1};
    pixels_and_one(r, x, &pixels);
    resnets_conv(r, "first.u", &pixels, first_u, &u);
    resnets_conv(r, "first.above", &pixels, above, &ul);
    resnets_conv(r, "first.left", &pixels, left, &more);
    resnets_add(&ul, &more);
    for (int64_t i = 0; i < depth; i++) {
        char name[32];
        snprintf(name, sizeof name, "resnet%d.u", (int)i + 1);
        resnets_layer(r, name, down, told, &u);
        both = u;
        if (told != NULL) {
            resnets_append(&both, told);
        }
        snprintf(name, sizeof name, "resnet%d.ul", (int)i + 1);
        resnets_layer(r, name, resnets_2x2, &both, &ul);
    }
    resnets_bend(false, &ul, &more);
    return resnets_head_nll(r, &more, x);
}

static double grayscale_nll(const void *network_of_test, const uint16_t *x) {
    const network *n = network_of_test;
    const lk_settings *settings = &n->model->settings;
    char prefix[2][32];
    static resnets_features pixels, told;
    const resnets_reference first = reference_of(n, 0, prefix[0]),
                            second = reference_of(n, 1, prefix[1]);
    double nll = part_nll(&first, lk_settings_integer(settings, "first_depth"), NULL, x);
    pixels_and_one(&first, x, &pixels);
    embed(&second, &pixels, &told);
    x += lk_view_first(lk_model_view(n->model), 1, n->model->data.variables);
    return nll + part_nll(&second, lk_settings_integer(settings, "depth"), &told, x);
}

static void test_equals_the_equations(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_random(*state, &cases[i]);
        network n = {.model = model};
        uint16_t x[5 * CELLS];
        random_cells(model, 5, x);
        testing_equals(model, x, 5, grayscale_nll, &n, i, SEED);
        for (n.label = 0; n.label < cases[i].labels; n.label++) {
            double nll;
            testing_nll_given(model, x, 1, (uint16_t)n.label, &nll);
            assert_true(fabs(nll - grayscale_nll(&n, x)) <= 1e-5 * (1 + nll));
        }
        lk_model_destroy(model);
    }
}

static void test_gradients(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_random(*state, &cases[i]);
        network n = {.model = model};
        uint16_t x[CELLS];
        random_cells(model, 1, x);
        testing_gradients(model, x, 7, SEED, grayscale_nll, &n, &n.bump);
        lk_model_destroy(model);
    }
}

static void test_schedules(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_random(*state, &cases[i]);
        uint16_t x[17 * CELLS];
        random_cells(model, 17, x);
        testing_parallel_is_incremental(model, x, 17);
        testing_sample_costs_one_pass(model);
        lk_model_destroy(model);
    }
}

/* ---- what is told what ----------------------------------------------------------------------- */

/* Which conditionals move when a cell is changed: those of its part that come after it, and, of the
 * first part's, all of the second, which sees the whole picture. */
static void test_sees_all_before(void **state) {
    static const image_case fields[] = {
        {{3, {4, 4, 1}}, 16, 0, "bits:2", {"filters=8"}, 1},
        {{3, {2, 3, 3}}, 64, 0, "grey:3", {"filters=8", "embedding=2"}, 2},
        {{3, {2, 2, 3}}, 256, 0, NULL, {"filters=8", "embedding=3"}, 2},
    };
    for (int i = 0; i < 3; i++) {
        lk_model *model = make_random(*state, &fields[i]);
        int64_t count = lk_model_modelled(model);
        lk_graph *graph;
        lk_execution *execution;
        uint16_t *x = malloc((size_t)((count + 1) * count) * sizeof *x);
        random_cells(model, 1, x);
        testing_ok(*state, lk_model_graph(model, 0, &graph));
        for (int64_t n = 1; n <= count; n++) {
            int32_t alphabet = lk_graph_head(graph, n - 1).alphabet;
            memcpy(x + n * count, x, (size_t)count * sizeof *x);
            x[n * count + n - 1] = (uint16_t)((x[n - 1] + alphabet / 2) % alphabet);
        }
        testing_ok(*state, lk_execution_create(graph, LK_PLAN_EVALUATE, count + 1, &execution));
        testing_ok(*state, lk_execution_forward(execution, x, count + 1));
        for (int64_t c = 0; c < count * count; c++) {
            int64_t changed = c / count, v = c % count;
            int64_t floats = lk_graph_head(graph, v).channels;
            const float *one = lk_execution_parameters(execution, v);
            const float *other = one + (changed + 1) * floats;
            bool moved = memcmp(one, other, (size_t)floats * sizeof *one) != 0;
            if (moved != (changed < v)) {
                fail_msg("case %d: changing cell %lld %s the conditional of %lld", i,
                         (long long)changed, moved ? "moves" : "does not move", (long long)v);
            }
        }
        free(x);
        lk_execution_destroy(execution);
        lk_graph_destroy(graph);
        lk_model_destroy(model);
    }
}

/* ---- its view -------------------------------------------------------------------------------- */

static void test_chooses_a_view(void **state) {
    static const struct {
        lk_shape shape;
        int32_t alphabet;
        const char *view;
    } rows[] = {
        {{3, {2, 2, 3}}, 256, "ycocg"}, {{3, {2, 2, 1}}, 256, "bits:4"},
        {{2, {2, 2}}, 16, "bits:2"},    {{3, {2, 2, 3}}, 8, "bits:1"},
        {{2, {2, 2}}, 4, "bits:1"},     {{3, {2, 2, 4}}, 256, "bits:4"},
        {{2, {2, 2}}, 65536, "bits:8"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const image_case c = {rows[i].shape, rows[i].alphabet, 0, NULL, {"filters=1"}, 1};
        lk_model *model = make_model(*state, &c);
        char text[LK_VIEW_TEXT];
        lk_view_print(lk_model_view(model), text);
        assert_string_equal(text, rows[i].view);
        assert_false(lk_model_bound(model));
        lk_model_destroy(model);
    }
    const image_case bound = {{2, {2, 2}}, 256, 0, "grey:4", {"filters=1"}, 1};
    lk_model *model = make_model(*state, &bound);
    assert_true(lk_model_bound(model));
    lk_model_destroy(model);
}

static void test_refusals(void **state) {
    static const struct {
        lk_shape shape;
        int32_t alphabet;
        const char *says;
    } rows[] = {
        {{2, {2, 2}}, 2, "pixelcnn++"},
        {{2, {2, 2}}, 10, "10 levels"},
        {{1, {4}}, 16, "images"},
        {{3, {2, 2, 17}}, 16, "at most 16 channels"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        lk_model *model;
        lk_data_description data = {.shape = rows[i].shape,
                                    .variables = lk_shape_variables(rows[i].shape),
                                    .alphabet = rows[i].alphabet};
        testing_refused(*state,
                        lk_model_create(*state, "grayscale", NULL, 0, data, "natural", 1, &model),
                        LK_INVALID, rows[i].says);
    }
}

/* ---- training -------------------------------------------------------------------------------- */

/* Cells of pictures as a data set of their own, for the helpers that run networks on them. */
static lk_dataset *see_all(lk_context *context, const lk_model *model, const lk_dataset *raw) {
    int64_t modelled = lk_model_modelled(model);
    lk_dataset *seen = testing_dataset(context, raw->examples, modelled, raw->alphabet);
    for (int64_t n = 0; n < raw->examples; n++) {
        lk_view_read(lk_model_view(model), raw->values + n * raw->variables, raw->variables, 0,
                     modelled, seen->values + n * modelled);
    }
    return seen;
}

static void test_learns_by_heart(void **state) {
    static const image_case few[] = {
        {{3, {4, 4, 1}}, 16, 0, NULL, {"filters=8", "depth=1", "first_depth=1", "embedding=1"}, 4},
        {{3, {2, 2, 3}}, 256, 0, NULL, {"filters=8", "depth=1", "first_depth=1", "embedding=1"}, 4},
        {{3, {2, 2, 3}}, 8, 0, "grey:2", {"filters=8", "depth=1", "first_depth=1"}, 3},
    };
    for (int i = 0; i < 3; i++) {
        lk_model *model = make_model(*state, &few[i]);
        lk_dataset *raw =
            testing_random_data(*state, 8, model->data.variables, few[i].alphabet, SEED);
        lk_dataset *seen = see_all(*state, model, raw);
        testing_ok(*state, lk_model_start(model, raw));
        testing_learn_first(model, seen, 400, 0.01);
        testing_learns_by_heart(model, seen, 400, 0.002);
        lk_dataset_destroy(seen);
        lk_dataset_destroy(raw);
        lk_model_destroy(model);
    }
}

/* Each cell by itself, as frequent as it is in the data. */
static void test_starts_near_the_marginals(void **state) {
    static const image_case starts[] = {
        {{3, {5, 5, 1}}, 16, 0, NULL, {"filters=8"}, 1},
        {{3, {4, 3, 3}}, 16, 0, "grey:2", {"filters=8"}, 1},
    };
    for (int i = 0; i < 2; i++) {
        lk_model *model = make_model(*state, &starts[i]);
        const lk_view *view = lk_model_view(model);
        int64_t values = model->data.variables;
        lk_dataset *raw = testing_random_data(*state, 40, values, starts[i].alphabet, SEED);
        lk_dataset *seen = see_all(*state, model, raw);
        double marginal = 0.0;
        for (int32_t part = 0; part < view->part_count; part++) {
            double count[16] = {0}, total = 0;
            int64_t first = lk_view_first(view, part, values);
            for (int64_t c = 0; c < 40 * lk_view_cells(view, part, values); c++) {
                int64_t cells = lk_view_cells(view, part, values);
                count[seen->values[c / cells * seen->variables + first + c % cells]]++;
                total++;
            }
            for (int a = 0; a < 16; a++) {
                marginal -= count[a] > 0 ? count[a] * log(count[a] / total) / 40 : 0;
            }
        }
        testing_ok(*state, lk_model_start(model, raw));
        double nll = testing_mean_nll(model, seen);
        if (!(fabs(nll - marginal) < 0.15 * marginal)) {
            fail_msg("start %d: %.6g nats before training, marginals %.6g", i, nll, marginal);
        }
        lk_dataset_destroy(seen);
        lk_dataset_destroy(raw);
        lk_model_destroy(model);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_the_equations),
        cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_schedules),
        cmocka_unit_test(test_sees_all_before),
        cmocka_unit_test(test_chooses_a_view),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_learns_by_heart),
        cmocka_unit_test(test_starts_near_the_marginals),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
