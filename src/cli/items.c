#include "cli/items.h"

#include "base/memory.h"
#include "cli/text.h"
#include "data/formats/formats.h"
#include "train/evaluate.h"

static lk_status read_labels(lk_context *context, const char *path, lk_items *items) {
    int32_t *labels;
    LK_TRY(lk_labels_read(context, path, lk_items_count(items), &labels));
    lk_status status = LK_OK;
    for (int64_t i = 0; i < lk_items_count(items) && status == LK_OK; i++) {
        if (labels[i] < 0 || labels[i] >= LK_ALPHABET_MOST) {
            status = lk_fail(context, LK_MISMATCH, "%s: example %lld has label %d: out of range",
                             path, (long long)i, labels[i]);
        }
    }
    status = status == LK_OK ? lk_items_set_labels(items, labels) : status;
    lk_release(labels);
    return status;
}

static int open_texts(const cli_arguments *arguments, const lk_model *model, lk_items **items) {
    const char *path = cli_text(arguments, "data", NULL);
    lk_stream *part;
    lk_status status;
    if (cli_has(arguments, "from") || cli_has(arguments, "symbols")) {
        int opened = cli_text_open(arguments, model, &part);
        if (opened != EXIT_DONE) {
            return opened;
        }
        status = lk_items_of_texts_take(model->context, path, &part, 1, items);
    } else {
        status = lk_items_open_texts(model->context, path, &model->data.symbols, items);
    }
    return status == LK_OK ? EXIT_DONE : cli_fault(model->context);
}

int cli_items_open(const cli_arguments *arguments, const cli_session *session, const char *labels,
                   lk_items **items) {
    const lk_model *model = session->model;
    int opened = EXIT_DONE;
    *items = NULL;
    if (model->data.stream) {
        opened = open_texts(arguments, model, items);
    } else if (lk_model_items(model, session->dataset, items) != LK_OK) {
        opened = cli_fault(session->context);
    }
    return opened == EXIT_DONE && labels != NULL &&
                   read_labels(session->context, labels, *items) != LK_OK
               ? cli_fault(session->context)
               : opened;
}
