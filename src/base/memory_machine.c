/* How much memory there is: the machine's, and the limits of the control groups that the process
 * stands in (cgroups(7); version 2, and the memory controller of version 1), which a container or a
 * batch system sets. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

#define GROUPS "/sys/fs/cgroup"

/* The number in a file; INT64_MAX when there is none ("max", or no such file). */
static int64_t limit_in(const char *path) {
    char text[32] = "";
    FILE *file = fopen(path, "re");
    if (file != NULL) {
        size_t size = fread(text, 1, sizeof text - 1, file);
        text[size] = '\0';
        fclose(file);
    }
    char *end;
    long long bytes = strtoll(text, &end, 10);
    return end == text || bytes <= 0 ? INT64_MAX : bytes;
}

/* The lowest limit of a group and those around it. */
static int64_t limit_of(const char *root, char *group, const char *file) {
    int64_t least = INT64_MAX;
    for (;;) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s%s/%s", root, group, file);
        int64_t here = limit_in(path);
        least = here < least ? here : least;
        char *last = strrchr(group, '/');
        if (last == NULL) {
            return least;
        }
        *last = '\0';
    }
}

/* Lines of /proc/self/cgroup: "0::/path" (version 2), "9:memory:/path" (version 1). */
static int64_t limit_of_groups(void) {
    int64_t least = INT64_MAX;
    char line[PATH_MAX];
    FILE *file = fopen("/proc/self/cgroup", "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *kind = strchr(line, ':'), *group = kind != NULL ? strchr(kind + 1, ':') : NULL;
        int64_t here = INT64_MAX;
        if (group != NULL && strncmp(kind, "::", 2) == 0) {
            here = limit_of(GROUPS, group + 1, "memory.max");
        } else if (group != NULL && strncmp(kind, ":memory:", 8) == 0) {
            here = limit_of(GROUPS "/memory", group + 1, "memory.limit_in_bytes");
        }
        least = here < least ? here : least;
    }
    if (file != NULL) {
        fclose(file);
    }
    return least;
}

int64_t lk_memory_of_machine(void) {
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    int64_t machine = pages > 0 && page > 0 ? (int64_t)pages * page : INT64_C(1) << 32;
    int64_t groups = limit_of_groups();
    return machine < groups ? machine : groups;
}
