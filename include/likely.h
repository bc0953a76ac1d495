/* likely: likelihood models of discrete data. The whole public interface.
 *
 * One trained model generates (sample), compresses losslessly (compress) and detects anomalies (score) by
 * exact log p(x). Handles are opaque; every function that can fail at run time returns an lk_status and leaves one
 * line of detail in the context. Nothing is printed, nothing aborts on bad input, there is no global state.
 *
 * Units: likelihoods are negative log-likelihoods in nats unless a name ends in _bits or bits_per_dim.
 * Threads: a context, and everything made with it, belongs to one caller thread at a time; it runs its own workers. */
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

/* ---- status codes ----------------------------------------------------------------------------------------- */
#define LK_STATUS_LIST(X)                                                        \
    X(LK_OK, "success")                                                          \
    X(LK_NO_MEMORY, "out of memory")                                             \
    X(LK_IO, "cannot read or write")                                             \
    X(LK_FORMAT, "not a valid file of its format")                               \
    X(LK_CORRUPT, "damaged data")                                                \
    X(LK_MISMATCH, "the model and the data do not belong together")              \
    X(LK_INVALID, "invalid setting or argument")                                 \
    X(LK_CAUSALITY, "the network would see the present or the future")           \
    X(LK_NOT_FINITE, "a value is not finite")                                    \
    X(LK_UNSUPPORTED, "not supported")                                           \
    X(LK_INTERRUPTED, "interrupted")

typedef enum lk_status {
#define LK_STATUS_ENUM(name, text) name,
    LK_STATUS_LIST(LK_STATUS_ENUM)
#undef LK_STATUS_ENUM
} lk_status;

/* The general meaning of a status, a static string. */
const char *lk_status_text(lk_status status);

/* ---- context: error detail, worker threads, instruction set -------------------------------------------------- */
typedef struct lk_context lk_context;

/* threads: 0 means one per processor. The instruction set is the best that the processor has, or the one that the
 * environment variable LIKELY_ISA names (scalar, avx2, avx512, neon); an unknown or unavailable one is LK_INVALID.
 * On failure *context is still a context whose message can be read (or NULL when out of memory). */
lk_status lk_context_create(int threads, lk_context **context);
void lk_context_destroy(lk_context *context);
/* One line of detail of the last failure: file, place, cause, what to do. Valid until the next call. */
const char *lk_context_message(const lk_context *context);
const char *lk_context_isa(const lk_context *context);
int lk_context_threads(const lk_context *context);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
