/* What `likely train` looks at, and says, before the work begins. */
#ifndef LK_CLI_TRAIN_CHECKS_H
#define LK_CLI_TRAIN_CHECKS_H

#include "cli/arguments.h"
#include "models/model.h"

/* --columns. False after a usage line. */
bool train_read_columns(const cli_arguments *arguments, bool *apart);
/* LK_INVALID where options ask for other than the model of --from is. */
lk_status train_check_from(const cli_arguments *arguments, const lk_model *from);
/* How large the model is: a line for people. */
void train_tell_size(const cli_arguments *arguments, const lk_model *model);

#endif
