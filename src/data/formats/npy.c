/* NPY, versions 1 to 3 (numpy.lib.format): magic, version, header length (u16, from version 2 on
 * u32), and a Python dictionary
 * {'descr': '<u1', 'fortran_order': False, 'shape': (3, 4), }, of which only this much of the
 * language is read. */
#include "data/formats/array.h"

#include <stdio.h>
#include <string.h>

#define HEADER_MOST (1 << 20)

typedef struct lk_npy_cursor {
    const uint8_t *next, *end;
} lk_npy_cursor;

bool lk_is_npy(const uint8_t *data, int64_t size) {
    return size >= 6 && memcmp(data, "\x93NUMPY", 6) == 0;
}

static bool take(lk_npy_cursor *cursor, char byte) {
    while (cursor->next < cursor->end && (*cursor->next == ' ' || *cursor->next == '\n')) {
        ++cursor->next;
    }
    bool found = cursor->next < cursor->end && *cursor->next == (uint8_t)byte;
    cursor->next += found;
    return found;
}

static bool take_word(lk_npy_cursor *cursor, const char *word) {
    size_t length = strlen(word);
    while (take(cursor, ' ')) {
    }
    if ((size_t)(cursor->end - cursor->next) < length || memcmp(cursor->next, word, length) != 0) {
        return false;
    }
    cursor->next += length;
    return true;
}

/* A quoted text of less than 16 bytes; longer ones, which no known key or type has, are refused. */
static bool take_string(lk_npy_cursor *cursor, char text[16]) {
    char quote = '\'';
    if (!take(cursor, quote)) {
        quote = '"';
        if (!take(cursor, quote)) {
            return false;
        }
    }
    for (int length = 0; length < 16 && cursor->next < cursor->end; ++length) {
        text[length] = (char)*cursor->next++;
        if (text[length] == quote) {
            text[length] = '\0';
            return true;
        }
    }
    return false;
}

/* Digits, up to 18. */
static bool take_size(lk_npy_cursor *cursor, int64_t *size) {
    while (take(cursor, ' ')) {
    }
    int digits = 0;
    *size = 0;
    while (cursor->next < cursor->end && *cursor->next >= '0' && *cursor->next <= '9' &&
           digits < 19) {
        *size = digits < 18 ? *size * 10 + (*cursor->next - '0') : -1;
        ++cursor->next;
        ++digits;
    }
    return digits > 0 && *size >= 0;
}

/* "(3, 4)", "(3,)", "()". More axes than supported are counted but not kept. */
static bool take_shape(lk_npy_cursor *cursor, lk_array *array) {
    array->axes = 0;
    if (!take(cursor, '(')) {
        return false;
    }
    while (!take(cursor, ')')) {
        int64_t size;
        if (!take_size(cursor, &size)) {
            return false;
        }
        if (array->axes < LK_SHAPE_MOST) {
            array->size[array->axes] = size;
        }
        array->axes = array->axes <= LK_SHAPE_MOST ? array->axes + 1 : array->axes;
        if (!take(cursor, ',')) {
            return take(cursor, ')');
        }
    }
    return true;
}

static bool set_type(lk_array *array, const char *descr) {
    if (descr[0] == '\0' || strchr("<>|=", descr[0]) == NULL || strlen(descr) != 3) {
        return false;
    }
    array->big_endian = descr[0] == '>';
    array->kind = descr[1];
    array->width = descr[2] - '0';
    return lk_array_type(array->kind, array->width) != 0;
}

typedef struct lk_npy_entries {
    char descr[16];
    bool has_descr, has_order, has_shape;
} lk_npy_entries;

static bool take_entry(lk_npy_cursor *cursor, lk_array *array, lk_npy_entries *header) {
    char key[16];
    if (!take_string(cursor, key) || !take(cursor, ':')) {
        return false;
    }
    if (strcmp(key, "descr") == 0 && !header->has_descr) {
        header->has_descr = true;
        return take_string(cursor, header->descr);
    }
    if (strcmp(key, "fortran_order") == 0 && !header->has_order) {
        header->has_order = true;
        array->fortran = take_word(cursor, "True");
        return array->fortran || take_word(cursor, "False");
    }
    if (strcmp(key, "shape") == 0 && !header->has_shape) {
        header->has_shape = true;
        return take_shape(cursor, array);
    }
    return false;
}

static bool take_dictionary(lk_npy_cursor *cursor, lk_array *array, lk_npy_entries *header) {
    if (!take(cursor, '{')) {
        return false;
    }
    bool more = true;
    while (!take(cursor, '}')) {
        if (!more || !take_entry(cursor, array, header)) {
            return false;
        }
        more = take(cursor, ',');
    }
    take(cursor, ' ');
    return cursor->next == cursor->end && header->has_descr && header->has_order &&
           header->has_shape;
}

/* Where the dictionary stands, by the version; false when it does not fit into the bytes. */
static bool find_dictionary(const uint8_t *data, int64_t size, lk_npy_cursor *cursor) {
    if (size < 12) {
        return false;
    }
    int64_t length = data[8] | (data[9] << 8), start = 10;
    if (data[6] > 1) {
        length |= (int64_t)((uint32_t)data[10] << 16 | (uint32_t)data[11] << 24);
        start = 12;
    }
    if (length > size - start || length > HEADER_MOST) {
        return false;
    }
    *cursor = (lk_npy_cursor){data + start, data + start + length};
    return true;
}

bool lk_npy_header(const uint8_t *data, int64_t size, lk_array *array) {
    lk_npy_entries entries = {0};
    lk_npy_cursor cursor;
    *array = (lk_array){0};
    return lk_is_npy(data, size) && find_dictionary(data, size, &cursor) &&
           take_dictionary(&cursor, array, &entries) && set_type(array, entries.descr) &&
           array->axes <= LK_SHAPE_MOST;
}

static lk_status check_elements(lk_context *context, const char *name, int64_t held,
                                const lk_array *array) {
    int64_t elements = lk_array_elements(array);
    if (elements < 0 || elements > held / array->width) {
        return lk_fail(context, LK_FORMAT,
                       "%s: the NPY header promises more elements than the %lld bytes after it "
                       "hold; the file is truncated or "
                       "damaged",
                       name, (long long)held);
    }
    if (elements * array->width != held) {
        return lk_fail(context, LK_FORMAT,
                       "%s: %lld bytes too many after the elements that the NPY header promises",
                       name, (long long)(held - elements * array->width));
    }
    return LK_OK;
}

lk_status lk_npy_parse(lk_context *context, const char *name, const uint8_t *data, int64_t size,
                       lk_array *array) {
    lk_npy_cursor cursor = {0};
    lk_npy_entries header = {0};
    *array = (lk_array){0};
    if (size > 6 && (data[6] < 1 || data[6] > 3)) {
        return lk_fail(context, LK_UNSUPPORTED,
                       "%s: byte 6: NPY version %d; versions 1 to 3 are known", name, data[6]);
    }
    if (!find_dictionary(data, size, &cursor)) {
        return lk_fail(context, LK_FORMAT,
                       "%s: byte 8: the NPY header is longer than the file (%lld bytes) or than %d",
                       name, (long long)size, HEADER_MOST);
    }
    const uint8_t *elements = cursor.end;
    if (!take_dictionary(&cursor, array, &header)) {
        return lk_fail(context, LK_FORMAT,
                       "%s: byte %lld: the NPY header is damaged, or describes an array that is "
                       "not of plain numbers",
                       name, (long long)(cursor.next - data));
    }
    if (!set_type(array, header.descr)) {
        return lk_fail(context, LK_UNSUPPORTED,
                       "%s: elements of type '%s'; known are bool, integers of 1 to 8 bytes, f2, "
                       "f4 and f8, so convert with "
                       "astype first",
                       name, header.descr);
    }
    if (array->axes > LK_SHAPE_MOST) {
        return lk_fail(context, LK_UNSUPPORTED,
                       "%s: more than %d axes; reshape to (examples, variables) or (examples, "
                       "height, width, channels)",
                       name, LK_SHAPE_MOST);
    }
    array->data = elements;
    return check_elements(context, name, data + size - elements, array);
}

static lk_status read_npy(lk_context *context, const lk_reading *reading, lk_dataset *dataset) {
    lk_array array;
    LK_TRY(lk_npy_parse(context, reading->name, reading->data, reading->size, &array));
    return lk_array_values(context, reading, &array, dataset);
}

/* Version 1. Magic, header and the line end fill whole lines of 64 bytes, as numpy writes them. */
void lk_npy_put_header(const lk_array *array, lk_buffer *buffer) {
    char header[256];
    char order = array->width == 1 ? '|' : array->big_endian ? '>' : '<';
    int used =
        snprintf(header, sizeof header, "{'descr': '%c%c%d', 'fortran_order': %s, 'shape': (",
                 order, array->kind, array->width, array->fortran ? "True" : "False");
    for (int i = 0; i < array->axes; ++i) {
        used += snprintf(header + used, sizeof header - (size_t)used, "%s%lld", i ? ", " : "",
                         (long long)array->size[i]);
    }
    used += snprintf(header + used, sizeof header - (size_t)used, "%s), }",
                     array->axes == 1 ? "," : "");
    while ((10 + used + 1) % 64 != 0) {
        header[used++] = ' ';
    }
    header[used++] = '\n';
    uint8_t magic[10] = {
        0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (uint8_t)(used & 0xFF), (uint8_t)(used >> 8)};
    lk_buffer_put(buffer, magic, sizeof magic);
    lk_buffer_put(buffer, header, used);
}

static lk_status write_npy(lk_context *context, const char *path, const lk_dataset *dataset,
                           lk_buffer *buffer) {
    (void)path;
    lk_array array = lk_array_describe(dataset);
    lk_npy_put_header(&array, buffer);
    return lk_array_put_as(context, dataset, &array, buffer);
}

const lk_format lk_npy_format = {
    .name = "npy",
    .kind = "an NPY array",
    .number = LK_FROM_NPY,
    .endings = {".npy"},
    .packs = true,
    .recognise = lk_is_npy,
    .read = read_npy,
    .write = write_npy,
};
