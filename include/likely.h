/* likely: likelihood models of discrete data. The whole public interface.
 *
 * One trained model generates (sample), compresses losslessly (compress) and detects anomalies
 * (score) by exact log p(x). Handles are opaque; every function that can fail at run time returns
 * an lk_status and leaves one line of detail in the context. Nothing is printed, nothing aborts on
 * bad input, there is no global state.
 *
 * Units: likelihoods are negative log-likelihoods in nats unless a name ends in _bits or
 * bits_per_dim. Threads: a context, and everything made with it, belongs to one caller thread at a
 * time; it runs its own workers. */
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

#define LIKELY_VERSION "0.1.0"

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

/* The general meaning of a status, a static string. */
const char *lk_status_text(lk_status status);

/* ---- context: error detail, worker threads, instruction set ---------------------------------- */
typedef struct lk_context lk_context;

/* threads: 0 means one per processor. The instruction set is the best that the processor has, or
 * the one that the environment variable LIKELY_ISA names (scalar, avx2, avx512, neon); an unknown
 * or unavailable one is LK_INVALID. On failure *context is still a context whose message can be
 * read (or NULL when out of memory). */
lk_status lk_context_create(int threads, lk_context **context);
void lk_context_destroy(lk_context *context);
/* One line of detail of the last failure: file, place, cause, what to do. Valid until the next
 * call. */
const char *lk_context_message(const lk_context *context);
const char *lk_context_isa(const lk_context *context);
int lk_context_threads(const lk_context *context);

/* ---- data: examples of discrete variables, values 0 .. alphabet - 1 -------------------------- */
typedef struct lk_dataset lk_dataset;
typedef struct lk_model lk_model;

/* Reads a file (amat, IDX, NPY, NPZ, CSV, 0/1 rows, PBM, PNG, JPEG; also gzipped), recognised by
 * content. With a model, its alphabet and binarization are used, and data that do not fit it are
 * LK_MISMATCH (images of another height and width fit pixelcnn and pixelrnn, sequences of another
 * length conv1d and charrnn); model may be NULL. The caller destroys it. */
lk_status lk_dataset_open(lk_context *context, const char *path, const lk_model *model,
                          lk_dataset **dataset);
/* Copies values[examples][variables]. alphabet 2..65536; a value outside it is LK_INVALID. */
lk_status lk_dataset_from_values(lk_context *context, int64_t examples, int64_t variables,
                                 int32_t alphabet, const uint16_t *values, lk_dataset **dataset);
/* Writes by the name's ending: .png (one image, or a grid of several), .npy, .amat, .txt, .csv,
 * .idx, .pbm; each but .png also .gz. */
lk_status lk_dataset_write(lk_context *context, const char *path, const lk_dataset *dataset);
int64_t lk_dataset_examples(const lk_dataset *dataset);
int64_t lk_dataset_variables(const lk_dataset *dataset);
const uint16_t *
lk_dataset_values(const lk_dataset *dataset); /* [examples][variables], the data set's */
void lk_dataset_destroy(lk_dataset *dataset);

/* ---- models ---------------------------------------------------------------------------------- */
/* Trains a new model of a family ("made", "pixelcnn", "pixelrnn", "conv1d", "bernoulli-mixture",
 * "bayesnet", "histogram", "uniform"; `likely models` lists their settings) by maximum likelihood,
 * natural ordering, with the defaults of `likely train`. settings: `setting_count` texts
 * "KEY=VALUE". valid may be NULL; with it the best weights are kept and training stops early.
 * epochs 0: the family's default. Deterministic in data, settings and seed. */
lk_status lk_model_train(lk_context *context, const char *family, const char *const *settings,
                         int32_t setting_count, const lk_dataset *train, const lk_dataset *valid,
                         int64_t epochs, uint64_t seed, lk_model **model);
/* Model files are safetensors; a damaged or hostile one is refused. A model must be destroyed
 * before its context. */
lk_status lk_model_load(lk_context *context, const char *path, lk_model **model);
lk_status lk_model_save(const lk_model *model, const char *path);
void lk_model_destroy(lk_model *model);
int64_t lk_model_variables(const lk_model *model);
int32_t lk_model_alphabet(const lk_model *model);

/* The three jobs. nll_nats receives [examples]: exact negative log-likelihoods in nats, +infinity
 * for probability zero. */
lk_status lk_model_nll(const lk_model *model, const lk_dataset *dataset, double *nll_nats);
/* `count` new examples; sample i depends on the seed and i alone. temperature 1 is the model. */
lk_status lk_model_sample(const lk_model *model, int64_t count, uint64_t seed, float temperature,
                          lk_dataset **samples);
/* Lossless; restored by the same model on any machine. The file is verified before it gets its
 * name. */
lk_status lk_model_compress(lk_model *model, const lk_dataset *dataset, const char *path);
lk_status lk_model_decompress(lk_model *model, const char *path, lk_dataset **dataset);
/* The same with a model that runs along streams of bytes or characters (trained with `likely train
 * --text`): any file, of any size, in memory that does not grow with it; restored byte for byte. */
lk_status lk_model_compress_text(const lk_model *model, const char *path, const char *out);
/* The same, by a model that learns from the text while it is coded (dynamic evaluation), a step at
 * this rate after every 32 symbols: 0.0005 is a good one, at most 1 is allowed. For texts of
 * another kind than it was trained on; slower. Restored as the others are. */
lk_status lk_model_compress_text_learning(const lk_model *model, const char *path, const char *out,
                                          float rate);
lk_status lk_model_decompress_text(const lk_model *model, const char *path, const char *out);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
