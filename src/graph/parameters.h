/* The trained arrays of a model, by name. Shared by all graphs of the model (its masks, its
 * sizes). */
#ifndef LK_GRAPH_PARAMETERS_H
#define LK_GRAPH_PARAMETERS_H

#include "base/context.h"

typedef enum lk_init {
    LK_INIT_ZERO,
    LK_INIT_ONE,
    LK_INIT_GLOROT,     /* uniform on +-sqrt(6 / (rows + columns)); Glorot and Bengio 2010 */
    LK_INIT_HE,         /* normal, variance 2 / fan_in; He et al. 2015 */
    LK_INIT_NORM,       /* the norms of the units whose gains these are (graph/weight_norm.h) */
    LK_INIT_SLOPES,     /* -2^(-8 (row + 1) / rows) column; Press et al. 2022, section 3 */
    LK_INIT_ORTHOGONAL, /* rows or columns orthonormal, times sqrt(2); Saxe et al. 2014 */
} lk_init;

typedef struct lk_weight_norm lk_weight_norm;

typedef struct lk_parameter {
    char *name;            /* owned: "hidden1.weight" */
    int64_t rows, columns; /* a vector is rows x 1 */
    lk_init init;
    int64_t fan_in;  /* inputs of a unit, for LK_INIT_HE: `columns`, unless an operation says
                        otherwise */
    float *value;    /* [rows][columns]; owned, or in the list's room */
    float *gradient; /* owned, or NULL until lk_parameters_make_gradients */
    bool decays;     /* weight decay applies (matrices, not biases) */
    int32_t *live; /* owned, [rows], or NULL: in row r only the first live[r] columns are ever used;
                      the rest stay zero and optimizers, averages and norms skip them */
    /* Operations see this value, unless one of these has another derived from it
     * (graph/derived.h). */
    lk_weight_norm *norm;           /* owned, or NULL: graph/weight_norm.h */
    struct lk_quantized *quantized; /* owned, or NULL: the value is of 8 bits, graph/quantized.h */
    float drop; /* share of the weights that a training step drops: graph/weight_drop.h */
} lk_parameter;

typedef struct lk_parameters {
    lk_context *context;
    lk_parameter *list;
    int32_t count, capacity;
    bool frozen;        /* set once declared: graphs then only find, and change nothing, so that
                           threads may build theirs side by side */
    int64_t total_most; /* 0: no limit; else more values than this are refused before they are
                           allocated (hostile files) */
    /* Of a large file's, all in one: [room_floats], owned, in large pages. */
    float *room;
    int64_t room_floats, room_taken;
} lk_parameters;

lk_status lk_parameters_create(lk_context *context, lk_parameters **parameters);
void lk_parameters_destroy(lk_parameters *parameters);
/* Finds `name` (then the shape must agree) or adds it, zeroed. */
lk_status lk_parameters_declare(lk_parameters *parameters, const char *name, int64_t rows,
                                int64_t columns, lk_init init, int32_t *index);
/* Of one just declared; nothing once they are frozen. */
void lk_parameters_fan_in(lk_parameters *parameters, int32_t index, int64_t fan_in);
/* -1 when there is none. */
int32_t lk_parameters_find(const lk_parameters *parameters, const char *name);
/* Draws all initial values from the seed: parameter p, element e by (LK_FOR_INIT, p, e). */
lk_status lk_parameters_initialise(lk_parameters *parameters, uint64_t seed);
lk_status lk_parameters_make_gradients(lk_parameters *parameters);
int64_t lk_parameters_total(const lk_parameters *parameters);
/* Where the gradient of parameter `index` goes: own[index], or, where own is NULL, the parameter's
 * own array. */
static inline float *lk_parameters_gradient(const lk_parameters *parameters, float *const *own,
                                            int64_t index) {
    return own != NULL ? own[index] : parameters->list[index].gradient;
}

#endif
