/* Unpacking what a general compressor packed: gzip, xz, bzip2, zstd. One row of a table for each,
 * in a file of its own (unpack_NAME.c); all that is alike for them is in unpack.c: members one
 * after another, wrappers within wrappers, what follows the end, and the bounds of memory. */
#ifndef LK_BASE_UNPACK_H
#define LK_BASE_UNPACK_H

#include "base/context.h"

/* The name of what packed these bytes; NULL: nothing that is known. */
const char *lk_packing_name(const uint8_t *data, int64_t size);
/* Unpacks all members, of xz also with padding between them, and what they hold if that is packed
 * again, up to LK_PACKINGS_MOST times. Zero bytes after the end are padding; a truncated or damaged
 * stream, other bytes after it, and more than `most` bytes are refused. Takes the memory of
 * `packed`, which something known packed, whatever comes of it. *bytes is the caller's
 * (lk_bytes_release); a zero byte follows them. */
#define LK_PACKINGS_MOST 4
lk_status lk_unpack_take(lk_context *context, const char *path, int64_t most, lk_bytes *packed,
                         lk_bytes *bytes);

/* ---- a row of the table ---------------------------------------------------------------------- */

typedef enum lk_unpacked {
    LK_UNPACKED_SOME,    /* call again, with more room or more input */
    LK_UNPACKED_MEMBER,  /* this member has ended */
    LK_UNPACKED_DAMAGED, /* `cause` says how */
    LK_UNPACKED_STARVED, /* out of memory */
    LK_UNPACKED_LARGE,   /* decoding needs `needed` bytes, more than may be used */
} lk_unpacked;

typedef struct lk_unpacking {
    const uint8_t *in;
    int64_t in_size;
    uint8_t *out;
    int64_t out_size;
    int64_t memory_most; /* that decoding may take; 0: any */
    void *state;         /* the row's */
    const char *cause;
    double needed;
} lk_unpacking;

typedef struct lk_packing {
    const char *name;
    /* Zero bytes may stand between members, a multiple of so many; 0: none. */
    int64_t padding;
    /* Whether a member begins here. */
    bool (*recognise)(const uint8_t *data, int64_t size);
    /* A new member; false: out of memory. End follows in any case. */
    bool (*begin)(lk_unpacking *unpacking);
    /* Moves in and out past what was read and written. */
    lk_unpacked (*step)(lk_unpacking *unpacking);
    void (*end)(lk_unpacking *unpacking);
} lk_packing;

extern const lk_packing lk_gzip_packing, lk_xz_packing, lk_bzip2_packing, lk_zstd_packing;

#endif
