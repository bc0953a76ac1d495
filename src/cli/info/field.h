/* `likely info --field` and `--masks`: what the conditional of a variable sees. */
#ifndef LK_CLI_INFO_FIELD_H
#define LK_CLI_INFO_FIELD_H

#include "cli/common.h"

/* The variable that --field names: Y,X or Y,X,C of an image, the name of a column, or a number.
 * EXIT_USAGE after a line. */
int info_field_parse(const cli_arguments *arguments, const lk_model *model, int64_t *variable);
/* Print, and draw if there is a `path`; the exit status. */
int info_field(const lk_model *model, int64_t variable, const char *path, bool json);
int info_masks(const lk_model *model, const char *path, bool json);

#endif
