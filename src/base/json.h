/* JSON as a text of the library's own memory (base/memory.h): jansson hands out memory of its
 * own. */
#ifndef LK_BASE_JSON_H
#define LK_BASE_JSON_H

#include <jansson.h>

/* `flags` as for json_dumps; release with lk_release(). NULL: out of memory, or `json` is NULL. */
char *lk_json_text(const json_t *json, size_t flags);

#endif
