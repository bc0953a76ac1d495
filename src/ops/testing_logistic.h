/* The definition of logistic colours in double, and the shapes that it is tested on. */
#ifndef LK_OPS_TESTING_LOGISTIC_H
#define LK_OPS_TESTING_LOGISTIC_H

#include "ops/testing_sequences.h"

/* The probability that a discretized logistic distribution gives a level, as published. */
static inline double testing_logistic(int32_t alphabet, double x, double mean, double log_scale) {
    double last = alphabet - 1, s = exp(fmax(log_scale, -7.0));
    double a = (2 * x / last - 1 - mean + 1 / last) / s, b = a - 2 / last / s;
    return x == 0      ? testing_sigmoid(a)
           : x == last ? testing_sigmoid(-b)
           : a + b > 0 ? testing_sigmoid(-b) - testing_sigmoid(-a)
                       : testing_sigmoid(a) - testing_sigmoid(b);
}

/* A component's mean of a colour; in: its numbers of the pixel, from the log weights on. */
static inline double testing_colour_mean(const double *in, int64_t k, int64_t components,
                                         int32_t colour, const double *x, int32_t alphabet) {
    const double *at = in + components * (1 + 2 * colour + colour * (colour - 1) / 2) + k;
    double mean = at[0];
    for (int32_t i = 0; i < colour; i++) {
        mean += tanh(at[(2 + i) * components]) * (2 * x[i] / (alphabet - 1) - 1);
    }
    return mean;
}

static inline double testing_colour_log_scale(const double *in, int64_t k, int64_t components,
                                              int32_t colour) {
    return in[components * (2 + 2 * colour + colour * (colour - 1) / 2) + k];
}

/* Of a pixel, by one mixture indicator: minus the log of the sum over components of the product
 * over colours; in: what the network says of the pixel. */
static inline double testing_pixel_nll(const double *in, int64_t components, int32_t colours,
                                       int32_t alphabet, const uint16_t *x) {
    double values[LK_COLOURS_MOST], sum = 0, all = 0;
    for (int32_t c = 0; c < colours; c++) {
        values[c] = x[c];
    }
    for (int64_t k = 0; k < components; k++) {
        double term = exp(in[k]);
        all += term;
        for (int32_t c = 0; c < colours; c++) {
            term *= testing_logistic(alphabet, values[c],
                                     testing_colour_mean(in, k, components, c, values, alphabet),
                                     testing_colour_log_scale(in, k, components, c));
        }
        sum += term;
    }
    return log(all) - log(sum);
}

static inline void testing_logistic_colours(const lk_node *node, double *const *source,
                                            int64_t batch, int32_t colours, double *out) {
    int64_t components = node->channels / 3, channels = node->inputs[0]->channels;
    for (int64_t i = 0; i < node->cells * batch; i++, out += node->channels) {
        int64_t pixel = i / batch / colours, n = i % batch;
        int32_t colour = (int32_t)(i / batch % colours);
        const double *in = source[0] + (pixel * batch + n) * channels;
        double x[LK_COLOURS_MOST], all = 0;
        for (int32_t c = 0; c < colours; c++) {
            x[c] = source[1][(pixel * colours + c) * batch + n];
        }
        for (int64_t k = 0; k < components; k++) {
            double weight = exp(in[k]);
            for (int32_t c = 0; c < colour; c++) {
                weight *=
                    testing_logistic(TESTING_ALPHABET, x[c],
                                     testing_colour_mean(in, k, components, c, x, TESTING_ALPHABET),
                                     testing_colour_log_scale(in, k, components, c));
            }
            out[k] = weight;
            out[components + k] =
                testing_colour_mean(in, k, components, colour, x, TESTING_ALPHABET);
            out[2 * components + k] = testing_colour_log_scale(in, k, components, colour);
            all += weight;
        }
        for (int64_t k = 0; k < components; k++) {
            out[k] = log(out[k] / all);
        }
    }
}

#define TESTING_COLOURS(name, count, components)                                            \
    static inline lk_node *make_logistic_##name(lk_graph *graph, lk_node *const *source) {  \
        return lk_logistic_colours(graph, source[0], &graph->fields[0], count, components); \
    }                                                                                       \
    static inline void reference_logistic_##name(const lk_node *node, double *const *in,    \
                                                 double *const *parameter, int64_t batch,   \
                                                 double *out) {                             \
        (void)parameter;                                                                    \
        testing_logistic_colours(node, in, batch, count, out);                              \
    }
TESTING_COLOURS(rgb, 3, 5)
TESTING_COLOURS(pairs, 2, 17)
TESTING_COLOURS(alone, 1, 3)

#endif
