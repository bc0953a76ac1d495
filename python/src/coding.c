/* Compression. */
#include "likely_python.h"

#define OPTION(name, kind) \
    { #name, kind, offsetof(lk_coding, name) }
static const py_option coding_options[] = {
    OPTION(learning_rate, PY_FLOAT), OPTION(unverified, PY_BOOL), OPTION(salvage, PY_BOOL), {0}};

static PyObject *report_tuple(const lk_coding_report *r) {
    return Py_BuildValue("(LLLLdL)", (long long)r->items, (long long)r->variables,
                         (long long)r->bytes, (long long)r->header_bytes, r->nll_nats,
                         (long long)r->lost);
}

/* compress(context, model, data, options) -> (bytes, report) */
static PyObject *compress(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *capsule, *object, *items, *options, *kept;
    if (!PyArg_ParseTuple(arguments, "OOOO!", &capsule, &object, &items, &PyDict_Type, &options)) {
        return NULL;
    }
    py_context *context = py_context_of(capsule);
    lk_model *model = context != NULL ? py_model(object) : NULL;
    lk_data *data = model != NULL ? py_data(items) : NULL;
    lk_coding how = lk_coding_defaults();
    if (data == NULL || !py_options("lk_coding", coding_options, options, &how, &kept)) {
        return NULL;
    }
    Py_DECREF(kept);
    lk_bytes bytes = {0};
    lk_coding_report report = {0};
    lk_status status;
    PY_WITHOUT_LOCK(context, status = lk_model_compress(context->handle, model, data, &how,
                                                        lk_to_memory(&bytes), &report));
    if (!py_done(context, status)) {
        return NULL;
    }
    PyObject *coded = py_bytes_take(&bytes), *told = report_tuple(&report);
    if (coded == NULL || told == NULL) {
        Py_XDECREF(coded);
        Py_XDECREF(told);
        return NULL;
    }
    return Py_BuildValue("(NN)", coded, told);
}

/* decompress(context, model, source, options) -> (data, report) */
static PyObject *decompress(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *capsule, *object, *source, *options, *kept;
    if (!PyArg_ParseTuple(arguments, "OOO!O!", &capsule, &object, &PyTuple_Type, &source,
                          &PyDict_Type, &options)) {
        return NULL;
    }
    py_context *context = py_context_of(capsule);
    lk_model *model = context != NULL ? py_model(object) : NULL;
    lk_coding how = lk_coding_defaults();
    py_stream stream;
    lk_input input;
    if (model == NULL || !py_input(context, source, &stream, &input) ||
        !py_options("lk_coding", coding_options, options, &how, &kept)) {
        return NULL;
    }
    Py_DECREF(kept);
    lk_data *data;
    lk_coding_report report = {0};
    lk_status status;
    PY_WITHOUT_LOCK(
        context, status = lk_model_decompress(context->handle, model, input, &how, &data, &report));
    if (!py_done(context, status)) {
        return NULL;
    }
    PyObject *handle = py_data_take(data), *told = report_tuple(&report);
    if (handle == NULL || told == NULL) {
        Py_XDECREF(handle);
        Py_XDECREF(told);
        return NULL;
    }
    return Py_BuildValue("(NN)", handle, told);
}

PyMethodDef py_coding_methods[] = {{"compress", compress, METH_VARARGS, NULL},
                                   {"decompress", decompress, METH_VARARGS, NULL},
                                   {0}};
