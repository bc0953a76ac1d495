/* The command as one of several processes (team/team.h). Rank 0 speaks and writes. The others say
 * nothing, and what they would write goes into a folder of their own, which ends with them. All
 * read the same bytes: what a rank does not have, or has otherwise, it gets from rank 0. */
#ifndef LK_CLI_TEAM_SESSION_H
#define LK_CLI_TEAM_SESSION_H

#include "cli/arguments.h"
#include "cli/team/share.h"

typedef struct cli_team {
    lk_context context; /* for messages */
    lk_team *team;      /* NULL: the process is alone */
    char *folder;       /* owned: of who is not rank 0, or of what rank 0 has spooled */
    cli_sharing sharing;
    bool idle; /* the verb's work is not shared, and this is not rank 0 */
} cli_team;

/* Who shares the work of a command; NULL: nobody. */
static inline lk_team *cli_team_of(const cli_arguments *arguments) {
    return arguments->session != NULL ? arguments->session->team : NULL;
}

/* First of all: where there are several processes, all but one say nothing. */
void cli_team_hush(void);
/* EXIT_DONE, or what to return after a line has been printed. */
int cli_team_begin(cli_arguments *arguments, cli_team *team);
/* Ends with this exit status, unless the process is alone or all is well. */
void cli_team_end(cli_team *team, int status);

#endif
