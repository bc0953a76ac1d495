/* The two streams of features of PixelCNN++ (Salimans, Karpathy, Chen, Kingma, ICLR 2017, section
 * 2.4, figure 2), on a grid that runs once for a pixel: u knows the rows above, ul these and what
 * is to the left in the own row. Nothing is shifted: the first convolutions read what is before the
 * pixel alone, those of resnets also their own pixel. */
#ifndef LK_MODELS_PIXEL_STREAMS_H
#define LK_MODELS_PIXEL_STREAMS_H

#include "models/gated_resnet.h"

typedef struct lk_pixel_streams {
    lk_node *u, *ul;
} lk_pixel_streams;

/* u: two rows above. ul: the row above, and to the left of it; then the left of the own row.
 * Declares first.u..., first.above... and first.left... */
lk_pixel_streams lk_pixel_streams_begin(const lk_resnets *resnets, lk_node *pixels,
                                        int64_t channels);
/* A gated resnet for each, whose convolutions read the own row and the one above it; that of ul is
 * told u. told: what both are told besides; NULL: nothing. Declares NAME.u... and NAME.ul... */
void lk_pixel_streams_resnet(const lk_resnets *resnets, const char *name, lk_node *told,
                             lk_pixel_streams *streams);

#endif
