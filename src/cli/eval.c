/* likely eval: the negative log-likelihood of data. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/measure.h"
#include "cli/eval_result.h"
#include "cli/files.h"
#include "cli/text.h"

static const cli_option options[] = {
    {"data", "PATH",
     "what to evaluate: amat, IDX, NPY, NPZ (PATH:ARRAY picks one), CSV, 0/1 rows, PNG, JPEG, "
     "PBM, PGM, PPM, PAM, CIFAR batches; also packed by gzip, xz, zstd or bzip2; or a folder of "
     "pictures or of CIFAR batches (their test part). For a model of texts: any file, as one "
     "text from its beginning, or a folder of texts",
     false},
    CLI_DATA_OPTIONS,
    CLI_CROP_OPTION,
    CLI_TEXT_OPTIONS,
    CLI_ADAPT_OPTION,
    CLI_RAW_OPTION,
    {"labels", CLI_LABELS,
     "for a model of p(x | label): the label of each example, a number or word a line, or IDX, "
     "NPY, NPZ; " CLI_LABELS_BY_NAME " (default: those that the data have)",
     false},
    {"classify", NULL,
     "for a model of p(x | label): try every label, and compare the most probable with the "
     "example's own",
     false},
    {"batch-size", "N", "examples computed together (default: chosen); results do not depend on it",
     false},
    {"out", "FILE.csv|FILE.jsonl",
     "a line for each example: NLL, bits per dimension, the name of its file, its label; for each "
     "text of a folder: name, symbols, bytes, NLL, bits per byte; of several models a line for "
     "each. As CSV or lines of JSON",
     false},
    CLI_LOCAL_OPTION,
    CLI_USE_OPTION,
    {"json", NULL, "one JSON object instead of text", false},
};

/* ---- of texts -------------------------------------------------------------------------------- */

/* Of recordings: samples of all channels; else 0. */
static double samples_of(const eval_result *r) {
    const lk_symbols *symbols = &r->session->model->data.symbols;
    return r->items != NULL && symbols->kind == LK_SYMBOLS_SOUND
               ? (double)lk_items_total(r->items) / lk_sound_parts(symbols->sound.view)
               : 0.0;
}

static void print_texts(const eval_result *r) {
    if (r->items == NULL) {
        printf("0 symbols: the text is empty\n");
        return;
    }
    double bits = r->total / LK_NATS_PER_BIT, symbols = (double)lk_items_total(r->items);
    int64_t bytes = lk_items_total_bytes(r->items), escapes = r->evaluation.escapes;
    printf("%.0f symbols (%s), %lld bytes, ", symbols,
           lk_symbols_kind_name(r->session->model->data.symbols.kind), (long long)bytes);
    double samples = samples_of(r);
    if (r->evaluation.items == 1) {
        printf("one stream from its beginning\n");
    } else {
        printf("%lld %s, each from its beginning\n", (long long)r->evaluation.items,
               samples > 0.0 ? "recordings" : "texts");
    }
    printf(
        "NLL %.6f nats per symbol, %.6f bits per symbol, %.6f bits per byte; %.1f bytes in all\n",
        r->total / symbols, r->total / symbols / LK_NATS_PER_BIT, bits / (double)bytes, bits / 8.0);
    if (samples > 0.0) {
        printf("%.6f bits per sample, of %.0f\n", bits / samples, samples);
    }
    if (escapes > 0) {
        printf("%lld characters are not in the model's alphabet: each costs %d bits more than its "
               "symbol\n",
               (long long)escapes, LK_ESCAPED_BITS);
    }
}

static json_t *texts_json(const eval_result *r) {
    double bits = r->total / LK_NATS_PER_BIT;
    int64_t symbols = r->items != NULL ? lk_items_total(r->items) : 0;
    int64_t bytes = r->items != NULL ? lk_items_total_bytes(r->items) : 0;
    double samples = samples_of(r);
    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o*}", "family",
                     r->session->model->family->name, "stream",
                     lk_symbols_kind_name(r->session->model->data.symbols.kind), "symbols",
                     (json_int_t)symbols, "bytes", (json_int_t)bytes, "escaped_characters",
                     (json_int_t)r->evaluation.escapes, "nll_nats", lk_json_number(r->total),
                     "nats_per_symbol", lk_json_number(r->total / (double)symbols),
                     "bits_per_symbol", lk_json_number(bits / (double)symbols), "bits_per_byte",
                     lk_json_number(bits / (double)bytes), "bits_per_sample",
                     samples > 0.0 ? lk_json_number(bits / samples) : NULL);
}

/* ---- of examples ----------------------------------------------------------------------------- */

#define NETWORKS_PRINTED 16 /* of more of them the best and the worst */

/* What each network of the mixture says alone. */
static void print_networks(const eval_result *r) {
    const lk_evaluation *e = &r->evaluation;
    const char *name = lk_model_variant_name(r->session->model);
    int64_t best = 0, worst = 0;
    for (int64_t k = 0; k < e->networks; k++) {
        best = e->network_nats[k] < e->network_nats[best] ? k : best;
        worst = e->network_nats[k] > e->network_nats[worst] ? k : worst;
        if (e->networks <= NETWORKS_PRINTED) {
            printf("  %s %lld alone: %.4f nats per example\n", name, (long long)k + 1,
                   e->network_nats[k] / (double)e->items);
        }
    }
    if (e->networks > NETWORKS_PRINTED) {
        printf("  %ss alone: %.4f (%s %lld) to %.4f nats per example (%s %lld)\n", name,
               e->network_nats[best] / (double)e->items, name, (long long)best + 1,
               e->network_nats[worst] / (double)e->items, name, (long long)worst + 1);
    }
}

/* What each group of variables brings, of those that the family has. */
static void print_groups(const eval_result *r) {
    const lk_evaluation *e = &r->evaluation;
    for (int32_t g = 0; g < e->groups; g++) {
        double nats = e->group[g].nats / (double)e->items;
        char name[LK_GROUP_NAME];
        r->session->model->family->group_name(r->session->model, g, name);
        if (e->group[g].variables > 0) {
            printf("  of %s: %.4f nats per example, %.6f bits per dimension of its %lld\n", name,
                   nats, nats / LK_NATS_PER_BIT / (double)e->group[g].variables,
                   (long long)e->group[g].variables);
        }
    }
}

static json_t *groups_json(const eval_result *r) {
    const lk_evaluation *e = &r->evaluation;
    json_t *list = json_array();
    for (int32_t g = 0; g < e->groups; g++) {
        char name[LK_GROUP_NAME];
        r->session->model->family->group_name(r->session->model, g, name);
        if (e->group[g].variables > 0) {
            json_array_append_new(list,
                                  json_pack("{s:s, s:I, s:o}", "name", name, "dimensions",
                                            (json_int_t)e->group[g].variables, "nll_nats",
                                            lk_json_number(e->group[g].nats / (double)e->items)));
        }
    }
    return list;
}

static void print_examples(const eval_result *r) {
    const lk_evaluation *e = &r->evaluation;
    const lk_view *view = lk_model_view(r->session->model);
    int32_t networks = lk_model_variants(r->session->model);
    if (e->items == 0) {
        printf("0 examples: there is nothing to evaluate\n");
        return;
    }
    printf("%lld example%s of %lld variables; binarization: %s\n", (long long)e->items,
           cli_plural(e->items), (long long)e->variables,
           cli_binarization_of(r->session->model, r->session->binarization));
    if (networks > 1) {
        printf("even mixture of %d %ss (log-mean-exp of joint log-likelihoods)\n", networks,
               lk_model_variant_name(r->session->model));
    }
    printf("NLL %s%.4f", cli_bound(r->session->model), r->mean);
    if (isfinite(r->mean) && isfinite(r->error)) {
        printf(" +- %.4f", r->error);
    }
    printf(" nats per example, %s%.6f bits per dimension\n", cli_bound(r->session->model),
           eval_bits_per_dim(r, r->mean));
    cli_print_bound(r->session->model);
    print_networks(r);
    for (int32_t p = 0; view != NULL && networks == 1 && p < view->part_count; p++) {
        double nats = e->part_nats[p] / (double)e->items;
        printf("  of %s: %.4f nats per example, %.6f bits per dimension\n", view->parts[p].name,
               nats, eval_bits_per_dim(r, nats));
    }
    print_groups(r);
    if (r->impossible > 0) {
        bool counted = strcmp(r->session->model->family->name, "histogram") == 0;
        printf("%lld examples have probability zero%s\n", (long long)r->impossible,
               counted ? " (train histogram with smoothing above 0 to avoid it)" : "");
    }
}

static json_t *examples_json(const eval_result *r) {
    const lk_evaluation *e = &r->evaluation;
    const lk_model *model = r->session->model;
    const lk_view *view = lk_model_view(model);
    json_t *object =
        json_pack("{s:s, s:I, s:I, s:o, s:o, s:o, s:i, s:I, s:s}", "family", model->family->name,
                  "examples", (json_int_t)e->items, "dimensions", (json_int_t)e->variables,
                  "nll_nats", lk_json_number(r->mean), "nll_nats_stderr", lk_json_number(r->error),
                  "bits_per_dim", lk_json_number(eval_bits_per_dim(r, r->mean)), "variants",
                  lk_model_variants(model), "zero_probability_examples", (json_int_t)r->impossible,
                  "binarization", cli_binarization_of(r->session->model, r->session->binarization));
    cli_bound_json(object, model);
    if (e->networks > 0 && e->items > 0) {
        json_t *networks = json_array();
        for (int64_t k = 0; k < e->networks; k++) {
            json_array_append_new(networks, lk_json_number(e->network_nats[k] / (double)e->items));
        }
        json_object_set_new(object, "variants_nll_nats", networks);
    }
    if (view != NULL && lk_model_variants(model) == 1 && e->items > 0) {
        json_t *parts = json_object();
        for (int32_t p = 0; p < view->part_count; p++) {
            json_object_set_new(parts, view->parts[p].name,
                                lk_json_number(e->part_nats[p] / (double)e->items));
        }
        json_object_set_new(object, "views_nll_nats", parts);
    }
    if (e->groups > 0 && e->items > 0) {
        json_object_set_new(object, "groups", groups_json(r));
    }
    return object;
}

/* ---- beside what models that have learned nothing reach ------------------------------------- */

static double told_nll(const eval_result *r) {
    return r->session->model->data.stream ? r->total / (double)lk_items_total(r->items) : r->mean;
}

/* Of one example nothing is known but itself. */
static void print_baselines(const eval_result *r) {
    if (r->items == NULL) {
        return;
    }
    const char *unit = r->session->model->data.stream ? "symbol" : "example";
    const char *verdict = lk_baselines_verdict(r->session->model, &r->baselines, told_nll(r));
    if (isnan(r->baselines.independent)) {
        printf("the uniform distribution has %.4f nats per %s\n", r->baselines.uniform, unit);
    } else {
        printf(
            "independent variables (histograms of these data) have %.4f nats per %s, the uniform "
            "distribution %.4f\n",
            r->baselines.independent, unit, r->baselines.uniform);
    }
    if (verdict != NULL && !isnan(r->baselines.independent)) {
        printf("on these data the model is %s (or they are of another kind than its own)\n",
               verdict);
    }
}

static void put_baselines(const eval_result *r, json_t *object) {
    bool texts = r->session->model->data.stream;
    json_object_set_new(object, texts ? "uniform_nats_per_symbol" : "uniform_nll_nats",
                        lk_json_number(r->baselines.uniform));
    json_object_set_new(object, texts ? "independent_nats_per_symbol" : "independent_nll_nats",
                        lk_json_number(r->baselines.independent));
}

/* ---- all ------------------------------------------------------------------------------------- */

static int print(const eval_result *r, bool json) {
    const lk_evaluation *e = &r->evaluation;
    const lk_classification *c = &r->classes;
    bool texts = r->session->model->data.stream, labelled = r->session->model->data.labels > 0;
    double accuracy = (double)c->correct / (double)e->items;
    if (json) {
        json_t *object = texts ? texts_json(r) : examples_json(r);
        put_baselines(r, object);
        if (labelled) {
            json_object_set_new(object, "of", json_string("p(x | label)"));
        }
        if (c->labels > 0) {
            json_object_set_new(object, "labels", json_integer(c->labels));
            json_object_set_new(object, "accuracy", lk_json_number(accuracy));
            json_object_set_new(object, "log_loss_nats", lk_json_number(c->log_loss));
        }
        cli_note_json(object, r->items);
        return cli_print_json(object);
    }
    (texts ? print_texts : print_examples)(r);
    print_baselines(r);
    if (labelled) {
        printf("of p(x | label): the label of each example is given\n");
    }
    if (c->labels > 0) {
        printf("accuracy %.4f (%lld of %lld): the most probable of %d labels; log-loss %.4f nats\n",
               accuracy, (long long)c->correct, (long long)e->items, c->labels, c->log_loss);
    }
    cli_print_note(r->items);
    return cli_finish_output();
}

/* Options that are for other models. */
static bool check_options(const cli_arguments *arguments, const lk_model *model) {
    return (model->data.labels > 0 ||
            cli_excludes(arguments, "labels classify", "models of p(x | label)")) &&
           (model->data.stream ? cli_excludes(arguments, CLI_OF_EXAMPLES " raw batch-size crop",
                                              "models of examples")
                               : cli_excludes(arguments, "from symbols", "models of texts"));
}

static int run(const cli_arguments *arguments) {
    int64_t batch;
    float rate;
    if (!cli_integer(arguments, "batch-size", 1, 1 << 20, 0, &batch) ||
        !cli_adapt(arguments, &rate)) {
        return EXIT_USAGE;
    }
    if (!cli_files_table(arguments)) {
        return EXIT_USAGE;
    }
    if (arguments->positionals > 1) {
        return eval_table(arguments, batch, rate);
    }
    cli_session s;
    eval_result r = {.session = &s};
    int status = cli_begin(arguments, true, &s);
    if (status == EXIT_DONE && !check_options(arguments, s.model)) {
        status = EXIT_USAGE;
    }
    if (status == EXIT_DONE) {
        status = cli_items_open(arguments, &s, &r.items);
    }
    const char *out = cli_text(arguments, "out", NULL);
    if (status == EXIT_DONE && (eval_run(arguments, batch, rate, &r) != LK_OK ||
                                (out != NULL && eval_write(&r, out) != LK_OK))) {
        status = cli_fault(s.context);
    }
    if (status == EXIT_DONE) {
        status = print(&r, cli_has(arguments, "json"));
    }
    eval_release(&r);
    cli_end(&s);
    return status;
}

const cli_verb cli_eval_verb = {
    .name = "eval",
    .summary = "negative log-likelihood of data, in nats and bits per dimension",
    .operands = "MODEL...",
    .operand_count = 1,
    .operand_most = POSITIONALS_MOST,
    .shared = true,
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .required = "data",
    .several = CLI_SEVERAL,
    .takes_none = true,
    .inputs = "data labels local",
    .outputs = "out",
    .more =
        "The exit status is 0 only if all examples were read and scored. Images of another height "
        "and width than the model's,\n"
        "or sequences of another length, are run whole, by families that take any (likely models); "
        "all of one file have one size.\n"
        "A text is one stream: each symbol's probability is given all before it, in memory that "
        "does not grow. A character that\n"
        "the model does not know costs 21 bits more than the symbol for such, which is what "
        "compress pays for it.\n"
        "With --adapt what is learned is carried from example to example, in the order of the "
        "data, one at a time. An NLL\n"
        "is infinite where the probability is zero: inf, in JSON the string \"Infinity\".\n"
        "Data without examples, and an empty text, are no mistake: 0 of them, and no NLL.\n\n"
        "Several models of one kind of data give one table: parameters, nats, bits, multiply-adds "
        "and sequential steps; models of other data are refused before any is run.\n\n"
        "examples:\n"
        "  likely eval digits.likely --data test.amat.gz\n"
        "  likely eval digits.likely --data t10k-images-idx3-ubyte.gz --binarize threshold --json\n"
        "  likely eval pixels.likely --data photograph.png\n"
        "  likely eval digits.likely --data test.amat.gz --out likelihoods.csv\n"
        "  likely eval made.likely pixelcnn.likely pixelrnn.likely --data test.amat.gz\n"
        "  likely eval book.likely --data book.txt --from -111540 --adapt 0.0005\n",
    .run = run,
};
