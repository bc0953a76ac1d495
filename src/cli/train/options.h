/* The options of `likely train`, read into what the training loop takes. */
#ifndef LK_CLI_TRAIN_OPTIONS_H
#define LK_CLI_TRAIN_OPTIONS_H

#include "cli/common.h"
#include "data/local.h"
#include "train/choose.h"

typedef struct train_how {
    lk_train_options options; /* what nobody gave is still to be chosen (train/choose.h) */
    lk_dataset_options reading;
    double fraction; /* of the data that is held out; below 0: not given */
    bool text;       /* --text: one stream */
    lk_symbols_kind symbols;
    int32_t view;        /* of recordings; -1: not given */
    int32_t channel;     /* as in lk_sound_form */
    int64_t window;      /* LK_CHOOSE_WINDOW: not given */
    lk_local_form local; /* of --local; alphabet 0: learned from it */
    lk_train_sent sent;
} train_how;

/* False after a usage line. */
bool train_options_read(const cli_arguments *arguments, train_how *how);

/* Recordings are told by what they are: where nothing else is said of the data, and `from`, the
 * model of --from or NULL, is of no others, they are streams of samples, as --view and --channel
 * say. */
lk_status train_options_guess_sound(const cli_arguments *arguments, lk_context *context,
                                    const lk_family *family, const lk_model *from, train_how *how);

/* What cannot be trained is refused before data are read: settings and options that the family does
 * not take. */
lk_status train_options_check(const cli_arguments *arguments, lk_context *context,
                              const lk_family *family, const train_how *how);

/* Replaces what is still to be chosen; says it in one line unless --quiet. `before`: of the run
 * that is resumed, or NULL. size: examples, or symbols of texts. */
void train_options_choose(const cli_arguments *arguments, const lk_family *family,
                          const json_t *before, bool texts, int64_t size, int64_t window,
                          const lk_assignments *settings, lk_train_options *options);

#endif
