/* What is told about the families of models. */
#ifndef LK_CLI_FAMILIES_H
#define LK_CLI_FAMILIES_H

#include <jansson.h>

#include "models/model.h"

/* What it is, its paper, what it takes, its settings. */
void cli_print_family(const lk_family *family);
/* The settings alone: what each is, where it stands in the paper. */
void cli_print_settings(const lk_family *family);
/* Of a family by its name, for the help of a verb. */
void cli_explain_family(const char *name);
json_t *cli_family_json(const lk_family *family);

#endif
