/* Optimizer steps, element by element; the formulas stand in kernels/kernels.h. Square roots and
 * quotients are exact (IEEE-754). SGD with momentum: Sutskever et al. 2013. Adam: Kingma and Ba
 * 2015. Decoupled decay: Loshchilov and Hutter 2019. Adagrad: Duchi, Hazan and Singer 2011. */
#include <math.h>

#include "kernels/isa/name.h"

void LK_KERNEL(sgd)(float *weight, float *velocity, const float *gradient, float learning_rate,
                    float momentum, float weight_decay, float gradient_scale, int64_t count) {
    LK_INDEPENDENT
    for (int64_t i = 0; i < count; i++) {
        float g = fmaf(weight_decay, weight[i], gradient_scale * gradient[i]);
        velocity[i] = fmaf(momentum, velocity[i], g);
        weight[i] = fmaf(-learning_rate, velocity[i], weight[i]);
    }
}

void LK_KERNEL(adam)(float *weight, float *first, float *second, const float *gradient,
                     const lk_adam_step *step, int64_t count) {
    const lk_adam_step s = *step;
    const float rate = s.learning_rate / s.correction1;
    const float inverse_root = 1.0f / sqrtf(s.correction2);
    const float keep = 1.0f - s.learning_rate * s.weight_decay;
    const float gain1 = 1.0f - s.beta1;
    const float gain2 = 1.0f - s.beta2;
    LK_INDEPENDENT
    for (int64_t i = 0; i < count; i++) {
        float g = fmaf(s.l2_decay, weight[i], s.gradient_scale * gradient[i]);
        first[i] = fmaf(s.beta1, first[i], gain1 * g);
        second[i] = fmaf(s.beta2, second[i], gain2 * g * g);
        float denominator = fmaf(sqrtf(second[i]), inverse_root, s.epsilon);
        weight[i] = fmaf(keep, weight[i], -(rate * first[i] / denominator));
    }
}

void LK_KERNEL(adagrad)(float *weight, float *squares, const float *gradient, float learning_rate,
                        float epsilon, float weight_decay, float gradient_scale, int64_t count) {
    LK_INDEPENDENT
    for (int64_t i = 0; i < count; i++) {
        float g = fmaf(weight_decay, weight[i], gradient_scale * gradient[i]);
        squares[i] = fmaf(g, g, squares[i]);
        weight[i] -= learning_rate * g / (sqrtf(squares[i]) + epsilon);
    }
}

void LK_KERNEL(average)(float *average, const float *weight, float decay, int64_t count) {
    const float gain = 1.0f - decay;
    LK_INDEPENDENT
    for (int64_t i = 0; i < count; i++) {
        average[i] = fmaf(decay, average[i], gain * weight[i]);
    }
}
