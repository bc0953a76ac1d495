/* What can be said of a family before there are data. */
#include <stdio.h>

#include "models/model.h"

static lk_status refuse_streams(lk_context *context, const lk_family *family) {
    char names[128] = "";
    size_t used = 0;
    for (int32_t i = 0; i < lk_family_count() && used < sizeof names; i++) {
        const lk_family *other = lk_family_at(i);
        used += other->streams ? (size_t)snprintf(names + used, sizeof names - used, "%s%s",
                                                  used > 0 ? ", " : "", other->name)
                               : 0;
    }
    return lk_fail(context, LK_INVALID,
                   "%s is for examples of one size, not for streams; these take them: %s",
                   family->name, names);
}

lk_status lk_family_takes(lk_context *context, const lk_family *family,
                          const lk_family_wants *wants) {
    if (wants->text && !family->streams) {
        return refuse_streams(context, family);
    }
    const char *what = wants->label && !family->given  ? "given a label"
                       : wants->view && !family->views ? "seen through a view"
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
