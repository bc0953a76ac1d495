/* Heat colours of surprisal: black (none) through red and yellow to white (full scale or more). */
#ifndef LK_JOBS_HEAT_H
#define LK_JOBS_HEAT_H

#include "base/context.h"

/* share in [0, 1] of full scale */
void lk_heat(double share, uint8_t rgb[3]);
/* The value that all but one in 200 of the finite ones do not exceed, to within 1/65536 of the
 * largest; 1 where there is nothing to show. */
lk_status lk_heat_scale(lk_context *context, const double *bits, int64_t count, double *scale);

#endif
