#include "cli/items.h"

#include "cli/text.h"

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
    } else {
        status = (arguments->verb->takes_none ? lk_model_open_texts_or_empty
                                              : lk_model_open_texts)(model, path, items);
    }
    if (status == LK_OK && *items != NULL && lk_items_total(*items) == 0) {
        lk_items_close(*items);
        *items = NULL;
    }
    return status == LK_OK ? EXIT_DONE : cli_fault(model->context);
}
