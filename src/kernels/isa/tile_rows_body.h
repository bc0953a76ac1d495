/* The micro-kernel that reads A where it lies, written once and included like tile_body.h, after it
 * and with the same names defined. Each row of the block has a pointer of its own; a broadcast from
 * memory costs no more than one from a packed copy. No include guard on purpose. */
static inline __attribute__((always_inline)) void
TILE_NAME(block_lying)(const lk_tile_rows_call *call, const int64_t row, const int rows,
                       const int vectors) {
    TILE_VECTOR sum[TILE_MOST_ROWS][TILE_MOST_VECTORS];
    const float *a[TILE_MOST_ROWS];
    TILE_UNROLL
    for (int r = 0; r < rows; r++) {
        const int64_t place = call->a_row != NULL ? call->a_row[row + r] : row + r;
        const float *start = call->start != NULL ? call->start : lk_tile_c_row(call, row + r);
        a[r] = call->a + place * call->a_stride;
        TILE_UNROLL
        for (int v = 0; v < vectors; v++) {
            sum[r][v] = TILE_LOAD(start + v * TILE_LANES);
        }
    }
    for (int32_t i = 0; i < call->runs; i++) {
        const int64_t last = call->run[i].offset + call->run[i].count;
        const float *b = call->b + call->run[i].b * (vectors * TILE_LANES);
        for (int64_t k = call->run[i].offset; k < last; k++, b += vectors * TILE_LANES) {
            TILE_VECTOR right[TILE_MOST_VECTORS];
            TILE_UNROLL
            for (int v = 0; v < vectors; v++) {
                right[v] = TILE_LOAD(b + v * TILE_LANES);
            }
            TILE_UNROLL
            for (int r = 0; r < rows; r++) {
                const TILE_VECTOR left = TILE_BROADCAST(a[r][k]);
                TILE_UNROLL
                for (int v = 0; v < vectors; v++) {
                    sum[r][v] = TILE_FMA(left, right[v], sum[r][v]);
                }
            }
        }
    }
    TILE_UNROLL
    for (int r = 0; r < rows; r++) {
        float *c = lk_tile_c_row(call, row + r);
        TILE_UNROLL
        for (int v = 0; v < vectors; v++) {
            TILE_STORE(c + v * TILE_LANES, sum[r][v]);
        }
    }
}
