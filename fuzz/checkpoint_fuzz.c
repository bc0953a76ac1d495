/* Checkpoints: anything may come. The run that resumes has one 2 x 3 weight, Adam, an average and
 * best weights; the seed is its checkpoint. What is read before the checksum is (form, options,
 * history) gets most of the inputs. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "train/checkpoint.h"

static void expect(bool condition) {
    if (!condition) {
        abort();
    }
}

typedef struct run {
    lk_context *context;
    lk_parameters *parameters;
    lk_optimizer *optimizer;
    lk_average *average;
    float **best;
    json_t *options, *epochs;
} run;

static run begin(void) {
    run r = {0};
    int32_t index;
    lk_optimizer_options how = lk_optimizer_defaults();
    expect(lk_context_create(1, &r.context) == LK_OK);
    expect(lk_parameters_create(r.context, &r.parameters) == LK_OK);
    expect(lk_parameters_declare(r.parameters, "w", 2, 3, LK_INIT_ZERO, &index) == LK_OK);
    expect(lk_optimizer_create(r.parameters, &how, &r.optimizer) == LK_OK);
    expect(lk_average_create(r.parameters, 0.9, &r.average) == LK_OK);
    r.best = lk_weights_copy(r.parameters);
    r.options = json_pack("{s:i, s:s}", "batch_size", 4, "optimizer", "adam");
    r.epochs = json_array();
    expect(r.best != NULL && r.options != NULL && r.epochs != NULL);
    return r;
}

static void end(run *r) {
    json_decref(r->options);
    json_decref(r->epochs);
    lk_weights_release(r->best, r->parameters->count);
    lk_average_destroy(r->average);
    lk_optimizer_destroy(r->optimizer);
    lk_parameters_destroy(r->parameters);
    lk_context_destroy(r->context);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    run r = begin();
    lk_train_state state = {0};
    lk_checkpoint checkpoint = {.path = "fuzz",
                                .parameters = r.parameters,
                                .optimizer = r.optimizer,
                                .average = r.average,
                                .best = r.best,
                                .state = &state,
                                .options = r.options,
                                .epochs = r.epochs,
                                .steps_in_epoch = 10};
    if (size == 0 && getenv("CHECKPOINT_SEED") != NULL) { /* how the seed was made */
        checkpoint.path = getenv("CHECKPOINT_SEED");
        expect(lk_checkpoint_write(r.context, &checkpoint) == LK_OK);
    }
    lk_bytes bytes = {lk_allocate((int64_t)size + 1, 1), (int64_t)size};
    expect(bytes.data != NULL);
    memcpy(bytes.data, data, size);
    if (lk_checkpoint_parse(r.context, &checkpoint, bytes) == LK_OK) {
        expect(state.position >= 0 && state.position <= 10 && state.epoch >= 0);
    } else {
        expect(strlen(lk_context_message(r.context)) > 0);
    }
    end(&r);
    return 0;
}
