/* A team: processes, on one machine or many, that run the same command with the same arguments and
 * share its work. Rank 0 speaks, reads standard input and writes; whatever is computed is the same
 * bits for any number of ranks, because who computes a piece is all that depends on it.
 *
 * Everything here but lk_team_fail is collective: all ranks call the same functions in the same
 * order. A rank that cannot go on calls lk_team_fail; whoever waits for it then fails with its
 * message. Ranks tell rank 0, and rank 0 them, that they are alive; who is silent for too long has
 * died, hangs or is cut off, and ends the team in the same way. */
#ifndef LK_TEAM_TEAM_H
#define LK_TEAM_TEAM_H

#include "base/context.h"
#include "team/transport.h"

typedef struct lk_team lk_team;

/* What a process is told by whoever started it. */
typedef struct lk_team_options {
    const lk_transport *transport;
    double silence; /* seconds after which a rank is taken for dead; 0: 60 */
} lk_team_options;

/* Waits for all ranks. LK_IO, with a message, when there is no way to them. */
lk_status lk_team_open(lk_context *context, const lk_team_options *options, lk_team **team);
/* All is well: waits until all ranks are here. NULL: nothing. */
void lk_team_close(lk_team *team);
/* All is not well: tells the others why (NULL: it has been said), and ends all processes of the
 * team with this exit status. Rank 0's message has been printed before. Does not return. */
_Noreturn void lk_team_end(lk_team *team, const char *message, int status);

/* Why the team has failed; NULL: it has not. */
const char *lk_team_fault(const lk_team *team);
/* Whether rank 0 is lost, and this is the one to say so. */
bool lk_team_speaks_last(const lk_team *team);

/* Of NULL, one who is alone: 0 and 1. */
int32_t lk_team_rank(const lk_team *team);
int32_t lk_team_size(const lk_team *team);
const lk_transport_place *lk_team_place(const lk_team *team);
/* Whether this rank does piece number `piece` of a row of them. */
static inline bool lk_team_does(const lk_team *team, int64_t piece) {
    return piece % lk_team_size(team) == lk_team_rank(team);
}

/* Sends and receives that run at the same time; `count` of them from lk_team_exchange's point of
 * view. Parts of one message may be exchanged apart, in order. */
typedef struct lk_message {
    void *bytes;
    int64_t size;
    int32_t rank;
    bool sends;
} lk_message;
/* Returns when all are done. Messages between two ranks are matched in their order. */
lk_status lk_team_exchange(lk_team *team, lk_context *context, const lk_message *messages,
                           int64_t count);
/* Rank 0's bytes, on all ranks. */
lk_status lk_team_share(lk_team *team, lk_context *context, void *bytes, int64_t size);
/* A rank's failure, with its message, is that of all; LK_OK where no rank has failed. */
lk_status lk_team_agree(lk_team *team, lk_context *context, lk_status status);

/* Result number `piece`, which one rank has made (lk_team_does), goes to rank 0: there *bytes
 * [*size] are it, the caller's to release; on the rank that made it they are given, and stay its
 * own. Other ranks do nothing. What went wrong in making it is told by `status`, and then rank 0
 * fails likewise. The results of a rank are taken in their order. */
lk_status lk_team_hand_in(lk_team *team, lk_context *context, int64_t piece, lk_status status,
                          uint8_t **bytes, int64_t *size);

/* Bytes and messages that this rank has sent since it was opened, those that say that it is alive
 * left out. */
typedef struct lk_traffic {
    int64_t bytes, messages;
} lk_traffic;
lk_traffic lk_team_traffic(const lk_team *team);

#endif
