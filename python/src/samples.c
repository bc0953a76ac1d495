/* Samples and completions. */
#include "likely_python.h"

#define OPTION(name, kind) \
    { #name, kind, offsetof(lk_sampling, name) }
static const py_option sampling_options[] = {
    OPTION(first, PY_INT64),  OPTION(count, PY_INT64),       OPTION(seed, PY_UINT64),
    OPTION(length, PY_INT64), OPTION(temperature, PY_FLOAT), {0}};

/* sample(context, model, shape, given, given_count, labels, label_count, prompt, local,
 * local_count, options) -> data; given and labels are addresses of int32, local of uint16, 0 for
 * none; prompt is bytes */
static PyObject *sample(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *capsule, *object, *shape, *prompt, *options, *kept;
    unsigned long long given, labels, local;
    long long given_count, label_count, local_count;
    if (!PyArg_ParseTuple(arguments, "OOO!KLKLSKLO!", &capsule, &object, &PyTuple_Type, &shape,
                          &given, &given_count, &labels, &label_count, &prompt, &local,
                          &local_count, &PyDict_Type, &options)) {
        return NULL;
    }
    py_context *context = py_context_of(capsule);
    lk_model *model = context != NULL ? py_model(object) : NULL;
    lk_sampling how = lk_sampling_defaults();
    if (model == NULL || !py_shape(shape, &how.shape) ||
        !py_options("sampling", sampling_options, options, &how, &kept)) {
        return NULL;
    }
    Py_DECREF(kept);
    how.given = PY_ADDRESS(given);
    how.given_count = given_count;
    how.labels = PY_ADDRESS(labels);
    how.label_count = label_count;
    how.prompt = PyBytes_Size(prompt) > 0 ? PyBytes_AsString(prompt) : NULL;
    how.prompt_size = PyBytes_Size(prompt);
    how.local = PY_ADDRESS(local);
    how.local_count = local_count;
    lk_data *samples;
    lk_status status;
    PY_WITHOUT_LOCK(context, status = lk_model_sample(context->handle, model, &how, &samples));
    return py_done(context, status) ? py_data_take(samples) : NULL;
}

PyMethodDef py_sample_methods[] = {{"sample", sample, METH_VARARGS, NULL}, {0}};
