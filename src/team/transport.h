/* What carries messages between the processes of a team: a table that a module of its own exports
 * (team/mpi.c), so that the command starts without any library of MPI and runs under each that
 * was found when it was built.
 *
 * All calls return at once. The team calls from two threads, never from both at a time. */
#ifndef LK_TEAM_TRANSPORT_H
#define LK_TEAM_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>

#define LK_TRANSPORT_VERSION 1
#define LK_TRANSPORT_SYMBOL "lk_transport_table"
#define LK_HOST_CAPACITY 64
/* Of one message. */
#define LK_TRANSPORT_MOST (INT64_C(1) << 30)

typedef struct lk_transport_place {
    int32_t rank, size, local; /* local: ranks on this host */
    char host[LK_HOST_CAPACITY];
} lk_transport_place;

typedef struct lk_transport {
    int32_t version;
    const char *name; /* of the library: "Open MPI 4.1.4" */
    /* False, and `fault` says why: nothing is open. */
    bool (*open)(lk_transport_place *place, char fault[256]);
    /* Begin. The bytes stay where they are until the request is done. Messages from one rank with
     * one tag arrive in order; a receive has room for what is sent. */
    bool (*send)(const void *bytes, int64_t size, int32_t to, int32_t tag, uint64_t *request);
    bool (*receive)(void *bytes, int64_t size, int32_t from, int32_t tag, uint64_t *request);
    bool (*test)(uint64_t *request, bool *done);
    void (*close)(void);
    /* Ends all processes of the team, with this exit status. */
    void (*abort)(int status);
} lk_transport;

#endif
