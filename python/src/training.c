/* Training. */
#include "likely_python.h"

#define OPTION(name, kind) \
    { #name, kind, offsetof(lk_training, name) }
static const py_option training_options[] = {OPTION(family, PY_TEXT),
                                             OPTION(order, PY_TEXT),
                                             OPTION(condition, PY_BOOL),
                                             OPTION(view, PY_TEXT),
                                             OPTION(window, PY_INT64),
                                             OPTION(seed, PY_UINT64),
                                             OPTION(epochs, PY_INT64),
                                             OPTION(patience, PY_INT64),
                                             OPTION(minutes, PY_DOUBLE),
                                             OPTION(batch, PY_INT64),
                                             OPTION(slices, PY_INT64),
                                             OPTION(optimizer, PY_TEXT),
                                             OPTION(learning_rate, PY_DOUBLE),
                                             OPTION(weight_decay, PY_DOUBLE),
                                             OPTION(momentum, PY_DOUBLE),
                                             OPTION(schedule, PY_TEXT),
                                             OPTION(warmup_steps, PY_INT64),
                                             OPTION(decay, PY_DOUBLE),
                                             OPTION(decay_epochs, PY_DOUBLE),
                                             OPTION(clip, PY_DOUBLE),
                                             OPTION(ema, PY_DOUBLE),
                                             OPTION(checkpoint, PY_TEXT),
                                             {0}};

/* Pointers to the texts of a list of bytes; NULL: an exception. Released by PyMem_Free. */
static const char **list_settings(PyObject *list) {
    const char **settings = PyMem_Calloc((size_t)PyList_Size(list) + 1, sizeof *settings);
    if (settings == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyList_Size(list); i++) {
        char *text;
        if (PyBytes_AsStringAndSize(PyList_GetItem(list, i), &text, NULL) != 0) {
            PyMem_Free(settings);
            return NULL;
        }
        settings[i] = text;
    }
    return settings;
}

/* A model that was ended becomes the attribute `model` of the exception that says so: of Ctrl-C and
 * of a progress function's False. What such a function raises is left as it is. */
static PyObject *keep(const py_context *context, lk_model *model) {
    PyObject *class, *value, *trace, *capsule;
    PyObject *interrupted = PyTuple_GetItem(context->errors, (Py_ssize_t)LK_INTERRUPTED);
    if (!PyErr_ExceptionMatches(PyExc_KeyboardInterrupt) && !PyErr_ExceptionMatches(interrupted)) {
        lk_model_destroy(model);
        return NULL;
    }
    PyErr_Fetch(&class, &value, &trace);
    PyErr_NormalizeException(&class, &value, &trace);
    capsule = py_model_take(model);
    if (capsule == NULL || PyObject_SetAttrString(value, "model", capsule) != 0) {
        PyErr_Clear(); /* the exception is more than the model */
    }
    Py_XDECREF(capsule);
    PyErr_Restore(class, value, trace);
    return NULL;
}

/* train(context, data, valid or None, from or None, settings, options) */
static PyObject *train(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *capsule, *object, *held_out, *from, *settings, *options, *kept;
    if (!PyArg_ParseTuple(arguments, "OOOOO!O!", &capsule, &object, &held_out, &from, &PyList_Type,
                          &settings, &PyDict_Type, &options)) {
        return NULL;
    }
    py_context *context = py_context_of(capsule);
    lk_data *data = context != NULL ? py_data(object) : NULL;
    lk_data *valid = data != NULL && held_out != Py_None ? py_data(held_out) : NULL;
    lk_training how = lk_training_defaults();
    if (data == NULL || PyErr_Occurred() || !py_model_or_none(from, &how.from) ||
        !py_options("training", training_options, options, &how, &kept)) {
        return NULL;
    }
    const char **texts = list_settings(settings);
    lk_model *model = NULL;
    if (texts != NULL) {
        lk_status status;
        how.settings = texts;
        how.setting_count = (int32_t)PyList_Size(settings);
        PY_WITHOUT_LOCK(context,
                        status = lk_model_train(context->handle, &how, data, valid, &model));
        (void)py_done(context, status);
    }
    PyMem_Free(texts);
    Py_DECREF(kept);
    if (PyErr_Occurred()) {
        return model != NULL ? keep(context, model) : NULL;
    }
    return py_model_take(model);
}

/* training_options() -> the names of train's options */
static PyObject *names(PyObject *module, PyObject *unused) {
    (void)module;
    (void)unused;
    PyObject *list = PyList_New(0);
    for (const py_option *o = training_options; list != NULL && o->name != NULL; o++) {
        PyObject *name = PyUnicode_FromString(o->name);
        if (name == NULL || PyList_Append(list, name) != 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(name);
    }
    return list;
}

PyMethodDef py_training_methods[] = {
    {"train", train, METH_VARARGS, NULL}, {"training_options", names, METH_NOARGS, NULL}, {0}};
