/* Orderings by name: the ranks that a model factorises by. */
#ifndef LK_MODELS_ORDER_H
#define LK_MODELS_ORDER_H

#include "base/file.h"

/* Fills rank[variables] for "natural", "reversed", "random:SEED", or the path of a file with one
 * nonnegative integer for each variable (white space between; equal ranks allowed: such variables
 * are drawn together). *name, owned by the caller (free), is the name that a model file keeps: the
 * order itself, or "file". */
lk_status lk_order_read(lk_context *context, const char *order, int64_t variables, int32_t *rank,
                        char **name);

/* The file's part of that, from memory, for fuzzing. */
lk_status lk_order_parse(lk_context *context, const char *name, const lk_bytes *bytes,
                         int64_t variables, int32_t *rank);

#endif
