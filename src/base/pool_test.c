/* The pool: each piece once, on a worker that has an own number, finished when run returns; for
 * more threads than processors, for runs right after each other (workers spin) and after pauses
 * (workers sleep). */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/pool.h"

enum { MOST_THREADS = 16, MOST_PIECES = 1000 };

/* Plain integers: a piece run twice, or not finished when run returns, shows (and the thread
 * sanitizer would see it). */
typedef struct record {
    int64_t expected;
    int32_t runs[MOST_PIECES];
    int32_t worker[MOST_PIECES];
    _Atomic int inside[MOST_THREADS]; /* pieces now on this worker: never two */
    _Atomic int clashes;
    int threads;
} record;

static void note_piece(void *argument, int64_t piece, int worker) {
    record *notes = argument;
    if (worker < 0 || worker >= notes->threads || piece < 0 || piece >= notes->expected ||
        atomic_fetch_add(&notes->inside[worker], 1) != 0) {
        atomic_fetch_add(&notes->clashes, 1);
        return;
    }
    notes->runs[piece]++;
    notes->worker[piece] = worker;
    atomic_fetch_sub(&notes->inside[worker], 1);
}

static void check_run(lk_pool *pool, record *notes, int64_t pieces) {
    memset(notes, 0, sizeof *notes);
    notes->expected = pieces;
    notes->threads = lk_pool_threads(pool);
    lk_pool_run(pool, pieces, note_piece, notes);
    assert_int_equal(atomic_load(&notes->clashes), 0);
    for (int64_t piece = 0; piece < MOST_PIECES; piece++) {
        assert_int_equal(notes->runs[piece], piece < pieces);
    }
}

static void nap(long microseconds) {
    nanosleep(&(struct timespec){.tv_nsec = microseconds * 1000}, NULL);
}

static void runs_each_piece_once(void **state) {
    (void)state;
    static record notes;
    const int threads[] = {1, 2, 3, 7, MOST_THREADS};
    const int64_t pieces[] = {0, 1, 2, 3, 17, 129, MOST_PIECES};
    for (size_t t = 0; t < sizeof threads / sizeof threads[0]; t++) {
        lk_pool *pool = lk_pool_create(threads[t]);
        assert_non_null(pool);
        assert_int_equal(lk_pool_threads(pool), threads[t]);
        for (int round = 0; round < 60; round++) {
            for (size_t p = 0; p < sizeof pieces / sizeof pieces[0]; p++) {
                check_run(pool, &notes, pieces[p]);
            }
            if (round % 10 == 9) {
                nap(300);
            }
        }
        lk_pool_destroy(pool);
    }
    lk_pool_destroy(NULL);
}

static void add_to_sum(void *argument, int64_t piece, int worker) {
    (void)worker;
    atomic_fetch_add((_Atomic int64_t *)argument, piece);
}

/* Many tiny runs in a row, where a late worker meets the next run's pieces. */
static void survives_late_workers(void **state) {
    (void)state;
    const int threads[] = {2, 7};
    for (size_t t = 0; t < sizeof threads / sizeof threads[0]; t++) {
        lk_pool *pool = lk_pool_create(threads[t]);
        for (int64_t run = 0; run < 20000; run++) {
            _Atomic int64_t sum = 0;
            int64_t pieces = 2 + run % 5;
            lk_pool_run(pool, pieces, add_to_sum, &sum);
            assert_int_equal(atomic_load(&sum), pieces * (pieces - 1) / 2);
        }
        lk_pool_destroy(pool);
    }
}

/* Longer than one ticket can count. */
static void goes_in_rounds(void **state) {
    (void)state;
    int64_t pieces = ((int64_t)1 << 24) + 5;
    lk_pool *pool = lk_pool_create(2);
    _Atomic int64_t sum = 0;
    lk_pool_run(pool, pieces, add_to_sum, &sum);
    assert_int_equal(atomic_load(&sum), pieces * (pieces - 1) / 2);
    lk_pool_destroy(pool);
}

typedef struct meeting {
    _Atomic int arrived;
} meeting;

static void wait_for_the_other(void *argument, int64_t piece, int worker) {
    (void)piece;
    (void)worker;
    meeting *here = argument;
    atomic_fetch_add(&here->arrived, 1);
    while (atomic_load(&here->arrived) < 2) {
        nap(50);
    }
}

/* Two pieces that wait for each other end only if two threads run at once; from spinning and from
 * sleeping workers. */
static void wakes_workers(void **state) {
    (void)state;
    if (lk_pool_processors() < 2) {
        skip();
    }
    lk_pool *pool = lk_pool_create(7);
    for (int run = 0; run < 200; run++) {
        meeting here = {0};
        lk_pool_run(pool, 2, wait_for_the_other, &here);
        assert_int_equal(atomic_load(&here.arrived), 2);
        nap(run % 2 == 0 ? 0 : 500);
    }
    lk_pool_destroy(pool);
}

static void ends_at_any_moment(void **state) {
    (void)state;
    for (int i = 0; i < 200; i++) {
        lk_pool *pool = lk_pool_create(1 + i % 5);
        assert_non_null(pool);
        _Atomic int64_t sum = 0;
        if (i % 3 != 0) {
            lk_pool_run(pool, 9, add_to_sum, &sum);
            assert_int_equal(atomic_load(&sum), 36);
        }
        lk_pool_destroy(pool);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_each_piece_once), cmocka_unit_test(survives_late_workers),
        cmocka_unit_test(goes_in_rounds),       cmocka_unit_test(wakes_workers),
        cmocka_unit_test(ends_at_any_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
