#include "models/mixture.h"

#include <math.h>
#include <string.h>

#include "base/double_maths.h"

#define PLACES 256 /* whose log-sums are taken at once */

/* Largest and sum stand for sum * exp(largest). */
double lk_mixture_nll(const double *nll, int64_t stride, int64_t count) {
    double largest = -(double)INFINITY, sum = 0.0;
    for (int64_t k = 0; k < count; k++) {
        double log_likelihood = -nll[k * stride];
        if (log_likelihood > largest) {
            sum = sum * lk_double_exp(largest - log_likelihood) + 1;
            largest = log_likelihood;
        } else if (log_likelihood != -(double)INFINITY) {
            sum += lk_double_exp(log_likelihood - largest);
        }
    }
    double log_count = lk_double_log((double)count);
    return sum == 0 ? (double)INFINITY : -largest - (lk_double_log(sum) - log_count);
}

int64_t lk_mixture_scratch(int64_t networks) {
    return networks * (1 + PLACES) + PLACES;
}

/* Takes the networks' log-weights over some places; joint[k * PLACES + i] are those behind place
 * first + i. */
static void weigh(const lk_mixture *m, int64_t first, int64_t count, double *weight,
                  double *joint) {
    for (int64_t i = 0; i < count; i++) {
        const float *term = m->terms + m->variable[first + i];
        for (int64_t k = 0; k < m->networks; k++) {
            weight[k] -= (double)term[k * m->stride];
            joint[k * PLACES + i] = weight[k];
        }
    }
}

void lk_mixture_terms(const lk_mixture *m, double *scratch, double *nats) {
    size_t bytes = (size_t)m->networks * sizeof *scratch;
    double *weight = scratch, *joint = weight + m->networks;
    double *behind = joint + m->networks * PLACES;
    memset(weight, 0, bytes);
    double even = lk_double_log_sum(weight, m->networks), before = even;
    for (int64_t place = 0, count; place < m->variables; place += count) {
        count = m->variables - place < PLACES ? m->variables - place : PLACES;
        weigh(m, place, count, weight, joint);
        m->kernels->log_sums(behind, joint, m->networks, PLACES, count);
        for (int64_t i = 0; i < count; i++) {
            nats[m->variable[place + i]] = before - behind[i];
            before = behind[i];
            if (before == -(double)INFINITY) {
                memset(weight, 0, bytes);
                before = even;
                count = i + 1;
            }
        }
    }
}
