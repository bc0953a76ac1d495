/* Public functions as rows that can be called with any arguments, and what is right for them.
 * Included by arguments_test.c only. */
#ifndef LK_LIBRARY_TESTING_CALLS_H
#define LK_LIBRARY_TESTING_CALLS_H

#include "library/testing.h"

#include <signal.h>
#include <unistd.h>

#define LARGEST 128
typedef struct world {
    lk_context *context, *broken;                        /* the second could not be created */
    lk_data *pictures, *text, *table, *beside;           /* the last with a slower sequence */
    lk_model *made, *charrnn, *words, *eonade, *wavenet; /* the third of the table, the last of
                                                            text with a slower sequence */
    lk_bytes packed, packed_text, model_file;
    /* As large as the largest shape that may be asked for (library/testing_wrong.h). */
    uint8_t pixels[4 * LARGEST];
    int32_t alphabets[LARGEST], labels[4], given[LARGEST];
    uint16_t numbers[sizeof TEXT];
    char path[64];
} world;
static world w;

/* A call, and its arguments: what they may be. */
typedef enum kind { CONTEXT, POINTER, OPTIONS, INTEGER, TEXT_, INPUT, OUTPUT } kind;
typedef union value {
    const void *pointer;
    int64_t integer;
    const char *text;
    lk_input input;
    lk_output output;
} value;

#define ARGUMENTS_MOST 6
typedef struct call {
    const char *name;
    lk_status (*run)(value *a);
    kind kinds[ARGUMENTS_MOST];
    value right[ARGUMENTS_MOST];
    int32_t count;
    bool needs[ARGUMENTS_MOST]; /* NULL is refused */
} call;

static int64_t calls, aborts;
static sigjmp_buf back;

static void on_abort(int number) {
    siglongjmp(back, number);
}

/* Jobs are ended at once: it is the arguments that are tried. */
static bool stop(void *argument, const lk_progress *progress) {
    (void)argument;
    (void)progress;
    return false;
}

static lk_status attempt(const char *name, const char *what, lk_status (*run)(value *a),
                         const value *arguments) {
    value copy[ARGUMENTS_MOST];
    int number = sigsetjmp(back, 1);
    memcpy(copy, arguments, sizeof copy);
    if (number != 0) {
        aborts++;
        print_error("%s with %s: signal %d\n", name, what, number);
        return LK_INVALID;
    }
    calls++;
    lk_status status = run(copy);
    if (copy[0].pointer == w.context) {
        well_said(w.context, status);
    }
    return status;
}

/* ---- thunks ---------------------------------------------------------------------------------- */

#define P(i) ((void *)(uintptr_t)a[i].pointer)
#define NONE(made)                                                      \
    if (status != LK_OK && (made) != NULL && *(made) != NULL) {         \
        fail_msg("something was made, and %s", lk_status_text(status)); \
    }

static lk_status finish_data(lk_status status, lk_data **made) {
    NONE(made)
    if (status == LK_OK && made != NULL) {
        lk_data_destroy(*made);
    }
    return status;
}

/* An interrupted training gives what it has learned. */
static lk_status finish_model(lk_status status, lk_model **made) {
    if (status != LK_INTERRUPTED) {
        NONE(made)
    }
    if ((status == LK_OK || status == LK_INTERRUPTED) && made != NULL) {
        lk_model_destroy(*made);
    }
    return status;
}

static lk_status finish_output(lk_status status, lk_output output) {
    if (output.bytes != NULL) {
        lk_bytes_release(output.bytes);
    }
    return status;
}

static lk_status data_from_values(value *a) {
    return finish_data(lk_data_from_values(P(0), P(1), P(2)), P(2));
}
static lk_status data_load(value *a) {
    return finish_data(lk_data_load(P(0), a[1].input, P(2), P(3)), P(3));
}
static lk_status data_from_texts(value *a) {
    return finish_data(lk_data_from_texts(P(0), P(1), P(2), a[3].integer, P(4), P(5)), P(5));
}
static lk_status data_select(value *a) {
    return finish_data(lk_data_select(P(0), P(1), P(2), a[3].integer, P(4)), P(4));
}
static lk_status data_split(value *a) {
    lk_status status = lk_data_split(P(0), P(1), 0.5, 1, P(2), P(3));
    return finish_data(finish_data(status, P(2)), P(3));
}
static lk_status data_local(value *a) {
    uint16_t numbers[sizeof TEXT];
    return lk_data_local(P(0), P(1), a[2].integer, a[3].pointer != NULL ? numbers : NULL);
}
static lk_status data_text(value *a) {
    lk_status status = lk_data_text(P(0), P(1), a[2].integer, P(3));
    lk_bytes_release(P(3));
    return status;
}
static lk_status data_write(value *a) {
    return lk_data_write(P(0), P(1), a[2].text);
}
static lk_status model_train(value *a) {
    return finish_model(lk_model_train(P(0), P(1), P(2), P(3), P(4)), P(4));
}
static lk_status model_load(value *a) {
    return finish_model(lk_model_load(P(0), a[1].input, P(2)), P(2));
}
static lk_status model_save(value *a) {
    return finish_output(lk_model_save(P(0), P(1), a[2].output), a[2].output);
}
static lk_status model_set(value *a) {
    return lk_model_set(P(0), P(1), a[2].text);
}
static lk_status model_nll(value *a) {
    double nll[4], surprisal[4 * PIXELS];
    return lk_model_nll(P(0), P(1), P(2), P(3), nll, surprisal);
}
static lk_status model_p_values(value *a) {
    return lk_model_p_values(P(0), P(1), P(2), a[3].integer, P(4));
}
static lk_status model_sample(value *a) {
    return finish_data(lk_model_sample(P(0), P(1), P(2), P(3)), P(3));
}
static lk_status model_write_text(value *a) {
    return finish_output(lk_model_write_text(P(0), P(1), P(2), a[3].output), a[3].output);
}
static lk_status model_compress(value *a) {
    return finish_output(lk_model_compress(P(0), P(1), P(2), P(3), a[4].output, P(5)), a[4].output);
}
static lk_status model_decompress_text(value *a) {
    return finish_output(lk_model_decompress_text(P(0), P(1), a[2].input, P(3), a[4].output, P(5)),
                         a[4].output);
}
static lk_status model_decompress(value *a) {
    return finish_data(lk_model_decompress(P(0), P(1), a[2].input, P(3), P(4), P(5)), P(4));
}

#endif
