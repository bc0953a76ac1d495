/* likely eval of several models: one table. Every model reads the data by itself, since words,
 * characters and binarization are its own; that all are of one kind of data, and see the same
 * values, is known before the first is run. */
#include <math.h>
#include <string.h>

#include "base/measure.h"
#include "cli/eval_result.h"
#include "cli/text.h"
#include "jobs/table.h"
#include "models/model_file.h"

typedef struct entry {
    const char *path;
    cli_session session; /* its context is shared */
    eval_result result;
    double multiply_adds; /* of an example's forward pass; of texts, of a symbol's */
    int64_t steps, parameters;
} entry;

typedef struct table {
    const cli_arguments *arguments;
    lk_context *context;
    entry entry[POSITIONALS_MOST];
    int32_t count;
    bool texts;
} table;

/* ---- reading --------------------------------------------------------------------------------- */

static lk_status read_models(table *t) {
    for (t->count = 0; t->count < t->arguments->positionals; t->count++) {
        entry *e = &t->entry[t->count];
        e->path = t->arguments->positional[t->count];
        e->session.context = t->context;
        LK_TRY(lk_model_read(t->context, e->path, &e->session.model));
        LK_TRY(cli_use(t->arguments, e->session.model));
        LK_TRY(
            lk_model_alike(t->entry[0].session.model, t->entry[0].path, e->session.model, e->path));
    }
    t->texts = t->entry[0].session.model->data.stream;
    return LK_OK;
}

static lk_status compare_values(const table *t, const entry *e) {
    const lk_dataset *a = t->entry[0].session.dataset, *b = e->session.dataset;
    if (a->examples == 0 && b->examples == 0) {
        return LK_OK;
    }
    bool same =
        a->examples == b->examples && a->variables == b->variables &&
        memcmp(a->values, b->values, (size_t)(a->examples * a->variables) * sizeof *a->values) == 0;
    return same ? LK_OK
                : lk_fail(t->context, LK_MISMATCH,
                          "%s: %s and %s see other values of it, binarized otherwise or of other "
                          "columns; one --binarize for all makes them comparable",
                          b->path, t->entry[0].path, e->path);
}

static int read_data(table *t) {
    const char *path = cli_text(t->arguments, "data", NULL);
    for (int32_t i = 0; i < t->count; i++) {
        entry *e = &t->entry[i];
        e->result.session = &e->session;
        if (!t->texts && cli_read_data(t->arguments, e->session.model, path, &e->session.dataset,
                                       &e->session.binarization) != LK_OK) {
            return cli_fault(t->context);
        }
        if (!t->texts && compare_values(t, e) != LK_OK) {
            return cli_fault(t->context);
        }
        int status = cli_items_open(t->arguments, &e->session, &e->result.items);
        if (t->texts && status == EXIT_DONE && e->result.items == NULL) {
            lk_fail(t->context, LK_FORMAT,
                    "%s: the text is empty: there is nothing to compare "
                    "models by",
                    path);
            status = cli_fault(t->context);
        }
        if (status != EXIT_DONE) {
            return status;
        }
    }
    return EXIT_DONE;
}

/* At the size of the data, where there are any. */
static lk_status measure(entry *e) {
    const lk_model *model = e->session.model;
    lk_shape shape = model->data.shape;
    lk_graph *graph;
    if (!model->data.stream && e->session.dataset->examples > 0) {
        LK_TRY(lk_model_takes(model, e->session.dataset, &shape));
    }
    LK_TRY(lk_shape_equal(shape, model->data.shape) ? lk_model_graph(model, 0, &graph)
                                                    : lk_model_graph_at(model, shape, &graph));
    e->steps = graph->steps;
    e->multiply_adds = (double)lk_graph_multiply_adds_forward(graph) * lk_model_variants(model) /
                       (model->data.stream ? (double)model->data.variables : 1.0);
    e->parameters = lk_parameters_total(model->parameters);
    lk_graph_destroy(graph);
    return LK_OK;
}

/* ---- printing -------------------------------------------------------------------------------- */

/* Of texts nats and bits are of a symbol, and bits of a byte what is comparable. */
static double nats_of(const entry *e) {
    return e->session.model->data.stream ? e->result.total / (double)lk_items_total(e->result.items)
                                         : e->result.mean;
}

static double bits_of(const entry *e) {
    return e->session.model->data.stream
               ? e->result.total / LK_NATS_PER_BIT / (double)lk_items_total_bytes(e->result.items)
               : eval_bits_per_dim(&e->result, e->result.mean);
}

/* And a blank; a dash for what is not known. */
static void print_number(int width, int digits, double value) {
    if (isnan(value)) {
        printf("%*s ", width, "-");
    } else {
        printf("%*.*f ", width, digits, value);
    }
}

static int print_text(const table *t) {
    const eval_result *first = &t->entry[0].result;
    int width = 5;
    for (int32_t i = 0; i < t->count; i++) {
        int length = (int)strlen(t->entry[i].path);
        width = length > width ? length : width;
    }
    if (t->texts) {
        printf("%lld bytes of text; multiply-adds and nats are of a symbol\n",
               (long long)lk_items_total_bytes(first->items));
    } else {
        printf("%lld examples of %lld variables; multiply-adds are of an example\n",
               (long long)first->evaluation.items, (long long)first->evaluation.variables);
    }
    printf("%-*s  %-17s %12s %12s %10s %10s %14s %7s\n", width, "model", "family", "parameters",
           "nats", "+-", t->texts ? "bits/byte" : "bits/dim", "multiply-adds", "steps");
    for (int32_t i = 0; i < t->count; i++) {
        const entry *e = &t->entry[i];
        bool certain = !t->texts && isfinite(e->result.mean);
        printf("%-*s  %-17s %12lld ", width, e->path, e->session.model->family->name,
               (long long)e->parameters);
        print_number(12, 4, nats_of(e));
        print_number(10, 4, certain ? e->result.error : (double)NAN);
        print_number(10, 6, bits_of(e));
        printf("%14.0f %7lld%s%s\n", e->multiply_adds, (long long)e->steps,
               e->session.model->data.labels > 0 ? "  of p(x | label)" : "",
               lk_model_bound(e->session.model) ? "  a bound (<=)" : "");
    }
    return cli_finish_output();
}

static bool any_bound(const table *t) {
    bool any = false;
    for (int32_t i = 0; i < t->count; i++) {
        any = any || lk_model_bound(t->entry[i].session.model);
    }
    return any;
}

/* A row of --out, which says what the object of --json does. */
static void fill_row(const void *of, int64_t i, lk_row *row) {
    const table *t = of;
    const entry *e = &t->entry[i];
    bool labelled = e->session.model->data.labels > 0;
    lk_row_add(row, lk_cell_text("model", e->path));
    lk_row_add(row, lk_cell_text("family", e->session.model->family->name));
    lk_row_add(row, lk_cell_integer("parameters", e->parameters));
    lk_row_add(row, lk_cell_real(t->texts ? "nats_per_symbol" : "nll_nats", nats_of(e)));
    lk_row_add(row, lk_cell_real(t->texts ? "bits_per_byte" : "bits_per_dim", bits_of(e)));
    lk_row_add(row, lk_cell_real("multiply_adds", e->multiply_adds));
    lk_row_add(row, lk_cell_integer("steps", e->steps));
    lk_row_add(row, lk_cell_text("of", labelled ? "p(x | label)" : "p(x)"));
    if (any_bound(t)) {
        lk_row_add(row, lk_cell_integer("bound", lk_model_bound(e->session.model)));
    }
}

static int print_json(const table *t) {
    json_t *list = json_array();
    for (int32_t i = 0; i < t->count; i++) {
        const entry *e = &t->entry[i];
        json_t *row = json_pack(
            "{s:o, s:s, s:I, s:o, s:o, s:o, s:I}", "model", lk_json_bytes(e->path), "family",
            e->session.model->family->name, "parameters", (json_int_t)e->parameters,
            t->texts ? "nats_per_symbol" : "nll_nats", lk_json_number(nats_of(e)),
            t->texts ? "bits_per_byte" : "bits_per_dim", lk_json_number(bits_of(e)),
            "multiply_adds", lk_json_number(e->multiply_adds), "steps", (json_int_t)e->steps);
        if (!t->texts) {
            json_object_set_new(row, "nll_nats_stderr", lk_json_number(e->result.error));
        }
        json_object_set_new(
            row, "of", json_string(e->session.model->data.labels > 0 ? "p(x | label)" : "p(x)"));
        cli_bound_json(row, e->session.model);
        json_array_append_new(list, row);
    }
    const eval_result *first = &t->entry[0].result;
    return cli_print_json(json_pack("{s:o, s:I, s:o}", "data",
                                    lk_json_bytes(cli_text(t->arguments, "data", NULL)), "items",
                                    (json_int_t)first->evaluation.items, "models", list));
}

/* ---- all ------------------------------------------------------------------------------------- */

static int fill(table *t, int64_t batch, float rate) {
    if (read_models(t) != LK_OK) {
        return cli_fault(t->context);
    }
    const char *others = t->texts ? CLI_OF_EXAMPLES " raw batch-size" : "from symbols";
    if (!cli_excludes(t->arguments, others, t->texts ? "models of examples" : "models of texts")) {
        return EXIT_USAGE;
    }
    bool labelled = false;
    for (int32_t i = 0; i < t->count; i++) {
        labelled = labelled || t->entry[i].session.model->data.labels > 0;
    }
    if (!cli_excludes(t->arguments, "classify", "one model at a time") ||
        (!labelled && !cli_excludes(t->arguments, "labels", "models of p(x | label)"))) {
        return EXIT_USAGE;
    }
    int status = read_data(t);
    for (int32_t i = 0; status == EXIT_DONE && i < t->count; i++) {
        entry *e = &t->entry[i];
        bool done = measure(e) == LK_OK && eval_run(t->arguments, batch, rate, &e->result) == LK_OK;
        status = done ? EXIT_DONE : cli_fault(t->context);
    }
    return status;
}

int eval_table(const cli_arguments *arguments, int64_t batch, float rate) {
    table t = {.arguments = arguments};
    lk_dataset_options unused;
    int status;
    if (cli_has(arguments, "classify")) {
        return cli_usage(arguments, "--classify is of one model");
    }
    if (!cli_data_options(arguments, &unused)) {
        return EXIT_USAGE;
    }
    t.context = cli_open(arguments, &status);
    if (t.context == NULL) {
        return status;
    }
    const char *out = cli_text(arguments, "out", NULL);
    status = fill(&t, batch, rate);
    if (status == EXIT_DONE && out != NULL &&
        lk_table_write(t.context, out, t.count, fill_row, &t, NULL) != LK_OK) {
        status = cli_fault(t.context);
    }
    if (status == EXIT_DONE) {
        status = cli_has(arguments, "json") ? print_json(&t) : print_text(&t);
    }
    for (int32_t i = 0; i < arguments->positionals; i++) {
        eval_release(&t.entry[i].result);
        lk_dataset_destroy(t.entry[i].session.dataset);
        lk_model_destroy(t.entry[i].session.model);
    }
    lk_context_destroy(t.context);
    return status;
}
