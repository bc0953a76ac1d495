/* Training throughput of a network of bench/networks.h: forward, NLL, backward, Adam on random
 * data, nothing else; and, in between, the speed of the matrix product alone, of which the useful
 * arithmetic is a share. bench/train.sh runs it in turn with the same network in PyTorch.
 * Arguments: NETWORK, SECONDS, THREADS (0: processors), SLICES (0: chosen), BATCH (0: its own),
 * "rounds": of so many seconds, for each line on the standard input (rounds.h). */
#include "graph/slices.h"
#include "kernels/product.h"
#include "optim/optimizer.h"
#include "rounds.h"

enum { STEPS_MOST = 100000, SQUARE = 1024 };
#define SECONDS_PER_LOOK 0.25 /* at the speed of the product */

/* A square product that nothing is wrong with: what the processor gives at this moment. */
typedef struct kernel {
    lk_product product;
    lk_workspace *workspace;
    float *memory;
    double times[STEPS_MOST], last;
    int64_t count;
} kernel;

static lk_status kernel_init(kernel *k, lk_context *context) {
    int64_t floats = (int64_t)SQUARE * SQUARE;
    k->workspace = lk_workspace_create();
    k->memory = lk_allocate(3 * floats, sizeof *k->memory);
    if (k->workspace == NULL || k->memory == NULL) {
        return lk_fail_no_memory(context, "product", 3 * floats * 4);
    }
    k->product = (lk_product){.rows = SQUARE,
                              .columns = SQUARE,
                              .depth = SQUARE,
                              .a = {k->memory, SQUARE, 1, NULL, NULL},
                              .b = {k->memory + floats, SQUARE, 1, NULL, NULL},
                              .c = k->memory + 2 * floats,
                              .c_row_stride = SQUARE,
                              .c_column_stride = 1};
    return LK_OK;
}

static void kernel_look(kernel *k, lk_context *context) {
    if (now() - k->last < SECONDS_PER_LOOK || k->count == STEPS_MOST) {
        return;
    }
    double began = now();
    lk_product_run(&k->product, context->kernels, context->pool, k->workspace);
    k->last = now();
    k->times[k->count++] = k->last - began;
}

static double kernel_speed(kernel *k) {
    return 2e-9 * SQUARE * SQUARE * SQUARE / median(k->times, k->count);
}

typedef struct run {
    network network;
    int64_t slice_count; /* asked for */
    bool in_rounds;
    timed_steps timed;
    lk_slices *slices;
    lk_optimizer *optimizer;
    uint16_t *x;
    double *nll;
    double times[STEPS_MOST], optimizing, processor;
    int64_t steps;
    kernel kernel;
} run;

/* Forward with NLL, backward, optimizer. */
static lk_status step(run *r) {
    double processor = processor_time(), t0 = now();
    LK_TRY(lk_slices_run(r->slices, r->x, NULL, r->network.batch, r->nll));
    double t1 = now();
    lk_optimizer_step(r->optimizer, 0.001, 1.0, NULL);
    double t2 = now();
    r->times[r->steps % STEPS_MOST] = t2 - t0;
    r->steps++;
    r->optimizing += t2 - t1;
    r->processor += processor_time() - processor;
    return LK_OK;
}

static void print(run *r, const lk_graph *graph) {
    const lk_context *context = graph->context;
    double batch = (double)r->network.batch, time = median(r->times, r->steps),
           each = 1e3 / (double)r->steps;
    double useful = 1e-9 * 3.0 * 2.0 * batch * (double)lk_graph_multiply_adds_forward(graph) / time;
    double speed = kernel_speed(&r->kernel);
    printf("likely  %s, batch %.0f: %.2f ms/step, %.1f examples/s, %.1f useful GFLOP/s, %.0f %% of "
           "the product's %.0f "
           "(best %.2f optimizer %.2f processor %.2f ms; %s, %d threads, %lld slices)\n",
           r->network.name, batch, 1e3 * time, batch / time, useful, 100.0 * useful / speed, speed,
           1e3 * r->times[0], each * r->optimizing, each * r->processor, lk_context_isa(context),
           lk_context_threads(context), (long long)lk_slices_count(r->slices));
}

static lk_status look(run *r, lk_context *context, double seconds) {
    for (double began = now();
         r->steps < 3 || (now() - began < seconds && r->steps < STEPS_MOST);) {
        kernel_look(&r->kernel, context);
        LK_TRY(step(r));
    }
    return LK_OK;
}

/* The first two steps make what later ones find. */
static lk_status rounds(run *r, lk_context *context, double seconds) {
    LK_TRY(timed_init(&r->timed, context));
    LK_TRY(step(r));
    LK_TRY(step(r));
    while (timed_turn(&r->timed)) {
        double began = now();
        do {
            timed_begin(&r->timed);
            LK_TRY(step(r));
            timed_end(&r->timed);
        } while (now() - began < seconds);
        timed_print(&r->timed, r->network.batch, 0);
    }
    timed_deinit(&r->timed);
    return LK_OK;
}

static lk_status bench(lk_context *context, run *r, double seconds) {
    lk_model *model;
    lk_graph *graph;
    lk_optimizer_options how = lk_optimizer_defaults();
    LK_TRY(network_create(context, &r->network, &model, &graph));
    LK_TRY(lk_parameters_make_gradients(model->parameters));
    int64_t batch = r->network.batch, chosen = lk_slices_choose(graph, batch);
    lk_slices_options cut = {.batch = batch,
                             .slices = r->slice_count > 0 ? r->slice_count : chosen};
    LK_TRY(lk_slices_create(graph, cut, &r->slices));
    LK_TRY(lk_optimizer_create(model->parameters, &how, &r->optimizer));
    LK_TRY(kernel_init(&r->kernel, context));
    r->x = random_examples(&r->network, batch);
    r->nll = lk_allocate(batch, sizeof *r->nll);
    if (r->x == NULL || r->nll == NULL) {
        return lk_fail_no_memory(context, "examples", batch * r->network.data.variables * 2);
    }
    if (r->in_rounds) {
        LK_TRY(rounds(r, context, seconds));
    } else {
        LK_TRY(look(r, context, seconds));
        print(r, graph);
    }
    lk_release(r->x);
    lk_release(r->nll);
    lk_release(r->kernel.memory);
    lk_workspace_destroy(r->kernel.workspace);
    lk_optimizer_destroy(r->optimizer);
    lk_slices_destroy(r->slices);
    lk_graph_destroy(graph);
    lk_model_destroy(model);
    return LK_OK;
}

int main(int count, char **words) {
    static run r;
    lk_context *context;
    double seconds = count > 2 ? atof(words[2]) : 3.0;
    const network *named = network_named(count > 1 ? words[1] : networks[0].name);
    if (named == NULL) {
        return 2;
    }
    r.network = *named;
    r.slice_count = count > 4 ? atoll(words[4]) : 0;
    if (count > 5 && atoll(words[5]) > 0) {
        r.network.batch = atoll(words[5]);
    }
    r.in_rounds = count > 6 && strcmp(words[6], "rounds") == 0;
    lk_status status = lk_context_create(count > 3 ? atoi(words[3]) : 0, &context);
    if (status == LK_OK) {
        status = bench(context, &r, seconds);
    }
    int exit_status = report(status, context);
    lk_context_destroy(context);
    return exit_status;
}
