/* What distributions of symbols share: sampling by the inverse cumulative distribution, and seeing
 * that there is one distribution for all. */
#include <string.h>

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

bool lk_parameters_alike(const float *parameters, int64_t channels, int64_t count) {
    return count > 1 && memcmp(parameters, parameters + channels,
                               (size_t)((count - 1) * channels) * sizeof *parameters) == 0;
}
