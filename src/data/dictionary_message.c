/* What messages say of a dictionary. */
#include <stdio.h>
#include <string.h>

#include "data/dictionary.h"
#include "data/text.h"

/* Bytes of a text that are compared: enough to tell words apart. */
#define COMPARED 32
#define NEAREST 3

/* Adds a text to the list; false when it does not fit, with "..." at the end of what did. */
static bool append(const char *text, size_t *used, char *list, size_t capacity) {
    char quoted[LK_QUOTE_CAPACITY];
    const uint8_t *bytes = (const uint8_t *)text;
    const char *separator = *used > 0 ? ", " : "";
    int length = snprintf(list + *used, capacity - *used, "%s'%s'", separator,
                          lk_text_quote(bytes, bytes + strlen(text), quoted));
    if (length + (int)sizeof ", ..." <= (int)(capacity - *used)) {
        *used += (size_t)length;
        return true;
    }
    snprintf(list + *used, capacity - *used, "%s...", separator);
    return false;
}

void lk_dictionary_list(const lk_dictionary *dictionary, char *list, size_t capacity) {
    size_t used = 0;
    list[0] = '\0';
    for (int32_t i = 0; i < dictionary->count; i++) {
        if (!append(lk_dictionary_text(dictionary, i), &used, list, capacity)) {
            return;
        }
    }
}

static int least(int a, int b) {
    return a < b ? a : b;
}

/* Row by row of the table of distances between beginnings: row[j] is that between the first i bytes
 * of a and the first j of b. */
static int distance(const char *a, const char *b) {
    int row[COMPARED + 1], length = (int)strnlen(b, COMPARED);
    for (int j = 0; j <= length; j++) {
        row[j] = j;
    }
    for (int i = 1; i <= (int)strnlen(a, COMPARED); i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= length; j++) {
            int changed = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = least(changed, 1 + least(row[j], row[j - 1]));
        }
    }
    return row[length];
}

void lk_dictionary_nearest(const lk_dictionary *dictionary, const char *text, char *list,
                           size_t capacity) {
    int32_t symbols[NEAREST];
    int distances[NEAREST], count = 0;
    for (int32_t i = 0; i < dictionary->count; i++) {
        int found = distance(lk_dictionary_text(dictionary, i), text), at = count;
        for (; at > 0 && distances[at - 1] > found; at--) {
        }
        if (at == NEAREST) {
            continue;
        }
        count += count < NEAREST;
        for (int j = count - 1; j > at; j--) {
            symbols[j] = symbols[j - 1];
            distances[j] = distances[j - 1];
        }
        symbols[at] = i;
        distances[at] = found;
    }
    size_t used = 0;
    list[0] = '\0';
    for (int i = 0; i < count; i++) {
        if (!append(lk_dictionary_text(dictionary, symbols[i]), &used, list, capacity)) {
            return;
        }
    }
}
