/* The context's error line, its status texts, and its end. Its beginning stands in
 * kernels/context_create.c, because it chooses a table of kernels. */
#include "base/context.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/measure.h"
#include "base/memory.h"
#include "base/spool.h"

#define TELL_SECONDS 0.1

const char *lk_status_text(lk_status status) {
    switch (status) {
#define LK_STATUS_CASE(name, text) \
    case name:                     \
        return text;
        LK_STATUS_LIST(LK_STATUS_CASE)
#undef LK_STATUS_CASE
    }
    return "unknown status";
}

/* A message is one line whatever a path or a file's bytes put into it. */
static void keep_one_line(char *text) {
    for (char *at = text; *at != '\0'; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte < 0x20 || byte == 0x7f) {
            *at = ' ';
        }
    }
}

lk_status lk_fail(lk_context *context, lk_status status, const char *format, ...) {
    LK_REQUIRE(status != LK_OK);
    if (context == NULL || !lk_pool_tells(context->pool)) {
        return status;
    }
    char line[LK_MESSAGE_CAPACITY]; /* the arguments may point into the message that is replaced */
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    snprintf(context->message, sizeof context->message, "%s",
             length < 0 ? lk_status_text(status) : line);
    keep_one_line(context->message);
    return status;
}

lk_status lk_fail_no_memory(lk_context *context, const char *what, int64_t bytes) {
    return lk_fail(
        context, LK_NO_MEMORY,
        "out of memory: %s needs %lld bytes; use less data, a smaller batch or a smaller model",
        what, (long long)bytes);
}

/* "1.5 GiB", "300 MiB", "20 KiB" */
static void print_bytes(double bytes, char *text, size_t capacity) {
    const double kib = 1024.0, mib = kib * kib, gib = kib * mib;
    if (bytes >= gib) {
        snprintf(text, capacity, bytes < 1e6 * gib ? "%.1f GiB" : "%.3g GiB", bytes / gib);
    } else {
        bool small = bytes < mib;
        snprintf(text, capacity, "%.0f %s", ceil(bytes / (small ? kib : mib)),
                 small ? "KiB" : "MiB");
    }
}

lk_status lk_memory_allow(lk_context *context, const char *name, const char *what, double bytes) {
    if (context == NULL || context->memory_most == 0 || bytes <= (double)context->memory_most) {
        return LK_OK;
    }
    char asked[32], most[32];
    print_bytes(bytes, asked, sizeof asked);
    print_bytes((double)context->memory_most, most, sizeof most);
    if (strcmp(asked, most) == 0) { /* and yet more */
        snprintf(asked, sizeof asked, "%.0f bytes", bytes);
        snprintf(most, sizeof most, "%lld byte%s", (long long)context->memory_most,
                 context->memory_most == 1 ? "" : "s");
    }
    return lk_fail(context, LK_NO_MEMORY,
                   "%s%s%s would take %s of memory, and at most %s may be taken; %smake it smaller",
                   name != NULL ? name : "", name != NULL ? ": " : "", what, asked, most,
                   lk_advice_or(context, "memory", "allow more with --memory, or ",
                                "allow more with lk_context_set_memory, or "));
}

const char *lk_advice(const lk_context *context, const char *option, const char *text) {
    size_t length = strlen(option);
    const char *at = context != NULL ? context->options : NULL;
    bool has = at == NULL;
    for (; at != NULL && !has && (at = strstr(at, option)) != NULL; at += length) {
        has = at[-1] == ' ' && at[length] == ' ';
    }
    return has ? text : "";
}

const char *lk_advice_or(const lk_context *context, const char *option, const char *text,
                         const char *instead) {
    bool program = context != NULL && context->options != NULL && context->options[0] == '\0';
    return program ? instead : lk_advice(context, option, text);
}

void lk_context_set_memory(lk_context *context, int64_t bytes) {
    if (context != NULL) {
        context->memory_most = bytes > 0 ? bytes : lk_memory_of_machine() / 2;
    }
}

_Noreturn void lk_misuse(const char *condition, const char *file, int line, const char *function) {
    fprintf(stderr, "%s:%d: %s: misuse: %s does not hold\n", file, line, function, condition);
    abort();
}

void lk_context_destroy(lk_context *context) {
    if (context == NULL) {
        return;
    }
    lk_pool_destroy(context->pool);
    lk_spool_forget(context);
    lk_release(context);
}

const char *lk_context_message(const lk_context *context) {
    return context == NULL                ? lk_status_text(LK_NO_MEMORY)
           : lk_pool_tells(context->pool) ? context->message
                                          : "another worker failed first";
}

int lk_context_threads(const lk_context *context) {
    return context == NULL || context->pool == NULL ? 1 : lk_pool_threads(context->pool);
}

/* ---- the watch ------------------------------------------------------------------------------- */

void lk_context_watch(lk_context *context, lk_watch *watch, void *argument) {
    if (context != NULL) {
        context->watch = watch;
        context->watch_argument = argument;
    }
}

void lk_context_begin(lk_context *context, const char *doing) {
    context->progress = (lk_progress){.doing = doing,
                                      .train_nll_nats = (double)NAN,
                                      .valid_nll_nats = (double)NAN,
                                      .best_nll_nats = (double)NAN};
    context->told = 0.0;
    context->caller = pthread_self();
    context->stopped = false;
}

lk_status lk_context_ask(lk_context *context) {
    if (context->watch == NULL || context->progress.doing == NULL) {
        return LK_OK;
    }
    if (!context->stopped && pthread_equal(context->caller, pthread_self())) {
        double now = lk_seconds();
        if (now - context->told >= TELL_SECONDS) {
            context->stopped = !context->watch(context->watch_argument, &context->progress);
            context->told = now;
        }
    }
    return context->stopped ? LK_INTERRUPTED : LK_OK;
}

lk_status lk_context_tell(lk_context *context, double done, double total) {
    context->progress.done = done;
    context->progress.total = total;
    return lk_context_ask(context);
}
