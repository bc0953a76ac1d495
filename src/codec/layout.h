/* The bytes of a container: numbers and bytes that one call writes or reads, so that a layout
 * stands once for both directions; and the hash of all of them. docs/formats.md gives the bytes. */
#ifndef LK_CODEC_LAYOUT_H
#define LK_CODEC_LAYOUT_H

#include "data/buffer.h"

typedef struct lk_layout {
    lk_buffer *to;           /* writing: behind what is there; NULL: reading */
    const uint8_t *at, *end; /* reading: never beyond the end */
    bool failed;             /* sticky, of reading: values are then the least that are allowed */
} lk_layout;

#define LK_NUMBER_MOST 9 /* bytes of a number */

/* A number from 0 to 2^63 - 1 as a varint; read, it must be in [least, most]. */
void lk_layout_number(lk_layout *layout, int64_t *value, int64_t least, int64_t most);
void lk_layout_u32(lk_layout *layout, uint32_t *value);
void lk_layout_float(lk_layout *layout, float *value);
void lk_layout_bytes(lk_layout *layout, void *bytes, int64_t size);

/* The low 32 bits of XXH3-64, seeded with a file's (0: its header's own) and a chunk's number. */
uint32_t lk_hash(const uint8_t *bytes, int64_t size, uint32_t file, int64_t number);

#endif
