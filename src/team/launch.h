/* Whether this process was started as one of several, and by which MPI. */
#ifndef LK_TEAM_LAUNCH_H
#define LK_TEAM_LAUNCH_H

#include "team/team.h"

/* Of a process that was started alone *transport is NULL. Else it is a module of that MPI, which
 * stands beside the command, or where `make install` puts it; LK_UNSUPPORTED: there is none, and
 * the processes must not do the same work several times over. LIKELY_MPI=openmpi|mpich|none says
 * what was not recognised. */
lk_status lk_launch_find(lk_context *context, const lk_transport **transport);
/* Whether this process is to say what lk_launch_find failed with: one of all. */
bool lk_launch_speaks(void);
/* "Open MPI 4.1.4, MPICH 4.0.2": what was built in; "": nothing. */
const char *lk_launch_built(void);

#endif
