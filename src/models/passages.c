#include "models/passages.h"

#include <string.h>

/* Before the lists that it has, each of which begins at a multiple of 8 bytes. */
typedef struct head {
    int64_t item, first, count, escapes, networks; /* networks 0: no list of what they say */
    double nll_nats;
    int64_t last, characters, nats; /* whether it is the last, and has these lists */
} head;

static void put_list(lk_buffer *to, const void *list, int64_t bytes) {
    static const uint8_t zeros[8];
    lk_buffer_put(to, list, bytes);
    lk_buffer_put(to, zeros, -bytes & 7);
}

void lk_passage_put(lk_buffer *to, const lk_passage *p, int64_t networks) {
    const head h = {.item = p->item,
                    .first = p->first,
                    .count = p->count,
                    .escapes = p->escapes,
                    .networks = p->network_nats != NULL ? networks : 0,
                    .nll_nats = p->nll_nats,
                    .last = p->last,
                    .characters = p->characters != NULL,
                    .nats = p->nats != NULL};
    lk_buffer_put(to, &h, sizeof h);
    put_list(to, p->symbols, 2 * h.count);
    put_list(to, p->characters, h.characters * 4 * h.count);
    put_list(to, p->nats, h.nats * 8 * h.count);
    for (int64_t k = 0; k < h.networks; k++) {
        put_list(to, &p->network_nats[k * p->network_stride], 8);
    }
}

static const void *take_list(const uint8_t **at, bool there, int64_t bytes) {
    const uint8_t *list = *at;
    *at += there ? bytes + (-bytes & 7) : 0;
    return there ? list : NULL;
}

const uint8_t *lk_passage_take(const uint8_t *at, const lk_view *view, lk_passage *p) {
    head h;
    memcpy(&h, at, sizeof h);
    at += sizeof h;
    *p = (lk_passage){.item = h.item,
                      .first = h.first,
                      .count = h.count,
                      .view = view,
                      .escapes = h.escapes,
                      .last = h.last != 0,
                      .nll_nats = h.nll_nats,
                      .network_stride = 1};
    p->symbols = take_list(&at, true, 2 * h.count);
    p->characters = take_list(&at, h.characters != 0, 4 * h.count);
    p->nats = take_list(&at, h.nats != 0, 8 * h.count);
    p->network_nats = take_list(&at, h.networks > 0, 8 * h.networks);
    return at;
}
