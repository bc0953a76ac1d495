/* Dicts into the library's structs of options, by their names in likely.h. */
#include "likely_python.h"

#include <string.h>

PyObject *py_text(const char *text) {
    if (text == NULL) {
        Py_RETURN_NONE;
    }
    return PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "surrogateescape");
}

/* ---- values --------------------------------------------------------------------------------- */

static bool put_text(PyObject *value, PyObject *kept, const char **to) {
    if (!PyBytes_Check(value) && !PyUnicode_Check(value)) {
        PyErr_Format(PyExc_TypeError, "%R is no text: expected a str", value);
        return false;
    }
    PyObject *bytes = PyBytes_Check(value)
                          ? PyBytes_FromObject(value)
                          : PyUnicode_AsEncodedString(value, "utf-8", "surrogateescape");
    bool put = bytes != NULL && PyList_Append(kept, bytes) == 0;
    char *text;
    /* with no pointer for the size a zero byte inside is refused */
    put = put && PyBytes_AsStringAndSize(bytes, &text, NULL) == 0;
    *to = put ? text : NULL;
    Py_XDECREF(bytes);
    return put;
}

/* Of what an option holds. */
static bool refuse_range(py_kind kind, PyObject *integer) {
    static const char *const ranges[] = {[PY_INT32] = "-2^31 .. 2^31 - 1",
                                         [PY_INT64] = "-2^63 .. 2^63 - 1",
                                         [PY_UINT64] = "0 .. 2^64 - 1"};
    PyErr_Clear();
    PyErr_Format(PyExc_ValueError, "%R is out of range: expected %s", integer, ranges[kind]);
    return false;
}

static bool put_integer(PyObject *value, py_kind kind, void *to) {
    PyObject *integer = PyNumber_Index(value);
    if (integer == NULL) {
        return false;
    }
    long long number = kind == PY_UINT64 ? 0 : PyLong_AsLongLong(integer);
    unsigned long long natural = kind == PY_UINT64 ? PyLong_AsUnsignedLongLong(integer) : 0;
    bool beyond = kind == PY_INT32 && (number < INT32_MIN || number > INT32_MAX);
    bool taken = !PyErr_Occurred() && !beyond ? true : refuse_range(kind, integer);
    Py_DECREF(integer);
    if (!taken) {
        return false;
    }
    if (kind == PY_INT32) {
        *(int32_t *)to = (int32_t)number;
    } else if (kind == PY_INT64) {
        *(int64_t *)to = number;
    } else {
        *(uint64_t *)to = natural;
    }
    return true;
}

static bool put_number(PyObject *value, py_kind kind, void *to) {
    double number = PyFloat_AsDouble(value);
    if (PyErr_Occurred()) {
        return false;
    }
    if (kind == PY_FLOAT) {
        *(float *)to = (float)number;
    } else {
        *(double *)to = number;
    }
    return true;
}

static bool put(const py_option *option, PyObject *value, void *options, PyObject *kept) {
    void *to = (char *)options + option->offset;
    switch (option->kind) {
    case PY_TEXT:
        return put_text(value, kept, to);
    case PY_BOOL:
        *(bool *)to = PyObject_IsTrue(value) == 1;
        return !PyErr_Occurred();
    case PY_FLOAT:
    case PY_DOUBLE:
        return put_number(value, option->kind, to);
    case PY_INT32:
    case PY_INT64:
    case PY_UINT64:
        return put_integer(value, option->kind, to);
    }
    return false;
}

/* ---- names ---------------------------------------------------------------------------------- */

/* "a, b, c" */
static PyObject *list_names(const py_option *table) {
    PyObject *names = PyUnicode_FromString("");
    for (const py_option *o = table; names != NULL && o->name != NULL; o++) {
        PyObject *longer = PyUnicode_FromFormat("%U%s%s", names, o > table ? ", " : "", o->name);
        Py_DECREF(names);
        names = longer;
    }
    return names;
}

static const py_option *find(const char *structure, const py_option *table, PyObject *name) {
    for (const py_option *o = table; o->name != NULL; o++) {
        if (PyUnicode_Check(name) && PyUnicode_CompareWithASCIIString(name, o->name) == 0) {
            return o;
        }
    }
    PyObject *names = list_names(table);
    if (names != NULL) {
        PyErr_Format(PyExc_TypeError, "%s has no option %R; it has %U", structure, name, names);
    }
    Py_XDECREF(names);
    return NULL;
}

/* The name goes before what Python says of the value; the class of the exception stays. */
static void name_error(const char *name) {
    PyObject *class, *value, *trace;
    PyErr_Fetch(&class, &value, &trace);
    if (value != NULL) {
        PyErr_Format(class, "%s: %S", name, value);
    } else {
        PyErr_Format(class, "%s: it is of no such kind", name);
    }
    Py_XDECREF(class);
    Py_XDECREF(value);
    Py_XDECREF(trace);
}

bool py_options(const char *structure, const py_option *table, PyObject *dict, void *options,
                PyObject **kept) {
    Py_ssize_t at = 0;
    PyObject *name, *value;
    *kept = PyList_New(0);
    bool taken = *kept != NULL;
    while (taken && PyDict_Next(dict, &at, &name, &value)) {
        const py_option *option = find(structure, table, name);
        taken = option != NULL;
        if (taken && value != Py_None && !put(option, value, options, *kept)) {
            name_error(option->name);
            taken = false;
        }
    }
    if (!taken) {
        Py_CLEAR(*kept);
    }
    return taken;
}

/* ---- shapes --------------------------------------------------------------------------------- */

bool py_shape(PyObject *tuple, lk_shape *shape) {
    Py_ssize_t axes = PyTuple_Size(tuple);
    *shape = (lk_shape){0};
    if (axes < 0 || axes > LK_SHAPE_MOST) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_ValueError, "an example has %zd axes: at most %d are possible", axes,
                         LK_SHAPE_MOST);
        }
        return false;
    }
    shape->axes = (int32_t)axes;
    for (Py_ssize_t a = 0; a < axes; a++) {
        shape->size[a] = PyLong_AsLongLong(PyTuple_GetItem(tuple, a));
    }
    return !PyErr_Occurred();
}

PyObject *py_shape_tuple(const lk_shape *shape) {
    PyObject *tuple = PyTuple_New(shape->axes);
    for (int32_t a = 0; tuple != NULL && a < shape->axes; a++) {
        PyObject *size = PyLong_FromLongLong(shape->size[a]);
        if (size == NULL || PyTuple_SetItem(tuple, a, size) != 0) {
            Py_CLEAR(tuple);
        }
    }
    return tuple;
}
