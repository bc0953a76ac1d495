/* NADE's equations in double, as the double loop over variables that the running sum saves; with
 * the mask's rows, those of EoNADE. Included by *_test.c only. */
#ifndef LK_FAMILIES_TESTING_NADE_H
#define LK_FAMILIES_TESTING_NADE_H

#include <stdio.h>

#include "models/testing_gradients.h"

#define NADE_UNITS_MOST 128

typedef struct nade_network {
    const lk_model *model;
    const int32_t *rank; /* of the variables */
    const char *activation;
    int32_t layers;
    bool seen; /* it reads which variables are known */
    testing_bump bump;
} nade_network;

static inline const lk_parameter *nade_parameter(const nade_network *d, const char *name) {
    int32_t index = lk_parameters_find(d->model->parameters, name);
    if (index < 0) {
        fail_msg("no parameter %s", name);
    }
    return &d->model->parameters->list[index];
}

static inline double nade_weight(const nade_network *d, const lk_parameter *p, int64_t i) {
    return testing_bumped(&d->bump, p->value + i);
}

static inline double nade_activation(const nade_network *d, double x) {
    return strcmp(d->activation, "sigmoid") == 0 ? 1.0 / (1.0 + exp(-x))
           : strcmp(d->activation, "relu") == 0  ? fmax(x, 0.0)
           : strcmp(d->activation, "tanh") == 0  ? tanh(x)
                                                 : log1p(exp(x));
}

/* The first layer where `known` variables are; its units are h[0 .. return - 1]. */
static inline int64_t nade_first_layer(const nade_network *d, const uint16_t *x, const bool *known,
                                       double *h) {
    const lk_parameter *w = nade_parameter(d, "hidden1.weight"),
                       *c = nade_parameter(d, "hidden1.bias");
    int64_t variables = d->model->data.variables, units = w->columns;
    int64_t alphabet = d->model->data.alphabet, inputs = alphabet == 2 ? 1 : alphabet;
    for (int64_t k = 0; k < units; k++) {
        double a = nade_weight(d, c, k);
        for (int64_t j = 0; j < variables; j++) {
            if (known[j]) {
                a += inputs > 1  ? nade_weight(d, w, (j * inputs + x[j]) * units + k)
                     : x[j] == 1 ? nade_weight(d, w, j * units + k)
                                 : 0.0;
                a += d->seen ? nade_weight(d, w, (variables * inputs + j) * units + k) : 0.0;
            }
        }
        h[k] = nade_activation(d, a);
    }
    return units;
}

/* -log p(x_v | the known variables) in nats. */
static inline double nade_term(const nade_network *d, const uint16_t *x, const bool *known,
                               int64_t v) {
    double h[2][NADE_UNITS_MOST], logit[8], total = 0.0;
    int64_t units = nade_first_layer(d, x, known, h[0]);
    for (int32_t layer = 1; layer < d->layers; layer++) {
        char name[32];
        snprintf(name, sizeof name, "hidden%d.weight", layer + 1);
        const lk_parameter *u = nade_parameter(d, name);
        snprintf(name, sizeof name, "hidden%d.bias", layer + 1);
        const lk_parameter *c = nade_parameter(d, name);
        for (int64_t o = 0; o < u->columns; o++) {
            double a = nade_weight(d, c, o);
            for (int64_t k = 0; k < units; k++) {
                a += h[(layer - 1) % 2][k] * nade_weight(d, u, k * u->columns + o);
            }
            h[layer % 2][o] = nade_activation(d, a);
        }
        units = u->columns;
    }
    const double *last = h[(d->layers - 1) % 2];
    const lk_parameter *out = nade_parameter(d, "logits.weight"),
                       *b = nade_parameter(d, "logits.bias");
    int64_t alphabet = d->model->data.alphabet, logits = alphabet == 2 ? 1 : alphabet;
    for (int64_t a = 0; a < logits; a++) {
        logit[a] = nade_weight(d, b, v * logits + a);
        for (int64_t k = 0; k < units; k++) {
            logit[a] += last[k] * nade_weight(d, out, (v * logits + a) * units + k);
        }
        total += exp(logit[a]);
    }
    return logits == 1 ? log1p(exp(x[v] != 0 ? -logit[0] : logit[0])) : log(total) - logit[x[v]];
}

static inline double nade_nll(const void *network, const uint16_t *x) {
    const nade_network *d = network;
    double nll = 0.0;
    for (int64_t v = 0; v < d->model->data.variables; v++) {
        bool known[16];
        for (int64_t j = 0; j < d->model->data.variables; j++) {
            known[j] = d->rank[j] < d->rank[v];
        }
        nll += nade_term(d, x, known, v);
    }
    return nll;
}

#endif
