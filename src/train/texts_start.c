/* The beginning of texts as windows: what a family wants to know before it is trained on them. */
#include "train/train.h"

/* Symbols that are looked at, at most. */
#define SAMPLE_SYMBOLS ((int64_t)1 << 22)

static int64_t count_windows(const lk_items *texts, int64_t window) {
    int64_t windows = 0, most = SAMPLE_SYMBOLS / window;
    for (int64_t i = 0; i < lk_items_count(texts) && windows < most; i++) {
        windows += lk_items_length(texts, i) / window;
    }
    return windows < most || most < 1 ? windows : most;
}

lk_status lk_train_windows(lk_context *context, lk_items *texts, const lk_data_description *data,
                           lk_dataset **sample) {
    int64_t window = data->variables, windows = count_windows(texts, window);
    if (windows < 1) {
        return lk_fail(context, LK_INVALID,
                       "%s: %lld symbols, the most of a text, do not fill a window of %lld: give a "
                       "shorter one (%s)",
                       lk_items_path(texts), (long long)lk_items_longest(texts), (long long)window,
                       lk_advice_or(context, "window", "--window", "lk_training.window"));
    }
    LK_TRY(lk_dataset_create(context, lk_items_path(texts), data->shape, windows, data->alphabet,
                             sample));
    uint16_t *at = (*sample)->values, *end = at + windows * window;
    lk_status status = LK_OK;
    for (int64_t i = 0; status == LK_OK && i < lk_items_count(texts) && at < end; i++) {
        int64_t whole = lk_items_length(texts, i) / window * window;
        whole = whole < end - at ? whole : end - at;
        status = lk_items_read(texts, i, 0, whole, at);
        at += whole;
    }
    if (status != LK_OK) {
        lk_dataset_destroy(*sample);
        *sample = NULL;
    }
    return status;
}
