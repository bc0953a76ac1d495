/* The beginning of a context: it stands here and not in base/, because it chooses a table of
 * kernels. */
#include <stdio.h>
#include <stdlib.h>

#include "base/context.h"
#include "base/memory.h"
#include "kernels/kernels.h"

#define THREADS_MOST 1024

static lk_status choose_kernels(lk_context *context) {
    const lk_kernels *const *tables;
    int32_t count = lk_kernels_available(&tables);
    const char *wanted = getenv("LIKELY_ISA");
    if (wanted == NULL || wanted[0] == '\0') {
        context->kernels = tables[0];
        return LK_OK;
    }
    context->kernels = lk_kernels_named(wanted);
    if (context->kernels != NULL) {
        return LK_OK;
    }
    char names[128] = "";
    for (int32_t i = 0, used = 0; i < count && used < (int32_t)sizeof names; i++) {
        used += snprintf(names + used, sizeof names - (size_t)used, "%s%s", i == 0 ? "" : ", ",
                         tables[i]->isa);
    }
    return lk_fail(
        context, LK_INVALID,
        "LIKELY_ISA=%s: this build or this processor has no such instruction set; it has %s",
        wanted, names);
}

lk_status lk_context_create(int threads, lk_context **context) {
    LK_REQUIRE(context != NULL);
    *context = lk_allocate(1, sizeof **context);
    if (*context == NULL) {
        return LK_NO_MEMORY;
    }
    lk_context_set_memory(*context, 0);
    if (threads < 0 || threads > THREADS_MOST) {
        return lk_fail(*context, LK_INVALID, "threads: %d is not in 0 .. %d (0: one per processor)",
                       threads, THREADS_MOST);
    }
    LK_TRY(choose_kernels(*context));
    int wanted = threads == 0 ? lk_pool_processors() : threads;
    wanted = wanted < THREADS_MOST ? wanted : THREADS_MOST;
    (*context)->pool = lk_pool_create(wanted);
    if ((*context)->pool == NULL) {
        return lk_fail(*context, LK_NO_MEMORY, "cannot start %d threads; ask for fewer", wanted);
    }
    return LK_OK;
}

const char *lk_context_isa(const lk_context *context) {
    return context->kernels == NULL ? "none" : context->kernels->isa;
}
