#include "team/team.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/measure.h"
#include "base/memory.h"
#include "team/watch.h"

#define SILENCE_SECONDS 60.0
#define TAG_OF_WORK 1
/* Whoever waits asks again and again for a while, and then sleeps between: a core that nobody else
 * wants costs nothing, and ranks may be more than cores. */
#define ASK_SECONDS 20e-6
#define SLEEP_LEAST 10e-6
#define SLEEP_MOST 500e-6
#define TIDY_NANOSECONDS 500000000L

int32_t lk_team_rank(const lk_team *team) {
    return team != NULL ? team->place.rank : 0;
}

int32_t lk_team_size(const lk_team *team) {
    return team != NULL ? team->place.size : 1;
}

const lk_transport_place *lk_team_place(const lk_team *team) {
    return &team->place;
}

lk_traffic lk_team_traffic(const lk_team *team) {
    return team != NULL ? team->traffic : (lk_traffic){0};
}

const char *lk_team_fault(const lk_team *team) {
    return atomic_load(&team->failed) ? team->text : NULL;
}

bool lk_team_speaks_last(const lk_team *team) {
    return team->place.rank == 1 && atomic_load(&team->failed) && team->first_is_lost;
}

/* ---- waiting --------------------------------------------------------------------------------- */

static lk_status failed(const lk_team *team, lk_context *context) {
    return lk_fail(context, LK_IO, "%s", team->text);
}

static void rest(double *pause) {
    const struct timespec time = {0, (long)(*pause * 1e9)};
    nanosleep(&time, NULL);
    *pause = *pause * 2 < SLEEP_MOST ? *pause * 2 : SLEEP_MOST;
}

static bool test(lk_team *team, uint64_t *request, bool *done) {
    pthread_mutex_lock(&team->calls);
    bool right = team->transport->test(request, done);
    pthread_mutex_unlock(&team->calls);
    return right;
}

static lk_status wait_for(lk_team *team, lk_context *context, uint64_t *request) {
    double began = lk_seconds(), pause = SLEEP_LEAST;
    for (bool done = false; !done;) {
        if (atomic_load(&team->failed)) {
            return failed(team, context);
        }
        if (!test(team, request, &done)) {
            lk_watch_fail(team, "a message to or from another rank was lost");
        }
        if (!done && lk_seconds() - began > ASK_SECONDS) {
            rest(&pause);
        }
    }
    return LK_OK;
}

/* ---- messages -------------------------------------------------------------------------------- */

/* Parts of a long message, in order. */
static int64_t parts_of(int64_t size) {
    return size > 0 ? (size + LK_TRANSPORT_MOST - 1) / LK_TRANSPORT_MOST : 1;
}

static bool begin_part(lk_team *team, const lk_message *m, int64_t part, uint64_t *request) {
    int64_t first = part * LK_TRANSPORT_MOST, left = m->size - first;
    int64_t size = left < LK_TRANSPORT_MOST ? left : LK_TRANSPORT_MOST;
    uint8_t *bytes = (uint8_t *)m->bytes + first;
    const lk_transport *t = team->transport;
    pthread_mutex_lock(&team->calls);
    bool right = m->sends ? t->send(bytes, size, m->rank, TAG_OF_WORK, request)
                          : t->receive(bytes, size, m->rank, TAG_OF_WORK, request);
    pthread_mutex_unlock(&team->calls);
    team->traffic.bytes += m->sends ? size : 0;
    team->traffic.messages += m->sends;
    return right;
}

lk_status lk_team_exchange(lk_team *team, lk_context *context, const lk_message *messages,
                           int64_t count) {
    int64_t parts = 0, begun = 0;
    for (int64_t i = 0; i < count; i++) {
        parts += parts_of(messages[i].size);
    }
    uint64_t *request = lk_allocate(parts, sizeof *request);
    bool right = request != NULL;
    for (int64_t i = 0; i < count && right; i++) {
        LK_REQUIRE(messages[i].rank != team->place.rank);
        for (int64_t part = 0; part < parts_of(messages[i].size) && right; part++) {
            right = begin_part(team, &messages[i], part, &request[begun]);
            begun += right;
        }
    }
    lk_status status = right ? LK_OK
                       : request == NULL
                           ? lk_fail_no_memory(context, "messages", parts * 8)
                           : lk_fail(context, LK_IO, "another rank cannot be reached");
    for (int64_t i = 0; i < begun && status == LK_OK; i++) {
        status = wait_for(team, context, &request[i]);
    }
    lk_release(request);
    return status;
}

static lk_status exchange_one(lk_team *team, lk_context *context, void *bytes, int64_t size,
                              int32_t rank, bool sends) {
    const lk_message message = {bytes, size, rank, sends};
    return lk_team_exchange(team, context, &message, 1);
}

/* Along a binomial tree: a rank hears from the one without its highest bit. */
lk_status lk_team_share(lk_team *team, lk_context *context, void *bytes, int64_t size) {
    int32_t rank = lk_team_rank(team), ranks = lk_team_size(team), step = 1;
    for (; step <= rank; step *= 2) {
    }
    if (rank > 0) {
        LK_TRY(exchange_one(team, context, bytes, size, rank - step / 2, false));
    }
    for (; rank + step < ranks; step *= 2) {
        LK_TRY(exchange_one(team, context, bytes, size, rank + step, true));
    }
    return LK_OK;
}

typedef struct verdict {
    int32_t status;
    char text[LK_MESSAGE_CAPACITY];
} verdict;

/* To rank 0 along the same tree, a low rank's before a high one's; then back. */
lk_status lk_team_agree(lk_team *team, lk_context *context, lk_status status) {
    int32_t rank = lk_team_rank(team), ranks = lk_team_size(team), step = 1;
    if (ranks == 1) {
        return status;
    }
    verdict own = {.status = (int32_t)status}, other;
    if (status != LK_OK) {
        snprintf(own.text, sizeof own.text, "%s", context->message);
    }
    for (; step <= rank; step *= 2) {
    }
    for (int32_t child = step; rank + child < ranks; child *= 2) {
        LK_TRY(exchange_one(team, context, &other, sizeof other, rank + child, false));
        own = own.status != LK_OK || other.status == LK_OK ? own : other;
    }
    if (rank > 0) {
        LK_TRY(exchange_one(team, context, &own, sizeof own, rank - step / 2, true));
    }
    LK_TRY(lk_team_share(team, context, &own, sizeof own));
    own.text[sizeof own.text - 1] = '\0';
    return own.status == LK_OK ? LK_OK : lk_fail(context, (lk_status)own.status, "%s", own.text);
}

typedef struct result {
    int64_t size;
    verdict verdict;
} result;

static lk_status take_result(lk_team *team, lk_context *context, int32_t rank, uint8_t **bytes,
                             int64_t *size) {
    result head;
    *bytes = NULL;
    *size = 0;
    LK_TRY(exchange_one(team, context, &head, sizeof head, rank, false));
    head.verdict.text[sizeof head.verdict.text - 1] = '\0';
    if (head.verdict.status != LK_OK) {
        return lk_fail(context, (lk_status)head.verdict.status, "%s", head.verdict.text);
    }
    *bytes = lk_resize(NULL, head.size, 1);
    if (*bytes == NULL) {
        return lk_fail_no_memory(context, "another rank's results", head.size);
    }
    *size = head.size;
    return head.size > 0 ? exchange_one(team, context, *bytes, head.size, rank, false) : LK_OK;
}

lk_status lk_team_hand_in(lk_team *team, lk_context *context, int64_t piece, lk_status status,
                          uint8_t **bytes, int64_t *size) {
    int32_t maker = (int32_t)(piece % lk_team_size(team)), rank = lk_team_rank(team);
    if (rank == maker && rank > 0) {
        result head = {status == LK_OK ? *size : 0, {.status = (int32_t)status}};
        if (status != LK_OK) {
            snprintf(head.verdict.text, sizeof head.verdict.text, "%s", context->message);
        }
        LK_TRY(exchange_one(team, context, &head, sizeof head, 0, true));
        LK_TRY(head.size > 0 ? exchange_one(team, context, *bytes, head.size, 0, true) : LK_OK);
    }
    return rank == 0 && maker > 0 ? take_result(team, context, maker, bytes, size) : status;
}

/* ---- life ------------------------------------------------------------------------------------ */

static void destroy(lk_team *team) {
    pthread_mutex_destroy(&team->calls);
    pthread_mutex_destroy(&team->words);
    lk_release(team->link);
    lk_release(team);
}

/* Rank 0 learns where the others are. */
static lk_status meet(lk_team *team, lk_context *context) {
    for (int32_t i = 0; i < team->link_count; i++) {
        int32_t other = team->place.rank == 0 ? i + 1 : 0;
        char host[LK_HOST_CAPACITY];
        memcpy(host, team->place.host, sizeof host);
        const lk_message both[] = {{host, sizeof host, other, true},
                                   {team->link[i].host, sizeof host, other, false}};
        LK_TRY(lk_team_exchange(team, context, both, 2));
        team->link[i].host[LK_HOST_CAPACITY - 1] = '\0';
    }
    team->traffic = (lk_traffic){0};
    return LK_OK;
}

lk_status lk_team_open(lk_context *context, const lk_team_options *options, lk_team **team) {
    char fault[256] = "";
    *team = NULL;
    lk_team *made = lk_allocate(1, sizeof *made);
    if (made == NULL) {
        return lk_fail_no_memory(context, "a team", (int64_t)sizeof *made);
    }
    made->transport = options->transport;
    made->silence = options->silence > 0 ? options->silence : SILENCE_SECONDS;
    pthread_mutex_init(&made->calls, NULL);
    pthread_mutex_init(&made->words, NULL);
    if (!made->transport->open(&made->place, fault)) {
        destroy(made);
        return lk_fail(context, LK_IO, "%s: %s", options->transport->name, fault);
    }
    made->link_count = made->place.rank == 0 ? made->place.size - 1 : 1;
    made->link = lk_allocate(made->link_count, sizeof *made->link);
    if (made->link == NULL) {
        made->transport->abort(1);
        abort();
    }
    lk_status status = lk_watch_begin(made, context);
    status = status == LK_OK ? meet(made, context) : status;
    if (status != LK_OK) {
        lk_team_end(made, context->message, 1);
    }
    *team = made;
    return LK_OK;
}

void lk_team_close(lk_team *team) {
    lk_context unused = {0};
    if (team == NULL) {
        return;
    }
    if (lk_team_agree(team, &unused, LK_OK) != LK_OK) {
        lk_team_end(team, NULL, 1);
    }
    lk_watch_end(team);
    team->transport->close();
    destroy(team);
}

void lk_team_end(lk_team *team, const char *message, int status) {
    char text[LK_TEAM_TEXT];
    bool first = team->place.rank == 0;
    snprintf(text, sizeof text, "rank %d on %s: %s", team->place.rank, team->place.host,
             message != NULL ? message : "ended");
    lk_watch_fail(team, text);
    lk_watch_end(team);
    if (first) { /* the others have heard it, and tidy up */
        const struct timespec time = {0, TIDY_NANOSECONDS};
        nanosleep(&time, NULL);
    }
    for (double began = lk_seconds(); !first && lk_seconds() - began < team->silence;) {
        double pause = SLEEP_MOST; /* rank 0 speaks, and ends all */
        rest(&pause);
    }
    alarm(5); /* a launcher that cannot be reached does not keep us */
    team->transport->abort(status);
    _exit(status);
}
