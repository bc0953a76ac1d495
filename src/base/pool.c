/* A pool of workers for many short runs: a step of the incremental schedule may last a few
 * microseconds.
 *
 * A run is published as a ticket, one 64-bit word: the run's number above, the number of unclaimed
 * pieces below. A piece is claimed by lowering the ticket with compare-and-swap. That succeeds only
 * while a piece of this very run is unclaimed, so while the run's fields stand still; so nobody
 * ever waits for a worker that has no piece in hand, and a worker that oversleeps a run can do no
 * harm. The caller claims too: a run ends even if no worker wakes.
 *
 *   caller:  fields, remaining = n, ticket = (run + 1, n), wake sleepers, claim until none is left,
 *     wait for remaining = 0
 *   worker:  wait for another run number, claim until none is left; the last piece's finisher wakes
 *     the caller
 *
 * Whoever waits spins for a few microseconds, then sleeps. No more threads are woken than there are
 * processors, and nobody spins while more are awake, because a spinning thread would keep the one
 * it waits for from running: seven threads on two processors cost what two do. The system chooses
 * where a worker runs: shut out of the caller's processor (by its affinity), workers made steps of
 * a few milliseconds two to four times as long where other programs ran beside, and no shorter
 * where none did. */
#include "base/pool.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#include "base/context.h"
#include "base/memory.h"

#define PIECE_BITS 24 /* of the ticket; longer runs go in rounds */
#define PIECE_MASK ((UINT64_C(1) << PIECE_BITS) - 1)
#define ROUND_PIECES ((int64_t)PIECE_MASK)
#define SPIN_NANOSECONDS 40000
#define SPINS_PER_LOOK 32
#define LINE \
    64 /* bytes of a cache line: what one side writes stands apart from what the other polls */

typedef struct lk_worker {
    lk_pool *pool;
    pthread_t thread;
    int number;
} lk_worker;

struct lk_pool {
    _Alignas(LINE) _Atomic uint64_t ticket;
    /* The run: written by the caller while no piece is claimable. A worker may read them while they
     * change, and then its claim fails; hence atomic. */
    _Alignas(LINE) _Atomic int64_t end;
    _Atomic(lk_piece *) piece;
    _Atomic(void *) argument;
    _Alignas(LINE) _Atomic int64_t remaining; /* pieces not yet finished */
    _Alignas(LINE) _Atomic int sleepers;
    _Atomic bool caller_sleeps, ending;
    pthread_mutex_t mutex;
    pthread_cond_t published, finished;
    bool running;
    _Atomic(const void *) teller; /* the thread whose failure is told in this run, by its `here` */
    int threads, processors, started; /* `started` workers beside the caller */
    lk_worker *workers;
};

int lk_pool_processors(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        return CPU_COUNT(&set);
    }
    long online = sysconf(_SC_NPROCESSORS_ONLN); /* more processors than the set can name */
    return online < 1 ? 1 : (int)online;
}

static void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static int64_t nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static bool has_news(lk_pool *pool, uint64_t seen_run) {
    return atomic_load(&pool->ticket) >> PIECE_BITS != seen_run || atomic_load(&pool->ending);
}

static bool is_finished(lk_pool *pool, uint64_t unused) {
    (void)unused;
    return atomic_load(&pool->remaining) == 0;
}

static int awake(lk_pool *pool) {
    return pool->threads - atomic_load(&pool->sleepers);
}

static bool spin_for(lk_pool *pool, bool (*condition)(lk_pool *, uint64_t), uint64_t argument) {
    if (awake(pool) > pool->processors) {
        return condition(pool, argument);
    }
    int64_t end = nanoseconds() + SPIN_NANOSECONDS;
    do {
        for (int spin = 0; spin < SPINS_PER_LOOK; spin++) {
            if (condition(pool, argument)) {
                return true;
            }
            relax();
        }
    } while (nanoseconds() < end);
    return false;
}

/* Whoever counted itself asleep before this call is in its wait after it, and a signal finds it. */
static void pass_mutex(lk_pool *pool) {
    pthread_mutex_lock(&pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
}

/* Claims and runs pieces of the run `run` until none is left. */
static void work(lk_pool *pool, uint64_t run, int worker) {
    uint64_t ticket = atomic_load(&pool->ticket);
    while (ticket >> PIECE_BITS == run && (ticket & PIECE_MASK) != 0) {
        int64_t end = atomic_load_explicit(&pool->end, memory_order_relaxed);
        lk_piece *piece = atomic_load_explicit(&pool->piece, memory_order_relaxed);
        void *argument = atomic_load_explicit(&pool->argument, memory_order_relaxed);
        if (!atomic_compare_exchange_weak(&pool->ticket, &ticket, ticket - 1)) {
            continue;
        }
        int64_t index = end - (int64_t)(ticket & PIECE_MASK);
        piece(argument, index, worker);
        if (atomic_fetch_sub(&pool->remaining, 1) == 1 && worker != 0 &&
            atomic_load(&pool->caller_sleeps)) {
            pass_mutex(pool);
            pthread_cond_signal(&pool->finished);
        }
        ticket = atomic_load(&pool->ticket);
    }
}

static void sleep_until_news(lk_pool *pool, uint64_t seen_run) {
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add(&pool->sleepers, 1); /* before the look at the ticket: see publish() */
    while (!has_news(pool, seen_run)) {
        pthread_cond_wait(&pool->published, &pool->mutex);
    }
    atomic_fetch_sub(&pool->sleepers, 1);
    pthread_mutex_unlock(&pool->mutex);
}

static void *worker_main(void *argument) {
    lk_worker *self = argument;
    lk_pool *pool = self->pool;
    uint64_t run = 0;
    while (!atomic_load(&pool->ending)) {
        if (!spin_for(pool, has_news, run)) {
            sleep_until_news(pool, run);
        }
        run = atomic_load(&pool->ticket) >> PIECE_BITS;
        work(pool, run, self->number);
    }
    return NULL;
}

/* Signals go to the caller's threads: their handlers expect that. */
static bool start_workers(lk_pool *pool) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool fine = true;
    for (int number = 1; fine && number < pool->threads; number++) {
        lk_worker *worker = &pool->workers[number];
        *worker = (lk_worker){.pool = pool, .number = number};
        fine = pthread_create(&worker->thread, NULL, worker_main, worker) == 0;
        pool->started += fine;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return fine;
}

lk_pool *lk_pool_create(int threads) {
    LK_REQUIRE(threads >= 1);
    lk_pool *pool = lk_allocate(1, sizeof *pool);
    lk_worker *workers = lk_allocate(threads, sizeof *workers);
    if (pool == NULL || workers == NULL) {
        lk_release(pool);
        lk_release(workers);
        return NULL;
    }
    *pool = (lk_pool){.threads = threads, .workers = workers, .processors = lk_pool_processors()};
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->published, NULL);
    pthread_cond_init(&pool->finished, NULL);
    if (!start_workers(pool)) {
        lk_pool_destroy(pool);
        return NULL;
    }
    return pool;
}

void lk_pool_destroy(lk_pool *pool) {
    if (pool == NULL) {
        return;
    }
    pthread_mutex_lock(&pool->mutex);
    atomic_store(&pool->ending, true);
    pthread_cond_broadcast(&pool->published);
    pthread_mutex_unlock(&pool->mutex);
    for (int number = 1; number <= pool->started; number++) {
        pthread_join(pool->workers[number].thread, NULL);
    }
    pthread_cond_destroy(&pool->finished);
    pthread_cond_destroy(&pool->published);
    pthread_mutex_destroy(&pool->mutex);
    lk_release(pool->workers);
    lk_release(pool);
}

static _Thread_local char here; /* its address tells threads apart */

bool lk_pool_tells(lk_pool *pool) {
    const void *nobody = NULL;
    return pool == NULL || !pool->running ||
           atomic_compare_exchange_strong(&pool->teller, &nobody, &here) || nobody == &here;
}

int lk_pool_threads(const lk_pool *pool) {
    return pool->threads;
}

/* A worker that goes to sleep counts itself first and then looks at the ticket; here the ticket is
 * written first and then the count is read. So either the worker sees the run, or it is seen and
 * woken. */
static uint64_t publish(lk_pool *pool, int64_t first, int64_t pieces) {
    uint64_t run = (atomic_load(&pool->ticket) >> PIECE_BITS) + 1;
    atomic_store_explicit(&pool->end, first + pieces, memory_order_relaxed);
    atomic_store_explicit(&pool->remaining, pieces, memory_order_relaxed);
    atomic_store(&pool->ticket, run << PIECE_BITS | (uint64_t)pieces);
    int64_t useful = pieces < pool->processors ? pieces : pool->processors;
    int64_t more = useful - awake(pool);
    if (more > 0) {
        pass_mutex(pool);
        for (; more > 0; more--) {
            pthread_cond_signal(&pool->published);
        }
    }
    return run;
}

static void wait_until_finished(lk_pool *pool) {
    if (spin_for(pool, is_finished, 0)) {
        return;
    }
    pthread_mutex_lock(&pool->mutex);
    /* Before the look at `remaining`, which its finisher writes before it looks here. */
    atomic_store(&pool->caller_sleeps, true);
    while (!is_finished(pool, 0)) {
        pthread_cond_wait(&pool->finished, &pool->mutex);
    }
    atomic_store(&pool->caller_sleeps, false);
    pthread_mutex_unlock(&pool->mutex);
}

void lk_pool_run(lk_pool *pool, int64_t pieces, lk_piece *piece, void *argument) {
    LK_REQUIRE(!pool->running);
    pool->running = true;
    atomic_store_explicit(&pool->teller, NULL, memory_order_relaxed);
    if (pieces == 1 || pool->threads == 1) {
        for (int64_t index = 0; index < pieces; index++) {
            piece(argument, index, 0);
        }
        pool->running = false;
        return;
    }
    atomic_store_explicit(&pool->piece, piece, memory_order_relaxed);
    atomic_store_explicit(&pool->argument, argument, memory_order_relaxed);
    for (int64_t first = 0; first < pieces; first += ROUND_PIECES) {
        int64_t round = pieces - first < ROUND_PIECES ? pieces - first : ROUND_PIECES;
        uint64_t run = publish(pool, first, round);
        work(pool, run, 0);
        wait_until_finished(pool);
    }
    pool->running = false;
}
