/* Building a graph: ready steps are derived as nodes are added, and the proof is run at the end. */
#include "graph/graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "graph/brief.h"
#include "graph/memory_plan.h"
#include "graph/op.h"

#define NAME_MOST 320 /* of a parameter, with its scope */

/* A field's node has no arithmetic: the execution writes its value. */
static lk_status field_shape(lk_context *context, lk_node *node) {
    (void)context;
    (void)node;
    return LK_OK;
}

static int32_t field_reads(const lk_node *node, int32_t input, int64_t cell, lk_span *spans,
                           int32_t most) {
    (void)node;
    (void)input;
    (void)cell;
    (void)spans;
    (void)most;
    return 0;
}

static int64_t field_multiply_adds(const lk_node *node, int64_t cell) {
    (void)node;
    (void)cell;
    return 0;
}

static bool field_forward(const lk_task *task) {
    (void)task;
    return true;
}

static const lk_op field_op = {
    .name = "field",
    .definition = "out[v] = the value of cell v of a field",
    .shape = field_shape,
    .reads = field_reads,
    .multiply_adds = field_multiply_adds,
    .forward = field_forward,
};

/* ---- ordering -------------------------------------------------------------------------------- */

static int compare_ranks(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* Ranks become 0..steps-1 in the same order; equal ones stay equal. */
static lk_status number_ranks(lk_graph *graph, const int32_t *given) {
    int64_t count = graph->variables;
    int32_t *sorted = lk_arena_take(graph->arena, count, sizeof *sorted);
    int32_t *rank = lk_arena_take(graph->arena, count, sizeof *rank);
    if (sorted == NULL || rank == NULL) {
        return lk_fail_no_memory(graph->context, "ordering", 2 * count * (int64_t)sizeof *rank);
    }
    memcpy(sorted, given, (size_t)count * sizeof *sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, compare_ranks);
    int32_t distinct = 0;
    for (int64_t i = 0; i < count; i++) {
        if (i == 0 || sorted[i] != sorted[distinct - 1]) {
            sorted[distinct++] = sorted[i];
        }
    }
    for (int64_t v = 0; v < count; v++) {
        const int32_t *at =
            bsearch(&given[v], sorted, (size_t)distinct, sizeof *sorted, compare_ranks);
        rank[v] = (int32_t)(at - sorted);
    }
    graph->rank = rank;
    graph->steps = distinct;
    return LK_OK;
}

/* Counting sort of 0..count-1 by key in 0..keys-1; begin[keys + 1] receives where each key's run
 * begins. */
static void sort_by_key(const int32_t *key, int64_t count, int64_t keys, int32_t *order,
                        int64_t *begin) {
    memset(begin, 0, (size_t)(keys + 1) * sizeof *begin);
    for (int64_t i = 0; i < count; i++) {
        begin[key[i] + 1]++;
    }
    for (int64_t k = 0; k < keys; k++) {
        begin[k + 1] += begin[k];
    }
    for (int64_t i = 0; i < count; i++) {
        order[begin[key[i]]++] = (int32_t)i;
    }
    for (int64_t k = keys; k > 0; k--) {
        begin[k] = begin[k - 1];
    }
    begin[0] = 0;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

/* An input whose cells get ready as this node's do. Most nodes have one, so that a graph holds few
 * lists, however many nodes it has. */
static const lk_node *input_ready_alike(const lk_node *node, const int32_t *ready) {
    for (int32_t i = 0; i < node->input_count; i++) {
        const lk_node *input = node->inputs[i];
        if (input->cells == node->cells &&
            memcmp(input->ready, ready, (size_t)node->cells * sizeof *ready) == 0) {
            return input;
        }
    }
    return NULL;
}

/* Gives the node its ready steps, which are copied, and its cells in their order. */
static lk_status take_ready(lk_graph *graph, lk_node *node, const int32_t *ready) {
    const lk_node *alike = input_ready_alike(node, ready);
    if (alike != NULL) {
        node->ready = alike->ready;
        node->by_ready = alike->by_ready;
        node->steps = alike->steps;
        return LK_OK;
    }
    int32_t *own = lk_arena_take(graph->arena, node->cells, sizeof *own);
    int32_t *order = lk_arena_take(graph->arena, node->cells, sizeof *order);
    if (own == NULL || order == NULL ||
        !lk_steps_make(graph->arena, ready, node->cells, order, &node->steps)) {
        return lk_fail_no_memory(graph->context, node->name,
                                 node->cells * 4 * (int64_t)sizeof *ready);
    }
    node->ready = memcpy(own, ready, (size_t)node->cells * sizeof *ready);
    node->by_ready = order;
    return LK_OK;
}

static bool push(lk_graph *graph, lk_node *node) {
    if (graph->node_count == graph->node_capacity) {
        int32_t capacity = graph->node_capacity == 0 ? 32 : 2 * graph->node_capacity;
        lk_node **nodes = lk_resize(graph->nodes, capacity, sizeof *nodes);
        if (nodes == NULL) {
            return false;
        }
        graph->nodes = nodes;
        graph->node_capacity = capacity;
    }
    node->index = graph->node_count;
    graph->nodes[graph->node_count++] = node;
    return true;
}

static lk_status add_field_node(lk_graph *graph, lk_field *field) {
    lk_node *node = lk_arena_take(graph->arena, 1, sizeof *node);
    int32_t *ready = lk_allocate(field->cells, sizeof *ready);
    if (node == NULL || ready == NULL || !push(graph, node)) {
        lk_release(ready);
        return lk_fail_no_memory(graph->context, field->name,
                                 field->cells * (int64_t)sizeof *ready);
    }
    node->op = &field_op;
    node->name = field->name;
    node->cells = field->cells;
    node->channels = 1;
    for (int64_t v = 0; v < node->cells && field->role == LK_MODELLED; v++) {
        ready[v] = graph->rank[field->first + v] + 1;
    }
    field->node = node;
    graph->data = graph->data == NULL && field->role == LK_MODELLED ? node : graph->data;
    lk_status status = take_ready(graph, node, ready);
    lk_release(ready);
    return status;
}

/* A failure is the arena's to remember. */
static void take_alphabets(lk_graph *graph, lk_field *field) {
    int32_t *copy = lk_arena_take(graph->arena, field->cells, sizeof *copy);
    int64_t *symbols = lk_arena_take(graph->arena, field->cells + 1, sizeof *symbols);
    for (int64_t c = 0; c < field->cells && copy != NULL && symbols != NULL; c++) {
        copy[c] = field->alphabets[c];
        LK_REQUIRE(copy[c] >= 1 && copy[c] <= field->alphabet);
        symbols[c + 1] = symbols[c] + copy[c];
    }
    field->alphabets = copy;
    field->symbols = symbols;
}

/* Where cells of fields of a role are counted. */
static int64_t *total_of(lk_graph *graph, lk_field_role role) {
    return role == LK_MODELLED ? &graph->variables
           : role == LK_GIVEN  ? &graph->given
                               : &graph->along;
}

/* Copies what the fields point to, and counts. */
static lk_status take_fields(lk_graph *graph, const lk_field *fields, int32_t count) {
    graph->fields = lk_arena_take(graph->arena, count, sizeof *graph->fields);
    if (graph->fields == NULL) {
        return lk_fail_no_memory(graph->context, "fields", count * (int64_t)sizeof *fields);
    }
    graph->field_count = count;
    for (int32_t f = 0; f < count; f++) {
        lk_field *field = &graph->fields[f];
        *field = fields[f];
        int64_t *total = total_of(graph, field->role);
        LK_REQUIRE(field->cells >= 1 && field->cells <= INT32_MAX - *total && field->alphabet >= 1);
        field->first = *total;
        *total += field->cells;
        field->name = lk_arena_string(graph->arena, fields[f].name);
        field->symbols = NULL;
        if (field->alphabets != NULL) {
            take_alphabets(graph, field);
        }
        if (field->role == LK_MODELLED && field->alphabet > graph->alphabet) {
            graph->alphabet = field->alphabet;
        }
    }
    LK_REQUIRE(graph->variables >= 1);
    return lk_arena_failed(graph->arena)
               ? lk_fail_no_memory(graph->context, "fields", graph->variables * 4)
               : LK_OK;
}

/* The ranks of all variables, as they were given. */
static lk_status take_ranks(lk_graph *graph) {
    int32_t *given = lk_allocate(graph->variables, sizeof *given);
    if (given == NULL) {
        return lk_fail_no_memory(graph->context, "ordering", graph->variables * 4);
    }
    for (int32_t f = 0; f < graph->field_count; f++) {
        const lk_field *field = &graph->fields[f];
        if (field->role == LK_MODELLED) {
            memcpy(given + field->first, field->rank, (size_t)field->cells * sizeof *given);
        }
    }
    lk_status status = number_ranks(graph, given);
    for (int32_t f = 0; f < graph->field_count && status == LK_OK; f++) {
        lk_field *field = &graph->fields[f];
        field->rank = field->role == LK_MODELLED ? graph->rank + field->first : NULL;
    }
    lk_release(given);
    return status;
}

static lk_status fill_graph(lk_graph *graph, const lk_field *fields, int32_t count) {
    LK_TRY(take_fields(graph, fields, count));
    LK_TRY(take_ranks(graph));
    graph->by_rank = lk_arena_take(graph->arena, graph->variables, sizeof *graph->by_rank);
    graph->rank_begin =
        lk_arena_take(graph->arena, (int64_t)graph->steps + 1, sizeof *graph->rank_begin);
    if (graph->by_rank == NULL || graph->rank_begin == NULL) {
        return lk_fail_no_memory(graph->context, "ordering",
                                 graph->variables * (int64_t)sizeof(int32_t));
    }
    sort_by_key(graph->rank, graph->variables, graph->steps, graph->by_rank, graph->rank_begin);
    for (int32_t f = 0; f < count; f++) {
        LK_TRY(add_field_node(graph, &graph->fields[f]));
    }
    return LK_OK;
}

/* The arena gives no more: it was not allowed to, or there is none. */
static lk_status fail_arena(const lk_graph *graph) {
    int64_t bytes = lk_arena_bytes(graph->arena);
    LK_TRY(lk_memory_allow(graph->context, NULL, "building the network", (double)bytes));
    return lk_fail_no_memory(graph->context, "building the network", bytes);
}

lk_status lk_graph_create_fields(lk_context *context, lk_parameters *parameters,
                                 const lk_field *fields, int32_t count, lk_graph **graph) {
    LK_REQUIRE(count >= 1 && count <= LK_FIELDS_MOST);
    *graph = NULL;
    lk_graph *made = lk_allocate(1, sizeof *made);
    if (made == NULL) {
        return lk_fail_no_memory(context, "graph", (int64_t)sizeof *made);
    }
    made->context = context;
    made->parameters = parameters;
    made->scope = "";
    made->arena = lk_arena_create();
    lk_status status = LK_OK;
    if (made->arena == NULL) {
        status = lk_fail_no_memory(context, "graph", 4096);
    } else {
        lk_arena_limit(made->arena, context->memory_most);
        status = fill_graph(made, fields, count);
    }
    if (status != LK_OK) {
        status = made->arena != NULL && lk_arena_failed(made->arena) ? fail_arena(made) : status;
        lk_graph_destroy(made);
        return status;
    }
    *graph = made;
    return LK_OK;
}

lk_status lk_graph_create(lk_context *context, lk_parameters *parameters, int64_t variables,
                          int32_t alphabet, const int32_t *rank, lk_graph **graph) {
    lk_field data = {.name = "data", .cells = variables, .alphabet = alphabet, .rank = rank};
    return lk_graph_create_fields(context, parameters, &data, 1, graph);
}

void lk_graph_destroy(lk_graph *graph) {
    if (graph == NULL) {
        return;
    }
    lk_release(graph->nodes);
    lk_arena_destroy(graph->arena);
    lk_release(graph);
}

/* ---- ready steps ----------------------------------------------------------------------------- */

/* The cell of `from` that a span reads and that is ready last; -1 for an empty span. */
static int64_t latest_in_span(const lk_node *from, const lk_span *span) {
    if (span->count == 0) {
        return -1;
    }
    if (span->by == from->by_ready && span->by != NULL) {
        return span->by[span->first + span->count - 1];
    }
    int64_t latest = span->by != NULL ? span->by[span->first] : span->first;
    for (int64_t i = 1; i < span->count; i++) {
        int64_t cell = span->by != NULL ? span->by[span->first + i] : span->first + i;
        if (from->ready[cell] > from->ready[latest]) {
            latest = cell;
        }
    }
    return latest;
}

static int64_t wave_of(const lk_node *node, int64_t cell) {
    return node->op->wave != NULL ? node->op->wave(node, cell) : cell;
}

/* What decides when `cell` is ready: the node and the cell it reads that come last; NULL when it
 * reads nothing. */
static const lk_node *decisive_read(const lk_node *node, int64_t cell, int64_t *read_cell) {
    const lk_node *decisive = NULL;
    lk_span spans[LK_SPANS_MOST];
    for (int32_t input = node->op->recurrent ? -1 : 0; input < node->input_count; input++) {
        const lk_node *from = input < 0 ? node : node->inputs[input];
        int32_t count = node->op->reads(node, input, cell, spans, LK_SPANS_MOST);
        LK_REQUIRE(count <= LK_SPANS_MOST);
        for (int32_t i = 0; i < count; i++) {
            int64_t latest = latest_in_span(from, &spans[i]);
            LK_REQUIRE(latest < from->cells &&
                       (latest < 0 || input >= 0 || wave_of(node, latest) < wave_of(node, cell)));
            if (latest >= 0 &&
                (decisive == NULL || from->ready[latest] > decisive->ready[*read_cell])) {
                decisive = from;
                *read_cell = latest;
            }
        }
    }
    return decisive;
}

/* The node's cells, wave after wave; the caller's, to be released; NULL: out of memory. */
static int32_t *order_by_wave(const lk_node *node) {
    int32_t *order = lk_allocate(2 * node->cells, sizeof *order);
    int32_t *wave = order != NULL ? order + node->cells : NULL;
    int64_t *begin = lk_allocate(node->cells + 1, sizeof *begin);
    for (int64_t cell = 0; order != NULL && begin != NULL && cell < node->cells; cell++) {
        int64_t found = node->op->wave(node, cell);
        LK_REQUIRE(found >= 0 && found < node->cells);
        wave[cell] = (int32_t)found;
    }
    if (order != NULL && begin != NULL) {
        sort_by_key(wave, node->cells, node->cells, order, begin);
    } else {
        lk_release(order);
        order = NULL;
    }
    lk_release(begin);
    return order;
}

/* What a cell reads of its own node is ready before it is. */
static lk_status derive_ready(lk_graph *graph, const lk_node *node, int32_t *ready) {
    int32_t *order = NULL;
    if (node->op->wave != NULL) {
        order = order_by_wave(node);
        if (order == NULL) {
            return lk_fail_no_memory(graph->context, node->name,
                                     node->cells * (int64_t)sizeof *order);
        }
    }
    for (int64_t i = 0; i < node->cells; i++) {
        int64_t cell = order != NULL ? order[i] : i, read_cell = 0;
        const lk_node *from = decisive_read(node, cell, &read_cell);
        ready[cell] = from == NULL ? 0 : from->ready[read_cell];
    }
    lk_release(order);
    return LK_OK;
}

static lk_status derive(lk_graph *graph, lk_node *node) {
    LK_TRY(node->op->shape(graph->context, node));
    LK_REQUIRE(node->cells >= 1 && node->channels >= 1);
    if (node->cells > INT32_MAX) {
        return lk_fail(graph->context, LK_UNSUPPORTED,
                       "node %s would have %lld cells, and at most %d are possible", node->name,
                       (long long)node->cells, INT32_MAX);
    }
    int32_t *ready = lk_allocate(node->cells, sizeof *ready);
    if (ready == NULL) {
        return lk_fail_no_memory(graph->context, node->name, node->cells * (int64_t)sizeof *ready);
    }
    node->ready = ready; /* a recurrence reads its own */
    lk_status status = derive_ready(graph, node, ready);
    status = status == LK_OK ? take_ready(graph, node, ready) : status;
    lk_release(ready);
    node->needs_gradient = node->parameter_count > 0;
    for (int32_t i = 0; i < node->input_count; i++) {
        node->needs_gradient = node->needs_gradient || node->inputs[i]->needs_gradient;
    }
    return status;
}

/* Whether the building has failed. Whoever gets NULL from the graph's arena need only return NULL:
 * it is told here. */
static bool has_failed(lk_graph *graph) {
    if (graph->failed == LK_OK && lk_arena_failed(graph->arena)) {
        graph->failed = fail_arena(graph);
    }
    return graph->failed != LK_OK;
}

static const char *node_name(lk_graph *graph, const lk_op *op, const char *name) {
    const char *known = name != NULL ? name : op->name;
    size_t capacity = strlen(graph->scope) + strlen(known) + 16;
    char *text = lk_arena_take(graph->arena, (int64_t)capacity, 1);
    if (text != NULL && name != NULL) {
        snprintf(text, capacity, "%s%s", graph->scope, name);
    } else if (text != NULL) {
        snprintf(text, capacity, "%s%s#%d", graph->scope, op->name, graph->node_count);
    }
    return text;
}

lk_status lk_graph_declare(lk_graph *graph, const char *name, int64_t rows, int64_t columns,
                           lk_init init, int32_t *index) {
    char scoped[NAME_MOST];
    snprintf(scoped, sizeof scoped, "%s%s", graph->scope, name);
    return lk_parameters_declare(graph->parameters, scoped, rows, columns, init, index);
}

lk_node *lk_graph_add(lk_graph *graph, const lk_op *op, const char *name, int32_t input_count,
                      lk_node *const *inputs, int32_t parameter_count, const int32_t *parameters,
                      void *settings) {
    LK_REQUIRE(input_count >= op->inputs_least && input_count <= op->inputs_most);
    LK_REQUIRE(parameter_count <= LK_NODE_PARAMETERS_MOST);
    if (has_failed(graph)) {
        return NULL;
    }
    for (int32_t i = 0; i < input_count; i++) {
        LK_REQUIRE(inputs[i] != NULL);
    }
    lk_node *node = lk_arena_take(graph->arena, 1, sizeof *node);
    lk_node **copy = lk_arena_take(graph->arena, input_count, sizeof *copy);
    const char *label = node_name(graph, op, name);
    if (has_failed(graph)) {
        return NULL;
    }
    if (input_count > 0) {
        memcpy(copy, inputs, (size_t)input_count * sizeof *copy);
    }
    node->op = op;
    node->name = label;
    node->inputs = copy;
    node->input_count = input_count;
    node->parameter_count = parameter_count;
    if (parameter_count > 0) {
        memcpy(node->parameters, parameters, (size_t)parameter_count * sizeof *parameters);
    }
    node->settings = settings;
    graph->failed = derive(graph, node);
    if (graph->failed == LK_OK && !push(graph, node)) {
        graph->failed = lk_fail_no_memory(graph->context, "nodes", (int64_t)sizeof *node);
    }
    return graph->failed == LK_OK ? node : NULL;
}

/* ---- the proof ------------------------------------------------------------------------------- */

/* "logits[5] <- hidden[33] <- data[6]": how the cell comes to see what it sees last. */
static void describe_path(const lk_node *node, int64_t cell, char *text, size_t capacity) {
    size_t used = 0;
    text[0] = '\0';
    while (node != NULL && used + 1 < capacity) {
        int wrote = snprintf(text + used, capacity - used, "%s%s[%lld]", used == 0 ? "" : " <- ",
                             node->name, (long long)cell);
        used += wrote > 0 ? (size_t)wrote : 0;
        node = decisive_read(node, cell, &cell);
    }
}

static lk_status prove(lk_graph *graph, const lk_field *field) {
    const lk_node *output = field->output;
    for (int64_t cell = 0; cell < field->cells; cell++) {
        int64_t variable = field->first + cell;
        if (output->ready[cell] > graph->rank[variable]) {
            char path[512];
            describe_path(output, cell, path, sizeof path);
            return lk_fail(graph->context, LK_CAUSALITY,
                           "node %s, cell %lld: the conditional of variable %lld (rank %d) would "
                           "see a variable of rank %d: %s",
                           output->name, (long long)cell, (long long)variable + 1,
                           graph->rank[variable], output->ready[cell] - 1, path);
        }
    }
    return LK_OK;
}

static lk_status check_output(lk_graph *graph, const lk_field *field) {
    const lk_node *output = field->output;
    if (output == NULL) {
        return lk_fail(graph->context, LK_INVALID, "field %s has no output", field->name);
    }
    if (output->cells != field->cells) {
        return lk_fail(graph->context, LK_INVALID,
                       "node %s has %lld cells, but the data have %lld variables", output->name,
                       (long long)output->cells, (long long)field->cells);
    }
    int64_t wanted = field->head.dist->channels(&field->head);
    if (output->channels < wanted || (field->alphabets == NULL && output->channels != wanted)) {
        return lk_fail(graph->context, LK_INVALID,
                       "node %s has %lld channels, but %s of %d symbols wants %lld", output->name,
                       (long long)output->channels, field->head.dist->name, field->alphabet,
                       (long long)wanted);
    }
    return LK_OK;
}

void lk_graph_model(lk_graph *graph, int32_t field, lk_node *output, const lk_dist *dist,
                    int32_t components) {
    lk_field *f = &graph->fields[field];
    if (!has_failed(graph)) {
        LK_REQUIRE(f->role == LK_MODELLED && output != NULL);
        f->output = output;
        f->head = (lk_head){.dist = dist,
                            .alphabet = f->alphabet,
                            .components = components,
                            .channels = output->channels};
    }
}

lk_status lk_graph_close(lk_graph *graph) {
    for (int32_t f = 0; f < graph->field_count && !has_failed(graph); f++) {
        const lk_field *field = &graph->fields[f];
        if (field->role == LK_MODELLED) {
            graph->failed = check_output(graph, field);
            graph->failed = graph->failed == LK_OK ? prove(graph, field) : graph->failed;
        }
    }
    if (!has_failed(graph)) {
        lk_graph_find_brief(graph);
    }
    graph->plan_room = lk_arena_take(graph->arena, lk_memory_plan_room(graph->node_count), 1);
    graph->finished = !has_failed(graph);
    if (lk_arena_failed(graph->arena)) { /* whoever told it first may not have known why */
        graph->failed = fail_arena(graph);
    }
    return graph->failed;
}

lk_status lk_graph_finish(lk_graph *graph, lk_node *output, const lk_dist *dist) {
    lk_graph_model(graph, graph->data->index, output, dist, 0);
    return lk_graph_close(graph);
}

/* ---- fields
 * ----------------------------------------------------------------------------------- */

const lk_field *lk_graph_field(const lk_graph *graph, int64_t variable) {
    LK_REQUIRE(variable >= 0 && variable < graph->variables);
    const lk_field *field = graph->fields;
    while (field->role != LK_MODELLED || variable >= field->first + field->cells) {
        field++;
    }
    return field;
}

lk_head lk_graph_head(const lk_graph *graph, int64_t variable) {
    const lk_field *field = lk_graph_field(graph, variable);
    lk_head head = field->head;
    if (field->alphabets != NULL) {
        head.alphabet = field->alphabets[variable - field->first];
    }
    return head;
}

int64_t lk_field_symbols(const lk_field *field) {
    return field->symbols != NULL ? field->symbols[field->cells] : field->cells * field->alphabet;
}

int64_t lk_graph_units(const lk_graph *graph) {
    int64_t units = 0;
    for (int32_t f = 0; f < graph->field_count; f++) {
        const lk_field *field = &graph->fields[f];
        units += field->role == LK_MODELLED ? lk_field_units(field) : 0;
    }
    return units;
}

const lk_field *lk_graph_field_of(const lk_graph *graph, const lk_node *node) {
    return node->index < graph->field_count ? &graph->fields[node->index] : NULL;
}

int64_t lk_graph_channels(const lk_graph *graph) {
    int64_t most = 0;
    for (int32_t f = 0; f < graph->field_count; f++) {
        most = graph->fields[f].head.channels > most ? graph->fields[f].head.channels : most;
    }
    return most;
}

int32_t lk_graph_find(const lk_graph *graph, const char *name) {
    for (int32_t f = 0; f < graph->field_count; f++) {
        if (strcmp(graph->fields[f].name, name) == 0) {
            return f;
        }
    }
    return -1;
}
