/* A picture of a recording: its spectrogram in grey, time from left to right, frequencies from 0
 * below to half the rate above; over it a strip of the surprisal in heat colours, and its curve. */
#ifndef LK_JOBS_SOUND_MAP_H
#define LK_JOBS_SOUND_MAP_H

#include "models/walk.h"

typedef struct lk_sound_map {
    double full_scale; /* in: bits a sample that are drawn white and at the top; 0: what 99.5 % of
                          the columns do not exceed; out: what it became */
    double largest;    /* out: of a column */
    int64_t frames;    /* out: of a column */
} lk_sound_map;

/* Writes a PNG of the first item, a recording. A column's surprisal is the mean of its samples'. */
lk_status lk_sound_map_write(const lk_model *model, lk_items *items, const char *path,
                             lk_sound_map *map);

#endif
