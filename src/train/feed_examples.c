/* Minibatches of the examples of a data set. */
#include <math.h>

#include "base/arena.h"
#include "train/feed.h"

/* For training with values drawn afresh the data are grey and of another alphabet than the
 * model. */
static lk_status check_data(const lk_model *model, const lk_dataset *train,
                            const lk_dataset *valid) {
    lk_dataset shape = *train;
    if (model->data.binarization == LK_BINARIZE_SAMPLE) {
        shape.alphabet =
            model->data.alphabet; /* only the number of variables is left to be checked */
    }
    LK_TRY(lk_model_accepts(model, &shape));
    return valid != NULL ? lk_model_accepts(model, valid) : LK_OK;
}

static lk_status init(lk_trainer *t) {
    lk_model *model = t->model;
    LK_TRY(check_data(model, t->train, t->valid));
    LK_TRY(lk_batches_init(&t->batches, model->context, t->train, model->data.binarization,
                           t->options.batch_size, t->options.seed));
    LK_TRY(lk_variants_init(&t->variants, model));
    LK_TRY(lk_walk_open(model, &t->walk));
    t->batch_capacity = t->batches.batch_size;
    t->epoch_batches = t->batches.batches;
    t->epoch_examples = t->train->examples;
    t->validates = t->valid != NULL;
    t->train_path = t->train->path;
    if (t->validates) {
        LK_TRY(lk_items_matched(model, t->valid, &t->valid_items));
        t->valid_nll = lk_allocate(t->valid->examples, sizeof *t->valid_nll);
    }
    return t->validates && t->valid_nll == NULL
               ? lk_fail_no_memory(model->context, "likelihoods",
                                   t->valid->examples * (int64_t)sizeof(double))
               : LK_OK;
}

static void deinit(lk_trainer *t) {
    lk_release(t->valid_nll);
    lk_batches_deinit(&t->batches);
    lk_walk_close(t->walk);
    lk_items_close(t->valid_items);
    if (t->slices == NULL) {
        lk_execution_destroy(t->execution);
    }
    lk_slices_destroy(t->slices);
    lk_variants_deinit(&t->variants);
}

static lk_status begin(lk_trainer *t) {
    lk_batches_begin(&t->batches, t->state.epoch);
    return LK_OK;
}

/* Networks whose values fill the caches are trained in slices; those of several variants share
 * their weights, which outweigh values. */
static lk_status make_execution(lk_trainer *t, lk_graph *graph) {
    if (t->variants.count > 1 || lk_slices_count(graph, t->batches.batch_size) == 1) {
        return lk_execution_create(graph, LK_PLAN_TRAIN, t->batches.batch_size, &t->execution);
    }
    LK_TRY(lk_slices_create(graph, t->batches.batch_size, &t->slices));
    t->execution = lk_slices_execution(t->slices);
    return LK_OK;
}

/* Turns the execution to the network of the step's variant. */
static lk_status bind(lk_trainer *t) {
    int32_t variant = (int32_t)(t->state.step % t->variants.count);
    if (variant == t->bound_variant) {
        return LK_OK;
    }
    lk_graph *graph;
    LK_TRY(lk_variants_graph(&t->variants, variant, &graph));
    if (t->execution == NULL) {
        LK_TRY(make_execution(t, graph));
    } else {
        lk_execution_rebind(t->execution, graph);
    }
    t->bound_variant = variant;
    return LK_OK;
}

static lk_status forward(lk_trainer *t) {
    LK_TRY(bind(t));
    lk_batches_gather(&t->batches, t->state.position);
    t->batch_count = t->batches.count;
    if (t->slices != NULL) {
        lk_slices_set_training(t->slices, true, t->options.seed, (uint64_t)t->state.step);
        return lk_slices_run(t->slices, t->batches.x, t->batches.count, t->batch_nll);
    }
    lk_execution_set_training(t->execution, true, t->options.seed, (uint64_t)t->state.step);
    LK_TRY(lk_execution_forward(t->execution, t->batches.x, t->batches.count));
    return lk_execution_nll(t->execution, t->batch_nll, NULL);
}

/* Slices have run backward too. */
static lk_status backward(lk_trainer *t) {
    return t->slices != NULL ? LK_OK : lk_execution_backward(t->execution);
}

static int64_t example(const lk_trainer *t, int64_t i) {
    return t->batches.order[t->batches.first + i];
}

static lk_status validate(lk_trainer *t, bool last, double *nll_nats) {
    const lk_walk_options how = {.networks = last ? 0 : LK_VALIDATION_VARIANTS}; /* 0: all */
    const lk_sink sink = lk_nll_sink(t->valid_nll);
    LK_TRY(lk_walk_along(t->walk, t->valid_items, &how, &sink, 1));
    *nll_nats = lk_mean(t->valid_nll, t->valid->examples);
    return last ? lk_model_calibrate(t->model, t->valid_nll, t->valid->examples) : LK_OK;
}

static json_t *hash(const lk_trainer *t, bool valid) {
    const lk_dataset *data = valid ? t->valid : t->train;
    if (data == NULL) {
        return json_string("none");
    }
    int64_t values = data->examples * data->variables;
    return lk_history_hash(XXH3_128bits(data->values, (size_t)values * sizeof *data->values),
                           data->examples, "examples");
}

static json_t *describe(const lk_trainer *t, bool valid) {
    const lk_dataset *data = valid ? t->valid : t->train;
    return data != NULL ? lk_history_data(data) : json_null();
}

const lk_feed lk_feed_examples = {init,    deinit,   begin, forward, backward,
                                  example, validate, hash,  describe};
