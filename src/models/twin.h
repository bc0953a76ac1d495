/* A model with weights of its own, which begin as the model's: for what changes weights and must
 * leave the model alone. */
#ifndef LK_MODELS_TWIN_H
#define LK_MODELS_TWIN_H

#include "models/model.h"

/* Everything but the parameters is borrowed: the model must outlive its twin, and the twin's
 * networks the twin. */
lk_status lk_model_twin_create(const lk_model *model, lk_model **twin);
void lk_model_twin_destroy(lk_model *twin);
/* Its weights are the model's again. */
void lk_model_twin_reset(lk_model *twin, const lk_model *model);

#endif
