/* Who is alive. Not for other layers. */
#ifndef LK_TEAM_WATCH_H
#define LK_TEAM_WATCH_H

#include <pthread.h>
#include <stdatomic.h>

#include "team/team.h"

#define LK_TEAM_TEXT 512

typedef enum lk_beat_kind { LK_BEAT_ALIVE, LK_BEAT_FAILED, LK_BEAT_LEAVES } lk_beat_kind;
typedef struct lk_beat {
    int32_t kind;
    char text[LK_TEAM_TEXT]; /* of a failure */
} lk_beat;

/* Between this rank and another: rank 0 has one to each, the others one to rank 0. */
typedef struct lk_link {
    lk_beat out, in;
    uint64_t out_request, in_request;
    bool sending, receiving;
    bool told, left; /* this rank has said its last word; the other one has */
    double heard;    /* when something came from there last */
    char host[LK_HOST_CAPACITY];
} lk_link;

struct lk_team {
    const lk_transport *transport;
    lk_transport_place place;
    double silence;
    pthread_mutex_t calls; /* held while the transport is called */
    lk_traffic traffic;
    /* Of the thread that watches. */
    pthread_t watch;
    bool watching;
    lk_link *link; /* owned, [link_count] */
    int32_t link_count;
    atomic_bool failed, leaves;
    char text[LK_TEAM_TEXT]; /* why; written once, before `failed` */
    bool first_is_lost;      /* rank 0; the same */
    pthread_mutex_t words;
};

/* Starts the thread. */
lk_status lk_watch_begin(lk_team *team, lk_context *context);
/* Says farewell, waits for that of the others, and joins the thread. */
void lk_watch_end(lk_team *team);
/* The team fails, for this reason, unless it has one already. By any thread. */
void lk_watch_fail(lk_team *team, const char *text);

#endif
