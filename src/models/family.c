/* What can be said of a family before there are data. */
#include <stdio.h>

#include "models/model.h"

void lk_family_names(lk_family_is *is, const char *separator, char *text, size_t capacity) {
    size_t used = 0;
    text[0] = '\0';
    for (int32_t i = 0; i < lk_family_count() && used < capacity; i++) {
        const lk_family *family = lk_family_at(i);
        used += is(family) ? (size_t)snprintf(text + used, capacity - used, "%s%s",
                                              used > 0 ? separator : "", family->name)
                           : 0;
    }
}

bool lk_family_streams(const lk_family *family) {
    return family->streams;
}

bool lk_family_any_size(const lk_family *family) {
    return family->any_size && family->one_size == NULL; /* whatever the settings */
}

bool lk_family_any_order(const lk_family *family) {
    return family->any_order && !family->yardstick;
}

static lk_status refuse_streams(lk_context *context, const lk_family *family) {
    char names[LK_FAMILY_NAMES];
    lk_family_names(lk_family_streams, ", ", names, sizeof names);
    return lk_fail(context, LK_INVALID,
                   "%s is for examples of one size, not for streams; these take them: %s",
                   family->name, names);
}

lk_status lk_family_takes(lk_context *context, const lk_family *family,
                          const lk_family_wants *wants) {
    if (wants->text && !family->streams) {
        return refuse_streams(context, family);
    }
    const char *what = wants->label && !family->given   ? "given a label"
                       : wants->local && !family->local ? "given a slower sequence along them"
                       : wants->view && !family->views  ? "seen through a view"
                       : wants->table && (!family->tables || wants->view)
                           ? "of columns with different numbers of values"
                           : NULL;
    return what == NULL
               ? LK_OK
               : lk_fail(context, LK_INVALID, "%s does not take data %s%s", family->name, what,
                         lk_advice(context, "set", "; `likely models` says which families do"));
}

lk_status lk_family_check_settings(lk_context *context, const lk_family *family,
                                   const char *const *assignments, int32_t count) {
    lk_settings settings;
    lk_status status =
        lk_settings_init(context, &settings, family->settings, family->setting_count);
    if (status == LK_OK) {
        status = lk_settings_assign_all(context, &settings, assignments, count);
    }
    lk_settings_deinit(&settings);
    return status;
}
