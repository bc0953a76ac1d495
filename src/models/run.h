/* A run: one network of a model, opened over lanes of items, by either schedule. The only way from
 * a model to its numbers: evaluation, coding, sampling, scoring, checking and learning stand on it.
 *
 * An item is a picture, a row of a table, a text: what the model gives one likelihood. Lanes are
 * items side by side. The network is held whole, or it slides along an item, by symbols of a
 * sequence or rows of an image, so that memory is O(lanes x (lookback + window)) whatever the
 * item's length; neither can be seen in the bits. Conditionals are told by their place: a
 * variable's number in coding order, which is what both schedules go by.
 *
 *   parallel:     begin; forward of the next variables, until the item ends; each time read the
 *                 parameters or the terms of these places, then learn
 *   incremental:  begin; next, read the parameters of its places, set them all, learn; until the
 *                 item ends
 *
 * A run belongs to one thread at a time; any number of runs share a model. forward and next are
 * LK_INTERRUPTED when the context's watch wants the job to end. */
#ifndef LK_MODELS_RUN_H
#define LK_MODELS_RUN_H

#include "models/model.h"

typedef struct lk_run lk_run;

typedef enum lk_schedules {
    LK_PARALLEL,    /* forward alone, in the least memory */
    LK_INCREMENTAL, /* next and set alone, in the least memory */
    LK_BOTH,        /* from one begin to the next a run goes one of the two ways */
} lk_schedules;

typedef struct lk_run_options {
    int64_t network;     /* which of the model's */
    const int32_t *rank; /* [variables]: another ordering than the network's own; NULL: its own */
    /* Of the items, which may be another than the model's; 0 axes: its own. {1, {0}}: sequences
     * without an end, which a model of streams is always run along. */
    lk_shape shape;
    lk_schedules schedules;
    int64_t lanes;  /* at most; 0: 1 */
    int64_t window; /* variables of one forward, where the network slides; 0: chosen */
    /* Above 0: the model learns from what it is run along (dynamic evaluation), in weights of the
     * run's own. */
    float learning_rate;
    lk_pool *pool; /* to run on; NULL: the context's */
} lk_run_options;

/* LK_NO_MEMORY when it would need more than the context allows. The model must outlive it. */
lk_status lk_run_open(const lk_model *model, const lk_run_options *options, lk_run **run);
/* The same network with other values, of so many lanes, computed by `pool`: for another thread. Of
 * a run that does not learn; it must outlive the one beside it. */
lk_status lk_run_open_beside(const lk_run *run, int64_t lanes, lk_pool *pool, lk_run **beside);
void lk_run_close(lk_run *run);
/* To another network of the model, keeping the buffers: of a run that does not learn and holds its
 * network whole for the parallel schedule. */
lk_status lk_run_turn(lk_run *run, int64_t network);
/* Bytes of each lane. */
double lk_run_lane_bytes(const lk_run *run);
/* Bytes that so many lanes would take, with the window that would be chosen for them. */
lk_status lk_run_bytes(const lk_model *model, const lk_run_options *options, int64_t lanes,
                       double *bytes);
/* Bytes of the past of one lane, of a model of streams that is sampled or decoded: those that its
 * network reads, and those that are held for it, with room for what is new. */
lk_status lk_run_past(const lk_model *model, int64_t *read, int64_t *held);
/* Halves *lanes until they take at most `bytes`; 1 is taken whatever it needs. */
lk_status lk_run_fit(const lk_model *model, const lk_run_options *options, double bytes,
                     int64_t *lanes);

/* ---- what it is ------------------------------------------------------------------------------ */

/* Variables of an item; INT64_MAX when it has no end of its own. */
int64_t lk_run_variables(const lk_run *run);
/* Variables that one forward may take; every forward but an item's last takes them all. */
int64_t lk_run_window(const lk_run *run);
/* Variables of a position, of which every forward but an item's last takes whole ones. */
int64_t lk_run_unit(const lk_run *run);
int64_t lk_run_lanes(const lk_run *run);
/* Place -> variable; and the head of its conditional. */
int64_t lk_run_variable(const lk_run *run, int64_t place);
lk_head lk_run_head(const lk_run *run, int64_t place);
/* Behind the last place of the step to which this one belongs. */
int64_t lk_run_step_end(const lk_run *run, int64_t place);
/* The most channels and the largest alphabet of a head. */
int64_t lk_run_channels(const lk_run *run);
/* Of the network, or of the one that slides: for people and checks. */
const lk_graph *lk_run_graph(const lk_run *run);
/* Where a value that is not finite was first seen, for messages; NULL: nowhere. */
const char *lk_run_first_not_finite(const lk_run *run);

/* ---- running --------------------------------------------------------------------------------- */

/* To the beginning of `lanes` items, given[lanes][model's given values] (NULL if it has none).
 * Weights that have learned stay as they are. */
lk_status lk_run_begin(lk_run *run, int64_t lanes, const uint16_t *given);

/* Of a model that is given a slower sequence (data/local.h): where it is read, before begin. */
void lk_run_set_local(lk_run *run, lk_local_reader local);

/* Parallel: the next `count` variables of each lane, x[lanes][count]. */
lk_status lk_run_forward(lk_run *run, const uint16_t *x, int64_t count);
/* Of these: terms[lanes][count] (NULL: not wanted), nats, and their sums nll_nats[lanes], added up
 * in ascending order of variables, in double. */
lk_status lk_run_nll(lk_run *run, double *nll_nats, float *terms);

/* Incremental: computes the conditionals of the next step, places [*first, *last). */
lk_status lk_run_next(lk_run *run, int64_t *first, int64_t *last);
/* values[lanes]; when all places of the step are set, the run has moved on. */
void lk_run_set(lk_run *run, int64_t place, const uint16_t *values);

/* Parameters of the conditional at a place of the last forward or next, [lanes][channels of its
 * head]. */
const float *lk_run_parameters(const lk_run *run, int64_t place);

/* ---- learning -------------------------------------------------------------------------------- */

/* After every forward, and after every step that is set: learns when a learning window is full.
 * Nothing for runs that do not learn. */
lk_status lk_run_learn(lk_run *run);
/* The model's own weights again. */
void lk_run_forget(lk_run *run);

#define LK_LEARN_VARIABLES 32 /* of a learning window, where items are not taken whole */
#define LK_LEARN_RATE_MOST 1.0f
/* Whether a model learns at this rate; 0 stands elsewhere for one that does not. NaN is none. */
static inline bool lk_learn_rate_valid(float rate) {
    return rate > 0.0f && rate <= LK_LEARN_RATE_MOST;
}

#endif
