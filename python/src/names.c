/* Names of values: of a table's columns, what their symbols are, and labels. Pointers are into the
 * objects of Python, which the caller keeps during the call. */
#include "likely_python.h"

/* ---- in -------------------------------------------------------------------------------------- */

/* Pointers to a list of bytes; NULL: an exception. For PyMem_Free. */
static const char **list_words(PyObject *list) {
    Py_ssize_t count = PyList_Size(list);
    const char **words = count < 0 ? NULL : PyMem_Calloc((size_t)count + 1, sizeof *words);
    if (words == NULL) {
        return count < 0 ? NULL : (PyErr_NoMemory(), NULL);
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        char *word;
        if (PyBytes_AsStringAndSize(PyList_GetItem(list, i), &word, NULL) != 0) {
            PyMem_Free(words);
            return NULL;
        }
        words[i] = word;
    }
    return words;
}

/* (name, list of words or None, remark or None): bytes, the remark a str. */
static bool take(PyObject *tuple, lk_value_names *names) {
    PyObject *words;
    if (!PyTuple_Check(tuple)) {
        PyErr_SetString(PyExc_TypeError, "no names of a column");
        return false;
    }
    if (!PyArg_ParseTuple(tuple, "yOz", &names->name, &words, &names->remark)) {
        return false;
    }
    names->words = words != Py_None ? list_words(words) : NULL;
    names->word_count = words != Py_None && names->words ? (int32_t)PyList_Size(words) : 0;
    return words == Py_None || names->words != NULL;
}

static bool take_columns(PyObject *list, lk_values *values) {
    Py_ssize_t count = PyList_Size(list);
    lk_value_names *columns = count < 0 ? NULL : PyMem_Calloc((size_t)count + 1, sizeof *columns);
    if (columns == NULL) {
        return count < 0 ? false : (PyErr_NoMemory(), false);
    }
    values->columns = columns;
    for (Py_ssize_t i = 0; i < count; i++) {
        if (!take(PyList_GetItem(list, i), &columns[i])) {
            return false;
        }
    }
    if (values->shape.axes != 1 || values->shape.size[0] != count) {
        PyErr_SetString(PyExc_ValueError, "names of other columns");
        return false;
    }
    return true;
}

bool py_names(PyObject *names, py_value_names *taken, lk_values *values) {
    PyObject *columns, *label;
    int unseen;
    *taken = (py_value_names){0};
    if (names == Py_None) {
        return true;
    }
    if (!PyTuple_Check(names) || !PyArg_ParseTuple(names, "OOp", &columns, &label, &unseen)) {
        return false;
    }
    values->unseen = unseen;
    bool right = columns == Py_None || take_columns(columns, values);
    taken->columns = (lk_value_names *)values->columns;
    taken->count = values->columns != NULL ? PyList_Size(columns) : 0;
    if (right && label != Py_None) {
        right = take(label, &taken->label);
        values->label = &taken->label;
    }
    return right;
}

void py_names_release(py_value_names *taken) {
    for (Py_ssize_t i = 0; i < taken->count; i++) {
        PyMem_Free((void *)taken->columns[i].words);
    }
    PyMem_Free(taken->columns);
    PyMem_Free((void *)taken->label.words);
}

/* ---- out ------------------------------------------------------------------------------------- */

typedef struct named {
    const lk_model *model; /* or */
    const lk_data *data;
} named;

/* A converter of PyArg_ParseTuple ("O&"): the model or the data that a capsule is. */
static int to_named(PyObject *capsule, void *address) {
    named *n = address;
    n->data = py_is_data(capsule) ? py_data(capsule) : NULL;
    n->model = n->data == NULL ? py_model(capsule) : NULL;
    return n->data != NULL || n->model != NULL;
}

/* column(model or data, variable, or -1: the labels) -> text or None */
static PyObject *column(PyObject *module, PyObject *arguments) {
    (void)module;
    named of;
    long long variable;
    if (!PyArg_ParseTuple(arguments, "O&L", to_named, &of, &variable)) {
        return NULL;
    }
    return py_text(of.model != NULL ? lk_model_column(of.model, variable)
                                    : lk_data_column(of.data, variable));
}

/* word(model or data, variable, symbol) -> text or None */
static PyObject *word(PyObject *module, PyObject *arguments) {
    (void)module;
    named of;
    long long variable;
    int symbol;
    if (!PyArg_ParseTuple(arguments, "O&Li", to_named, &of, &variable, &symbol)) {
        return NULL;
    }
    return py_text(of.model != NULL ? lk_model_word(of.model, variable, symbol)
                                    : lk_data_word(of.data, variable, symbol));
}

/* find_word(model or data, variable, bytes) -> symbol, or -1 */
static PyObject *find_word(PyObject *module, PyObject *arguments) {
    (void)module;
    named of;
    long long variable;
    const char *text;
    if (!PyArg_ParseTuple(arguments, "O&Ly", to_named, &of, &variable, &text)) {
        return NULL;
    }
    return PyLong_FromLong(of.model != NULL ? lk_model_find_word(of.model, variable, text)
                                            : lk_data_find_word(of.data, variable, text));
}

/* remark(model or data, variable, or -1: the labels) -> text or None */
static PyObject *remark(PyObject *module, PyObject *arguments) {
    (void)module;
    named of;
    long long variable;
    if (!PyArg_ParseTuple(arguments, "O&L", to_named, &of, &variable)) {
        return NULL;
    }
    return py_text(of.model != NULL ? lk_model_remark(of.model, variable)
                                    : lk_data_remark(of.data, variable));
}

/* label_name(model or data, label) -> text or None */
static PyObject *label_name(PyObject *module, PyObject *arguments) {
    (void)module;
    named of;
    int label;
    if (!PyArg_ParseTuple(arguments, "O&i", to_named, &of, &label)) {
        return NULL;
    }
    return py_text(of.model != NULL ? lk_model_label_name(of.model, label)
                                    : lk_data_label_name(of.data, label));
}

PyMethodDef py_name_methods[] = {
    {"column", column, METH_VARARGS, NULL},         {"word", word, METH_VARARGS, NULL},
    {"find_word", find_word, METH_VARARGS, NULL},   {"remark", remark, METH_VARARGS, NULL},
    {"label_name", label_name, METH_VARARGS, NULL}, {0}};
