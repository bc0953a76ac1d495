/* Shuffling and gathering. */
#include "train/batches.h"

#include <string.h>

#include "base/arena.h"
#include "base/random.h"
#include "data/crops.h"

/* Examples that one piece of pool work copies. */
#define EXAMPLES_PER_PIECE 16

lk_status lk_batches_init(lk_batches *batches, lk_context *context, const lk_dataset *data,
                          lk_binarization binarization, int64_t batch_size, uint64_t seed) {
    *batches = (lk_batches){.context = context, .data = data, .seed = seed};
    if (data->examples > INT32_MAX) {
        return lk_fail(context, LK_UNSUPPORTED, "%s: %lld examples; training takes at most %d",
                       data->path, (long long)data->examples, INT32_MAX);
    }
    /* Thresholds were applied when the data were read; grey values stay only for what is drawn
     * afresh. */
    batches->binarizer =
        (lk_binarizer){.how = binarization == LK_BINARIZE_SAMPLE ? binarization : LK_BINARIZE_NONE,
                       .alphabet = data->alphabet,
                       .examples = data->examples,
                       .seed = seed};
    batches->batch_size = batch_size < data->examples ? batch_size : data->examples;
    batches->batches = (data->examples + batches->batch_size - 1) / batches->batch_size;
    batches->order = lk_allocate(data->examples, sizeof *batches->order);
    batches->x = lk_allocate(batches->batch_size * data->variables, sizeof *batches->x);
    if (batches->order == NULL || batches->x == NULL) {
        lk_batches_deinit(batches);
        return lk_fail_no_memory(context, "minibatch", 2 * batch_size * data->variables);
    }
    return LK_OK;
}

void lk_batches_deinit(lk_batches *batches) {
    lk_release(batches->order);
    lk_release(batches->x);
    *batches = (lk_batches){0};
}

void lk_batches_begin(lk_batches *batches, int64_t epoch) {
    lk_random random = {batches->seed, LK_FOR_SHUFFLE};
    lk_random_permutation(random, (uint64_t)epoch, batches->data->examples, batches->order);
    batches->binarizer.epoch = (uint64_t)epoch;
}

static void gather_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    const lk_batches *b = argument;
    int64_t variables = b->data->variables;
    int64_t end = (piece + 1) * EXAMPLES_PER_PIECE;
    for (int64_t i = piece * EXAMPLES_PER_PIECE; i < (end < b->count ? end : b->count); i++) {
        int64_t example = b->order[b->first + i];
        const uint16_t *grey = b->data->values + example * variables;
        uint16_t *x = b->x + i * variables;
        if (b->data->crops != NULL) {
            lk_crops_draw(b->data->crops, b->binarizer.epoch, example, x);
            grey = x;
        }
        lk_dataset_binarize(&b->binarizer, example, variables, grey, x);
    }
}

void lk_batches_gather(lk_batches *batches, int64_t batch) {
    LK_REQUIRE(batch >= 0 && batch < batches->batches);
    batches->first = batch * batches->batch_size;
    int64_t left = batches->data->examples - batches->first;
    batches->count = left < batches->batch_size ? left : batches->batch_size;
    int64_t pieces = (batches->count + EXAMPLES_PER_PIECE - 1) / EXAMPLES_PER_PIECE;
    lk_pool_run(batches->context->pool, pieces, gather_piece, batches);
}
