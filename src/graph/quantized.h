/* Weights of 8 bits: an integer times a power of two that the weights of one output share. Each is
 * an exact float32, and everything computes with that: chains, proof, schedules and bits are those
 * of any model with these weights. What is gained are a file of a quarter, and memory that kernels
 * need not read. */
#ifndef LK_GRAPH_QUANTIZED_H
#define LK_GRAPH_QUANTIZED_H

#include <stdint.h>

#include "graph/parameters.h"

#define LK_QUANTIZED_MOST 127 /* integers are -127 to 127 */
#define LK_EXPONENT_LEAST (-100)
#define LK_EXPONENT_MOST 100

typedef struct lk_quantized {
    int8_t *value;    /* owned, [rows][columns] */
    int8_t *exponent; /* owned: of 2, [columns], or [rows] */
    float *unit;      /* owned: 2 to the exponents */
    bool by_rows;     /* rows share an exponent, else columns do */
} lk_quantized;

/* How many exponents. */
static inline int64_t lk_quantized_exponents(const lk_parameter *p, bool by_rows) {
    return by_rows ? p->rows : p->columns;
}

/* Whether all weights are finite, and within reach. */
bool lk_parameter_can_quantize(const lk_parameter *parameter);
/* Rounds the parameter's weights to the nearest such, ties to even; exponents are those, of two
 * that hold the largest weight or cut it off, with the smaller sum of squared errors. By
 * columns, unless by rows that in all is less than half: an operation may have its outputs along
 * either.
 * LK_UNSUPPORTED: a weight is not finite, or out of reach. A parameter that has them already is
 * left as it is. */
lk_status lk_parameter_quantize(lk_context *context, lk_parameter *parameter);
/* The same from integers and exponents, which are copied; sets the weights. LK_FORMAT: they are out
 * of range. */
lk_status lk_parameter_set_quantized(lk_context *context, lk_parameter *parameter,
                                     const int8_t *value, const int8_t *exponent, bool by_rows);
/* How many weights have 8 bits. */
int64_t lk_parameters_quantized(const lk_parameters *parameters);
/* Before weights change: they are no longer such. */
void lk_parameter_forget_quantized(lk_parameter *parameter);
void lk_parameters_forget_quantized(lk_parameters *parameters);

#endif
