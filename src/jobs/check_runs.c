/* The checks that run a model along items, place by place. */
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "jobs/check_inside.h"
#include "models/run.h"

#define LANES_MOST 128
#define ALONG_MOST 1024      /* variables that are looked at where the network slides, */
#define CHANGING_MOST 256    /* and where values are changed too, */
#define WINDOW 61            /* so many in a window, which fit into nothing */
#define CHANGED_MOST 2048    /* of more places, these many at random */
#define COMPARED_MOST 0x1p31 /* parameters, where values are changed, */
#define COMPARED_EACH 32     /* and so many for each conditional */
#define WORK_MOST 1e12       /* multiply-adds that changing values may cost */
#define EXAMPLES 4           /* that schedules are compared on */
#define LEARNING_RATE 0.0005f
#define LEARNING_ITEMS 3  /* that are learned from, one after another */
#define LEARNING_MOST 256 /* of each, so many variables where the network slides */

typedef enum kind_of_change {
    CHANGE_NOTHING, /* items side by side, that the incremental schedule follows */
    CHANGE_ONE,     /* an item, and copies of it in each of which one value is changed */
    CHANGE_REST,    /* or all from one on are 0, as the naive schedule has them when it draws it */
} kind_of_change;

typedef struct looking {
    const lk_checker *c;
    kind_of_change change;
    lk_run *run, *steps;      /* parallel; incremental */
    int64_t item, lanes;      /* the first item; lane 0 is the item itself */
    int64_t variables;        /* that are looked at, of each item */
    int64_t from[LANES_MOST]; /* the place that is changed, or the first one, */
    int64_t end[LANES_MOST];  /* and where its step ends */
    uint16_t *x;              /* [lanes][the parallel run's window] */
} looking;

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* ---- proof ----------------------------------------------------------------------------------- */

lk_status lk_check_proof(lk_checker *c) {
    bool own = lk_shape_equal(c->shape, c->model->data.shape);
    lk_run *run = NULL;
    lk_graph *alone = NULL; /* needs no values */
    lk_run_options how = {.network = c->network, .shape = c->shape};
    LK_TRY(own ? lk_model_graph(c->model, (int32_t)c->network, &alone)
               : lk_run_open(c->model, &how, &run));
    const lk_graph *graph = own ? alone : lk_run_graph(run);
    for (int64_t v = 0; v < graph->variables; v++) {
        const lk_field *field = lk_graph_field(graph, v);
        int32_t ready = field->output->ready[v - field->first];
        if (ready > graph->rank[v]) {
            lk_check_say(c->result, LK_CHECK_FAILED, "variable %lld: ready at step %d, rank %d",
                         (long long)v + 1, ready, graph->rank[v]);
        }
    }
    lk_check_say(c->result, LK_CHECK_PASSED,
                 "%lld conditionals in %d steps, each ready before its variable",
                 (long long)graph->variables, graph->steps);
    lk_graph_destroy(alone);
    lk_run_close(run);
    return LK_OK;
}

/* ---- along items ----------------------------------------------------------------------------- */

/* Opens the runs, of as many lanes as fit. */
static lk_status start(looking *k, lk_run_options how, int64_t most) {
    const lk_checker *c = k->c;
    int64_t least = k->change == CHANGE_NOTHING ? 1 : 2;
    double each;
    how.network = c->network;
    how.shape = c->shape;
    how.window = WINDOW;
    LK_TRY(lk_run_bytes(c->model, &how, 1, &each));
    how.lanes = smaller(how.lanes, (int64_t)(LK_CHECK_LANES_BYTES / each));
    how.lanes = how.lanes > least ? how.lanes : least;
    LK_TRY(lk_run_open(c->model, &how, &k->run));
    how.schedules = LK_INCREMENTAL;
    LK_TRY(k->change == CHANGE_NOTHING ? lk_run_open(c->model, &how, &k->steps) : LK_OK);
    int64_t unit = lk_run_unit(k->run), positions = lk_items_length(c->items, 0) / unit;
    bool whole = unit == lk_run_variables(k->run);
    k->variables = unit * (whole || most < unit ? 1 : smaller(positions, most / unit));
    k->x = lk_allocate(how.lanes * smaller(lk_run_window(k->run), k->variables), sizeof *k->x);
    return k->x != NULL ? LK_OK : lk_fail_no_memory(c->model->context, "check", k->variables * 2);
}

static void finish(looking *k) {
    lk_run_close(k->run);
    lk_run_close(k->steps);
    lk_release(k->x);
}

/* Of the lane's item: of copies that are changed, that of which they are. */
static lk_status read_local(void *argument, int64_t lane, int64_t first, int64_t count,
                            uint16_t *cells) {
    const looking *k = argument;
    return lk_items_local_cells(k->c->items, k->item + (k->change == CHANGE_NOTHING ? lane : 0),
                                first, count, cells);
}

static lk_status begin(looking *k, lk_run *run) {
    uint16_t labels[LANES_MOST];
    lk_run_set_local(run, (lk_local_reader){read_local, k});
    bool given = k->c->model->data.labels > 0;
    for (int64_t n = 0; n < k->lanes && given; n++) {
        labels[n] = lk_items_labels(k->c->items)[k->change == CHANGE_NOTHING ? k->item + n : 0];
    }
    return lk_run_begin(run, k->lanes, given ? labels : NULL);
}

/* Variables first .. first + count - 1 of a lane. */
static lk_status fill(const looking *k, int64_t lane, int64_t first, int64_t count, uint16_t *x) {
    if (k->change == CHANGE_NOTHING || lane == 0) {
        return lk_items_read(k->c->items, k->item + lane, first, count, x);
    }
    memcpy(x, k->x, (size_t)count * sizeof *x);
    int64_t from = k->from[lane], last = k->change == CHANGE_REST ? k->variables : from + 1;
    for (int64_t place = from; place < last; place++) {
        int64_t at = lk_run_variable(k->run, place) - first;
        if (at >= 0 && at < count) {
            int32_t alphabet = lk_run_head(k->run, place).alphabet;
            x[at] = k->change == CHANGE_REST ? 0 : (uint16_t)((x[at] + 1) % alphabet);
        }
    }
    return LK_OK;
}

/* Of places that cannot see what is changed, lanes have the same parameters. */
static void compare_lanes(const looking *k, int64_t place) {
    size_t bytes = (size_t)lk_run_head(k->run, place).channels * sizeof(float);
    const char *parameters = (const char *)lk_run_parameters(k->run, place);
    for (int64_t n = 1; n < k->lanes; n++) {
        if (place < k->end[n] && memcmp(parameters, parameters + (size_t)n * bytes, bytes) != 0) {
            lk_check_say(k->c->result, LK_CHECK_FAILED,
                         "changing variable %lld (place %lld)%s moved the conditional of variable "
                         "%lld (place %lld)",
                         (long long)lk_run_variable(k->run, k->from[n]) + 1,
                         (long long)k->from[n] + 1,
                         k->change == CHANGE_REST ? " and what follows" : "",
                         (long long)lk_run_variable(k->run, place) + 1, (long long)place + 1);
        }
    }
}

/* The incremental schedule, along the places of one forward. */
static lk_status compare_steps(const looking *k, int64_t begin, int64_t count) {
    uint16_t column[EXAMPLES];
    for (int64_t first = begin, last; first < begin + count; first = last) {
        LK_TRY(lk_run_next(k->steps, &first, &last));
        for (int64_t place = first; place < last; place++) {
            int64_t floats = k->lanes * lk_run_head(k->steps, place).channels;
            int64_t variable = lk_run_variable(k->steps, place);
            if (memcmp(lk_run_parameters(k->run, place), lk_run_parameters(k->steps, place),
                       (size_t)floats * sizeof(float)) != 0) {
                lk_check_say(k->c->result, LK_CHECK_FAILED,
                             "incremental and parallel schedules differ at variable %lld",
                             (long long)variable + 1);
            }
            for (int64_t n = 0; n < k->lanes; n++) {
                column[n] = k->x[n * count + variable - begin];
            }
            lk_run_set(k->steps, place, column);
        }
        LK_TRY(lk_run_learn(k->steps));
    }
    return LK_OK;
}

static lk_status run_along(looking *k) {
    LK_TRY(begin(k, k->run));
    LK_TRY(k->steps != NULL ? begin(k, k->steps) : LK_OK);
    for (int64_t first = 0, here; first < k->variables; first += here) {
        here = smaller(lk_run_window(k->run), k->variables - first);
        for (int64_t n = 0; n < k->lanes; n++) {
            LK_TRY(fill(k, n, first, here, k->x + n * here));
        }
        LK_TRY(lk_run_forward(k->run, k->x, here));
        for (int64_t place = first; place < first + here && k->steps == NULL; place++) {
            compare_lanes(k, place);
        }
        LK_TRY(k->steps != NULL ? compare_steps(k, first, here) : LK_OK);
        LK_TRY(lk_run_learn(k->run));
    }
    return LK_OK;
}

/* ---- changing values ------------------------------------------------------------------------- */

/* At how many places, which bounds the work. */
static int64_t count_places(const looking *k) {
    const lk_graph *graph = lk_run_graph(k->run);
    double work = (double)lk_graph_multiply_adds_forward(graph) / (double)graph->variables;
    double most = COMPARED_MOST / (double)(lk_run_channels(k->run) + COMPARED_EACH);
    most = work * most > WORK_MOST ? WORK_MOST / work : most;
    int64_t count = smaller(k->variables, CHANGED_MOST);
    return smaller(count, 1 + (int64_t)(most / (double)k->variables));
}

static lk_status change_places(looking *k, int64_t count) {
    lk_random random = {1, LK_FOR_CHECK};
    int64_t copies = lk_run_lanes(k->run) - 1;
    for (int64_t first = 0; first < count; first += copies) {
        k->lanes = 1 + smaller(copies, count - first);
        for (int64_t n = 1; n < k->lanes; n++) {
            uint64_t index = (uint64_t)(first + n - 1), all = (uint64_t)k->variables;
            uint64_t place =
                (uint64_t)count == all ? index : lk_random_below(random, 0, index, all);
            k->from[n] = (int64_t)place;
            k->end[n] = lk_run_step_end(k->run, k->from[n]);
        }
        LK_TRY(run_along(k));
    }
    return LK_OK;
}

/* *count of *variables places of the first item. */
static lk_status change_values(const lk_checker *c, kind_of_change change, int64_t *count,
                               int64_t *variables) {
    looking k = {.c = c, .change = change};
    lk_status status = start(&k, (lk_run_options){.lanes = LANES_MOST}, CHANGING_MOST);
    if (status == LK_OK) {
        *variables = k.variables;
        *count = count_places(&k);
        status = change_places(&k, *count);
    }
    finish(&k);
    return status;
}

lk_status lk_check_perturbation(lk_checker *c) {
    int64_t count, variables;
    LK_TRY(change_values(c, CHANGE_ONE, &count, &variables));
    lk_check_say(c->result, LK_CHECK_PASSED,
                 "%lld of %lld variables changed one by one; no conditional of their rank or "
                 "earlier moved a bit",
                 (long long)count, (long long)variables);
    return LK_OK;
}

/* ---- schedules ------------------------------------------------------------------------------- */

/* Of *items at most, side by side or, at a learning rate, one after another; so many there were,
 * and so many variables of each were looked at. Texts may be of different lengths: one. */
static lk_status compare_schedules(const lk_checker *c, float rate, int64_t most, int64_t *items,
                                   int64_t *variables) {
    looking k = {.c = c};
    *items = c->model->data.stream ? 1 : smaller(lk_items_count(c->items), *items);
    lk_run_options how = {.lanes = rate > 0.0f ? 1 : *items, .learning_rate = rate};
    lk_status status = start(&k, how, most);
    for (; status == LK_OK && k.item < *items; k.item += k.lanes) {
        k.lanes = smaller(lk_run_lanes(k.run), *items - k.item);
        status = run_along(&k);
    }
    *variables = k.variables;
    finish(&k);
    return status;
}

lk_status lk_check_schedules(lk_checker *c) {
    int64_t items = EXAMPLES, variables, naive, all;
    LK_TRY(compare_schedules(c, 0.0f, ALONG_MOST, &items, &variables));
    LK_TRY(change_values(c, CHANGE_REST, &naive, &all));
    lk_check_say(
        c->result, LK_CHECK_PASSED,
        "parallel and incremental agree to the bit on %lld x %lld variables, naive on %lld",
        (long long)items, (long long)variables, (long long)naive);
    return LK_OK;
}

lk_status lk_check_learning(lk_checker *c) {
    int64_t items = LEARNING_ITEMS, variables;
    if (c->model->family->fit != NULL) {
        lk_check_say(c->result, LK_CHECK_SKIPPED,
                     "the family is counted or fitted: it does not learn from what it meets");
        return LK_OK;
    }
    LK_TRY(compare_schedules(c, LEARNING_RATE, LEARNING_MOST, &items, &variables));
    lk_check_say(c->result, LK_CHECK_PASSED,
                 "learning from %lld x %lld variables, parallel and incremental agree to the bit",
                 (long long)items, (long long)variables);
    return LK_OK;
}
