/* Bytes stand where they are counted. For characters, an index holds the offset of every stride-th
 * one; when it is full, every second entry goes and the stride doubles, so that it never grows. The
 * place where the last reading ended serves the next one. */
#include "data/stream.h"

#include "base/arena.h"
#include "base/memory.h"
#include "data/source.h"

#define STRIDE_FIRST 4
#define INDEX_MOST (1 << 16)
#define CHARACTERS_AT_ONCE 1024

/* What a stream and its parts share. */
typedef struct text {
    lk_source source;
    lk_symbols symbols; /* owned */
    lk_sound *sound;    /* owned: of a recording; else NULL */
    int64_t length;     /* characters */
    int64_t *index; /* owned, [index_capacity]: offset of character i * stride; NULL for bytes */
    int64_t index_count, index_capacity, stride;
    int64_t character, offset; /* a place whose both sides are known */
    int64_t users;
} text;

struct lk_stream {
    text *text;
    int64_t first, length; /* characters */
    int64_t bytes;
};

/* ---- walking over characters ----------------------------------------------------------------- */

/* From the character at *offset on, at most `most` of them (characters NULL: only counted). *count
 * is less than `most` only where the file ends. */
static lk_status walk(text *t, int64_t *offset, int64_t most, uint32_t *characters,
                      int64_t *count) {
    bool whole_bytes = t->symbols.kind == LK_SYMBOLS_BYTES;
    *count = 0;
    while (*count < most && *offset < t->source.size) {
        const uint8_t *bytes;
        int64_t held, at = 0;
        LK_TRY(lk_source_see(&t->source, *offset, &bytes, &held));
        int64_t needed = *offset + held == t->source.size || whole_bytes ? 1 : LK_UTF8_MOST;
        while (at + needed <= held && *count < most) {
            uint32_t character = LK_UTF8_BYTE + bytes[at];
            at += whole_bytes ? 1 : lk_utf8_get(bytes + at, held - at, &character);
            if (characters != NULL) {
                characters[*count] = character;
            }
            ++*count;
        }
        *offset += at;
    }
    return LK_OK;
}

static lk_status changed(const text *t) {
    LK_TRY(lk_source_unchanged(&t->source));
    return lk_fail(t->source.context, LK_IO,
                   "%s: the file changed while it was being read, and still has %lld bytes; run "
                   "again when it is complete",
                   t->source.path, (long long)t->source.size);
}

/* The offset of a character; that of the end for the length. */
static lk_status locate(text *t, int64_t character, int64_t *offset) {
    if (t->symbols.kind != LK_SYMBOLS_CHARACTERS) {
        *offset = lk_symbols_bytes(&t->symbols, character);
        return LK_OK;
    }
    if (character == t->length) {
        *offset = t->source.size;
        return LK_OK;
    }
    int64_t entry = character / t->stride, from = entry * t->stride, count;
    *offset = t->index[entry];
    if (t->character <= character && t->character > from) {
        from = t->character;
        *offset = t->offset;
    }
    LK_TRY(walk(t, offset, character - from, NULL, &count));
    return count == character - from && *offset < t->source.size ? LK_OK : changed(t);
}

/* ---- the index ------------------------------------------------------------------------------- */

static lk_status add_entry(text *t, int64_t offset) {
    if (t->index_count == INDEX_MOST) {
        for (int64_t i = 0; i < INDEX_MOST / 2; i++) {
            t->index[i] = t->index[2 * i];
        }
        t->index_count = INDEX_MOST / 2;
        t->stride *= 2;
    }
    if (t->index_count == t->index_capacity) {
        int64_t capacity = t->index_capacity == 0 ? 64 : 2 * t->index_capacity;
        int64_t *index = lk_resize(t->index, capacity, sizeof *index);
        if (index == NULL) {
            return lk_fail_no_memory(t->source.context, "the index of a text",
                                     capacity * (int64_t)sizeof *index);
        }
        t->index = index;
        t->index_capacity = capacity;
    }
    t->index[t->index_count++] = offset;
    return LK_OK;
}

static lk_status count_characters(text *t) {
    t->stride = STRIDE_FIRST;
    for (int64_t offset = 0; offset < t->source.size;) {
        int64_t count;
        LK_TRY(add_entry(t, offset));
        int64_t next = t->index_count * t->stride; /* the character that the next entry is for */
        LK_TRY(walk(t, &offset, next - t->length, NULL, &count));
        t->length += count;
    }
    return LK_OK;
}

/* ---- opening and closing --------------------------------------------------------------------- */

static void release_text(text *t) {
    if (--t->users > 0) {
        return;
    }
    lk_sound_close(t->sound);
    lk_source_close(&t->source);
    lk_symbols_deinit(&t->symbols);
    lk_release(t->index);
    lk_release(t);
}

static lk_status begin_text(text *t, const lk_symbols *symbols, bool empty) {
    if (t->source.size == 0 && !empty) {
        return lk_fail(t->source.context, LK_FORMAT, "%s: the file is empty", t->source.path);
    }
    LK_TRY(lk_symbols_copy(t->source.context, symbols, &t->symbols));
    if (symbols->kind == LK_SYMBOLS_SOUND) {
        LK_TRY(lk_sound_open(&t->source, &t->symbols.sound, &t->sound));
        t->length = lk_sound_length(t->sound);
        return LK_OK;
    }
    t->length = symbols->kind == LK_SYMBOLS_BYTES ? t->source.size : 0;
    return symbols->kind == LK_SYMBOLS_BYTES ? LK_OK : count_characters(t);
}

static lk_status make_view(text *t, int64_t first, int64_t length, lk_stream **stream) {
    lk_stream *made = lk_allocate(1, sizeof *made);
    int64_t begin = 0, end = 0;
    if (made == NULL) {
        return lk_fail_no_memory(t->source.context, "a stream", (int64_t)sizeof *made);
    }
    lk_status status = locate(t, first, &begin);
    status = status == LK_OK ? locate(t, first + length, &end) : status;
    if (status != LK_OK) {
        lk_release(made);
        return status;
    }
    t->users++;
    *made = (lk_stream){.text = t, .first = first, .length = length, .bytes = end - begin};
    *stream = made;
    return LK_OK;
}

/* Takes the source of `from`, whatever comes of it. */
static lk_status open_take(lk_source *from, const lk_symbols *symbols, bool empty,
                           lk_stream **stream) {
    text *t = lk_allocate(1, sizeof *t);
    if (t == NULL) {
        lk_context *context = from->context;
        lk_source_close(from);
        return lk_fail_no_memory(context, "a stream", (int64_t)sizeof *t);
    }
    t->source = *from;
    t->users = 1;
    lk_status status = begin_text(t, symbols, empty);
    status = status == LK_OK ? make_view(t, 0, t->length, stream) : status;
    release_text(t);
    return status;
}

lk_status lk_stream_open(lk_context *context, const char *path, const lk_symbols *symbols,
                         lk_stream **stream) {
    lk_source source;
    *stream = NULL;
    LK_TRY(lk_source_open_unpacked(context, path, &source));
    return open_take(&source, symbols, false, stream);
}

lk_status lk_stream_open_or_empty(lk_context *context, const char *path, const lk_symbols *symbols,
                                  lk_stream **stream) {
    lk_source source;
    *stream = NULL;
    LK_TRY(lk_source_open_unpacked(context, path, &source));
    return open_take(&source, symbols, true, stream);
}

lk_status lk_stream_open_take(lk_source *source, const lk_symbols *symbols, lk_stream **stream) {
    *stream = NULL;
    return open_take(source, symbols, false, stream);
}

lk_status lk_stream_open_any(lk_context *context, const char *path, const lk_symbols *symbols,
                             lk_stream **stream) {
    lk_source source;
    *stream = NULL;
    LK_TRY(lk_source_open(context, path, &source));
    return open_take(&source, symbols, true, stream);
}

lk_status lk_stream_parse(lk_context *context, const char *name, const lk_bytes *bytes,
                          const lk_symbols *symbols, lk_stream **stream) {
    lk_source source;
    *stream = NULL;
    LK_TRY(lk_source_of_bytes(context, name, bytes, &source));
    return open_take(&source, symbols, true, stream);
}

lk_status lk_stream_part(lk_stream *whole, int64_t first, int64_t count, lk_stream **part) {
    LK_REQUIRE(first >= 0 && count >= 1 && count <= whole->length - first);
    *part = NULL;
    return make_view(whole->text, whole->first + first, count, part);
}

void lk_stream_close(lk_stream *stream) {
    if (stream != NULL) {
        release_text(stream->text);
        lk_release(stream);
    }
}

void lk_stream_rest(lk_stream *stream) {
    if (stream->text->sound != NULL) {
        lk_sound_rest(stream->text->sound);
    }
    lk_source_rest(&stream->text->source);
}

bool lk_stream_resting(const lk_stream *stream) {
    return stream->text->source.descriptor < 0 && stream->text->source.all == NULL;
}

lk_status lk_stream_unchanged(const lk_stream *stream) {
    return lk_source_unchanged(&stream->text->source);
}

int64_t lk_stream_length(const lk_stream *stream) {
    return stream->length;
}

int64_t lk_stream_bytes(const lk_stream *stream) {
    return stream->bytes;
}

const char *lk_stream_path(const lk_stream *stream) {
    return stream->text->source.path;
}

const lk_symbols *lk_stream_symbols(const lk_stream *stream) {
    return &stream->text->symbols;
}

const lk_sound_info *lk_stream_sound(const lk_stream *stream) {
    return stream->text->sound != NULL ? lk_sound_about(stream->text->sound) : NULL;
}

/* ---- reading --------------------------------------------------------------------------------- */

static lk_status sound_characters(lk_stream *stream, int64_t first, int64_t count,
                                  uint32_t *characters) {
    uint16_t values[CHARACTERS_AT_ONCE];
    for (int64_t done = 0; done < count;) {
        int64_t some = count - done < CHARACTERS_AT_ONCE ? count - done : CHARACTERS_AT_ONCE;
        LK_TRY(lk_stream_read(stream, first + done, some, values));
        for (int64_t i = 0; i < some; i++) {
            characters[done + i] = lk_symbols_character(&stream->text->symbols, values[i]);
        }
        done += some;
    }
    return LK_OK;
}

lk_status lk_stream_characters(lk_stream *stream, int64_t first, int64_t count,
                               uint32_t *characters) {
    LK_REQUIRE(first >= 0 && count >= 0 && count <= stream->length - first);
    if (count == 0) {
        return LK_OK;
    }
    text *t = stream->text;
    if (t->sound != NULL) {
        return sound_characters(stream, first, count, characters);
    }
    int64_t offset, found;
    LK_TRY(locate(t, stream->first + first, &offset));
    LK_TRY(walk(t, &offset, count, characters, &found));
    if (found != count) {
        return changed(t);
    }
    t->character = stream->first + first + count;
    t->offset = offset;
    return LK_OK;
}

lk_status lk_stream_read(lk_stream *stream, int64_t first, int64_t count, uint16_t *values) {
    LK_REQUIRE(first >= 0 && count >= 0 && count <= stream->length - first);
    if (stream->text->sound != NULL) {
        return lk_sound_read(stream->text->sound, stream->first + first, count, values);
    }
    uint32_t characters[CHARACTERS_AT_ONCE];
    for (int64_t done = 0; done < count;) {
        int64_t some = count - done < CHARACTERS_AT_ONCE ? count - done : CHARACTERS_AT_ONCE;
        LK_TRY(lk_stream_characters(stream, first + done, some, characters));
        for (int64_t i = 0; i < some; i++) {
            values[done + i] = lk_symbols_find(&stream->text->symbols, characters[i]);
        }
        done += some;
    }
    return LK_OK;
}
