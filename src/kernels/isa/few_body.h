/* One block of the step's micro-kernel, written once and included by each instruction set's file,
 * which first defines
 *   FEW_NAME(x)    names of this inclusion's functions
 *   FEW_LANES      floats in a vector
 *   FEW_VECTOR     the vector type, with FEW_ZERO, FEW_LOAD, FEW_STORE, FEW_BROADCAST(float),
 *     FEW_FMA(a, b, c) = a*b + c, and FEW_WIDEN(p, unit) = integers of 8 bits at p as floats, times
 *     unit
 * rows, vectors and narrow (weights of 8 bits) are constants after inlining, so the accumulators
 * live in registers. No include guard on purpose. */
static inline __attribute__((always_inline)) void
FEW_NAME(block)(const lk_few_call *call, const int64_t row, const int64_t column,
                const few_ahead *ahead, const int rows, const int vectors, const bool narrow) {
    FEW_VECTOR sum[FEW_MOST_ROWS][FEW_MOST_VECTORS];
    FEW_VECTOR unit[FEW_MOST_VECTORS];
    int64_t distance[FEW_MOST_ROWS];
    const char *asked = ahead->at;
    const int64_t ask_stride = ahead->stride, asked_bytes = ahead->lines * FEW_LINE;
    float *keep = narrow ? NULL : ahead->keep;
    FEW_UNROLL
    for (int v = 0; v < vectors; v++) {
        unit[v] = narrow ? FEW_LOAD(call->unit + column + v * FEW_LANES) : FEW_ZERO;
    }
    FEW_UNROLL
    for (int r = 0; r < rows; r++) {
        const float *start = call->start + (row + r) * call->start_stride + column;
        distance[r] = (call->a_row != NULL ? call->a_row[row + r] : row + r) * call->a_stride;
        FEW_UNROLL
        for (int v = 0; v < vectors; v++) {
            sum[r][v] = call->start != NULL ? FEW_LOAD(start + v * FEW_LANES) : FEW_ZERO;
        }
    }
    for (int64_t i = 0; i < call->runs; i++) {
        const float *a[FEW_MOST_ROWS];
        const float *b = narrow ? NULL : call->run[i].b + column;
        const int8_t *b8 = narrow ? call->run[i].b8 + column : NULL;
        FEW_UNROLL
        for (int r = 0; r < rows; r++) {
            a[r] = call->run[i].a + distance[r];
        }
        for (int64_t k = 0; k < call->run[i].depth; k++) {
            const int64_t at = k * call->b_stride;
            for (int64_t n = 0; n < asked_bytes; n += FEW_LINE) {
                __builtin_prefetch(asked + n, 0, 2);
            }
            FEW_VECTOR right[FEW_MOST_VECTORS];
            FEW_UNROLL
            for (int v = 0; v < vectors; v++) {
                right[v] = narrow ? FEW_WIDEN(b8 + at + v * FEW_LANES, unit[v])
                                  : FEW_LOAD(b + at + v * FEW_LANES);
            }
            asked += ask_stride;
            if (keep != NULL) {
                FEW_UNROLL
                for (int v = 0; v < vectors; v++) {
                    FEW_STORE(keep + v * FEW_LANES, right[v]);
                }
                keep += vectors * FEW_LANES;
            }
            FEW_UNROLL
            for (int r = 0; r < rows; r++) {
                const FEW_VECTOR left = FEW_BROADCAST(a[r][k]);
                FEW_UNROLL
                for (int v = 0; v < vectors; v++) {
                    sum[r][v] = FEW_FMA(left, right[v], sum[r][v]);
                }
            }
        }
    }
    FEW_UNROLL
    for (int r = 0; r < rows; r++) {
        float *c =
            call->c + (call->c_row != NULL ? call->c_row[row + r] : row + r) * call->c_stride;
        FEW_UNROLL
        for (int v = 0; v < vectors; v++) {
            FEW_STORE(c + column + v * FEW_LANES, sum[r][v]);
        }
    }
}
