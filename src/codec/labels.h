/* Labels in the container: data of a format that has them (CIFAR) keep them, a byte each, in front
 * of each chunk's coded values, so that a chunk that is lost takes its own labels with it and no
 * others. */
#ifndef LK_CODEC_LABELS_H
#define LK_CODEC_LABELS_H

#include "codec/container.h"

/* Bytes of labels in front of a payload of `examples`; 0 for most formats. */
int64_t lk_labels_bytes(int32_t format, int64_t examples);
/* Puts them there. */
lk_status lk_labels_put(lk_context *context, const int32_t *labels, int64_t examples,
                        lk_payload *payload);
/* Whether those in front of a payload are these. */
bool lk_labels_agree(const uint8_t *bytes, const int32_t *labels, int64_t examples);
void lk_labels_get(const uint8_t *bytes, int32_t *labels, int64_t examples);

#endif
