/* What the files of `likely sample` share. */
#ifndef LK_CLI_SAMPLE_H
#define LK_CLI_SAMPLE_H

#include "cli/common.h"
#include "jobs/sample.h"

/* The verb for a model of texts. how: count, seed, temperature, schedule, label and batch. */
int cli_sample_texts(const cli_arguments *arguments, const lk_model *model, lk_sample_options *how);
/* The same of recordings. */
int cli_sample_sounds(const cli_arguments *arguments, const lk_model *model,
                      lk_sample_options *how);
/* The file of one of several: NAME-3.txt of NAME.txt; the only one's is PATH. The caller's:
 * lk_release; NULL: no memory. */
char *cli_sample_name(const char *path, int64_t text, int64_t texts);

#endif
