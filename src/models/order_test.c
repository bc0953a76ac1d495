/* Orders by name: zigzag and S-curves written out by hand, colours one after another, and what is
 * refused. */
#include "models/order.h"
#include "models/testing.h"

#define RANKS_MOST 512

static void expect_ranks(lk_context *context, const char *order, lk_shape shape,
                         const int32_t *want) {
    int32_t rank[RANKS_MOST];
    char *name;
    testing_ok(context, lk_order_read(context, order, shape, rank, &name));
    assert_string_equal(name, order);
    assert_memory_equal(rank, want, (size_t)lk_shape_variables(shape) * sizeof *rank);
    lk_release(name);
}

static void test_zigzag(void **state) {
    /* The first 4 x 4 of figure 5 of ITU-T T.81, but cut there. */
    static const int32_t square[] = {0, 1, 5, 6, 2, 4, 7, 12, 3, 8, 11, 13, 9, 10, 14, 15};
    static const int32_t wide[] = {0, 1, 4, 5, 2, 3, 6, 7}, tall[] = {0, 1, 2, 4, 3, 5};
    static const int32_t colours[] = {0, 1, 2, 3, 4, 5, 12, 13, 14, 6, 7, 8, 9, 10, 11, 15, 16, 17};
    expect_ranks(*state, "zigzag", (lk_shape){2, {4, 4}}, square);
    expect_ranks(*state, "zigzag", (lk_shape){1, {16}}, square);
    expect_ranks(*state, "zigzag", (lk_shape){2, {2, 4}}, wide);
    expect_ranks(*state, "zigzag", (lk_shape){3, {3, 2, 1}}, tall);
    expect_ranks(*state, "zigzag", (lk_shape){3, {2, 3, 3}}, colours);
}

static void test_s_curves(void **state) {
    static const int32_t curve[LK_S_CURVES][6] = {
        {0, 1, 2, 5, 4, 3}, {5, 4, 3, 0, 1, 2}, {2, 1, 0, 3, 4, 5}, {3, 4, 5, 2, 1, 0},
        {0, 3, 4, 1, 2, 5}, {1, 2, 5, 0, 3, 4}, {4, 3, 0, 5, 2, 1}, {5, 2, 1, 4, 3, 0},
    };
    for (int i = 0; i < LK_S_CURVES; i++) {
        char name[] = "s-curve:1";
        name[8] = (char)(name[8] + i);
        expect_ranks(*state, name, (lk_shape){2, {2, 3}}, curve[i]);
    }
    expect_ranks(*state, "s-curve", (lk_shape){2, {2, 3}}, curve[0]);
}

/* Each is a permutation, at odd sizes too; a step along a curve is a step to a neighbour. */
static void test_each_rank_once(void **state) {
    static const char *const names[] = {"natural",   "reversed",  "random:7",  "zigzag",
                                        "s-curve:1", "s-curve:2", "s-curve:3", "s-curve:4",
                                        "s-curve:5", "s-curve:6", "s-curve:7", "s-curve:8"};
    static const lk_shape shapes[] = {
        {3, {1, 1, 1}}, {3, {17, 3, 1}}, {3, {3, 17, 3}}, {2, {1, 9}}};
    for (size_t i = 0; i < 4 * sizeof names / sizeof *names; i++) {
        int32_t rank[RANKS_MOST], at[RANKS_MOST];
        lk_shape shape = shapes[i % 4];
        int64_t variables = lk_shape_variables(shape);
        char *name;
        testing_ok(*state, lk_order_read(*state, names[i / 4], shape, rank, &name));
        lk_release(name);
        memset(at, 0xff, sizeof at);
        for (int32_t v = 0; v < variables; v++) {
            assert_true(rank[v] >= 0 && rank[v] < variables && at[rank[v]] < 0);
            at[rank[v]] = v;
        }
        int32_t channels = shape.axes == 3 ? (int32_t)shape.size[2] : 1,
                width = (int32_t)shape.size[1];
        for (int32_t r = channels; i / 4 >= 4 && r < variables; r += channels) {
            int32_t here = at[r] / channels, before = at[r - channels] / channels;
            assert_int_equal(
                abs(here / width - before / width) + abs(here % width - before % width), 1);
        }
    }
}

static void test_refusals(void **state) {
    int32_t rank[RANKS_MOST];
    char *name;
    const lk_shape vector = {1, {15}}, image = {2, {3, 3}};
    testing_refused(*state, lk_order_read(*state, "zigzag", vector, rank, &name), LK_INVALID,
                    "--shape");
    testing_refused(*state, lk_order_read(*state, "s-curve", vector, rank, &name), LK_INVALID,
                    "order of images");
    static const char *const wrong[] = {"s-curve:", "s-curve:0", "s-curve:9", "s-curve:12",
                                        "s-curve:x"};
    for (int i = 0; i < 5; i++) {
        testing_refused(*state, lk_order_read(*state, wrong[i], image, rank, &name), LK_INVALID,
                        "s-curve:8");
    }
    testing_refused(*state, lk_order_read(*state, "zigzags", image, rank, &name), LK_IO, "zigzags");
    testing_refused(*state, lk_order_read(*state, "random:", image, rank, &name), LK_INVALID,
                    "random:SEED");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zigzag),
        cmocka_unit_test(test_s_curves),
        cmocka_unit_test(test_each_rank_once),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
