/* What the files of `likely sample` share. */
#ifndef LK_CLI_SAMPLE_H
#define LK_CLI_SAMPLE_H

#include "cli/common.h"
#include "jobs/sample.h"

/* The verb for a model of texts. how: count, seed, temperature, schedule, label and batch. */
int cli_sample_texts(const cli_arguments *arguments, const lk_model *model, lk_sample_options *how);

#endif
