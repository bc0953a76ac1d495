/* Running out of memory, everywhere. An act is run once while every allocation that it makes is
 * noted with the calls that led to it; then again and again, with the n-th allocation failing, and
 * with the n-th and all later ones failing. Allocations reached by the same innermost calls are one
 * site: in each act the first and the last of a site are tried that was not tried before. Every run
 * must end in LK_NO_MEMORY, or as if nothing had happened: a failure that is told as another cause
 * is wrong, and so is another result. In the end the act must still succeed, with the result it had
 * at first.
 *
 * Each act runs in a process of its own, so that one that aborts is counted, and the sweep goes on
 * behind it; under the address sanitizer that process also looks for what was not released.
 *
 * LIKELY_SWEEP=SUBJECT or SUBJECT:ACT sweeps only that, LIKELY_SWEEP_DEPTH=CALLS (4) tells sites
 * apart by more calls, LIKELY_SWEEP_HARMLESS=1 lists the failures that change nothing. */
#ifndef LK_BASE_SWEEP_H
#define LK_BASE_SWEEP_H

#include <dlfcn.h>
#include <execinfo.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/context.h"
#include "base/json.h"
#include "base/memory.h"

#define SWEEP_DEPTH 32
#define SWEEP_NOTED 200000 /* allocations of an act, at most */
#define SWEEP_SITES 65536
#define SWEEP_EXIT_WRONG 3

/* An act: does what is to be tested with what `prepare` made, and sums up its result. */
typedef struct sweep_act {
    const char *name;
    lk_status (*run)(void *subject, uint64_t *digest);
} sweep_act;

/* prepare and release are not swept; both run in the act's process. */
typedef struct sweep_subject {
    const char *name;
    void *(*prepare)(const struct sweep_subject *subject);
    void (*release)(void *made);
    lk_context *(*context)(void *made);
    const void *row; /* the test's own */
} sweep_subject;

typedef struct sweep_counts {
    _Atomic int64_t sites, tried, harmless, aborts, wrong, broken;
    _Atomic int64_t at; /* the run being tried: 2 * place in the plan, + 1: all later ones fail */
    uint64_t site[SWEEP_SITES];
    int64_t planned, plan[SWEEP_NOTED]; /* of the present act */
} sweep_counts;

static sweep_counts *sweep_total; /* shared with the processes */

/* ---- watching -------------------------------------------------------------------------------- */

static _Atomic int64_t sweep_made, sweep_first, sweep_last;
static uint64_t *sweep_note; /* [SWEEP_NOTED]: the calls that led to each allocation, hashed */
static void *sweep_stack[SWEEP_DEPTH];
static int sweep_depth;

static inline uint64_t sweep_hash(uint64_t hash, const void *bytes, int64_t size) {
    for (int64_t i = 0; i < size; i++) {
        hash = (hash ^ ((const uint8_t *)bytes)[i]) * UINT64_C(0x100000001B3);
    }
    return hash;
}

/* That tell sites apart: so many more than those of memory.c and arena.c, of which more stand on
 * the stack when they are not inlined. */
static int sweep_calls = 4;
#if defined(__SANITIZE_ADDRESS__)
#define SWEEP_INNERMOST 5
#define SWEEP_STEP 3 /* of the runs planned: there it is slow, and elsewhere all are tried */
#else
#define SWEEP_INNERMOST 3
#define SWEEP_STEP 1
#endif

static bool sweep_takes_note(void) {
    void *stack[SWEEP_DEPTH];
    int64_t at = sweep_made++;
    assert_true(at < SWEEP_NOTED);
    int depth = backtrace(stack, SWEEP_DEPTH), calls = sweep_calls + SWEEP_INNERMOST;
    sweep_note[at] = sweep_hash(UINT64_C(0xCBF29CE484222325), stack,
                                (depth < calls ? depth : calls) * (int64_t)sizeof *stack);
    return false;
}

static bool sweep_fails(void) {
    int64_t at = sweep_made++;
    if (at < sweep_first || at > sweep_last) {
        return false;
    }
    if (at == sweep_first) {
        sweep_depth = backtrace(sweep_stack, SWEEP_DEPTH);
    }
    return true;
}

/* ---- one act --------------------------------------------------------------------------------- */

/* Offsets that addr2line takes. */
static void sweep_print_stack(void) {
    for (int i = 2; i < sweep_depth && i < 12; i++) {
        Dl_info about;
        if (dladdr(sweep_stack[i], &about) != 0) {
            printf(" %tx", (char *)sweep_stack[i] - (char *)about.dli_fbase - 1);
        }
    }
    printf("\n");
}

static lk_status sweep_run(const sweep_act *act, void *made, lk_memory_refuse *refuse,
                           uint64_t *digest) {
    *digest = 0;
    sweep_made = 0;
    lk_memory_watch(refuse);
    lk_status status = act->run(made, digest);
    lk_memory_watch(NULL);
    return status;
}

/* Whether the site is known; if not, it becomes so. */
static bool sweep_knows(uint64_t hash) {
    int64_t at = (int64_t)(hash % SWEEP_SITES);
    while (sweep_total->site[at] != 0 && sweep_total->site[at] != hash) {
        at = (at + 1) % SWEEP_SITES;
    }
    bool known = sweep_total->site[at] == hash;
    assert_true(known || sweep_total->sites < SWEEP_SITES / 2);
    sweep_total->sites += !known;
    sweep_total->site[at] = hash;
    return known;
}

/* The allocations to try, in any order; returns how many. */
static int64_t sweep_plan(int64_t made, int64_t *plan) {
    int64_t planned = 0;
    for (int64_t i = 0; i < made; i++) {
        if (sweep_note[i] != 0 && !sweep_knows(sweep_note[i])) {
            int64_t last = made - 1;
            while (sweep_note[last] != sweep_note[i]) {
                last--;
            }
            plan[planned++] = i;
            if (last > i) {
                plan[planned++] = last;
            }
        }
    }
    return planned;
}

static void sweep_judge(const sweep_subject *subject, const sweep_act *act, void *made,
                        int64_t failed, bool later, lk_status status, bool same) {
    sweep_total->tried++;
    if (status == LK_OK && same) {
        sweep_total->harmless++;
    } else if (status != LK_NO_MEMORY) {
        sweep_total->wrong++;
    }
    bool wrong = status != LK_NO_MEMORY && (status != LK_OK || !same);
    if (wrong || (status == LK_OK && getenv("LIKELY_SWEEP_HARMLESS") != NULL)) {
        lk_context *context = subject->context(made);
        printf("%s: %s, allocation %lld%s: %s%s: %s\n   ", subject->name, act->name,
               (long long)failed, later ? " and later" : "", lk_status_text(status),
               status == LK_OK && !same ? ", but another result" : "",
               status == LK_OK || context == NULL ? "" : lk_context_message(context));
        sweep_print_stack();
    }
}

/* The act's process: as it was before cmocka, and what `prepare` makes. */
static void *sweep_prepare(const sweep_subject *subject) {
    const int cmocka_catches[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV};
    for (int i = 0; i < 5; i++) {
        signal(cmocka_catches[i], SIG_DFL);
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    const char *calls = getenv("LIKELY_SWEEP_DEPTH");
    sweep_calls = calls != NULL ? atoi(calls) : sweep_calls;
    void *warm[4];
    backtrace(warm, 4); /* loads what it needs */
    return subject->prepare(subject);
}

static void sweep_expect(const sweep_subject *subject, const sweep_act *act, void *made,
                         lk_memory_refuse *refuse, const char *when, uint64_t expected) {
    uint64_t digest;
    lk_status status = sweep_run(act, made, refuse, &digest);
    if (status != LK_OK || (expected != 0 && digest != expected)) {
        printf("%s: %s %s %s\n", subject->name, act->name, when,
               status == LK_OK ? "has another result" : lk_context_message(subject->context(made)));
        _exit(SWEEP_EXIT_WRONG);
    }
}

/* In the act's process, from `begin` on. */
static void sweep_child(const sweep_subject *subject, const sweep_act *act, int64_t begin) {
    void *made = sweep_prepare(subject);
    uint64_t expected, digest;
    sweep_note = malloc(SWEEP_NOTED * sizeof *sweep_note);
    sweep_expect(subject, act, made, sweep_takes_note, "with all memory it wants", 0);
    if (begin == 0) {
        sweep_total->planned = sweep_plan(sweep_made, sweep_total->plan);
    }
    sweep_run(act, made, NULL, &expected);
    for (int64_t at = begin; at < 2 * sweep_total->planned; at += SWEEP_STEP) {
        bool later = at % 2 == 1;
        sweep_total->at = at;
        sweep_first = sweep_total->plan[at / 2];
        sweep_last = later ? INT64_MAX : sweep_first;
        lk_status status = sweep_run(act, made, sweep_fails, &digest);
        sweep_judge(subject, act, made, sweep_first, later, status, digest == expected);
    }
    sweep_total->at = -1;
    sweep_expect(subject, act, made, NULL, "afterwards", expected);
    subject->release(made);
    free(sweep_note);
}

/* With several workers, so that allocations have no fixed numbers: so many runs in each of which
 * all fail from some number on. */
static void sweep_child_of_many(const sweep_subject *subject, const sweep_act *act, int64_t runs) {
    void *made = sweep_prepare(subject);
    uint64_t expected, digest;
    sweep_first = INT64_MAX;
    sweep_expect(subject, act, made, sweep_fails, "with all memory it wants", 0);
    int64_t most = sweep_made;
    sweep_run(act, made, NULL, &expected);
    for (int64_t run = 0; run < runs; run++) {
        sweep_first = most * run / runs;
        sweep_last = INT64_MAX;
        lk_status status = sweep_run(act, made, sweep_fails, &digest);
        sweep_judge(subject, act, made, sweep_first, true, status, digest == expected);
    }
    sweep_expect(subject, act, made, NULL, "afterwards", expected);
    subject->release(made);
}

/* A new folder, of the act's own. */
static inline void sweep_folder(char *path, size_t capacity) {
    snprintf(path, capacity, "%s/likely-memory-XXXXXX", getenv("TMPDIR"));
    assert_non_null(mkdtemp(path));
}

/* ---- all acts -------------------------------------------------------------------------------- */

static void sweep(const sweep_subject *subject, const sweep_act *act) {
    const char *only = getenv("LIKELY_SWEEP");
    size_t length = strlen(subject->name);
    if (only != NULL && (strncmp(only, subject->name, length) != 0 ||
                         (only[length] == ':' && strcmp(only + length + 1, act->name) != 0) ||
                         (only[length] != ':' && only[length] != '\0'))) {
        return;
    }
    for (int64_t begin = 0; begin >= 0;) {
        fflush(NULL);
        sweep_total->at = -1;
        pid_t child = fork();
        if (child == 0) {
            sweep_child(subject, act, begin);
            exit(0);
        }
        int ended;
        assert_int_equal(waitpid(child, &ended, 0), child);
        begin = -1;
        if (WIFSIGNALED(ended) && sweep_total->at >= 0) {
            printf("%s: %s: allocation %lld of the plan: ended by signal %d\n", subject->name,
                   act->name, (long long)sweep_total->at / 2, WTERMSIG(ended));
            sweep_total->aborts++;
            begin = sweep_total->at + 1;
        } else if (ended != 0) {
            printf("%s: %s: leaks, or cannot be swept\n", subject->name, act->name);
            sweep_total->broken++;
        }
    }
}

static inline void sweep_here_and_there(const sweep_subject *subject, const sweep_act *act,
                                        int64_t runs) {
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        sweep_child_of_many(subject, act, runs);
        exit(0);
    }
    int ended;
    assert_int_equal(waitpid(child, &ended, 0), child);
    if (ended != 0) {
        printf("%s: %s: with several workers it ends with status %d\n", subject->name, act->name,
               ended);
        sweep_total->broken++;
    }
}

static inline void sweep_begin(void) {
    sweep_total =
        mmap(NULL, sizeof *sweep_total, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(sweep_total != MAP_FAILED);
    lk_json_keep_room();
    /* in memory where that is possible: flushing files to a disk would take the most time */
    setenv("TMPDIR", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", 1);
}

static inline void sweep_end(void) {
    printf("memory: %lld sites, %lld failures tried, %lld harmless; aborts %lld, wrong causes "
           "%lld\n",
           (long long)sweep_total->sites, (long long)sweep_total->tried,
           (long long)sweep_total->harmless, (long long)sweep_total->aborts,
           (long long)sweep_total->wrong);
    assert_int_equal(sweep_total->broken, 0);
    assert_int_equal(sweep_total->aborts, 0);
    assert_int_equal(sweep_total->wrong, 0);
}

#endif
