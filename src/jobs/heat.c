#include "jobs/heat.h"

#include <math.h>

#include "base/memory.h"

#define BINS 65536

/* ---- colours --------------------------------------------------------------------------------- */

/* Evenly spaced points of the colour map "inferno" (Smith and van der Walt 2015): brightness rises
 * evenly with the value. */
static const uint8_t heat[][3] = {
    {0, 0, 4},     {31, 12, 72},   {85, 15, 109},  {136, 34, 106},  {186, 54, 85},
    {227, 89, 51}, {249, 140, 10}, {249, 201, 50}, {252, 255, 164},
};
#define HEATS ((int)(sizeof heat / sizeof *heat))

void lk_heat(double share, uint8_t rgb[3]) {
    double place = share * (HEATS - 1);
    int below = place >= HEATS - 1 ? HEATS - 2 : (int)place;
    for (int c = 0; c < 3; c++) {
        double from = heat[below][c], to = heat[below + 1][c];
        rgb[c] = (uint8_t)(from + (to - from) * (place - below) + 0.5);
    }
}

/* ---- scale ----------------------------------------------------------------------------------- */

lk_status lk_heat_scale(lk_context *context, const double *bits, int64_t count, double *scale) {
    double largest = 0.0;
    int64_t finite = 0, seen = 0, *bin = lk_allocate(BINS, sizeof *bin);
    if (bin == NULL) {
        return lk_fail_no_memory(context, "a map", BINS * 8);
    }
    for (int64_t i = 0; i < count; i++) {
        largest = isfinite(bits[i]) && bits[i] > largest ? bits[i] : largest;
    }
    for (int64_t i = 0; i < count && largest > 0.0; i++) {
        if (isfinite(bits[i])) {
            int64_t at = (int64_t)(bits[i] / largest * BINS);
            bin[at < 0 ? 0 : at < BINS ? at : BINS - 1]++;
            finite++;
        }
    }
    int64_t at = 0;
    for (; at < BINS && (seen += bin[at]) < finite - finite / 200; at++) {
    }
    *scale = largest > 0.0 ? largest * (double)(at + 1) / BINS : 1.0;
    lk_release(bin);
    return LK_OK;
}
