/* Truncated back-propagation through time (Williams and Peng, Neural Computation 1990; Karpathy
 * 2015), window after window of lanes side by side. An "example" is a window of one lane.
 *
 * One text of T symbols is cut into as many lanes as a minibatch has examples. Lanes begin at
 * another place in each epoch, drawn by (LK_FOR_SHUFFLE, epoch), the text's end joined to its
 * beginning; what does not fill a window is left for other epochs.
 *
 * Of several texts each is an item, and nothing is carried from one to another: groups of as many
 * texts as there are lanes, of similar length, run from their beginnings to the end of the longest;
 * lanes whose text has ended count nothing. The groups come in an order drawn by (LK_FOR_SHUFFLE,
 * epoch).
 *
 * Validation of one text runs lanes too, since one lane alone would take longer than the training
 * of an epoch: each begins without knowing what stands before it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/random.h"
#include "models/run.h"
#include "models/take.h"
#include "train/feed.h"

#define VALIDATION_LANES 32
#define VALIDATION_WINDOWS 16 /* that a lane has at least */
#define HASH_AT_ONCE 65536

/* ---- what is run together -------------------------------------------------------------------- */

static int64_t longest_first(const void *a, const void *b) {
    const lk_text_place *x = a, *y = b;
    return x->length != y->length ? (x->length < y->length) - (x->length > y->length)
                                  : (x->item > y->item) - (x->item < y->item);
}

static int compare_places(const void *a, const void *b) {
    return (int)longest_first(a, b);
}

static int64_t windows_of(const lk_trainer *t, int64_t group) {
    int64_t window = t->model->data.variables;
    return (t->places[group * t->batch_capacity].length + window - 1) / window;
}

/* Texts by their lengths, and how many windows all groups have. */
static lk_status arrange(lk_trainer *t) {
    int64_t count = lk_items_count(t->train_texts), window = t->model->data.variables;
    t->batch_capacity = count < t->options.batch_size ? count : t->options.batch_size;
    t->groups = (count + t->batch_capacity - 1) / t->batch_capacity;
    t->places = lk_allocate(count, sizeof *t->places);
    t->group_order = lk_allocate(t->groups, sizeof *t->group_order);
    t->active = lk_allocate(window, sizeof *t->active);
    if (t->places == NULL || t->group_order == NULL || t->active == NULL) {
        return lk_fail_no_memory(t->model->context, "texts", count * 16);
    }
    for (int64_t i = 0; i < count; i++) {
        t->places[i] = (lk_text_place){i, lk_items_length(t->train_texts, i)};
    }
    qsort(t->places, (size_t)count, sizeof *t->places, compare_places);
    for (int64_t group = 0; group < t->groups; group++) {
        t->epoch_batches += windows_of(t, group);
    }
    t->epoch_examples = (lk_items_total(t->train_texts) + window - 1) / window;
    return LK_OK;
}

static lk_status measure_one(lk_trainer *t) {
    int64_t window = t->model->data.variables, length = lk_items_length(t->train_texts, 0);
    if (length < window) {
        return lk_fail(t->model->context, LK_INVALID,
                       "%s: %lld symbols do not fill a window of %lld", t->train_path,
                       (long long)length, (long long)window);
    }
    int64_t windows = length / window;
    t->batch_capacity = windows < t->options.batch_size ? windows : t->options.batch_size;
    t->epoch_batches = length / t->batch_capacity / window;
    t->epoch_examples = t->epoch_batches * t->batch_capacity;
    return LK_OK;
}

static bool is_one(const lk_trainer *t) {
    return lk_items_count(t->train_texts) == 1;
}

static lk_status init(lk_trainer *t) {
    lk_model *model = t->model;
    LK_REQUIRE(model->data.stream);
    t->train_path = lk_items_path(t->train_texts);
    if (model->data.labels > 0 && lk_items_labels(t->train_texts) == NULL) {
        return lk_fail(model->context, LK_MISMATCH,
                       "%s: the texts have no labels, which the model wants to be given: put them "
                       "into folders named as their classes",
                       t->train_path);
    }
    LK_TRY(lk_model_accepts_local(model, t->train_texts));
    LK_TRY(t->valid_texts != NULL ? lk_model_accepts_local(model, t->valid_texts) : LK_OK);
    LK_TRY(is_one(t) ? measure_one(t) : arrange(t));
    t->validates = t->valid_texts != NULL;
    t->valid_examples = t->validates ? lk_items_total(t->valid_texts) / model->data.variables : 0;
    t->valid_examples_last = 1;
    LK_TRY(lk_windows_create(model, lk_trainer_asked_slices(t), t->batch_capacity, &t->windows));
    t->slices = lk_windows_slices(t->windows);
    t->slices_of_0_1 = 1;
    int64_t symbols = t->batch_capacity * model->data.variables;
    t->window_symbols = lk_allocate(symbols, sizeof *t->window_symbols);
    int64_t along =
        model->data.local.alphabet > 0 ? symbols / lk_model_unit(model) * LK_LOCAL_CELLS : 0;
    t->window_along = along > 0 ? lk_allocate(along, sizeof *t->window_along) : NULL;
    t->lane_labels = lk_allocate(t->batch_capacity, sizeof *t->lane_labels);
    t->carried = lk_allocate(lk_windows_carried(t->windows), sizeof *t->carried);
    return t->window_symbols != NULL && t->lane_labels != NULL && t->carried != NULL &&
                   (t->window_along != NULL || along == 0)
               ? LK_OK
               : lk_fail_no_memory(model->context, "lanes", 2 * (symbols + along));
}

static void deinit(lk_trainer *t) {
    lk_release(t->window_symbols);
    lk_release(t->window_along);
    lk_release(t->lane_labels);
    lk_release(t->carried);
    lk_release(t->places);
    lk_release(t->group_order);
    lk_release(t->active);
    lk_windows_destroy(t->windows);
    lk_run_close(t->valid_run);
    lk_walk_close(t->walk);
}

/* ---- training -------------------------------------------------------------------------------- */

/* The group of the present minibatch, and which of its windows that is. */
static int64_t group_at(const lk_trainer *t, int64_t *window) {
    int64_t at = 0;
    *window = t->state.position;
    while (*window >= windows_of(t, t->group_order[at])) {
        *window -= windows_of(t, t->group_order[at++]);
    }
    return t->group_order[at];
}

static int64_t lanes_of(const lk_trainer *t, int64_t group) {
    int64_t left = lk_items_count(t->train_texts) - group * t->batch_capacity;
    return left < t->batch_capacity ? left : t->batch_capacity;
}

static lk_status begin_lanes(lk_trainer *t, int64_t group) {
    const uint16_t *labels = lk_items_labels(t->train_texts);
    for (int64_t lane = 0; lane < t->batch_capacity && labels != NULL; lane++) {
        int64_t item = is_one(t) ? 0
                       : lane < lanes_of(t, group)
                           ? t->places[group * t->batch_capacity + lane].item
                           : t->places[group * t->batch_capacity].item;
        t->lane_labels[lane] = labels[item];
    }
    return lk_windows_begin(t->windows, t->model->data.labels > 0 ? t->lane_labels : NULL);
}

static lk_status begin(lk_trainer *t) {
    int64_t group = 0, window = t->state.position;
    if (!is_one(t)) {
        lk_random random = {t->options.seed, LK_FOR_SHUFFLE};
        lk_random_permutation(random, (uint64_t)t->state.epoch, t->groups, t->group_order);
        group = group_at(t, &window);
    }
    LK_TRY(begin_lanes(t, group));
    if (window > 0) {
        lk_windows_restore(t->windows, window * t->model->data.variables, t->carried);
    }
    return LK_OK;
}

/* What is given along a lane's window, from symbol `first` of its item on. */
static lk_status read_along(lk_trainer *t, int64_t lane, int64_t item, int64_t first, int64_t count,
                            int64_t at) {
    int64_t unit = lk_model_unit(t->model), window = t->model->data.variables / unit;
    uint16_t *along = t->window_along == NULL
                          ? NULL
                          : t->window_along + (lane * window + at / unit) * LK_LOCAL_CELLS;
    return along == NULL
               ? LK_OK
               : lk_items_local_cells(t->train_texts, item, first / unit, count / unit, along);
}

/* A lane's window, symbols of the one text from `first` on, its end joined to its beginning. */
static lk_status read_round(lk_trainer *t, int64_t lane, int64_t first) {
    lk_items *text = t->train_texts;
    int64_t length = lk_items_length(text, 0), count = t->model->data.variables;
    uint16_t *symbols = t->window_symbols + lane * count;
    first %= length;
    int64_t here = first + count <= length ? count : length - first;
    LK_TRY(lk_items_read(text, 0, first, here, symbols));
    LK_TRY(read_along(t, lane, 0, first, here, 0));
    LK_TRY(lk_items_read(text, 0, 0, count - here, symbols + here));
    return read_along(t, lane, 0, 0, count - here, here);
}

static lk_status read_one(lk_trainer *t) {
    int64_t window = t->model->data.variables, length = lk_items_length(t->train_texts, 0);
    lk_random random = {t->options.seed, LK_FOR_SHUFFLE};
    int64_t unit = lk_model_unit(t->model), units = length / unit;
    int64_t offset =
        (int64_t)lk_random_below(random, (uint64_t)t->state.epoch, 0, (uint64_t)units) * unit;
    for (int64_t lane = 0; lane < t->batch_capacity; lane++) {
        int64_t first =
            offset + lane * (units / t->batch_capacity) * unit + t->state.position * window;
        LK_TRY(read_round(t, lane, first));
    }
    return LK_OK;
}

/* The next window of a group: symbols that are there, 0 beyond; how many lanes have one. */
static lk_status read_group(lk_trainer *t, int64_t group, int64_t number) {
    int64_t window = t->model->data.variables, first = number * window;
    memset(t->active, 0, (size_t)window * sizeof *t->active);
    memset(t->window_symbols, 0, (size_t)(t->batch_capacity * window) * sizeof *t->window_symbols);
    for (int64_t lane = 0; lane < t->batch_capacity; lane++) { /* no lane: as the first */
        int64_t there = lane < lanes_of(t, group) ? lane : 0;
        int64_t item = t->places[group * t->batch_capacity + there].item;
        LK_TRY(read_along(t, lane, item, first, window, 0));
    }
    for (int64_t lane = 0; lane < lanes_of(t, group); lane++) {
        const lk_text_place *place = &t->places[group * t->batch_capacity + lane];
        int64_t left = place->length - first, here = left < window ? left : window;
        if (here > 0) {
            LK_TRY(lk_items_read(t->train_texts, place->item, first, here,
                                 t->window_symbols + lane * window));
        }
        for (int64_t i = 0; i < here; i++) {
            t->active[i] = lane + 1; /* the longest come first */
        }
    }
    return LK_OK;
}

static lk_status run(lk_trainer *t) {
    if (is_one(t)) {
        LK_TRY(read_one(t));
    } else {
        int64_t number, group = group_at(t, &number);
        if (number == 0) {
            LK_TRY(begin_lanes(t, group));
        }
        LK_TRY(read_group(t, group, number));
    }
    t->batch_count = t->batch_capacity;
    lk_slices_set_training(t->slices, true, t->options.seed, (uint64_t)t->state.step);
    return lk_windows_train(t->windows, t->window_symbols, t->window_along, t->active,
                            t->batch_nll);
}

static int64_t example(const lk_trainer *t, int64_t i) {
    return t->state.position * t->batch_count + i;
}

/* ---- validation ------------------------------------------------------------------------------ */

static int64_t validation_lanes(const lk_trainer *t) {
    int64_t lanes =
        lk_items_length(t->valid_texts, 0) / (VALIDATION_WINDOWS * t->model->data.variables);
    return lanes < 1 ? 1 : lanes < VALIDATION_LANES ? lanes : VALIDATION_LANES;
}

/* Symbols of each lane: whole units. */
static int64_t validated_of_lane(const lk_trainer *t, int64_t lanes) {
    int64_t unit = lk_model_unit(t->model);
    return lk_items_length(t->valid_texts, 0) / unit / lanes * unit;
}

/* For the run: lanes are parts of one text. */
static lk_status read_valid_local(void *argument, int64_t lane, int64_t first, int64_t count,
                                  uint16_t *cells) {
    const lk_trainer *t = argument;
    int64_t each = validated_of_lane(t, validation_lanes(t)) / lk_model_unit(t->model);
    return lk_items_local_cells(t->valid_texts, 0, lane * each + first, count, cells);
}

/* The next `here` symbols of every lane. */
static lk_status validate_window(lk_trainer *t, int64_t lanes, int64_t done, int64_t here,
                                 uint16_t *x, double *total) {
    int64_t each = validated_of_lane(t, lanes);
    double nll[VALIDATION_LANES];
    for (int64_t lane = 0; lane < lanes; lane++) {
        LK_TRY(lk_items_read(t->valid_texts, 0, lane * each + done, here, x + lane * here));
    }
    LK_TRY(lk_run_forward(t->valid_run, x, here));
    LK_TRY(lk_run_nll(t->valid_run, nll, NULL));
    for (int64_t lane = 0; lane < lanes; lane++) {
        *total += nll[lane];
    }
    return LK_OK;
}

static lk_status validate_one(lk_trainer *t, double *nll_nats) {
    int64_t lanes = validation_lanes(t), window = t->model->data.variables;
    int64_t each = validated_of_lane(t, lanes);
    const uint16_t *label = lk_items_labels(t->valid_texts);
    uint16_t given[VALIDATION_LANES];
    for (int64_t lane = 0; lane < lanes && label != NULL; lane++) {
        given[lane] = *label;
    }
    if (t->valid_run == NULL) {
        lk_run_options options = {
            .shape = {1, {0}}, .schedules = LK_BOTH, .lanes = lanes, .window = window};
        LK_TRY(lk_run_open(t->model, &options, &t->valid_run));
    }
    lk_run_set_local(t->valid_run, (lk_local_reader){read_valid_local, t});
    uint16_t *x = lk_allocate(lanes * window, sizeof *x);
    lk_status status = x == NULL ? lk_fail_no_memory(t->model->context, "lanes", lanes * window * 2)
                                 : lk_run_begin(t->valid_run, lanes, label != NULL ? given : NULL);
    double total = 0;
    for (int64_t done = 0; done < each && status == LK_OK; done += window) {
        int64_t here = each - done < window ? each - done : window;
        status = validate_window(t, lanes, done, here, x, &total);
        lk_trainer_tell_validated(t, (done + here) * lanes, each * lanes);
    }
    lk_release(x);
    *nll_nats = total / (double)(each * lanes) * (double)window;
    return status;
}

static lk_status add_nll(void *argument, const lk_passage *passage) {
    double *total = argument;
    for (int64_t i = 0; i < passage->count; i++) {
        *total += passage->nats[i];
    }
    return LK_OK;
}

static lk_status validate(lk_trainer *t, bool last, double *nll_nats) {
    (void)last;
    if (lk_items_count(t->valid_texts) == 1) {
        return validate_one(t, nll_nats);
    }
    double total = 0.0;
    const lk_walk_options how = {.progress = lk_trainer_tell_validated, .progress_argument = t};
    const lk_sink sink = {add_nll, &total};
    if (t->walk == NULL) {
        LK_TRY(lk_walk_open(t->model, &t->walk));
    }
    LK_TRY(lk_walk_along(t->walk, t->valid_texts, &how, &sink, 1));
    LK_TRY(lk_trainer_share(t, &total, sizeof total));
    *nll_nats = total / (double)lk_items_total(t->valid_texts) * (double)t->model->data.variables;
    return LK_OK;
}

static lk_status baselines(const lk_trainer *t, lk_baselines *b) {
    lk_items *of = t->validates ? t->valid_texts : t->train_texts;
    LK_TRY(lk_baselines_of_texts(t->model, t->train_texts, of, b));
    double window = (double)t->model->data.variables;
    *b = (lk_baselines){b->uniform * window, b->independent * window};
    return LK_OK;
}

/* ---- what is said of the data ---------------------------------------------------------------- */

/* And the slower sequence beside it. */
static lk_status hash_local(const lk_items *texts, int64_t item, uint16_t *symbols,
                            XXH3_state_t *state) {
    const lk_local *local = lk_items_local(texts);
    int64_t length = local != NULL ? lk_local_length(local, item) : 0;
    for (int64_t at = 0; at < length; at += HASH_AT_ONCE) {
        int64_t here = length - at < HASH_AT_ONCE ? length - at : HASH_AT_ONCE;
        LK_TRY(lk_local_read(local, item, at, here, symbols));
        XXH3_128bits_update(state, symbols, (size_t)here * sizeof *symbols);
    }
    return LK_OK;
}

static lk_status hash_text(lk_items *texts, int64_t item, uint16_t *symbols, XXH3_state_t *state) {
    int64_t length = lk_items_length(texts, item);
    for (int64_t at = 0; at < length; at += HASH_AT_ONCE) {
        int64_t here = length - at < HASH_AT_ONCE ? length - at : HASH_AT_ONCE;
        LK_TRY(lk_items_read(texts, item, at, here, symbols));
        XXH3_128bits_update(state, symbols, (size_t)here * sizeof *symbols);
    }
    return hash_local(texts, item, symbols, state);
}

static lk_status hash(const lk_trainer *t, bool valid, json_t **text) {
    lk_items *texts = valid ? t->valid_texts : t->train_texts;
    *text = NULL;
    if (texts == NULL) {
        *text = json_string("none");
        return LK_OK;
    }
    lk_status status = LK_OK;
    uint16_t *symbols = lk_allocate(HASH_AT_ONCE, sizeof *symbols);
    XXH3_state_t *state = XXH3_createState();
    bool made = symbols != NULL && state != NULL && XXH3_128bits_reset(state) == XXH_OK;
    for (int64_t i = 0; made && status == LK_OK && i < lk_items_count(texts); i++) {
        status = hash_text(texts, i, symbols, state);
    }
    if (made && status == LK_OK) {
        *text = lk_history_hash(XXH3_128bits_digest(state), lk_items_total(texts), "symbols");
    }
    XXH3_freeState(state);
    lk_release(symbols);
    return status;
}

static json_t *describe(const lk_trainer *t, bool valid) {
    const lk_items *texts = valid ? t->valid_texts : t->train_texts;
    return texts == NULL ? json_null()
                         : json_pack("{s:o, s:I}", "path", lk_json_bytes(lk_items_path(texts)),
                                     "symbols", (json_int_t)lk_items_total(texts));
}

const lk_feed lk_feed_texts = {init,     deinit,    begin, run,     example,
                               validate, baselines, hash,  describe};
