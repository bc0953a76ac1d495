/* The coder: what is coded is decoded, and whatever is decoded can be shown. The input: which
 * coder, the lengths of up to four items, then bytes that are decoded as they are, and taken for
 * the items that are coded, by either schedule, and decoded again. Models and coders are made
 * once. */
#include <stdlib.h>
#include <string.h>

#include "codec/coder.h"
#include "codec/cuts.h"

#define ITEMS_MOST 4
#define VARIABLES 5

typedef struct world {
    lk_model *model;
    lk_symbols symbols;
    lk_container container;
    lk_coder coder;
} world;

static void expect(bool condition) {
    if (!condition) {
        abort();
    }
}

/* A small LSTM that knows three characters, all else escapes; a WaveNet of such that is given a
 * slower sequence; a MADE of two networks over variables of different alphabets, that is given
 * labels. Each with several lanes, and learning. */
static void make_world(int which, world *w) {
    static lk_context *context;
    static const char *const lstm[] = {"width=4", "layers=1", "embedding=2"};
    static const char *const wave[] = {"layers=2", "channels=2", "gates=2", "skip=2",
                                       "upsampling=learned"};
    static const char *const made[] = {"hidden=4", "masks=2"};
    static const uint32_t characters[] = {'a', 'b', 0xE9};
    static const int32_t alphabets[VARIABLES] = {3, 1, 2, 4, 2};
    bool texts = which % 2 == 0, local = which % 4 == 2;
    expect(context != NULL || lk_context_create(1, &context) == LK_OK);
    lk_data_description about = {.shape = {1, {VARIABLES}}, .variables = VARIABLES, .alphabet = 4};
    if (texts) {
        expect(lk_symbols_list(context, "fuzz", characters, 3, &w->symbols) == LK_OK);
        about.stream = true;
        about.symbols = w->symbols;
        about.local = local ? (lk_local_form){2, 300} : (lk_local_form){0};
    } else {
        about.alphabets = alphabets;
        about.labels = 3;
    }
    const char *family = local ? "wavenet" : texts ? "charrnn" : "made";
    expect(lk_model_create(context, family,
                           local   ? wave
                           : texts ? lstm
                                   : made,
                           local   ? 5
                           : texts ? 3
                                   : 2,
                           about, "natural", 1, &w->model) == LK_OK);
    w->container = (lk_container){.version = 4, .lanes = 1 + which / 2 % 2 * 2, .longest = 7};
    w->container.texts = texts;
    w->container.local = local;
    w->container.cuts = which == 2 || which == 4;
    w->container.longest = w->container.cuts ? 4 : 7;
    w->container.form = about.local;
    w->container.labels = !texts;
    w->container.names = which < 2;
    w->container.learning_rate = which / 4 % 2 == 0 ? 0.0f : 0.01f;
    expect(lk_coder_init(&w->coder, w->model, &w->container,
                         texts ? (lk_shape){1, {0}} : about.shape) == LK_OK);
}

static world *the_world(int which) {
    static world worlds[8];
    if (worlds[which].model == NULL) {
        make_world(which, &worlds[which]);
    }
    return &worlds[which];
}

/* Cuts of these bytes, such as a decoder may meet. */
static void fill_cuts(const world *w, const uint8_t *data, int64_t size, lk_content *content) {
    for (int64_t i = 0; i < content->items && w->container.cuts; i++) {
        int64_t parts = lk_cuts_parts(&w->container, content->length[i]);
        int64_t units = content->length[i], number = 0;
        for (int64_t k = 0; k < parts && parts > 1; k++) {
            int64_t choice = size > 0 ? data[(i + k) % size] : 0;
            int64_t room = lk_cuts_even(units, parts, k + 1) - lk_cuts_even(units, parts, k);
            number = choice % (k > 0 ? room : lk_cuts_lead_most(units, parts) + 1);
            units -= k == 0 ? number : 0;
            lk_buffer_put(&content->cuts, &number, sizeof number);
        }
    }
}

/* Items of these bytes. */
static void fill(const world *w, const uint8_t *data, int64_t size, lk_content *content) {
    int64_t begin = 0;
    fill_cuts(w, data, size, content);
    for (int64_t k = 0; k < content->symbols; k++) {
        uint32_t character = size > 0 ? data[k % size] : 0;
        int32_t alphabet = lk_model_alphabet_of(w->model, k % VARIABLES);
        content->value[k] = (uint16_t)(character % (uint32_t)alphabet);
        if (content->character != NULL) {
            if (k % 3 == 0 && size > 0) {
                lk_utf8_get(data + k % size, size - k % size, &character);
            }
            content->character[k] = character;
            content->value[k] = lk_symbols_find(&w->symbols, character);
        }
    }
    for (int64_t i = 0; i < content->items; begin += content->length[i++]) {
        if (content->label != NULL) {
            content->label[i] = content->symbols > 0 ? content->value[begin] : 0;
        }
        lk_local_piece piece = {0};
        if (content->local != NULL) {
            piece = lk_content_place_local(content, i);
        }
        for (int64_t k = 0; k < piece.count; k++) {
            uint16_t *symbol = &content->local[content->local_begin[i] + k];
            *symbol = (uint16_t)(size > 0 ? data[(i + k) % size] / 64 * 77 : 0);
        }
        if (w->container.names) {
            char name[3] = {'a', (char)('a' + (size > i ? data[i] % 20 : 0)), '\0'};
            lk_buffer_put(&content->names, name, 3);
        }
    }
}

static void code(world *w, const uint8_t *data, int64_t size, const lk_chunk *chunk,
                 lk_content *content, lk_content *again) {
    lk_context *context = w->model->context;
    int64_t network = chunk->network, bytes;
    bool right;
    lk_coded coded;
    expect(lk_coder_decode(&w->coder, network, data, size, again, &right) == LK_OK);
    expect(!right || lk_content_hash(again, 1, 2, &bytes) != 1 || bytes >= 0);
    lk_content_deinit(again);
    expect(lk_content_init(context, &w->container, chunk, &w->symbols, again) == LK_OK);
    fill(w, data, size, content);
    lk_schedules schedule = size % 2 == 0 ? LK_PARALLEL : LK_INCREMENTAL;
    expect(lk_coder_encode(&w->coder, schedule, network, content, &coded) == LK_OK);
    expect(lk_coder_decode(&w->coder, network, coded.bytes, coded.size, again, &right) == LK_OK);
    expect(right && lk_content_equal(content, again));
    lk_release(coded.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2 + ITEMS_MOST) {
        return 0;
    }
    world *w = the_world(data[0] % 8);
    lk_content content = {0}, again = {0};
    lk_chunk chunk = {.items = 1 + data[1] % ITEMS_MOST};
    for (int64_t i = 0; i < chunk.items; i++) {
        chunk.symbols += w->container.texts ? data[2 + i] % 12 : VARIABLES;
    }
    chunk.network = data[0] / 8 % lk_model_variants(w->model);
    lk_context *context = w->model->context;
    expect(lk_content_init(context, &w->container, &chunk, &w->symbols, &content) == LK_OK);
    expect(lk_content_init(context, &w->container, &chunk, &w->symbols, &again) == LK_OK);
    for (int64_t i = 0; i < chunk.items; i++) {
        content.length[i] = w->container.texts ? data[2 + i] % 12 : VARIABLES;
    }
    code(w, data + 2 + ITEMS_MOST, (int64_t)size - 2 - ITEMS_MOST, &chunk, &content, &again);
    lk_content_deinit(&content);
    lk_content_deinit(&again);
    return 0;
}
