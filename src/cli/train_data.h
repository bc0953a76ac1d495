/* What `likely train` trains on: training and validation examples, and the description of the data that the model gets. */
#ifndef LK_CLI_TRAIN_DATA_H
#define LK_CLI_TRAIN_DATA_H

#include "cli/common.h"

typedef struct train_data {
    lk_dataset *train, *valid; /* owned; valid may be NULL */
    lk_data_description description;
    char note[256]; /* what was decided, for people; may be empty */
} train_data;

/* Reads --data and --valid; without --valid, an NPZ archive's own validation array, or a random `fraction` of the training data. */
lk_status train_data_read(const cli_arguments *arguments, lk_context *context, const lk_dataset_options *how,
                          double fraction, uint64_t seed, train_data *data);
void train_data_release(train_data *data);

#endif
