/* What loading a model costs: a file of large data and a small network is read with the memory of
 * its file, whatever its data; a small file that describes a large network is refused before that
 * is built; and no file gets more than the context allows. */
#include "models/testing.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "data/safetensors.h"
#include "graph/weight_norm.h"
#include "models/model_file.h"
#include "models/run.h"

#define VARIABLES_MOST 98304
#define GROWTH_MOST_KB (48 << 10) /* under the sanitizers too */

static const char *path(void) {
    static char text[64];
    snprintf(text, sizeof text, "/tmp/likely-model-size-%d", (int)getpid());
    return text;
}

static int64_t peak_kb(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static int tear_down(void **state) {
    unlink(path());
    lk_context_destroy(*state);
    return 0;
}

/* ---- large pictures, small networks ---------------------------------------------------------- */

static void large_pictures_are_read(void **state) {
    static const struct {
        const char *family;
        lk_shape shape;
        int32_t labels;
        const char *view;
        const char *set[3];
    } rows[] = {
        {"pixelcnn", {3, {256, 256, 3}}, 0, NULL, {"blocks=2", "channels=2", "head=3"}},
        {"pixelcnn", {3, {256, 256, 1}}, 10, "bits:4", {"blocks=1", "channels=2", "head=3"}},
        {"gated-pixelcnn", {3, {256, 256, 1}}, 10, "bits:4", {"layers=2", "channels=2", "head=3"}},
        {"pixelsnail", {3, {256, 256, 3}}, 10, NULL, {"blocks=1", "channels=2", "keys=2"}},
        {"multiscale", {3, {256, 256, 3}}, 10, NULL, {"blocks=1", "channels=2", "patch=4"}},
        {"pyramid", {3, {256, 256, 3}}, 10, NULL, {"blocks=1", "channels=2", "small_channels=2"}},
        {"subscale", {3, {256, 256, 3}}, 10, NULL, {"blocks=1", "channels=2", "head=3"}},
        {"subscale", {3, {256, 256, 1}}, 0, "bits:3", {"stride=8", "channels=2", "head=3"}},
        {"pixelcnn++", {3, {256, 256, 3}}, 10, NULL, {"depth=1", "levels=2", "filters=2"}},
        {"grayscale", {3, {256, 256, 3}}, 10, "grey:4", {"depth=1", "embedding=1", "filters=2"}},
        {"pixelrnn", {3, {256, 200, 3}}, 0, NULL, {"layers=1", "channels=2", "head=3"}},
        {"conv1d", {1, {150000}}, 0, NULL, {"layers=3", "channels=2", "head=3"}},
        {"charrnn", {1, {150000}}, 0, NULL, {"layers=1", "width=3", "cell=gru"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        lk_data_description data = {.shape = rows[i].shape,
                                    .variables = lk_shape_variables(rows[i].shape),
                                    .alphabet = 256,
                                    .labels = rows[i].labels};
        if (rows[i].view != NULL) {
            testing_ok(*state, lk_view_parse(*state, rows[i].view, data.shape, 256, &data.view));
        }
        lk_model *made, *read;
        int64_t before = peak_kb();
        testing_ok(*state, lk_model_create(*state, rows[i].family, rows[i].set, 3, data, "natural",
                                           5, &made));
        testing_ok(*state, lk_model_write(made, path()));
        testing_ok(*state, lk_model_read(*state, path(), &read));
        assert_in_range(peak_kb() - before, 0, GROWTH_MOST_KB);
        lk_fingerprint a = lk_model_fingerprint(made), b = lk_model_fingerprint(read);
        assert_memory_equal(a.byte, b.byte, sizeof a.byte);
        lk_model_destroy(made);
        lk_model_destroy(read);
    }
}

static bool is_used(const lk_graph *graph, int32_t parameter) {
    bool used = false;
    for (int32_t n = 0; n < graph->node_count; n++) {
        for (int32_t k = 0; k < graph->nodes[n]->parameter_count; k++) {
            used = used || graph->nodes[n]->parameters[k] == parameter;
        }
    }
    for (int32_t p = 0; p < graph->parameters->count; p++) {
        const lk_weight_norm *norm = graph->parameters->list[p].norm;
        used = used || (norm != NULL && norm->gain == parameter);
    }
    return used;
}

/* The network at the model's own size wants the parameters that a small one declared. */
static void parameters_do_not_depend_on_the_size(void **state) {
    static const struct {
        const char *family;
        lk_shape shape;
        const char *set[3];
    } rows[] = {
        {"pixelcnn", {3, {9, 8, 3}}, {"blocks=2", "kernel=5", "weight_norm=true"}},
        {"pixelcnn", {2, {7, 9}}, {"blocks=1", "block_kernel=5", "norm=channel"}},
        {"gated-pixelcnn", {3, {7, 9, 3}}, {"layers=3", "kernel=5", "channels=4"}},
        {"pixelsnail", {3, {7, 9, 3}}, {"blocks=2", "channels=3", "keys=2"}},
        {"pixelsnail", {3, {9, 8, 3}}, {"channels=2", "distribution=softmax", "resnets=1"}},
        {"multiscale", {3, {7, 9, 3}}, {"blocks=2", "channels=3", "patch=4"}},
        {"multiscale", {3, {40, 1, 1}}, {"blocks=2", "channels=3", "share=true"}},
        {"pyramid", {3, {7, 9, 3}}, {"blocks=2", "channels=3", "small_blocks=1"}},
        {"subscale", {3, {7, 9, 3}}, {"blocks=2", "kernel=5", "channels=3"}},
        {"subscale", {3, {9, 8, 3}}, {"stride=3", "size_upscaling=true", "channels=2"}},
        {"lmconv", {3, {7, 9, 3}}, {"blocks=1", "kernel=5", "channels=3"}},
        {"pixelcnn++", {3, {7, 9, 3}}, {"depth=1", "levels=3", "filters=3"}},
        {"pixelcnn++", {3, {9, 8, 3}}, {"depth=1", "filters=3", "distribution=softmax"}},
        {"grayscale", {3, {7, 9, 3}}, {"depth=1", "embedding=2", "filters=3"}},
        {"pixelrnn", {3, {7, 9, 1}}, {"layers=2", "kind=row", "kernel=5"}},
        {"pixelrnn", {3, {7, 9, 3}}, {"layers=2", "kind=diagonal", "kernel=5"}},
        {"conv1d", {1, {40}}, {"layers=4", "cycle=3", "norm=channel"}},
        {"charrnn", {1, {40}}, {"layers=2", "cell=lstm", "embedding=3"}},
        {"charrnn", {1, {40}}, {"layers=2", "cell=gru", "weight_dropout=0.2"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        lk_data_description data = {
            .shape = rows[i].shape, .variables = lk_shape_variables(rows[i].shape), .alphabet = 4};
        lk_model *model;
        lk_graph *graph;
        testing_ok(*state, lk_model_create(*state, rows[i].family, rows[i].set, 3, data, "natural",
                                           5, &model));
        testing_ok(*state, lk_model_graph(model, 0, &graph)); /* none is missing: they are frozen */
        for (int32_t p = 0; p < model->parameters->count; p++) {
            if (!is_used(graph, p)) {
                fail_msg("%s: nothing uses %s", rows[i].family, model->parameters->list[p].name);
            }
        }
        lk_graph_destroy(graph);
        lk_model_destroy(model);
    }
}

/* ---- small files, large networks ------------------------------------------------------------- */

typedef struct hostile {
    const char *family, *settings, *data;
    int64_t variables, floats; /* ranks and other values that the file holds */
    int32_t rank;              /* of all; -1: natural */
    lk_status expected;
} hostile;

static void write_hostile(lk_context *context, const hostile *h) {
    static int32_t ranks[VARIABLES_MOST];
    static float values[4096];
    for (int32_t v = 0; v < h->variables; v++) {
        ranks[v] = h->rank >= 0 ? h->rank : v;
    }
    const lk_tensor tensors[] = {
        {"ordering.rank", LK_I32, 1, {h->variables}, ranks, h->variables * (int64_t)sizeof *ranks},
        {"x", LK_F32, 1, {h->floats}, values, h->floats * (int64_t)sizeof *values}};
    const char *keys[] = {"format",   "version", "engine",  "likely",  "family",  "order",
                          "settings", "data",    "history", "columns", "classes", "checksum"};
    const char *texts[] = {"likely model", "2",     "1",  "0.1.0", h->family, "natural",
                           h->settings,    h->data, "{}", "",      "",        ""};
    testing_ok(context, lk_safetensors_write(context, path(), tensors, 2, keys, texts, 12));
}

static void small_files_get_little(void **state) {
    static const hostile files[] = {
        {"pixelcnn", "{\"blocks\":\"256\",\"channels\":\"1\",\"head\":\"1\"}",
         "{\"shape\":[128,256,3],\"alphabet\":2,\"binarization\":\"none\"}", 98304, 4000, -1,
         LK_FORMAT},
        {"pixelcnn", "{\"blocks\":\"1\",\"channels\":\"1\"}",
         "{\"shape\":[128,256,3],\"alphabet\":65536,\"binarization\":\"none\"}", 98304, 100, -1,
         LK_MISMATCH},
        {"pixelrnn", "{\"kind\":\"diagonal\",\"layers\":\"12\",\"channels\":\"1\"}",
         "{\"shape\":[128,256,3],\"alphabet\":2,\"binarization\":\"none\"}", 98304, 4000, -1,
         LK_FORMAT},
        {"conv1d", "{\"layers\":\"60\",\"channels\":\"1\"}",
         "{\"shape\":[98304],\"alphabet\":2,\"binarization\":\"none\"}", 98304, 4000, -1,
         LK_FORMAT},
        {"charrnn", "{\"layers\":\"8\",\"width\":\"1\"}",
         "{\"shape\":[98304],\"alphabet\":2,\"binarization\":\"none\"}", 98304, 4000, -1,
         LK_FORMAT},
        {"made", "{\"hidden\":\"\"}",
         "{\"shape\":[98304],\"alphabet\":147,\"binarization\":\"none\"}", 98304, 100, -1,
         LK_MISMATCH},
        {"made", "{\"hidden\":\"1\"}",
         "{\"shape\":[98304],\"alphabet\":65536,\"binarization\":\"none\"}", 98304, 100, -1,
         LK_MISMATCH},
        {"histogram", "{\"joint\":\"yes\"}",
         "{\"shape\":[98304],\"alphabet\":2,\"binarization\":\"none\"}", 98304, 100, -1,
         LK_INVALID},
        {"bayesnet", "{\"hidden\":\"\"}",
         "{\"shape\":[98304],\"alphabet\":2,\"binarization\":\"none\"}", 98304, 4096, -1,
         LK_MISMATCH},
        {"bernoulli-mixture", "{\"components\":\"1\"}",
         "{\"shape\":[98304],\"alphabet\":300,\"binarization\":\"none\"}", 98304, 100, -1,
         LK_MISMATCH},
        {"made", "{\"hidden\":\"1\"}",
         "{\"shape\":[6],\"alphabet\":8,\"binarization\":\"none\",\"view\":\"bits:1\"}", 6, 600,
         INT32_MAX, LK_INVALID},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        lk_model *model;
        write_hostile(*state, &files[i]);
        int64_t before = peak_kb();
        lk_status status = lk_model_read(*state, path(), &model);
        int64_t grown = peak_kb() - before;
        if (status != files[i].expected || grown > GROWTH_MOST_KB) {
            fail_msg("file %zu (%s): status %d, %lld kB: %s", i, files[i].family, status,
                     (long long)grown, lk_context_message(*state));
        }
        assert_null(model);
    }
}

/* ---- the context's bound --------------------------------------------------------------------- */

static void nothing_gets_more_than_is_allowed(void **state) {
    lk_context *context = *state;
    static const char *const set[] = {"blocks=1", "channels=8", "head=8"};
    lk_data_description data = {
        .shape = {3, {64, 64, 3}}, .variables = 64 * 64 * 3, .alphabet = 256};
    lk_model *model, *read;
    lk_run *run;
    testing_ok(context, lk_model_create(context, "pixelcnn", set, 3, data, "natural", 5, &model));
    testing_ok(context, lk_model_write(model, path()));
    lk_run_options one = {.lanes = 1}, many = {.lanes = 1000};
    lk_context_set_memory(context, 64 << 20);
    testing_ok(context, lk_run_open(model, &one, &run));
    lk_run_close(run);
    testing_refused(context, lk_run_open(model, &many, &run), LK_NO_MEMORY, "1000 examples");
    testing_refused(context, lk_run_open(model, &many, &run), LK_NO_MEMORY, "--memory");
    assert_null(run);
    lk_context_set_memory(context, 1 << 20);
    testing_refused(context, lk_run_open(model, &one, &run), LK_NO_MEMORY, "building the network");
    testing_ok(context, lk_model_read(context, path(), &read));
    lk_model_destroy(read);
    lk_context_set_memory(context, 1 << 14);
    testing_refused(context, lk_model_read(context, path(), &read), LK_NO_MEMORY, path());
    assert_null(read);
    lk_context_set_memory(context, 0);
    assert_true(context->memory_most >= 64 << 20);
    lk_model_destroy(model);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, testing_set_up_alone, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(large_pictures_are_read),
        TEST(parameters_do_not_depend_on_the_size),
        TEST(small_files_get_little),
        TEST(nothing_gets_more_than_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
