/* Which data a model takes, and at which size it would run over them. */
#include "models/testing.h"

static void test_which_shapes(void **state) {
    static const struct {
        const char *family, *order;
        lk_shape own, shape;
        bool own_size;
        const char *refused; /* NULL: taken */
    } rows[] = {
        {"pixelcnn", "natural", {3, {4, 6, 1}}, {3, {4, 6, 1}}, true, NULL},
        {"pixelcnn", "natural", {3, {4, 6, 1}}, {2, {4, 6}}, true, NULL},
        {"pixelcnn", "natural", {3, {4, 6, 1}}, {1, {24}}, true, NULL},
        {"pixelcnn", "natural", {3, {4, 6, 1}}, {2, {6, 4}}, false, NULL},
        {"pixelcnn", "natural", {2, {4, 6}}, {3, {9, 2, 1}}, false, NULL},
        {"pixelcnn", "natural", {3, {4, 6, 1}}, {3, {4, 6, 3}}, false, "need as many channels"},
        {"pixelcnn", "natural", {3, {4, 6, 3}}, {3, {4, 6, 1}}, false, "need as many channels"},
        {"pixelcnn", "natural", {3, {4, 6, 1}}, {1, {30}}, false, "and a shape"},
        {"charrnn",
         "reversed",
         {1, {24}},
         {1, {25}},
         false,
         "an ordering of its own takes no other size"},
        {"charrnn", "reversed", {1, {24}}, {1, {24}}, true, NULL},
        {"conv1d", "natural", {1, {24}}, {1, {2}}, false, NULL},
        {"conv1d", "natural", {1, {24}}, {2, {4, 6}}, true, NULL},
        {"conv1d",
         "natural",
         {1, {24}},
         {2, {4, 7}},
         false,
         "sequences of another size have one axis"},
        {"made",
         "natural",
         {2, {4, 6}},
         {2, {6, 4}},
         false,
         "other sizes are of the families conv1d wavenet pixelcnn"},
        {"made", "natural", {3, {2, 2, 6}}, {3, {2, 2, 6}}, true, NULL},
        {"made",
         "natural",
         {3, {2, 4, 3}},
         {3, {2, 12, 1}},
         false,
         "examples are 2x12x1 (24 variables), but"},
        {"made",
         "natural",
         {2, {4, 6}},
         {2, {6, 5}},
         false,
         "other sizes are of the families conv1d wavenet pixelcnn"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        lk_data_description data = {
            .shape = rows[i].own, .variables = lk_shape_variables(rows[i].own), .alphabet = 2};
        lk_model *model;
        testing_ok(*state, lk_model_create(*state, rows[i].family, NULL, 0, data, rows[i].order, 1,
                                           &model));
        lk_shape there;
        lk_status status = lk_model_shape_for(model, "test", rows[i].shape, &there);
        if (rows[i].refused != NULL) {
            testing_refused(*state, status, LK_MISMATCH, rows[i].refused);
        } else {
            testing_ok(*state, status);
            assert_int_equal(lk_shape_equal(there, rows[i].own), rows[i].own_size);
            assert_int_equal(lk_shape_variables(there), lk_shape_variables(rows[i].shape));
            assert_int_equal(there.axes, rows[i].own.axes);
        }
        lk_model_destroy(model);
    }
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which_shapes),
    };
    return cmocka_run_group_tests(tests, testing_set_up_alone, testing_tear_down);
}
