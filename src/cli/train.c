/* likely train: fit a model of a family to data by maximum likelihood. */
#include <string.h>

#include "base/memory.h"
#include "cli/families.h"
#include "cli/signals.h"
#include "cli/train/applies.h"
#include "cli/train/checks.h"
#include "cli/train/data.h"
#include "cli/train/options.h"
#include "cli/train/out.h"
#include "cli/train/report.h"
#include "models/model_file.h"
#include "models/tune.h"
#include "train/advice.h"

static const cli_option train_options[] = {
    {"data", "PATH",
     "training examples: amat, IDX, NPY, NPZ (PATH:ARRAY picks one), CSV, 0/1 rows, PNG, "
     "JPEG, PBM, PGM, PPM, PAM, CIFAR batches; also packed by gzip, xz, zstd or bzip2; or a "
     "folder of pictures or of CIFAR batches; recordings (WAV, FLAC, AIFF, AU, CAF, W64, Ogg), or "
     "a folder of them; with --text any file, or a folder of texts",
     false},
    {"valid", "PATH",
     "validation examples: choose the best weights, stop early, calibrate p-values", false},
    {"condition", "label|COLUMN",
     "train p(x | label), of the data's own labels or --labels, or of a column of the table "
     "(likely models says which families are given labels)",
     false},
    {"labels", CLI_LABELS,
     "labels of the examples: one number or word a line, IDX1, NPY, NPZ; " CLI_LABELS_BY_NAME,
     false},
    {"valid-labels", CLI_LABELS, "those of --valid (default: by the names, where --labels are)",
     false},
    {"local", "PATH",
     "train p(x | slower sequence), of recordings or texts: a file of whole numbers, from 0 on, "
     "one for every --local-every frames or symbols; of a folder of data a folder, with NAME.txt "
     "for each NAME.wav (likely models says which families take it)",
     false},
    {"valid-local", "PATH", "that of --valid", false},
    {"local-every", "N", "frames or symbols of a number of --local", false},
    {"local-alphabet", "A",
     "--local has whole numbers below A (default: what those of training data need)", false},
    {"view", "bits:B|ycocg|grey:B|mulaw|linear8|pcm16|bytes|g711-mu|g711-a",
     "bits: the high B bits of every value first, then the low ones given all of these. ycocg: of "
     "8-bit colours the luminance of all pixels first, then chroma. grey: a grey picture of B bits "
     "(4) first, then the picture given it, whose NLL is then a bound. Of recordings: mulaw and "
     "linear8 take 8 bits of a sample, pcm16 all 16 as one symbol (for distribution=logistic), "
     "bytes as two; g711 the codes of such files (default: mulaw, or the codes)",
     false},
    {"channel", "N|mix",
     "of recordings: the N-th channel alone, which the first recording must have, or the mean of "
     "all (default: all)",
     false},
    {"unseen", NULL,
     "of tables of words: each column gets a symbol for values that are not in these data", false},
    {"columns", "words",
     "of tables of integers: columns take only what occurs in them (default: 0 to the largest)",
     false},
    {"valid-fraction", "X",
     "without --valid: hold out this share of the data (default 0.1 when training by gradients, "
     "of a long text less; else 0)",
     false},
    {"out", "MODEL", "the model file; a checkpoint stands beside it as MODEL.checkpoint", false},
    {"from", "MODEL",
     "go on from the weights of a model with these data, this rate and so many epochs, instead of "
     "FAMILY; its settings stay, but for those of training",
     false},
    {"set", "KEY=VALUE",
     "a setting of the family (likely train FAMILY --help lists them); may be given several times",
     true},
    {"order", "natural|reversed|zigzag|s-curve:K|random:SEED|FILE",
     "the ordering of the variables, for families that take any (of images also zigzag and the "
     "curves to and fro, K from 1 to 8; FILE: a rank for each; equal ranks allowed)",
     false},
    CLI_DATA_OPTIONS,
    CLI_CROP_OPTION,
    {"crops", "N", "of each picture an epoch (default: as many as have its area)", false},
    {"raw", NULL,
     "the file is bytes, whatever they are: cut into examples of --shape N, a rest left out",
     false},
    {"text", "bytes|utf8",
     "the file is one stream of bytes, or of the UTF-8 characters that occur in it: truncated "
     "back-propagation with carried state, for families that take texts (likely models). Default "
     "for what is a text and no data: utf8",
     false},
    {"window", "N", "with --text: symbols after which gradients are cut off (default: chosen)",
     false},
    {"epochs", "N",
     "passes over the data (default: until early stopping, at most 100); EM: iterations", false},
    {"minutes", "M",
     "plan the training for so many minutes: the learning rate falls to 0 by then, and the best "
     "weights so far are kept; EM ends with them",
     false},
    {"batch-size", "N", "examples in a minibatch (default: chosen from the size of the data)",
     false},
    {"slices", "N",
     "parts of a minibatch that are computed apart; their number is part of the result, threads "
     "are not (default 0: chosen by model and batch size)",
     false},
    {"learning-rate", "X", "default: the family's, 0.001 for most (sgd: 0.1)", false},
    {"optimizer", "adam|adamw|adagrad|sgd", "default adam", false},
    {"momentum", "X", "of sgd (default 0.9)", false},
    {"weight-decay", "X", "of weight matrices (default 0); decoupled in adamw", false},
    {"schedule", "constant|cosine|linear|step|exponential",
     "of the learning rate (default constant; with --minutes cosine, over these)", false},
    {"warmup-steps", "N", "linear warm-up (default 0; with --minutes measured on the first steps)",
     false},
    {"decay", "X", "factor of step and exponential schedules (default 0.5)", false},
    {"decay-epochs", "N", "epochs to which that factor belongs (default 10)", false},
    {"clip", "X", "clip the global gradient norm (default: what suits the family)", false},
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
    {"log", "DIR",
     "write the course of the training for TensorBoard into this folder, and as log.jsonl: NLLs, "
     "learning rate, examples a second, samples at the end of epochs",
     false},
    {"json", NULL, "one JSON object at the end", false},
};

/* ---- training -------------------------------------------------------------------------------- */

/* What one training is made of. */
typedef struct session {
    const cli_arguments *arguments;
    lk_context *context;
    train_how *how;
    const lk_family *family;
    train_out out;
    json_t *before;          /* owned: options of the run that is resumed, or NULL */
    lk_assignments settings; /* chosen, where none are given */
    train_data data;
    lk_model *model; /* owned */
    train_log *log;  /* owned, or NULL */
    bool misused;    /* a usage line has been printed */
} session;

static bool by_gradients(const session *s) {
    return s->family->fit == NULL;
}

/* LK_INVALID after a usage line. */
static lk_status apply_options(session *s, bool texts) {
    s->misused = !train_options_apply(s->arguments, s->family, texts);
    return s->misused ? LK_INVALID : LK_OK;
}

/* What is interrupted is the best so far, and a model like any other. */
static lk_status fit(const session *s, train_report *r) {
    const train_how *how = s->how;
    lk_fit_options fitting = {.seed = how->options.seed,
                              .iterations = how->options.epochs,
                              .minutes = how->options.minutes,
                              .progress = train_report_fit,
                              .progress_argument = r};
    lk_status status = s->family->fit(s->model, s->data.train, s->data.valid, &fitting);
    train_report_end(r);
    LK_TRY(status == LK_INTERRUPTED ? LK_OK : status);
    LK_TRY(lk_train_finish_fit(s->model, s->data.train, s->data.valid));
    LK_TRY(lk_model_write(s->model, s->out.model));
    return status == LK_OK ? LK_OK
                           : lk_fail(s->context, LK_INTERRUPTED,
                                     "interrupted; the best so far is written to %s", s->out.model);
}

static lk_status descend(const session *s, train_report *r) {
    lk_train_options *options = &s->how->options;
    options->checkpoint = s->out.checkpoint;
    options->model_path = s->out.whole ? s->out.model : NULL;
    options->progress = train_report_step;
    options->validating = train_report_validating;
    options->progress_argument = r;
    lk_status status =
        s->data.train_texts != NULL
            ? lk_train_texts(s->model, s->data.train_texts, s->data.valid_texts, options)
            : lk_train(s->model, s->data.train, s->data.valid, options);
    return status == LK_INTERRUPTED ? train_out_interrupted(s->context, &s->out)
           : status == LK_OK        ? lk_model_write(s->model, s->out.model)
                                    : status;
}

static lk_status train_model(const session *s) {
    train_report r = train_report_begin(s->arguments, s->model);
    r.log = s->log;
    cli_signals_ask();
    return by_gradients(s) ? descend(s, &r) : fit(s, &r);
}

/* ---- before it ------------------------------------------------------------------------------- */

/* Of a model that was made, or that is too large to be: is there a far smaller one? */
static lk_status advise(const session *s, lk_status made) {
    const lk_family *smaller;
    char why[512];
    snprintf(why, sizeof why, "%s", lk_context_message(s->context));
    if (made != LK_OK && made != LK_NO_MEMORY) {
        return made;
    }
    int64_t parameters, own = made == LK_OK ? lk_parameters_total(s->model->parameters) : INT64_MAX;
    LK_TRY(
        lk_advise_smaller(s->context, s->family, &s->data.description, own, &smaller, &parameters));
    if (made != LK_OK) {
        return smaller == NULL
                   ? lk_fail(s->context, made, "%s", why)
                   : lk_fail(s->context, made,
                             "%s; %s, whose weights are the same everywhere, has %lld parameters",
                             why, smaller->name, (long long)parameters);
    }
    if (smaller != NULL && !cli_has(s->arguments, "quiet")) {
        fprintf(stderr,
                "%s has %lld parameters for these data; %s, whose weights are the same everywhere, "
                "has %lld\n",
                s->family->name, (long long)own, smaller->name, (long long)parameters);
    }
    return LK_OK;
}

/* A new model, or one to be trained further, which fits the data. */
static lk_status make_model(session *s) {
    const char *const *assignments;
    int32_t count = cli_texts(s->arguments, "set", &assignments);
    if (s->model == NULL) {
        assignments = count > 0 ? assignments : (const char *const *)s->settings.text;
        lk_status status = lk_model_create(
            s->context, s->family->name, assignments, count > 0 ? count : s->settings.count,
            s->data.description, cli_text(s->arguments, "order", "natural"), s->how->options.seed,
            &s->model);
        LK_TRY(advise(s, status));
        return by_gradients(s) ? lk_model_start(s->model, s->data.train) : LK_OK;
    }
    lk_dataset values = *s->data.train;
    bool drawn = s->data.description.binarization == LK_BINARIZE_SAMPLE &&
                 s->model->data.binarization == LK_BINARIZE_SAMPLE;
    values.alphabet = drawn ? 2 : values.alphabet;
    return s->data.train_texts != NULL ? LK_OK : lk_model_accepts(s->model, &values);
}

static lk_status read_data(session *s) {
    train_how *how = s->how;
    const lk_model *from = s->model;
    double fraction = how->fraction >= 0.0 ? how->fraction : by_gradients(s) ? 0.1 : 0.0;
    train_text_how texts = {
        .fraction = how->fraction, .before = s->before, .seed = how->options.seed};
    if (from != NULL && from->data.stream) {
        LK_TRY(apply_options(s, true));
        texts.kind = from->data.symbols.kind;
        texts.window = from->data.variables;
        return train_data_read_text(s->arguments, s->context, from, &texts, &s->data);
    }
    if (!how->text && from == NULL && !how->reading.raw && how->reading.shape.axes == 0) {
        how->symbols = LK_SYMBOLS_CHARACTERS;
        LK_TRY(train_data_guess_text(s->arguments, s->context, &how->text));
    }
    LK_TRY(apply_options(s, how->text && from == NULL));
    texts.kind = how->symbols;
    texts.view = how->view;
    texts.channel = how->channel;
    texts.window = how->window;
    texts.local = how->local;
    return how->text && from == NULL
               ? train_data_read_text(s->arguments, s->context, NULL, &texts, &s->data)
               : train_data_read(s->arguments, s->context, from, &how->reading, fraction,
                                 how->options.seed, &s->data);
}

static int64_t data_size(const session *s) {
    return s->data.train_texts != NULL ? lk_items_total(s->data.train_texts)
                                       : s->data.train->examples;
}

/* Settings for those who give none: of the run that is resumed, or such as suit the data. */
static lk_status choose_settings(session *s) {
    const char *const *unused;
    bool open = s->model == NULL && by_gradients(s) && cli_texts(s->arguments, "set", &unused) == 0;
    int64_t symbols = s->data.train_texts != NULL ? data_size(s) : 0;
    return open ? lk_choose_settings(s->context, s->family, s->before, symbols, &s->settings)
                : LK_OK;
}

static lk_status find_family(session *s) {
    const char *const *assignments, *from = cli_text(s->arguments, "from", NULL);
    int32_t count = cli_texts(s->arguments, "set", &assignments);
    if (from != NULL) {
        LK_TRY(lk_model_tune(s->context, from, assignments, count, &s->model));
        LK_TRY(train_check_from(s->arguments, s->model));
        s->family = s->model->family;
        return LK_OK;
    }
    return lk_family_find(s->context, s->arguments->positional[0], &s->family);
}

static lk_status look_before(session *s) {
    if (s->how->options.resume) {
        LK_TRY(lk_choose_before(s->context, s->out.checkpoint, s->family, &s->before));
    }
    if (s->before != NULL) { /* the window matters to texts alone */
        lk_train_options unused = s->how->options;
        lk_choose_as_before(s->before, &s->how->window, &unused);
    }
    return LK_OK;
}

/* What was decided about the data. */
static void tell(const session *s) {
    const lk_dataset *sets[] = {s->data.train, s->data.valid};
    for (int i = 0; i < 2 && !cli_has(s->arguments, "quiet"); i++) {
        if (sets[i] != NULL && sets[i]->note != NULL) {
            fprintf(stderr, "%s: %s\n", sets[i]->path, sets[i]->note);
        }
    }
    if (s->data.note[0] != '\0' && !cli_has(s->arguments, "quiet")) {
        fprintf(stderr, "%s\n", s->data.note);
    }
    const lk_view *view = lk_model_view(s->model);
    if (view != NULL && s->family->view != NULL && !cli_has(s->arguments, "quiet")) {
        char text[LK_VIEW_TEXT];
        lk_view_print(view, text);
        fprintf(stderr, "%s: the model's view %s\n",
                cli_has(s->arguments, "view") ? "asked for" : "chosen", text);
    }
}

static lk_status run_session(session *s) {
    LK_TRY(find_family(s));
    LK_TRY(train_options_guess_sound(s->arguments, s->context, s->family, s->model, s->how));
    LK_TRY(train_options_check(s->arguments, s->context, s->family, s->how));
    LK_TRY(s->how->text ? apply_options(s, true) : LK_OK);
    LK_TRY(train_out_open(s->arguments, s->context, by_gradients(s), &s->out));
    LK_TRY(look_before(s));
    const char *log = cli_text(s->arguments, "log", NULL);
    LK_TRY(log != NULL ? train_log_check(s->context, log, s->how->options.resume) : LK_OK);
    LK_TRY(read_data(s));
    LK_TRY(choose_settings(s));
    LK_TRY(make_model(s));
    if (by_gradients(s)) {
        train_options_choose(s->arguments, s->family, s->before, s->data.train_texts != NULL,
                             data_size(s), s->data.description.variables, &s->settings,
                             &s->how->options);
    }
    tell(s);
    train_tell_size(s->arguments, s->model);
    LK_TRY(log != NULL ? train_log_open(s->context, log, &s->log) : LK_OK);
    return train_model(s);
}

static const char *note_of(const session *s) {
    return s->data.train != NULL ? s->data.train->note : NULL;
}

static int summary(const session *s) {
    return train_report_summary(s->arguments, s->model, &s->out, note_of(s), &s->how->sent);
}

static int run(const cli_arguments *arguments) {
    int status;
    train_how how;
    session s = {.arguments = arguments, .how = &how};
    if (!train_options_read(arguments, &how)) {
        return EXIT_USAGE;
    }
    how.options.sent = &how.sent;
    s.context = cli_open(arguments, &status);
    if (s.context == NULL) {
        return status;
    }
    lk_status trained = run_session(&s);
    status = trained == LK_OK ? summary(&s) : s.misused ? EXIT_USAGE : cli_fault(s.context);
    train_log_close(s.log);
    train_data_release(&s.data);
    lk_assignments_deinit(&s.settings);
    json_decref(s.before);
    train_out_close(&s.out);
    lk_model_destroy(s.model);
    lk_context_destroy(s.context);
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
    .shared = true,
    .options = train_options,
    .option_count = sizeof train_options / sizeof *train_options,
    .required = "data out",
    .several = CLI_SEVERAL,
    .inputs = "data valid labels valid-labels local valid-local from order set",
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
