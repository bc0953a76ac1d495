/* What a file is that was given for something else, as a model or a compressed file. */
#include <stdio.h>
#include <string.h>

#include "base/unpack.h"
#include "data/formats/format.h"
#include "data/text.h"

/* Of a text so much is looked at. */
#define PROSE_MOST (1 << 16)

/* NULL: of no format that is read. */
static const char *format_kind(const uint8_t *data, int64_t size) {
    for (const lk_format *const *row = lk_formats; *row != NULL; ++row) {
        if ((*row)->recognise != NULL && (*row)->recognise(data, size)) {
            return (*row)->kind;
        }
    }
    return NULL;
}

bool lk_kind_of(const uint8_t *data, int64_t size, char kind[LK_KIND_CAPACITY]) {
    const char *packing = lk_packing_name(data, size), *what = NULL;
    int64_t length = 0;
    if (packing != NULL) {
        snprintf(kind, LK_KIND_CAPACITY, "packed by %s", packing);
        return true;
    }
    if (size == 0) {
        what = "empty";
    } else if (lk_is_prose(data, size < PROSE_MOST ? size : PROSE_MOST)) {
        what = "a text";
    } else {
        what = format_kind(data, size);
    }
    if (what == NULL) {
        what = lk_foreign_kind(data, size, &length);
    } else {
        length = (int64_t)strlen(what);
    }
    snprintf(kind, LK_KIND_CAPACITY, "%.*s", (int)length, what != NULL ? what : "");
    return what != NULL;
}

lk_status lk_fail_kind(lk_context *context, const char *name, const uint8_t *data, int64_t size,
                       const char *wanted) {
    char kind[LK_KIND_CAPACITY], quoted[LK_QUOTE_CAPACITY];
    if (lk_kind_of(data, size, kind)) {
        return lk_fail(context, LK_FORMAT, "%s: is %s, not %s", name, kind, wanted);
    }
    const uint8_t *end = data + (size < 8 ? size : 8);
    return lk_fail(context, LK_FORMAT, "%s: is not %s: it begins with '%s'", name, wanted,
                   lk_text_quote(data, end, quoted));
}
