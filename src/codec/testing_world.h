/* A model of a small network and random data for it, to be compressed and restored. Included by
 * *_test.c only. */
#ifndef LK_CODEC_TESTING_WORLD_H
#define LK_CODEC_TESTING_WORLD_H

#include "codec/testing.h"

typedef struct recipe {
    const char *family;
    lk_shape own, shape; /* of the model; of the data, 0 axes: the same */
    int32_t alphabet, labels;
    int32_t alphabets[6]; /* 0: all alike */
    const char *view, *order;
    int64_t examples;
    const char *set[4];
    int32_t sets;
} recipe;

#define NATURAL NULL, "natural"
#define SAME  \
    {         \
        0, {  \
            0 \
        }     \
    }
typedef struct world {
    lk_context *context;
    lk_model *model;
    lk_dataset *data;
    lk_items *items;
    lk_buffer coded, unused;
} world;

static inline void fill(lk_dataset *data, const recipe *r, uint64_t seed) {
    for (int64_t i = 0; i < data->examples * data->variables; i++) {
        int32_t alphabet = r->alphabets[0] > 0 ? r->alphabets[i % data->variables] : data->alphabet;
        data->values[i] = (uint16_t)testing_below(seed, i, alphabet);
    }
    if (r->labels > 0) {
        data->labels = lk_allocate(data->examples, sizeof *data->labels);
        for (int64_t i = 0; i < data->examples; i++) {
            data->labels[i] = (int32_t)testing_below(seed + 1, i, r->labels);
        }
    }
}

static inline void begin_world(const recipe *r, int threads, uint64_t seed, world *w) {
    lk_data_description about = {.shape = r->own,
                                 .variables = lk_shape_variables(r->own),
                                 .alphabet = r->alphabet,
                                 .alphabets = r->alphabets[0] > 0 ? r->alphabets : NULL,
                                 .labels = r->labels};
    *w = (world){.context = testing_context(threads)};
    if (r->view != NULL) {
        testing_ok(w->context,
                   lk_view_parse(w->context, r->view, about.shape, r->alphabet, &about.view));
    }
    testing_ok(w->context, lk_model_create(w->context, r->family, r->set, r->sets, about, r->order,
                                           seed, &w->model));
    testing_shake(w->model, 0.7f);
    testing_ok(w->context,
               lk_dataset_create(w->context, "random", r->shape.axes > 0 ? r->shape : r->own,
                                 r->examples, r->alphabet, &w->data));
    fill(w->data, r, seed);
    w->data->format = 3;
    testing_ok(w->context,
               lk_items_of_dataset(w->context, w->data, lk_model_view(w->model), &w->items));
    if (r->labels > 0) {
        testing_ok(w->context, lk_items_set_labels(w->items, w->data->labels));
    }
}

static inline void end_world(world *w) {
    lk_items_close(w->items);
    lk_dataset_destroy(w->data);
    lk_model_destroy(w->model);
    lk_context_destroy(w->context);
    lk_buffer_release(&w->coded);
    lk_buffer_release(&w->unused);
}

static inline void compress(world *w, const lk_codec_options *options, lk_codec_report *report) {
    testing_ok(w->context, testing_compress(w->model, w->items, options, &w->coded, report));
}

/* Examples [first, first + count) of the data stand from example `at` of the restored ones on. */
static inline void expect_examples(const world *w, const lk_dataset *got, int64_t at, int64_t first,
                                   int64_t count) {
    const lk_dataset *want = w->data;
    assert_true(at + count <= got->examples);
    assert_memory_equal(got->values + at * want->variables, want->values + first * want->variables,
                        (size_t)(count * want->variables) * sizeof *want->values);
    assert_int_equal(got->labels != NULL, want->labels != NULL);
    for (int64_t i = 0; i < count && want->labels != NULL; i++) {
        assert_int_equal(got->labels[at + i], want->labels[first + i]);
    }
    assert_int_equal(got->names != NULL, want->names != NULL);
    for (int64_t i = 0; i < count && want->names != NULL; i++) {
        assert_string_equal(got->names[at + i], want->names[first + i]);
    }
}

static inline void expect_restored(world *w, const lk_buffer *coded) {
    lk_restored restored;
    testing_ok(w->context, testing_decompress(w->model, coded->data, coded->size, false, &w->unused,
                                              &restored));
    assert_int_equal(restored.lost_count, 0);
    assert_false(restored.texts);
    assert_int_equal(restored.items, w->data->examples);
    assert_int_equal(restored.dataset->examples, w->data->examples);
    assert_int_equal(restored.dataset->alphabet, w->data->alphabet);
    assert_int_equal(restored.dataset->format, w->data->format);
    assert_true(lk_shape_equal(restored.dataset->shape, w->data->shape));
    expect_examples(w, restored.dataset, 0, 0, w->data->examples);
    lk_restored_deinit(&restored);
}

#endif
