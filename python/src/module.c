/* likely._likely: the table of its functions. */
#include "likely_python.h"

static int add_methods(PyObject *module) {
    PyMethodDef *const tables[] = {py_context_methods, py_data_methods,     py_model_methods,
                                   py_name_methods,    py_training_methods, py_likelihood_methods,
                                   py_sample_methods,  py_coding_methods};
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) {
        if (PyModule_AddFunctions(module, tables[t]) != 0) {
            return -1;
        }
    }
    return 0;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, add_methods}, {0, NULL}};

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "_likely",
                                 .m_doc = "The C library; likely is its Python.", .m_slots = slots};

PyMODINIT_FUNC PyInit__likely(void) {
    return PyModuleDef_Init(&definition);
}
