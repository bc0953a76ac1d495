/* Philox4x32-10 and what is drawn from it: J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random
 * numbers: as easy as 1, 2, 3", SC 2011, section 4.3. One round maps the counter (x0, x1, x2, x3)
 * under the key (k0, k1) to
 *
 *   (high(M1 x2) ^ x1 ^ k0,  low(M1 x2),  high(M0 x0) ^ x3 ^ k1,  low(M0 x0))
 *
 * and the key grows by the Weyl constants between rounds. The normal numbers stand in
 * random_normal.c. */
#include "base/random.h"

#include <stdlib.h>

#include "base/context.h"
#include "base/philox.h"

__extension__ typedef unsigned __int128 wide;

void lk_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t words[4]) {
    uint32_t x0 = counter[0], x1 = counter[1], x2 = counter[2], x3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < LK_PHILOX_ROUNDS; round++) {
        uint64_t product0 = LK_PHILOX_MULTIPLIER_0 * x0;
        uint64_t product1 = LK_PHILOX_MULTIPLIER_1 * x2;
        x0 = (uint32_t)(product1 >> 32) ^ x1 ^ k0;
        x1 = (uint32_t)product1;
        x2 = (uint32_t)(product0 >> 32) ^ x3 ^ k1;
        x3 = (uint32_t)product0;
        k0 += LK_PHILOX_WEYL_0;
        k1 += LK_PHILOX_WEYL_1;
    }
    words[0] = x0;
    words[1] = x1;
    words[2] = x2;
    words[3] = x3;
}

/* The finalizer of splitmix64 (Steele, Lea, Flood, OOPSLA 2014): a bijection in which every input
 * bit reaches every output bit. */
static uint64_t mix(uint64_t value) {
    value = (value ^ (value >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94D049BB133111EB);
    return value ^ (value >> 31);
}

static void make_key(lk_random random, uint32_t attempt, uint32_t key[2]) {
    uint64_t use = (uint64_t)attempt << 32 | (uint32_t)random.purpose;
    uint64_t mixed =
        mix(mix(random.seed + UINT64_C(0x9E3779B97F4A7C15)) + use * UINT64_C(0x9E3779B97F4A7C15));
    key[0] = (uint32_t)mixed;
    key[1] = (uint32_t)(mixed >> 32);
}

void lk_random_key(lk_random random, uint32_t key[2]) {
    make_key(random, 0, key);
}

void lk_random_attempt(lk_random random, uint32_t attempt, uint64_t a, uint64_t b,
                       uint32_t words[4]) {
    uint32_t key[2];
    make_key(random, attempt, key);
    const uint32_t counter[4] = {(uint32_t)a, (uint32_t)(a >> 32), (uint32_t)b,
                                 (uint32_t)(b >> 32)};
    lk_philox(counter, key, words);
}

void lk_random_block(lk_random random, uint64_t a, uint64_t b, uint32_t words[4]) {
    lk_random_attempt(random, 0, a, b, words);
}

float lk_random_unit(lk_random random, uint64_t a, uint64_t b) {
    uint32_t words[4];
    lk_random_block(random, a, b, words);
    return (float)(words[0] >> 8) * 0x1p-24F;
}

uint64_t lk_random_below(lk_random random, uint64_t a, uint64_t b, uint64_t limit) {
    LK_REQUIRE(limit >= 1);
    uint32_t words[4];
    lk_random_block(random, a, b, words);
    uint64_t draw = (uint64_t)words[1] << 32 | words[0];
    return (uint64_t)((wide)draw * limit >> 64);
}

void lk_random_permutation(lk_random random, uint64_t a, int64_t count, int32_t *permutation) {
    LK_REQUIRE(count >= 0 && count <= INT32_MAX);
    for (int64_t position = 0; position < count; position++) {
        int64_t other =
            (int64_t)lk_random_below(random, a, (uint64_t)position, (uint64_t)position + 1);
        permutation[position] = (int32_t)position;
        permutation[position] = permutation[other];
        permutation[other] = (int32_t)position;
    }
}

static int by_number(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

void lk_random_split(uint64_t seed, int64_t kept, int64_t count, int32_t *order) {
    lk_random_permutation((lk_random){seed, LK_FOR_SHUFFLE}, UINT64_MAX, count, order);
    qsort(order, (size_t)kept, sizeof *order, by_number);
    qsort(order + kept, (size_t)(count - kept), sizeof *order, by_number);
}
