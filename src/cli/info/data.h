/* What `likely info` says of the data that a model is of: its view, labels and columns. */
#ifndef LK_CLI_INFO_DATA_H
#define LK_CLI_INFO_DATA_H

#include <jansson.h>

#include "models/model.h"

void info_data_print(const lk_model *model);
/* The same in the object of --json: "view", "classes" (or "labels" without names), "columns" and
 * "label_column" as the model file has them; only what there is. NULL: out of memory. */
void info_data_json(const lk_model *model, json_t **object);

#endif
