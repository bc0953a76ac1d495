/* The model file: safetensors, metadata holding everything but the arrays. docs/formats.md
 * describes it byte by byte. */
#ifndef LK_MODELS_MODEL_FILE_H
#define LK_MODELS_MODEL_FILE_H

#include "base/file.h"
#include "models/model.h"

/* Writes atomically. */
lk_status lk_model_write(const lk_model *model, const char *path);
lk_status lk_model_write_to(const lk_model *model, const lk_output *output);
/* A damaged, hostile or newer file is refused with one line that names it. Memory is bounded by a
 * small multiple of the file's size: what the settings imply is compared with what the file holds
 * before it is allocated. *model is the caller's: lk_model_destroy. */
lk_status lk_model_read(lk_context *context, const char *path, lk_model **model);
lk_status lk_model_read_from(lk_context *context, const lk_input *input, lk_model **model);
/* The same from memory; `name` stands for the path in messages; `bytes` is taken. */
lk_status lk_model_parse(lk_context *context, const char *name, lk_bytes bytes, lk_model **model);

#endif
