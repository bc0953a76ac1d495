/* The definition of the product, and the count of its work. */
#include <math.h>

#include "kernels/product.h"

static int64_t place(const int32_t *index, int64_t i) {
    return index != NULL ? index[i] : i;
}

static float element(const lk_operand *operand, int64_t row, int64_t column) {
    return operand->data[place(operand->row_index, row) * operand->row_stride +
                         place(operand->column_index, column) * operand->column_stride];
}

static float start_value(const lk_product *product, int64_t row, int64_t n, float c) {
    return product->start == LK_START_C      ? c
           : product->start == LK_START_BIAS ? product->bias[row]
           : product->start == LK_START_ROW  ? product->bias[n]
                                             : 0.0f;
}

void lk_product_naive(const lk_product *product) {
    for (int64_t m = 0; m < product->rows; m++) {
        const int64_t begin = product->depth_begin != NULL ? product->depth_begin[m] : 0;
        const int64_t end = product->depth_end != NULL ? product->depth_end[m] : product->depth;
        const int64_t columns =
            product->column_end != NULL ? product->column_end[m] : product->columns;
        const int64_t row = place(product->c_row_index, m);
        for (int64_t n = 0; n < columns; n++) {
            float *c = product->c + row * product->c_row_stride +
                       place(product->c_column_index, n) * product->c_column_stride;
            float sum = start_value(product, row, n, *c);
            for (int64_t k = begin; k < end; k++) {
                sum = fmaf(element(&product->a, m, k), element(&product->b, k, n), sum);
            }
            *c = sum;
        }
    }
}

int64_t lk_product_multiply_adds(const lk_product *product) {
    if (product->depth_begin == NULL && product->depth_end == NULL && product->column_end == NULL) {
        return product->rows * product->columns * product->depth;
    }
    int64_t total = 0;
    for (int64_t m = 0; m < product->rows; m++) {
        const int64_t begin = product->depth_begin != NULL ? product->depth_begin[m] : 0;
        const int64_t end = product->depth_end != NULL ? product->depth_end[m] : product->depth;
        const int64_t columns =
            product->column_end != NULL ? product->column_end[m] : product->columns;
        total += end > begin ? (end - begin) * columns : 0;
    }
    return total;
}
