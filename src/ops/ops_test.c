/* Every operation against its definition in double, forward and backward, and the list of
 * operations against itself. */
#include "base/slow.h"
#include "ops/testing_cases.h"

static void test_rows_are_whole(void **state) {
    (void)state;
    const char *fault;
    if (!lk_ops_complete(&fault)) {
        fail_msg("incomplete row: %s", fault);
    }
    assert_null(lk_op_at(-1));
    assert_null(lk_op_at(lk_op_count()));
}

static void test_every_operation_has_a_case(void **state) {
    (void)state;
    for (int32_t i = 0; i < lk_op_count(); i++) {
        bool found = false;
        for (int c = 0; c < TESTING_CASES && !found; c++) {
            op_bench bench;
            testing_bench_init(&bench, &testing_cases[c], 1);
            found = bench.node->op == lk_op_at(i);
            testing_bench_deinit(&bench);
        }
        if (!found) {
            fail_msg("no test case for the operation %s", lk_op_at(i)->name);
        }
    }
}

/* ---- the reference --------------------------------------------------------------------------- */

typedef struct doubles {
    double *in[TESTING_SOURCES_MOST], *parameter[LK_NODE_PARAMETERS_MOST], *out;
} doubles;

static double *widened(const float *from, int64_t count) {
    double *to = malloc((size_t)(count > 0 ? count : 1) * sizeof *to);
    for (int64_t i = 0; i < count; i++) {
        to[i] = (double)from[i];
    }
    return to;
}

static int64_t parameter_floats(const op_bench *bench, int32_t p) {
    const lk_parameter *parameter = &bench->parameters->list[bench->node->parameters[p]];
    return parameter->rows * parameter->columns;
}

static void doubles_init(doubles *d, const op_bench *bench) {
    *d = (doubles){.out = NULL};
    for (int32_t i = 0; i < bench->node->input_count; i++) {
        d->in[i] = widened(bench->in[i], testing_floats(bench->node->inputs[i], bench->batch));
    }
    for (int32_t p = 0; p < bench->node->parameter_count; p++) {
        d->parameter[p] = widened(bench->parameter[p], parameter_floats(bench, p));
    }
    d->out = calloc((size_t)testing_floats(bench->node, bench->batch), sizeof *d->out);
}

static void doubles_deinit(doubles *d) {
    for (int i = 0; i < TESTING_SOURCES_MOST; i++) {
        free(d->in[i]);
    }
    for (int p = 0; p < LK_NODE_PARAMETERS_MOST; p++) {
        free(d->parameter[p]);
    }
    free(d->out);
}

static void check_forward(const op_case *row, int64_t batch) {
    op_bench bench;
    doubles d;
    testing_bench_init(&bench, row, batch);
    doubles_init(&d, &bench);
    testing_forward(&bench, bench.context->kernels, bench.context->pool);
    row->reference(bench.node, d.in, d.parameter, batch, d.out);
    for (int64_t i = 0; i < testing_floats(bench.node, batch); i++) {
        if (!(fabs((double)bench.out[i] - d.out[i]) <= 1e-5 * (1 + fabs(d.out[i])))) {
            fail_msg("%s, batch %lld, element %lld: %.9g, expected %.9g", row->label,
                     (long long)batch, (long long)i, (double)bench.out[i], d.out[i]);
        }
    }
    doubles_deinit(&d);
    testing_bench_deinit(&bench);
}

static void test_forward(void **state) {
    (void)state;
    for (int c = 0; c < TESTING_CASES; c++) {
        check_forward(&testing_cases[c], 1);
        check_forward(&testing_cases[c], 17);
    }
}

/* ---- gradients ------------------------------------------------------------------------------- */

/* sum of dout * reference, whose derivatives backward must give. */
static double weighted(const op_bench *bench, doubles *d, const float *dout) {
    double sum = 0;
    bench->row->reference(bench->node, d->in, d->parameter, bench->batch, d->out);
    for (int64_t i = 0; i < testing_floats(bench->node, bench->batch); i++) {
        sum += d->out[i] * (double)dout[i];
    }
    return sum;
}

/* The reference is plain loops, of which sanitizers and emulators have little to say. */
#define DIFFERENCES_APART (LK_SLOW ? 5 : 1)

/* `got` began as `before` (or, when fresh, as anything) and must have gained the derivative by each
 * of `at`. */
static void compare_gradient(const op_bench *bench, doubles *d, const float *dout, double *at,
                             int64_t count, const float *got, const float *before, bool fresh,
                             const char *what) {
    const double h = 1e-5;
    for (int64_t i = 0; i < count; i += DIFFERENCES_APART) {
        double held = at[i];
        at[i] = held + h;
        double above = weighted(bench, d, dout);
        at[i] = held - h;
        double below = weighted(bench, d, dout);
        at[i] = held;
        double expected = (above - below) / (2 * h) + (fresh ? 0 : (double)before[i]);
        if (!(fabs((double)got[i] - expected) <= 1e-4 * (1 + fabs(expected)))) {
            fail_msg("%s: d %s[%lld] = %.9g, expected %.9g", bench->row->label, what, (long long)i,
                     (double)got[i], expected);
        }
    }
}

/* Gradients of weights that no example ever uses are not touched, where the parameter says which
 * they are. */
static void compare_weight_gradient(const op_bench *bench, doubles *d, const float *dout, int32_t p,
                                    const float *got, const float *before, bool fresh) {
    const lk_parameter *parameter = &bench->parameters->list[bench->node->parameters[p]];
    for (int64_t r = 0; r < parameter->rows; r++) {
        int64_t at = r * parameter->columns,
                live = parameter->live != NULL ? parameter->live[r] : parameter->columns;
        compare_gradient(bench, d, dout, d->parameter[p] + at, live, got + at, before + at, fresh,
                         parameter->name);
        assert_memory_equal(got + at + live, before + at + live,
                            (size_t)(parameter->columns - live) * sizeof(float));
    }
}

static float *copy_of(const float *from, int64_t count) {
    float *to = lk_allocate(count, sizeof *to);
    memcpy(to, from, (size_t)count * sizeof *to);
    return to;
}

/* What the operation says that backward does not read becomes NaN. */
static void spoil_unread(op_bench *bench) {
    const lk_node *node = bench->node;
    int32_t keeps =
        node->op->keeps != NULL ? node->op->keeps(node) : LK_KEEPS_INPUTS | LK_KEEPS_OUTPUT;
    if ((keeps & LK_KEEPS_OUTPUT) == 0) {
        memset(bench->out, 0xff, (size_t)testing_floats(node, bench->batch) * sizeof(float));
    }
    for (int32_t i = 0; i < node->input_count && (keeps & LK_KEEPS_INPUTS) == 0; i++) {
        memset(bench->in[i], 0xff,
               (size_t)testing_floats(node->inputs[i], bench->batch) * sizeof(float));
    }
}

static void check_backward(const op_case *row, int64_t batch, bool is_fresh) {
    op_bench bench;
    doubles d;
    testing_bench_init(&bench, row, batch);
    const lk_node *node = bench.node;
    if (node->op->backward == NULL) {
        testing_bench_deinit(&bench);
        return;
    }
    doubles_init(&d, &bench);
    float *dout = testing_values(node, batch, 50), *din[TESTING_SOURCES_MOST] = {NULL},
          *began[TESTING_SOURCES_MOST] = {NULL};
    float *dparameter[LK_NODE_PARAMETERS_MOST] = {NULL}, *held[LK_NODE_PARAMETERS_MOST] = {NULL};
    bool fresh[LK_NODE_PARAMETERS_MOST] = {is_fresh, is_fresh, is_fresh, is_fresh};
    const bool din_fresh[TESTING_SOURCES_MOST] = {is_fresh, is_fresh, is_fresh};
    for (int32_t i = 0; i < node->input_count && node->inputs[i]->index > 0; i++) {
        began[i] = testing_values(node->inputs[i], batch, 60 + (uint64_t)i);
        din[i] = copy_of(began[i], testing_floats(node->inputs[i], batch));
    }
    for (int32_t p = 0; p < node->parameter_count; p++) {
        held[p] =
            copy_of(bench.parameter[p], parameter_floats(&bench, p)); /* any numbers will do */
        dparameter[p] = copy_of(held[p], parameter_floats(&bench, p));
    }
    testing_forward(&bench, bench.context->kernels, bench.context->pool);
    lk_task task = testing_task(&bench, bench.context->kernels, bench.context->pool);
    task.dout = dout;
    task.din = din;
    task.dparameter = dparameter;
    task.fresh = fresh;
    task.din_fresh = node->op->sets_fresh ? din_fresh : NULL;
    spoil_unread(&bench);
    assert_true(node->op->backward(&task));
    for (int32_t i = 0; i < node->input_count; i++) {
        if (din[i] != NULL) {
            compare_gradient(&bench, &d, dout, d.in[i], testing_floats(node->inputs[i], batch),
                             din[i], began[i], lk_din_fresh(&task, i), "in");
        }
        lk_release(din[i]);
        lk_release(began[i]);
    }
    for (int32_t p = 0; p < node->parameter_count; p++) {
        compare_weight_gradient(&bench, &d, dout, p, dparameter[p], held[p], is_fresh);
        lk_release(dparameter[p]);
        lk_release(held[p]);
    }
    lk_release(dout);
    doubles_deinit(&d);
    testing_bench_deinit(&bench);
}

static void test_backward(void **state) {
    (void)state;
    for (int c = 0; c < TESTING_CASES; c++) {
        check_backward(&testing_cases[c], 1, true);
        check_backward(&testing_cases[c], 5, true);
        check_backward(&testing_cases[c], 5, false);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_are_whole),
        cmocka_unit_test(test_every_operation_has_a_case),
        cmocka_unit_test(test_forward),
        cmocka_unit_test(test_backward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
