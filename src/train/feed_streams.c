/* Truncated back-propagation through time (Williams and Peng, Neural Computation 1990; Karpathy
 * 2015). A stream of T symbols is cut into as many lanes as a minibatch has examples, which run
 * side by side, window after window; the states at a window's end are the next one's beginning, and
 * gradients stop there. Lanes begin at another place in each epoch, drawn by (LK_FOR_SHUFFLE,
 * epoch), the text's end joined to its beginning; what does not fill a window is left for other
 * epochs. An "example" is a window of one lane.
 *
 * Validation runs lanes too, since one lane alone would take longer than the training of an epoch:
 * each begins without knowing what stands before it. */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/random.h"
#include "train/feed.h"

#define VALIDATION_LANES 32
#define VALIDATION_WINDOWS 16 /* that a lane has at least */
#define HASH_AT_ONCE 65536

static lk_status init(lk_trainer *t) {
    lk_model *model = t->model;
    int64_t window = model->data.variables, length = lk_stream_length(t->train_stream);
    LK_REQUIRE(model->data.stream);
    t->train_path = lk_stream_path(t->train_stream);
    if (length < window) {
        return lk_fail(model->context, LK_INVALID, "%s: %lld symbols do not fill a window of %lld",
                       t->train_path, (long long)length, (long long)window);
    }
    t->batch_capacity =
        length / window < t->options.batch_size ? length / window : t->options.batch_size;
    t->epoch_batches = length / t->batch_capacity / window;
    t->epoch_examples = t->epoch_batches * t->batch_capacity;
    t->validates = t->valid_stream != NULL;
    LK_TRY(lk_flow_create_slices(model, lk_trainer_asked_slices(t), t->batch_capacity, window,
                                 &t->flow));
    t->slices = lk_flow_slices(t->flow);
    t->slices_of_0_1 = 1;
    t->window_symbols = lk_allocate(t->batch_capacity * window, sizeof *t->window_symbols);
    t->carried =
        lk_allocate(lk_flow_carried_floats(t->flow) * t->batch_capacity, sizeof *t->carried);
    if (t->window_symbols == NULL || t->carried == NULL) {
        return lk_fail_no_memory(model->context, "lanes", t->batch_capacity * window * 2);
    }
    return LK_OK;
}

static void deinit(lk_trainer *t) {
    lk_release(t->window_symbols);
    lk_release(t->carried);
    lk_flow_destroy(t->flow);
    lk_flow_destroy(t->valid_flow);
}

static lk_status begin(lk_trainer *t) {
    LK_TRY(lk_flow_begin(t->flow, t->batch_capacity));
    if (t->state.position > 0) {
        lk_flow_restore(t->flow, t->state.position * t->model->data.variables, t->carried);
    }
    return LK_OK;
}

/* The stream's symbols from `first` on, its end joined to its beginning. */
static lk_status read_round(lk_stream *stream, int64_t first, int64_t count, uint16_t *symbols) {
    int64_t length = lk_stream_length(stream);
    first %= length;
    int64_t here = first + count <= length ? count : length - first;
    LK_TRY(lk_stream_read(stream, first, here, symbols));
    return lk_stream_read(stream, 0, count - here, symbols + here);
}

static lk_status run(lk_trainer *t) {
    int64_t window = t->model->data.variables, length = lk_stream_length(t->train_stream);
    lk_random random = {t->options.seed, LK_FOR_SHUFFLE};
    int64_t offset =
        (int64_t)lk_random_below(random, (uint64_t)t->state.epoch, 0, (uint64_t)length);
    for (int64_t lane = 0; lane < t->batch_capacity; lane++) {
        int64_t first = offset + lane * (length / t->batch_capacity) + t->state.position * window;
        LK_TRY(read_round(t->train_stream, first, window, t->window_symbols + lane * window));
    }
    t->batch_count = t->batch_capacity;
    lk_slices_set_training(t->slices, true, t->options.seed, (uint64_t)t->state.step);
    return lk_flow_train(t->flow, t->window_symbols, t->batch_nll);
}

static int64_t example(const lk_trainer *t, int64_t i) {
    return t->state.position * t->batch_count + i;
}

/* ---- validation ------------------------------------------------------------------------------ */

static int64_t validation_lanes(const lk_trainer *t) {
    int64_t lanes =
        lk_stream_length(t->valid_stream) / (VALIDATION_WINDOWS * t->model->data.variables);
    return lanes < 1 ? 1 : lanes < VALIDATION_LANES ? lanes : VALIDATION_LANES;
}

/* The next `here` symbols of every lane. */
static lk_status validate_window(lk_trainer *t, int64_t lanes, int64_t done, int64_t here,
                                 uint16_t *x, double *total) {
    int64_t each = lk_stream_length(t->valid_stream) / lanes;
    double nll[VALIDATION_LANES];
    for (int64_t lane = 0; lane < lanes; lane++) {
        LK_TRY(lk_stream_read(t->valid_stream, lane * each + done, here, x + lane * here));
    }
    LK_TRY(lk_flow_forward(t->valid_flow, x, here));
    LK_TRY(lk_flow_nll(t->valid_flow, nll, NULL));
    for (int64_t lane = 0; lane < lanes; lane++) {
        *total += nll[lane];
    }
    return LK_OK;
}

static lk_status validate(lk_trainer *t, bool last, double *nll_nats) {
    (void)last;
    int64_t lanes = validation_lanes(t), window = t->model->data.variables;
    int64_t each = lk_stream_length(t->valid_stream) / lanes;
    if (t->valid_flow == NULL) {
        LK_TRY(lk_flow_create(t->model, LK_PLAN_INCREMENTAL, lanes, window, &t->valid_flow));
    }
    uint16_t *x = lk_allocate(lanes * window, sizeof *x);
    lk_status status = x == NULL ? lk_fail_no_memory(t->model->context, "lanes", lanes * window * 2)
                                 : lk_flow_begin(t->valid_flow, lanes);
    double total = 0;
    for (int64_t done = 0; done < each && status == LK_OK; done += window) {
        int64_t here = each - done < window ? each - done : window;
        status = validate_window(t, lanes, done, here, x, &total);
    }
    lk_release(x);
    *nll_nats = total / (double)(each * lanes) * (double)window;
    return status;
}

/* ---- what is said of the data ---------------------------------------------------------------- */

static json_t *hash(const lk_trainer *t, bool valid) {
    lk_stream *stream = valid ? t->valid_stream : t->train_stream;
    if (stream == NULL) {
        return json_string("none");
    }
    uint16_t *symbols = lk_allocate(HASH_AT_ONCE, sizeof *symbols);
    XXH3_state_t *state = XXH3_createState();
    bool made = symbols != NULL && state != NULL && XXH3_128bits_reset(state) == XXH_OK;
    int64_t length = lk_stream_length(stream);
    for (int64_t at = 0; at < length && made; at += HASH_AT_ONCE) {
        int64_t here = length - at < HASH_AT_ONCE ? length - at : HASH_AT_ONCE;
        made = lk_stream_read(stream, at, here, symbols) == LK_OK;
        XXH3_128bits_update(state, symbols, (size_t)here * sizeof *symbols);
    }
    json_t *text = made ? lk_history_hash(XXH3_128bits_digest(state), length, "symbols") : NULL;
    XXH3_freeState(state);
    lk_release(symbols);
    return text;
}

static json_t *describe(const lk_trainer *t, bool valid) {
    const lk_stream *stream = valid ? t->valid_stream : t->train_stream;
    return stream == NULL ? json_null()
                          : json_pack("{s:s, s:I}", "path", lk_stream_path(stream), "symbols",
                                      (json_int_t)lk_stream_length(stream));
}

const lk_feed lk_feed_streams = {init, deinit, begin, run, example, validate, hash, describe};
