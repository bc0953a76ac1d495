/* Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC 2011). A number is
 * named by what it is for (seed, purpose, two 64-bit coordinates), never by who draws it when; so
 * sampling, shuffling and dropout give the same bits for any batch, schedule and number of
 * threads. */
#ifndef LK_BASE_RANDOM_H
#define LK_BASE_RANDOM_H

#include <stdint.h>

typedef enum lk_purpose {
    LK_FOR_INIT = 1, /* initial weights: parameter, element */
    LK_FOR_SHUFFLE,  /* order of the examples: epoch, position */
    LK_FOR_DROPOUT,  /* (step, node), (example, cell) */
    LK_FOR_SAMPLE,   /* example, variable */
    LK_FOR_ORDER,    /* random orderings: mask number, position */
    LK_FOR_MASK,     /* random connectivity: (mask number, layer), position */
    LK_FOR_BINARIZE, /* epoch * examples + example, variable */
    LK_FOR_FIT,      /* EM starts and the like */
    LK_FOR_CHECK,    /* inputs that `check` invents */
    LK_FOR_VARIANT,  /* which mask a training step or a sample uses */
    LK_FOR_CROP,     /* epoch * examples + example, axis */
    LK_FOR_KNOWN,    /* what a training step knows of an example: step, (example, draw) */
} lk_purpose;

typedef struct lk_random {
    uint64_t seed;
    lk_purpose purpose;
} lk_random;

/* The generator itself: ten rounds on a 128-bit counter under a 64-bit key, least significant words
 * first. */
void lk_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t words[4]);

/* Four random words for the coordinates (a, b), which are the counter; the key is made of seed and
 * purpose (for one purpose, different seeds have different keys). */
void lk_random_block(lk_random random, uint64_t a, uint64_t b, uint32_t words[4]);
/* That key, for those who run many counters side by side. */
void lk_random_key(lk_random random, uint32_t key[2]);
/* The same, `attempt` times over: for methods that may reject what they drew. Attempt 0 is
 * lk_random_block. */
void lk_random_attempt(lk_random random, uint32_t attempt, uint64_t a, uint64_t b,
                       uint32_t words[4]);
/* Uniform on [0, 1), a multiple of 2^-24, exactly representable. */
float lk_random_unit(lk_random random, uint64_t a, uint64_t b);
/* Uniform on 0..limit-1 (limit >= 1), by 64-bit multiplication; bias below 2^-32 for limits up to
 * 2^32. */
uint64_t lk_random_below(lk_random random, uint64_t a, uint64_t b, uint64_t limit);
/* A uniformly random permutation of 0..count-1 (Fisher-Yates with the numbers (a, position)). */
void lk_random_permutation(lk_random random, uint64_t a, int64_t count, int32_t *permutation);
/* A part held out at random: order[count] has the first `kept`, then those that are held out, each
 * ascending. Whoever splits `count` things by this seed splits them alike. */
void lk_random_split(uint64_t seed, int64_t kept, int64_t count, int32_t *order);
/* Standard normal by Marsaglia's polar method, on exact arithmetic (sqrt and lk_log_scalar). */
float lk_random_normal(lk_random random, uint64_t a, uint64_t b);

#endif
