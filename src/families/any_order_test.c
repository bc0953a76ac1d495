/* What the rows of families say of orders is so: each is tried with one, and what is refused says
 * which families would take it. */
#include "models/testing.h"

/* Of values that have high and low bits, of which one family is. */
static const lk_data_description image = {.shape = {3, {4, 4, 1}}, .variables = 16, .alphabet = 4};

static void families_take_the_orders_that_they_say(void **state) {
    lk_context *context = *state;
    const char *none[] = {"orders=0"}; /* of its own */
    for (int32_t i = 0; i < lk_family_count(); i++) {
        const lk_family *family = lk_family_at(i);
        lk_model *model;
        lk_status status =
            lk_model_create(context, family->name, none, strcmp(family->name, "lmconv") == 0, image,
                            "random:3", 1, &model);
        if (status != (family->any_order ? LK_OK : LK_CAUSALITY)) {
            fail_msg("%s: status %d: %s", family->name, status, lk_context_message(context));
        }
        assert_true(status == LK_OK || strstr(lk_context_message(context), "transformer"));
        assert_true(status == LK_OK || strstr(lk_context_message(context), "random:3"));
        assert_true(status == LK_OK || strstr(lk_context_message(context), "<-") == NULL);
        lk_model_destroy(model);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(families_take_the_orders_that_they_say),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
