/* Event files that TensorBoard reads: a small writer of its own.
 *
 *   record  length, 8 bytes; masked crc32c of these; bytes; masked crc32c of the bytes (TFRecord)
 *   bytes   a protocol buffer: Event { 1 wall_time double, 2 step int64, 3 file_version string,
 *           5 summary { 1 value { 1 tag string, 2 simple_value float, 4 image { 1 height, 2 width,
 *           3 colorspace, 4 PNG bytes }, 8 tensor { 1 dtype, 2 shape, 8 string_val },
 *           9 metadata { 1 plugin_data { 1 plugin_name } } } } }
 *
 * all little-endian; field numbers are those of TensorFlow's event.proto, summary.proto and
 * tensor.proto. A file grows by whole records, so that what a killed run leaves can be read. */
#ifndef LK_TRAIN_EVENTS_H
#define LK_TRAIN_EVENTS_H

#include "base/context.h"

typedef struct lk_events lk_events;

/* A new file in a folder that is there: events.out.tfevents.SECONDS.likely.PROCESS. */
lk_status lk_events_create(lk_context *context, const char *folder, lk_events **events);
/* Reports of one step are written together by the next lk_events_flush. */
void lk_events_number(lk_events *events, int64_t step, const char *tag, double value);
void lk_events_picture(lk_events *events, int64_t step, const char *tag, int64_t height,
                       int64_t width, int32_t channels, const void *png, int64_t size);
void lk_events_text(lk_events *events, int64_t step, const char *tag, const char *text);
/* To the disk. LK_IO and LK_NO_MEMORY stay: nothing is written after them. */
lk_status lk_events_flush(lk_events *events);
void lk_events_close(lk_events *events);

/* CRC-32C (Castagnoli), as TFRecord masks it. */
uint32_t lk_masked_crc32c(const void *bytes, int64_t size);

#endif
