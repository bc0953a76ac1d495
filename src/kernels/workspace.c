/* The memory that products work in, kept from call to call. */
#include <string.h>

#include "base/context.h"
#include "base/memory.h"
#include "kernels/product_inside.h"

/* Grows by half at least: the steps of a generation each need a little more than the one before. */
void *lk_room_take(lk_room *room, int64_t count, size_t size) {
    size_t bytes;
    if (!lk_memory_size(count, size, &bytes)) {
        return NULL;
    }
    int64_t needed = (int64_t)bytes;
    if (needed > room->bytes || room->memory == NULL) {
        lk_release(room->memory);
        needed = lk_maximum(needed, room->bytes + room->bytes / 2);
        room->memory = lk_allocate(needed, 1);
        room->bytes = room->memory != NULL ? needed : 0;
    }
    return room->memory;
}

lk_workspace *lk_workspace_create(void) {
    lk_workspace *workspace = lk_allocate(1, sizeof(*workspace));
    if (workspace != NULL) {
        workspace->caches = lk_caches_of_machine();
    }
    return workspace;
}

void lk_workspace_set_caches(lk_workspace *workspace, lk_caches caches) {
    workspace->caches = caches;
}

void lk_workspace_destroy(lk_workspace *workspace) {
    if (workspace == NULL) {
        return;
    }
    for (int i = 0; i < LK_ROOMS; i++) {
        lk_release(workspace->room[i].memory);
    }
    for (int i = 0; i < workspace->parts; i++) {
        lk_workspace_destroy(workspace->part[i]);
    }
    lk_release(workspace->part);
    lk_release(workspace);
}

void *lk_workspace_scratch(lk_workspace *workspace, int64_t bytes) {
    return lk_room_take(&workspace->room[LK_ROOM_OPERATIONS], bytes, 1);
}

bool lk_workspace_divide(lk_workspace *workspace, int workers) {
    if (workers <= workspace->parts) {
        return true;
    }
    lk_workspace **part = lk_allocate(workers, sizeof(*part));
    if (part == NULL) {
        return false;
    }
    if (workspace->parts > 0) {
        memcpy(part, workspace->part, (size_t)workspace->parts * sizeof(*part));
    }
    lk_release(workspace->part);
    workspace->part = part;
    for (; workspace->parts < workers; workspace->parts++) {
        part[workspace->parts] = lk_workspace_create();
        if (part[workspace->parts] == NULL) {
            return false;
        }
    }
    return true;
}

lk_workspace *lk_workspace_part(lk_workspace *workspace, int worker) {
    LK_REQUIRE(worker >= 0 && worker < workspace->parts);
    return workspace->part[worker];
}
