/* Measures: monotonic seconds, and what turns nats into bits. */
#ifndef LK_BASE_MEASURE_H
#define LK_BASE_MEASURE_H

#define LK_NATS_PER_BIT 0.6931471805599453 /* ln 2 */

/* Seconds of a clock that never goes back; only differences mean something. */
double lk_seconds(void);

#endif
