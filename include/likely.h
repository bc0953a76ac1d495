/* likely: likelihood models of discrete data. The whole public interface, and its manual.
 *
 * A model is a probability distribution p(x) over images, texts, sound, tables or any other vectors
 * of symbols, trained once by maximum likelihood. One trained model then does three jobs:
 *
 *   it generates    samples of p(x); completions of what is given; texts from a prompt
 *   it compresses   lossless, at the rate that its likelihood promises; any machine restores it
 *   it judges       exact log p(x) of each item and of each variable, and p-values
 *
 * A first program, without its error checks:
 *
 *   lk_context *context;
 *   lk_data *digits, *samples;
 *   lk_model *model;
 *   lk_context_create(0, &context);
 *   lk_data_load(context, lk_from_file("digits.npy"), NULL, &digits);
 *   lk_training how = lk_training_defaults();
 *   how.family = "pixelcnn";
 *   lk_model_train(context, &how, digits, NULL, &model);
 *   lk_model_save(context, model, lk_to_file("digits.likely"));
 *   lk_model_sample(context, model, NULL, &samples);
 *   lk_data_write(context, samples, "samples.png");
 *
 * Values    A value is a symbol 0 .. alphabet - 1. An item is what has one likelihood: an example
 *           of a data set, all of one shape, or a text or recording of any length.
 * Units     Likelihoods are negative log-likelihoods ("NLL", "surprisal") in nats, natural
 *           logarithms; divided by 0.693147 they are bits. +infinity is probability zero.
 * Exactness The same model, data and options give the same bits on every machine, with any number
 *           of threads and any instruction set: files decode, seeds repeat, scores do not drift.
 * Errors    A function that can fail returns an lk_status, leaves one line of detail in its context
 *           and sets what it would have made to NULL. Nothing is printed and nothing aborts, for
 *           any arguments but wild pointers and arrays that are shorter than their counts: NULL, or
 *           a number out of range, is LK_INVALID.
 * Ownership What a function gives through a pointer to a pointer is the caller's, who destroys it
 *           (NULL may be destroyed). What goes in is copied or only read, unless it says otherwise.
 *           `const` results belong to the handle that they came from.
 * Threads   A context serves one thread at a time, and has worker threads of its own. A model never
 *           changes once it is made: any number of threads use it together, each with a context of
 *           its own, none of which need be the one that it was made with. Data are read by one
 *           thread at a time. There is no global state.
 * Options   A struct of options comes from its function *_defaults; then change what you like. NULL
 *           for options means these defaults, NULL for an output that it is not wanted.
 *
 * C++ compiles this header too (examples/threads.cpp). */
#ifndef LIKELY_H
#define LIKELY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#ifdef __GNUC__
#pragma GCC visibility push(default) /* all that stands here, and nothing else, is exported */
#endif

/* ---- versions -------------------------------------------------------------------------------- */

#define LIKELY_VERSION "0.2.0"
/* Of the library that is running, which may be another than the header's. */
const char *lk_version(void);
/* Changes when a model file would begin to mean other probabilities: compressed files need it. */
const char *lk_engine_version(void);

/* ---- status codes ---------------------------------------------------------------------------- */

#define LK_STATUS_LIST(X)                                              \
    X(LK_OK, "success")                                                \
    X(LK_NO_MEMORY, "out of memory")                                   \
    X(LK_IO, "cannot read or write")                                   \
    X(LK_FORMAT, "not a valid file of its format")                     \
    X(LK_CORRUPT, "damaged data")                                      \
    X(LK_MISMATCH, "the model and the data do not belong together")    \
    X(LK_INVALID, "invalid setting or argument")                       \
    X(LK_CAUSALITY, "the network would see the present or the future") \
    X(LK_NOT_FINITE, "a value is not finite")                          \
    X(LK_UNSUPPORTED, "not supported")                                 \
    X(LK_INTERRUPTED, "interrupted")

typedef enum lk_status {
#define LK_STATUS_ENUM(name, text) name,
    LK_STATUS_LIST(LK_STATUS_ENUM)
#undef LK_STATUS_ENUM
} lk_status;

/* The general meaning of a status, a static text. */
const char *lk_status_text(lk_status status);

/* ---- contexts -------------------------------------------------------------------------------- */

typedef struct lk_context lk_context;

/* threads: 0 means one per processor. The instruction set is the best that the processor has, or
 * the one that the environment variable LIKELY_ISA names (scalar, avx2, avx512, neon). On failure
 * *context is all the same a context whose message can be read, or NULL when out of memory. */
lk_status lk_context_create(int threads, lk_context **context);
void lk_context_destroy(lk_context *context);
/* What the last call failed of: file, place, cause, what to do; "" if it did not. Valid until the
 * next call. */
const char *lk_context_message(const lk_context *context);
/* From now on LK_NO_MEMORY refuses whatever one thing (a file, a model, a job) would take more than
 * so many bytes for; 0: than half of the machine's. */
void lk_context_set_memory(lk_context *context, int64_t bytes);
const char *lk_context_isa(const lk_context *context);
int lk_context_threads(const lk_context *context);

/* How far a job is. */
typedef struct lk_progress {
    const char *doing;  /* "training", "sampling", "coding", ... */
    double done, total; /* of the job, in its own unit; total 0: not known */
    int64_t epoch;      /* of a training, or iteration of a fit, from 1; else 0 */
    bool epoch_ended;   /* told at the end of each: a learning curve */
    double train_nll_nats, valid_nll_nats, best_nll_nats; /* of a training; NaN: not known */
    const char *note; /* NULL, or a line for people: "no better epoch for 30 epochs" */
} lk_progress;
/* Called about ten times a second, at the end of each epoch, and when a training has ended (done is
 * then total, valid_nll_nats that of the model), by the thread that the job was called from. false
 * ends the job, soon, with LK_INTERRUPTED. */
typedef bool lk_watch(void *argument, const lk_progress *progress);
/* Of every job in this context from now on; NULL: of none. */
void lk_context_watch(lk_context *context, lk_watch *watch, void *argument);

/* ---- where bytes come from and go to --------------------------------------------------------- */

/* A file, memory, or a function; made by the functions below. */
typedef struct lk_input {
    const char *path;
    const void *bytes; /* outlives the call */
    int64_t size;
    int64_t (*read)(void *argument, void *bytes, int64_t most); /* 0: the end; -1: it failed */
    void *argument;
} lk_input;

typedef struct lk_bytes {
    uint8_t *data; /* lk_bytes_release */
    int64_t size;
} lk_bytes;
void lk_bytes_release(lk_bytes *bytes);

typedef struct lk_output {
    const char *path; /* gets its name once all is well: never half a file */
    lk_bytes *bytes;
    bool (*write)(void *argument, const void *bytes, int64_t size); /* false: it failed */
    void *argument;
} lk_output;

static inline lk_input lk_from_file(const char *path) {
    lk_input input = {path, NULL, path ? 0 : -1, NULL, NULL}; /* NULL is no name of memory */
    return input;
}
static inline lk_input lk_from_memory(const void *bytes, int64_t size) {
    lk_input input = {NULL, bytes, size, NULL, NULL};
    return input;
}
static inline lk_input lk_from_function(int64_t (*read)(void *, void *, int64_t), void *argument) {
    lk_input input = {NULL, NULL, read ? 0 : -1, read, argument};
    return input;
}
/* A pipe, a device, or a descriptor that is open already (/dev/stdout, /dev/fd/N) is written as the
 * bytes come. The library sets no signal handlers: whoever dies by one leaves PATH.tmp-PID behind,
 * which the next command that writes PATH removes. */
static inline lk_output lk_to_file(const char *path) {
    lk_output output = {path, NULL, NULL, NULL};
    return output;
}
static inline lk_output lk_to_memory(lk_bytes *bytes) { /* *bytes is overwritten */
    lk_output output = {NULL, bytes, NULL, NULL};
    return output;
}
static inline lk_output lk_to_function(bool (*write)(void *, const void *, int64_t),
                                       void *argument) {
    lk_output output = {NULL, NULL, write, argument};
    return output;
}

/* ---- data ------------------------------------------------------------------------------------ */

typedef struct lk_data lk_data;
typedef struct lk_model lk_model;

#define LK_SHAPE_MOST 4
/* Of one example: {1, {784}} a vector, {2, {28, 28}} a picture, {3, {32, 32, 3}} one of colours. */
typedef struct lk_shape {
    int32_t axes;
    int64_t size[LK_SHAPE_MOST];
} lk_shape;

/* A column of a table in your memory, or its labels: what it is called, and what is meant by its
 * symbols 0, 1, ... */
typedef struct lk_value_names {
    const char *name;
    /* [word_count], no two alike, of at most 1024 bytes each; NULL: the numbers are meant
     * themselves. Columns have words all or none. */
    const char *const *words;
    int32_t word_count;
    /* NULL, or a text of yours, of at most 1024 bytes, that goes with the column into model files
     * and is given back: what its words are in your program. It changes no probability. */
    const char *remark;
} lk_value_names;

/* Examples in your memory. Zero it, then fill what applies. */
typedef struct lk_values {
    const void *values; /* unsigned integers of 8 or 16 bits */
    int32_t bits;
    int64_t examples;
    lk_shape shape;
    /* From one example to the next, then along each axis, counted in values; all 0: the examples
     * one after another, the last axis fastest. */
    int64_t strides[1 + LK_SHAPE_MOST];
    /* 2 .. 65536; 0: one more than the largest value. Says nothing where `alphabets` do. */
    int32_t alphabet;
    const int32_t *alphabets; /* [variables], where they differ (columns of a table); else NULL */
    /* [examples], the class of each, 0 .. 65535, or NULL. Classes are the numbers that occur: 0 and
     * 10 are two, of which a model knows 10 as its label 1, named "10". */
    const int32_t *labels;
    /* Of a table, [variables], whose words are the alphabets: leave these out then; NULL: it is
     * none. `unseen` as of lk_loading. */
    const lk_value_names *columns;
    bool unseen;
    const lk_value_names *label; /* what `labels` are, of a table and of others; NULL: numbers */
} lk_values;
lk_status lk_data_from_values(lk_context *context, const lk_values *values, lk_data **data);

/* Of items that are no examples: texts of any length, or recordings (WAV, FLAC, AIFF, ...), whose
 * samples are the symbols of a text. What holds for texts below holds for recordings, but where it
 * says otherwise; in memory they are WAV files. */
typedef enum lk_text_kind {
    LK_NO_TEXT,
    LK_TEXT_BYTES,
    LK_TEXT_CHARACTERS,
    LK_RECORDINGS,
} lk_text_kind;
/* How files are read. */
typedef struct lk_loading {
    /* Whom the data are for: they are read as its training data were (as texts, words of a table
     * as its symbols), and LK_MISMATCH says why it cannot take them. Pictures of another
     * height and width, and sequences of another length, fit families that run at any size. */
    const lk_model *model;
    /* Data beside which they serve in training: a table has the same columns and words, labels are
     * of the same classes, a slower sequence (`local`) is of the same numbers. */
    const lk_data *like;
    lk_text_kind text; /* the file, or each file of a folder, is a text of bytes, or of UTF-8, or a
                          recording */
    /* Of recordings, where neither `model` nor `like` says it: how a sample becomes symbols,
     * "mulaw" (256 levels) or "linear8", with loss; "pcm16", one of 65536, or "bytes", two of 256;
     * NULL: "mulaw", or the codes of G.711 files, "g711-mu" and "g711-a". And of which channels:
     * 0 all, n the n-th alone, -1 their mean. */
    const char *sound;
    int32_t channel;
    lk_shape shape;   /* 0 axes: as the file says */
    int32_t alphabet; /* 0: as the values say */
    /* Grey values become 0 or 1: at half of the alphabet, or as the model's training data did. They
     * are never changed unless you say so. */
    bool binarize;
    bool unseen; /* of a table of words to train on: a symbol for words never met, "<unseen>" */
    const char *label; /* the column of a table that becomes the labels; NULL: none */
    /* A file, one for each example or text; or, by the names of the files of a folder, "name:2",
     * field 2 of "7_anna_3.png", or "folder"; NULL: those that the data have. */
    const char *labels;
    /* Of texts and recordings a slower sequence that each is given (local conditioning), for models
     * of p(x | it): a whole number from 0 for every `local_every` positions, which are frames of a
     * recording or symbols of a text, so that T of them have ceil(T / local_every). In files, as
     * `likely train --local` takes them: one, or of a folder of texts a folder, where NAME.txt is
     * of NAME. Or in memory, which is copied: local_symbols[local_items][local_counts[item]].
     * NULL: there is none. */
    const char *local;
    const uint16_t *const *local_symbols;
    const int64_t *local_counts;
    int64_t local_items;
    int32_t local_every, local_alphabet; /* 0: as `model` or `like` say; alphabet: else one more
                                            than the largest number */
} lk_loading;
lk_loading lk_loading_defaults(void);
/* A file (amat, IDX, NPY, NPZ, CSV, 0/1 rows, PNG, JPEG, PNM, CIFAR: recognised by its content; one
 * with a path may be gzipped), or the path of a folder of pictures or texts. */
lk_status lk_data_load(lk_context *context, lk_input input, const lk_loading *how, lk_data **data);
/* Texts in your memory, which are copied: how->model or how->text says what their symbols are;
 * NULL: bytes. What is not UTF-8 in a text of characters stays, a character for each such byte. */
lk_status lk_data_from_texts(lk_context *context, const void *const *texts, const int64_t *sizes,
                             int64_t count, const lk_loading *how, lk_data **data);
/* Some items of data, items[count] by their numbers, in that order; texts are copied to memory. */
lk_status lk_data_select(lk_context *context, const lk_data *data, const int64_t *items,
                         int64_t count, lk_data **selected);
/* Two parts: a fraction becomes *valid, the rest *train, as the command does it. Of examples, and
 * of several texts, those that the seed chooses, in their order; of one text its end, from where a
 * number of its slower sequence begins. */
lk_status lk_data_split(lk_context *context, const lk_data *data, double fraction, uint64_t seed,
                        lk_data **train, lk_data **valid);
void lk_data_destroy(lk_data *data);

int64_t lk_data_count(const lk_data *data);                /* of items */
int64_t lk_data_length(const lk_data *data, int64_t item); /* variables of an item; -1: no such */
int64_t lk_data_unit(const lk_data *data); /* symbols of a frame of recordings; else 1 */
/* Of the file that an item was, within its folder; NULL: it has none. */
const char *lk_data_name(const lk_data *data, int64_t item);
lk_shape lk_data_shape(const lk_data *data); /* of an example; 0 axes: of texts */
int32_t lk_data_alphabet(const lk_data *data);
/* [count][variables]; NULL: they are texts. */
const uint16_t *lk_data_values(const lk_data *data);
/* [count]; NULL: they have none. Those of texts in folders are their folders. */
const int32_t *lk_data_labels(const lk_data *data);
/* Of the slower sequence beside each item (lk_loading.local): positions of one of its numbers, what
 * these are below, and how many there are; 0, 0 and -1: there is none. Then the numbers, of which
 * symbols[] has room for all of the item. */
int32_t lk_data_local_every(const lk_data *data);
int32_t lk_data_local_alphabet(const lk_data *data);
int64_t lk_data_local_count(const lk_data *data, int64_t item);
lk_status lk_data_local(lk_context *context, const lk_data *data, int64_t item, uint16_t *symbols);
/* The bytes of a text; of a recording, as it was read, those of a WAV file. */
lk_status lk_data_text(lk_context *context, const lk_data *data, int64_t item, lk_bytes *bytes);
/* Examples, in the format of the name's ending: .png (one, or a sheet of many), .npy, .amat, .txt,
 * .csv, .idx, .pbm; each but .png also .gz; or "folder/". A text, as it is. A recording, as it was
 * read: .wav, .flac, .aiff, .au, .caf, .w64. */
lk_status lk_data_write(lk_context *context, const lk_data *data, const char *path);

/* Names, and their numbers, of a table's columns (variable 0, 1, ..., and -1: the one that became
 * the labels), of what the symbols of a column stand for, and of labels; of models, as they were
 * trained, below. NULL and -1: there is no such. Where none has a name, the numbers are meant
 * themselves: a table of integers has columns and no words, and labels of values in memory are
 * numbers. */
const char *lk_data_column(const lk_data *data, int64_t variable);
int64_t lk_data_find_column(const lk_data *data, const char *name);
const char *lk_data_word(const lk_data *data, int64_t variable, int32_t symbol);
int32_t lk_data_find_word(const lk_data *data, int64_t variable, const char *word);
/* lk_value_names.remark; variable -1: of a table's labels. */
const char *lk_data_remark(const lk_data *data, int64_t variable);
const char *lk_data_label_name(const lk_data *data, int32_t label);
int32_t lk_data_find_label(const lk_data *data, const char *name);

/* ---- models ---------------------------------------------------------------------------------- */

/* The families of models, in the order of a course: number 0, 1, ...; NULL behind the last. */
const char *lk_family_name_at(int32_t number);

typedef struct lk_training {
    const char *family; /* "histogram", "made" (the default), "pixelcnn", "charrnn", ... */
    /* Whose weights the training goes on from, with its family, order and kind of data: settings
     * may then only change what matters in training, or as lk_model_set does. NULL: from the
     * beginning. */
    const lk_model *from;
    /* "KEY=VALUE", of those that `likely models FAMILY` lists. */
    const char *const *settings;
    int32_t setting_count;
    const char *order; /* "natural", "reversed", "random:SEED", of images "zigzag" and
                          "s-curve:1" to 8, or a file of ranks */
    bool condition;    /* p(x | label): the data have labels */
    /* NULL, or as what values are seen: "bits:4", high bits before low ones; of pictures "ycocg",
     * luminance before chroma, or "grey:4", a grey picture before them (lk_model_bound). */
    const char *view;
    int64_t window; /* of texts: symbols that one step looks at, of recordings those of whole
                       frames; 0: chosen by their size */
    uint64_t seed;
    int64_t epochs;   /* at most; 0: 100, or as many as the minutes allow */
    int64_t patience; /* epochs without a better NLL of the validation data; 0: no end */
    /* The learning rate falls until they are over, by the clock, so that the training cannot be
     * repeated to the bit; 0: no limit, and a constant rate. */
    double minutes;
    /* Items of one step; of texts, places that are read side by side; 0: chosen by the size of the
     * data. */
    int64_t batch;
    int64_t slices;        /* of a batch, whose gradients are joined in a tree; 0: chosen */
    const char *optimizer; /* "adam", "adamw", "sgd", "adagrad" */
    double learning_rate;  /* 0: what suits family and optimizer */
    double weight_decay;
    double momentum;      /* of sgd */
    const char *schedule; /* of the rate: "constant", "cosine" (down to 0), "step", "exponential";
                             NULL: as `minutes` says */
    int64_t warmup_steps; /* in which the rate rises from 0 */
    double decay, decay_epochs; /* "step", "exponential": times `decay` in so many epochs */
    double clip;                /* of the gradient's norm; 0: none; -1: what suits the family */
    double ema;                 /* decay of a moving average of the weights; 0: none */
    /* A file, from which a training that was ended goes on to the same bits: with the same data and
     * settings, others are refused (but epochs, minutes, patience). NULL: none. */
    const char *checkpoint;
} lk_training;
lk_training lk_training_defaults(void);
/* Trains by maximum likelihood: by gradients, by EM or by counting, as the family is. valid may be
 * NULL; with it the weights that did best on it are kept, and p-values are possible. After
 * LK_INTERRUPTED, and only then of all failures, *model may be a model all the same: of the best
 * weights so far, or without valid of the last, once there has been a step; it has no p-values. */
lk_status lk_model_train(lk_context *context, const lk_training *how, const lk_data *train,
                         const lk_data *valid, lk_model **model);
/* Model files are safetensors; a damaged or hostile one is refused. */
lk_status lk_model_load(lk_context *context, lk_input input, lk_model **model);
lk_status lk_model_save(lk_context *context, const lk_model *model, lk_output output);
/* Uses its weights otherwise: a "KEY=VALUE" that `likely models FAMILY` shows to be one of trained
 * models too, such as "orders=8" of eonade. It is another model then, without p-values, and what it
 * compressed before is not for it to decompress. After a failure it is as it was. */
lk_status lk_model_set(lk_context *context, lk_model *model, const char *setting);
void lk_model_destroy(lk_model *model);

const char *lk_model_family(const lk_model *model);
lk_shape lk_model_shape(const lk_model *model);
int64_t lk_model_variables(const lk_model *model);
int32_t lk_model_alphabet(const lk_model *model); /* the largest of its variables' */
lk_text_kind lk_model_text(const lk_model *model);
/* Of recordings: frames a second of those that it was trained on, and the symbols of a frame; else
 * 0, and 1. */
int32_t lk_model_rate(const lk_model *model);
int64_t lk_model_unit(const lk_model *model);
int32_t lk_model_label_count(const lk_model *model); /* of p(x | label), how many; else 0 */
/* Of a model that was trained on data with a slower sequence, and is given one with all others: as
 * of data; else 0. */
int32_t lk_model_local_every(const lk_model *model);
int32_t lk_model_local_alphabet(const lk_model *model);
/* As those of data: what fills lk_sampling.given and .labels, and what a surprisal is of. A word
 * that a model trained with lk_loading.unseen does not know is the symbol named "<unseen>". */
const char *lk_model_column(const lk_model *model, int64_t variable);
int64_t lk_model_find_column(const lk_model *model, const char *name);
const char *lk_model_word(const lk_model *model, int64_t variable, int32_t symbol);
int32_t lk_model_find_word(const lk_model *model, int64_t variable, const char *word);
const char *lk_model_remark(const lk_model *model, int64_t variable);
const char *lk_model_label_name(const lk_model *model, int32_t label);
int32_t lk_model_find_label(const lk_model *model, const char *name);
int64_t lk_model_parameter_count(const lk_model *model);
/* Whether it bounds negative log-likelihoods: they are at most what it says, which is the length of
 * its code. So with a view that adds something about the values ("grey:4"). */
bool lk_model_bound(const lk_model *model);
/* The value of a setting, as a text; NULL: its family has no such. */
const char *lk_model_setting(const lk_model *model, const char *key);
/* 32 hexadecimal digits of all that decides a probability. Compressed files name it. */
void lk_model_fingerprint_text(const lk_model *model, char text[33]);

/* ---- likelihoods ----------------------------------------------------------------------------- */

typedef struct lk_scoring {
    /* Above 0, at most 1: the model learns from what it has met, item after item (dynamic
     * evaluation), in weights of this call; 0.0005 is a good one. */
    float learning_rate;
    /* [items], of p(x | label): the model's labels, instead of the data's; NULL: these. */
    const int32_t *labels;
} lk_scoring;
lk_scoring lk_scoring_defaults(void);
/* nll_nats[items]: -log p(x), exact. surprisal: of each variable -log p(x_v | those before it),
 * item after item; those of an item sum to its NLL. */
lk_status lk_model_nll(lk_context *context, const lk_model *model, const lk_data *data,
                       const lk_scoring *how, double *nll_nats, double *surprisal);
/* p_value[count]: the chance that an example like those that the model was validated on has an NLL
 * at least as high. LK_UNSUPPORTED: it was trained without validation data, or is of texts. */
lk_status lk_model_p_values(lk_context *context, const lk_model *model, const double *nll_nats,
                            int64_t count, double *p_value);

/* ---- samples --------------------------------------------------------------------------------- */

typedef struct lk_sampling {
    int64_t first, count; /* samples first .. first + count - 1: each depends on its number */
    uint64_t seed;
    float temperature; /* 1: the model; towards 0: what is most probable */
    lk_shape shape;    /* of families that run at any size; 0 axes: the model's */
    /* Values to be held, [given_count][variables of the shape], -1 where the model is to draw:
     * sample i holds row i % given_count. NULL: none. They must come first in the model's ordering
     * (the upper part of a picture), or the family must be one that takes any (order-agnostic). */
    const int32_t *given;
    int64_t given_count;
    /* Of p(x | label): sample i has the model's label labels[i % label_count]. */
    const int32_t *labels;
    int64_t label_count;
    /* Of texts: symbols to draw behind the prompt; of recordings frames; -1: as many as `local` has
     * numbers for. */
    int64_t length;
    const void *prompt;
    int64_t prompt_size; /* in bytes; of a recording those of a file of it */
    /* Of a model that is given a slower sequence (lk_model_local_every): its numbers, from the
     * prompt's beginning on, those of every sample. There may be more than they need. */
    const uint16_t *local;
    int64_t local_count;
} lk_sampling;
lk_sampling lk_sampling_defaults(void); /* one sample, or a text of 1000 symbols; seed 1 */
lk_status lk_model_sample(lk_context *context, const lk_model *model, const lk_sampling *how,
                          lk_data **samples);
/* Of a model of texts: the bytes of text number `first`, the prompt's too, as they are drawn; of
 * recordings those of a WAV file. */
lk_status lk_model_write_text(lk_context *context, const lk_model *model, const lk_sampling *how,
                              lk_output output);

/* ---- compression ----------------------------------------------------------------------------- */

typedef struct lk_coding {
    float learning_rate; /* as of lk_scoring: for data of another kind than it was trained on */
    bool unverified;     /* do not decode, before it is written, what was coded */
    bool salvage;        /* restore what is left of a damaged file */
    bool lossy;          /* what the model does not take of a file is left out, not refused */
} lk_coding;
lk_coding lk_coding_defaults(void);

typedef struct lk_coding_report {
    int64_t items, variables;    /* of the data, in all */
    int64_t bytes, header_bytes; /* of the compressed file; of its header and other overhead */
    double nll_nats;             /* that the model gives what was coded */
    int64_t lost;                /* chunks that could not be restored */
} lk_coding_report;

/* Lossless. Only the same model restores it, on any machine; examples with their shape, their
 * labels and their format, texts to the byte, recordings to the sample, with the slower sequence
 * beside them, unless something of it is lost. */
lk_status lk_model_compress(lk_context *context, const lk_model *model, const lk_data *data,
                            const lk_coding *how, lk_output output, lk_coding_report *coded);
lk_status lk_model_decompress(lk_context *context, const lk_model *model, lk_input input,
                              const lk_coding *how, lk_data **data, lk_coding_report *coded);
/* Of one text: its bytes, as they are restored, in memory that does not grow with it; of a
 * recording those of a WAV file, which is not salvaged so. */
lk_status lk_model_decompress_text(lk_context *context, const lk_model *model, lk_input input,
                                   const lk_coding *how, lk_output output, lk_coding_report *coded);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
