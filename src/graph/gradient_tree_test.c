/* The tree against its definition, and what a subtree is. */
#include "graph/testing.h"

#include "graph/gradient_tree.h"

/* The definition: the largest power of two below their number stands on the left. */
static float sum_of(const float *value, int64_t count) {
    int64_t left = 1;
    while (2 * left < count) {
        left *= 2;
    }
    return count == 1 ? value[0] : sum_of(value, left) + sum_of(value + left, count - left);
}

static void test_shape_of_the_tree(void **state) {
    (void)state;
    network n = make(3, HEAVY);
    int64_t floats = lk_parameters_total(n.parameters);
    for (int64_t count = 1; count <= 20; count++) {
        float *all = lk_allocate(count * floats, sizeof *all), *at = all;
        float **part = lk_allocate(count * n.parameters->count, sizeof *part);
        for (int64_t i = 0; i < count * n.parameters->count; i++) {
            const lk_parameter *p = &n.parameters->list[i % n.parameters->count];
            part[i] = at;
            at += p->rows * p->columns;
        }
        for (int64_t i = 0; i < count * floats; i++) {
            all[i] = lk_random_normal((lk_random){SEED, LK_FOR_CHECK}, 1, (uint64_t)i);
        }
        float *want = lk_allocate(floats, sizeof *want), value[20];
        for (int64_t i = 0; i < floats; i++) {
            for (int64_t k = 0; k < count; k++) {
                value[k] = all[k * floats + i];
            }
            want[i] = sum_of(value, count);
        }
        lk_gradient_tree_join(n.parameters, part, count);
        assert_memory_equal(all, want, (size_t)floats * sizeof *want);
        lk_release(all);
        lk_release(part);
        lk_release(want);
    }
    release(&n);
}

static void test_subtrees(void **state) {
    (void)state;
    static const int64_t has[][3] = {{1, 0, 1}, {7, 0, 7}, {7, 0, 4}, {7, 4, 7}, {7, 4, 6},
                                     {7, 6, 7}, {8, 4, 8}, {9, 8, 9}, {9, 0, 8}};
    static const int64_t not [][3] = {{7, 0, 3}, {7, 1, 3}, {7, 3, 7}, {7, 4, 8},
                                      {7, 0, 0}, {8, 2, 6}, {9, 0, 7}, {9, 4, 9}};
    for (size_t i = 0; i < sizeof has / sizeof *has; i++) {
        assert_true(lk_gradient_tree_has(has[i][0], has[i][1], has[i][2]));
    }
    for (size_t i = 0; i < sizeof not / sizeof *not ; i++) {
        assert_false(lk_gradient_tree_has(not [i][0], not [i][1], not [i][2]));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shape_of_the_tree),
        cmocka_unit_test(test_subtrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
