/* Contexts: progress, signals, and errors as exceptions. A context serves one thread, so the thread
 * state that a call lets go is kept in it, and taken back for each callback. */
#include "likely_python.h"

#include <unistd.h>

static const char context_name[] = "likely.context";

static void destroy(PyObject *capsule) {
    py_context *context = PyCapsule_GetPointer(capsule, context_name);
    if (context->process == (long)getpid()) {
        lk_context_destroy(context->handle);
    } /* else its threads are another process's: what it holds cannot be joined, and is left */
    Py_XDECREF(context->errors);
    Py_XDECREF(context->watch);
    PyMem_Free(context);
}

py_context *py_context_of(PyObject *capsule) {
    py_context *context = PyCapsule_GetPointer(capsule, context_name);
    if (context != NULL && context->busy) {
        PyErr_SetString(PyExc_RuntimeError, "this context is in use");
        return NULL;
    }
    return context;
}

void py_release(py_context *context) {
    context->busy = true;
    context->released = PyEval_SaveThread();
}

void py_regain(py_context *context) {
    PyEval_RestoreThread(context->released);
    context->busy = false;
}

bool py_done(py_context *context, lk_status status) {
    if (PyErr_Occurred()) {
        return false;
    }
    if (status != LK_OK) {
        const char *message = lk_context_message(context->handle);
        PyObject *text = py_text(message[0] != '\0' ? message : lk_status_text(status));
        PyObject *class = PyTuple_GetItem(context->errors, (Py_ssize_t)status);
        if (text != NULL && class != NULL) {
            PyErr_SetObject(class, text);
        }
        Py_XDECREF(text);
        return false;
    }
    return true;
}

/* ---- progress ------------------------------------------------------------------------------- */

/* False where it raised, or returned False. */
static bool tell(PyObject *watch, const lk_progress *p) {
    PyObject *note = py_text(p->note);
    PyObject *answer =
        note == NULL
            ? NULL
            : PyObject_CallFunction(watch, "sddLNdddN", p->doing != NULL ? p->doing : "", p->done,
                                    p->total, (long long)p->epoch, PyBool_FromLong(p->epoch_ended),
                                    p->train_nll_nats, p->valid_nll_nats, p->best_nll_nats, note);
    bool go_on = answer != NULL && answer != Py_False;
    Py_XDECREF(answer);
    return go_on;
}

static bool watch_job(void *argument, const lk_progress *progress) {
    py_context *context = argument;
    PyEval_RestoreThread(context->released);
    bool go_on = !PyErr_Occurred() && PyErr_CheckSignals() == 0 &&
                 (context->watch == Py_None || tell(context->watch, progress));
    context->released = PyEval_SaveThread();
    return go_on;
}

/* ---- methods -------------------------------------------------------------------------------- */

/* context(threads, errors) */
static PyObject *create(PyObject *module, PyObject *arguments) {
    (void)module;
    int threads;
    PyObject *errors;
    if (!PyArg_ParseTuple(arguments, "iO!", &threads, &PyTuple_Type, &errors)) {
        return NULL;
    }
    py_context *context = PyMem_Calloc(1, sizeof *context);
    if (context == NULL) {
        return PyErr_NoMemory();
    }
    context->errors = errors;
    context->watch = Py_None;
    context->process = (long)getpid();
    Py_INCREF(context->errors);
    Py_INCREF(context->watch);
    PyObject *capsule = PyCapsule_New(context, context_name, destroy);
    if (capsule == NULL) {
        PyMem_Free(context);
        return NULL;
    }
    lk_status status = lk_context_create(threads, &context->handle);
    if (context->handle == NULL) {
        Py_DECREF(capsule);
        return PyErr_NoMemory();
    }
    if (!py_done(context, status)) {
        Py_DECREF(capsule);
        return NULL;
    }
    lk_context_watch(context->handle, watch_job, context);
    return capsule;
}

/* watch(context, callable or None): of the jobs to come */
static PyObject *set_watch(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *capsule, *watch;
    if (!PyArg_ParseTuple(arguments, "OO", &capsule, &watch)) {
        return NULL;
    }
    py_context *context = py_context_of(capsule);
    if (context == NULL) {
        return NULL;
    }
    PyObject *before = context->watch;
    Py_INCREF(watch);
    context->watch = watch;
    Py_DECREF(before);
    Py_RETURN_NONE;
}

static PyObject *is_busy(PyObject *module, PyObject *capsule) {
    (void)module;
    py_context *context = PyCapsule_GetPointer(capsule, context_name);
    return context != NULL ? PyBool_FromLong(context->busy) : NULL;
}

/* set_memory(context, bytes) */
static PyObject *set_memory(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *capsule;
    long long bytes;
    if (!PyArg_ParseTuple(arguments, "OL", &capsule, &bytes)) {
        return NULL;
    }
    py_context *context = py_context_of(capsule);
    if (context == NULL) {
        return NULL;
    }
    lk_context_set_memory(context->handle, bytes);
    Py_RETURN_NONE;
}

/* machine(context) -> (instruction set, threads) */
static PyObject *machine(PyObject *module, PyObject *capsule) {
    (void)module;
    py_context *context = py_context_of(capsule);
    return context != NULL ? Py_BuildValue("(si)", lk_context_isa(context->handle),
                                           lk_context_threads(context->handle))
                           : NULL;
}

/* versions() -> (library, engine) */
static PyObject *versions(PyObject *module, PyObject *unused) {
    (void)module;
    (void)unused;
    return Py_BuildValue("(ss)", lk_version(), lk_engine_version());
}

/* status_names() -> of each lk_status, in order */
static PyObject *status_names(PyObject *module, PyObject *unused) {
    (void)module;
    (void)unused;
#define NAME(name, text) #name,
    static const char *const names[] = {LK_STATUS_LIST(NAME)};
#undef NAME
    Py_ssize_t count = (Py_ssize_t)(sizeof names / sizeof *names);
    PyObject *list = PyList_New(0);
    for (Py_ssize_t i = 0; list != NULL && i < count; i++) {
        PyObject *name = PyUnicode_FromString(names[i]);
        if (name == NULL || PyList_Append(list, name) != 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(name);
    }
    return list;
}

PyMethodDef py_context_methods[] = {{"context", create, METH_VARARGS, NULL},
                                    {"watch", set_watch, METH_VARARGS, NULL},
                                    {"is_busy", is_busy, METH_O, NULL},
                                    {"set_memory", set_memory, METH_VARARGS, NULL},
                                    {"machine", machine, METH_O, NULL},
                                    {"versions", versions, METH_NOARGS, NULL},
                                    {"status_names", status_names, METH_NOARGS, NULL},
                                    {0}};
