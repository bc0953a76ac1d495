/* A walk: a model goes over items, group of lanes after group, and what it says of each symbol is
 * told to sinks (evaluation, scores, maps, lines of a text). Exact, at any size, in memory that
 * does not grow with the items; a symbol's surprisal has the same bits whatever stands beside it.
 *
 * A model of K networks (the masks of a MADE) is the even mixture of their joint distributions:
 *
 *   nll(x) = -log (1/K) sum_k exp(-nll_k(x))
 *
 * summed in the order of the networks in double, by base/double_maths.h. Its surprisals come by the
 * chain rule along the ordering of the first network,
 *
 *   log sum_k p_k(x before v) - log sum_k p_k(x up to and with v),
 *
 * which is the mixture's own conditional where all have that ordering. Networks with orderings of
 * their own give terms of other conditionals; then each variable has a log-mean of its terms,
 * weighted by what the variables before it say of the networks.
 *
 * A team (team/team.h) shares the groups out; the sinks of rank 0 are told all passages, in the
 * order that one process tells them in, those of other ranks none.
 *
 * Of a text of characters the probability is that of its symbols, times 2^-LK_ESCAPED_BITS for each
 * character that stands behind an escape, because the model does not know it: what a coder pays. */
#ifndef LK_MODELS_WALK_H
#define LK_MODELS_WALK_H

#include "data/items.h"
#include "models/run.h"

typedef struct lk_walk lk_walk;

typedef struct lk_walk_options {
    int64_t items;    /* the first so many; 0: all */
    int64_t networks; /* the mixture of the first so many, another and worse distribution; 0: all */
    int64_t lanes;    /* items side by side, at most; 0: chosen */
    bool terms;       /* surprisals are wanted of examples too, which costs time and memory */
    /* Above 0: the model learns from what it has met (models/run_learn.h). Each walk begins with
     * its own weights; what is learned is carried from item to item, in their order, one at a time.
     * Of several networks each learns on its own. */
    float learning_rate;
    /* [items]: given instead of the items' labels; NULL: these. */
    const uint16_t *labels;
    /* NULL, or called with the items that are done (of texts: the symbols) and how many there are;
     * false ends the walk with LK_INTERRUPTED. */
    bool (*progress)(void *argument, int64_t done, int64_t count);
    void *progress_argument;
} lk_walk_options;

/* Some variables of an item in a row. */
typedef struct lk_passage {
    int64_t item, first, count;
    const uint16_t *symbols;    /* [count] */
    const uint32_t *characters; /* [count], of a text (data/utf8.h); else NULL */
    /* [count]: surprisals, those of escaped characters included; +infinity for probability zero.
     * NULL: of an example taken whole, and `terms` was not asked for. */
    const double *nats;
    const lk_view *view; /* of an example, whose cells the symbols are; NULL: its values */
    int64_t escapes;     /* symbols that are the escape */
    bool last;           /* of its item */
    /* Of an item that several networks took whole: what network k says of all of it stands at k *
     * network_stride; else NULL. */
    const double *network_nats;
    int64_t network_stride;
    double nll_nats; /* of the item as far as it is known: of all of it in its last passage */
} lk_passage;

/* What variable first + i of the data set costs, which has `variables`: of examples seen through a
 * view, which are told whole, its parts together (lk_view_share). */
static inline double lk_passage_nats(const lk_passage *passage, int64_t i, int64_t variables) {
    return lk_view_share(passage->view, passage->nats, variables, i);
}

/* Passages of an item come in order; those of items side by side between each other. What is not
 * LK_OK ends the walk. */
typedef struct lk_sink {
    lk_status (*take)(void *argument, const lk_passage *passage);
    void *argument;
} lk_sink;

/* The model must outlive it; its weights may change between walks. */
lk_status lk_walk_open(const lk_model *model, lk_walk **walk);
void lk_walk_close(lk_walk *walk);

/* options NULL: all defaults. Networks and buffers are kept for the next time. LK_MISMATCH when the
 * items are not the model's, or lack the labels that it is given. LK_NOT_FINITE names item, place
 * and node when a surprisal is not a number. */
lk_status lk_walk_along(lk_walk *walk, lk_items *items, const lk_walk_options *options,
                        const lk_sink *sinks, int32_t sink_count);
/* The same, with a walk of its own. */
lk_status lk_walk_once(const lk_model *model, lk_items *items, const lk_walk_options *options,
                       const lk_sink *sinks, int32_t sink_count);

#endif
