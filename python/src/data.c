/* Data: arrays, files and texts in; values, labels and texts out. */
#include "likely_python.h"

#include <string.h>

static const char data_name[] = "likely.data";

static void destroy(PyObject *capsule) {
    lk_data_destroy(PyCapsule_GetPointer(capsule, data_name));
}

PyObject *py_data_take(lk_data *data) {
    PyObject *capsule = PyCapsule_New(data, data_name, destroy);
    if (capsule == NULL) {
        lk_data_destroy(data);
    }
    return capsule;
}

lk_data *py_data(PyObject *capsule) {
    return PyCapsule_GetPointer(capsule, data_name);
}

bool py_is_data(PyObject *capsule) {
    return PyCapsule_IsValid(capsule, data_name) == 1;
}

/* ---- in ------------------------------------------------------------------------------------- */

static bool take_strides(PyObject *tuple, int64_t *strides) {
    Py_ssize_t count = PyTuple_Size(tuple);
    for (Py_ssize_t a = 0; a < count && a <= LK_SHAPE_MOST; a++) {
        strides[a] = PyLong_AsLongLong(PyTuple_GetItem(tuple, a));
    }
    return !PyErr_Occurred();
}

/* from_values(context, address, bits, examples, shape, strides, alphabet, alphabets, labels, names)
 */
static PyObject *from_values(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *capsule, *shape, *strides, *names;
    unsigned long long address, alphabets, labels;
    int bits, alphabet;
    long long examples;
    if (!PyArg_ParseTuple(arguments, "OKiLO!O!iKKO", &capsule, &address, &bits, &examples,
                          &PyTuple_Type, &shape, &PyTuple_Type, &strides, &alphabet, &alphabets,
                          &labels, &names)) {
        return NULL;
    }
    py_context *context = py_context_of(capsule);
    lk_values values = {.values = PY_ADDRESS(address),
                        .bits = bits,
                        .examples = examples,
                        .alphabet = alphabet,
                        .alphabets = PY_ADDRESS(alphabets),
                        .labels = PY_ADDRESS(labels)};
    if (context == NULL || !py_shape(shape, &values.shape) ||
        !take_strides(strides, values.strides)) {
        return NULL;
    }
    lk_data *data = NULL;
    py_value_names taken;
    if (py_names(names, &taken, &values)) {
        lk_status status;
        PY_WITHOUT_LOCK(context, status = lk_data_from_values(context->handle, &values, &data));
        (void)py_done(context, status);
    }
    py_names_release(&taken);
    return data != NULL ? py_data_take(data) : NULL;
}

static const py_option loading_options[] = {
    {"text", PY_INT32, offsetof(lk_loading, text)},
    {"sound", PY_TEXT, offsetof(lk_loading, sound)},
    {"channel", PY_INT32, offsetof(lk_loading, channel)},
    {"alphabet", PY_INT32, offsetof(lk_loading, alphabet)},
    {"binarize", PY_BOOL, offsetof(lk_loading, binarize)},
    {"unseen", PY_BOOL, offsetof(lk_loading, unseen)},
    {"label", PY_TEXT, offsetof(lk_loading, label)},
    {"labels", PY_TEXT, offsetof(lk_loading, labels)},
    {"local", PY_TEXT, offsetof(lk_loading, local)},
    {"local_every", PY_INT32, offsetof(lk_loading, local_every)},
    {"local_alphabet", PY_INT32, offsetof(lk_loading, local_alphabet)},
    {0}};
_Static_assert(sizeof(lk_text_kind) == sizeof(int32_t), "an option is read as an integer");

/* What load and from_texts share: the model or None, the data beside which, the shape, the rest;
 * slower sequences as the address of their addresses, that of their lengths, and how many. */
static bool take_loading(PyObject *model, PyObject *like, PyObject *shape, PyObject *options,
                         PyObject *local, lk_loading *how, PyObject **kept) {
    unsigned long long symbols, counts;
    long long items;
    *how = lk_loading_defaults();
    if (!py_model_or_none(model, &how->model) || !py_shape(shape, &how->shape) ||
        !PyArg_ParseTuple(local, "KKL", &symbols, &counts, &items)) {
        return false;
    }
    how->local_symbols = PY_ADDRESS(symbols);
    how->local_counts = PY_ADDRESS(counts);
    how->local_items = items;
    how->like = like != Py_None ? py_data(like) : NULL;
    return !PyErr_Occurred() && py_options("loading", loading_options, options, how, kept);
}

/* load(context, source, model, like, shape, options, local) */
static PyObject *load(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *capsule, *source, *model, *like, *shape, *options, *local, *kept;
    if (!PyArg_ParseTuple(arguments, "OO!OOO!O!O!", &capsule, &PyTuple_Type, &source, &model, &like,
                          &PyTuple_Type, &shape, &PyDict_Type, &options, &PyTuple_Type, &local)) {
        return NULL;
    }
    py_context *context = py_context_of(capsule);
    py_stream stream;
    lk_input input;
    lk_loading how;
    if (context == NULL || !py_input(context, source, &stream, &input) ||
        !take_loading(model, like, shape, options, local, &how, &kept)) {
        return NULL;
    }
    lk_data *data;
    lk_status status;
    PY_WITHOUT_LOCK(context, status = lk_data_load(context->handle, input, &how, &data));
    Py_DECREF(kept);
    return py_done(context, status) ? py_data_take(data) : NULL;
}

/* Pointers to the bytes of a list of bytes; false: an exception. */
static bool list_texts(PyObject *list, const void **texts, int64_t *sizes) {
    for (Py_ssize_t i = 0; i < PyList_Size(list); i++) {
        char *text;
        Py_ssize_t size;
        if (PyBytes_AsStringAndSize(PyList_GetItem(list, i), &text, &size) != 0) {
            return false;
        }
        texts[i] = text;
        sizes[i] = size;
    }
    return true;
}

/* from_texts(context, list of bytes, model, like, options, local); nobody else has the list */
static PyObject *from_texts(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *capsule, *list, *model, *like, *options, *local, *kept;
    if (!PyArg_ParseTuple(arguments, "OO!OOO!O!", &capsule, &PyList_Type, &list, &model, &like,
                          &PyDict_Type, &options, &PyTuple_Type, &local)) {
        return NULL;
    }
    py_context *context = py_context_of(capsule);
    PyObject *shape = PyTuple_New(0);
    lk_loading how;
    bool taken = context != NULL && shape != NULL &&
                 take_loading(model, like, shape, options, local, &how, &kept);
    Py_XDECREF(shape);
    if (!taken) {
        return NULL;
    }
    size_t count = (size_t)PyList_Size(list);
    const void **texts = PyMem_Calloc(count + 1, sizeof *texts);
    int64_t *sizes = PyMem_Calloc(count + 1, sizeof *sizes);
    lk_data *data = NULL;
    if (texts == NULL || sizes == NULL) {
        PyErr_NoMemory();
    } else if (list_texts(list, texts, sizes)) {
        lk_status status;
        PY_WITHOUT_LOCK(context, status = lk_data_from_texts(context->handle, texts, sizes,
                                                             (int64_t)count, &how, &data));
        (void)py_done(context, status);
    }
    PyMem_Free(texts);
    PyMem_Free(sizes);
    Py_DECREF(kept);
    return data != NULL ? py_data_take(data) : NULL;
}

/* split(context, data, fraction, seed) -> (train, valid) */
static PyObject *split(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *capsule, *object;
    double fraction;
    unsigned long long seed;
    if (!PyArg_ParseTuple(arguments, "OOdK", &capsule, &object, &fraction, &seed)) {
        return NULL;
    }
    py_context *context = py_context_of(capsule);
    lk_data *data = context != NULL ? py_data(object) : NULL, *train, *valid;
    if (data == NULL) {
        return NULL;
    }
    lk_status status;
    PY_WITHOUT_LOCK(context,
                    status = lk_data_split(context->handle, data, fraction, seed, &train, &valid));
    if (!py_done(context, status)) {
        return NULL;
    }
    PyObject *first = py_data_take(train), *second = py_data_take(valid);
    if (first == NULL || second == NULL) {
        Py_XDECREF(first);
        Py_XDECREF(second);
        return NULL;
    }
    return Py_BuildValue("(NN)", first, second);
}

/* ---- out ------------------------------------------------------------------------------------ */

/* describe_data(data) -> (items, shape, alphabet, has values, has labels) */
static PyObject *describe(PyObject *module, PyObject *capsule) {
    (void)module;
    lk_data *data = py_data(capsule);
    if (data == NULL) {
        return NULL;
    }
    lk_shape shape = lk_data_shape(data);
    PyObject *sizes = py_shape_tuple(&shape);
    return sizes == NULL ? NULL
                         : Py_BuildValue("(LNiNN)", (long long)lk_data_count(data), sizes,
                                         (int)lk_data_alphabet(data),
                                         PyBool_FromLong(lk_data_values(data) != NULL),
                                         PyBool_FromLong(lk_data_labels(data) != NULL));
}

/* lengths(data, address of [items] int64) */
static PyObject *lengths(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *capsule;
    unsigned long long address;
    if (!PyArg_ParseTuple(arguments, "OK", &capsule, &address)) {
        return NULL;
    }
    lk_data *data = py_data(capsule);
    int64_t *length = PY_ADDRESS(address);
    for (int64_t i = 0; data != NULL && i < lk_data_count(data); i++) {
        length[i] = lk_data_length(data, i);
    }
    return data != NULL ? PyLong_FromLongLong(lk_data_count(data)) : NULL;
}

/* copy_values(data, address, bits): all values, as 8 or 16 bits */
static PyObject *copy_values(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *capsule;
    unsigned long long address;
    int bits;
    if (!PyArg_ParseTuple(arguments, "OKi", &capsule, &address, &bits)) {
        return NULL;
    }
    lk_data *data = py_data(capsule);
    const uint16_t *values = data != NULL ? lk_data_values(data) : NULL;
    if (values == NULL) {
        return PyErr_Occurred() ? NULL : (PyErr_SetString(PyExc_TypeError, "no values"), NULL);
    }
    int64_t count = lk_data_count(data) * lk_data_length(data, 0);
    uint8_t *narrow = PY_ADDRESS(address);
    if (bits == 16) {
        memcpy(narrow, values, (size_t)count * sizeof *values);
    }
    for (int64_t i = 0; bits == 8 && i < count; i++) {
        narrow[i] = (uint8_t)values[i];
    }
    Py_RETURN_NONE;
}

/* data_labels(data) -> a list of names, where the labels have such, or of numbers; None */
static PyObject *data_labels(PyObject *module, PyObject *capsule) {
    (void)module;
    lk_data *data = py_data(capsule);
    const int32_t *labels = data != NULL ? lk_data_labels(data) : NULL;
    if (labels == NULL) {
        return data != NULL ? py_text(NULL) : NULL;
    }
    PyObject *list = PyList_New(0);
    for (int64_t i = 0; list != NULL && i < lk_data_count(data); i++) {
        const char *name = lk_data_label_name(data, labels[i]);
        PyObject *label = name != NULL ? py_text(name) : PyLong_FromLong(labels[i]);
        if (label == NULL || PyList_Append(list, label) != 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(label);
    }
    return list;
}

/* text(context, data, item) -> bytes */
static PyObject *text(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *capsule, *object;
    long long item;
    if (!PyArg_ParseTuple(arguments, "OOL", &capsule, &object, &item)) {
        return NULL;
    }
    py_context *context = py_context_of(capsule);
    lk_data *data = context != NULL ? py_data(object) : NULL;
    if (data == NULL) {
        return NULL;
    }
    lk_bytes bytes = {0};
    lk_status status;
    PY_WITHOUT_LOCK(context, status = lk_data_text(context->handle, data, item, &bytes));
    return py_done(context, status) ? py_bytes_take(&bytes) : NULL;
}

PyMethodDef py_data_methods[] = {{"from_values", from_values, METH_VARARGS, NULL},
                                 {"load", load, METH_VARARGS, NULL},
                                 {"from_texts", from_texts, METH_VARARGS, NULL},
                                 {"split", split, METH_VARARGS, NULL},
                                 {"describe_data", describe, METH_O, NULL},
                                 {"lengths", lengths, METH_VARARGS, NULL},
                                 {"copy_values", copy_values, METH_VARARGS, NULL},
                                 {"data_labels", data_labels, METH_O, NULL},
                                 {"text", text, METH_VARARGS, NULL},
                                 {0}};
