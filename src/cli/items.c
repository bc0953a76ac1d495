#include "cli/items.h"

#include "cli/text.h"

const char *cli_labels(const cli_arguments *arguments, const lk_model *model) {
    return cli_knows(arguments, "labels") && model->data.labels > 0
               ? cli_text(arguments, "labels", NULL)
               : NULL;
}

/* A part of a text has none of its own. */
static lk_status read_local(const cli_arguments *arguments, const lk_model *model,
                            lk_items *items) {
    const char *path = cli_knows(arguments, "local") ? cli_text(arguments, "local", NULL) : NULL;
    if (path != NULL && (cli_has(arguments, "from") || cli_has(arguments, "symbols"))) {
        return lk_fail(model->context, LK_INVALID,
                       "--from and --symbols take a part of a text, and --local is beside all of "
                       "it: cut both files instead");
    }
    return items != NULL ? lk_model_read_local(model, path, items) : LK_OK;
}

int cli_items_open(const cli_arguments *arguments, const cli_session *session, lk_items **items) {
    const lk_model *model = session->model;
    const char *path = cli_text(arguments, "data", NULL);
    lk_status status;
    *items = NULL;
    if (!model->data.stream && session->dataset->examples == 0) {
        status = LK_OK;
    } else if (!model->data.stream) {
        status = lk_model_items(model, session->dataset, items);
    } else if (cli_has(arguments, "from") || cli_has(arguments, "symbols")) {
        lk_stream *part;
        int opened = cli_text_open(arguments, model, &part);
        if (opened != EXIT_DONE) {
            return opened;
        }
        status = lk_items_of_texts_take(model->context, path, &part, 1, items);
        status = status == LK_OK ? lk_model_label_texts(model, cli_labels(arguments, model), *items)
                                 : status;
    } else {
        const char *labels = cli_labels(arguments, model);
        status = arguments->verb->takes_none
                     ? lk_model_open_texts_or_empty(model, path, labels, items)
                     : lk_model_open_texts(model, path, labels, items);
    }
    if (status == LK_OK && *items != NULL && lk_items_total(*items) == 0) {
        lk_items_close(*items);
        *items = NULL;
    }
    status = status == LK_OK ? read_local(arguments, model, *items) : status;
    return status == LK_OK ? EXIT_DONE : cli_fault(model->context);
}
