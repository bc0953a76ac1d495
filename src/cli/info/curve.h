/* The course of a training as a picture. */
#ifndef LK_CLI_INFO_CURVE_H
#define LK_CLI_INFO_CURVE_H

#include "models/model.h"

/* Writes an SVG or a PNG, as the ending says, at `path`: NLL over epochs, in nats per example (of
 * texts per symbol), of training and validation data, from model->history. LK_INVALID for another
 * ending, and when the history has no epochs (families that are not trained by gradients). */
lk_status info_curve_write(const lk_model *model, const char *path);

#endif
