/* What the formats of text share: numbers in lines, read and written. */
#ifndef LK_DATA_FORMATS_LINES_H
#define LK_DATA_FORMATS_LINES_H

#include "data/formats/format.h"
#include "data/text.h"

/* The slow path of a text reader: the number at [start, end) as a value below reading->limit, or
 * the failure with its place. */
lk_status lk_text_value(lk_context *context, const lk_reading *reading, int64_t line,
                        int64_t column, const uint8_t *start, const uint8_t *end, uint16_t *value);
lk_status lk_text_fail_columns(lk_context *context, const lk_reading *reading, int64_t line,
                               int64_t columns, int64_t first_line, int64_t first_columns);
/* One example a line, its values separated by one byte, which may also stand at the end. */
void lk_lines_put(const lk_dataset *dataset, uint8_t separator, bool separator_at_end,
                  lk_buffer *buffer);

#endif
