/* What can be said of a family before there are data. */
#include "models/model.h"

lk_status lk_family_takes(lk_context *context, const lk_family *family,
                          const lk_family_wants *wants) {
    if (wants->text && !family->streams) {
        return lk_fail(
            context, LK_INVALID,
            "%s is for examples of one size, not for streams; charrnn and conv1d take these",
            family->name);
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
