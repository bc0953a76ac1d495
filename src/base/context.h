/* The context: where errors are told, and what work runs on. */
#ifndef LK_BASE_CONTEXT_H
#define LK_BASE_CONTEXT_H

#include "base/pool.h"
#include "likely.h"

#include <pthread.h>

#define LK_MESSAGE_CAPACITY 1024

struct lk_kernels;

struct lk_context {
    char message[LK_MESSAGE_CAPACITY];
    lk_pool *pool;                    /* owned */
    const struct lk_kernels *kernels; /* static table, chosen once when the context is created */
    int64_t memory_most; /* bytes that one thing may take which a file or an option asks for; 0: any
                            number */
    int standard_output; /* the descriptor that /dev/stdout means; 0: its own */
    const char *alias, *aliased; /* a name, and the path that it stands for; NULL: none */
    char *spooled;               /* owned: a path that gives its content but once; NULL: none */
    int spool;                   /* owned: a copy of that (base/spool.h) */
    struct lk_guard *guard;      /* NULL: any file may be written (base/guard.h) */
    /* Of the command that asks, " data out ", static or longer-lived; "": none, a program asks with
     * the library; NULL: all that are spoken of. */
    const char *options;
    struct lk_team *team; /* processes that share the work (team/team.h), not owned; NULL: alone */
    lk_watch *watch;      /* NULL: none */
    void *watch_argument;
    lk_progress progress; /* what it is told */
    double told;          /* seconds, when it was told last */
    pthread_t caller;     /* who began the present job */
    _Atomic bool stopped; /* the watch wants the job to end */
};

/* A job begins: by this thread, whose watch is then told about ten times a second. `doing` is a
 * static text. */
void lk_context_begin(lk_context *context, const char *doing);
/* How far the job is; LK_INTERRUPTED: it is to end. By the thread that began it. */
lk_status lk_context_tell(lk_context *context, double done, double total);
/* The same with what was told last; by any thread, of which those that did not begin the job only
 * hear whether it is to end. */
lk_status lk_context_ask(lk_context *context);

/* Workers may fail at once: then the first one's message is kept, the others' are dropped.
 *
 * Keeps the message (one line; newlines become spaces) and returns `status`, so that callers write
 * `return lk_fail(context, LK_FORMAT, "%s: line %d: ...", path, line)`. */
lk_status lk_fail(lk_context *context, lk_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A number for a message: what is none has no sign. */
static inline double lk_told(double value) {
    return value == value ? value : __builtin_nan("");
}
lk_status lk_fail_no_memory(lk_context *context, const char *what, int64_t bytes);

/* Advice for a message, as "; or give --crop HxW"; "" when the command that asks has no such
 * option. */
const char *lk_advice(const lk_context *context, const char *option, const char *text);
/* The same; and to a program, which has no options, what the library offers instead. */
const char *lk_advice_or(const lk_context *context, const char *option, const char *text,
                         const char *instead);

/* Before memory is taken whose size a file or an option decides: refuses more than
 * context->memory_most with a line that says who asked (`name`, or NULL), for what, for how much,
 * and how more is allowed. */
lk_status lk_memory_allow(lk_context *context, const char *name, const char *what, double bytes);

/* The one control-flow macro: hand a failure up unchanged. */
#define LK_TRY(expression)                      \
    do {                                        \
        lk_status lk_try_status = (expression); \
        if (lk_try_status != LK_OK) {           \
            return lk_try_status;               \
        }                                       \
    } while (0)

/* Misuse by the programmer: asserted in all builds. */
#define LK_REQUIRE(condition)                                    \
    do {                                                         \
        if (!(condition)) {                                      \
            lk_misuse(#condition, __FILE__, __LINE__, __func__); \
        }                                                        \
    } while (0)
_Noreturn void lk_misuse(const char *condition, const char *file, int line, const char *function);

#endif
