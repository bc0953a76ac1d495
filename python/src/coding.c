/* Compression. */
#include "likely_python.h"

#define OPTION(name, kind) \
    { #name, kind, offsetof(lk_coding, name) }
static const py_option coding_options[] = {OPTION(learning_rate, PY_FLOAT),
                                           OPTION(unverified, PY_BOOL),
                                           OPTION(salvage, PY_BOOL),
                                           OPTION(lossy, PY_BOOL),
                                           {0}};

static PyObject *report_tuple(const lk_coding_report *r) {
    return Py_BuildValue("(LLLLdL)", (long long)r->items, (long long)r->variables,
                         (long long)r->bytes, (long long)r->header_bytes, r->nll_nats,
                         (long long)r->lost);
}

/* What was made, and the report; neither is the caller's any more. */
static PyObject *with_report(PyObject *made, const lk_coding_report *report) {
    PyObject *told = made != NULL ? report_tuple(report) : NULL;
    if (told == NULL) {
        Py_XDECREF(made);
        return NULL;
    }
    return Py_BuildValue("(NN)", made, told);
}

/* A sink, or None, which is memory. */
static bool take_output(py_context *context, PyObject *sink, py_stream *stream, lk_bytes *bytes,
                        lk_output *output) {
    *bytes = (lk_bytes){0};
    *output = lk_to_memory(bytes);
    return sink == Py_None || py_output(context, sink, stream, output);
}

/* compress(context, model, data, sink or None, options) -> (bytes or None, report) */
static PyObject *compress(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *capsule, *object, *items, *sink, *options, *kept;
    if (!PyArg_ParseTuple(arguments, "OOOOO!", &capsule, &object, &items, &sink, &PyDict_Type,
                          &options)) {
        return NULL;
    }
    py_context *context = py_context_of(capsule);
    lk_model *model = context != NULL ? py_model(object) : NULL;
    lk_data *data = model != NULL ? py_data(items) : NULL;
    lk_coding how = lk_coding_defaults();
    py_stream stream;
    lk_bytes bytes;
    lk_output output;
    if (data == NULL || !take_output(context, sink, &stream, &bytes, &output) ||
        !py_options("coding", coding_options, options, &how, &kept)) {
        return NULL;
    }
    Py_DECREF(kept);
    lk_coding_report report = {0};
    lk_status status;
    PY_WITHOUT_LOCK(
        context, status = lk_model_compress(context->handle, model, data, &how, output, &report));
    if (!py_done(context, status)) {
        lk_bytes_release(&bytes); /* a sink that raised, once all was well */
        return NULL;
    }
    return with_report(sink == Py_None ? py_bytes_take(&bytes) : py_text(NULL), &report);
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
        !py_options("coding", coding_options, options, &how, &kept)) {
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
    return with_report(py_data_take(data), &report);
}

/* decompress_text(context, model, source, sink, options) -> report */
static PyObject *decompress_text(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *capsule, *object, *source, *sink, *options, *kept;
    if (!PyArg_ParseTuple(arguments, "OOO!O!O!", &capsule, &object, &PyTuple_Type, &source,
                          &PyTuple_Type, &sink, &PyDict_Type, &options)) {
        return NULL;
    }
    py_context *context = py_context_of(capsule);
    lk_model *model = context != NULL ? py_model(object) : NULL;
    lk_coding how = lk_coding_defaults();
    py_stream from, to;
    lk_input input;
    lk_output output;
    if (model == NULL || !py_input(context, source, &from, &input) ||
        !py_output(context, sink, &to, &output) ||
        !py_options("coding", coding_options, options, &how, &kept)) {
        return NULL;
    }
    Py_DECREF(kept);
    lk_coding_report report = {0};
    lk_status status;
    PY_WITHOUT_LOCK(context, status = lk_model_decompress_text(context->handle, model, input, &how,
                                                               output, &report));
    return py_done(context, status) ? report_tuple(&report) : NULL;
}

PyMethodDef py_coding_methods[] = {{"compress", compress, METH_VARARGS, NULL},
                                   {"decompress", decompress, METH_VARARGS, NULL},
                                   {"decompress_text", decompress_text, METH_VARARGS, NULL},
                                   {0}};
