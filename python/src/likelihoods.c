/* Likelihoods and p-values. */
#include "likely_python.h"

static const py_option scoring_options[] = {
    {"learning_rate", PY_FLOAT, offsetof(lk_scoring, learning_rate)}, {0}};

/* nll(context, model, data, labels, nll_nats, surprisal, options); the arrays are addresses, 0 for
 * none: of [items] int32, [items] float64 and [all variables] float64 */
static PyObject *nll(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *capsule, *object, *items, *options, *kept;
    unsigned long long labels, nats, surprisal;
    if (!PyArg_ParseTuple(arguments, "OOOKKKO!", &capsule, &object, &items, &labels, &nats,
                          &surprisal, &PyDict_Type, &options)) {
        return NULL;
    }
    py_context *context = py_context_of(capsule);
    lk_model *model = context != NULL ? py_model(object) : NULL;
    lk_data *data = model != NULL ? py_data(items) : NULL;
    lk_scoring how = lk_scoring_defaults();
    if (data == NULL || !py_options("scoring", scoring_options, options, &how, &kept)) {
        return NULL;
    }
    Py_DECREF(kept);
    how.labels = PY_ADDRESS(labels);
    lk_status status;
    PY_WITHOUT_LOCK(context, status = lk_model_nll(context->handle, model, data, &how,
                                                   PY_ADDRESS(nats), PY_ADDRESS(surprisal)));
    return py_done(context, status) ? py_text(NULL) : NULL;
}

/* p_values(context, model, nll_nats, count, p_value); addresses of [count] float64 */
static PyObject *p_values(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *capsule, *object;
    unsigned long long nats, p_value;
    long long count;
    if (!PyArg_ParseTuple(arguments, "OOKLK", &capsule, &object, &nats, &count, &p_value)) {
        return NULL;
    }
    py_context *context = py_context_of(capsule);
    lk_model *model = context != NULL ? py_model(object) : NULL;
    if (model == NULL) {
        return NULL;
    }
    lk_status status;
    PY_WITHOUT_LOCK(context, status = lk_model_p_values(context->handle, model, PY_ADDRESS(nats),
                                                        count, PY_ADDRESS(p_value)));
    return py_done(context, status) ? py_text(NULL) : NULL;
}

PyMethodDef py_likelihood_methods[] = {
    {"nll", nll, METH_VARARGS, NULL}, {"p_values", p_values, METH_VARARGS, NULL}, {0}};
