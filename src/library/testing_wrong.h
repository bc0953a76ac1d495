/* Wrong values for arguments, and for the fields of options. Included by arguments_test.c only. */
#ifndef LK_LIBRARY_TESTING_WRONG_H
#define LK_LIBRARY_TESTING_WRONG_H

#include "library/testing_calls.h"

/* ---- what is wrong --------------------------------------------------------------------------- */

static const int64_t integers[] = {-1, INT64_MIN, INT64_MAX, INT64_C(1) << 40, -(INT64_C(1) << 31)};
#define INTEGERS ((int)(sizeof integers / sizeof *integers))
static const char *const texts[] = {NULL, "", "nowhere/at/all", "\xff\xfe", "x.unknown", "."};
#define TEXTS ((int)(sizeof texts / sizeof *texts))

static int64_t fail_to_read(void *argument, void *bytes, int64_t most) {
    (void)argument;
    (void)bytes;
    (void)most;
    return -1;
}

static bool fail_to_write(void *argument, const void *bytes, int64_t size) {
    (void)argument;
    (void)bytes;
    (void)size;
    return false;
}

static void try_input(const call *c, int32_t at) {
    const lk_input wrong[] = {
        {NULL, NULL, 0, NULL, NULL},      {NULL, NULL, 5, NULL, NULL},
        {NULL, w.pixels, -1, NULL, NULL}, {"", NULL, 0, NULL, NULL},
        {"nowhere", NULL, 0, NULL, NULL}, {NULL, NULL, 0, fail_to_read, NULL},
        {"x", w.pixels, 4, NULL, NULL},   {".", NULL, 0, NULL, NULL},
        {NULL, w.pixels, 30, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        value arguments[ARGUMENTS_MOST];
        memcpy(arguments, c->right, sizeof arguments);
        arguments[at].input = wrong[i];
        assert_int_not_equal(attempt(c->name, "a wrong input", c->run, arguments), LK_OK);
    }
}

static void try_output(const call *c, int32_t at) {
    lk_bytes bytes;
    const lk_output wrong[] = {
        {NULL, NULL, NULL, NULL}, {"", NULL, NULL, NULL},    {"nowhere/at/all", NULL, NULL, NULL},
        {".", NULL, NULL, NULL},  {"x", &bytes, NULL, NULL}, {NULL, NULL, fail_to_write, NULL}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        value arguments[ARGUMENTS_MOST];
        memcpy(arguments, c->right, sizeof arguments);
        arguments[at].output = wrong[i];
        assert_int_not_equal(attempt(c->name, "a wrong output", c->run, arguments), LK_OK);
    }
}

static void try_argument(const call *c, int32_t at) {
    value arguments[ARGUMENTS_MOST];
    memcpy(arguments, c->right, sizeof arguments);
    switch (c->kinds[at]) {
    case CONTEXT:
        for (int i = 0; i < 2; i++) {
            arguments[at].pointer = i == 0 ? NULL : w.broken;
            assert_int_equal(attempt(c->name, "a wrong context", c->run, arguments), LK_INVALID);
        }
        break;
    case POINTER:
    case OPTIONS: {
        arguments[at].pointer = NULL;
        lk_status status = attempt(c->name, "NULL", c->run, arguments);
        if (c->kinds[at] == POINTER && c->needs[at] && status != LK_INVALID) {
            fail_msg("%s, argument %d is NULL: %s", c->name, (int)at, lk_status_text(status));
        }
        break;
    }
    case INTEGER:
        for (int i = 0; i < INTEGERS; i++) {
            arguments[at].integer = integers[i];
            assert_int_not_equal(attempt(c->name, "a wrong number", c->run, arguments), LK_OK);
        }
        break;
    case TEXT_:
        for (int i = 0; i < TEXTS; i++) {
            arguments[at].text = texts[i];
            assert_int_not_equal(attempt(c->name, "a wrong text", c->run, arguments), LK_OK);
        }
        break;
    case INPUT:
        try_input(c, at);
        break;
    case OUTPUT:
        try_output(c, at);
        break;
    }
}

/* ---- fields of options ----------------------------------------------------------------------- */

/* COUNT: of an array that stands beside it, so that nothing larger may be tried. REACH: from one
 * value to the next, so that only what no memory has may be. NUMBER: any. */
typedef enum field_kind {
    NUMBER64,
    REACH,
    COUNT64,
    NUMBER32,
    COUNT32,
    DOUBLE,
    FLOAT,
    WORD,
    ARRAY,
    SHAPE,
    MODEL
} field_kind;
typedef struct field {
    const char *name;
    field_kind kind;
    size_t offset;
} field;
#define FIELD(type, kind, name) \
    { #type "." #name, kind, offsetof(type, name) }

static const field of_values[] = {
    FIELD(lk_values, ARRAY, values),      FIELD(lk_values, NUMBER32, bits),
    FIELD(lk_values, NUMBER64, examples), FIELD(lk_values, SHAPE, shape),
    FIELD(lk_values, REACH, strides),     FIELD(lk_values, NUMBER32, alphabet),
    FIELD(lk_values, ARRAY, alphabets),   FIELD(lk_values, ARRAY, labels),
};
static const field of_loading[] = {
    FIELD(lk_loading, MODEL, model),
    FIELD(lk_loading, NUMBER32, text),
    FIELD(lk_loading, SHAPE, shape),
    FIELD(lk_loading, NUMBER32, alphabet),
    FIELD(lk_loading, WORD, labels),
    FIELD(lk_loading, WORD, local),
    FIELD(lk_loading, ARRAY, local_symbols),
    FIELD(lk_loading, ARRAY, local_counts),
    FIELD(lk_loading, COUNT64, local_items),
    FIELD(lk_loading, NUMBER32, local_every),
    FIELD(lk_loading, NUMBER32, local_alphabet),
};
static const field of_training[] = {
    FIELD(lk_training, WORD, family),
    FIELD(lk_training, ARRAY, settings),
    FIELD(lk_training, COUNT32, setting_count),
    FIELD(lk_training, WORD, order),
    FIELD(lk_training, WORD, view),
    FIELD(lk_training, NUMBER64, window),
    FIELD(lk_training, NUMBER64, seed),
    FIELD(lk_training, NUMBER64, epochs),
    FIELD(lk_training, NUMBER64, patience),
    FIELD(lk_training, DOUBLE, minutes),
    FIELD(lk_training, NUMBER64, batch),
    FIELD(lk_training, WORD, optimizer),
    FIELD(lk_training, DOUBLE, learning_rate),
    FIELD(lk_training, DOUBLE, weight_decay),
    FIELD(lk_training, NUMBER64, slices),
    FIELD(lk_training, DOUBLE, momentum),
    FIELD(lk_training, WORD, schedule),
    FIELD(lk_training, NUMBER64, warmup_steps),
    FIELD(lk_training, DOUBLE, decay),
    FIELD(lk_training, DOUBLE, decay_epochs),
    FIELD(lk_training, DOUBLE, clip),
    FIELD(lk_training, DOUBLE, ema),
    FIELD(lk_training, WORD, checkpoint),
};
static const field of_scoring[] = {
    FIELD(lk_scoring, FLOAT, learning_rate),
    FIELD(lk_scoring, ARRAY, labels),
};
static const field of_sampling[] = {
    FIELD(lk_sampling, NUMBER64, first),      FIELD(lk_sampling, NUMBER64, count),
    FIELD(lk_sampling, NUMBER64, seed),       FIELD(lk_sampling, FLOAT, temperature),
    FIELD(lk_sampling, SHAPE, shape),         FIELD(lk_sampling, ARRAY, given),
    FIELD(lk_sampling, COUNT64, given_count), FIELD(lk_sampling, ARRAY, labels),
    FIELD(lk_sampling, COUNT64, label_count), FIELD(lk_sampling, NUMBER64, length),
    FIELD(lk_sampling, ARRAY, prompt),        FIELD(lk_sampling, COUNT64, prompt_size),
    FIELD(lk_sampling, ARRAY, local),         FIELD(lk_sampling, COUNT64, local_count),
};
static const field of_coding[] = {
    FIELD(lk_coding, FLOAT, learning_rate),
};

static const double reals[] = {(double)NAN, (double)INFINITY, -(double)INFINITY, -1.0, 1e308, 0.0};
static const lk_shape shapes[] = {
    {-1, {4, 4}},
    {99, {4, 4}},
    {2, {4, 0}},
    {2, {-4, 4}},
    {4, {INT32_MAX, INT32_MAX, 99, 99}},
    {INT32_MIN, {0}},
    {1, {INT64_MAX}},
    {3, {4, 4, 7}},
    {1, {1}},
};

/* Sets the field to its wrong value number i; false: there are no more. */
static bool spoil(char *options, const field *f, int i) {
    char *at = options + f->offset;
    switch (f->kind) {
    case NUMBER64:
    case COUNT64:
        memcpy(at, &integers[i % INTEGERS], sizeof(int64_t));
        return i < (f->kind == COUNT64 ? 2 : INTEGERS);
    case NUMBER32:
    case COUNT32: {
        static const int32_t wrong[] = {-1, INT32_MIN, INT32_MAX, 70000, 1};
        memcpy(at, &wrong[i % 5], sizeof(int32_t));
        return i < (f->kind == COUNT32 ? 2 : 5);
    }
    case REACH:
        memcpy(at, &integers[1 + i % 2], sizeof(int64_t));
        return i < 2;
    case DOUBLE:
        memcpy(at, &reals[i % 6], sizeof(double));
        return i < 6;
    case FLOAT: {
        float real = (float)reals[i % 6];
        memcpy(at, &real, sizeof real);
        return i < 6;
    }
    case WORD:
        memcpy(at, &texts[i % TEXTS], sizeof texts[0]);
        return i < TEXTS;
    case ARRAY:
        memset(at, 0, sizeof(void *));
        return i < 1;
    case SHAPE:
        memcpy(at, &shapes[i % 9], sizeof(lk_shape));
        return i < 9;
    case MODEL:
        memcpy(at, i == 0 ? &w.charrnn : &w.made, sizeof(lk_model *));
        return i < 2;
    }
    return false;
}

static void try_fields(const call *c, int32_t at, const field *fields, size_t count, size_t size) {
    for (size_t k = 0; k < count; k++) {
        char options[512];
        assert_true(size <= sizeof options);
        memcpy(options, c->right[at].pointer, size);
        for (int i = 0; spoil(options, &fields[k], i); i++) {
            value arguments[ARGUMENTS_MOST];
            memcpy(arguments, c->right, sizeof arguments);
            arguments[at].pointer = options;
            attempt(c->name, fields[k].name, c->run, arguments);
            memcpy(options, c->right[at].pointer, size);
        }
    }
}
#define TRY_FIELDS(c, at, fields, type) \
    try_fields(c, at, fields, sizeof(fields) / sizeof *(fields), sizeof(type))

#endif
