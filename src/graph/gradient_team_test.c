/* A minibatch shared by a team of processes: NLLs and gradients are the bits of one process that
 * runs all slices, for ranks fewer and more than slices, for minibatches that are not full, and
 * when a rank fails. */
#include "graph/testing.h"
#include "team/testing_processes.h"

#include "graph/gradient_team.h"
#include "graph/gradient_tree.h"

/* One process, or a rank of a team. */
static float *run_once(const network *n, int64_t slices, int64_t count, double *nll) {
    lk_slices *run;
    const lk_slices_options options = {.batch = BATCH, .slices = slices};
    fine(n, lk_slices_create(n->graph, options, &run));
    lk_slices_set_training(run, true, SEED, 3);
    memset(nll, 0, BATCH * sizeof *nll);
    fine(n, lk_slices_run(run, n->x, n->given, count, nll));
    lk_slices_destroy(run);
    return take_gradients(n);
}

static int same_as_alone(lk_team *team, lk_context *context, void *argument) {
    (void)context;
    int32_t wrong = 0;
    static const int64_t counts[] = {BATCH, 5, 1};
    network n = make(1, *(const family *)argument);
    int64_t floats = lk_parameters_total(n.parameters);
    for (int64_t slices = 1; slices <= BATCH; slices += slices < 5 ? 1 : 4) {
        for (int c = 0; c < 3; c++) {
            double nll[BATCH], want_nll[BATCH];
            n.context->team = NULL;
            float *want = run_once(&n, slices, counts[c], want_nll);
            n.context->team = team;
            float *got = run_once(&n, slices, counts[c], nll);
            wrong += memcmp(want, got, (size_t)floats * sizeof *want) != 0;
            wrong += memcmp(nll, want_nll, sizeof nll) != 0;
            lk_release(want);
            lk_release(got);
        }
    }
    release(&n);
    return wrong > 0 ? 1 : 0;
}

static void test_same_bits(void **state) {
    (void)state;
    static const int32_t ranks[] = {2, 3, 5, 8};
    for (family f = 0; f < FAMILIES; f++) {
        for (int i = 0; i < 4; i++) {
            int statuses[RANKS_MOST];
            run_ranks(ranks[i], 0, same_as_alone, &f, statuses);
            for (int32_t r = 0; r < ranks[i]; r++) {
                assert_int_equal(statuses[r], 0);
            }
        }
    }
}

/* Every number of slices is shared out whole, in subtrees, among any number of ranks, as evenly as
 * halves allow: nobody has more than twice what is his share, rounded up to a power of two. */
static int subtrees(lk_team *team, lk_context *context, void *argument) {
    (void)context, (void)argument;
    network n = make(1, HEAVY);
    n.context->team = team;
    int64_t ranks = lk_team_size(team);
    int wrong = 0;
    for (int64_t slices = 1; slices <= 70; slices++) {
        lk_gradient_team *shared;
        fine(&n, lk_gradient_team_create(n.parameters, slices, &shared));
        int64_t next = 0, most = 1, working = 0;
        while (most < (slices + ranks - 1) / ranks) {
            most *= 2;
        }
        for (int32_t r = 0; r < ranks; r++) {
            int64_t first, last;
            if (lk_gradient_team_has(shared, r, &first, &last)) {
                wrong += first != next || last - first > 2 * most ||
                         !lk_gradient_tree_has(slices, first, last);
                next = last;
                working++;
            }
        }
        wrong += next != slices || working != (ranks < slices ? ranks : slices);
        lk_gradient_team_destroy(shared);
    }
    release(&n);
    return wrong > 0 ? 1 : 0;
}

static void test_subtrees(void **state) {
    (void)state;
    for (int32_t ranks = 2; ranks <= RANKS_MOST; ranks++) {
        int statuses[RANKS_MOST];
        run_ranks(ranks, 0, subtrees, NULL, statuses);
        for (int32_t r = 0; r < ranks; r++) {
            assert_int_equal(statuses[r], 0);
        }
    }
}

/* The message of the one that has failed is everyone's. */
static int one_fails(lk_team *team, lk_context *context, void *argument) {
    (void)context, (void)argument;
    network n = make(1, HEAVY);
    lk_gradient_team *shared;
    double nll[BATCH] = {0};
    n.context->team = team;
    fine(&n, lk_gradient_team_create(n.parameters, 4, &shared));
    lk_status own =
        lk_team_rank(team) == 1 ? lk_fail(n.context, LK_NO_MEMORY, "no memory for slice 2") : LK_OK;
    lk_status status = lk_gradient_team_join(shared, own, 4, BATCH, nll);
    bool right = status == LK_NO_MEMORY &&
                 strcmp(lk_context_message(n.context), "no memory for slice 2") == 0;
    lk_gradient_team_destroy(shared);
    release(&n);
    return right ? 0 : 1;
}

static void test_one_fails(void **state) {
    (void)state;
    int statuses[RANKS_MOST];
    run_ranks(3, 0, one_fails, NULL, statuses);
    for (int32_t r = 0; r < 3; r++) {
        assert_int_equal(statuses[r], 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_subtrees),
        cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_one_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
