/* Files of rank 0 for the other ranks. */
#ifndef LK_CLI_TEAM_SHARE_H
#define LK_CLI_TEAM_SHARE_H

#include "team/team.h"

typedef struct cli_sharing {
    lk_team *team;
    lk_context *context;
    const char *folder; /* for copies */
    int32_t count;      /* of them so far */
} cli_sharing;

/* A value of the command line that may name a file or a folder, as FILE, FILE:ARRAY or KEY=FILE. A
 * rank that has no such, or whose bytes are others than rank 0's, gets a copy, which *value then
 * names (never released). A pipe of rank 0 is copied for all, itself too. */
lk_status cli_share(cli_sharing *sharing, const char **value);
/* Rank 0's file `from`, if there is one, becomes `to` on all others. */
lk_status cli_share_as(lk_team *team, lk_context *context, const char *from, const char *to);

#endif
