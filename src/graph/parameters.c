/* Parameters: named arrays, their initial values, their gradients. Names are few (tens), so a list
 * is searched in order. */
#include "graph/parameters.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/context.h"
#include "base/maths.h"
#include "base/memory.h"
#include "base/random.h"
#include "graph/quantized.h"
#include "graph/weight_norm.h"

/* A matrix larger than this on both sides is made orthogonal in blocks of so many vectors:
 * Gram-Schmidt over all of an 8,000 x 8,000 matrix would cost more than an epoch of training it. */
#define ORTHOGONAL_BLOCK 512

/* So many values, all that a file holds, are worth a room: in small pages they would be paid for
 * page by page, which takes longer than reading them. */
#define ROOM_LEAST (1 << 20)
#define ALIGNED 16

static bool in_room(const lk_parameters *parameters, const float *value) {
    return parameters->room != NULL && value >= parameters->room &&
           value < parameters->room + parameters->room_floats;
}

/* As lk_allocate; lk_release it with release_values. */
static float *take_values(lk_parameters *parameters, int64_t floats) {
    if (parameters->count == 0 && parameters->total_most >= ROOM_LEAST) {
        parameters->room = lk_allocate(parameters->total_most, sizeof(float));
        parameters->room_floats = parameters->room != NULL ? parameters->total_most : 0;
    }
    int64_t aligned = (floats + ALIGNED - 1) / ALIGNED * ALIGNED;
    if (floats == 0 || aligned > parameters->room_floats - parameters->room_taken) {
        return lk_allocate(floats, sizeof(float));
    }
    parameters->room_taken += aligned;
    return parameters->room + parameters->room_taken - aligned;
}

static void release_values(lk_parameters *parameters, float *value) {
    if (!in_room(parameters, value)) {
        lk_release(value);
    }
}

lk_status lk_parameters_create(lk_context *context, lk_parameters **parameters) {
    lk_parameters *made = lk_allocate(1, sizeof *made);
    *parameters = made;
    if (made == NULL) {
        return lk_fail_no_memory(context, "parameters", (int64_t)sizeof *made);
    }
    made->context = context;
    return LK_OK;
}

void lk_parameters_destroy(lk_parameters *parameters) {
    if (parameters == NULL) {
        return;
    }
    for (int32_t i = 0; i < parameters->count; i++) {
        lk_parameter *p = &parameters->list[i];
        lk_release(p->name);
        release_values(parameters, p->value);
        lk_release(p->gradient);
        lk_release(p->live);
        lk_weight_norm_destroy(p->norm);
        lk_parameter_forget_quantized(p);
    }
    lk_release(parameters->list);
    lk_release(parameters->room);
    lk_release(parameters);
}

int32_t lk_parameters_find(const lk_parameters *parameters, const char *name) {
    for (int32_t i = 0; i < parameters->count; i++) {
        if (strcmp(parameters->list[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

static lk_status grow(lk_parameters *parameters) {
    if (parameters->count < parameters->capacity) {
        return LK_OK;
    }
    int32_t capacity = parameters->capacity == 0 ? 16 : 2 * parameters->capacity;
    lk_parameter *list = lk_resize(parameters->list, capacity, sizeof *list);
    if (list == NULL) {
        return lk_fail_no_memory(parameters->context, "parameters",
                                 capacity * (int64_t)sizeof *list);
    }
    parameters->list = list;
    parameters->capacity = capacity;
    return LK_OK;
}

static lk_status find_declared(lk_parameters *parameters, int32_t at, int64_t rows,
                               int64_t columns) {
    const lk_parameter *p = &parameters->list[at];
    if (p->rows == rows && p->columns == columns) {
        return LK_OK;
    }
    return lk_fail(parameters->context, LK_MISMATCH,
                   "parameter %s is %lld x %lld, but the network wants %lld x %lld", p->name,
                   (long long)p->rows, (long long)p->columns, (long long)rows, (long long)columns);
}

lk_status lk_parameters_declare(lk_parameters *parameters, const char *name, int64_t rows,
                                int64_t columns, lk_init init, int32_t *index) {
    LK_REQUIRE(rows >= 0 && columns >= 0);
    *index = lk_parameters_find(parameters, name);
    if (*index >= 0) {
        return find_declared(parameters, *index, rows, columns);
    }
    LK_REQUIRE(!parameters->frozen);
    int64_t total = lk_parameters_total(parameters);
    if (parameters->total_most > 0 && columns > 0 &&
        rows > (parameters->total_most - total) / columns) {
        return lk_fail(parameters->context, LK_MISMATCH,
                       "its settings ask for a parameter %s of %lld x %lld, more than the %lld "
                       "values that it holds",
                       name, (long long)rows, (long long)columns,
                       (long long)parameters->total_most);
    }
    LK_TRY(lk_memory_allow(parameters->context, NULL, "the model's weights",
                           ((double)total + (double)rows * (double)columns) * sizeof(float)));
    LK_TRY(grow(parameters));
    lk_parameter made = {
        .rows = rows, .columns = columns, .init = init, .fan_in = columns, .decays = columns > 1};
    made.name = lk_duplicate(name);
    if (columns > 0 && rows > INT64_MAX / columns) {
        lk_release(made.name);
        return lk_fail(parameters->context, LK_INVALID, "parameter %s is too large", name);
    }
    made.value = take_values(parameters, rows * columns);
    if (made.name == NULL || made.value == NULL) {
        lk_release(made.name);
        release_values(parameters, made.value);
        return lk_fail_no_memory(parameters->context, name,
                                 rows * columns * (int64_t)sizeof(float));
    }
    *index = parameters->count;
    parameters->list[parameters->count++] = made;
    return LK_OK;
}

void lk_parameters_fan_in(lk_parameters *parameters, int32_t index, int64_t fan_in) {
    if (!parameters->frozen) {
        parameters->list[index].fan_in = fan_in;
    }
}

lk_status lk_parameters_make_gradients(lk_parameters *parameters) {
    for (int32_t i = 0; i < parameters->count; i++) {
        lk_parameter *p = &parameters->list[i];
        if (p->gradient == NULL) {
            p->gradient = lk_allocate(p->rows * p->columns, sizeof(float));
        }
        if (p->gradient == NULL) {
            return lk_fail_no_memory(parameters->context, p->name,
                                     p->rows * p->columns * (int64_t)sizeof(float));
        }
    }
    return LK_OK;
}

int64_t lk_parameters_total(const lk_parameters *parameters) {
    int64_t total = 0;
    for (int32_t i = 0; i < parameters->count; i++) {
        total += parameters->list[i].rows * parameters->list[i].columns;
    }
    return total;
}

/* ---- initial values -------------------------------------------------------------------------- */

static void draw_glorot(lk_parameter *p, lk_random random, uint64_t which) {
    float bound = sqrtf(6.0f / (float)(p->rows + p->columns));
    for (int64_t e = 0; e < p->rows * p->columns; e++) {
        p->value[e] = bound * (2.0f * lk_random_unit(random, which, (uint64_t)e) - 1.0f);
    }
}

static void draw_normal(lk_parameter *p, lk_random random, uint64_t which, float deviation) {
    for (int64_t e = 0; e < p->rows * p->columns; e++) {
        p->value[e] = deviation * lk_random_normal(random, which, (uint64_t)e);
    }
}

/* Modified Gram-Schmidt in double over `count` vectors of `length`, elements `stride` apart,
 * vectors `step` apart. */
static void orthonormalise(double *vectors, int64_t count, int64_t length) {
    for (int64_t i = 0; i < count; i++) {
        double *v = vectors + i * length;
        for (int64_t j = 0; j < i; j++) {
            const double *u = vectors + j * length;
            double dot = 0.0;
            for (int64_t k = 0; k < length; k++) {
                dot += u[k] * v[k];
            }
            for (int64_t k = 0; k < length; k++) {
                v[k] -= dot * u[k];
            }
        }
        double square = 0.0;
        for (int64_t k = 0; k < length; k++) {
            square += v[k] * v[k];
        }
        double scale = square > 0.0 ? 1.0 / sqrt(square) : 0.0;
        for (int64_t k = 0; k < length; k++) {
            v[k] *= scale;
        }
    }
}

/* The shorter side's vectors become orthonormal (in blocks, see above), times sqrt(2) for rectified
 * units. */
static bool draw_orthogonal(lk_parameter *p, lk_random random, uint64_t which) {
    draw_normal(p, random, which, 1.0f);
    bool by_rows = p->rows <= p->columns;
    int64_t count = by_rows ? p->rows : p->columns;
    int64_t length = by_rows ? p->columns : p->rows;
    int64_t vector_stride = by_rows ? p->columns : 1;
    int64_t element_stride = by_rows ? 1 : p->columns;
    int64_t block = count < ORTHOGONAL_BLOCK ? count : ORTHOGONAL_BLOCK;
    double *vectors = lk_allocate(block * length, sizeof *vectors);
    if (vectors == NULL) {
        return false;
    }
    for (int64_t first = 0; first < count; first += block) {
        int64_t here = count - first < block ? count - first : block;
        for (int64_t i = 0; i < here; i++) {
            for (int64_t k = 0; k < length; k++) {
                vectors[i * length + k] =
                    p->value[(first + i) * vector_stride + k * element_stride];
            }
        }
        orthonormalise(vectors, here, length);
        for (int64_t i = 0; i < here; i++) {
            for (int64_t k = 0; k < length; k++) {
                p->value[(first + i) * vector_stride + k * element_stride] =
                    (float)(1.4142135623730951 * vectors[i * length + k]);
            }
        }
    }
    lk_release(vectors);
    return true;
}

static void fill_slopes(lk_parameter *p) {
    const float ln2 = 0.69314718f;
    for (int64_t e = 0; e < p->rows * p->columns; e++) {
        float share = (float)(e / p->columns + 1) / (float)p->rows;
        p->value[e] = -lk_exp_scalar(-8.0f * ln2 * share) * (float)(e % p->columns);
    }
}

lk_status lk_parameters_initialise(lk_parameters *parameters, uint64_t seed) {
    lk_random random = {seed, LK_FOR_INIT};
    for (int32_t i = 0; i < parameters->count; i++) {
        lk_parameter *p = &parameters->list[i];
        bool made = true;
        switch (p->init) {
        case LK_INIT_ZERO:
            memset(p->value, 0, (size_t)(p->rows * p->columns) * sizeof(float));
            break;
        case LK_INIT_ONE:
            for (int64_t e = 0; e < p->rows * p->columns; e++) {
                p->value[e] = 1.0f;
            }
            break;
        case LK_INIT_GLOROT:
            draw_glorot(p, random, (uint64_t)i);
            break;
        case LK_INIT_HE:
            draw_normal(p, random, (uint64_t)i,
                        sqrtf(2.0f / (float)(p->fan_in > 0 ? p->fan_in : 1)));
            break;
        case LK_INIT_NORM: /* below, once all directions are drawn */
            break;
        case LK_INIT_SLOPES:
            fill_slopes(p);
            break;
        case LK_INIT_ORTHOGONAL:
            made = draw_orthogonal(p, random, (uint64_t)i);
            break;
        }
        if (!made) {
            return lk_fail_no_memory(parameters->context, p->name,
                                     p->rows * p->columns * (int64_t)sizeof(double));
        }
        for (int64_t r = 0; p->live != NULL && r < p->rows; r++) {
            memset(p->value + r * p->columns + p->live[r], 0,
                   (size_t)(p->columns - p->live[r]) * sizeof(float));
        }
    }
    for (int32_t i = 0; i < parameters->count; i++) {
        if (parameters->list[i].norm != NULL) {
            lk_weight_norm_start(parameters, &parameters->list[i]);
        }
    }
    return LK_OK;
}
