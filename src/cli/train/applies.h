/* Options of `likely train` that would say nothing in a training: they are refused. */
#ifndef LK_CLI_TRAIN_APPLIES_H
#define LK_CLI_TRAIN_APPLIES_H

#include "cli/arguments.h"
#include "models/model.h"

/* Both false after a usage line. The first: of options alone. */
bool train_options_agree(const cli_arguments *arguments);
/* Of what is trained, and on what. */
bool train_options_apply(const cli_arguments *arguments, const lk_family *family, bool texts);

#endif
