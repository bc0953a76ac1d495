/* Normal numbers by the polar method (G. Marsaglia, T. Bray, SIAM Review 6, 1964): a uniform point
 * (u, v) of the unit disc, with s = u^2 + v^2, gives u sqrt(-2 log(s) / s). Each block of four
 * words holds two points to try, u and v multiples of 2^-23; all steps are exactly rounded or fixed
 * polynomials, so the numbers are the same on every machine. */
#include <math.h>

#include "base/maths.h"
#include "base/random.h"

static float signed_unit(uint32_t word) {
    return (float)((int32_t)(word >> 8) - (1 << 23)) * 0x1p-23F;
}

float lk_random_normal(lk_random random, uint64_t a, uint64_t b) {
    for (uint32_t attempt = 0;; attempt++) {
        uint32_t words[4];
        lk_random_attempt(random, attempt, a, b, words);
        for (int pair = 0; pair < 4; pair += 2) {
            float u = signed_unit(words[pair]);
            float v = signed_unit(words[pair + 1]);
            float s = fmaf(u, u, v * v);
            if (s > 0.0F && s < 1.0F) {
                return u * sqrtf(-2.0F * lk_log_scalar(s) / s);
            }
        }
    }
}
