/* A staircase within a panel of rows, cut where a row enters or leaves. Both limits are
 * nondecreasing, so the rows that have entered are a prefix, those that have not left are a suffix,
 * and the active ones lie side by side. */
#include "kernels/product_inside.h"

int32_t lk_product_segments(const lk_product *product, int64_t row, int64_t rows, int64_t begin,
                            int64_t end, lk_segment segments[LK_MOST_SEGMENTS]) {
    int32_t count = 0;
    int64_t entered = 0, left = 0;
    for (int64_t k = begin; k < end;) {
        while (left < rows && lk_depth_end(product, row + left) <= k) {
            left++;
        }
        while (entered < rows && lk_depth_begin(product, row + entered) <= k) {
            entered++;
        }
        int64_t next = end;
        if (left < rows) {
            next = lk_minimum(next, lk_depth_end(product, row + left));
        }
        if (entered < rows) {
            next = lk_minimum(next, lk_depth_begin(product, row + entered));
        }
        if (left < entered) {
            segments[count++] = (lk_segment){k, next, (int32_t)left, (int32_t)entered};
        }
        k = next;
    }
    return count;
}
