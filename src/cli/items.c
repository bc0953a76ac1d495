#include "cli/items.h"

#include "base/memory.h"
#include "cli/text.h"
#include "data/formats/formats.h"
#include "data/labels.h"
#include "train/evaluate.h"

/* Labels as the symbols that the model knows them by; without classes they are numbers. */
static lk_status match_labels(const lk_model *model, lk_dataset *dataset) {
    lk_dataset numbers = {0};
    if (model->data.classes.count > 0) {
        return lk_dataset_match_labels(model->context, dataset, &model->data.classes);
    }
    lk_status status = lk_labels_count(model->context, &numbers, model->data.labels);
    if (status == LK_OK) {
        status = lk_dataset_match_labels(model->context, dataset, &numbers.classes);
    }
    lk_dictionary_deinit(&numbers.classes);
    return status;
}

static lk_status read_labels(const lk_model *model, const char *path, lk_items *items) {
    char *of = lk_duplicate(lk_items_path(items));
    lk_dataset labelled = {.path = of, .examples = lk_items_count(items)};
    lk_status status = of == NULL ? lk_fail_no_memory(model->context, "labels", 1)
                                  : lk_dataset_read_labels(model->context, path, &labelled);
    if (status == LK_OK) {
        status = match_labels(model, &labelled);
    }
    if (status == LK_OK) {
        status = lk_items_set_labels(items, labelled.labels);
    }
    lk_release(of);
    lk_release(labelled.labels);
    lk_dictionary_deinit(&labelled.classes);
    return status;
}

static lk_status open_examples(const lk_model *model, lk_dataset *dataset, lk_items **items) {
    if (model->data.labels > 0 && dataset->labels != NULL) {
        LK_TRY(match_labels(model, dataset));
    }
    return lk_model_items(model, dataset, items);
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
    } else if (open_examples(model, session->dataset, items) != LK_OK) {
        opened = cli_fault(session->context);
    }
    return opened == EXIT_DONE && labels != NULL && read_labels(model, labels, *items) != LK_OK
               ? cli_fault(session->context)
               : opened;
}
