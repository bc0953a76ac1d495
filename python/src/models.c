/* Models: files, and what is known of them. */
#include "likely_python.h"

static const char model_name[] = "likely.model";

static void destroy(PyObject *capsule) {
    lk_model_destroy(PyCapsule_GetPointer(capsule, model_name));
}

PyObject *py_model_take(lk_model *model) {
    PyObject *capsule = PyCapsule_New(model, model_name, destroy);
    if (capsule == NULL) {
        lk_model_destroy(model);
    }
    return capsule;
}

lk_model *py_model(PyObject *capsule) {
    return PyCapsule_GetPointer(capsule, model_name);
}

bool py_model_or_none(PyObject *object, const lk_model **model) {
    *model = object != Py_None ? py_model(object) : NULL;
    return !PyErr_Occurred();
}

/* ---- files ---------------------------------------------------------------------------------- */

/* load_model(context, source) */
static PyObject *load(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *capsule, *source;
    if (!PyArg_ParseTuple(arguments, "OO!", &capsule, &PyTuple_Type, &source)) {
        return NULL;
    }
    py_context *context = py_context_of(capsule);
    py_stream stream;
    lk_input input;
    if (context == NULL || !py_input(context, source, &stream, &input)) {
        return NULL;
    }
    lk_model *model;
    lk_status status;
    PY_WITHOUT_LOCK(context, status = lk_model_load(context->handle, input, &model));
    return py_done(context, status) ? py_model_take(model) : NULL;
}

/* save_model(context, model, sink) */
static PyObject *save(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *capsule, *object, *sink;
    if (!PyArg_ParseTuple(arguments, "OOO!", &capsule, &object, &PyTuple_Type, &sink)) {
        return NULL;
    }
    py_context *context = py_context_of(capsule);
    lk_model *model = context != NULL ? py_model(object) : NULL;
    py_stream stream;
    lk_output output;
    if (model == NULL || !py_output(context, sink, &stream, &output)) {
        return NULL;
    }
    lk_status status;
    PY_WITHOUT_LOCK(context, status = lk_model_save(context->handle, model, output));
    return py_done(context, status) ? py_text(NULL) : NULL;
}

/* model_bytes(context, model) -> its file */
static PyObject *model_bytes(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *capsule, *object;
    if (!PyArg_ParseTuple(arguments, "OO", &capsule, &object)) {
        return NULL;
    }
    py_context *context = py_context_of(capsule);
    lk_model *model = context != NULL ? py_model(object) : NULL;
    if (model == NULL) {
        return NULL;
    }
    lk_bytes bytes = {0};
    lk_status status;
    PY_WITHOUT_LOCK(context, status = lk_model_save(context->handle, model, lk_to_memory(&bytes)));
    return py_done(context, status) ? py_bytes_take(&bytes) : NULL;
}

/* set_model(context, model, "KEY=VALUE"), of a model that nobody else has yet */
static PyObject *set(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *capsule, *object;
    const char *setting;
    if (!PyArg_ParseTuple(arguments, "OOs", &capsule, &object, &setting)) {
        return NULL;
    }
    py_context *context = py_context_of(capsule);
    lk_model *model = context != NULL ? py_model(object) : NULL;
    if (model == NULL) {
        return NULL;
    }
    lk_status status;
    PY_WITHOUT_LOCK(context, status = lk_model_set(context->handle, model, setting));
    return py_done(context, status) ? py_text(NULL) : NULL;
}

/* ---- what is known -------------------------------------------------------------------------- */

/* describe_model(model) -> (family, shape, variables, alphabet, text, labels, parameters,
 * fingerprint, local_every, local_alphabet) */
static PyObject *describe(PyObject *module, PyObject *capsule) {
    (void)module;
    lk_model *model = py_model(capsule);
    if (model == NULL) {
        return NULL;
    }
    char fingerprint[33];
    lk_model_fingerprint_text(model, fingerprint);
    lk_shape shape = lk_model_shape(model);
    PyObject *sizes = py_shape_tuple(&shape);
    return sizes == NULL
               ? NULL
               : Py_BuildValue("(sNLiiiLsii)", lk_model_family(model), sizes,
                               (long long)lk_model_variables(model), (int)lk_model_alphabet(model),
                               (int)lk_model_text(model), (int)lk_model_label_count(model),
                               (long long)lk_model_parameter_count(model), fingerprint,
                               (int)lk_model_local_every(model),
                               (int)lk_model_local_alphabet(model));
}

/* is_bound(model) -> whether its likelihoods are bounds */
static PyObject *is_bound(PyObject *module, PyObject *capsule) {
    (void)module;
    lk_model *model = py_model(capsule);
    return model != NULL ? PyBool_FromLong(lk_model_bound(model)) : NULL;
}

/* setting(model, key) -> text or None */
static PyObject *setting(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *object;
    const char *key;
    if (!PyArg_ParseTuple(arguments, "Os", &object, &key)) {
        return NULL;
    }
    lk_model *model = py_model(object);
    return model != NULL ? py_text(lk_model_setting(model, key)) : NULL;
}

/* families() -> their names, in the order of a course */
static PyObject *families(PyObject *module, PyObject *unused) {
    (void)module;
    (void)unused;
    PyObject *list = PyList_New(0);
    for (int32_t i = 0; list != NULL && lk_family_name_at(i) != NULL; i++) {
        PyObject *name = py_text(lk_family_name_at(i));
        if (name == NULL || PyList_Append(list, name) != 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(name);
    }
    return list;
}

PyMethodDef py_model_methods[] = {{"load_model", load, METH_VARARGS, NULL},
                                  {"save_model", save, METH_VARARGS, NULL},
                                  {"model_bytes", model_bytes, METH_VARARGS, NULL},
                                  {"set_model", set, METH_VARARGS, NULL},
                                  {"describe_model", describe, METH_O, NULL},
                                  {"is_bound", is_bound, METH_O, NULL},
                                  {"setting", setting, METH_VARARGS, NULL},
                                  {"families", families, METH_NOARGS, NULL},
                                  {0}};
