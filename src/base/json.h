/* JSON, with memory accounted for: jansson forgets a key that finds no room while it writes, and
 * takes a lack of room for a syntax error, or worse, while it reads. */
#ifndef LK_BASE_JSON_H
#define LK_BASE_JSON_H

#include <jansson.h>

#include "base/context.h"

/* For programs, once, before any JSON: jansson takes its memory from ours, and where that is short
 * from room that was set aside, so that it never meets a shortage while it reads (it would assert).
 * A library leaves its host's jansson alone: there lk_json_parse only sees that there is room. */
void lk_json_keep_room(void);
/* Whether something found no room since, in this thread: a JSON that was built may lack parts. */
bool lk_json_starved(void);
/* As json_dumps with these flags, in the library's own memory: release with lk_release(). NULL: out
 * of memory, or `json` is NULL. */
char *lk_json_text(const json_t *json, size_t flags);
/* object[key] = value, which it takes. On failure *object is given up and becomes NULL, and stays
 * so: whoever builds one need only look at its end. */
void lk_json_set(json_t **object, const char *key, json_t *value);
/* A text of any bytes: a string, or, where it is not UTF-8, {"hex": its bytes in hexadecimal
 * digits}; NULL stays NULL. Whatever a user, a file or a path may have given a name is written so:
 * JSON holds UTF-8 and nothing else, and jansson makes nothing of other bytes. */
json_t *lk_json_bytes(const char *text);
/* A number; infinite ones are the strings "Infinity" and "-Infinity", what is not a number is
 * null. */
json_t *lk_json_number(double value);
/* What such a value says; all else is NaN. */
double lk_json_double(const json_t *value);
/* As json_loadb, refusing repeated keys: *json is NULL, and *error says why, when the text is no
 * JSON; *json is the caller's (json_decref). Fails only when there is no room for what such a text
 * may become; `name` is then for the message. */
lk_status lk_json_parse(lk_context *context, const char *name, const char *text, size_t size,
                        json_t **json, json_error_t *error);

#endif
