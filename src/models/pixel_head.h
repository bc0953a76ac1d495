/* The last layers of networks that run once for a pixel, on a grid of one group, with normalised
 * weights. A mixture of logistics says all colours of the pixel at once (models/outputs.h). With a
 * softmax the colours come one after another: each has features of its own, made of the pixel's,
 * and what the earlier colours of the pixel say is added to these:
 *
 *   h_c = elu(W_c features + b_c + sum over colours i < c of U_ci x_i)
 *   logits of colour c = sum over colours i <= c of V_ci h_i + a_c
 */
#ifndef LK_MODELS_PIXEL_HEAD_H
#define LK_MODELS_PIXEL_HEAD_H

#include "models/gated_resnet.h"
#include "models/outputs.h"

/* A cell for each pixel: its colours as numbers, and a one, which tells where the image ends. */
lk_node *lk_pixel_numbers_and_one(const lk_resnets *resnets, const lk_outputs *output);
/* The same of another field of the same pixels: a part of a view. */
lk_node *lk_pixel_field_and_one(const lk_resnets *resnets, const lk_outputs *output,
                                const lk_field *field);
/* `features` have a cell for each pixel. Declares logits...; for colours in turn also colour1..., a
 * layer for each, of `channels`, and colours... */
void lk_pixel_head(const lk_resnets *resnets, const lk_outputs *output, lk_node *features,
                   int64_t channels);

#endif
