/* Data of texts that are restored, as their bytes come. Included by the library alone. */
#ifndef LK_LIBRARY_COLLECT_H
#define LK_LIBRARY_COLLECT_H

#include "codec/codec.h"
#include "data/buffer.h"
#include "library/library.h"

typedef struct lk_collected {
    const lk_model *model; /* which compressed them */
    lk_data *data;
    int64_t room, text_room; /* texts; bytes of the last one */
    bool named;
    const lk_symbols *symbols; /* of recordings; else NULL */
    lk_sound_form form;        /* of the last recording */
    lk_buffer local;           /* uint16_t: the slower sequences of all, one behind another, */
    lk_buffer local_begin;     /* int64_t: and where each text's begins, in symbols */
} lk_collected;

lk_status lk_collect_begin(const lk_model *model, lk_collected *texts);
/* It lasts as long as *texts stays where it is. */
lk_byte_sink lk_collect_sink(lk_collected *texts);
/* When all are there. whole: nothing is lost; of what is, no slower sequence says where it was. */
lk_status lk_collect_end(lk_collected *texts, bool whole);
/* The data, in any case, for the caller to destroy; the rest is released. */
lk_data *lk_collect_give(lk_collected *texts);

#endif
