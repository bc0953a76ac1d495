#include "graph/gradient_team.h"

#include <string.h>

#include "base/memory.h"
#include "data/buffer.h"
#include "graph/gradient_tree.h"
#include "graph/slices.h"
#include "team/team.h"

/* Slices [first, last); none: both are 0. */
typedef struct subtree {
    int64_t first, last;
} subtree;

struct lk_gradient_team {
    const lk_parameters *parameters;
    lk_team *team; /* not owned */
    int32_t rank, ranks;
    int64_t slices, floats; /* declared; of all parameters */
    subtree *subtree;       /* owned, [ranks] */
    lk_message *message;    /* owned, [2 ranks] */
    lk_buffer out, in;      /* owned: room for what is sent, and for what comes */
    float **part;           /* owned, [slices]: where subtrees begin, their parts; else NULL */
};

/* ---- who runs what --------------------------------------------------------------------------- */

static int64_t between(int64_t least, int64_t value, int64_t most) {
    return value < least ? least : value > most ? most : value;
}

/* A subtree is shared by so many ranks, or fewer: each half by its share of them. */
static void divide(subtree *of_rank, int64_t ranks, subtree whole) {
    int64_t size = whole.last - whole.first, half = 1;
    if (ranks == 1 || size == 1) {
        of_rank[0] = whole;
        return;
    }
    while (2 * half < size) {
        half *= 2;
    }
    ranks = ranks < size ? ranks : size;
    int64_t left = between(1, (ranks * half + size / 2) / size, ranks - 1);
    left = between(ranks - (size - half), left, half);
    divide(of_rank, left, (subtree){whole.first, whole.first + half});
    divide(of_rank + left, ranks - left, (subtree){whole.first + half, whole.last});
}

/* Of a minibatch cut into so many slices. */
static subtree subtree_of(const lk_gradient_team *t, int32_t rank, int64_t slices) {
    subtree s = t->subtree[rank];
    s.last = s.last < slices ? s.last : slices;
    return s.first < s.last ? s : (subtree){0, 0};
}

bool lk_gradient_team_has(const lk_gradient_team *t, int32_t rank, int64_t *first, int64_t *last) {
    subtree s = subtree_of(t, rank, t->slices);
    *first = s.first;
    *last = s.last;
    return s.first < s.last;
}

/* ---- life ------------------------------------------------------------------------------------ */

lk_status lk_gradient_team_create(const lk_parameters *parameters, int64_t slices,
                                  lk_gradient_team **team) {
    lk_team *of = parameters->context->team;
    *team = NULL;
    if (lk_team_size(of) == 1) {
        return LK_OK;
    }
    lk_gradient_team *t = lk_allocate(1, sizeof *t);
    if (t != NULL) {
        *t = (lk_gradient_team){.parameters = parameters,
                                .team = of,
                                .rank = lk_team_rank(of),
                                .ranks = lk_team_size(of),
                                .slices = slices,
                                .floats = lk_parameters_total(parameters)};
        t->subtree = lk_allocate(t->ranks, sizeof *t->subtree);
        t->message = lk_allocate(2 * t->ranks, sizeof *t->message);
        t->part = lk_allocate(slices, sizeof *t->part);
    }
    if (t == NULL || t->subtree == NULL || t->message == NULL || t->part == NULL) {
        lk_gradient_team_destroy(t);
        return lk_fail_no_memory(parameters->context, "a shared gradient", 64 * lk_team_size(of));
    }
    divide(t->subtree, t->ranks, (subtree){0, slices});
    *team = t;
    return LK_OK;
}

void lk_gradient_team_destroy(lk_gradient_team *t) {
    if (t != NULL) {
        lk_release(t->subtree);
        lk_release(t->message);
        lk_release(t->part);
        lk_buffer_release(&t->out);
        lk_buffer_release(&t->in);
        lk_release(t);
    }
}

/* ---- what is sent ---------------------------------------------------------------------------- */

/* The floats that a rank joins. */
static int64_t chunk_first(const lk_gradient_team *t, int32_t rank) {
    return t->floats * rank / t->ranks;
}

static int64_t chunk_floats(const lk_gradient_team *t, int32_t rank) {
    return chunk_first(t, rank + 1) - chunk_first(t, rank);
}

/* Gradients [first, first + count) of all parameters one after another, from there or to there. */
static void copy_gradients(const lk_gradient_team *t, int64_t first, int64_t count, float *values,
                           bool from_there) {
    int64_t at = 0, last = first + count;
    for (int32_t p = 0; p < t->parameters->count && at < last; p++) {
        const lk_parameter *parameter = &t->parameters->list[p];
        int64_t floats = parameter->rows * parameter->columns;
        int64_t begin = first > at ? first - at : 0, end = last - at < floats ? last - at : floats;
        if (begin < end) {
            float *gradient = parameter->gradient + begin, *other = values + (at + begin - first);
            memcpy(from_there ? other : gradient, from_there ? gradient : other,
                   (size_t)(end - begin) * sizeof(float));
        }
        at += floats;
    }
}

/* Examples [first, last) of a minibatch are a rank's. */
static subtree examples_of(const lk_gradient_team *t, int32_t rank, int64_t slices, int64_t count) {
    subtree s = subtree_of(t, rank, slices);
    return (subtree){lk_slices_first(count, slices, s.first),
                     lk_slices_first(count, slices, s.last)};
}

/* What `from` sends `to`: how its run ended, its examples' NLLs, its part of what `to` joins. */
static int64_t message_bytes(const lk_gradient_team *t, int32_t from, int32_t to, int64_t slices,
                             int64_t count) {
    subtree e = examples_of(t, from, slices, count);
    return 8 + 8 * (e.last - e.first) + (int64_t)sizeof(float) * chunk_floats(t, to);
}

static bool works(const lk_gradient_team *t, int32_t rank, int64_t slices) {
    subtree s = subtree_of(t, rank, slices);
    return s.first < s.last;
}

/* Lengths are multiples of 4, where floats begin; NLLs are copied. */
static void write_message(const lk_gradient_team *t, int32_t to, lk_status status, int64_t slices,
                          int64_t count, const double *nll_nats, uint8_t *bytes) {
    subtree e = examples_of(t, t->rank, slices, count);
    int64_t head = (int64_t)status, nlls = 8 * (e.last - e.first);
    memcpy(bytes, &head, 8);
    memcpy(bytes + 8, nll_nats + e.first, (size_t)nlls);
    copy_gradients(t, chunk_first(t, to), chunk_floats(t, to), (float *)(void *)(bytes + 8 + nlls),
                   true);
}

/* ---- the two halves -------------------------------------------------------------------------- */

typedef struct joining {
    lk_status status;
    int64_t slices, count;
    double *nll_nats;
    int64_t out, in; /* bytes of what is sent and of what comes */
    int64_t messages;
} joining;

static lk_status take_room(lk_gradient_team *t, joining *j) {
    int64_t each = (int64_t)sizeof(float) * (t->floats / t->ranks + 1); /* of the second half */
    for (int32_t r = 0; r < t->ranks; r++) {
        j->out +=
            works(t, t->rank, j->slices) ? message_bytes(t, t->rank, r, j->slices, j->count) : 0;
        j->in += works(t, r, j->slices) ? message_bytes(t, r, t->rank, j->slices, j->count) : 0;
    }
    int64_t in = j->in > each * t->ranks ? j->in : each * t->ranks;
    bool made = lk_buffer_room(&t->out, j->out > each ? j->out : each) != NULL &&
                lk_buffer_room(&t->in, in) != NULL;
    return made ? LK_OK : lk_fail_no_memory(t->parameters->context, "a shared gradient", in);
}

/* Everyone's part of what this rank joins: from this one too, which sends itself nothing. */
static lk_status scatter(lk_gradient_team *t, joining *j) {
    uint8_t *out = t->out.data, *in = t->in.data;
    for (int32_t r = 0; r < t->ranks; r++) {
        int64_t comes =
            works(t, r, j->slices) ? message_bytes(t, r, t->rank, j->slices, j->count) : 0;
        if (works(t, t->rank, j->slices)) {
            uint8_t *to = r == t->rank ? in : out;
            write_message(t, r, j->status, j->slices, j->count, j->nll_nats, to);
            int64_t size = message_bytes(t, t->rank, r, j->slices, j->count);
            if (r != t->rank) {
                t->message[j->messages++] = (lk_message){out, size, r, true};
                out += size;
            }
        }
        if (comes > 0 && r != t->rank) {
            t->message[j->messages++] = (lk_message){in, comes, r, false};
        }
        in += comes;
    }
    return lk_team_exchange(t->team, t->parameters->context, t->message, j->messages);
}

/* Takes the messages apart; whether all ranks' runs went well. */
static bool read_messages(lk_gradient_team *t, const joining *j) {
    uint8_t *in = t->in.data;
    bool well = true;
    memset(t->part, 0, (size_t)t->slices * sizeof *t->part);
    for (int32_t r = 0; r < t->ranks; r++) {
        if (works(t, r, j->slices)) {
            subtree e = examples_of(t, r, j->slices, j->count);
            int64_t head, nlls = 8 * (e.last - e.first);
            memcpy(&head, in, 8);
            memcpy(j->nll_nats + e.first, in + 8, (size_t)nlls);
            t->part[t->subtree[r].first] = (float *)(void *)(in + 8 + nlls);
            in += message_bytes(t, r, t->rank, j->slices, j->count);
            well = well && head == LK_OK;
        }
    }
    return well;
}

/* Everyone's sum to everyone. */
static lk_status gather(lk_gradient_team *t) {
    int64_t own = chunk_floats(t, t->rank) * (int64_t)sizeof(float), messages = 0;
    float *all = (float *)(void *)t->in.data;
    memcpy(t->out.data, t->part[0], (size_t)own); /* `in` is about to hold the sums */
    memcpy(all + chunk_first(t, t->rank), t->out.data, (size_t)own);
    for (int32_t r = 0; r < t->ranks; r++) {
        int64_t comes = chunk_floats(t, r) * (int64_t)sizeof(float);
        if (r != t->rank) {
            t->message[messages++] = (lk_message){t->out.data, own, r, true};
            t->message[messages++] = (lk_message){all + chunk_first(t, r), comes, r, false};
        }
    }
    LK_TRY(lk_team_exchange(t->team, t->parameters->context, t->message, messages));
    copy_gradients(t, 0, t->floats, all, false);
    return LK_OK;
}

lk_status lk_gradient_team_join(lk_gradient_team *t, lk_status status, int64_t slices,
                                int64_t count, double *nll_nats) {
    joining j = {.status = status, .slices = slices, .count = count, .nll_nats = nll_nats};
    LK_TRY(take_room(t, &j));
    LK_TRY(scatter(t, &j));
    if (!read_messages(t, &j)) {
        return lk_team_agree(t->team, t->parameters->context, status);
    }
    lk_gradient_tree_join_span(t->parameters->context->kernels, t->part, 1, slices, 0,
                               chunk_floats(t, t->rank));
    return gather(t);
}
