/* Cutting: a whole parameter is one run of elements, one with `live` a run for each row; runs are
 * cut at PIECE elements, and spans fill a piece until it has that many. */
#include "optim/spans.h"

#include "base/arena.h"

/* Elements in a piece: with the five arrays that an averaged Adam step touches, 320 KB, which a
 * second-level cache holds. */
#define PIECE 16384

/* Appends in the second pass, counts in the first. */
typedef struct cutter {
    lk_spans *spans;
    bool fill;
    int64_t in_piece; /* elements that the piece being filled has */
} cutter;

static void add_span(cutter *cut, lk_weight_span span) {
    lk_spans *spans = cut->spans;
    if (cut->in_piece == 0) {
        if (cut->fill) {
            spans->piece_begin[spans->pieces] = spans->count;
        }
        spans->pieces++;
    }
    if (cut->fill) {
        spans->list[spans->count] = span;
    }
    spans->count++;
    cut->in_piece += span.count;
    if (cut->in_piece >= PIECE) {
        cut->in_piece = 0;
    }
}

static void add_run(cutter *cut, int32_t parameter, int64_t offset, int64_t count) {
    while (count > 0) {
        int64_t part = count < PIECE ? count : PIECE;
        add_span(cut, (lk_weight_span){parameter, offset, part});
        offset += part;
        count -= part;
    }
}

static void add_all(cutter *cut, const lk_parameters *parameters) {
    cut->spans->count = 0;
    cut->spans->pieces = 0;
    cut->in_piece = 0;
    for (int32_t i = 0; i < parameters->count; i++) {
        const lk_parameter *p = &parameters->list[i];
        if (p->live == NULL) {
            add_run(cut, i, 0, p->rows * p->columns);
            continue;
        }
        for (int64_t r = 0; r < p->rows; r++) {
            add_run(cut, i, r * p->columns, p->live[r]);
        }
    }
}

lk_status lk_spans_init(lk_spans *spans, const lk_parameters *parameters) {
    *spans = (lk_spans){0};
    cutter cut = {.spans = spans};
    add_all(&cut, parameters);
    int64_t bytes = spans->count * (int64_t)sizeof *spans->list;
    spans->list = lk_allocate(spans->count, sizeof *spans->list);
    spans->piece_begin = lk_allocate(spans->pieces + 1, sizeof *spans->piece_begin);
    if (spans->list == NULL || spans->piece_begin == NULL) {
        lk_spans_deinit(spans);
        return lk_fail_no_memory(parameters->context, "list of weights", bytes);
    }
    cut.fill = true;
    add_all(&cut, parameters);
    spans->piece_begin[spans->pieces] = spans->count;
    return LK_OK;
}

void lk_spans_deinit(lk_spans *spans) {
    lk_release(spans->list);
    lk_release(spans->piece_begin);
    *spans = (lk_spans){0};
}

typedef struct pass {
    const lk_spans *spans;
    lk_span_function *function;
    void *argument;
} pass;

static void run_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    const pass *p = argument;
    for (int64_t s = p->spans->piece_begin[piece]; s < p->spans->piece_begin[piece + 1]; s++) {
        p->function(p->argument, p->spans->list[s], piece);
    }
}

void lk_spans_run(const lk_spans *spans, lk_pool *pool, lk_span_function *function,
                  void *argument) {
    pass p = {spans, function, argument};
    lk_pool_run(pool, spans->pieces, run_piece, &p);
}
