/* Passages of a walk (models/walk.h) on their way from one rank of a team to another. Not for other
 * layers. */
#ifndef LK_MODELS_PASSAGES_H
#define LK_MODELS_PASSAGES_H

#include "data/buffer.h"
#include "models/walk.h"

/* networks: of passage->network_nats. */
void lk_passage_put(lk_buffer *to, const lk_passage *passage, int64_t networks);
/* What was put there, of the same program; it points into these bytes. Returns what follows. `view`
 * is the reader's own. */
const uint8_t *lk_passage_take(const uint8_t *at, const lk_view *view, lk_passage *passage);

#endif
