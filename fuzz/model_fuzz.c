/* The model loader on anything, and what it lets through on the codec. The input is a safetensors
 * file without its first eight bytes, the header's length: the header ends at the first line feed,
 * and the arrays follow. (A seed keeps its checksum empty, so that changes of it are looked at.) A
 * model that loads must code a few examples and give them back, or refuse with a status. */
#include <stdlib.h>
#include <string.h>

#include "codec/codec.h"
#include "models/model_file.h"

#define VARIABLES_MOST 64 /* larger models would only be slow */
#define ALPHABET_MOST 300
#define PARAMETERS_MOST 20000

static void expect(bool condition) {
    if (!condition) {
        abort();
    }
}

/* The context lives as long as the process: threads are not what is tested here. */
static lk_context *the_context(void) {
    static lk_context *context;
    if (context == NULL) {
        expect(lk_context_create(1, &context) == LK_OK);
    }
    return context;
}

static lk_status put(void *user, const void *bytes, int64_t size) {
    lk_buffer_put(user, bytes, size);
    return LK_OK;
}

static void restore(const lk_model *model, const lk_buffer *coded, const lk_dataset *was) {
    lk_bytes bytes = {.data = coded->data, .size = coded->size};
    lk_source source;
    lk_restored restored;
    expect(lk_source_of_bytes(model->context, "fuzz", &bytes, &source) == LK_OK);
    expect(lk_decompress(model, &source, NULL, NULL, &restored) == LK_OK);
    expect(memcmp(restored.dataset->values, was->values,
                  (size_t)(5 * was->variables) * sizeof *was->values) == 0);
    lk_restored_deinit(&restored);
    lk_source_close(&source);
}

static void code_something(lk_model *model) {
    lk_dataset *dataset = NULL;
    lk_items *items;
    lk_buffer coded = {0};
    lk_output output = {.write = put, .user = &coded};
    lk_codec_options options = {.lanes = 2, .chunk = 3};
    expect(lk_dataset_create(model->context, "fuzz", model->data.shape, 5, model->data.alphabet,
                             &dataset) == LK_OK);
    for (int64_t i = 0; i < dataset->examples * dataset->variables; i++) {
        int32_t alphabet = lk_model_alphabet_of(model, i % dataset->variables);
        dataset->values[i] = (uint16_t)(i * 7 % alphabet);
    }
    expect(lk_items_of_dataset(model->context, dataset, lk_model_view(model), &items) == LK_OK);
    if (model->data.labels > 0) {
        expect(lk_items_set_labels(items, (int32_t[5]){0}) == LK_OK);
    }
    if (lk_compress(model, items, &output, &options, NULL) == LK_OK) { /* verified */
        restore(model, &coded, dataset);
    } else {
        expect(strstr(lk_context_message(model->context), "please report") == NULL);
    }
    lk_buffer_release(&coded);
    lk_items_close(items);
    lk_dataset_destroy(dataset);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const uint8_t *line = size > 0 ? memchr(data, '\n', size) : NULL;
    if (line == NULL) {
        return 0;
    }
    uint64_t header = (uint64_t)(line - data);
    lk_bytes file = {.data = malloc(8 + size), .size = 8 + (int64_t)size - 1};
    expect(file.data != NULL);
    for (int i = 0; i < 8; i++) {
        file.data[i] = (uint8_t)(header >> (8 * i));
    }
    memcpy(file.data + 8, data, header);
    memcpy(file.data + 8 + header, line + 1, size - header - 1);
    file.data[file.size] = 0;
    lk_model *model;
    lk_status status = lk_model_parse(the_context(), "fuzz", file, &model);
    expect((status == LK_OK) == (model != NULL));
    expect(status == LK_OK || strstr(lk_context_message(the_context()), "fuzz") != NULL);
    if (model != NULL && model->data.variables <= VARIABLES_MOST &&
        model->data.alphabet <= ALPHABET_MOST &&
        lk_parameters_total(model->parameters) <= PARAMETERS_MOST) {
        code_something(model);
    }
    lk_model_destroy(model);
    return 0;
}
