/* A file, a text or a recording, as a sequence of symbols of any length, read at any place in
 * bounded memory. One thread at a time reads a stream and all its parts. */
#ifndef LK_DATA_STREAM_H
#define LK_DATA_STREAM_H

#include "base/file.h"
#include "data/source.h"
#include "data/symbols.h"

typedef struct lk_stream lk_stream;

/* A file or a pipe (data/source.h), unpacked if it is packed (base/unpack.h; then it is held
 * whole). The symbols are copied. An empty file is refused. Characters need one pass over the file,
 * for their number and an index of at most 512 KiB. *stream is the caller's: lk_stream_close. */
lk_status lk_stream_open(lk_context *context, const char *path, const lk_symbols *symbols,
                         lk_stream **stream);
/* The same; an empty file is a stream of no symbols. */
lk_status lk_stream_open_or_empty(lk_context *context, const char *path, const lk_symbols *symbols,
                                  lk_stream **stream);
/* The same from a source, which is taken, whatever comes of it; an empty one is refused. */
lk_status lk_stream_open_take(lk_source *source, const lk_symbols *symbols, lk_stream **stream);
/* Of the bytes that are there: nothing is unpacked, and an empty file is a stream of no symbols. */
lk_status lk_stream_open_any(lk_context *context, const char *path, const lk_symbols *symbols,
                             lk_stream **stream);
/* From memory, also from no bytes; they must outlive the stream; `name` stands for the path. */
lk_status lk_stream_parse(lk_context *context, const char *name, const lk_bytes *bytes,
                          const lk_symbols *symbols, lk_stream **stream);
/* Symbols first .. first + count - 1 of a stream (or part) as a stream of its own, count >= 1.
 * Closed on its own too, in any order. */
lk_status lk_stream_part(lk_stream *whole, int64_t first, int64_t count, lk_stream **part);
void lk_stream_close(lk_stream *stream);
/* Gives the file's descriptor and buffer back until the stream is read again: for who has many. */
void lk_stream_rest(lk_stream *stream);
bool lk_stream_resting(const lk_stream *stream);
/* LK_IO, with both sizes, when the file is not as large as it was when it was opened. */
lk_status lk_stream_unchanged(const lk_stream *stream);

int64_t lk_stream_length(const lk_stream *stream); /* in symbols */
int64_t lk_stream_bytes(const lk_stream *stream);  /* in bytes; of a recording, of its samples */
const char *lk_stream_path(const lk_stream *stream);
const lk_symbols *lk_stream_symbols(const lk_stream *stream);
const lk_sound_info *lk_stream_sound(const lk_stream *stream); /* of a recording; else NULL */

/* values[count]: the symbols from `first` on, all within the stream. */
lk_status lk_stream_read(lk_stream *stream, int64_t first, int64_t count, uint16_t *values);
/* characters[count]: what stands there, as data/utf8.h has it (of bytes: LK_UTF8_BYTE + the byte);
 * where the symbol is the escape, this tells what escaped. lk_symbols_find makes symbols of them,
 * lk_utf8_put the file's bytes. */
lk_status lk_stream_characters(lk_stream *stream, int64_t first, int64_t count,
                               uint32_t *characters);

#endif
