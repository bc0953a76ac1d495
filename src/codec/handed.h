/* What ranks of a team (team/team.h) decode, on its way to rank 0. Not for other layers. */
#ifndef LK_CODEC_HANDED_H
#define LK_CODEC_HANDED_H

#include "codec/content.h"

/* A decoded chunk. `right` false: it is worthless, and nothing of it is put. */
void lk_content_put(lk_buffer *to, const lk_content *content, bool right);
/* What was put there, by the same program, into a content that lk_content_init has made for the
 * same chunk. */
lk_status lk_content_take(lk_context *context, const uint8_t *at, lk_content *content, bool *right);

#endif
