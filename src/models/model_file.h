/* The model file: safetensors, metadata holding everything but the arrays. docs/formats.md describes it byte by byte. */
#ifndef LK_MODELS_MODEL_FILE_H
#define LK_MODELS_MODEL_FILE_H

#include "models/model.h"

lk_status lk_model_save(const lk_model *model, const char *path);
/* A damaged, hostile or newer file is refused with one line. */
lk_status lk_model_load(lk_context *context, const char *path, lk_model **model);

#endif
