#include "models/walk.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/measure.h"
#include "base/memory.h"
#include "models/mixture.h"
#include "models/passages.h"
#include "models/take.h"
#include "team/team.h"

#define LANES 256
/* Fewer lanes when a run would take more: what fits in caches is faster. 150 images by a PixelCNN
 * took 0.35 s in eights, 1.3 s side by side. */
#define BYTES_MOST ((double)(INT64_C(1) << 26))
#define HANDED_BYTES (INT64_C(1) << 26) /* of what a rank of a team holds for rank 0 */
#define TERMS_MOST (INT64_C(1) << 26)   /* of all networks, held for the chain rule */

struct lk_walk {
    const lk_model *model;
    /* Of the present walk. */
    lk_walk_options options;
    lk_items *items;
    const lk_symbols *text; /* NULL: the items are no texts */
    const lk_sink *sinks;
    int32_t sink_count;
    int64_t count, most, networks; /* of the items; side by side, at most; mixed */
    int64_t item;                  /* of the present group's first lane */
    /* Kept. */
    lk_run **runs; /* [run_count], owned: one that turns, or one for each network that learns */
    int64_t run_count;
    lk_shape shape;        /* what they were opened for: */
    int64_t asked, kept;   /* lanes; networks whose terms are kept */
    int64_t lanes, window; /* lanes that there are; variables of a forward */
    lk_arena *arena;       /* owned: all that follows, and the list of runs */
    uint16_t *symbols;     /* [lanes][window] */
    uint32_t *characters;  /* [lanes][window], of texts */
    float *terms;          /* [kept][lanes][window] */
    double *nats;          /* [window]; of several networks [lanes][window] */
    double *sums;          /* [networks][lanes]: of the present forward */
    double *nll;           /* [lanes]: of the items so far */
    int64_t *variable;     /* [window]: place -> variable, of the first network; of several */
    double *scratch;       /* [workers][lk_mixture_scratch]: of several */
    lk_buffer handed;      /* owned: of a rank that is not 0, passages on their way there */
};

/* Items side by side. Of a team one rank runs them, and rank 0 is told. */
typedef struct group {
    int64_t item, lanes, longest;
    int64_t number; /* of those that are shared out; all of them are rank 0's: 0 */
} group;

/* ---- life ------------------------------------------------------------------------------------ */

lk_status lk_walk_open(const lk_model *model, lk_walk **walk) {
    *walk = lk_allocate(1, sizeof **walk);
    if (*walk == NULL) {
        return lk_fail_no_memory(model->context, "a walk", (int64_t)sizeof **walk);
    }
    (*walk)->model = model;
    return LK_OK;
}

static void forget(lk_walk *walk) {
    for (int64_t k = 0; walk->runs != NULL && k < walk->run_count; k++) {
        lk_run_close(walk->runs[k]);
    }
    lk_arena_destroy(walk->arena);
    lk_buffer_release(&walk->handed);
    *walk = (lk_walk){.model = walk->model};
}

void lk_walk_close(lk_walk *walk) {
    if (walk != NULL) {
        forget(walk);
        lk_release(walk);
    }
}

/* 0: all */
static int64_t at_most(int64_t wanted, int64_t all) {
    return wanted > 0 && wanted < all ? wanted : all;
}

/* ---- runs and buffers ------------------------------------------------------------------------ */

static lk_status take_buffers(lk_walk *walk) {
    int64_t slice = walk->lanes * walk->window, all = lk_model_variants(walk->model);
    int64_t workers = lk_pool_threads(walk->model->context->pool);
    bool mixes = walk->kept > 1;
    walk->symbols = lk_arena_take(walk->arena, slice, sizeof *walk->symbols);
    walk->characters = lk_arena_take(walk->arena, walk->text != NULL ? slice : 0, 4);
    walk->terms = lk_arena_take(walk->arena, walk->kept * slice, sizeof *walk->terms);
    walk->nats = lk_arena_take(walk->arena, mixes ? slice : walk->window, sizeof *walk->nats);
    walk->sums = lk_arena_take(walk->arena, all * walk->lanes, sizeof *walk->sums);
    walk->nll = lk_arena_take(walk->arena, walk->lanes, sizeof *walk->nll);
    walk->variable = lk_arena_take(walk->arena, mixes ? walk->window : 0, sizeof *walk->variable);
    walk->scratch = lk_arena_take(walk->arena, mixes ? workers * lk_mixture_scratch(walk->kept) : 0,
                                  sizeof *walk->scratch);
    if (lk_arena_failed(walk->arena)) {
        return lk_fail_no_memory(walk->model->context, "a walk", (walk->kept * 4 + 2) * slice);
    }
    for (int64_t place = 0; place < walk->window && mixes; place++) {
        walk->variable[place] = lk_run_variable(walk->runs[0], place);
    }
    return LK_OK;
}

/* As many lanes as there are items, up to a bound, and as fit in memory: one picture costs one
 * picture. */
static lk_status open_runs(lk_walk *walk) {
    lk_run_options how = {.shape = walk->shape, .learning_rate = walk->options.learning_rate};
    int64_t terms = walk->kept * lk_items_length(walk->items, 0);
    how.lanes = walk->kept > 1 ? at_most(1 + TERMS_MOST / terms, walk->asked) : walk->asked;
    if (walk->options.lanes == 0) {
        LK_TRY(lk_run_fit(walk->model, &how, BYTES_MOST, &how.lanes));
    }
    walk->lanes = how.lanes;
    walk->run_count = how.learning_rate != 0.0f ? walk->networks : 1;
    walk->arena = lk_arena_create();
    if (walk->arena != NULL) {
        walk->runs = lk_arena_take(walk->arena, walk->run_count, sizeof *walk->runs);
    }
    if (walk->runs == NULL) {
        return lk_fail_no_memory(walk->model->context, "a walk", walk->run_count * 8);
    }
    for (int64_t k = 0; k < walk->run_count; k++) {
        how.network = k;
        LK_TRY(lk_run_open(walk->model, &how, &walk->runs[k]));
    }
    int64_t length = lk_run_variables(walk->runs[0]);
    LK_REQUIRE(walk->text != NULL || lk_items_length(walk->items, 0) == length);
    walk->window = lk_run_window(walk->runs[0]);
    return take_buffers(walk);
}

/* At which shape the model runs over the items. */
static lk_status find_shape(const lk_model *model, const lk_items *items, lk_shape *shape) {
    const lk_symbols *text = lk_items_symbols(items);
    *shape = (lk_shape){1, {0}};
    if (text == NULL && !model->data.stream) {
        return lk_model_takes(model, lk_items_dataset(items), shape);
    }
    return model->data.stream && text != NULL && lk_symbols_equal(text, &model->data.symbols)
               ? LK_OK
               : lk_fail(model->context, LK_MISMATCH, "%s: these are no %s of the model's symbols",
                         lk_items_path(items), model->data.stream ? "texts" : "examples");
}

/* Runs that learn are opened anew, those that do not are kept if they can be. */
static lk_status prepare(lk_walk *walk, lk_items *items, const lk_walk_options *options) {
    lk_walk_options o = options != NULL ? *options : (lk_walk_options){0};
    lk_shape shape;
    LK_TRY(find_shape(walk->model, items, &shape));
    int64_t count = at_most(o.items, lk_items_count(items));
    int64_t networks = at_most(o.networks, lk_model_variants(walk->model));
    int64_t kept = o.terms ? networks : 1;
    int64_t asked = at_most(o.learning_rate != 0.0f ? 1 : o.lanes > 0 ? o.lanes : LANES, count);
    if (o.learning_rate != 0.0f || walk->options.learning_rate != 0.0f || asked > walk->asked ||
        kept > walk->kept || !lk_shape_equal(walk->shape, shape)) {
        forget(walk);
    }
    o.labels = o.labels != NULL ? o.labels : lk_items_labels(items);
    walk->options = o;
    walk->items = items;
    walk->text = lk_items_symbols(items);
    walk->count = count;
    walk->most = asked;
    walk->networks = networks;
    if (walk->arena != NULL) {
        return LK_OK;
    }
    walk->shape = shape;
    walk->asked = asked;
    walk->kept = kept;
    return open_runs(walk);
}

/* Every label is one that the model knows. */
static lk_status check_labels(const lk_walk *walk) {
    const lk_data_description *data = &walk->model->data;
    const uint16_t *labels = walk->options.labels;
    for (int64_t i = 0; i < walk->count && data->labels > 0; i++) {
        if (labels == NULL || labels[i] >= data->labels) {
            return lk_fail(walk->model->context, LK_MISMATCH,
                           "%s: the model is given labels 0..%d, and example %lld has %s",
                           lk_items_path(walk->items), data->labels - 1, (long long)i + 1,
                           labels == NULL ? "none: a file of labels is needed" : "another");
        }
    }
    return LK_OK;
}

/* ---- a step of a group ----------------------------------------------------------------------- */

/* Symbols of an item in [at, at + count). */
static int64_t held(const lk_walk *walk, int64_t item, int64_t at, int64_t count) {
    int64_t left = lk_items_length(walk->items, item) - at;
    return left < 0 ? 0 : left < count ? left : count;
}

/* [lanes][count]; what lies beyond an item's end is run as symbol 0 and not told. */
static lk_status read_lanes(lk_walk *walk, const group *g, int64_t at, int64_t count) {
    memset(walk->symbols, 0, (size_t)(g->lanes * count) * sizeof *walk->symbols);
    for (int64_t n = 0; n < g->lanes; n++) {
        int64_t item = g->item + n, here = held(walk, item, at, count);
        uint16_t *symbols = walk->symbols + n * count;
        uint32_t *characters = walk->text != NULL ? walk->characters + n * count : NULL;
        LK_TRY(here == 0            ? LK_OK
               : walk->text == NULL ? lk_items_read(walk->items, item, at, here, symbols)
                                    : lk_items_characters(walk->items, item, at, here, characters));
        for (int64_t i = 0; walk->text != NULL && i < here; i++) {
            symbols[i] = lk_symbols_find(walk->text, characters[i]);
        }
    }
    return LK_OK;
}

static lk_status not_a_number(const lk_walk *walk, const lk_run *run, int64_t item, int64_t first,
                              const float *terms, int64_t count) {
    const char *node = lk_run_first_not_finite(run);
    bool texts = lk_items_dataset(walk->items) == NULL;
    int64_t place = 0;
    while (place + 1 < count && !isnan(terms[place])) {
        place++;
    }
    return lk_fail(walk->model->context, LK_NOT_FINITE,
                   "%s: the surprisal of %s %lld of %s %lld is not a number%s%s: %s",
                   lk_items_path(walk->items), texts ? "symbol" : "variable",
                   (long long)(first + place) + (texts ? 0 : 1), texts ? "text" : "example",
                   (long long)item + 1, node != NULL ? "; seen first at node " : "",
                   node != NULL ? node : "",
                   walk->options.learning_rate != 0.0f
                       ? lk_advice_or(walk->model->context, "adapt",
                                      "the model learned too fast, take a lower --adapt",
                                      "the model learned too fast, take a lower learning_rate")
                       : "the model's weights are damaged or have diverged");
}

/* One forward takes an item, whose NLL is the sum that it gives. */
static bool taken_whole(const lk_walk *walk) {
    return walk->text == NULL && lk_run_variables(walk->runs[0]) == walk->window;
}

/* For runs of a model that is given a slower sequence. */
static lk_status read_local(void *argument, int64_t lane, int64_t first, int64_t count,
                            uint16_t *cells) {
    const lk_walk *walk = argument;
    return lk_items_local_cells(walk->items, walk->item + lane, first, count, cells);
}

/* Network k over the group: sums, and terms where they are needed. */
static lk_status forward(lk_walk *walk, const group *g, int64_t at, int64_t count, int64_t k) {
    lk_run *run = walk->runs[walk->run_count > 1 ? k : 0];
    float *terms = walk->terms + (walk->kept > 1 ? k * walk->lanes * walk->window : 0);
    const uint16_t *labels = walk->options.labels;
    if (walk->run_count == 1 && lk_model_variants(walk->model) > 1) {
        LK_TRY(lk_run_turn(run, k));
    }
    if (at == 0) {
        walk->item = g->item;
        lk_run_set_local(run, (lk_local_reader){read_local, walk});
        LK_TRY(lk_run_begin(run, g->lanes, labels != NULL ? labels + g->item : NULL));
    }
    LK_TRY(lk_run_forward(run, walk->symbols, count));
    bool sums = taken_whole(walk) && !walk->options.terms;
    LK_TRY(lk_run_nll(run, walk->sums + k * walk->lanes, sums ? NULL : terms));
    for (int64_t n = 0; n < g->lanes; n++) {
        if (isnan(walk->sums[k * walk->lanes + n])) {
            LK_TRY(lk_run_nll(run, walk->sums + k * walk->lanes, terms));
            return not_a_number(walk, run, g->item + n, at, terms + n * count, count);
        }
    }
    return LK_OK;
}

/* The surprisals of a lane of one network: terms, and what escapes cost. Returns their number. */
static int64_t add_up(lk_walk *walk, int64_t n, int64_t count, int64_t here) {
    const float *terms = walk->terms + n * count;
    int64_t escapes = 0;
    for (int64_t i = 0; i < here; i++) {
        bool escaped =
            walk->text != NULL && lk_symbols_escapes(walk->text, walk->symbols[n * count + i]);
        walk->nats[i] = (double)terms[i] + (escaped ? LK_ESCAPED_BITS * LK_NATS_PER_BIT : 0.0);
        walk->nll[n] += walk->nats[i];
        escapes += escaped;
    }
    return escapes;
}

/* The surprisals of a lane that is taken whole. */
static const double *whole_item(const lk_walk *walk, int64_t n) {
    const float *terms = walk->terms + n * walk->window;
    double *nats = walk->nats + (walk->networks > 1 ? n * walk->window : 0);
    for (int64_t i = 0; i < walk->window && walk->networks == 1; i++) {
        nats[i] = (double)terms[i];
    }
    return nats;
}

/* The same, of several networks. */
static void mix_lane(void *argument, int64_t lane, int worker) {
    const lk_walk *walk = argument;
    const lk_mixture mixture = {.kernels = walk->model->context->kernels,
                                .networks = walk->networks,
                                .variables = walk->window,
                                .variable = walk->variable,
                                .terms = walk->terms + lane * walk->window,
                                .stride = walk->lanes * walk->window};
    lk_mixture_terms(&mixture, walk->scratch + worker * lk_mixture_scratch(walk->kept),
                     walk->nats + lane * walk->window);
}

static lk_status tell_sinks(const lk_walk *walk, const lk_passage *passage) {
    for (int32_t s = 0; s < walk->sink_count; s++) {
        LK_TRY(walk->sinks[s].take(walk->sinks[s].argument, passage));
    }
    return LK_OK;
}

/* What this rank has for rank 0, and whether there will be more of the group. */
static lk_status hand_in(lk_walk *walk, const group *g, lk_status status, bool more) {
    lk_context *context = walk->model->context;
    int64_t end = more;
    lk_buffer_put(&walk->handed, &end, sizeof end);
    if (status == LK_OK && walk->handed.failed) {
        status = lk_fail_no_memory(context, "passages", HANDED_BYTES);
    }
    status = lk_team_hand_in(context->team, context, g->number, status, &walk->handed.data,
                             &walk->handed.size);
    walk->handed.size = 0;
    return status;
}

static lk_status tell(lk_walk *walk, const group *g, int64_t n, int64_t at, int64_t count) {
    int64_t here = held(walk, g->item + n, at, count);
    lk_passage passage = {.item = g->item + n,
                          .first = at,
                          .count = here,
                          .symbols = walk->symbols + n * count,
                          .characters = walk->text != NULL ? walk->characters + n * count : NULL,
                          .nats = walk->nats,
                          .view = lk_items_view(walk->items),
                          .last = at + here == lk_items_length(walk->items, g->item + n)};
    if (here == 0) {
        return LK_OK;
    }
    if (!taken_whole(walk)) {
        passage.escapes = add_up(walk, n, count, here);
    } else {
        walk->nll[n] = walk->networks == 1
                           ? walk->sums[n]
                           : lk_mixture_nll(walk->sums + n, walk->lanes, walk->networks);
        passage.network_nats = walk->networks == 1 ? NULL : walk->sums + n;
        passage.network_stride = walk->lanes;
        passage.nats = walk->options.terms ? whole_item(walk, n) : NULL;
    }
    passage.nll_nats = walk->nll[n];
    if (lk_team_rank(walk->model->context->team) == 0) {
        return tell_sinks(walk, &passage);
    }
    lk_passage_put(&walk->handed, &passage, walk->networks);
    return walk->handed.size < HANDED_BYTES ? LK_OK : hand_in(walk, g, LK_OK, true);
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* Items of very different lengths are not side by side: at most half of what is run lies beyond
 * ends. */
static group group_from(const lk_walk *walk, int64_t item) {
    group g = {.item = item};
    int64_t left = walk->count - item, most = walk->lanes < walk->most ? walk->lanes : walk->most;
    for (int64_t total = 0; g.lanes < most && g.lanes < left; g.lanes++) {
        int64_t length = lk_items_length(walk->items, item + g.lanes);
        int64_t longest = length > g.longest ? length : g.longest;
        total += length;
        if (g.lanes > 0 && (g.lanes + 1) * longest > 2 * total) {
            break;
        }
        g.longest = longest;
    }
    return g;
}

/* *done, in symbols, is told in these of texts, else in items. */
static lk_status tell_done(const lk_walk *walk, const group *g, int64_t done) {
    const lk_walk_options *o = &walk->options;
    int64_t per = walk->text != NULL ? 1 : g->longest;
    int64_t all = walk->text != NULL ? lk_items_total(walk->items) : walk->count;
    bool first = lk_team_rank(walk->model->context->team) == 0;
    return !first || o->progress == NULL || o->progress(o->progress_argument, done / per, all)
               ? LK_OK
               : lk_fail(walk->model->context, LK_INTERRUPTED, "%s: interrupted",
                         lk_items_path(walk->items));
}

static lk_status walk_group(lk_walk *walk, const group *g, int64_t *done) {
    const lk_walk_options *o = &walk->options;
    memset(walk->nll, 0, (size_t)g->lanes * sizeof *walk->nll);
    for (int64_t at = 0; at < g->longest; at += walk->window) {
        int64_t left = g->longest - at, count = left < walk->window ? left : walk->window;
        LK_TRY(read_lanes(walk, g, at, count));
        for (int64_t k = walk->networks - 1; k >= 0; k--) { /* the first last: it stays */
            LK_TRY(forward(walk, g, at, count, k));
        }
        if (walk->networks > 1 && o->terms) {
            lk_pool_run(walk->model->context->pool, g->lanes, mix_lane, walk);
        }
        for (int64_t n = 0; n < g->lanes; n++) {
            LK_TRY(tell(walk, g, n, at, count));
            *done += held(walk, g->item + n, at, count);
        }
        for (int64_t k = 0; k < walk->run_count; k++) {
            LK_TRY(lk_run_learn(walk->runs[k]));
        }
        LK_TRY(tell_done(walk, g, *done));
    }
    return LK_OK;
}

/* What another rank has to tell of its group. */
static lk_status take_group(lk_walk *walk, const group *g, int64_t *done) {
    lk_context *context = walk->model->context;
    const lk_view *view = lk_items_view(walk->items);
    for (int64_t more = 1; more != 0;) {
        uint8_t *bytes;
        int64_t size;
        LK_TRY(lk_team_hand_in(context->team, context, g->number, LK_OK, &bytes, &size));
        const uint8_t *at = bytes, *end = bytes + size - sizeof more;
        lk_status status = LK_OK;
        while (at < end && status == LK_OK) {
            lk_passage passage;
            at = lk_passage_take(at, view, &passage);
            *done += passage.count;
            status = tell_sinks(walk, &passage);
        }
        memcpy(&more, end, sizeof more);
        lk_release(bytes);
        LK_TRY(status);
        LK_TRY(tell_done(walk, g, *done));
    }
    return LK_OK;
}

static lk_status share_group(lk_walk *walk, const group *g, int64_t *done) {
    const lk_team *team = walk->model->context->team;
    if (!lk_team_does(team, g->number)) {
        return lk_team_rank(team) == 0 ? take_group(walk, g, done) : LK_OK;
    }
    lk_status status = walk_group(walk, g, done);
    return lk_team_rank(team) == 0 ? status : hand_in(walk, g, status, false);
}

lk_status lk_walk_along(lk_walk *walk, lk_items *items, const lk_walk_options *options,
                        const lk_sink *sinks, int32_t sink_count) {
    int64_t done = 0;
    lk_status status = prepare(walk, items, options);
    if (status != LK_OK) {
        forget(walk);
        return status;
    }
    LK_TRY(check_labels(walk));
    LK_TRY(walk->text != NULL ? lk_model_accepts_local(walk->model, items) : LK_OK);
    walk->sinks = sinks;
    walk->sink_count = sink_count;
    bool shared = walk->options.learning_rate == 0.0f; /* else each needs what the one before it
                                                          has learned */
    int64_t number = 0;
    for (group g = group_from(walk, 0); g.lanes > 0; g = group_from(walk, g.item + g.lanes)) {
        g.number = shared ? number++ : 0;
        LK_TRY(share_group(walk, &g, &done));
    }
    return LK_OK;
}

lk_status lk_walk_once(const lk_model *model, lk_items *items, const lk_walk_options *options,
                       const lk_sink *sinks, int32_t sink_count) {
    lk_walk *walk;
    LK_TRY(lk_walk_open(model, &walk));
    lk_status status = lk_walk_along(walk, items, options, sinks, sink_count);
    lk_walk_close(walk);
    return status;
}
