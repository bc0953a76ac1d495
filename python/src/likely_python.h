/* The extension module likely._likely: the public C library as Python calls it, and nothing more.
 * What is convenient is Python's (python/likely); here arguments are taken apart and the lock of
 * the interpreter is given back while the library works.
 *
 * Handles are capsules. Arrays come as addresses of memory that the caller keeps alive during the
 * call: the stable ABI of Python 3.9 has no buffers. Exception classes come from Python too, with
 * each context, so that there is no state here. */
#ifndef LIKELY_PYTHON_H
#define LIKELY_PYTHON_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <likely.h>

/* ---- contexts (contexts.c) ----------------------------------------------------------------- */

typedef struct py_context {
    lk_context *handle;
    PyObject *errors;        /* a tuple: the exception class of each lk_status */
    PyObject *watch;         /* what is told how far a job is, or None */
    PyThreadState *released; /* while a job runs: its thread's */
    bool busy;
    long process; /* that it was made in: a fork has none of its threads */
} py_context;

/* NULL with an exception set where the object is none, or in use (by the job that calls back). */
py_context *py_context_of(PyObject *capsule);
/* Around a call of the library, which may take long. */
void py_release(py_context *context);
void py_regain(py_context *context);
/* Whether all is well; else an exception is set: that of a callback, or the library's. */
bool py_done(py_context *context, lk_status status);
/* STATEMENT without the interpreter's lock. */
#define PY_WITHOUT_LOCK(context, statement) \
    do {                                    \
        py_release(context);                \
        statement;                          \
        py_regain(context);                 \
    } while (0)

/* ---- where bytes come from and go to (streams.c) -------------------------------------------- */

/* What lends its pointers to an lk_input or lk_output, for the time of one call. */
typedef struct py_stream {
    py_context *context;
    PyObject *object; /* borrowed: a path as bytes, bytes, or a callable */
} py_stream;

/* (kind, object): ("path", bytes), ("bytes", bytes), ("call", callable). False: an exception. */
bool py_input(py_context *context, PyObject *source, py_stream *stream, lk_input *input);
bool py_output(py_context *context, PyObject *sink, py_stream *stream, lk_output *output);
/* The bytes as an object; what they were is released. */
PyObject *py_bytes_take(lk_bytes *bytes);

/* ---- options (options.c) -------------------------------------------------------------------- */

typedef enum py_kind {
    PY_INT32,
    PY_INT64,
    PY_UINT64,
    PY_FLOAT,
    PY_DOUBLE,
    PY_BOOL,
    PY_TEXT
} py_kind;
typedef struct py_option {
    const char *name;
    py_kind kind;
    size_t offset;
} py_option;

/* Fills a struct from a dict by its table, which ends with a NULL name. None leaves a default.
 * Texts live as long as *kept, a list that the caller drops after the call. False: a TypeError that
 * names what there is. */
bool py_options(const char *structure, const py_option *table, PyObject *dict, void *options,
                PyObject **kept);
/* A tuple of sizes. */
bool py_shape(PyObject *tuple, lk_shape *shape);
PyObject *py_shape_tuple(const lk_shape *shape);
/* A text of the library, or None for NULL. What is not UTF-8 becomes surrogates, as in paths. */
PyObject *py_text(const char *text);

/* ---- names (names.c) ------------------------------------------------------------------------ */

typedef struct py_value_names {
    lk_value_names *columns; /* [count] */
    Py_ssize_t count;
    lk_value_names label;
} py_value_names;

/* (list of columns or None, label or None, unseen), or None for none: columns and label are
 * (name, list of words or None, remark or None), names and words as bytes. The values point into
 * *taken, which is to be released after the call of the library, after a failure too. False: an
 * exception. */
bool py_names(PyObject *names, py_value_names *taken, lk_values *values);
void py_names_release(py_value_names *taken);

/* ---- handles -------------------------------------------------------------------------------- */

PyObject *py_data_take(lk_data *data);
lk_data *py_data(PyObject *capsule);
bool py_is_data(PyObject *capsule);
PyObject *py_model_take(lk_model *model);
lk_model *py_model(PyObject *capsule);
/* Of an argument that may be None, which gives NULL and true. */
bool py_model_or_none(PyObject *object, const lk_model **model);

#define PY_ADDRESS(number) ((void *)(uintptr_t)(number))

extern PyMethodDef py_context_methods[], py_data_methods[], py_model_methods[], py_name_methods[],
    py_training_methods[], py_likelihood_methods[], py_sample_methods[], py_coding_methods[];

#endif
