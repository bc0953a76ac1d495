/* Sampling by the inverse cumulative distribution. */
#include "dist/dist.h"

int32_t lk_probabilities_draw(const float *probability, int32_t alphabet, float unit) {
    double sum = 0;
    int32_t last = 0;
    for (int32_t s = 0; s < alphabet; s++) {
        if (probability[s] > 0.0f) {
            sum += (double)probability[s];
            last = s;
            if ((double)unit < sum) {
                return s;
            }
        }
    }
    return last;
}
