/* The list of model families, which the build makes from the files in src/families. */
#include <stdio.h>
#include <string.h>

#include "models/model.h"

#define LK_FAMILY(name) extern const lk_family lk_##name##_family;
#include "families.def"
#undef LK_FAMILY

static const lk_family *const families[] = {
#define LK_FAMILY(name) &lk_##name##_family,
#include "families.def"
#undef LK_FAMILY
};

int32_t lk_family_count(void) {
    return (int32_t)(sizeof families / sizeof *families);
}

/* In the order of the course. */
const lk_family *lk_family_at(int32_t index) {
    for (int32_t i = 0; i < lk_family_count(); i++) {
        int32_t before = 0;
        for (int32_t k = 0; k < lk_family_count(); k++) {
            before += families[k]->place < families[i]->place;
        }
        if (before == index) {
            return families[i];
        }
    }
    return NULL;
}

const lk_family *lk_family_named(const char *name) {
    for (int32_t i = 0; i < lk_family_count(); i++) {
        if (strcmp(families[i]->name, name) == 0) {
            return families[i];
        }
    }
    return NULL;
}

lk_status lk_family_find(lk_context *context, const char *name, const lk_family **family) {
    char known[512];
    size_t used = 0;
    *family = lk_family_named(name);
    if (*family != NULL) {
        return LK_OK;
    }
    for (int32_t i = 0; i < lk_family_count() && used < sizeof known; i++) {
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i == 0 ? "" : ", ",
                                 lk_family_at(i)->name);
    }
    return lk_fail(context, LK_INVALID, "no model family %s; there are %s", name, known);
}
