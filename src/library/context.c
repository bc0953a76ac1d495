/* Entering a context: what every public function begins with. */
#include <stdio.h>

#include "base/memory.h"
#include "library/library.h"

const char *lk_version(void) {
    return LIKELY_VERSION;
}

const char *lk_engine_version(void) {
    return LK_ENGINE_VERSION;
}

const lk_model *lk_lend(lk_loan *loan, lk_context *context, const lk_model *model) {
    loan->model = *model;
    loan->parameters = *model->parameters;
    loan->model.context = context;
    loan->parameters.context = context;
    loan->model.parameters = &loan->parameters;
    return &loan->model;
}

void lk_detach(lk_model *model) {
    model->context = NULL;
    model->parameters->context = NULL;
    for (int32_t p = 0; p < model->parameters->count; p++) {
        lk_release(model->parameters->list[p].gradient);
        model->parameters->list[p].gradient = NULL;
    }
}

lk_status lk_enter(lk_context *context, const char *doing) {
    if (context == NULL || context->pool == NULL || context->kernels == NULL) {
        return LK_INVALID;
    }
    context->message[0] = '\0';
    context->options = "";
    lk_context_begin(context, doing);
    return LK_OK;
}

lk_status lk_leave(lk_context *context, lk_status status) {
    context->progress.doing = NULL;
    if (status == LK_INTERRUPTED && context->stopped) {
        return lk_fail(context, LK_INTERRUPTED, "interrupted, as the watch asked");
    }
    if (status == LK_OK) { /* of what was tried on the way, and then done otherwise */
        context->message[0] = '\0';
    }
    return status;
}

lk_status lk_need(lk_context *context, const void *pointer, const char *name) {
    return pointer != NULL ? LK_OK : lk_fail(context, LK_INVALID, "%s is NULL", name);
}

bool lk_tell_count(void *context, int64_t done, int64_t total) {
    return lk_context_tell(context, (double)done, (double)total) == LK_OK;
}

lk_status lk_check_input(lk_context *context, const lk_input *input, const char *name) {
    int ways = (input->path != NULL) + (input->read != NULL) +
               (input->bytes != NULL || (input->path == NULL && input->read == NULL));
    if (ways != 1 || input->size < 0 || (input->size > 0 && input->bytes == NULL)) {
        return lk_fail(context, LK_INVALID,
                       "%s is neither a file nor memory nor a function, or several of them", name);
    }
    return LK_OK;
}

lk_status lk_check_output(lk_context *context, const lk_output *output, const char *name) {
    if ((output->path != NULL) + (output->bytes != NULL) + (output->write != NULL) != 1) {
        return lk_fail(context, LK_INVALID,
                       "%s is neither a file nor memory nor a function, or several of them", name);
    }
    return LK_OK;
}

void lk_clear_output(const lk_output *output) {
    if (output->bytes != NULL) {
        *output->bytes = (lk_bytes){0};
    }
}
