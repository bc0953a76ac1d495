/* Files, bytes, and the read and write of Python's file-like objects. A callback that raises leaves
 * its exception where it is: py_done finds it. */
#include "likely_python.h"

#include <string.h>

PyObject *py_bytes_take(lk_bytes *bytes) {
    PyObject *object = PyBytes_FromStringAndSize((const char *)bytes->data, bytes->size);
    lk_bytes_release(bytes);
    return object;
}

static int64_t copy_read(PyObject *got, void *bytes, int64_t most) {
    char *from;
    Py_ssize_t size;
    if (PyBytes_AsStringAndSize(got, &from, &size) != 0) {
        return -1;
    }
    if (size > most) {
        PyErr_Format(PyExc_ValueError, "read(%lld) gave %zd bytes", (long long)most, size);
        return -1;
    }
    memcpy(bytes, from, (size_t)size);
    return size;
}

static int64_t call_read(void *argument, void *bytes, int64_t most) {
    py_stream *stream = argument;
    int64_t size = -1;
    PyEval_RestoreThread(stream->context->released);
    if (!PyErr_Occurred()) {
        PyObject *got = PyObject_CallFunction(stream->object, "L", (long long)most);
        size = got != NULL ? copy_read(got, bytes, most) : -1;
        Py_XDECREF(got);
    }
    stream->context->released = PyEval_SaveThread();
    return size;
}

static bool call_write(void *argument, const void *bytes, int64_t size) {
    py_stream *stream = argument;
    bool written = false;
    PyEval_RestoreThread(stream->context->released);
    if (!PyErr_Occurred()) {
        PyObject *answer =
            PyObject_CallFunction(stream->object, "y#", (const char *)bytes, (Py_ssize_t)size);
        written = answer != NULL;
        Py_XDECREF(answer);
    }
    stream->context->released = PyEval_SaveThread();
    return written;
}

static bool is_path(const char *kind, PyObject *object) {
    return strcmp(kind, "path") == 0 && PyBytes_Check(object);
}

static bool is_call(const char *kind, PyObject *object) {
    return strcmp(kind, "call") == 0 && PyCallable_Check(object);
}

bool py_input(py_context *context, PyObject *source, py_stream *stream, lk_input *input) {
    const char *kind;
    PyObject *object;
    if (!PyArg_ParseTuple(source, "sO", &kind, &object)) {
        return false;
    }
    *stream = (py_stream){context, object};
    if (is_path(kind, object)) {
        *input = lk_from_file(PyBytes_AsString(object));
    } else if (is_call(kind, object)) {
        *input = lk_from_function(call_read, stream);
    } else if (PyBytes_Check(object)) {
        *input = lk_from_memory(PyBytes_AsString(object), PyBytes_Size(object));
    } else {
        PyErr_SetString(PyExc_TypeError, "no input");
        return false;
    }
    return true;
}

bool py_output(py_context *context, PyObject *sink, py_stream *stream, lk_output *output) {
    const char *kind;
    PyObject *object;
    if (!PyArg_ParseTuple(sink, "sO", &kind, &object)) {
        return false;
    }
    *stream = (py_stream){context, object};
    if (is_path(kind, object)) {
        *output = lk_to_file(PyBytes_AsString(object));
    } else if (is_call(kind, object)) {
        *output = lk_to_function(call_write, stream);
    } else {
        PyErr_SetString(PyExc_TypeError, "no output");
        return false;
    }
    return true;
}
