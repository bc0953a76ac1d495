/* What samples of examples are held at: --given in its many forms, and --given-view. */
#ifndef LK_CLI_SAMPLE_GIVEN_H
#define LK_CLI_SAMPLE_GIVEN_H

#include "cli/common.h"
#include "jobs/sample.h"

/* EXIT_DONE, or EXIT_USAGE after a line about options that contradict each other. */
int sample_check_given(const cli_arguments *arguments);
/* Reads --given: a text of held values, or data of any format, of which --given-rows or
 * --given-variables are held, or which are small pictures (--scale); or --given-view. Without them
 * nothing is held (given->examples is 0). shape: of the samples; *note: on the data, the caller's,
 * or NULL. */
lk_status sample_read_given(const cli_arguments *arguments, const lk_model *model, lk_shape shape,
                            const lk_sample_options *asked, lk_given *given, char **note);

#endif
