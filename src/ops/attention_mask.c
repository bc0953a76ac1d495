/* Which keys each query of an attention reads. A pattern cuts the queries into groups, each with a
 * list of keys; lists are in order of (ready, cell), so that a query's limit is a place in its
 * group's list, and what it reads is one slice of it, however the cells are ordered. */
#include <string.h>

#include "ops/attention_inside.h"

typedef struct mask {
    lk_graph *graph;
    const char *name;
    const lk_attention_options *options;
    lk_attention_settings *self;
    int32_t *ready; /* [keys]: when key and value are there */
    int32_t *order; /* [keys]: by (ready, cell) */
    int64_t *list;  /* [groups + 1]: where each group's keys begin */
} mask;

static bool order_keys(mask *m, const lk_node *k, const lk_node *v) {
    lk_steps steps;
    m->ready = lk_arena_take(m->graph->arena, k->cells, sizeof *m->ready);
    m->order = lk_arena_take(m->graph->arena, k->cells, sizeof *m->order);
    if (m->ready == NULL || m->order == NULL) {
        return false;
    }
    for (int64_t j = 0; j < k->cells; j++) {
        m->ready[j] = k->ready[j] > v->ready[j] ? k->ready[j] : v->ready[j];
    }
    return lk_steps_make(m->graph->arena, m->ready, k->cells, m->order, &steps);
}

static bool is_read(const mask *m, int64_t group, int64_t key) {
    const lk_attention_pattern *pattern = &m->options->pattern;
    return pattern->reads == NULL || pattern->reads(pattern->self, group, key);
}

static lk_status list_keys(mask *m) {
    int64_t total = 0;
    m->list = lk_arena_take(m->graph->arena, m->self->groups + 1, sizeof *m->list);
    for (int64_t g = 0; m->list != NULL && g < m->self->groups; g++) {
        for (int64_t j = 0; j < m->self->keys; j++) {
            total += is_read(m, g, j);
        }
        m->list[g + 1] = total;
    }
    if (total > INT32_MAX) {
        return lk_fail(m->graph->context, LK_INVALID,
                       "node %s: the pattern's lists have %lld keys; at most %d are possible",
                       m->name, (long long)total, INT32_MAX);
    }
    LK_TRY(lk_memory_allow(m->graph->context, m->name, "the lists of an attention's pattern",
                           (double)total * (double)sizeof *m->self->key));
    m->self->key = lk_arena_take(m->graph->arena, total, sizeof *m->self->key);
    if (m->list == NULL || m->self->key == NULL) {
        return LK_OK; /* the arena tells */
    }
    total = 0;
    for (int64_t g = 0; g < m->self->groups; g++) {
        for (int64_t j = 0; j < m->self->keys; j++) {
            if (is_read(m, g, m->order[j])) {
                m->self->key[total++] = m->order[j];
            }
        }
    }
    return LK_OK;
}

/* Behind the last key of the list that is ready at `limit`. */
static int64_t end_of(const mask *m, int64_t group, int32_t limit) {
    int64_t low = m->list[group], high = m->list[group + 1];
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (m->ready[m->self->key[middle]] <= limit) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void cut_slices(const mask *m) {
    lk_attention_settings *self = m->self;
    const lk_attention_pattern *pattern = &m->options->pattern;
    for (int64_t i = 0; i < self->queries; i++) {
        int64_t group = pattern->group != NULL ? pattern->group(pattern->self, i) : 0;
        LK_REQUIRE(group >= 0 && group < m->self->groups);
        int64_t begin = m->list[group];
        int64_t end =
            end_of(m, group, m->options->limit != NULL ? m->options->limit[i] : INT32_MAX);
        if (self->window > 0 && end - begin > self->window) {
            begin = end - self->window;
        }
        self->group[i] = (int32_t)group;
        self->begin[i] = begin < end ? (int32_t)begin : 0;
        self->end[i] = begin < end ? (int32_t)end : 0;
    }
}

/* What distances are between. */
static bool take_positions(const mask *m) {
    lk_attention_settings *self = m->self;
    int64_t total = m->list[self->groups];
    self->query_position = lk_arena_take(m->graph->arena, self->queries, sizeof(int32_t));
    self->key_position = lk_arena_take(m->graph->arena, total, sizeof(int32_t));
    if (lk_arena_failed(m->graph->arena)) {
        return false;
    }
    for (int64_t i = 0; i < self->queries; i++) {
        self->query_position[i] = (int32_t)(i / self->cells_of_position);
    }
    for (int64_t key = 0; key < total; key++) {
        self->key_position[key] = (int32_t)(self->key[key] / self->cells_of_position);
    }
    return true;
}

/* A bias by distance has no row for keys that stand behind their query. */
static lk_status check_distances(const mask *m) {
    const lk_attention_settings *self = m->self;
    /* Queries by turn: `end` grows, so each list is passed over once. */
    int64_t at = 0, latest = 0, behind = -1;
    int32_t group = -1;
    for (int64_t t = 0; t < self->queries && behind < 0; t++) {
        int32_t i = self->by_turn[t];
        if (self->end[i] == 0) {
            continue;
        }
        if (self->group[i] != group) {
            group = self->group[i];
            latest = at = self->begin[i];
        }
        for (; at < self->end[i]; at++) {
            latest = self->key_position[at] > self->key_position[latest] ? at : latest;
        }
        behind = self->key_position[latest] > self->query_position[i] ? i : -1;
    }
    return behind < 0 ? LK_OK
                      : lk_fail(m->graph->context, LK_INVALID,
                                "node %s: query %lld reads key %d, which stands behind it: a bias "
                                "by distance has none for that; use an ordering along the cells, "
                                "or no bias",
                                m->name, (long long)behind, self->key[latest]);
}

/* `reads` names the input's own list where that is the same: its last cell is known to be the
 * latest. */
static void name_lists(const mask *m, const lk_node *k, const lk_node *v) {
    lk_attention_settings *self = m->self;
    const lk_node *inputs[] = {k, v};
    for (int input = 0; input < 2; input++) {
        bool same =
            m->self->groups == 1 && m->list[1] == self->keys &&
            memcmp(self->key, inputs[input]->by_ready, (size_t)self->keys * sizeof *self->key) == 0;
        self->span_list[input + 1] = same ? inputs[input]->by_ready : self->key;
    }
}

static bool make_turns(const mask *m) {
    lk_attention_settings *self = m->self;
    lk_steps steps;
    if (!lk_steps_make(m->graph->arena, self->end, self->queries, self->by_turn, &steps)) {
        return false;
    }
    for (int64_t t = 0; t < self->queries; t++) {
        self->turn[self->by_turn[t]] = (int32_t)t;
    }
    return true;
}

static bool take_arrays(const mask *m) {
    lk_attention_settings *self = m->self;
    int32_t **arrays[] = {&self->group, &self->begin, &self->end, &self->by_turn, &self->turn};
    for (size_t a = 0; a < sizeof arrays / sizeof *arrays; a++) {
        *arrays[a] = lk_arena_take(m->graph->arena, self->queries, sizeof(int32_t));
    }
    return !lk_arena_failed(m->graph->arena);
}

lk_status lk_attention_make_mask(lk_graph *graph, const char *name, const lk_node *k,
                                 const lk_node *v, const lk_attention_options *options,
                                 lk_attention_settings *self) {
    mask m = {.graph = graph, .name = name, .options = options, .self = self};
    if (!take_arrays(&m) || !order_keys(&m, k, v)) {
        return LK_OK; /* the arena tells */
    }
    LK_TRY(list_keys(&m));
    if (lk_arena_failed(graph->arena)) {
        return LK_OK;
    }
    cut_slices(&m);
    name_lists(&m, k, v);
    bool made = make_turns(&m) && (self->distances == 0 || take_positions(&m));
    return made && self->distances > 0 ? check_distances(&m) : LK_OK;
}
