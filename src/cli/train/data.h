/* What `likely train` trains on: training and validation examples, and the description of the data
 * that the model gets. */
#ifndef LK_CLI_TRAIN_DATA_H
#define LK_CLI_TRAIN_DATA_H

#include "cli/common.h"
#include "data/items.h"

typedef struct train_data {
    lk_dataset *train,
        *valid; /* owned; valid may be NULL. Of a text: windows from its beginning, and NULL */
    lk_items *train_texts, *valid_texts; /* owned: of texts; else NULL. valid_texts may be NULL */
    lk_bytes once;                       /* what --data gave through a pipe, while it is read */
    lk_data_description description;
    char note[256]; /* what was decided, for people; may be empty */
} train_data;

/* Reads --data and --valid, for a model to be trained further if `from`; without --valid, an NPZ
 * archive's own validation array, or a random `fraction` of the training data. */
lk_status train_data_read(const cli_arguments *arguments, lk_context *context, const lk_model *from,
                          const lk_dataset_options *how, double fraction, uint64_t seed,
                          train_data *data);
typedef struct train_text_how {
    lk_symbols_kind kind;
    int32_t view, channel; /* of recordings: -1: chosen; as in lk_sound_form */
    int64_t window;        /* in symbols; LK_CHOOSE_WINDOW: chosen by their size */
    lk_local_form local;   /* of a new model's slower sequence; alphabet 0: learned */
    double fraction;       /* held out; below 0: chosen */
    uint64_t seed;         /* of which are held out of several */
    const json_t *before;  /* of the run that is resumed, which chose already; or NULL */
} train_text_how;
/* The same for texts. Without --valid the last part of one text, or some of several. */
lk_status train_data_read_text(const cli_arguments *arguments, lk_context *context,
                               const lk_model *from, const train_text_how *how, train_data *data);
/* Whether --data, without --text, is a text that the family is to be trained on as one; says so. */
lk_status train_data_guess_text(const cli_arguments *arguments, lk_context *context, bool *text);
/* What --valid-labels says; without it what --labels does, where that is a rule for names. */
const char *train_valid_labels(const cli_arguments *arguments);
void train_data_release(train_data *data);

#endif
