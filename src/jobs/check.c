#include "jobs/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/random.h"
#include "codec/codec.h"
#include "dist/dist.h"
#include "graph/execution.h"
#include "jobs/sample.h"
#include "base/double_maths.h"

#define EXAMPLES 4          /* that schedules are compared on */
#define PERTURBED_MOST 2048 /* variables perturbed; of more, these many at random */
#define PERTURB_BATCH 128
#define DOMAIN_MOST 65536    /* settings of all variables that are summed over */
#define NAIVE_WORK_MOST 4e11 /* multiply-adds that the naive schedule may cost here */
#define CODED_MOST 64

typedef struct checker {
    lk_model *model;
    const lk_dataset *dataset; /* examples to check on */
    lk_graph *graph;           /* the present variant's */
    int32_t variant;
    lk_check_result *result;
} checker;

typedef lk_status check_function(checker *c);

void lk_check_say(lk_check_result *result, lk_verdict verdict, const char *format, ...) {
    if (result->verdict != LK_CHECK_FAILED) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(result->detail, sizeof result->detail, format, arguments);
        va_end(arguments);
        result->verdict = verdict;
    }
}

static int64_t example_count(const checker *c) {
    return c->dataset->examples < EXAMPLES ? c->dataset->examples : EXAMPLES;
}

/* ---- the checks ------------------------------------------------------------------------------ */

/* Building a graph proves it; a graph that leaks is refused with the path, so that reaching this
 * point is the proof. */
static lk_status check_proof(checker *c) {
    const lk_graph *graph = c->graph;
    for (int64_t v = 0; v < graph->variables; v++) {
        if (graph->fields[0].output->ready[v] > graph->rank[v]) {
            lk_check_say(c->result, LK_CHECK_FAILED, "variable %lld: ready at step %d, rank %d",
                         (long long)v, graph->fields[0].output->ready[v], graph->rank[v]);
        }
    }
    lk_check_say(c->result, LK_CHECK_PASSED,
                 "%lld conditionals in %d steps, each ready before its variable",
                 (long long)graph->variables, graph->steps);
    return LK_OK;
}

/* Copies every conditional's parameters out of an execution: [variables][count][channels]. */
static void copy_parameters(const lk_execution *execution, const lk_graph *graph, int64_t count,
                            float *to) {
    int64_t floats = count * lk_graph_channels(graph);
    for (int64_t v = 0; v < graph->variables; v++) {
        memcpy(to + v * floats, lk_execution_parameters(execution, v),
               (size_t)floats * sizeof(float));
    }
}

/* Whether perturbing `variable` moved a conditional that must not see it. */
static void compare_perturbed(checker *c, const float *before, const float *after, int64_t channels,
                              int64_t variable) {
    const lk_graph *graph = c->graph;
    for (int64_t v = 0; v < graph->variables; v++) {
        bool may_see = graph->rank[v] > graph->rank[variable];
        if (!may_see && memcmp(before + v * channels, after + v * channels,
                               (size_t)channels * sizeof(float)) != 0) {
            lk_check_say(
                c->result, LK_CHECK_FAILED,
                "changing variable %lld (rank %d) moved the conditional of variable %lld (rank %d)",
                (long long)variable, graph->rank[variable], (long long)v, graph->rank[v]);
        }
    }
}

static int64_t perturbed_variable(const checker *c, int64_t index, int64_t count) {
    int64_t variables = c->graph->variables;
    lk_random random = {1, LK_FOR_CHECK};
    return count == variables
               ? index
               : (int64_t)lk_random_below(random, 0, (uint64_t)index, (uint64_t)variables);
}

static lk_status perturb_batch(checker *c, lk_execution *execution, uint16_t *x, float *before,
                               float *after, int64_t first, int64_t count, int64_t all) {
    const lk_graph *graph = c->graph;
    int64_t variables = graph->variables, channels = lk_graph_channels(graph);
    for (int64_t n = 0; n < count; n++) {
        int64_t v = perturbed_variable(c, first + n, all);
        memcpy(x + n * variables, c->dataset->values, (size_t)variables * sizeof *x);
        x[n * variables + v] = (uint16_t)((x[n * variables + v] + 1) % graph->alphabet);
    }
    LK_TRY(lk_execution_forward(execution, x, count));
    for (int64_t n = 0; n < count; n++) {
        for (int64_t v = 0; v < variables; v++) {
            memcpy(after + v * channels, lk_execution_parameters(execution, v) + n * channels,
                   (size_t)channels * sizeof(float));
        }
        compare_perturbed(c, before, after, channels, perturbed_variable(c, first + n, all));
    }
    return LK_OK;
}

static lk_status check_perturbation(checker *c) {
    const lk_graph *graph = c->graph;
    int64_t variables = graph->variables, floats = variables * lk_graph_channels(graph);
    int64_t all = variables < PERTURBED_MOST ? variables : PERTURBED_MOST;
    lk_execution *execution = NULL;
    uint16_t *x = lk_allocate(PERTURB_BATCH * variables, sizeof *x);
    float *before = lk_allocate(floats, sizeof(float)), *after = lk_allocate(floats, sizeof(float));
    lk_status status =
        x == NULL || before == NULL || after == NULL
            ? lk_fail_no_memory(c->model->context, "check", floats * 8)
            : lk_execution_create(c->graph, LK_PLAN_EVALUATE, PERTURB_BATCH, &execution);
    if (status == LK_OK) {
        status = lk_execution_forward(execution, c->dataset->values, 1);
    }
    if (status == LK_OK) {
        copy_parameters(execution, graph, 1, before);
    }
    for (int64_t first = 0; status == LK_OK && first < all; first += PERTURB_BATCH) {
        int64_t count = all - first < PERTURB_BATCH ? all - first : PERTURB_BATCH;
        status = perturb_batch(c, execution, x, before, after, first, count, all);
    }
    lk_check_say(c->result, LK_CHECK_PASSED,
                 "%lld of %lld variables changed one by one; no conditional of their rank or "
                 "earlier moved a bit",
                 (long long)all, (long long)variables);
    lk_execution_destroy(execution);
    lk_release(x);
    lk_release(before);
    lk_release(after);
    return status;
}

/* Runs the incremental schedule on known examples and compares each conditional as it becomes
 * ready. */
static lk_status run_incremental(checker *c, const float *parallel, int64_t count) {
    const lk_graph *graph = c->graph;
    int64_t floats = count * lk_graph_channels(graph);
    lk_execution *execution;
    uint16_t column[EXAMPLES];
    LK_TRY(lk_execution_create(c->graph, LK_PLAN_INCREMENTAL, count, &execution));
    lk_status status = lk_execution_begin(execution, count);
    for (int32_t step = 0; status == LK_OK && step < graph->steps; step++) {
        status = lk_execution_compute(execution, step);
        for (int64_t i = graph->rank_begin[step];
             status == LK_OK && i < graph->rank_begin[step + 1]; i++) {
            int64_t v = graph->by_rank[i];
            if (memcmp(parallel + v * floats, lk_execution_parameters(execution, v),
                       (size_t)floats * sizeof(float))) {
                lk_check_say(c->result, LK_CHECK_FAILED,
                             "incremental and parallel schedules differ at variable %lld",
                             (long long)v);
            }
            for (int64_t n = 0; n < count; n++) {
                column[n] = c->dataset->values[n * graph->variables + v];
            }
            lk_execution_set(execution, v, column);
        }
    }
    lk_execution_destroy(execution);
    return status;
}

/* The naive schedule: a forward pass for each step with the later variables still zero. */
static lk_status run_naive(checker *c, lk_execution *execution, uint16_t *x, const float *parallel,
                           int64_t count) {
    const lk_graph *graph = c->graph;
    int64_t variables = graph->variables, floats = count * lk_graph_channels(graph);
    memset(x, 0, (size_t)(count * variables) * sizeof *x);
    for (int32_t step = 0; step < graph->steps; step++) {
        LK_TRY(lk_execution_forward(execution, x, count));
        for (int64_t i = graph->rank_begin[step]; i < graph->rank_begin[step + 1]; i++) {
            int64_t v = graph->by_rank[i];
            if (memcmp(parallel + v * floats, lk_execution_parameters(execution, v),
                       (size_t)floats * sizeof(float))) {
                lk_check_say(c->result, LK_CHECK_FAILED,
                             "naive and parallel schedules differ at variable %lld", (long long)v);
            }
        }
        for (int64_t i = graph->rank_begin[step]; i < graph->rank_begin[step + 1]; i++) {
            for (int64_t n = 0; n < count; n++) {
                x[n * variables + graph->by_rank[i]] =
                    c->dataset->values[n * variables + graph->by_rank[i]];
            }
        }
    }
    return LK_OK;
}

static lk_status check_schedules(checker *c) {
    const lk_graph *graph = c->graph;
    int64_t count = example_count(c), floats = graph->variables * count * lk_graph_channels(graph);
    bool naive = (double)lk_graph_multiply_adds_naive(graph) * (double)count <= NAIVE_WORK_MOST;
    lk_execution *execution = NULL;
    float *parallel = lk_allocate(floats, sizeof(float));
    uint16_t *x = lk_allocate(count * graph->variables, sizeof *x);
    lk_status status = parallel == NULL || x == NULL
                           ? lk_fail_no_memory(c->model->context, "check", floats * 4)
                           : lk_execution_create(c->graph, LK_PLAN_EVALUATE, count, &execution);
    if (status == LK_OK) {
        status = lk_execution_forward(execution, c->dataset->values, count);
    }
    if (status == LK_OK) {
        copy_parameters(execution, graph, count, parallel);
        status = run_incremental(c, parallel, count);
    }
    if (status == LK_OK && naive) {
        status = run_naive(c, execution, x, parallel, count);
    }
    lk_check_say(c->result, LK_CHECK_PASSED,
                 "parallel and incremental%s agree to the bit on %lld examples%s",
                 naive ? " and naive" : "", (long long)count,
                 naive ? "" : " (naive left out: too much work)");
    lk_execution_destroy(execution);
    lk_release(parallel);
    lk_release(x);
    return status;
}

/* Settings of all variables, or -1 when there are more than DOMAIN_MOST. */
static int64_t domain_size(const lk_graph *graph) {
    int64_t size = 1;
    for (int64_t v = 0; v < graph->variables; v++) {
        size *= graph->alphabet;
        if (size > DOMAIN_MOST) {
            return -1;
        }
    }
    return size;
}

static lk_status sum_domain(checker *c, int64_t size, double *total) {
    const lk_graph *graph = c->graph;
    int64_t variables = graph->variables;
    lk_execution *execution;
    uint16_t x[PERTURB_BATCH * 16];
    double nll[PERTURB_BATCH];
    LK_REQUIRE(variables <= 16); /* 2^16 is DOMAIN_MOST */
    LK_TRY(lk_execution_create(c->graph, LK_PLAN_EVALUATE, PERTURB_BATCH, &execution));
    lk_status status = LK_OK;
    *total = 0.0;
    for (int64_t first = 0; status == LK_OK && first < size; first += PERTURB_BATCH) {
        int64_t count = size - first < PERTURB_BATCH ? size - first : PERTURB_BATCH;
        for (int64_t n = 0; n < count; n++) {
            int64_t code = first + n;
            for (int64_t v = 0; v < variables; v++, code /= graph->alphabet) {
                x[n * variables + v] = (uint16_t)(code % graph->alphabet);
            }
        }
        status = lk_execution_forward(execution, x, count);
        if (status == LK_OK) {
            status = lk_execution_nll(execution, nll, NULL);
        }
        for (int64_t n = 0; status == LK_OK && n < count; n++) {
            *total += lk_double_exp(-nll[n]);
        }
    }
    lk_execution_destroy(execution);
    return status;
}

static lk_status check_sum(checker *c) {
    int64_t size = domain_size(c->graph);
    if (size < 0) {
        lk_check_say(
            c->result, LK_CHECK_SKIPPED,
            "the domain has more than %d settings; each conditional sums to one by construction",
            DOMAIN_MOST);
        return LK_OK;
    }
    double total;
    LK_TRY(sum_domain(c, size, &total));
    /* Each conditional is rounded to float32: 6e-8 for each variable, and some for the sums. */
    double tolerance = 1e-5;
    if (!(total > 1.0 - tolerance && total < 1.0 + tolerance)) {
        lk_check_say(c->result, LK_CHECK_FAILED,
                     "the probabilities of all %lld settings sum to %.9f", (long long)size, total);
    }
    lk_check_say(c->result, LK_CHECK_PASSED, "the probabilities of all %lld settings sum to %.9f",
                 (long long)size, total);
    return LK_OK;
}

static lk_status code(const checker *c, lk_items *items, const char *path, lk_codec_report *report,
                      lk_restored *restored) {
    lk_codec_options options = {
        .chunk = (lk_items_count(items) + 1) / 2, .lanes = 8, .skip_verify = true};
    LK_TRY(lk_compress_file(c->model, items, path, &options, report));
    lk_status status = lk_decompress_file(c->model, path, path, NULL, restored);
    if (status != LK_OK) {
        lk_check_say(c->result, LK_CHECK_FAILED, "what was compressed cannot be restored: %s",
                     lk_context_message(c->model->context));
    }
    return status == LK_NO_MEMORY ? status : LK_OK;
}

static lk_status restore(checker *c, const lk_dataset *part, const char *path) {
    lk_codec_report report;
    lk_restored restored = {0};
    lk_items *items;
    LK_TRY(lk_items_of_dataset(c->model->context, part, lk_model_view(c->model), &items));
    lk_status status = code(c, items, path, &report, &restored);
    lk_items_close(items);
    size_t bytes = (size_t)(part->examples * part->variables) * sizeof *part->values;
    if (restored.dataset != NULL && (restored.items != part->examples ||
                                     memcmp(restored.dataset->values, part->values, bytes) != 0)) {
        lk_check_say(c->result, LK_CHECK_FAILED,
                     "what was restored differs from what was compressed");
    }
    if (restored.dataset != NULL) {
        lk_check_say(c->result, LK_CHECK_PASSED,
                     "%lld examples compressed by the parallel schedule, restored by the "
                     "incremental one: %lld bytes",
                     (long long)part->examples, (long long)report.bytes);
    }
    lk_restored_deinit(&restored);
    return status;
}

static lk_status check_restore(checker *c) {
    lk_dataset part = *c->dataset;
    part.examples = part.examples < CODED_MOST ? part.examples : CODED_MOST;
    const char *folder = getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp";
    char path[512];
    snprintf(path, sizeof path, "%s/likely-check-XXXXXX", folder);
    int descriptor = mkstemp(path);
    if (descriptor < 0) {
        lk_check_say(c->result, LK_CHECK_SKIPPED,
                     "cannot write to %s: set TMPDIR to a folder that can be written", folder);
        return LK_OK;
    }
    close(descriptor);
    lk_status status = restore(c, &part, path);
    unlink(path);
    return status;
}

/* ---- all ------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    check_function *run;
    bool once;     /* of the model, not of each variant */
    bool examples; /* not of a model of texts */
} checks[] = {
    {"causality proof", check_proof, false, false},
    {"perturbation", check_perturbation, false, false},
    {"schedules agree", check_schedules, false, false},
    {"sums to one", check_sum, false, false},
    {"compress and restore", check_restore, true, true},
};

static int32_t count_checks(const lk_model *model) {
    int32_t count = 0;
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        count += checks[i].examples && model->data.stream ? 0 : 1; /* they stand last */
    }
    return count;
}

static lk_status check_variant(checker *c, lk_check_result *results) {
    for (int32_t i = 0; i < count_checks(c->model); i++) {
        if (c->variant == 0 || !checks[i].once) {
            c->result = &results[i];
            LK_TRY(checks[i].run(c));
        }
    }
    return LK_OK;
}

static lk_status check_all(lk_model *model, const lk_dataset *dataset, lk_check_result *results) {
    checker c = {.model = model, .dataset = dataset};
    for (c.variant = 0; c.variant < lk_model_variants(model); c.variant++) {
        LK_TRY(lk_model_graph(model, c.variant, &c.graph));
        lk_status status = check_variant(&c, results);
        lk_graph_destroy(c.graph);
        LK_TRY(status);
    }
    return LK_OK;
}

lk_status lk_check(lk_model *model, const lk_dataset *dataset, lk_check_result *results,
                   int32_t *count) {
    *count = count_checks(model);
    for (int32_t i = 0; i < *count; i++) {
        results[i] = (lk_check_result){.name = checks[i].name, .verdict = LK_CHECK_PASSED};
    }
    if (dataset != NULL) {
        LK_TRY(lk_model_accepts(model, dataset));
        return check_all(model, dataset, results);
    }
    lk_dataset *drawn;
    lk_sample_options options = {.count = CODED_MOST, .seed = 1, .temperature = 1.0f};
    LK_TRY(lk_sample(model, &options, &drawn));
    lk_status status = check_all(model, drawn, results);
    lk_dataset_destroy(drawn);
    return status;
}
