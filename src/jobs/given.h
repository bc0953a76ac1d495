/* What samples are held at: a prompt, the upper part of a picture, any variables of an example. */
#ifndef LK_JOBS_GIVEN_H
#define LK_JOBS_GIVEN_H

#include "base/file.h"
#include "data/stream.h"
#include "models/model.h"

/* What texts begin with (jobs/prompt.c). */
typedef struct lk_prompt lk_prompt;

/* Variables that samples must have: row i % examples holds for sample i. */
typedef struct lk_given {
    int64_t examples, variables; /* of the model: with a view, its cells. Those of a prompt are
                                    fewer than its samples have, the rest is open */
    int32_t *values;             /* owned, [examples][variables]; -1: to be drawn */
    lk_prompt *prompt;           /* owned: of one row, in place of values, all held; or NULL */
    const lk_view *view;         /* the model's; NULL: values are those of the data */
    uint16_t *labels;            /* owned, [examples]: the rows' own; NULL: the data have none */
    lk_shape shape; /* of what is completed: the model's, or for families of any size that of larger
                       or smaller data; of a prompt its own */
} lk_given;

/* Text with one example a line, values separated by white space or commas, `?` where the value is
 * to be drawn; a line that ends early leaves the rest open. `name` is for messages. shape: of what
 * is completed, where it is another than the model's; else 0 axes. */
lk_status lk_given_parse(const lk_model *model, const char *name, const lk_bytes *bytes,
                         lk_shape shape, lk_given *given);

/* Two ways to hold values of a data set. Data of the model's own size, and for families of any size
 * of another, are completed at theirs; but images as wide as the model's and less high are the
 * upper part of ones of its size.
 *
 * The first `count` variables of the ordering. */
lk_status lk_given_prefix(const lk_model *model, const lk_dataset *dataset, int64_t count,
                          lk_given *given);
/* All values of a table that are not open (lk_dataset.open). */
lk_status lk_given_table(const lk_model *model, const lk_dataset *dataset, lk_given *given);
/* Adds to the note of such a table how many cells are held though they are empty or `?`, because
 * that is a word of their column. */
lk_status lk_given_note(lk_context *context, lk_dataset *dataset);
/* The first `rows` rows of images; less than 0: half of them, or the whole of an upper part. */
lk_status lk_given_rows(const lk_model *model, const lk_dataset *dataset, int64_t rows,
                        lk_given *given);

/* Pictures that are every scale-th row and column of what is to be drawn: of `shape`, or, if that
 * has 0 axes, of what lk_model_enlarged says. */
lk_status lk_given_scaled(const lk_model *model, const lk_dataset *dataset, int64_t scale,
                          lk_shape shape, lk_given *given);

/* The labels that stand in the data, for a model that is given such. `chosen`, the label that is
 * asked for, or -1, is that of rows of a table that leave theirs open (`?`, or nothing, unless that
 * is a class); a row that holds another one is LK_INVALID. Of other data, where labels are no part
 * of an example, it is that of all. */
lk_status lk_given_labels(const lk_model *model, const lk_dataset *dataset, int32_t chosen,
                          lk_given *given);

/* What every text begins with, of the model's symbols, which is read again as texts are drawn: what
 * the stream is of must outlive `given`, the stream itself need not. LK_INVALID when it holds an
 * escape: nothing says what would stand there. */
lk_status lk_given_prompt(const lk_model *model, lk_stream *prompt, lk_given *given);

/* Rows all of which are open; of a data set or lines of that name. */
lk_status lk_given_open(lk_context *context, const char *name, int64_t examples, int64_t variables,
                        lk_shape shape, lk_given *given);
/* Holds a value of the data, in rows of these: before lk_given_see. */
static inline void lk_given_hold(lk_given *given, int64_t example, int64_t variable,
                                 int32_t value) {
    given->values[example * given->variables + variable] = value;
}
/* The first part of the view of a model that has one, the rest is open: pictures of that part, as
 * lk_sample_options.first_part draws them, of as many channels, no value of which is beyond its
 * levels; or any that the model would take, of which the view shows it; for grey:B of colours also
 * greys of the model's levels. LK_MISMATCH when they are none of these. */
lk_status lk_given_first_part(const lk_model *model, const lk_dataset *dataset, lk_given *given);
/* Rows of values of the data, -1 where they are open, become those of the model's cells, where it
 * has a view. LK_INVALID where cells are of whole pixels of which but some values are held. */
lk_status lk_given_see(const lk_model *model, const char *name, lk_given *given);

void lk_given_deinit(lk_given *given);

/* Of a prompt: reads what stands at a symbol of it and behind, for lk_prompt_symbol. */
lk_status lk_prompt_reach(lk_prompt *prompt, int64_t symbol);
uint16_t lk_prompt_symbol(const lk_prompt *prompt, int64_t symbol);
void lk_prompt_close(lk_prompt *prompt);
/* Before lk_given_value of a variable; by one thread at a time, where there is a prompt. */
static inline lk_status lk_given_reach(const lk_given *given, int64_t variable) {
    bool prompt = given != NULL && given->prompt != NULL && variable < given->variables;
    return prompt ? lk_prompt_reach(given->prompt, variable) : LK_OK;
}

/* What sample `sample` is held at; -1: it is drawn. given may be NULL. */
static inline int32_t lk_given_value(const lk_given *given, int64_t sample, int64_t variable) {
    return given == NULL || variable >= given->variables ? -1
           : given->prompt != NULL
               ? lk_prompt_symbol(given->prompt, variable)
               : given->values[sample % given->examples * given->variables + variable];
}

#endif
