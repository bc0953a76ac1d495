/* A page (HTML, everything in it) that shows a text with every character coloured by its surprise;
 * written as the text is walked along, beside its target, and renamed. */
#ifndef LK_JOBS_STREAM_MAP_H
#define LK_JOBS_STREAM_MAP_H

#include "base/file.h"
#include "jobs/stream_walk.h"

typedef struct lk_stream_map lk_stream_map;

/* most: symbols that are shown; of more, a note tells. Bytes that make a UTF-8 character are shown
 * as one, their surprises added. */
lk_status lk_stream_map_create(lk_context *context, const char *path, int64_t most,
                               lk_stream_map **map);
void lk_stream_map_add(lk_stream_map *map, const lk_stream_piece *piece);
/* Both end the map. `text` names what is shown, `model` by what; likelihood is the whole text's. */
lk_status lk_stream_map_commit(lk_stream_map *map, const char *text, const char *model,
                               const lk_stream_likelihood *likelihood);
void lk_stream_map_abandon(lk_stream_map *map);

#endif
