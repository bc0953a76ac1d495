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
        TILE_UNROLL_DEPTH
        for (int64_t k = call->run[i].offset; k < last; k++, b += vectors * TILE_LANES) {
            TILE_VECTOR right[TILE_MOST_VECTORS];
            TILE_UNROLL
            for (int v = 0; v < vectors; v++) {
                right[v] = TILE_LOAD(b + v * TILE_LANES);
            }
            TILE_UNROLL
            for (int r = 0; r < rows; r++) {
                TILE_NAME(add_row)(sum[r], a[r] + k, right, r, vectors);
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

/* The same for rows that follow one another at equal distances, in A as in C: three of them have
 * one pointer, so that all pointers stay in registers, and a narrow block can have more rows. */
static inline __attribute__((always_inline)) void
TILE_NAME(block_even)(const lk_tile_rows_call *call, const int64_t row, const int rows,
                      const int vectors) {
    TILE_VECTOR sum[TILE_MOST_EVEN_ROWS][TILE_MOST_VECTORS];
    const int64_t stride = call->a_stride, c_stride = call->c_stride;
    const float *first = call->a + (call->a_row != NULL ? call->a_row[row] : row) * stride;
    float *c = lk_tile_c_row(call, row);
    TILE_UNROLL
    for (int r = 0; r < rows; r++) {
        const float *start = call->start != NULL ? call->start : c + r * c_stride;
        TILE_UNROLL
        for (int v = 0; v < vectors; v++) {
            sum[r][v] = TILE_LOAD(start + v * TILE_LANES);
        }
    }
    for (int32_t i = 0; i < call->runs; i++) {
        const float *b = call->b + call->run[i].b * (vectors * TILE_LANES);
        const float *a[(TILE_MOST_EVEN_ROWS + 2) / 3];
        TILE_UNROLL
        for (int r = 0; r < rows; r += 3) {
            a[r / 3] = first + call->run[i].offset + r * stride;
        }
        TILE_UNROLL_DEPTH
        for (int64_t k = call->run[i].count; k > 0; k--, b += vectors * TILE_LANES) {
            TILE_VECTOR right[TILE_MOST_VECTORS];
            TILE_UNROLL
            for (int v = 0; v < vectors; v++) {
                right[v] = TILE_LOAD(b + v * TILE_LANES);
            }
            TILE_UNROLL
            for (int r = 0; r < rows; r++) {
                TILE_NAME(add_row)(sum[r], a[r / 3] + r % 3 * stride, right, r, vectors);
            }
            TILE_UNROLL
            for (int r = 0; r < rows; r += 3) {
                a[r / 3]++;
            }
        }
    }
    TILE_UNROLL
    for (int r = 0; r < rows; r++, c += c_stride) {
        TILE_UNROLL
        for (int v = 0; v < vectors; v++) {
            TILE_STORE(c + v * TILE_LANES, sum[r][v]);
        }
    }
}
