/* Shuffling and gathering. */
#include "train/batches.h"

#include <string.h>

#include "base/arena.h"
#include "base/random.h"
#include "data/crops.h"

/* Examples that one piece of pool work copies. */
#define EXAMPLES_PER_PIECE 16

static lk_status allocate(lk_batches *b) {
    int64_t variables = b->data->variables, seen = lk_view_length(b->view, variables);
    b->order = lk_allocate(b->data->examples, sizeof *b->order);
    b->x = lk_allocate(b->batch_size * seen, sizeof *b->x);
    b->raw = b->view != NULL ? lk_allocate(b->batch_size * variables, sizeof *b->raw) : NULL;
    b->given = b->data->labels != NULL ? lk_allocate(b->batch_size, sizeof *b->given) : NULL;
    bool made = b->order != NULL && b->x != NULL && (b->raw != NULL || b->view == NULL) &&
                (b->given != NULL || b->data->labels == NULL);
    return made ? LK_OK : lk_fail_no_memory(b->context, "minibatch", 2 * b->batch_size * seen);
}

lk_status lk_batches_init(lk_batches *batches, lk_context *context, const lk_dataset *data,
                          const lk_view *view, lk_binarization binarization, int64_t batch_size,
                          uint64_t seed) {
    *batches = (lk_batches){.context = context, .data = data, .view = view, .seed = seed};
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
    lk_status status = allocate(batches);
    if (status != LK_OK) {
        lk_batches_deinit(batches);
    }
    return status;
}

void lk_batches_deinit(lk_batches *batches) {
    lk_release(batches->order);
    lk_release(batches->x);
    lk_release(batches->raw);
    lk_release(batches->given);
    *batches = (lk_batches){0};
}

void lk_batches_begin(lk_batches *batches, int64_t epoch) {
    lk_random random = {batches->seed, LK_FOR_SHUFFLE};
    lk_random_permutation(random, (uint64_t)epoch, batches->data->examples, batches->order);
    batches->binarizer.epoch = (uint64_t)epoch;
}

static void gather_example(const lk_batches *b, int64_t i) {
    int64_t variables = b->data->variables, example = b->order[b->first + i];
    uint16_t *x = (b->view != NULL ? b->raw : b->x) + i * variables;
    const uint16_t *grey = b->data->values + example * variables;
    if (b->data->crops != NULL) {
        lk_crops_draw(b->data->crops, b->binarizer.epoch, example, x);
        grey = x;
    }
    lk_dataset_binarize(&b->binarizer, example, variables, grey, x);
    if (b->view != NULL) {
        int64_t seen = lk_view_length(b->view, variables);
        lk_view_read(b->view, x, variables, 0, seen, b->x + i * seen);
    }
    if (b->given != NULL) {
        b->given[i] = (uint16_t)b->data->labels[example];
    }
}

static void gather_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    const lk_batches *b = argument;
    int64_t end = (piece + 1) * EXAMPLES_PER_PIECE;
    for (int64_t i = piece * EXAMPLES_PER_PIECE; i < (end < b->count ? end : b->count); i++) {
        gather_example(b, i);
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
