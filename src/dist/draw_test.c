/* Drawing by the inverse cumulative distribution: its edges, and that the frequencies are the
 * probabilities. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "base/random.h"
#include "dist/dist.h"

#define SEED 7u

static void test_edges(void **state) {
    (void)state;
    const float p[5] = {0.0f, 0.25f, 0.0f, 0.75f, 0.0f};
    assert_int_equal(lk_probabilities_draw(p, 5, 0.0f), 1);
    assert_int_equal(lk_probabilities_draw(p, 5, 0x1.fffffep-3f), 1);
    assert_int_equal(lk_probabilities_draw(p, 5, 0.25f), 3);
    assert_int_equal(lk_probabilities_draw(p, 5, 0x1.fffffep-1f), 3);
    /* Rounded-down probabilities: what is left over goes to the last possible symbol. */
    const float low[3] = {0.5f, 0.499999f, 0.0f};
    assert_int_equal(lk_probabilities_draw(low, 3, 0x1.fffffep-1f), 1);
    const float broken[2] = {NAN, NAN};
    assert_int_equal(lk_probabilities_draw(broken, 2, 0.5f), 0);
}

static void test_frequencies(void **state) {
    (void)state;
    enum { V = 6, DRAWS = 200000 };
    const float p[V] = {0.3f, 0.001f, 0.0f, 0.449f, 0.05f, 0.2f};
    int64_t seen[V] = {0};
    lk_random random = {SEED, LK_FOR_SAMPLE};
    for (uint64_t i = 0; i < DRAWS; i++) {
        seen[lk_probabilities_draw(p, V, lk_random_unit(random, i, 0))]++;
    }
    for (int s = 0; s < V; s++) {
        double expected = (double)p[s] * DRAWS;
        double deviation = sqrt(expected * (1 - (double)p[s]));
        if (!(fabs((double)seen[s] - expected) <= 4.5 * deviation)) {
            fail_msg("symbol %d: drawn %lld times, expected %.0f +- %.0f, seed %u", s,
                     (long long)seen[s], expected, deviation, SEED);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_edges),
                                       cmocka_unit_test(test_frequencies)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
