/* What one example is: its shape. Images are (height, width, channels); vectors (variables). */
#ifndef LK_DATA_SHAPE_H
#define LK_DATA_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LK_SHAPE_MOST 4
/* The most symbols that a variable may have. */
#define LK_ALPHABET_MOST 65536

typedef struct lk_shape {
    int32_t axes;
    int64_t size[LK_SHAPE_MOST];
} lk_shape;

lk_shape lk_shape_vector(int64_t variables);
/* INT64_MAX when the product is beyond it, or a size is negative. */
int64_t lk_shape_variables(lk_shape shape);
bool lk_shape_equal(lk_shape a, lk_shape b);
/* "784", "28x28x1" */
void lk_shape_print(lk_shape shape, char *text, size_t capacity);

#endif
