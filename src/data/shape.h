/* What one example is: its shape. Images are (height, width, channels); vectors (variables). */
#ifndef LK_DATA_SHAPE_H
#define LK_DATA_SHAPE_H

#include "likely.h" /* lk_shape */

/* The most symbols that a variable may have. */
#define LK_ALPHABET_MOST 65536

lk_shape lk_shape_vector(int64_t variables);
/* INT64_MAX when the product is beyond it, or a size is negative. */
int64_t lk_shape_variables(lk_shape shape);
bool lk_shape_equal(lk_shape a, lk_shape b);
/* The shape as a picture, height x width x channels: images as they are, vectors of d*d variables
 * as squares; others stay as they are. */
lk_shape lk_shape_picture(lk_shape shape);
/* "784", "28x28x1" */
void lk_shape_print(lk_shape shape, char *text, size_t capacity);

#endif
