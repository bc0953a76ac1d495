/* A trained model's weights used otherwise: only what may change does, and the model is then
 * another one. (That training goes on from a model: train/, library/.) */
#include "models/tune.h"

#include "models/testing.h"

static lk_model *make(lk_context *context) {
    static const char *const set[] = {"hidden=3", "orders=2"};
    lk_model *model = testing_model(context, "eonade", set, 2, 4, 2, "natural", 1);
    model->calibration = lk_allocate(1, sizeof *model->calibration);
    model->calibration_count = 1;
    return model;
}

static bool same(lk_fingerprint a, lk_fingerprint b) {
    return memcmp(a.byte, b.byte, sizeof a.byte) == 0;
}

static void test_orders_may_change(void **state) {
    static const char *const set[] = {"orders=5", "order_seed=7"}, *const back[] = {"orders=2"};
    lk_model *model = make(*state);
    lk_fingerprint before = lk_model_fingerprint(model);
    testing_ok(*state, lk_model_use(model, NULL, 0));
    assert_int_equal(model->calibration_count, 1);
    testing_ok(*state, lk_model_use(model, set, 2));
    assert_int_equal(lk_model_variants(model), 5);
    assert_null(model->calibration);
    assert_int_equal(model->calibration_count, 0);
    assert_false(same(before, lk_model_fingerprint(model)));
    testing_ok(*state, lk_model_use(model, back, 1));
    assert_false(same(before, lk_model_fingerprint(model))); /* the seed is another */
    const char *seed = "order_seed=1";
    testing_ok(*state, lk_model_use(model, &seed, 1));
    assert_true(same(before, lk_model_fingerprint(model)));
    lk_model_destroy(model);
}

static void test_what_was_trained_stays(void **state) {
    static const struct {
        const char *set, *message;
    } wrong[] = {
        {"hidden=4", "trained with hidden=3, which stays; of a trained eonade can be changed: "
                     "orders, order_seed"},
        {"dropout=0.5", "which stays"},
        {"orders=0", "orders"},
        {"orders", "orders"},
        {"nothing=1", "unknown setting"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        lk_model *model = make(*state);
        testing_refused(*state, lk_model_use(model, &wrong[i].set, 1), LK_INVALID,
                        wrong[i].message);
        lk_model_destroy(model);
    }
    lk_model *model = make(*state);
    const char *as_it_is = "hidden=3";
    testing_ok(*state, lk_model_use(model, &as_it_is, 1));
    lk_model_destroy(model);
    model = testing_model(*state, "nade", NULL, 0, 4, 2, "natural", 1);
    const char *hidden = "hidden=4";
    testing_refused(*state, lk_model_use(model, &hidden, 1), LK_INVALID, "can be changed: none");
    lk_model_destroy(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orders_may_change),
        cmocka_unit_test(test_what_was_trained_stays),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
