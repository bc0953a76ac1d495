/* Compresses data in memory, and restores them:
 *
 *   cc compress.c $(pkg-config --cflags --libs likely) -o compress
 *   ./compress digits.likely test.npy
 *
 * says what that costs, and what the model's likelihood promised. The data may also be a text, of
 * a model of texts. */
#include <inttypes.h>
#include <likely.h>
#include <stdio.h>
#include <string.h>

static bool equal(const lk_data *a, const lk_data *b) {
    int64_t variables = 0;
    if (lk_data_count(a) != lk_data_count(b)) {
        return false;
    }
    for (int64_t i = 0; i < lk_data_count(a); i++) {
        if (lk_data_length(a, i) != lk_data_length(b, i)) {
            return false;
        }
        variables += lk_data_length(a, i);
    }
    return lk_data_values(a) == NULL ||
           memcmp(lk_data_values(a), lk_data_values(b), (size_t)variables * 2) == 0;
}

static lk_status run(lk_context *context, const char *model_path, const char *data_path) {
    lk_model *model = NULL;
    lk_data *data = NULL, *restored = NULL;
    lk_bytes packed = {NULL, 0};
    lk_coding_report report;
    lk_loading how = lk_loading_defaults();
    lk_status status = lk_model_load(context, lk_from_file(model_path), &model);
    how.model = model;
    status = status == LK_OK ? lk_data_load(context, lk_from_file(data_path), &how, &data) : status;
    status = status == LK_OK
                 ? lk_model_compress(context, model, data, NULL, lk_to_memory(&packed), &report)
                 : status;
    status = status == LK_OK
                 ? lk_model_decompress(context, model, lk_from_memory(packed.data, packed.size),
                                       NULL, &restored, NULL)
                 : status;
    if (status == LK_OK) {
        printf("%" PRId64 " items, %" PRId64 " variables: %" PRId64 " bytes, of which %" PRId64
               " are overhead; the model's likelihood is %.1f bytes; %s\n",
               report.items, report.variables, report.bytes, report.header_bytes,
               report.nll_nats / 0.6931471805599453 / 8.0,
               equal(data, restored) ? "restored" : "NOT RESTORED");
    }
    lk_bytes_release(&packed);
    lk_data_destroy(restored);
    lk_data_destroy(data);
    lk_model_destroy(model);
    return status;
}

int main(int count, char **words) {
    if (count != 3) {
        fprintf(stderr, "usage: compress MODEL DATA\n");
        return 2;
    }
    lk_context *context = NULL;
    lk_status status = lk_context_create(0, &context);
    status = status == LK_OK ? run(context, words[1], words[2]) : status;
    if (status != LK_OK) {
        fprintf(stderr, "compress: %s: %s\n", lk_status_text(status), lk_context_message(context));
    }
    lk_context_destroy(context);
    return status == LK_OK ? 0 : 1;
}
