/* What `likely sample` is to complete. */
#ifndef LK_CLI_SAMPLE_GIVEN_H
#define LK_CLI_SAMPLE_GIVEN_H

#include "cli/common.h"
#include "jobs/sample.h"

/* EXIT_DONE, or EXIT_USAGE after a line about options that contradict each other. */
int cli_check_given(const cli_arguments *arguments);
/* Reads --given: a text of held values, or data of any format, of which --given-rows or
 * --given-variables are held. Without --given nothing is (given->examples is 0). */
lk_status cli_read_given(const cli_arguments *arguments, const lk_model *model, lk_given *given);

#endif
