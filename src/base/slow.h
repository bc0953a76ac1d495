/* Whether tests run some fifty times slower than elsewhere, under sanitizers or emulated: then they
 * leave out what says the same again. Included by *_test.c and testing*.h only. */
#ifndef LK_BASE_SLOW_H
#define LK_BASE_SLOW_H

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(LIKELY_EMULATED)
#define LK_SLOW 1
#else
#define LK_SLOW 0
#endif

#endif
