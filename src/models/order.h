/* Orderings by name: the ranks that a model factorises by. */
#ifndef LK_MODELS_ORDER_H
#define LK_MODELS_ORDER_H

#include "base/file.h"
#include "data/shape.h"

/* Fills rank[variables of the shape] for "natural", "reversed", "random:SEED", of images (or
 * vectors of as many variables as a square has) "zigzag", "s-curve" and "s-curve:K", or the path of
 * a file with one nonnegative integer for each variable (white space between; equal ranks allowed:
 * such variables are drawn together). *name, owned by the caller (free), is the name that a model
 * file keeps: the order itself, or "file". */
lk_status lk_order_read(lk_context *context, const char *order, lk_shape shape, int32_t *rank,
                        char **name);

/* Orders of images: order_image.c has the definitions. */
typedef struct lk_order_grid {
    int64_t height, width, channels;
} lk_order_grid;
/* LK_INVALID, saying that `order` is of images, when the shape is none. */
lk_status lk_order_grid_of(lk_context *context, const char *order, lk_shape shape,
                           lk_order_grid *grid);
void lk_order_zigzag(const lk_order_grid *grid, int32_t *rank);
#define LK_S_CURVES 8
void lk_order_s_curve(const lk_order_grid *grid, int32_t number /* 0 .. 7 */, int32_t *rank);

/* The file's part of that, from memory, for fuzzing. */
lk_status lk_order_parse(lk_context *context, const char *name, const lk_bytes *bytes,
                         int64_t variables, int32_t *rank);

#endif
