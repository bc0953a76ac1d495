#include "jobs/check.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/memory.h"
#include "jobs/check_inside.h"
#include "jobs/sample.h"
#include "models/run.h"
#include "models/take.h"

#define DRAWN_MOST 64 /* examples, of so many values together; but DRAWN_LEAST */
#define DRAWN_VALUES ((int64_t)1 << 24)
#define DRAWN_LEAST 2
#define DRAWN_SYMBOLS 3000
#define EXAMPLE_BYTES_MOST ((double)(1 << 30)) /* of one example beside which others are run */

void lk_check_say(lk_check_result *result, lk_verdict verdict, const char *format, ...) {
    if (result->verdict != LK_CHECK_FAILED) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(result->detail, sizeof result->detail, format, arguments);
        va_end(arguments);
        result->verdict = verdict;
    }
}

static const struct {
    const char *name;
    lk_status (*run)(lk_checker *c);
    bool once;  /* of the model, not of each network */
    bool texts; /* of models of texts alone: these stand last */
} checks[] = {
    {"causality proof", lk_check_proof, false, false},
    {"perturbation", lk_check_perturbation, false, false},
    {"schedules agree", lk_check_schedules, false, false},
    {"sums to one", lk_check_sum, false, false},
    {"learning", lk_check_learning, true, false},
    {"compress and restore", lk_check_restore, true, false},
    {"the same, learning", lk_check_restore_learning, true, true},
};
#define CHECKS ((int32_t)(sizeof checks / sizeof *checks))

static void begin(lk_check_result *results, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        results[i] = (lk_check_result){.name = checks[i].name, .verdict = LK_CHECK_PASSED};
    }
}

static lk_status run_checks(lk_checker *c, lk_check_result *results, int32_t count) {
    for (c->network = 0; c->network < lk_model_variants(c->model); c->network++) {
        for (int32_t i = 0; i < count; i++) {
            c->result = &results[i];
            LK_TRY(c->network == 0 || !checks[i].once ? checks[i].run(c) : LK_OK);
        }
    }
    return LK_OK;
}

/* Of examples so large that two of them side by side would fill the memory: building their networks
 * proves them causal, and the rest is left out. */
static lk_status prove_alone(lk_checker *c, double bytes, lk_check_result *results, int32_t count) {
    LK_REQUIRE(checks[0].run == lk_check_proof);
    for (c->network = 0; c->network < lk_model_variants(c->model); c->network++) {
        c->result = &results[0];
        LK_TRY(lk_check_proof(c));
    }
    for (int32_t i = 1; i < count; i++) {
        lk_check_say(&results[i], LK_CHECK_SKIPPED,
                     "the values of one example take %.1f GB: the check looks at no more than %.1f",
                     bytes / 1e9, EXAMPLE_BYTES_MOST / 1e9);
    }
    return LK_OK;
}

/* What one example takes; 0: texts, along which the network slides. */
static lk_status example_bytes(const lk_checker *c, double *bytes) {
    lk_run_options how = {.shape = c->shape, .schedules = LK_BOTH};
    *bytes = 0;
    return c->model->data.stream ? LK_OK : lk_run_bytes(c->model, &how, 1, bytes);
}

static lk_status run_or_prove(lk_checker *c, lk_check_result *results, int32_t count) {
    double bytes;
    LK_TRY(example_bytes(c, &bytes));
    return bytes > EXAMPLE_BYTES_MOST ? prove_alone(c, bytes, results, count)
                                      : run_checks(c, results, count);
}

/* ---- what they run on ------------------------------------------------------------------------ */

static lk_status accept(lk_checker *c) {
    const lk_model *model = c->model;
    const lk_dataset *dataset = lk_items_dataset(c->items);
    if (model->data.labels > 0 && lk_items_labels(c->items) == NULL) {
        return lk_fail(model->context, LK_MISMATCH,
                       "%s: the model is of p(x | label), and nothing says what the labels are",
                       lk_items_path(c->items));
    }
    c->shape = (lk_shape){1, {0}};
    LK_TRY(lk_model_accepts_local(model, c->items));
    return model->data.stream ? LK_OK : lk_model_takes(model, dataset, &c->shape);
}

/* Examples, or one text; with each label in turn. */
static lk_status draw(const lk_model *model, const lk_local *local, lk_dataset **drawn) {
    uint16_t labels[DRAWN_MOST];
    bool text = model->data.stream;
    int64_t symbols = DRAWN_SYMBOLS - DRAWN_SYMBOLS % lk_model_unit(model);
    int64_t fit = DRAWN_VALUES / model->data.variables;
    fit = fit < DRAWN_MOST ? fit : DRAWN_MOST;
    for (int32_t i = 0; i < DRAWN_MOST && model->data.labels > 0; i++) {
        labels[i] = (uint16_t)(i % model->data.labels);
    }
    lk_sample_options options = {.count = text                ? 1
                                          : fit > DRAWN_LEAST ? fit
                                                              : DRAWN_LEAST,
                                 .seed = 1,
                                 .temperature = 1.0f,
                                 .shape = text ? (lk_shape){1, {symbols}} : model->data.shape,
                                 .labels = model->data.labels > 0 ? labels : NULL,
                                 .label_count = DRAWN_MOST,
                                 .local = local};
    return lk_sample(model, &options, drawn);
}

static lk_status check_drawn(lk_checker *c, lk_check_result *results, int32_t count) {
    const lk_model *model = c->model;
    lk_dataset *drawn;
    double bytes;
    c->shape = model->data.shape;
    LK_TRY(example_bytes(c, &bytes));
    if (bytes > EXAMPLE_BYTES_MOST) {
        return prove_alone(c, bytes, results, count);
    }
    lk_local *local;
    LK_TRY(lk_model_draw_local(model, DRAWN_SYMBOLS, &local));
    lk_status status = draw(model, local, &drawn);
    status = status == LK_OK ? lk_model_items(model, drawn, &c->items) : status;
    if (status != LK_OK) {
        lk_local_destroy(local);
        return status;
    }
    lk_items_local_take(c->items, local);
    status = accept(c);
    status = status == LK_OK ? run_checks(c, results, count) : status;
    lk_items_close(c->items);
    lk_dataset_destroy(drawn);
    return status;
}

lk_status lk_check(lk_model *model, lk_items *items, lk_check_result *results, int32_t *count) {
    lk_checker c = {.model = model, .items = items};
    *count = CHECKS - (model->data.stream ? 0 : 1);
    begin(results, *count);
    if (items == NULL) {
        return check_drawn(&c, results, *count);
    }
    LK_TRY(accept(&c));
    return run_or_prove(&c, results, *count);
}
