/* What the writer and the reader of model files share: names, and the checksum over everything in
 * the file. */
#ifndef LK_MODELS_MODEL_FILE_NAMES_H
#define LK_MODELS_MODEL_FILE_NAMES_H

#include "data/safetensors.h"

#define LK_MODEL_FILE_FORMAT "likely model"
#define LK_MODEL_FILE_VERSION "2"
/* With weights of 8 bits (graph/quantized.h). */
#define LK_MODEL_FILE_VERSION_3 "3"
#define LK_MODEL_FILE_EXPONENT ".exponent" /* behind the name of what they are of */
/* Of version 0.1: without columns and classes; its models keep their fingerprints. */
#define LK_MODEL_FILE_VERSION_1 "1"

/* Metadata, in the order in which they are written and hashed; the checksum follows. */
#define LK_MODEL_FILE_KEYS_1 \
    "format", "version", "engine", "likely", "family", "settings", "data", "order", "history"
#define LK_MODEL_FILE_KEYS LK_MODEL_FILE_KEYS_1, "columns", "classes"
#define LK_MODEL_FILE_KEY_COUNT 11
#define LK_MODEL_FILE_KEY_COUNT_1 9 /* of version 1: the first ones */
#define LK_MODEL_FILE_CHECKSUM "checksum"

#define LK_MODEL_FILE_RANK "ordering.rank"
#define LK_MODEL_FILE_CALIBRATION "calibration.nll"
#define LK_MODEL_FILE_CHARACTERS "symbols.characters"

/* By lk_binarization. */
#define LK_MODEL_FILE_BINARIZATIONS 3
static const char *const lk_model_file_binarizations[LK_MODEL_FILE_BINARIZATIONS] = {
    "none", "threshold", "sample"};

/* XXH3-128 in hexadecimal over the values of LK_MODEL_FILE_KEYS in that order, each with its
 * terminating zero byte (a missing one is as if empty; of version 1 the first nine), then of all
 * tensors in the order of strcmp of their names: name with its zero byte, bytes. False: out of
 * memory. */
bool lk_model_file_checksum(const char *const values[LK_MODEL_FILE_KEY_COUNT],
                            const lk_tensor *tensors, int32_t count, char text[33]);

#endif
