#include "kernels/few.h"

#include "base/context.h"

enum {
    MOST_ROWS = 32,
    CACHED_FLOATS = 1 << 18, /* of B: the second cache */
    FAR_ROWS = 3,            /* with a larger B: fewer rows do no more than read it */
    /* Of a larger B: its rows often stand a power of two apart and share a few sets of the caches,
     * which so many still fit. */
    FAR_DEPTH = 128,
    PIECE_WORK = 1 << 20, /* fused multiply-adds that are worth a thread's waking */
    PIECE_COLUMNS = 192,  /* at least: some strips */
};

static bool is_far(int64_t columns, int64_t depth) {
    return depth * columns > CACHED_FLOATS;
}

bool lk_few_suits(int64_t rows, int64_t columns, int64_t depth) {
    return rows <= MOST_ROWS && !is_far(columns, depth);
}

bool lk_few_suits_far(int64_t rows, int64_t columns, int64_t depth) {
    return rows <= MOST_ROWS && columns % LK_FEW_COLUMNS == 0 &&
           (rows >= FAR_ROWS || !is_far(columns, depth));
}

bool lk_few8_suits(int64_t rows, int64_t columns) {
    return rows <= MOST_ROWS && columns >= LK_FEW_COLUMNS;
}

/* All columns meet some of the depth before the rest; sums go on from c. */
static void run_far(lk_few *few, const lk_few_call *call) {
    _Alignas(64) float room[FAR_DEPTH * LK_FEW_STRIP];
    lk_few_call part = *call;
    part.runs = 1;
    part.far = true;
    part.room = room;
    for (int64_t i = 0; i < call->runs; i++) {
        lk_few_run run = call->run[i];
        for (int64_t left = run.depth; left > 0; left -= run.depth) {
            run.depth = left < FAR_DEPTH ? left : FAR_DEPTH;
            part.run = &run;
            const int64_t next = run.depth * call->b_stride + call->first;
            const bool more = left > run.depth;
            part.next = more ? run.b + next : NULL;
            part.next_b8 = more && run.b8 != NULL ? run.b8 + next : NULL;
            few(&part);
            run.a += run.depth;
            run.b += run.depth * call->b_stride;
            run.b8 = run.b8 != NULL ? run.b8 + run.depth * call->b_stride : NULL;
            part.start = call->c;
            part.start_stride = call->c_stride;
        }
    }
}

typedef struct cut {
    const lk_few_call *call;
    lk_few *few;
    bool far;
    int64_t pieces;
} cut;

static void run_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    const cut *c = argument;
    lk_few_call part = *c->call;
    part.first = piece * PIECE_COLUMNS;
    part.columns = piece + 1 < c->pieces ? part.first + PIECE_COLUMNS : part.columns;
    if (c->far) {
        run_far(c->few, &part);
    } else {
        c->few(&part);
    }
}

void lk_few_run_on(lk_pool *pool, const lk_kernels *kernels, const lk_few_call *call) {
    int64_t depth = 0;
    for (int64_t i = 0; i < call->runs; i++) {
        depth += call->run[i].depth;
    }
    LK_REQUIRE(call->start != call->c || call->columns % LK_FEW_COLUMNS == 0);
    const bool far = is_far(call->columns, depth) && call->rows >= FAR_ROWS &&
                     call->c_row == NULL && call->columns % LK_FEW_COLUMNS == 0;
    const cut c = {call, kernels->few, far, call->columns / PIECE_COLUMNS};
    if (c.pieces < 2 || call->rows * call->columns * depth < 2 * PIECE_WORK) {
        const cut whole = {call, kernels->few, far, 1};
        run_piece((void *)&whole, 0, 0);
    } else {
        lk_pool_run(pool, c.pieces, run_piece, (void *)&c);
    }
}
