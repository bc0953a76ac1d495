/* Samples are drawn in batches small enough that what every step reads again, the values so far,
 * stays in a core's cache. Batches are pieces of pool work, each run by one worker from its first
 * variable to its last. When there are fewer of them than workers, and the operations of a step are
 * large enough to be shared, the workers share those of one batch; else batches are made smaller,
 * so that each worker has one. Texts are told symbol by symbol: their workers wait for each other
 * at every one. None of this can be seen in the samples: variable v of sample i is decided by the
 * random number (seed, i, v) and the conditional's inverse cumulative distribution. */
#include "jobs/sample_group.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/maths.h"
#include "base/random.h"
#include "dist/dist.h"
#include "team/team.h"

#define BATCH_MOST 1024
#define CACHE_BYTES ((double)(2 << 20))
#define BATCH_LEAST 32 /* fewer fill no kernel; then memory bounds the batch instead */
#define MEMORY_BYTES ((double)(512 << 20)) /* of one worker */

/* All workers'. */
typedef struct studio {
    const lk_sample_group *group;
    struct artist *artists; /* [workers] */
    int64_t workers, batch;
    bool apart;       /* workers have batches of their own */
    uint16_t *column; /* [group->count], owned: that of all artists */
    int64_t place;    /* of texts: the present step */
    atomic_bool stopped;
} studio;

/* One worker's run and buffers. */
typedef struct artist {
    studio *studio;
    lk_arena *arena;
    lk_pool *pool; /* owned, where it works apart; NULL: the context's */
    lk_run *run;
    const int64_t *sample; /* the present batch, [lanes] */
    int64_t lanes;
    uint16_t *values;   /* [lanes][variables], where they are kept */
    uint16_t *window;   /* naive: [lanes][the run's window] */
    uint16_t *column;   /* [lanes]: one variable; some of the studio's */
    uint16_t *labels;   /* [lanes] */
    float *probability; /* [lanes][alphabet] */
    float *logits;      /* [lanes][channels], where an escape is struck out */
    float *nll_nats;    /* [lanes], of what was drawn */
    bool held;          /* the present variable is, in all lanes */
    lk_status status;   /* the first failure */
} artist;

static bool is_naive(const lk_sample_group *g) {
    return g->options->schedule == LK_SCHEDULE_NAIVE;
}

static bool has_escape(const lk_sample_group *g) {
    return g->model->data.stream && g->model->data.symbols.kind == LK_SYMBOLS_CHARACTERS;
}

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* ---- one variable ---------------------------------------------------------------------------- */

/* The escape is the last symbol, and its logit the last channel, of a Bernoulli's one too. */
static const float *strike_escape(const artist *a, const lk_head *head, const float *parameters) {
    float *escape = a->logits + head->dist->channels(head) - 1;
    memcpy(a->logits, parameters, (size_t)(a->lanes * head->channels) * sizeof(float));
    for (int64_t n = 0; n < a->lanes; n++) {
        escape[n * head->channels] = -lk_infinity();
    }
    return a->logits;
}

/* Fills the column with what is held; whether that is all of it. */
static bool hold(const artist *a, int64_t variable) {
    const lk_given *given = a->studio->group->options->given;
    bool all = given != NULL;
    for (int64_t n = 0; n < a->lanes && given != NULL; n++) {
        int32_t value = lk_given_value(given, a->sample[n], variable);
        a->column[n] = (uint16_t)(value < 0 ? 0 : value);
        all = all && value >= 0;
    }
    return all;
}

static float unit_of(const artist *a, int64_t lane, int64_t variable) {
    lk_random random = {a->studio->group->options->seed, LK_FOR_SAMPLE};
    return lk_random_unit(random, (uint64_t)a->sample[lane], (uint64_t)variable);
}

/* From the conditionals as they are, without a list of probabilities. */
static void search_open(const artist *a, const lk_head *head, const float *parameters,
                        int64_t variable) {
    const lk_sample_group *g = a->studio->group;
    const lk_kernels *kernels = g->model->context->kernels;
    for (int64_t n = 0; n < a->lanes; n++, parameters += head->channels) {
        if (lk_given_value(g->options->given, a->sample[n], variable) < 0) {
            a->column[n] = (uint16_t)head->dist->search->draw(kernels, head, parameters,
                                                              unit_of(a, n, variable));
        }
    }
}

/* Where the likelihood of what was drawn is no number, it was drawn from no distribution. */
static lk_status check_drawn(const artist *a, const lk_head *head, const float *parameters,
                             int64_t variable) {
    const lk_model *model = a->studio->group->model;
    head->dist->nll(model->context->kernels, head, parameters, a->column, a->lanes, a->nll_nats);
    for (int64_t n = 0; n < a->lanes; n++) {
        if (isnan(a->nll_nats[n])) {
            return lk_fail(model->context, LK_NOT_FINITE,
                           "what sample %lld could be at place %lld is no distribution: the "
                           "model's weights are damaged or have diverged",
                           (long long)a->sample[n] + 1, (long long)variable + 1);
        }
    }
    return LK_OK;
}

/* And with what is drawn. */
static lk_status draw_open(const artist *a, int64_t place, int64_t variable) {
    const lk_sample_group *g = a->studio->group;
    const lk_sample_options *o = g->options;
    lk_head head = lk_run_head(a->run, place);
    const float *parameters = lk_run_parameters(a->run, place), *probability = a->probability;
    if (head.dist->search != NULL && o->temperature == 1.0f) {
        search_open(a, &head, parameters, variable);
        return check_drawn(a, &head, parameters, variable);
    }
    parameters = has_escape(g) ? strike_escape(a, &head, parameters) : parameters;
    head.dist->probabilities(g->model->context->kernels, &head, parameters, a->lanes,
                             o->temperature, a->probability);
    for (int64_t n = 0; n < a->lanes; n++, probability += head.alphabet) {
        if (lk_given_value(o->given, a->sample[n], variable) < 0) {
            a->column[n] = (uint16_t)lk_probabilities_draw(probability, head.alphabet,
                                                           unit_of(a, n, variable));
        }
    }
    return check_drawn(a, &head, parameters, variable);
}

static lk_status draw_place(artist *a, int64_t place) {
    const lk_sample_group *g = a->studio->group;
    int64_t variable = lk_run_variable(a->run, place);
    a->held = hold(a, variable);
    if (!a->held) {
        LK_TRY(draw_open(a, place, variable));
    }
    for (int64_t n = 0; n < a->lanes && (g->samples != NULL || is_naive(g)); n++) {
        a->values[n * g->variables + variable] = a->column[n];
    }
    if (!is_naive(g)) {
        lk_run_set(a->run, place, a->column);
    }
    return LK_OK;
}

/* ---- one batch ------------------------------------------------------------------------------- */

static lk_status begin(const artist *a) {
    const lk_sample_options *o = a->studio->group->options;
    lk_run_set_local(a->run, lk_local_alone(o->local));
    for (int64_t n = 0; n < a->lanes && o->labels != NULL; n++) {
        a->labels[n] = o->labels[a->sample[n] % o->label_count];
    }
    return lk_run_begin(a->run, a->lanes, o->labels != NULL ? a->labels : NULL);
}

/* Naive: everything from the beginning, until the conditionals of the step at `first` are there,
 * unless all of it is held. Values that are not drawn yet are 0, and cannot matter. */
static lk_status next_naively(const artist *a, int64_t first, int64_t *last) {
    int64_t variables = a->studio->group->variables, unit = lk_run_unit(a->run), place = first;
    *last = lk_run_step_end(a->run, first);
    for (bool held = true; place < *last && held; place += held) {
        int64_t variable = lk_run_variable(a->run, place);
        LK_TRY(lk_given_reach(a->studio->group->options->given, variable));
        held = hold(a, variable);
    }
    LK_TRY(place < *last ? begin(a) : LK_OK);
    int64_t end = place < *last ? smaller((*last + unit - 1) / unit * unit, variables) : 0;
    for (int64_t from = 0, here; from < end; from += here) {
        here = smaller(lk_run_window(a->run), end - from);
        for (int64_t n = 0; n < a->lanes; n++) {
            memcpy(a->window + n * here, a->values + n * variables + from,
                   (size_t)here * sizeof *a->window);
        }
        LK_TRY(lk_run_forward(a->run, a->window, here));
    }
    return LK_OK;
}

/* By the caller's own thread. */
static void tell(studio *s) {
    const lk_sample_options *o = s->group->options;
    int64_t done = atomic_load(s->group->drawn) / s->group->places;
    if (o->progress != NULL && !o->progress(o->progress_argument, done, o->count)) {
        atomic_store(&s->stopped, true);
    }
}

static void put(const artist *a) {
    const lk_sample_group *g = a->studio->group;
    const lk_view *view = g->options->first_part ? NULL : lk_model_view(g->model);
    for (int64_t n = 0; n < a->lanes && g->samples != NULL; n++) {
        int64_t values = g->samples->variables, row = a->sample[n] - g->options->first;
        /* Of a view that adds something about the values, they are what is drawn. */
        (void)lk_view_join(view, a->values + n * g->variables, values,
                           g->samples->values + row * values);
    }
}

/* By the caller's own thread, after so many variables more: whether to go on. */
static bool goes_on(studio *s, int64_t drawn, bool own_thread) {
    atomic_fetch_add(s->group->drawn, drawn);
    if (own_thread) {
        tell(s);
    }
    return !atomic_load(&s->stopped);
}

static lk_status begin_batch(const artist *a) {
    const lk_sample_group *g = a->studio->group;
    if (is_naive(g)) {
        memset(a->values, 0, (size_t)(a->lanes * g->variables) * sizeof *a->values);
        return LK_OK;
    }
    return begin(a);
}

static lk_status draw_batch(artist *a, bool own_thread) {
    const lk_sample_group *g = a->studio->group;
    LK_TRY(begin_batch(a));
    for (int64_t place = 0, last; place < g->places; place = last) {
        LK_TRY(is_naive(g) ? next_naively(a, place, &last) : lk_run_next(a->run, &place, &last));
        for (int64_t p = place; p < last; p++) {
            LK_TRY(lk_given_reach(g->options->given, lk_run_variable(a->run, p)));
            LK_TRY(draw_place(a, p));
        }
        if (!goes_on(a->studio, a->lanes * (last - place), own_thread)) {
            return LK_INTERRUPTED;
        }
    }
    put(a);
    return LK_OK;
}

/* ---- sharing the work ------------------------------------------------------------------------ */

static lk_status artist_init(artist *a, studio *s, const lk_run *run, bool apart) {
    const lk_sample_group *g = s->group;
    lk_context *context = g->model->context;
    int64_t lanes = s->batch, kept = g->samples != NULL || is_naive(g) ? lanes : 0;
    *a = (artist){.studio = s, .arena = lk_arena_create()};
    if (apart && a->arena != NULL) {
        a->pool = lk_pool_create(1);
    }
    if (a->arena == NULL || (apart && a->pool == NULL)) {
        return lk_fail_no_memory(context, "a worker", 0);
    }
    LK_TRY(lk_run_open_beside(run, lanes, a->pool, &a->run));
    a->values = lk_arena_take(a->arena, kept * g->variables, sizeof *a->values);
    a->window =
        lk_arena_take(a->arena, is_naive(g) ? lanes * lk_run_window(run) : 0, sizeof *a->window);
    a->column = s->column + (a - s->artists) * lanes;
    a->labels = lk_arena_take(a->arena, lanes, sizeof *a->labels);
    a->probability =
        lk_arena_take(a->arena, lanes * lk_run_graph(run)->alphabet, sizeof *a->probability);
    a->logits = lk_arena_take(a->arena, has_escape(g) ? lanes * lk_run_channels(run) : 0,
                              sizeof *a->logits);
    a->nll_nats = lk_arena_take(a->arena, lanes, sizeof *a->nll_nats);
    return lk_arena_failed(a->arena)
               ? lk_fail_no_memory(context, "samples", lanes * g->variables * 2)
               : LK_OK;
}

static void artist_deinit(artist *a) {
    lk_run_close(a->run);
    lk_arena_destroy(a->arena);
    if (a->pool != NULL) {
        lk_pool_destroy(a->pool);
    }
}

/* Of a team each rank draws some of the batches. */
static int64_t number_of(const studio *s, int64_t piece) {
    const lk_team *team = s->group->samples != NULL ? s->group->model->context->team : NULL;
    return piece * lk_team_size(team) + lk_team_rank(team);
}

static int64_t batches_of(const studio *s) {
    int64_t batches = 0;
    while (number_of(s, batches) * s->batch < s->group->count) {
        batches++;
    }
    return batches;
}

/* The samples of one batch. */
static void give_batch(artist *a, int64_t piece) {
    const studio *s = a->studio;
    int64_t first = number_of(s, piece) * s->batch;
    a->sample = s->group->sample + first;
    a->lanes = smaller(s->batch, s->group->count - first);
}

static void batch_piece(void *argument, int64_t piece, int worker) {
    studio *s = argument;
    artist *a = &s->artists[worker];
    give_batch(a, piece);
    if (a->status == LK_OK) {
        a->status = draw_batch(a, worker == 0);
    }
    if (a->status != LK_OK) {
        atomic_store(&s->stopped, true);
    }
}

/* ---- texts ----------------------------------------------------------------------------------- */

/* One symbol of an artist's texts. */
static void symbol_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    studio *s = argument;
    artist *a = &s->artists[piece];
    int64_t place, last;
    a->status =
        is_naive(s->group) ? next_naively(a, s->place, &last) : lk_run_next(a->run, &place, &last);
    if (a->status == LK_OK) {
        a->status = draw_place(a, s->place);
    }
}

static lk_status status_of(const studio *s) {
    lk_status status = LK_OK;
    for (int64_t w = 0; s->artists != NULL && w < s->workers; w++) {
        lk_status own = s->artists[w].status; /* others have stopped because one failed */
        status = status == LK_OK || (status == LK_INTERRUPTED && own != LK_OK) ? own : status;
    }
    return status;
}

static lk_status draw_symbol(studio *s, lk_pool *pool) {
    const lk_sample_group *g = s->group;
    bool held = true;
    LK_TRY(lk_given_reach(g->options->given, s->place));
    if (s->apart) {
        lk_pool_run(pool, s->workers, symbol_piece, s);
    } else { /* it shares the pool's workers itself */
        symbol_piece(s, 0, 0);
    }
    LK_TRY(status_of(s));
    for (int64_t w = 0; w < s->workers; w++) {
        held = held && s->artists[w].held;
    }
    LK_TRY(g->take(g->argument, !held, s->column));
    return goes_on(s, g->count, true) ? LK_OK : LK_INTERRUPTED;
}

/* An artist for each batch, all of them at the same symbol. */
static lk_status draw_texts(studio *s, lk_pool *pool) {
    for (int64_t w = 0; w < s->workers; w++) {
        give_batch(&s->artists[w], w);
        LK_TRY(begin_batch(&s->artists[w]));
    }
    for (s->place = 0; s->place < s->group->places; s->place++) {
        LK_TRY(draw_symbol(s, pool));
    }
    return LK_OK;
}

static lk_status draw_with(studio *s) {
    const lk_sample_group *g = s->group;
    lk_pool *pool = g->model->context->pool;
    int64_t batches = batches_of(s);
    if (g->samples == NULL) {
        return draw_texts(s, pool);
    }
    if (s->apart) {
        lk_pool_run(pool, batches, batch_piece, s);
    }
    for (int64_t b = 0; !s->apart && b < batches; b++) {
        batch_piece(s, b, 0);
    }
    return status_of(s);
}

static lk_status draw_batches(studio *s, const lk_run *run) {
    const lk_sample_group *g = s->group;
    s->workers = g->samples == NULL ? batches_of(s)
                 : s->apart         ? lk_pool_threads(g->model->context->pool)
                                    : 1;
    s->artists = lk_allocate(s->workers, sizeof *s->artists);
    s->column = lk_allocate(s->workers * s->batch, sizeof *s->column);
    lk_status status = s->artists == NULL || s->column == NULL
                           ? lk_fail_no_memory(g->model->context, "samples", 0)
                           : LK_OK;
    for (int64_t w = 0; status == LK_OK && w < s->workers; w++) {
        status = artist_init(&s->artists[w], s, run, s->apart);
    }
    status = status == LK_OK ? draw_with(s) : status;
    for (int64_t w = 0; s->artists != NULL && w < s->workers; w++) {
        artist_deinit(&s->artists[w]);
    }
    lk_release(s->artists);
    lk_release(s->column);
    return status;
}

/* Whether workers take batches of their own: there are enough of them, or could be, if these are
 * made smaller, and one batch could not be shared. The ranks of a team need the same batches. */
static bool work_apart(studio *s, const lk_run *run) {
    const lk_sample_group *g = s->group;
    int64_t threads = lk_pool_threads(g->model->context->pool);
    bool alone = g->samples == NULL || lk_team_size(g->model->context->team) == 1;
    const lk_given *given = g->options->given;
    if ((given != NULL && given->prompt != NULL) || g->options->local != NULL) {
        return false; /* which one thread reads */
    }
    if (threads == 1 || g->count == 1 || batches_of(s) >= threads) {
        return threads > 1 && g->count > 1;
    }
    if (!alone || lk_graph_shares_steps(lk_run_graph(run), s->batch)) {
        return false;
    }
    s->batch = (g->count + threads - 1) / threads;
    return true;
}

static int64_t choose_batch(const lk_sample_group *g, const lk_run *run) {
    double each = lk_run_lane_bytes(run) + (double)lk_run_graph(run)->alphabet * 4.0;
    int64_t cached = (int64_t)(CACHE_BYTES / each) / BATCH_LEAST * BATCH_LEAST;
    int64_t batch = smaller(cached > BATCH_LEAST ? cached : BATCH_LEAST, BATCH_MOST);
    batch = smaller(batch, (int64_t)(MEMORY_BYTES / each));
    int64_t ranks = lk_team_size(g->model->context->team);
    batch = g->options->batch > 0 ? g->options->batch : batch > 0 ? batch : 1;
    batch = smaller(batch, (g->count + ranks - 1) / ranks);
    return g->samples == NULL ? g->count : smaller(batch, g->count);
}

lk_status lk_sample_group_draw(const lk_sample_group *group) {
    lk_run *run;
    if (group->samples == NULL && lk_team_rank(group->model->context->team) > 0) {
        return LK_OK; /* side by side, by rank 0 */
    }
    lk_run_options how = group->how;
    how.schedules = is_naive(group) ? LK_PARALLEL : LK_INCREMENTAL;
    LK_TRY(lk_run_open(group->model, &how, &run));
    studio s = {.group = group, .batch = choose_batch(group, run)};
    s.apart = work_apart(&s, run);
    lk_status status = draw_batches(&s, run);
    bool shared = group->samples != NULL && lk_team_size(group->model->context->team) > 1;
    status = shared ? lk_sample_group_gather(group, s.batch, status) : status;
    lk_run_close(run);
    tell(&s); /* the last batch may have been another thread's */
    return status == LK_OK && atomic_load(&s.stopped) ? LK_INTERRUPTED : status;
}
