/* The fingerprint: XXH3-128 over everything that decides a probability, in a fixed little-endian
 * serialisation. Equal weights give equal fingerprints, however they were trained; dropout, initial
 * values and history do not count. */
#include <string.h>

#include "base/hash.h"
#include "models/model.h"

#define ENGINE "likely engine " LK_ENGINE_VERSION

static void put_integer(lk_hash *h, int64_t value) {
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)((uint64_t)value >> (8 * i));
    }
    lk_hash_add(h, bytes, sizeof bytes);
}

static void put_text(lk_hash *h, const char *text) {
    put_integer(h, (int64_t)strlen(text));
    lk_hash_add(h, text, strlen(text));
}

static void put_settings(lk_hash *h, const lk_settings *settings) {
    for (int32_t i = 0; i < settings->count; i++) {
        const lk_setting *row = &settings->table[i];
        bool as_ever = row->later && strcmp(settings->text[i], row->fallback) == 0;
        if (!row->training_only && !as_ever) {
            put_text(h, row->key);
            put_text(h, settings->text[i]);
        }
    }
}

/* Only of streams, so that other models keep the fingerprints that they have. */
static void put_stream(lk_hash *h, const lk_symbols *symbols) {
    put_text(h, "stream");
    put_text(h, lk_symbols_kind_name(symbols->kind));
    put_integer(h, symbols->count);
    if (symbols->kind == LK_SYMBOLS_SOUND) {
        put_text(h, lk_sound_view_name(symbols->sound.view));
        put_integer(h, symbols->sound.channels);
        put_integer(h, symbols->sound.channel);
    }
    if (symbols->count > 0) {
        lk_hash_add(h, symbols->characters, (size_t)symbols->count * sizeof *symbols->characters);
    }
}

/* What version 0.1 left out: 4x9 and 9x4 had one fingerprint. Of vectors it is known already. */
static void put_shape(lk_hash *h, lk_shape shape) {
    put_text(h, "shape");
    put_integer(h, shape.axes);
    for (int32_t axis = 0; axis < shape.axes; axis++) {
        put_integer(h, shape.size[axis]);
    }
}

static void put_dictionary(lk_hash *h, const lk_dictionary *dictionary) {
    put_integer(h, dictionary->count);
    put_integer(h, dictionary->unseen);
    for (int32_t i = 0; i < dictionary->count; i++) {
        put_text(h, lk_dictionary_text(dictionary, i));
    }
}

/* Given fields, views and columns of words decide what symbols mean. */
static void put_fields(lk_hash *h, const lk_data_description *data) {
    if (data->labels > 0) {
        put_text(h, "label");
        put_integer(h, data->labels);
        put_dictionary(h, &data->classes);
    }
    if (data->local.alphabet > 0) {
        put_text(h, "local");
        put_integer(h, data->local.every);
        put_integer(h, data->local.alphabet);
    }
    if (data->view.kind != NULL) {
        char text[LK_VIEW_TEXT];
        lk_view_print(&data->view, text);
        put_text(h, "view");
        put_text(h, text);
    }
    for (int32_t c = 0;
         data->columns != NULL && lk_columns_have_words(data->columns) && c < data->columns->count;
         c++) {
        put_text(h, "column");
        put_text(h, data->columns->column[c].name);
        put_dictionary(h, &data->columns->column[c].values);
    }
    bool own = data->columns == NULL && data->alphabets != NULL;
    if (own) {
        put_text(h, "alphabets");
    }
    for (int64_t v = 0; own && v < data->variables; v++) {
        put_integer(h, data->alphabets[v]);
    }
}

/* float32 and int32 arrays are hashed as they lie in memory: every machine that builds this is
 * little-endian. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "files and fingerprints are little-endian");

lk_fingerprint lk_model_fingerprint(const lk_model *model) {
    lk_hash hash, *h = &hash;
    lk_hash_begin(h);
    put_text(h, ENGINE);
    put_text(h, model->family->name);
    put_settings(h, &model->settings);
    put_integer(h, model->data.variables);
    put_integer(h, model->data.alphabet);
    lk_hash_add(h, model->rank, (size_t)model->data.variables * sizeof *model->rank);
    for (int32_t i = 0; i < model->parameters->count; i++) {
        const lk_parameter *p = &model->parameters->list[i];
        put_text(h, p->name);
        put_integer(h, p->rows);
        put_integer(h, p->columns);
        lk_hash_add(h, p->value, (size_t)(p->rows * p->columns) * sizeof(float));
    }
    if (model->data.stream) {
        put_stream(h, &model->data.symbols);
    } else if (!model->unshaped && model->data.shape.axes > 1) {
        put_shape(h, model->data.shape);
    }
    put_fields(h, &model->data);
    lk_fingerprint fingerprint;
    lk_hash_end(h, fingerprint.byte);
    return fingerprint;
}

void lk_fingerprint_print(lk_fingerprint fingerprint, char text[33]) {
    lk_hash_print(fingerprint.byte, text);
}
