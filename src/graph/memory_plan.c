/* First fit over time: buffers are placed in the order in which their lives begin, each at the
 * lowest offset that is free for all of its life. */
#include "graph/memory_plan.h"

#include <stdlib.h>

#include "base/arena.h"
#include "graph/op.h"

/* Every value is a whole number of cache lines per example-block: offsets are rounded to 16
 * floats. */
#define ROUND_TO 16

/* Two lives meet when they share a moment of a step, and a step. By the parallel schedule there is
 * one step, 0. */
typedef struct life {
    int64_t offset, size;
    int32_t first, last;
    int32_t first_step, last_step;
    int32_t reader;    /* the last node that reads the value */
    struct life *host; /* in whose place it stands; NULL: it has its own */
} life;

static void note_use(life *l, int32_t moment) {
    l->last = moment > l->last ? moment : l->last;
    l->first = moment < l->first ? moment : l->first;
}

/* What others read and write between the operations: values of fields, parameters of
 * conditionals. */
static bool is_field(const lk_graph *graph, const lk_node *node) {
    bool is = node->index < graph->field_count;
    for (int32_t f = 0; f < graph->field_count; f++) {
        is = is || graph->fields[f].output == node;
    }
    return is;
}

/* Whether a node slides: it holds some positions, not all cells. */
static bool slides(const lk_window *window, int32_t node) {
    return window != NULL && !window->nodes[node].constant;
}

static int64_t cells_held(const lk_graph *graph, const lk_window *window, int64_t length,
                          int32_t node) {
    return slides(window, node) ? lk_window_held(window, node, length) * window->nodes[node].cells
                                : graph->nodes[node]->cells;
}

/* Held whole, by steps alone. */
static bool is_brief_step(const lk_graph *graph, lk_plan plan, const lk_window *window,
                          int32_t node) {
    return plan == LK_PLAN_STEPS && window == NULL && graph->nodes[node]->brief_cells > 0;
}

/* Gradients are held of all positions. */
static int64_t gradient_cells(const lk_graph *graph, const lk_window *window, int64_t length,
                              int32_t node) {
    return slides(window, node) ? (window->lookback + length) * window->nodes[node].cells
                                : graph->nodes[node]->cells;
}

/* Whether a value need not outlive the last node that reads it. */
static bool is_brief(const lk_graph *graph, lk_plan plan, const lk_window *window, int32_t node) {
    return slides(window, node) ? window->nodes[node].brief && !lk_plan_trains(plan)
                                : (plan == LK_PLAN_EVALUATE || plan == LK_PLAN_STEPS) &&
                                      !is_field(graph, graph->nodes[node]);
}

/* Whether backward of the node reads its own value, or those of its inputs, which then outlive
 * forward. */
static bool backward_reads(const lk_node *node, int32_t which) {
    return node->needs_gradient &&
           (node->op->keeps == NULL || (node->op->keeps(node) & which) != 0);
}

/* The last moment of the node's value, as far as it is the node's own: in training by the parallel
 * schedule what backward does not read need not outlive its readers. */
static int32_t own_end(const lk_graph *graph, lk_plan plan, const lk_window *window, int32_t node) {
    bool brief = is_brief(graph, plan, window, node);
    if (plan == LK_PLAN_TRAIN && window == NULL) {
        brief = !is_field(graph, graph->nodes[node]) &&
                !backward_reads(graph->nodes[node], LK_KEEPS_OUTPUT);
    }
    return brief ? node : 2 * graph->node_count;
}

static bool is_run_whole(lk_plan plan, const lk_window *window) {
    return window == NULL && (plan == LK_PLAN_TRAIN || plan == LK_PLAN_EVALUATE);
}

/* By steps: a value that comes, and is read, at several has its place until the last of them is
 * over, unless it is brief; of one step, as the parallel schedule has it. */
static void live_by_steps(const lk_graph *graph, int32_t index, bool brief, life *l) {
    const lk_node *node = graph->nodes[index];
    bool field = is_field(graph, node);
    l->first_step = field || node->steps.count == 0 ? 0 : node->steps.step[0];
    l->last_step = node->last_read;
    if (field || (!brief && l->first_step != l->last_step)) {
        l->first = 0;
        l->last = 2 * graph->node_count;
    }
}

static void value_lives(const lk_graph *graph, lk_plan plan, const lk_window *window,
                        int64_t length, life *lives) {
    int32_t nodes = graph->node_count, end = 2 * nodes;
    for (int32_t i = 0; i < nodes; i++) {
        const lk_node *node = graph->nodes[i];
        int64_t cells = is_brief_step(graph, plan, window, i)
                            ? node->brief_cells
                            : cells_held(graph, window, length, i);
        bool steps = plan == LK_PLAN_INCREMENTAL || plan == LK_PLAN_STEPS;
        int32_t own = own_end(graph, plan, window, i);
        lives[i] = (life){.offset = -1,
                          .reader = -1,
                          .size = cells * node->channels,
                          .first = steps && own == end ? 0 : i,
                          .last = own};
        for (int32_t k = 0; k < node->input_count; k++) {
            int32_t input = node->inputs[k]->index;
            bool reads = plan == LK_PLAN_TRAIN && backward_reads(node, LK_KEEPS_INPUTS);
            note_use(&lives[input], reads ? end : i);
            lives[input].reader = i > lives[input].reader ? i : lives[input].reader;
        }
    }
    for (int32_t i = 0; i < nodes && plan == LK_PLAN_STEPS && window == NULL; i++) {
        live_by_steps(graph, i, is_brief_step(graph, plan, window, i), &lives[i]);
    }
}

static void gradient_lives(const lk_graph *graph, const lk_window *window, int64_t length,
                           life *lives) {
    int32_t nodes = graph->node_count;
    for (int32_t i = 0; i < nodes; i++) {
        int32_t backward = 2 * nodes - 1 - i;
        lives[i] = (life){.offset = -1, .first = backward, .last = backward};
        if (graph->nodes[i]->needs_gradient) {
            lives[i].size = gradient_cells(graph, window, length, i) * graph->nodes[i]->channels;
        }
    }
    for (int32_t i = 0; i < nodes; i++) {
        const lk_node *node = graph->nodes[i];
        for (int32_t k = 0; k < node->input_count; k++) {
            note_use(&lives[node->inputs[k]->index], 2 * nodes - 1 - i);
        }
    }
    for (int32_t f = 0; f < graph->field_count; f++) {
        if (graph->fields[f].output != NULL) {
            note_use(&lives[graph->fields[f].output->index], nodes);
        }
    }
}

/* ---- in place -------------------------------------------------------------------------------- */

static int32_t times_read(const lk_node *node, const lk_node *input) {
    int32_t times = 0;
    for (int32_t k = 0; k < node->input_count; k++) {
        times += node->inputs[k] == input;
    }
    return times;
}

/* Rows of the one may be written over those of the other: as wide, and nobody else needs these. */
static bool is_last_reader(const lk_graph *graph, const life *lives, const lk_node *node,
                           const lk_node *input) {
    return node->op->in_place && input->channels == node->channels && input->cells == node->cells &&
           lives[input->index].reader == node->index && times_read(node, input) == 1 &&
           !is_field(graph, input) && !is_field(graph, node);
}

static void stand_in(life *guest, life *host) {
    host = host->host != NULL ? host->host : host;
    guest->host = host;
    note_use(host, guest->first);
    note_use(host, guest->last);
}

/* A value stands in the place of an input that nobody reads later; of two, that which came last and
 * is still in the cache. */
static void share_values(const lk_graph *graph, life *lives) {
    for (int32_t i = graph->field_count; i < graph->node_count; i++) {
        const lk_node *node = graph->nodes[i], *best = NULL;
        for (int32_t k = 0; k < node->input_count; k++) {
            const lk_node *input = node->inputs[k];
            if (lives[input->index].last == i && is_last_reader(graph, lives, node, input) &&
                (best == NULL || best->index < input->index)) {
                best = input;
            }
        }
        if (best != NULL) {
            stand_in(&lives[i], &lives[best->index]);
        }
    }
}

/* The gradient of an input, which begins at its last reader, in the place of that one's, which ends
 * there. */
static void share_gradients(const lk_graph *graph, const life *values, life *lives) {
    for (int32_t i = graph->node_count - 1; i >= graph->field_count; i--) {
        const lk_node *node = graph->nodes[i];
        for (int32_t k = 0, shared = 0; k < node->input_count && shared == 0; k++) {
            life *of = &lives[node->inputs[k]->index];
            if (node->op->sets_fresh && of->size > 0 && lives[i].size > 0 &&
                is_last_reader(graph, values, node, node->inputs[k])) {
                stand_in(of, &lives[i]);
                shared = 1;
            }
        }
    }
}

/* ---- places ---------------------------------------------------------------------------------- */

/* The lowest offset at which `want` fits beside every placed life that overlaps it in time. */
static int64_t lowest_free(const life *want, life *const *placed, int32_t count) {
    int64_t offset = 0;
    for (bool moved = true; moved;) {
        moved = false;
        for (int32_t i = 0; i < count; i++) {
            const life *other = placed[i];
            bool same_time = other->first <= want->last && want->first <= other->last &&
                             other->first_step <= want->last_step &&
                             want->first_step <= other->last_step;
            bool same_place =
                other->offset < offset + want->size && offset < other->offset + other->size;
            if (same_time && same_place) {
                offset = other->offset + other->size;
                moved = true;
            }
        }
    }
    return offset;
}

static int by_first(const void *a, const void *b) {
    const life *x = *(life *const *)a, *y = *(life *const *)b;
    return x->first != y->first ? (x->first > y->first) - (x->first < y->first) : (x > y) - (x < y);
}

/* Places all lives; returns the end of the highest one. */
static int64_t place(life **order, int32_t count) {
    qsort(order, (size_t)count, sizeof(life *), by_first);
    int64_t total = 0;
    for (int32_t i = 0; i < count; i++) {
        life *l = order[i];
        l->size = (l->size + ROUND_TO - 1) / ROUND_TO * ROUND_TO;
        l->offset = lowest_free(l, order, i);
        total = l->offset + l->size > total ? l->offset + l->size : total;
    }
    return total;
}

int64_t lk_memory_plan_room(int32_t nodes) {
    return 2 * (int64_t)nodes * (int64_t)(sizeof(life) + sizeof(life *));
}

/* Places the lives, which stand at the beginning of the room: [values, gradients]. */
static int64_t place_all(const lk_graph *graph, lk_plan plan, const lk_window *window,
                         int64_t length, void *room) {
    int32_t nodes = graph->node_count, count = 0;
    life *lives = room, **order = (life **)(void *)(lives + 2 * (int64_t)nodes);
    value_lives(graph, plan, window, length, lives);
    gradient_lives(graph, window, length, lives + nodes);
    if (is_run_whole(plan, window)) {
        share_values(graph, lives);
        share_gradients(graph, lives, lives + nodes);
    }
    for (int32_t i = 0; i < (lk_plan_trains(plan) ? 2 : 1) * nodes; i++) {
        if (lives[i].host == NULL && (i < nodes || lives[i].size > 0)) {
            order[count++] = &lives[i];
        }
    }
    int64_t total = place(order, count);
    for (int32_t i = 0; i < 2 * nodes; i++) {
        lives[i].offset = lives[i].host != NULL ? lives[i].host->offset : lives[i].offset;
    }
    return total;
}

int64_t lk_memory_plan_total(const lk_graph *graph, lk_plan plan, const lk_window *window,
                             int64_t length) {
    return place_all(graph, plan, window, length, graph->plan_room);
}

bool lk_memory_plan_make(const lk_graph *graph, lk_plan plan, const lk_window *window,
                         int64_t length, lk_memory_plan *memory) {
    int32_t nodes = graph->node_count;
    *memory = (lk_memory_plan){0};
    life *lives = lk_allocate(lk_memory_plan_room(nodes), 1);
    memory->value = lk_allocate(nodes, sizeof *memory->value);
    memory->gradient = lk_allocate(nodes, sizeof *memory->gradient);
    memory->kept = lk_allocate(nodes, sizeof *memory->kept);
    bool made =
        lives != NULL && memory->value != NULL && memory->gradient != NULL && memory->kept != NULL;
    if (made) {
        memory->total = place_all(graph, plan, window, length, lives);
        for (int32_t i = 0; i < nodes; i++) {
            memory->value[i] = lives[i].offset;
            memory->gradient[i] = lives[nodes + i].offset;
            memory->kept[i] = lives[i].last == 2 * nodes;
        }
        for (int32_t i = 0; i < nodes; i++) { /* a guest has written over its host */
            if (lives[i].host != NULL) {
                memory->kept[lives[i].host - lives] = false;
            }
        }
    } else {
        lk_memory_plan_release(memory);
    }
    lk_release(lives);
    return made;
}

void lk_memory_plan_release(lk_memory_plan *memory) {
    lk_release(memory->value);
    lk_release(memory->gradient);
    lk_release(memory->kept);
    *memory = (lk_memory_plan){0};
}
