/* WaveNet given a slower sequence (local conditioning): against its equations in double, forward
 * and backward; which of its symbols each conditional depends on. What holds of all families is in
 * local_test.c. */
#include <stdio.h>

#include "families/testing_local.h"
#include "families/testing_wavenet.h"

#define SEED 2016

static const local_case cases[] = {
    {"wavenet", 9, 2, 0, {3, 4}, {"layers=3", "cycle=2", "channels=4", "gates=3", "skip=5"}, 5},
    {"wavenet",
     5,
     3,
     2,
     {2, 3},
     {"layers=2", "channels=3", "gates=4", "skip=4", "local_channels=5"},
     5},
    {"wavenet",
     8,
     2,
     0,
     {3, 5},
     {"layers=2", "channels=3", "gates=2", "skip=3", "upsampling=learned"},
     5},
    {"wavenet",
     4,
     3,
     3,
     {1, 2},
     {"layers=2", "channels=3", "gates=2", "skip=3", "upsampling=learned"},
     5},
    {"wavenet",
     5,
     2,
     0,
     {7, 1},
     {"layers=1", "channels=3", "gates=3", "skip=3", "upsampling=learned"},
     5},
};
#define CASES (sizeof cases / sizeof *cases)

/* ---- the equations --------------------------------------------------------------------------- */

static void equals_the_equations(void **state) {
    for (size_t i = 0; i < CASES; i++) {
        check_equations(local_given_model(*state, &cases[i]), (int64_t)i, SEED);
    }
}

static void gradients_are_the_equations(void **state) {
    for (size_t i = 0; i < CASES; i++) {
        check_gradients(local_given_model(*state, &cases[i]), SEED);
    }
}

/* ---- along streams --------------------------------------------------------------------------- */

#define FIELD_LENGTH 40

/* Conditional t depends on q_j where a layer's gate at t' reads q_j whose value t reads: t - reach
 * <= t' <= t, reach = (kernel - 1) times the dilations of all layers but the first; and
 * floor(t' / every) is j, or if upsampling is learned one of j - 1, j, j + 1. */
static void reads_its_symbols_alone(void **state) {
    enum { REACH = 2 + 4 + 1, ALPHABET = 3 };
    for (int learned = 0; learned < 2; learned++) {
        const local_case c = {"wavenet",
                              8,
                              ALPHABET,
                              0,
                              {5, 4},
                              {"layers=4", "cycle=3", "channels=8", "gates=8", "skip=8",
                               learned ? "upsampling=learned" : "upsampling=repeat"},
                              6};
        lk_model *model = local_model(*state, &c);
        bool moves[FIELD_LENGTH / 5][FIELD_LENGTH];
        local_find_moved(model, &c.local, FIELD_LENGTH, moves[0]);
        for (int64_t j = 0; j < FIELD_LENGTH / 5; j++) {
            for (int64_t t = 0; t < FIELD_LENGTH; t++) {
                int64_t from = t - REACH > 0 ? t - REACH : 0;
                bool reads = from / 5 <= j + learned && t / 5 >= j - learned;
                bool moved = moves[j][t];
                if (moved != reads) {
                    fail_msg("upsampling %d: symbol %lld %s conditional %lld", learned,
                             (long long)j, moved ? "moves" : "does not move", (long long)t);
                }
            }
        }
        lk_model_destroy(model);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_the_equations),
        cmocka_unit_test(gradients_are_the_equations),
        cmocka_unit_test(reads_its_symbols_alone),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
