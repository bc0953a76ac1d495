/* Where a text of a chunk is cut into streams, and what leads into them. In version 7 both are
 * told. The first symbols of a text, its lead, are a stream of their own, coded before all others;
 * each part of the rest is a stream that begins with the lead, so that the model has seen such a
 * text before it says what comes next, and may begin some symbols behind its even place: where a
 * line does, if the lead ends with one. A network has seldom been shown what a line looks like from
 * its middle on. Where nothing is told, parts are even and nothing leads. */
#ifndef LK_CODEC_CUTS_H
#define LK_CODEC_CUTS_H

#include "codec/content.h"

/* Streams of a text of so many symbols, its lead left out: as few as have at most `longest` symbols
 * of it; of an example 1. */
int64_t lk_cuts_parts(const lk_container *container, int64_t length);
/* Where even part `part` of `parts` begins, among so many. */
static inline int64_t lk_cuts_even(int64_t count, int64_t parts, int64_t part) {
    int64_t longer = count % parts;
    return count / parts * part + (part < longer ? part : longer);
}

/* The most units that may lead into each part of a text, so that all are run along no more than
 * half as many again. */
static inline int64_t lk_cuts_lead_most(int64_t units, int64_t parts) {
    return units / parts / 2;
}

/* Chooses content->cuts, of a content that is all there: lines' ends near the even places. */
void lk_cuts_find(const lk_container *container, lk_content *content);

#endif
