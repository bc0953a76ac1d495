/* Steps that are timed one by one, in rounds that wait for their turn: contenders of a comparison
 * stay started and each does a round for a line on its standard input (bench/peers/turns.py), so
 * that what else the machine does meets all of them alike. */
#ifndef LK_BENCH_ROUNDS_H
#define LK_BENCH_ROUNDS_H

#include <sys/resource.h>

#include "networks.h"

enum { TIMED_STEPS_MOST = 1000000 };

typedef struct timed_steps {
    double *wall, *processor; /* [count], seconds; processor: of all threads */
    int64_t count;
    double wall_began, processor_began;
} timed_steps;

static inline lk_status timed_init(timed_steps *t, lk_context *context) {
    t->wall = lk_allocate(TIMED_STEPS_MOST, sizeof *t->wall);
    t->processor = lk_allocate(TIMED_STEPS_MOST, sizeof *t->processor);
    return t->wall != NULL && t->processor != NULL
               ? LK_OK
               : lk_fail_no_memory(context, "times", 16 * TIMED_STEPS_MOST);
}

static inline void timed_deinit(timed_steps *t) {
    lk_release(t->wall);
    lk_release(t->processor);
}

static inline void timed_begin(timed_steps *t) {
    t->processor_began = processor_time();
    t->wall_began = now();
}

static inline void timed_end(timed_steps *t) {
    if (t->count < TIMED_STEPS_MOST) {
        t->wall[t->count] = now() - t->wall_began;
        t->processor[t->count++] = processor_time() - t->processor_began;
    }
}

/* Whether a round is asked for. */
static inline bool timed_turn(timed_steps *t) {
    char line[16];
    t->count = 0;
    return fgets(line, sizeof line, stdin) != NULL;
}

/* low: the least step (0), or the quantile 1/low, of steps too short for the least to mean
 * anything. */
static inline void timed_print(timed_steps *t, int64_t batch, int64_t low) {
    double wall = median(t->wall, t->count), processor = median(t->processor, t->count);
    int64_t best = low > 0 ? t->count / low : 0;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("RESULT wall_best %.9f wall_median %.9f processor_best %.9f processor_median %.9f "
           "steps %lld batch %lld memory %ld\n",
           t->wall[best], wall, t->processor[best], processor, (long long)t->count,
           (long long)batch, usage.ru_maxrss / 1024);
    fflush(stdout);
}

#endif
