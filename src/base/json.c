#include "base/json.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"

/* Bytes that jansson takes at most for what begins with a character, or ends with it. */
#define OBJECT_BYTES 300 /* { with a table */
#define ARRAY_BYTES 120  /* [ with a first place */
#define PAIR_BYTES 120   /* : of an object */
#define VALUE_BYTES 112  /* , and a place in a list */
#define LEAST_BYTES 65536

/* Where jansson's memory comes from while it reads and there is no other. */
static _Thread_local struct {
    char *begin, *end, *at;
    bool starved;
} spare;

static void *take(size_t size) {
    void *memory = lk_resize(NULL, (int64_t)size, 1);
    if (memory == NULL) {
        spare.starved = true;
        size = (size + 15) / 16 * 16;
        if ((size_t)(spare.end - spare.at) >= size) {
            memory = spare.at;
            spare.at += size;
        }
    }
    return memory;
}

static void give(void *memory) {
    bool ours = (char *)memory >= spare.begin && (char *)memory < spare.end;
    if (!ours) {
        lk_release(memory);
    }
}

void lk_json_keep_room(void) {
    json_set_alloc_funcs(take, give);
}

bool lk_json_starved(void) {
    return spare.starved;
}

typedef struct growing {
    char *text;
    int64_t size, capacity;
    bool failed;
} growing;

static int append(const char *part, size_t size, void *argument) {
    growing *to = argument;
    if (to->capacity - to->size <= (int64_t)size) { /* with the zero byte at the end */
        int64_t capacity = 2 * (to->size + (int64_t)size) + 64;
        char *text = to->failed ? NULL : lk_resize(to->text, capacity, 1);
        if (text == NULL) {
            to->failed = true;
            return -1;
        }
        to->text = text;
        to->capacity = capacity;
    }
    memcpy(to->text + to->size, part, size);
    to->size += (int64_t)size;
    to->text[to->size] = '\0';
    return 0;
}

char *lk_json_text(const json_t *json, size_t flags) {
    growing to = {0};
    if (json == NULL || json_dump_callback(json, append, &to, flags) != 0 || to.failed) {
        lk_release(to.text);
        return NULL;
    }
    return to.text;
}

void lk_json_set(json_t **object, const char *key, json_t *value) {
    if (json_object_set_new(*object, key, value) != 0) { /* takes the value even so */
        json_decref(*object);
        *object = NULL;
    }
}

/* More than the text becomes; characters within strings are counted too. */
static int64_t room_for(const char *text, size_t size) {
    int64_t bytes = LEAST_BYTES + 3 * (int64_t)size;
    for (size_t i = 0; i < size; i++) {
        bytes += text[i] == '{'   ? OBJECT_BYTES
                 : text[i] == '[' ? ARRAY_BYTES
                 : text[i] == ':' ? PAIR_BYTES
                 : text[i] == ',' ? VALUE_BYTES
                                  : 0;
    }
    return bytes;
}

lk_status lk_json_parse(lk_context *context, const char *name, const char *text, size_t size,
                        json_t **json, json_error_t *error) {
    *json = NULL;
    int64_t room = room_for(text, size);
    LK_TRY(lk_memory_allow(context, name, "parsing its JSON", (double)room));
    char *reserved = lk_resize(NULL, room, 1); /* not touched, so it costs nothing */
    if (reserved == NULL) {
        return lk_fail_no_memory(context, name, room);
    }
    bool before = spare.starved;
    spare.begin = spare.at = reserved;
    spare.end = reserved + room;
    spare.starved = false;
    *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, error);
    bool starved = spare.starved;
    if (starved) {
        json_decref(*json);
        *json = NULL;
    }
    spare.begin = spare.at = spare.end = NULL;
    spare.starved = before;
    lk_release(reserved);
    return starved ? lk_fail_no_memory(context, name, room) : LK_OK;
}

static json_t *hexadecimal(const char *text) {
    static const char digits[] = "0123456789abcdef";
    char *hex = lk_allocate(2 * (int64_t)strlen(text) + 1, 1), *to = hex;
    for (; hex != NULL && *text != '\0'; text++) {
        *to++ = digits[(uint8_t)*text >> 4];
        *to++ = digits[*text & 15];
    }
    json_t *json = hex != NULL ? json_pack("{s:s}", "hex", hex) : NULL;
    lk_release(hex);
    return json;
}

json_t *lk_json_bytes(const char *text) {
    return text == NULL || lk_is_utf8(text) ? json_string(text) : hexadecimal(text);
}

json_t *lk_json_number(double value) {
    return isfinite(value) ? json_real(value)
           : isnan(value)  ? json_null()
                           : json_string(value > 0.0 ? "Infinity" : "-Infinity");
}

double lk_json_double(const json_t *value) {
    const char *text = json_string_value(value);
    return json_is_number(value)                            ? json_number_value(value)
           : text != NULL && strcmp(text, "Infinity") == 0  ? (double)INFINITY
           : text != NULL && strcmp(text, "-Infinity") == 0 ? -(double)INFINITY
                                                            : (double)NAN;
}
