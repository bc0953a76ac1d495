#include "team/testing_processes.h"

#include <time.h>

#define CHECK(condition)                                                                         \
    do {                                                                                         \
        if (!(condition)) {                                                                      \
            fprintf(stderr, "rank %d: %s, line %d\n", lk_team_rank(team), #condition, __LINE__); \
            return 1;                                                                            \
        }                                                                                        \
    } while (0)

static void expect_all(int32_t ranks, act *does) {
    int statuses[RANKS_MOST];
    run_ranks(ranks, 0, does, NULL, statuses);
    for (int32_t r = 0; r < ranks; r++) {
        assert_int_equal(statuses[r], 0);
    }
}

/* ---- what everyone does ---------------------------------------------------------------------- */

static int share(lk_team *team, lk_context *context, void *argument) {
    (void)argument;
    for (int64_t size = 0; size < 300000; size = 3 * size + 7) {
        uint8_t *bytes = calloc(1, (size_t)size + 1);
        for (int64_t i = 0; i < size && lk_team_rank(team) == 0; i++) {
            bytes[i] = (uint8_t)(i * 7 + size);
        }
        CHECK(lk_team_share(team, context, bytes, size) == LK_OK);
        for (int64_t i = 0; i < size; i++) {
            CHECK(bytes[i] == (uint8_t)(i * 7 + size));
        }
        free(bytes);
    }
    return 0;
}

/* Every rank's number to every other one, all at the same time. */
static int exchange(lk_team *team, lk_context *context, void *argument) {
    (void)argument;
    int32_t rank = lk_team_rank(team), ranks = lk_team_size(team), got[RANKS_MOST];
    lk_message messages[2 * RANKS_MOST];
    int64_t count = 0;
    for (int32_t r = 0; r < ranks; r++) {
        if (r != rank) {
            messages[count++] = (lk_message){&rank, sizeof rank, r, true};
            messages[count++] = (lk_message){&got[r], sizeof got[r], r, false};
        }
    }
    lk_traffic before = lk_team_traffic(team);
    CHECK(lk_team_exchange(team, context, messages, count) == LK_OK);
    lk_traffic after = lk_team_traffic(team);
    for (int32_t r = 0; r < ranks; r++) {
        CHECK(r == rank || got[r] == r);
    }
    CHECK(after.messages - before.messages == ranks - 1);
    CHECK(after.bytes - before.bytes == 4 * (ranks - 1));
    return 0;
}

/* Each rank in turn is the one that cannot go on. */
static int agree(lk_team *team, lk_context *context, void *argument) {
    (void)argument;
    char text[64];
    CHECK(lk_team_agree(team, context, LK_OK) == LK_OK);
    for (int32_t r = 0; r < lk_team_size(team); r++) {
        lk_status own = LK_OK;
        if (lk_team_rank(team) == r) {
            own = lk_fail(context, LK_FORMAT, "rank %d has had enough", r);
        }
        CHECK(lk_team_agree(team, context, own) == LK_FORMAT);
        snprintf(text, sizeof text, "rank %d has had enough", r);
        CHECK(strcmp(context->message, text) == 0);
    }
    return 0;
}

/* Results of all sizes come to rank 0 in their order; one that failed is told there. */
static int hand_in(lk_team *team, lk_context *context, void *argument) {
    (void)argument;
    for (int64_t piece = 0; piece < 20; piece++) {
        int64_t size = piece * piece * 100, given = size;
        bool makes = lk_team_does(team, piece), reads = lk_team_rank(team) == 0;
        uint8_t *bytes = makes ? malloc((size_t)size + 1) : NULL;
        if (makes) {
            memset(bytes, (int)piece, (size_t)size);
        }
        if (makes || reads) {
            CHECK(lk_team_hand_in(team, context, piece, LK_OK, &bytes, &size) == LK_OK);
            CHECK(size == given);
            for (int64_t i = 0; i < size; i++) {
                CHECK(bytes[i] == piece);
            }
        }
        free(bytes); /* of who made it or of rank 0, whose own it is */
    }
    uint8_t *bytes = NULL;
    int64_t size = 0;
    if (lk_team_rank(team) <= 1) {
        lk_status own =
            lk_team_rank(team) == 1 ? lk_fail(context, LK_NOT_FINITE, "no number") : LK_OK;
        CHECK(lk_team_hand_in(team, context, 1, own, &bytes, &size) == LK_NOT_FINITE);
        CHECK(strcmp(context->message, "no number") == 0);
    }
    return 0;
}

static void test_all_together(void **state) {
    (void)state;
    for (int32_t ranks = 2; ranks <= RANKS_MOST; ranks += ranks < 5 ? 1 : 4) {
        expect_all(ranks, share);
        expect_all(ranks, exchange);
        expect_all(ranks, agree);
        expect_all(ranks, hand_in);
    }
}

/* ---- what goes wrong ------------------------------------------------------------------------- */

/* The last rank ends with a message while the others wait for it. */
static int one_fails(lk_team *team, lk_context *context, void *argument) {
    (void)argument;
    int32_t last = lk_team_size(team) - 1;
    char byte = 0;
    if (lk_team_rank(team) == last) {
        lk_fail(context, LK_NO_MEMORY, "no memory is left");
        return 7;
    }
    const lk_message message = {&byte, 1, last, false};
    CHECK(lk_team_exchange(team, context, &message, 1) != LK_OK);
    CHECK(strstr(context->message, "no memory is left") != NULL);
    CHECK(strstr(context->message, "rank 3") != NULL);
    return 9;
}

static int one_sleeps(lk_team *team, lk_context *context, void *argument) {
    (void)argument;
    char byte = 0;
    if (lk_team_rank(team) == 2) {
        raise(SIGSTOP);
        return 0;
    }
    const lk_message message = {&byte, 1, 2, false};
    CHECK(lk_team_exchange(team, context, &message, 1) != LK_OK);
    CHECK(strstr(context->message, "rank 2 on here has been silent") != NULL);
    return 5;
}

static void test_one_fails(void **state) {
    (void)state;
    int statuses[RANKS_MOST];
    run_ranks(4, 2.0, one_fails, NULL, statuses);
    assert_int_equal(statuses[0], 9);
}

static void test_one_is_silent(void **state) {
    (void)state;
    pid_t child[3];
    connect_ranks(3);
    for (int32_t r = 0; r < 3; r++) {
        child[r] = fork();
        assert_true(child[r] >= 0);
        if (child[r] == 0) {
            alarm(60);
            _exit(be_rank(r, 3, 1.0, one_sleeps, NULL));
        }
    }
    close_ranks(3);
    int status;
    assert_int_equal(waitpid(child[0], &status, 0), child[0]);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 5);
    kill(child[2], SIGKILL);
    for (int r = 1; r < 3; r++) {
        waitpid(child[r], &status, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_together),
        cmocka_unit_test(test_one_fails),
        cmocka_unit_test(test_one_is_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
