#include "kernels/few.h"

enum {
    MOST_ROWS = 32,
    MOST_FLOATS = 1 << 18, /* of B: the second cache */
    PIECE_WORK = 1 << 20,  /* fused multiply-adds that are worth a thread's waking */
    PIECE_COLUMNS = 192,   /* at least: some strips */
};

bool lk_few_suits(int64_t rows, int64_t columns, int64_t depth) {
    return rows <= MOST_ROWS && depth * columns <= MOST_FLOATS;
}

typedef struct cut {
    const lk_few_call *call;
    lk_few *few;
    int64_t pieces;
} cut;

static void run_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    const cut *c = argument;
    lk_few_call part = *c->call;
    part.first = piece * PIECE_COLUMNS;
    part.columns = piece + 1 < c->pieces ? part.first + PIECE_COLUMNS : part.columns;
    c->few(&part);
}

void lk_few_run_on(lk_pool *pool, const lk_kernels *kernels, const lk_few_call *call) {
    int64_t depth = 0;
    for (int64_t i = 0; i < call->runs; i++) {
        depth += call->run[i].depth;
    }
    const cut c = {call, kernels->few, call->columns / PIECE_COLUMNS};
    if (c.pieces < 2 || call->rows * call->columns * depth < 2 * PIECE_WORK) {
        kernels->few(call);
    } else {
        lk_pool_run(pool, c.pieces, run_piece, (void *)&c);
    }
}
