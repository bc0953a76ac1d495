#include "jobs/receptive.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/formats/formats.h"
#include "data/sheet.h"
#include "graph/op.h"
#include "jobs/sample.h"
#include "models/run.h"
#include "models/take.h"

#define EXAMPLES 4
#define LANES_MOST 128
#define LANES_BYTES ((double)(256 << 20)) /* of a run */
#define SIDE 320                          /* pixels of a picture, about */

void lk_receptive_deinit(lk_receptive *field) {
    lk_release(field->earlier);
    lk_release(field->seen);
    lk_release(field->blind);
    lk_release(field->change);
    *field = (lk_receptive){0};
}

/* ---- by the graph ---------------------------------------------------------------------------- */

/* Cells that are still to be followed back, and those that were met. */
typedef struct search {
    const lk_graph *graph;
    bool **met; /* [nodes], owned: [cells] */
    struct place {
        int32_t node, cell;
    } * stack; /* owned */
    int64_t count, capacity;
} search;

static bool push(search *s, const lk_node *node, int64_t cell) {
    bool **met = &s->met[node->index];
    if (*met == NULL) {
        *met = lk_allocate(node->cells, sizeof **met);
        if (*met == NULL) {
            return false;
        }
    }
    if ((*met)[cell]) {
        return true;
    }
    (*met)[cell] = true;
    if (s->count == s->capacity) {
        int64_t capacity = s->capacity > 0 ? 2 * s->capacity : 1024;
        struct place *larger = lk_resize(s->stack, capacity, sizeof *larger);
        if (larger == NULL) {
            return false;
        }
        s->stack = larger;
        s->capacity = capacity;
    }
    s->stack[s->count++] = (struct place){node->index, (int32_t)cell};
    return true;
}

static bool push_input(search *s, const lk_node *node, int32_t input, int64_t cell) {
    lk_span spans[LK_SPANS_MOST];
    const lk_node *from = input < 0 ? node : node->inputs[input];
    int32_t count = node->op->reads(node, input, cell, spans, LK_SPANS_MOST);
    for (int32_t i = 0; i < count; i++) {
        for (int64_t k = spans[i].first; k < spans[i].first + spans[i].count; k++) {
            if (!push(s, from, spans[i].by != NULL ? spans[i].by[k] : k)) {
                return false;
            }
        }
    }
    return true;
}

/* The variables that a cell of the network shows: through a view it may be a whole pixel's. */
static bool shows(const lk_receptive *field, int64_t cell, int64_t variable) {
    int64_t first;
    int32_t count = lk_view_made_of(field->view, cell, field->variables, &first);
    return variable >= first && variable < first + count;
}

/* From the outputs of the variable's conditionals (of a view, one or more for each part) to the
 * fields. */
static bool follow(search *s, const lk_receptive *field) {
    const lk_graph *graph = s->graph;
    for (int64_t v = 0; v < graph->variables; v++) {
        const lk_field *of = lk_graph_field(graph, v);
        if (shows(field, v, field->variable) && !push(s, of->output, v - of->first)) {
            return false;
        }
    }
    while (s->count > 0) {
        struct place at = s->stack[--s->count];
        const lk_node *node = graph->nodes[at.node];
        for (int32_t input = node->op->recurrent ? -1 : 0; input < node->input_count; input++) {
            if (!push_input(s, node, input, at.cell)) {
                return false;
            }
        }
    }
    return true;
}

static void mark(const search *s, lk_receptive *field) {
    const lk_graph *graph = s->graph;
    int64_t last = -1; /* the part that comes last sees most */
    for (int64_t v = 0; v < graph->variables; v++) {
        bool later = last < 0 || graph->rank[v] > graph->rank[last];
        last = later && shows(field, v, field->variable) ? v : last;
    }
    for (int32_t f = 0; f < graph->field_count; f++) {
        const lk_field *of = &graph->fields[f];
        const bool *met = of->role == LK_MODELLED ? s->met[of->node->index] : NULL;
        for (int64_t cell = 0; of->role == LK_MODELLED && cell < of->cells; cell++) {
            int64_t v = of->first + cell, first;
            int32_t count = lk_view_made_of(field->view, v, field->variables, &first);
            for (int64_t variable = first; variable < first + count; variable++) {
                bool own = variable == field->variable;
                field->earlier[variable] |= !own && graph->rank[v] < graph->rank[last];
                field->seen[variable] |= !own && met != NULL && met[cell];
            }
        }
    }
    for (int64_t v = 0; v < field->variables; v++) {
        field->earlier_count += field->earlier[v];
        field->seen_count += field->seen[v];
    }
}

/* Rows and columns from one variable to another; of what is no image places. */
static void measure(const lk_receptive *field, int64_t a, int64_t b, int64_t distance[2]) {
    lk_shape shape = field->shape;
    bool image = shape.axes >= 2;
    int64_t channels = shape.axes == 3 ? shape.size[2] : 1,
            width = image ? shape.size[1] : field->variables;
    distance[0] = llabs(a / channels / width - b / channels / width);
    distance[1] = llabs(a / channels % width - b / channels % width);
}

static void mark_blind(lk_receptive *field, bool far) {
    int64_t reach[2] = {far ? INT64_MAX : 0, far ? INT64_MAX : 0}, distance[2];
    for (int64_t v = 0; v < field->variables; v++) {
        measure(field, v, field->variable, distance);
        for (int i = 0; i < 2 && field->seen[v]; i++) {
            reach[i] = distance[i] > reach[i] ? distance[i] : reach[i];
        }
    }
    for (int64_t v = 0; v < field->variables; v++) {
        measure(field, v, field->variable, distance);
        field->blind[v] = field->earlier[v] && !field->seen[v] && distance[0] <= reach[0] &&
                          distance[1] <= reach[1];
        field->blind_count += field->blind[v];
    }
}

static lk_status search_graph(const lk_model *model, const lk_graph *graph, lk_receptive *field) {
    search s = {.graph = graph, .met = lk_allocate(graph->node_count, sizeof *s.met)};
    bool done = s.met != NULL;
    if (done) {
        done = follow(&s, field);
    }
    if (done) {
        mark(&s, field);
        mark_blind(field, model->data.columns != NULL);
    }
    for (int32_t i = 0; s.met != NULL && i < graph->node_count; i++) {
        lk_release(s.met[i]);
    }
    lk_release(s.met);
    lk_release(s.stack);
    return done ? LK_OK : lk_fail_no_memory(model->context, "receptive field", graph->variables);
}

/* ---- by perturbation ------------------------------------------------------------------------- */

typedef struct shaker {
    const lk_model *model;
    lk_receptive *field;
    lk_run *run;
    lk_local *local;             /* owned, where the model is given one */
    lk_dataset *data;            /* [lanes]: the example itself, and copies that are changed */
    int64_t changed[LANES_MOST]; /* the variable that is, in lanes 1 and on */
    int64_t lanes, total;        /* total: variables of the network that are run */
    uint16_t *x, *piece;         /* owned, [lanes][total] */
    float *probability;          /* owned, [lanes][alphabet] */
    double distance[LANES_MOST]; /* the most of the parts */
} shaker;

/* How far each lane's conditional is from that of lane 0. */
static void compare(shaker *s, int64_t place) {
    lk_head head = lk_run_head(s->run, place);
    head.dist->probabilities(s->model->context->kernels, &head, lk_run_parameters(s->run, place),
                             s->lanes, 1.0f, s->probability);
    for (int64_t lane = 1; lane < s->lanes; lane++) {
        double sum = 0.0;
        for (int32_t a = 0; a < head.alphabet; a++) {
            sum +=
                fabs((double)s->probability[lane * head.alphabet + a] - (double)s->probability[a]);
        }
        s->distance[lane] = fmax(s->distance[lane], 0.5 * sum);
    }
}

static lk_status run_lanes(shaker *s) {
    static const uint16_t given[LANES_MOST] = {0}; /* the first label */
    int64_t window = lk_run_window(s->run), most = 0;
    memset(s->distance, 0, sizeof s->distance);
    lk_run_set_local(s->run, lk_local_alone(s->local));
    LK_TRY(lk_run_begin(s->run, s->lanes, s->model->data.labels > 0 ? given : NULL));
    for (int64_t done = 0; done < s->total; done += most) {
        most = s->total - done < window ? s->total - done : window;
        for (int64_t lane = 0; lane < s->lanes; lane++) {
            memcpy(s->piece + lane * most, s->x + lane * s->total + done,
                   (size_t)most * sizeof *s->piece);
        }
        LK_TRY(lk_run_forward(s->run, s->piece, most));
        for (int64_t place = done; place < done + most; place++) {
            if (shows(s->field, lk_run_variable(s->run, place), s->field->variable)) {
                compare(s, place);
            }
        }
    }
    for (int64_t lane = 1; lane < s->lanes; lane++) {
        s->field->change[s->changed[lane]] += s->distance[lane] / s->field->examples;
    }
    return LK_OK;
}

/* The symbols that the network sees of the lanes' values. */
static lk_status see(shaker *s) {
    int64_t variables = s->field->variables;
    lk_items *items;
    if (s->model->data.stream) {
        memcpy(s->x, s->data->values, (size_t)(s->lanes * variables) * sizeof *s->x);
        return LK_OK;
    }
    LK_TRY(lk_items_of_dataset(s->model->context, s->data, lk_model_view(s->model), &items));
    lk_status status = LK_OK;
    for (int64_t lane = 0; status == LK_OK && lane < s->lanes; lane++) {
        status = lk_items_read(items, lane, 0, s->total, s->x + lane * s->total);
    }
    lk_items_close(items);
    return status;
}

static lk_status shake(shaker *s, const uint16_t *example, int64_t most) {
    int64_t variables = s->field->variables;
    for (int64_t v = 0; v < variables;) {
        memcpy(s->data->values, example, (size_t)variables * sizeof *example);
        for (s->lanes = 1; v < variables && s->lanes < most; v++) {
            int32_t alphabet = lk_model_alphabet_of(s->model, v);
            if (s->field->seen[v] && alphabet > 1) {
                uint16_t *copy = s->data->values + s->lanes * variables;
                memcpy(copy, example, (size_t)variables * sizeof *example);
                copy[v] = (uint16_t)((copy[v] + alphabet / 2) % alphabet);
                s->changed[s->lanes++] = v;
            }
        }
        if (s->lanes > 1) {
            LK_TRY(see(s));
            LK_TRY(run_lanes(s));
        }
    }
    return LK_OK;
}

static lk_status open_shaker(shaker *s, int64_t *lanes) {
    lk_context *context = s->model->context;
    lk_run_options how = {.schedules = LK_PARALLEL};
    *lanes = LANES_MOST;
    LK_TRY(lk_run_fit(s->model, &how, LANES_BYTES, lanes));
    *lanes = *lanes < 2 ? 2 : *lanes;
    how.lanes = *lanes;
    LK_TRY(lk_run_open(s->model, &how, &s->run));
    LK_TRY(lk_dataset_create(context, "changed", s->field->shape, *lanes, s->model->data.alphabet,
                             &s->data));
    s->total = s->model->data.stream ? s->field->variables : lk_run_variables(s->run);
    s->x = lk_allocate(*lanes * s->total, sizeof *s->x);
    s->piece = lk_allocate(*lanes * s->total, sizeof *s->piece);
    s->probability = lk_allocate(*lanes * lk_run_graph(s->run)->alphabet, sizeof *s->probability);
    return s->x != NULL && s->piece != NULL && s->probability != NULL
               ? LK_OK
               : lk_fail_no_memory(context, "receptive field", *lanes * s->total * 4);
}

static lk_status perturb(const lk_model *model, lk_receptive *field) {
    uint16_t label = 0;
    lk_dataset *drawn = NULL;
    int64_t lanes;
    shaker s = {.model = model, .field = field};
    LK_TRY(lk_model_draw_local(model, field->variables, &s.local));
    const lk_sample_options how = {.count = field->examples,
                                   .seed = 1,
                                   .temperature = 1.0f,
                                   .shape = field->shape,
                                   .labels = model->data.labels > 0 ? &label : NULL,
                                   .label_count = 1,
                                   .local = s.local};
    lk_status status = lk_sample(model, &how, &drawn);
    status = status == LK_OK ? open_shaker(&s, &lanes) : status;
    for (int32_t n = 0; status == LK_OK && n < field->examples; n++) {
        status = shake(&s, drawn->values + n * field->variables, lanes);
    }
    lk_dataset_destroy(drawn);
    lk_dataset_destroy(s.data);
    lk_run_close(s.run);
    lk_local_destroy(s.local);
    lk_release(s.x);
    lk_release(s.piece);
    lk_release(s.probability);
    return status;
}

/* ---- both ------------------------------------------------------------------------------------ */

lk_status lk_receptive_field(const lk_model *model, int64_t variable, lk_receptive *field) {
    int64_t variables = model->data.variables;
    lk_graph *graph;
    *field = (lk_receptive){.variable = variable,
                            .variables = variables,
                            .view = lk_model_view(model),
                            .shape = model->data.shape,
                            .examples = EXAMPLES};
    LK_REQUIRE(variable >= 0 && variable < variables);
    field->earlier = lk_allocate(variables, sizeof *field->earlier);
    field->seen = lk_allocate(variables, sizeof *field->seen);
    field->blind = lk_allocate(variables, sizeof *field->blind);
    field->change = lk_allocate(variables, sizeof *field->change);
    if (field->earlier == NULL || field->seen == NULL || field->blind == NULL ||
        field->change == NULL) {
        return lk_fail_no_memory(model->context, "receptive field", 11 * variables);
    }
    LK_TRY(lk_model_graph(model, 0, &graph));
    lk_status status = search_graph(model, graph, field);
    lk_graph_destroy(graph);
    return status == LK_OK && field->seen_count > 0 ? perturb(model, field) : status;
}

/* ---- the picture ----------------------------------------------------------------------------- */

static void paint(const lk_receptive *field, int64_t v, double most, uint8_t rgb[3]) {
    static const uint8_t own[3] = {255, 255, 255}, later[3] = {12, 20, 64},
                         blind[3] = {200, 30, 30}, far[3] = {84, 44, 96};
    double share = most > 0.0 ? field->change[v] / most : 0.0;
    uint8_t grey = (uint8_t)lround(40.0 + 190.0 * sqrt(share)); /* weak ones are visible too */
    const uint8_t seen[3] = {grey, grey, (uint8_t)(grey * 3 / 4)};
    const uint8_t *colour = v == field->variable ? own
                            : field->seen[v]     ? seen
                            : field->blind[v]    ? blind
                            : field->earlier[v]  ? far
                                                 : later;
    memcpy(rgb, colour, 3);
}

lk_status lk_receptive_write(lk_context *context, const lk_receptive *field, const char *path) {
    lk_shape shape = field->shape;
    lk_sheet_tile vector = lk_tile_of(shape);
    bool image = shape.axes == 2 || shape.axes == 3;
    int64_t channels = shape.axes == 3 ? shape.size[2] : 1,
            height = image ? shape.size[0] : vector.height,
            width = image ? shape.size[1] : vector.width, side = width > height ? width : height;
    int64_t scale = side < SIDE ? SIDE / side : 1;
    lk_sheet sheet;
    double most = 0.0;
    for (int64_t v = 0; v < field->variables; v++) {
        most = fmax(most, field->change[v]);
    }
    LK_TRY(lk_sheet_init(context, path, (lk_sheet_tile){height * scale, width * scale, 3}, 1,
                         channels, &sheet));
    for (int64_t v = 0; v < field->variables; v++) {
        uint8_t *top = lk_sheet_at(&sheet, 0, v % channels), rgb[3];
        int64_t y = v / channels / width * scale, x = v / channels % width * scale;
        paint(field, v, most, rgb);
        for (int64_t i = 0; i < scale * scale; i++) {
            memcpy(top + ((y + i / scale) * sheet.width + x + i % scale) * 3, rgb, 3);
        }
    }
    lk_status status = lk_sheet_write(context, path, &sheet);
    lk_sheet_deinit(&sheet);
    return status;
}
