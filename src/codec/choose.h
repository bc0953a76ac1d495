/* How data are cut up where it is not told: items of a chunk, lanes, symbols of a stream of a text.
 * What is chosen follows from the data and the model alone, unless memory is bounded tightly, so
 * that the same data give the same bytes on any machine. */
#ifndef LK_CODEC_CHOOSE_H
#define LK_CODEC_CHOOSE_H

#include "codec/codec.h"

typedef struct lk_choice {
    const lk_model *model;
    lk_items *items;
    const lk_symbols *symbols; /* of texts */
    lk_shape shape;            /* at which the model runs */
    const lk_codec_options *options;
    lk_container *container; /* what it holds is known; gets lanes and longest */
    int64_t chunk;           /* gets: symbols of one, unless an example has more */
} lk_choice;

/* LK_INVALID: chunks, lanes or the rate are none that can be. */
lk_status lk_choose(lk_choice *choice);

#endif
