/* Minibatches of the examples of a data set. */
#include <math.h>
#include <stdio.h>

#include "base/arena.h"
#include "train/feed.h"
#include "train/version_0_1.h"

#define VALIDATION_SHARE 0.25 /* of a planned time */
#define VALIDATED_LEAST 100

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
    LK_TRY(lk_model_accepts_labels(model, train));
    return valid != NULL ? lk_model_accepts(model, valid) : LK_OK;
}

/* What the first step runs on. */
static lk_status first_graph(lk_trainer *t, lk_graph **graph) {
    t->bound_variant = 0;
    if (t->model->family->build_known == NULL) {
        return lk_networks_graph(&t->networks, 0, graph);
    }
    LK_TRY(lk_model_graph_known(t->model, &t->known_graph));
    *graph = t->known_graph;
    return lk_known_init(&t->known, t->known_graph, t->batch_capacity, t->options.seed);
}

static lk_status make_slices(lk_trainer *t) {
    lk_graph *graph;
    LK_TRY(first_graph(t, &graph));
    lk_slices_options cut = {.batch = t->batch_capacity, .slices = lk_trainer_asked_slices(t)};
    t->slices_of_0_1 =
        t->networks.count > 1 ? 1 : lk_slices_of_version_0_1(graph, t->batch_capacity);
    cut.slices = cut.slices > 0 ? cut.slices : lk_slices_choose(graph, cut.batch);
    return lk_slices_create(graph, cut, &t->slices);
}

static lk_status begin_validation(lk_trainer *t) {
    int64_t networks = t->networks.count;
    int64_t asked = networks < LK_VALIDATION_VARIANTS ? networks : LK_VALIDATION_VARIANTS;
    t->valid_examples = t->valid->examples * asked;
    t->valid_examples_last = networks > asked ? 1 + (double)networks / (double)asked : 1;
    LK_TRY(lk_items_matched(t->model, t->valid, &t->valid_items));
    t->valid_nll = lk_allocate(t->valid->examples, sizeof *t->valid_nll);
    return t->valid_nll != NULL ? LK_OK
                                : lk_fail_no_memory(t->model->context, "likelihoods",
                                                    t->valid->examples * (int64_t)sizeof(double));
}

static lk_status init(lk_trainer *t) {
    lk_model *model = t->model;
    LK_TRY(check_data(model, t->train, t->valid));
    LK_TRY(lk_batches_init(&t->batches, model->context, t->train, lk_model_view(model),
                           model->data.binarization, t->options.batch_size, t->options.seed));
    LK_TRY(lk_networks_init(&t->networks, model));
    LK_TRY(lk_walk_open(model, &t->walk));
    t->batch_capacity = t->batches.batch_size;
    t->epoch_batches = t->batches.batches;
    t->epoch_examples = t->train->examples;
    t->validates = t->valid != NULL;
    t->train_path = t->train->path;
    LK_TRY(t->validates ? begin_validation(t) : LK_OK);
    return make_slices(t);
}

static void deinit(lk_trainer *t) {
    lk_release(t->valid_nll);
    lk_batches_deinit(&t->batches);
    lk_walk_close(t->walk);
    lk_items_close(t->valid_items);
    lk_dataset_destroy(t->valid_part);
    lk_slices_destroy(t->slices);
    lk_known_deinit(&t->known);
    lk_graph_destroy(t->known_graph);
    lk_networks_deinit(&t->networks);
}

static lk_status begin(lk_trainer *t) {
    lk_batches_begin(&t->batches, t->state.epoch);
    return LK_OK;
}

/* Turns the slices to the network of the step's variant. */
static lk_status bind(lk_trainer *t) {
    int32_t variant = (int32_t)(t->state.step % t->networks.count);
    if (variant != t->bound_variant) {
        lk_graph *graph;
        LK_TRY(lk_networks_graph(&t->networks, variant, &graph));
        lk_slices_rebind(t->slices, graph);
        t->bound_variant = variant;
    }
    return LK_OK;
}

/* From what is known of each example to the rest of it. */
static lk_status run_known(lk_trainer *t) {
    const lk_batches *b = &t->batches;
    const uint16_t *labels = t->model->data.labels > 0 ? b->given : NULL;
    lk_known_draw(&t->known, t->state.step, b->x, labels, b->count);
    lk_slices_set_example_weights(t->slices, t->known.weight);
    return lk_slices_run(t->slices, b->x, t->known.given, b->count, t->batch_nll);
}

static lk_status run(lk_trainer *t) {
    const lk_batches *b = &t->batches;
    lk_batches_gather(&t->batches, t->state.position);
    t->batch_count = b->count;
    lk_slices_set_training(t->slices, true, t->options.seed, (uint64_t)t->state.step);
    if (t->known_graph != NULL) {
        return run_known(t);
    }
    LK_TRY(bind(t));
    return lk_slices_run(t->slices, b->x, b->given, b->count, t->batch_nll);
}

static int64_t example(const lk_trainer *t, int64_t i) {
    return t->batches.order[t->batches.first + i];
}

/* Of a training that is planned by time validation gets a share: as many examples as it suffices
 * for, spread evenly. */
static lk_status take_part(lk_trainer *t) {
    lk_context *context = t->model->context;
    int64_t all = t->valid->examples;
    double share = VALIDATION_SHARE * t->state.plan_seconds / lk_trainer_validation_ahead(t);
    int64_t count = (int64_t)((double)all * share);
    count = count > VALIDATED_LEAST ? count : VALIDATED_LEAST;
    int32_t *order = count < all ? lk_allocate(count, sizeof *order) : NULL;
    if (order == NULL) {
        return count < all ? lk_fail_no_memory(context, "validation data", count * 4) : LK_OK;
    }
    for (int64_t i = 0; i < count; i++) {
        order[i] = (int32_t)(i * all / count);
    }
    lk_status status = lk_dataset_select(context, t->valid, order, count, &t->valid_part);
    lk_release(order);
    LK_TRY(status);
    lk_items_close(t->valid_items);
    lk_release(t->valid_nll);
    t->valid_items = NULL;
    t->valid_nll = NULL;
    t->valid = t->valid_part;
    snprintf(
        t->note, sizeof t->note,
        "validated on %lld of %lld examples, spread evenly: all would take more than a quarter "
        "of the time",
        (long long)count, (long long)all);
    return begin_validation(t);
}

static bool is_too_long(const lk_trainer *t) {
    return t->state.best_epoch == 0 && t->valid_part == NULL && t->state.plan_seconds > 0 &&
           t->valid->crops == NULL &&
           lk_trainer_validation_ahead(t) > VALIDATION_SHARE * t->state.plan_seconds;
}

/* What was scored last by the same networks need not be scored again. */
static lk_status validate(lk_trainer *t, bool last, double *nll_nats) {
    LK_TRY(is_too_long(t) ? take_part(t) : LK_OK);
    const lk_walk_options how = {.networks = last ? 0 : LK_VALIDATION_VARIANTS, /* 0: all */
                                 .progress = lk_trainer_tell_validated,
                                 .progress_argument = t};
    const lk_sink sink = lk_nll_sink(t->valid_nll);
    bool scored = last && t->scored_kept && t->networks.count <= LK_VALIDATION_VARIANTS;
    LK_TRY(scored ? LK_OK : lk_walk_along(t->walk, t->valid_items, &how, &sink, 1));
    LK_TRY(lk_trainer_share(t, t->valid_nll, t->valid->examples * (int64_t)sizeof *t->valid_nll));
    *nll_nats = lk_mean(t->valid_nll, t->valid->examples);
    return last ? lk_model_calibrate(t->model, t->valid_nll, t->valid->examples) : LK_OK;
}

static lk_status baselines(const lk_trainer *t, lk_baselines *b) {
    return lk_baselines_of_examples(t->model, t->train, t->validates ? t->valid : t->train, b);
}

static lk_status hash(const lk_trainer *t, bool valid, json_t **text) {
    const lk_dataset *data = valid ? t->valid : t->train;
    if (data == NULL) {
        *text = json_string("none");
        return LK_OK;
    }
    int64_t values = data->examples * data->variables;
    *text = lk_history_hash(XXH3_128bits(data->values, (size_t)values * sizeof *data->values),
                            data->examples, "examples");
    return LK_OK;
}

static json_t *describe(const lk_trainer *t, bool valid) {
    const lk_dataset *data = valid ? t->valid : t->train;
    return data != NULL ? lk_history_data(data) : json_null();
}

const lk_feed lk_feed_examples = {init,     deinit,    begin, run,     example,
                                  validate, baselines, hash,  describe};
