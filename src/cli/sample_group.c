#include "cli/sample_group.h"

#include <stdio.h>
#include <string.h>

#include "data/formats/formats.h"
#include "models/take.h"

lk_status cli_sample_groups(const cli_sample_group *group) {
    lk_sample_options *how = group->how;
    lk_context *context = group->model->context;
    lk_status status = LK_OK;
    for (how->first = 0; status == LK_OK && how->first < group->count; how->first += group->batch) {
        int64_t left = group->count - how->first;
        how->count = left < group->batch ? left : group->batch;
        status = group->draw(group->owner);
        for (int64_t n = 0; n < how->count; n++) {
            group->abandon(group->owner, n);
        }
    }
    status = status == LK_OK ? lk_batch_commit(context, group->ended) : status;
    lk_batch_abandon(group->ended);
    return status;
}

int64_t cli_sample_batch(int64_t asked, int64_t count, int64_t most) {
    int64_t batch = asked > 0 && asked < most ? asked : most;
    return batch < count ? batch : count;
}

/* ---- what is given --------------------------------------------------------------------------- */

/* The label of the beginning is that of all. Takes the stream. */
static lk_status take_label(const lk_model *model, const char *labels, lk_stream *beginning,
                            lk_sample_options *how, lk_given *given) {
    lk_items *items;
    LK_TRY(
        lk_items_of_texts_take(model->context, lk_stream_path(beginning), &beginning, 1, &items));
    lk_status status = lk_model_label_texts(model, labels, items);
    given->labels = status == LK_OK ? lk_allocate(1, sizeof *given->labels) : NULL;
    if (status == LK_OK && given->labels == NULL) {
        status = lk_fail_no_memory(model->context, "a label", 2);
    }
    if (status == LK_OK) {
        given->labels[0] = lk_items_labels(items)[0];
        how->labels = given->labels;
        how->label_count = 1;
    }
    lk_items_close(items);
    return status;
}

static lk_status open_beginning(const cli_arguments *arguments, const lk_model *model,
                                const char *path, lk_stream **beginning) {
    const lk_symbols *symbols = &model->data.symbols;
    const char *text = cli_text(arguments, "prompt", "");
    const lk_bytes bytes = {.data = (uint8_t *)(uintptr_t)text, .size = (int64_t)strlen(text)};
    *beginning = NULL;
    return path != NULL ? lk_stream_open(model->context, path, symbols, beginning)
           : bytes.size > 0
               ? lk_stream_parse(model->context, "--prompt", &bytes, symbols, beginning)
               : LK_OK;
}

/* Samples are continued as they stand, whatever their rate. */
static void tell_rate(const lk_model *model, const lk_stream *beginning) {
    const lk_sound_info *info = lk_stream_sound(beginning);
    int32_t rate = model->data.symbols.sound.rate;
    if (info != NULL && rate > 0 && info->rate != rate) {
        fprintf(
            stderr,
            "%s: %d frames a second, written as %d, the model's, at which it sounds %s: convert "
            "it first\n",
            lk_stream_path(beginning), info->rate, rate, info->rate > rate ? "slower" : "faster");
    }
}

lk_status cli_sample_beginning(const cli_arguments *arguments, const lk_model *model,
                               lk_sample_options *how, lk_given *given) {
    const char *path = cli_text(arguments, "given", cli_text(arguments, "prompt-file", NULL)),
               *labels = cli_text(arguments, "labels", NULL);
    lk_stream *beginning;
    *given = (lk_given){0};
    LK_TRY(open_beginning(arguments, model, path, &beginning));
    if (beginning != NULL) {
        tell_rate(model, beginning);
    }
    lk_status status = beginning != NULL ? lk_given_prompt(model, beginning, given) : LK_OK;
    if (status == LK_OK && beginning != NULL && labels != NULL) {
        status = take_label(model, labels, beginning, how, given);
    } else {
        lk_stream_close(beginning);
    }
    how->given = given->examples > 0 ? given : NULL;
    return status;
}

lk_status cli_sample_length(const cli_arguments *arguments, const lk_model *model,
                            const lk_sample_options *how, int64_t *asked) {
    int64_t given = how->given != NULL ? how->given->variables / lk_model_unit(model) : 0;
    if (how->local == NULL || cli_has(arguments, "length")) {
        return LK_OK;
    }
    int64_t all = lk_local_length(how->local, 0) * lk_local_form_of(how->local)->every;
    *asked = all - given;
    return all > given
               ? LK_OK
               : lk_fail(model->context, LK_INVALID,
                         "%s: its %lld positions are no more than the %lld that are given",
                         cli_text(arguments, "local", ""), (long long)all, (long long)given);
}
