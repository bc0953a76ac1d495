/* The micro-kernel that reads A where it lies, written once and included like tile_body.h, after it
 * and with the same names defined. A broadcast from memory costs no more than one from a packed
 * copy. No include guard on purpose. */

/* The products of one depth: row r's float of A is at a[r / share] + r % share * stride + k. */
static inline __attribute__((always_inline)) void
TILE_NAME(add_depth)(TILE_VECTOR sum[][TILE_MOST_VECTORS], const float *const *a,
                     const int64_t stride, const int k, const float *b, const int rows,
                     const int vectors, const int share) {
    TILE_VECTOR right[TILE_MOST_VECTORS];
    TILE_UNROLL
    for (int v = 0; v < vectors; v++) {
        right[v] = TILE_LOAD(b + v * TILE_LANES);
    }
    TILE_UNROLL
    for (int r = 0; r < rows; r++) {
        TILE_NAME(add_row)(sum[r], a[r / share] + r % share * stride + k, right, r, vectors);
    }
}

/* even: the rows follow one another at equal distances, in A as in C. Three of them then share a
 * pointer, so that all pointers stay in registers; of a block of one vector each has its own, since
 * an address with an index makes two instructions of a multiply-add. The depth goes by in fours,
 * at fixed distances from the pointers. */
static inline __attribute__((always_inline)) void
TILE_NAME(block_rows)(const lk_tile_rows_call *call, const int64_t row, const int rows,
                      const int vectors, const int even) {
    TILE_VECTOR sum[TILE_MOST_ROWS][TILE_MOST_VECTORS];
    const float *first[TILE_MOST_ROWS], *a[TILE_MOST_ROWS];
    const int share = even && vectors > 1 ? 3 : 1;
    const int64_t stride = call->a_stride;
    float *const c_first = lk_tile_c_row(call, row);
    TILE_UNROLL
    for (int r = 0; r < rows; r++) {
        const float *c = even ? c_first + r * call->c_stride : lk_tile_c_row(call, row + r);
        const float *start = call->start != NULL ? call->start : c;
        const int64_t place = call->a_row == NULL ? row + r
                              : even              ? call->a_row[row] + r
                                                  : call->a_row[row + r];
        first[r] = call->a + place * stride;
        TILE_UNROLL
        for (int v = 0; v < vectors; v++) {
            sum[r][v] = TILE_LOAD(start + v * TILE_LANES);
        }
    }
    for (int32_t i = 0; i < call->runs; i++) {
        const float *b = call->b + call->run[i].b * (vectors * TILE_LANES);
        TILE_UNROLL
        for (int r = 0; r < rows; r += share) {
            a[r / share] = first[r] + call->run[i].offset;
        }
        int64_t left = call->run[i].count;
        for (; left >= TILE_DEPTHS; left -= TILE_DEPTHS) {
            TILE_UNROLL
            for (int k = 0; k < TILE_DEPTHS; k++, b += vectors * TILE_LANES) {
                TILE_NAME(add_depth)(sum, a, stride, k, b, rows, vectors, share);
            }
            TILE_UNROLL
            for (int r = 0; r < rows; r += share) {
                a[r / share] += TILE_DEPTHS;
            }
        }
        for (; left > 0; left--, b += vectors * TILE_LANES) {
            TILE_NAME(add_depth)(sum, a, stride, 0, b, rows, vectors, share);
            TILE_UNROLL
            for (int r = 0; r < rows; r += share) {
                a[r / share]++;
            }
        }
    }
    TILE_UNROLL
    for (int r = 0; r < rows; r++) {
        float *c = even ? c_first + r * call->c_stride : lk_tile_c_row(call, row + r);
        TILE_UNROLL
        for (int v = 0; v < vectors; v++) {
            TILE_STORE(c + v * TILE_LANES, sum[r][v]);
        }
    }
}
