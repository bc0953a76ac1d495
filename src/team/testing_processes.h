/* For tests: a team of processes of this machine, without MPI. The test forks; messages go through
 * a socket for each pair of ranks and each tag. */
#ifndef LK_TEAM_TESTING_PROCESSES_H
#define LK_TEAM_TESTING_PROCESSES_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "team/team.h"

#define RANKS_MOST 9
#define TAGS 3
#define REQUESTS_MOST 4096

/* The end of `rank` of its socket to `other`. */
static int ends[RANKS_MOST][RANKS_MOST][TAGS];
static lk_transport_place own_place;

/* Under way; those of one socket and direction are done in their order. */
typedef struct request {
    uint8_t *bytes;
    int64_t size, done;
    int32_t other, tag;
    bool sends, used;
} request;
static request requests[REQUESTS_MOST];
static int64_t order[REQUESTS_MOST], order_count;

static bool local_open(lk_transport_place *place, char fault[256]) {
    (void)fault;
    *place = own_place;
    return true;
}

static bool begin_request(request of, uint64_t *number) {
    for (int64_t i = 0; i < REQUESTS_MOST; i++) {
        if (!requests[i].used) {
            requests[i] = of;
            order[order_count++] = i;
            *number = (uint64_t)i;
            return true;
        }
    }
    return false;
}

static bool local_send(const void *bytes, int64_t size, int32_t to, int32_t tag, uint64_t *number) {
    request r = {(uint8_t *)(uintptr_t)bytes, size, 0, to, tag, true, true};
    return begin_request(r, number);
}

static bool local_receive(void *bytes, int64_t size, int32_t from, int32_t tag, uint64_t *number) {
    request r = {bytes, size, 0, from, tag, false, true};
    return begin_request(r, number);
}

static bool earlier_waits(int64_t at) {
    const request *r = &requests[order[at]];
    for (int64_t i = 0; i < at; i++) {
        const request *e = &requests[order[i]];
        if (e->other == r->other && e->tag == r->tag && e->sends == r->sends && e->done < e->size) {
            return true;
        }
    }
    return false;
}

static bool move(request *r) {
    int end = ends[own_place.rank][r->other][r->tag];
    size_t left = (size_t)(r->size - r->done);
    ssize_t some = r->sends ? send(end, r->bytes + r->done, left, MSG_DONTWAIT | MSG_NOSIGNAL)
                            : recv(end, r->bytes + r->done, left, MSG_DONTWAIT);
    bool waits = some < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    r->done += some > 0 ? some : 0;
    return some > 0 || waits || left == 0;
}

static bool local_test(uint64_t *number, bool *done) {
    bool right = true;
    for (int64_t i = 0; i < order_count; i++) { /* all get on, as in MPI */
        request *r = &requests[order[i]];
        right =
            (r->done == r->size || earlier_waits(i) || move(r) || order[i] != (int64_t)*number) &&
            right;
    }
    request *own = &requests[*number];
    *done = own->done == own->size;
    if (*done) {
        int64_t kept = 0;
        own->used = false;
        for (int64_t i = 0; i < order_count; i++) {
            if (order[i] != (int64_t)*number) {
                order[kept++] = order[i];
            }
        }
        order_count = kept;
    }
    return right;
}

static void local_close(void) {
}

static void local_abort(int status) {
    _exit(status);
}

static const lk_transport local_transport = {.version = LK_TRANSPORT_VERSION,
                                             .name = "sockets",
                                             .open = local_open,
                                             .send = local_send,
                                             .receive = local_receive,
                                             .test = local_test,
                                             .close = local_close,
                                             .abort = local_abort};

static void connect_ranks(int32_t ranks) {
    for (int a = 0; a < ranks; a++) {
        for (int b = 0; b < a; b++) {
            for (int tag = 0; tag < TAGS; tag++) {
                int pair[2];
                assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
                ends[a][b][tag] = pair[0];
                ends[b][a][tag] = pair[1];
            }
        }
    }
}

static void close_ranks(int32_t ranks) {
    for (int a = 0; a < ranks; a++) {
        for (int b = 0; b < ranks; b++) {
            for (int tag = 0; tag < TAGS && a != b; tag++) {
                close(ends[a][b][tag]);
            }
        }
    }
}

/* What each rank does; returns its exit status. */
typedef int act(lk_team *team, lk_context *context, void *argument);

static int be_rank(int32_t rank, int32_t ranks, double silence, act *does, void *argument) {
    lk_team *team;
    lk_context *context;
    const lk_team_options options = {&local_transport, silence};
    own_place = (lk_transport_place){rank, ranks, ranks, "here"};
    if (lk_context_create(1, &context) != LK_OK ||
        lk_team_open(context, &options, &team) != LK_OK) {
        return 99;
    }
    context->team = team;
    int status = does(team, context, argument);
    if (status != 0) {
        lk_team_end(team, context->message, status);
    }
    lk_team_close(team);
    lk_context_destroy(context);
    return 0;
}

/* Runs them all, and gives their exit statuses. */
static inline void run_ranks(int32_t ranks, double silence, act *does, void *argument,
                             int statuses[RANKS_MOST]) {
    pid_t child[RANKS_MOST];
    connect_ranks(ranks);
    for (int32_t r = 0; r < ranks; r++) {
        child[r] = fork();
        assert_true(child[r] >= 0);
        if (child[r] == 0) {
            alarm(120);
            _exit(be_rank(r, ranks, silence, does, argument));
        }
    }
    close_ranks(ranks);
    for (int32_t r = 0; r < ranks; r++) {
        int status;
        assert_int_equal(waitpid(child[r], &status, 0), child[r]);
        statuses[r] = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }
}

#endif
