/* One micro-kernel, written once and included by each instruction set's file, which first defines
 *   TILE_NAME(x)      names of this inclusion's functions
 *   TILE_MOST_ROWS, TILE_MOST_VECTORS   the greatest block
 *   TILE_LANES        floats in a vector
 *   TILE_VECTOR       the vector type, with TILE_LOAD, TILE_STORE, TILE_BROADCAST(float) and
 *     TILE_FMA(a, b, c) = a*b + c
 *   TILE_FMA_AT(p, b, c) = *p * b + c in one instruction, and TILE_AT(row, vectors), which rows of
 *     a block are multiplied so; only where an instruction set has it
 * rows and vectors are constants after inlining, so the accumulators live in registers. No include
 * guard on purpose. */
#ifndef TILE_FMA_AT
#define TILE_FMA_AT(p, b, c) TILE_FMA(TILE_BROADCAST(*(p)), b, c)
#define TILE_AT(row, vectors) ((void)(row), 0)
#endif

/* The row's products with one element of A. */
static inline __attribute__((always_inline)) void
TILE_NAME(add_row)(TILE_VECTOR *sum, const float *a, const TILE_VECTOR *right, const int row,
                   const int vectors) {
    if (TILE_AT(row, vectors)) {
        TILE_UNROLL
        for (int v = 0; v < vectors; v++) {
            sum[v] = TILE_FMA_AT(a, right[v], sum[v]);
        }
        return;
    }
    const TILE_VECTOR left = TILE_BROADCAST(*a);
    TILE_UNROLL
    for (int v = 0; v < vectors; v++) {
        sum[v] = TILE_FMA(left, right[v], sum[v]);
    }
}

static inline __attribute__((always_inline)) void
TILE_NAME(block)(const lk_tile_call *call, const int rows, const int vectors, const int gathered,
                 const int fetching) {
    TILE_VECTOR sum[TILE_MOST_ROWS][TILE_MOST_VECTORS];
    const float *a = call->a;
    const float *b = call->b;
    const int64_t *offset = call->b_offset;
    const int64_t a_stride = call->a_stride;
    const int64_t b_stride = call->b_stride;
    const int64_t ahead = call->ahead;
    TILE_UNROLL
    for (int r = 0; r < rows; r++) {
        const float *c = (call->start_row != NULL ? call->start_row : call->c[r]) + call->c_offset;
        TILE_UNROLL
        for (int v = 0; v < vectors; v++) {
            sum[r][v] = call->start != NULL ? TILE_BROADCAST(call->start[r])
                                            : TILE_LOAD(c + v * TILE_LANES);
        }
    }
    TILE_UNROLL_DEPTH
    for (int64_t k = 0; k < call->depth; k++) {
        const float *row = gathered ? b + offset[k] : b;
        TILE_VECTOR right[TILE_MOST_VECTORS];
        TILE_UNROLL
        for (int v = 0; v < vectors; v++) {
            right[v] = TILE_LOAD(row + v * TILE_LANES);
        }
        TILE_UNROLL
        for (int n = 0; n < vectors * TILE_LANES * fetching; n += TILE_LINE_FLOATS) {
            __builtin_prefetch(row + ahead + n, 0, 2);
        }
        TILE_UNROLL
        for (int r = 0; r < rows; r++) {
            TILE_NAME(add_row)(sum[r], a + r, right, r, vectors);
        }
        a += a_stride;
        b += gathered ? 0 : b_stride;
    }
    TILE_UNROLL
    for (int r = 0; r < rows; r++) {
        float *c = call->c[r] + call->c_offset;
        TILE_UNROLL
        for (int v = 0; v < vectors; v++) {
            TILE_STORE(c + v * TILE_LANES, sum[r][v]);
        }
    }
}
