/* A thread of each rank says "alive" to rank 0, and rank 0 to all, ten times in the time after
 * which silence means death; also who fails, and who leaves. It goes on while the rank computes for
 * hours, and stops when the process is stopped, killed or cut off. */
#include "team/watch.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/measure.h"
#include "base/memory.h"

#define BEATS_OF_SILENCE 10
#define LOOK_SECONDS 0.02
#define FAREWELL_SECONDS 10.0
#define TAG_OF_BEATS 2

static int32_t other_of(const lk_team *team, int32_t link) {
    return team->place.rank == 0 ? link + 1 : 0;
}

void lk_watch_fail(lk_team *team, const char *text) {
    pthread_mutex_lock(&team->words);
    if (!atomic_load(&team->failed)) {
        snprintf(team->text, sizeof team->text, "%s", text);
        atomic_store(&team->failed, true);
    }
    pthread_mutex_unlock(&team->words);
}

/* ---- one link -------------------------------------------------------------------------------- */

static void lost(lk_team *team, int32_t link, const char *how) {
    char text[LK_TEAM_TEXT];
    const char *host = team->link[link].host;
    snprintf(text, sizeof text,
             "rank %d%s%s %s: it died, hangs, or was cut off; a training can be resumed from "
             "its last checkpoint, with any number of ranks",
             other_of(team, link), host[0] != '\0' ? " on " : "", host, how);
    if (!atomic_load(&team->failed)) {
        team->first_is_lost = other_of(team, link) == 0;
    }
    lk_watch_fail(team, text);
}

static void look_in(lk_team *team, int32_t i) {
    lk_link *link = &team->link[i];
    bool done = false, right = true;
    int32_t other = other_of(team, i);
    if (!link->receiving && !link->left) {
        right = team->transport->receive(&link->in, sizeof link->in, other, TAG_OF_BEATS,
                                         &link->in_request);
        link->receiving = right;
    }
    if (link->receiving) {
        right = right && team->transport->test(&link->in_request, &done);
    }
    if (!right) {
        lost(team, i, "cannot be heard");
    } else if (done) {
        link->receiving = false;
        link->heard = lk_seconds();
        link->in.text[LK_TEAM_TEXT - 1] = '\0';
        if (link->in.kind == LK_BEAT_FAILED) {
            lk_watch_fail(team, link->in.text);
        }
        link->left = link->in.kind == LK_BEAT_LEAVES;
    }
}

/* due: it is time to say something. */
static void look_out(lk_team *team, int32_t i, bool due) {
    lk_link *link = &team->link[i];
    bool done = false, right = true, fails = atomic_load(&team->failed);
    if (link->sending) {
        right = team->transport->test(&link->out_request, &done);
        link->sending = !done;
    }
    bool last = fails || atomic_load(&team->leaves);
    if (right && !link->sending && !link->told && (due || last)) {
        link->out.kind = fails ? LK_BEAT_FAILED : last ? LK_BEAT_LEAVES : LK_BEAT_ALIVE;
        snprintf(link->out.text, sizeof link->out.text, "%s", fails ? team->text : "");
        right = team->transport->send(&link->out, sizeof link->out, other_of(team, i), TAG_OF_BEATS,
                                      &link->out_request);
        link->sending = right;
        link->told = last;
    }
    if (!right) {
        lost(team, i, "cannot be reached");
    }
}

/* Whether all that was to be said has been said. */
static bool is_over(const lk_team *team) {
    bool over = true;
    for (int32_t i = 0; i < team->link_count; i++) {
        const lk_link *link = &team->link[i];
        over = over && link->told && !link->sending && (link->left || atomic_load(&team->failed));
    }
    return over;
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void *watch(void *argument) {
    lk_team *team = argument;
    double last = 0, farewell = 0;
    const struct timespec pause = {0, (long)(LOOK_SECONDS * 1e9)};
    while (true) {
        double now = lk_seconds();
        bool due = now - last >= team->silence / BEATS_OF_SILENCE;
        last = due ? now : last;
        for (int32_t i = 0; i < team->link_count; i++) {
            pthread_mutex_lock(&team->calls);
            look_in(team, i);
            look_out(team, i, due);
            pthread_mutex_unlock(&team->calls);
            if (!team->link[i].left && lk_seconds() - team->link[i].heard > team->silence) {
                char how[64];
                snprintf(how, sizeof how, "has been silent for %.0f seconds", team->silence);
                lost(team, i, how);
            }
        }
        bool ends = atomic_load(&team->leaves);
        farewell = ends && farewell == 0 ? now : farewell;
        if (ends && (is_over(team) || now - farewell > FAREWELL_SECONDS)) {
            return NULL;
        }
        nanosleep(&pause, NULL);
    }
}

lk_status lk_watch_begin(lk_team *team, lk_context *context) {
    for (int32_t i = 0; i < team->link_count; i++) {
        team->link[i].heard = lk_seconds();
    }
    team->watching = pthread_create(&team->watch, NULL, watch, team) == 0;
    return team->watching ? LK_OK
                          : lk_fail(context, LK_NO_MEMORY,
                                    "no thread can be started that looks "
                                    "after the other ranks");
}

void lk_watch_end(lk_team *team) {
    if (team->watching) {
        atomic_store(&team->leaves, true);
        pthread_join(team->watch, NULL);
        team->watching = false;
    }
}
