/* likely train: fit a model of a family to data by maximum likelihood. */
#include <math.h>
#include <string.h>

#include "base/measure.h"
#include "base/memory.h"
#include "cli/common.h"
#include "cli/families.h"
#include "cli/signals.h"
#include "cli/train_data.h"
#include "cli/train_out.h"
#include "models/model_file.h"
#include "models/tune.h"
#include "train/train.h"

static const cli_option train_options[] = {
    {"data", "PATH",
     "training examples: amat, IDX, NPY, NPZ (PATH:ARRAY picks one), CSV, 0/1 rows, PNG, "
     "JPEG, PBM, PGM, PPM, PAM, CIFAR batches; also packed by gzip, xz, zstd or bzip2; or a "
     "folder of pictures or of CIFAR batches",
     false},
    {"valid", "PATH",
     "validation examples: choose the best weights, stop early, calibrate p-values", false},
    {"condition", "label|COLUMN",
     "train p(x | label), of the data's own labels or --labels, or of a column of the table "
     "(likely models says which families are given labels)",
     false},
    {"labels", "PATH", "labels of the examples: one number or word a line, IDX1, NPY, NPZ", false},
    {"valid-labels", "PATH", "those of --valid", false},
    {"view", "bits:B",
     "model the high B bits of every value first, then the low ones given all of these", false},
    {"unseen", NULL,
     "of tables of words: each column gets a symbol for values that are not in these data", false},
    {"valid-fraction", "X",
     "without --valid: hold out this share of the data (default 0.1 when training by gradients, "
     "else 0)",
     false},
    {"out", "MODEL", "the model file; a checkpoint stands beside it as MODEL.checkpoint", false},
    {"from", "MODEL",
     "go on from the weights of a model with these data, this rate and so many epochs, instead of "
     "FAMILY; its settings stay, but for those of training",
     false},
    {"set", "KEY=VALUE",
     "a setting of the family (likely train FAMILY --help lists them); may be given several times",
     true},
    {"order", "natural|reversed|random:SEED|FILE",
     "the ordering of the variables (FILE: a rank for each; equal ranks allowed)", false},
    CLI_DATA_OPTIONS,
    CLI_CROP_OPTION,
    {"crops", "N", "of each picture an epoch (default: as many as have its area)", false},
    {"raw", NULL,
     "the file is bytes, whatever they are: cut into examples of --shape N, a rest left out",
     false},
    {"text", "bytes|utf8",
     "the file is one stream of bytes, or of the UTF-8 characters that occur in it: truncated "
     "back-propagation with carried state (charrnn, conv1d; default for what is a text and no "
     "data: utf8)",
     false},
    {"window", "N", "with --text: symbols after which gradients are cut off (default 128)", false},
    {"epochs", "N",
     "passes over the data (default: until early stopping, at most 100); EM: iterations", false},
    {"minutes", "M", "stop after so many minutes", false},
    {"batch-size", "N", "examples in a minibatch (default 100)", false},
    {"slices", "N",
     "parts of a minibatch that are computed apart; their number is part of the result, threads "
     "are not (default 0: chosen by model and batch size)",
     false},
    {"learning-rate", "X", "default 0.001 (sgd: 0.1)", false},
    {"optimizer", "adam|adamw|adagrad|sgd", "default adam", false},
    {"momentum", "X", "of sgd (default 0.9)", false},
    {"weight-decay", "X", "of weight matrices (default 0); decoupled in adamw", false},
    {"schedule", "constant|cosine|step|exponential", "of the learning rate (default constant)",
     false},
    {"warmup-steps", "N", "linear warm-up (default 0)", false},
    {"decay", "X", "factor of step and exponential schedules (default 0.5)", false},
    {"decay-epochs", "N", "epochs to which that factor belongs (default 10)", false},
    {"clip", "X", "clip the global gradient norm (default: not)", false},
    {"ema", "D",
     "decay of the weights' moving average, which is what is evaluated and kept (default 0.999; 0: "
     "none)",
     false},
    {"patience", "N",
     "stop after so many epochs without a better validation NLL (default 30; 0: never)", false},
    {"seed", "N", "of initial weights, shuffling, dropout, binarization (default 1)", false},
    {"checkpoint-seconds", "S", "least time between checkpoints (default 60)", false},
    {"resume", NULL, "continue from MODEL.checkpoint, to the same weights as an uninterrupted run",
     false},
    {"json", NULL, "one JSON object at the end", false},
};

typedef struct reporter {
    bool live, quiet;
    double bits_per_nat_dim; /* nats per example to bits per dimension */
    int64_t window;          /* of a stream: NLLs are told per symbol; else 0 */
    int64_t last_epoch;
} reporter;

static void format_nats(double nats, const reporter *r, char text[64]) {
    if (isnan(nats)) {
        snprintf(text, 64, "-");
    } else if (r->window > 0) {
        snprintf(text, 64, "%.4f nats/symbol (%.4f bits)", nats / (double)r->window,
                 nats * r->bits_per_nat_dim);
    } else {
        snprintf(text, 64, "%.3f nats (%.4f bits/dim)", nats, nats * r->bits_per_nat_dim);
    }
}

static bool report(void *argument, const lk_train_progress *p) {
    reporter *r = argument;
    char train[64], valid[64], best[64], left[32];
    format_nats(p->train_nll_nats, r, train);
    format_nats(p->valid_nll_nats, r, valid);
    format_nats(p->best_valid_nll_nats, r, best);
    cli_duration(p->seconds_left, left);
    if (r->live && !p->epoch_ended) {
        fprintf(stderr, "\repoch %lld%s step %lld/%lld  train %s  %.0f examples/s  %s left\033[K",
                (long long)p->epoch, "", (long long)p->step, (long long)p->steps_in_epoch, train,
                p->examples_per_second,
                isfinite(p->seconds_left) && p->seconds_left > 0.0 ? left : "?");
        fflush(stderr);
    }
    if (!r->quiet && p->epoch_ended) {
        fprintf(stderr, "%sepoch %lld  train %s  valid %s  best %s  %.0f examples/s%s\n",
                r->live ? "\r\033[K" : "", (long long)p->epoch, train, valid, best,
                p->examples_per_second, "");
    }
    if (!r->quiet && p->note != NULL) {
        fprintf(stderr, "%s%s\n", r->live ? "\r\033[K" : "", p->note);
    }
    return cli_signals_asked() == 0;
}

static bool report_fit(void *argument, int64_t iteration, int64_t iterations, double train_nll,
                       double valid_nll) {
    reporter *r = argument;
    char train[64], valid[64];
    format_nats(train_nll, r, train);
    format_nats(valid_nll, r, valid);
    if (r->live) {
        fprintf(stderr, "\riteration %lld of %lld  train %s  valid %s\033[K", (long long)iteration,
                (long long)iterations, train, valid);
        fflush(stderr);
    } else if (!r->quiet && (iteration % 20 == 0 || iteration == iterations)) {
        fprintf(stderr, "iteration %lld of %lld  train %s  valid %s\n", (long long)iteration,
                (long long)iterations, train, valid);
    }
    return cli_signals_asked() == 0;
}

/* ---- options --------------------------------------------------------------------------------- */

static bool read_optimizer(const cli_arguments *a, lk_train_options *o) {
    bool sgd;
    if (!cli_choice(a, "optimizer", "adam|adamw|adagrad|sgd", "adam", &o->optimizer.name)) {
        return false;
    }
    sgd = strcmp(o->optimizer.name, "sgd") == 0;
    return cli_real(a, "learning-rate", 0.0, 1e9, sgd ? 0.1 : 0.001, &o->optimizer.learning_rate) &&
           cli_real(a, "momentum", 0.0, 0.9999999, 0.9, &o->optimizer.momentum) &&
           cli_real(a, "weight-decay", 0.0, 1e9, 0.0, &o->optimizer.weight_decay);
}

static bool read_rate(const cli_arguments *a, lk_train_options *o) {
    return cli_choice(a, "schedule", "constant|cosine|step|exponential", "constant",
                      &o->rate.name) &&
           cli_integer(a, "warmup-steps", 0, INT64_MAX, 0, &o->rate.warmup_steps) &&
           cli_real(a, "decay", 0.0, 1.0, 0.5, &o->rate.decay) &&
           cli_real(a, "decay-epochs", 1e-6, 1e9, 10.0, &o->rate.decay_epochs);
}

static bool read_options(const cli_arguments *a, lk_train_options *o) {
    int64_t seed;
    *o = lk_train_defaults();
    if (!read_optimizer(a, o) || !read_rate(a, o) ||
        !cli_integer(a, "epochs", 1, INT64_MAX / 2, 0, &o->epochs) ||
        !cli_real(a, "minutes", 1e-9, 1e9, 0.0, &o->minutes) ||
        !cli_integer(a, "batch-size", 1, 1 << 20, 100, &o->batch_size) ||
        !cli_integer(a, "slices", 0, 1 << 20, 0, &o->slices) ||
        !cli_real(a, "clip", 0.0, 1e30, 0.0, &o->clip) ||
        !cli_real(a, "ema", 0.0, 0.99999999, 0.999, &o->ema) ||
        !cli_integer(a, "patience", 0, INT64_MAX, 30, &o->patience) ||
        !cli_integer(a, "seed", 0, INT64_MAX, 1, &seed) ||
        !cli_real(a, "checkpoint-seconds", 0.0, 1e9, 60.0, &o->checkpoint_seconds)) {
        return false;
    }
    if (o->epochs == 0 && (o->minutes == 0.0 || strcmp(o->rate.name, "cosine") == 0)) {
        o->epochs = 100;
    }
    o->seed = (uint64_t)seed;
    o->resume = cli_has(a, "resume");
    return true;
}

/* ---- training -------------------------------------------------------------------------------- */

/* What is interrupted is the best so far, and a model like any other. */
static lk_status fit(lk_model *model, const train_data *data, const lk_train_options *options,
                     const cli_arguments *arguments, const train_out *out, reporter *r) {
    if (options->resume) {
        return lk_fail(model->context, LK_INVALID,
                       "%s trains in one go and has no checkpoints: leave out --resume",
                       model->family->name);
    }
    lk_fit_options how = {.seed = options->seed,
                          .iterations = cli_has(arguments, "epochs") ? options->epochs : 0,
                          .minutes = options->minutes,
                          .progress = report_fit,
                          .progress_argument = r};
    lk_status status = model->family->fit(model, data->train, data->valid, &how);
    if (r->live) {
        fprintf(stderr, "\r\033[K");
    }
    LK_TRY(status == LK_INTERRUPTED ? LK_OK : status);
    LK_TRY(lk_train_finish_fit(model, data->train, data->valid));
    LK_TRY(lk_model_write(model, out->model));
    return status == LK_OK ? LK_OK
                           : lk_fail(model->context, LK_INTERRUPTED,
                                     "interrupted; the best so far is written to %s", out->model);
}

static lk_status train_model(const cli_arguments *arguments, lk_train_options *options,
                             const train_data *data, const train_out *out, lk_model *model) {
    reporter r = {.quiet = cli_has(arguments, "quiet"),
                  .bits_per_nat_dim = 1.0 / LK_NATS_PER_BIT / (double)model->data.variables};
    r.live = !r.quiet && cli_on_terminal();
    r.window = model->data.stream ? model->data.variables : 0;
    options->checkpoint = out->checkpoint;
    options->model_path = out->whole ? out->model : NULL;
    options->progress = report;
    options->progress_argument = &r;
    cli_signals_ask();
    lk_status status = model->family->fit != NULL ? fit(model, data, options, arguments, out, &r)
                       : data->train_texts != NULL
                           ? lk_train_texts(model, data->train_texts, data->valid_texts, options)
                           : lk_train(model, data->train, data->valid, options);
    if (model->family->fit != NULL) {
        return status;
    }
    return status == LK_INTERRUPTED ? train_out_interrupted(model->context, out)
           : status == LK_OK        ? lk_model_write(model, out->model)
                                    : status;
}

static int print_summary(const cli_arguments *arguments, const lk_model *model,
                         const train_out *out, const char *note) {
    char fingerprint[33];
    lk_fingerprint_print(lk_model_fingerprint(model), fingerprint);
    if (cli_has(arguments, "json")) {
        json_t *history = cli_history(model);
        if (history == NULL) {
            return EXIT_FAULT;
        }
        return cli_print_json(
            json_pack("{s:s, s:s?, s:s, s:I, s:s, s:o, s:s*}", "model", out->model, "checkpoint",
                      out->checkpoint, "family", model->family->name, "parameters",
                      (json_int_t)lk_parameters_total(model->parameters), "fingerprint",
                      fingerprint, "history", history, "note", note));
    }
    printf("%s: %s with %lld parameters, fingerprint %s\n", out->model, model->family->name,
           (long long)lk_parameters_total(model->parameters), fingerprint);
    if (out->checkpoint != NULL) {
        printf("%s stays, for --resume with more epochs; the model does not need it\n",
               out->checkpoint);
    }
    return cli_finish_output();
}

typedef struct text_options {
    bool asked;
    lk_symbols_kind kind;
    int64_t window;
} text_options;

static bool read_text_options(const cli_arguments *a, text_options *text) {
    const char *name;
    *text = (text_options){.asked = cli_has(a, "text")};
    if (!cli_choice(a, "text", "bytes|utf8", "bytes", &name) ||
        !cli_integer(a, "window", 1, 1 << 20, 128, &text->window)) {
        return false;
    }
    text->kind = strcmp(name, "utf8") == 0 ? LK_SYMBOLS_CHARACTERS : LK_SYMBOLS_BYTES;
    return true;
}

/* A new model, or one to be trained further, which fits the data. */
static lk_status make_model(const cli_arguments *arguments, lk_context *context,
                            const train_data *data, uint64_t seed, lk_model **model) {
    const char *const *assignments;
    int32_t count = cli_texts(arguments, "set", &assignments);
    if (*model == NULL) {
        LK_TRY(lk_model_create(context, arguments->positional[0], assignments, count,
                               data->description, cli_text(arguments, "order", "natural"), seed,
                               model));
        return (*model)->family->fit == NULL ? lk_model_start(*model, data->train) : LK_OK;
    }
    lk_dataset values = *data->train;
    bool drawn = data->description.binarization == LK_BINARIZE_SAMPLE &&
                 (*model)->data.binarization == LK_BINARIZE_SAMPLE;
    values.alphabet = drawn ? 2 : values.alphabet;
    return data->train_texts != NULL ? LK_OK : lk_model_accepts(*model, &values);
}

static lk_status read_data(const cli_arguments *arguments, lk_context *context,
                           const lk_model *from, const lk_dataset_options *how,
                           const text_options *text, double fraction, uint64_t seed,
                           train_data *data) {
    if (from != NULL && from->data.stream) {
        return train_data_read_text(arguments, context, from, from->data.symbols.kind,
                                    from->data.variables, fraction, data);
    }
    text_options chosen = *text;
    if (!text->asked && from == NULL && !how->raw && how->shape.axes == 0) {
        chosen.kind = LK_SYMBOLS_CHARACTERS;
        LK_TRY(train_data_guess_text(arguments, context, &chosen.asked));
    }
    return chosen.asked && from == NULL
               ? train_data_read_text(arguments, context, NULL, chosen.kind, chosen.window,
                                      fraction, data)
               : train_data_read(arguments, context, from, how, fraction, seed, data);
}

/* What was decided about the data: for people now, and *note (owned, or NULL) for the JSON. */
static void tell(const cli_arguments *arguments, const train_data *data, char **note) {
    const lk_dataset *sets[] = {data->train, data->valid};
    *note =
        data->train != NULL && data->train->note != NULL ? lk_duplicate(data->train->note) : NULL;
    for (int i = 0; i < 2 && !cli_has(arguments, "quiet"); i++) {
        if (sets[i] != NULL && sets[i]->note != NULL) {
            fprintf(stderr, "%s: %s\n", sets[i]->path, sets[i]->note);
        }
    }
    if (data->note[0] != '\0' && !cli_has(arguments, "quiet")) {
        fprintf(stderr, "%s\n", data->note);
    }
}

static lk_status run_session(const cli_arguments *arguments, lk_context *context,
                             lk_train_options *options, const lk_dataset_options *how,
                             const text_options *text, double fraction, train_out *out,
                             lk_model **model, char **note) {
    const char *const *assignments, *from = cli_text(arguments, "from", NULL);
    int32_t count = cli_texts(arguments, "set", &assignments);
    train_data data = {0};
    if (from != NULL) {
        LK_TRY(lk_model_tune(context, from, assignments, count, model));
    }
    const lk_family *family =
        from != NULL ? (*model)->family : lk_family_named(arguments->positional[0]);
    if (family != NULL) {
        LK_TRY(train_out_open(arguments, context, family->fit == NULL, out));
    }
    if (fraction < 0.0) {
        fraction = family == NULL || family->fit == NULL ? 0.1 : 0.0;
    }
    lk_status status = family == NULL ? LK_OK
                                      : read_data(arguments, context, *model, how, text, fraction,
                                                  options->seed, &data);
    if (status == LK_OK) {
        status = make_model(arguments, context, &data, options->seed, model);
    }
    if (status == LK_OK) {
        tell(arguments, &data, note);
    }
    if (status == LK_OK) {
        status = train_model(arguments, options, &data, out, *model);
    }
    train_data_release(&data);
    return status;
}

static int run(const cli_arguments *arguments) {
    int status;
    double fraction;
    lk_train_options how;
    lk_dataset_options reading;
    text_options text;
    if (!read_options(arguments, &how) || !cli_data_options(arguments, &reading) ||
        !cli_integer(arguments, "crops", 1, 1 << 30, 0, &reading.crop.count) ||
        !read_text_options(arguments, &text) ||
        !cli_real(arguments, "valid-fraction", 0.0, 0.9, -1.0, &fraction)) {
        return EXIT_USAGE;
    }
    if (cli_has(arguments, "crops") && !cli_has(arguments, "crop")) {
        return cli_usage(arguments, "--crops is of --crop: give its size too");
    }
    lk_context *context = cli_open(arguments, &status);
    if (context == NULL) {
        return status;
    }
    lk_model *model = NULL;
    train_out out = {0};
    char *note = NULL;
    lk_status trained =
        run_session(arguments, context, &how, &reading, &text, fraction, &out, &model, &note);
    status = trained == LK_OK ? print_summary(arguments, model, &out, note) : cli_fault(context);
    train_out_close(&out);
    lk_release(note);
    lk_model_destroy(model);
    lk_context_destroy(context);
    if (trained == LK_INTERRUPTED) {
        cli_signals_obey();
    }
    return status;
}

const cli_verb cli_train_verb = {
    .explain = cli_explain_family,
    .name = "train",
    .summary = "fit a model to data by maximum likelihood",
    .operands = "FAMILY",
    .operand_count = 1,
    .instead = "from",
    .options = train_options,
    .option_count = sizeof train_options / sizeof *train_options,
    .required = "data out",
    .inputs = "data valid labels valid-labels from order set",
    .outputs = "out",
    .more =
        "The weights that did best on validation data are kept. Results depend on data, "
        "settings and seed, never on threads.\n\n"
        "examples:\n"
        "  likely train made --data train.amat.gz --valid valid.amat.gz --out digits.likely\n"
        "  likely train made --data train-images-idx3-ubyte.gz --binarize sample \\\n"
        "      --set hidden=1000 --out digits.likely\n"
        "  likely train bernoulli-mixture --data dna.npz --set components=50 --out dna.likely\n"
        "  likely train pixelcnn --data photographs --crop 32x32 --batch-size 16 \\\n"
        "      --out photographs.likely\n"
        "  likely train charrnn --data book.txt --text bytes --set width=256 --batch-size 32 \\\n"
        "      --clip 50 --out book.likely\n"
        "  likely train made ... --epochs 100 --out digits.likely --resume\n",
    .run = run,
};
