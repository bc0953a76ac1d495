#include "team/launch.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of cmake/mpi.cmake. */
#ifndef LK_MPI_BUILT
#define LK_MPI_BUILT ""
#endif
#ifndef LK_MPI_FOLDER
#define LK_MPI_FOLDER "../lib/likely"
#endif

/* The variables in which launchers tell a process how many there are, and which one it is: mpirun
 * of Open MPI, and srun through PMIx; mpiexec of MPICH (hydra), and srun through PMI-2. */
typedef struct launcher {
    const char *mpi, *name, *size, *rank, *package;
} launcher;
static const launcher launchers[] = {
    {"openmpi", "Open MPI", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK", "libopenmpi-dev"},
    {"mpich", "MPICH", "PMI_SIZE", "PMI_RANK", "libmpich-dev"},
    {"mpich", "MPICH", "SLURM_STEP_NUM_TASKS", "PMI_RANK", "libmpich-dev"},
    {"openmpi", "Open MPI", "SLURM_STEP_NUM_TASKS", "PMIX_RANK", "libopenmpi-dev"},
};
#define LAUNCHERS (sizeof launchers / sizeof *launchers)

static const launcher *find(void) {
    const char *asked = getenv("LIKELY_MPI");
    for (size_t i = 0; i < LAUNCHERS; i++) {
        const char *size = getenv(launchers[i].size);
        bool named = asked != NULL && strcmp(asked, launchers[i].mpi) == 0;
        bool several = size != NULL && atoi(size) > 1 && getenv(launchers[i].rank) != NULL;
        if (named || (several && asked == NULL)) {
            return &launchers[i];
        }
    }
    return NULL;
}

bool lk_launch_speaks(void) {
    const launcher *l = find();
    const char *rank = l != NULL ? getenv(l->rank) : NULL;
    return rank == NULL || strcmp(rank, "0") == 0;
}

const char *lk_launch_built(void) {
    return LK_MPI_BUILT;
}

static void *open_beside(const char *folder, const char *mpi) {
    char own[PATH_MAX], path[PATH_MAX + 128];
    ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
    own[length > 0 ? length : 0] = '\0';
    char *end = strrchr(own, '/');
    if (end == NULL) {
        return NULL;
    }
    *end = '\0';
    int printed = snprintf(path, sizeof path, "%s/%s/likely-%s.so", own, folder, mpi);
    bool fits = printed > 0 && (size_t)printed < sizeof path;
    return fits && access(path, R_OK) == 0 ? dlopen(path, RTLD_NOW | RTLD_GLOBAL) : NULL;
}

static lk_status check_asked(lk_context *context) {
    const char *asked = getenv("LIKELY_MPI");
    bool known = asked == NULL || strcmp(asked, "none") == 0;
    for (size_t i = 0; i < LAUNCHERS && !known; i++) {
        known = strcmp(asked, launchers[i].mpi) == 0;
    }
    return known ? LK_OK
                 : lk_fail(context, LK_INVALID, "LIKELY_MPI is '%.40s', not openmpi, mpich or none",
                           asked);
}

lk_status lk_launch_find(lk_context *context, const lk_transport **transport) {
    const launcher *l = find();
    *transport = NULL;
    LK_TRY(check_asked(context));
    if (l == NULL) {
        return LK_OK;
    }
    dlerror();
    void *module = open_beside(".", l->mpi);
    module = module != NULL ? module : open_beside(LK_MPI_FOLDER, l->mpi);
    const char *fault = dlerror();
    *transport = module != NULL ? dlsym(module, LK_TRANSPORT_SYMBOL) : NULL;
    if (*transport != NULL && (*transport)->version == LK_TRANSPORT_VERSION) {
        return LK_OK;
    }
    *transport = NULL;
    return lk_fail(context, LK_UNSUPPORTED,
                   "started as one of several processes by %s, for which likely-%s.so is wanted, "
                   "beside the command or in " LK_MPI_FOLDER
                   " from there (%s): install %s and build again, or start one process alone",
                   l->name, l->mpi, fault != NULL ? fault : "it is not there", l->package);
}
