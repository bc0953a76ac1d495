/* Recordings compressed and restored symbol for symbol, with rate, format and length, also beside a
 * slower sequence, which is kept in the file; by either schedule, in any lanes and chunks; refused
 * where something would be lost; damage. */
#include "base/slow.h"
#include "codec/testing.h"

#include <stdio.h>

#include "data/stream.h"
#include "models/take.h"

static const char *const set[] = {"layers=3", "channels=4", "gates=4", "skip=5"};
typedef struct kind {
    lk_sound_form form;
    lk_local_form local;
} kind;
static const kind kinds[] = {
    {{LK_SOUND_BYTES, 1, 0, 8000}, {0}},          {{LK_SOUND_BYTES, 3, 0, 44100}, {0}},
    {{LK_SOUND_G711_MU, 2, 0, 8000}, {0}},        {{LK_SOUND_MULAW, 1, 0, 16000}, {0}},
    {{LK_SOUND_BYTES, 3, 0, 8000}, {7, 3}},       {{LK_SOUND_MULAW, 1, 0, 8000}, {1, 300}},
    {{LK_SOUND_G711_MU, 2, 0, 8000}, {1000, 257}}};
#define KINDS ((int)(sizeof kinds / sizeof *kinds))
static const int64_t frames_of[] = {401, 1, 133};
#define RECORDINGS 3

static lk_model *make_model(lk_context *context, const kind *k) {
    const lk_symbols symbols = {.kind = LK_SYMBOLS_SOUND, .sound = k->form};
    lk_data_description data = {.shape = {1, {12}},
                                .variables = 12,
                                .alphabet = lk_symbols_alphabet(&symbols),
                                .stream = true,
                                .symbols = symbols,
                                .local = k->local};
    lk_model *model;
    testing_ok(context, lk_model_create(context, "wavenet", set, 4, data, "natural", 5, &model));
    testing_random_weights(model, 0.2f);
    return model;
}

typedef struct sounds {
    uint8_t *file[RECORDINGS];
    lk_items *items;
    lk_buffer expected; /* what a sink is told */
} sounds;

static lk_status told(void *user, const char *name, const lk_sound_target *target) {
    char line[128];
    int size =
        snprintf(line, sizeof line, "[%s %d %lld]", name, target->rate, (long long)target->frames);
    lk_buffer_put(user, line, size);
    return LK_OK;
}

/* WAV files in memory, and what should come of them. */
static void open_sounds(const lk_model *model, int64_t count, sounds *s) {
    const lk_sound_form *form = &model->data.symbols.sound;
    lk_stream *stream[RECORDINGS];
    int64_t unit = lk_sound_unit(form);
    *s = (sounds){0};
    for (int64_t i = 0; i < count; i++) {
        int64_t length = frames_of[i] * unit;
        char name[16];
        uint16_t *values = malloc((size_t)length * sizeof *values);
        for (int64_t k = 0; k < length; k++) {
            values[k] = (uint16_t)lk_random_below((lk_random){7, LK_FOR_CHECK}, (uint64_t)i,
                                                  (uint64_t)k, 256);
        }
        s->file[i] = malloc((size_t)(LK_SOUND_WAV_HEAD + 2 * length));
        lk_bytes bytes = {s->file[i], lk_sound_wav_head(form, frames_of[i], s->file[i])};
        bytes.size += lk_sound_wav_pour(form, values, length, s->file[i] + bytes.size);
        snprintf(name, sizeof name, count > 1 ? "all/%d.wav" : "all", (int)i);
        testing_ok(model->context,
                   lk_stream_parse(model->context, name, &bytes, &model->data.symbols, &stream[i]));
        told(&s->expected, count > 1 ? name + 4 : "",
             &(lk_sound_target){.rate = form->rate, .frames = frames_of[i]});
        for (int64_t k = 0; k < length; k++) {
            lk_buffer_put(&s->expected, &values[k], 1);
        }
        free(values);
    }
    testing_ok(model->context,
               lk_items_of_texts_take(model->context, "all", stream, count, &s->items));
    if (model->data.local.alphabet > 0) {
        lk_local *local;
        testing_ok(model->context,
                   lk_local_create(model->context, &model->data.local, count, &local));
        for (int64_t i = 0; i < count; i++) {
            testing_ok(model->context, lk_local_add_drawn(local, frames_of[i], 5));
        }
        lk_items_local_take(s->items, local);
    }
}

static void close_sounds(sounds *s) {
    lk_items_close(s->items);
    lk_buffer_release(&s->expected);
    for (int i = 0; i < RECORDINGS; i++) {
        free(s->file[i]);
    }
}

/* The slower sequences that a sink is told, one behind another; and how much is of the last. */
static lk_buffer beside;
static int64_t beside_last;

static lk_status begun(void *user, const char *name, const lk_sound_target *target) {
    beside_last = 0;
    return told(user, name, target);
}

/* What comes again is the same. */
static lk_status told_beside(void *user, int64_t first, int64_t count, const uint16_t *symbols) {
    int64_t again = beside_last - first;
    (void)user;
    if (again < 0) { /* after damage */
        return LK_OK;
    }
    again = again < count ? again : count;
    if (again > 0) {
        assert_memory_equal(symbols,
                            (uint16_t *)beside.data + beside.size / 2 - beside_last + first,
                            (size_t)again * 2);
    }
    lk_buffer_put(&beside, symbols + again, 2 * (count - again));
    beside_last += count - again;
    return LK_OK;
}

static void expect_beside(const lk_items *items) {
    const lk_local *local = lk_items_local(items);
    int64_t at = 0;
    for (int64_t i = 0; local != NULL && i < lk_items_count(items); i++) {
        uint16_t own[512];
        int64_t count = lk_local_length(local, i);
        testing_ok(lk_local_context(local), lk_local_read(local, i, 0, count, own));
        assert_memory_equal(own, (uint16_t *)beside.data + at, (size_t)count * 2);
        at += count;
    }
    assert_int_equal(beside.size / 2, at);
}

static lk_status restore(const lk_model *model, const lk_buffer *coded, bool salvage,
                         lk_buffer *out) {
    const lk_bytes all = {coded->data, coded->size};
    const lk_codec_options options = {.salvage = salvage};
    const lk_byte_sink sink = {.begin = testing_begin,
                               .begin_sound = begun,
                               .local = told_beside,
                               .write = testing_write,
                               .user = out};
    lk_source source;
    lk_restored restored;
    out->size = beside.size = 0;
    testing_ok(model->context, lk_source_of_bytes(model->context, "test", &all, &source));
    lk_status status = lk_decompress(model, &source, &sink, &options, &restored);
    lk_restored_deinit(&restored);
    lk_source_close(&source);
    return status;
}

#define WAYS_APART (LK_SLOW ? 2 : 1)

static void come_back(void **state) {
    static const lk_codec_options ways[] = {
        {0}, {.lanes = 5}, {.chunk = 97, .lanes = 3}, {.chunk = 1}, {.learning_rate = 0.001f}};
    for (int f = 0; f < KINDS; f++) {
        lk_model *model = make_model(*state, &kinds[f]);
        for (int way = f % WAYS_APART; way < 5; way += WAYS_APART) {
            lk_codec_options how = ways[way];
            lk_buffer coded = {0}, again = {0}, out = {0};
            sounds s;
            open_sounds(model, way % 2 == 0 ? RECORDINGS : 1, &s);
            how.lossy = kinds[f].form.view == LK_SOUND_MULAW;
            testing_ok(*state, testing_compress(model, s.items, &how, &coded, NULL));
            how.incremental_encode = true;
            testing_ok(*state, testing_compress(model, s.items, &how, &again, NULL));
            testing_same_bytes(&coded, &again, "by either schedule");
            testing_ok(*state, restore(model, &coded, false, &out));
            testing_same_bytes(&out, &s.expected, "restored");
            expect_beside(s.items);
            close_sounds(&s);
            lk_buffer_release(&coded);
            lk_buffer_release(&again);
            lk_buffer_release(&out);
        }
        lk_model_destroy(model);
    }
}

static void loss_is_refused(void **state) {
    lk_model *model = make_model(*state, &kinds[3]);
    lk_buffer coded = {0};
    sounds s;
    open_sounds(model, RECORDINGS, &s);
    testing_refused(*state, testing_compress(model, s.items, NULL, &coded, NULL), LK_INVALID,
                    "8 bits of a sample");
    close_sounds(&s);
    lk_buffer_release(&coded);
    lk_model_destroy(model);
}

#define DAMAGE_APART (LK_SLOW ? 20 : 1)

/* No byte may be another; salvaging them ends in some way. */
static void refuses_damage(lk_context *context, const kind *k) {
    lk_model *model = make_model(context, k);
    const lk_codec_options how = {.chunk = 600, .skip_verify = true};
    lk_buffer coded = {0}, out = {0};
    sounds s;
    open_sounds(model, RECORDINGS, &s);
    testing_ok(context, testing_compress(model, s.items, &how, &coded, NULL));
    for (int64_t at = 0; at < coded.size; at += DAMAGE_APART * (at < 200 ? 1 : 37)) {
        coded.data[at] ^= 0x41;
        assert_int_not_equal(restore(model, &coded, false, &out), LK_OK);
        (void)!restore(model, &coded, true, &out);
        coded.data[at] ^= 0x41;
    }
    testing_ok(context, restore(model, &coded, false, &out));
    testing_same_bytes(&out, &s.expected, "restored");
    close_sounds(&s);
    lk_buffer_release(&coded);
    lk_buffer_release(&out);
    lk_model_destroy(model);
}

static void damage_is_refused(void **state) {
    refuses_damage(*state, &kinds[1]);
    refuses_damage(*state, &kinds[4]);
}

/* A model that is given a slower sequence takes no recordings without, or of another form. */
static void sequence_is_needed(void **state) {
    lk_model *model = make_model(*state, &kinds[4]), *plain = make_model(*state, &kinds[1]);
    lk_buffer coded = {0};
    sounds with, without;
    open_sounds(model, 1, &with);
    open_sounds(plain, 1, &without);
    testing_refused(*state, testing_compress(model, without.items, NULL, &coded, NULL), LK_MISMATCH,
                    "none is given");
    testing_refused(*state, testing_compress(plain, with.items, NULL, &coded, NULL), LK_MISMATCH,
                    "is not one that the model is given");
    lk_dataset *examples;
    lk_items *items;
    testing_ok(*state, lk_dataset_create(*state, "examples", model->data.shape, 2, 256, &examples));
    testing_ok(*state, lk_items_of_dataset(*state, examples, NULL, &items));
    testing_refused(*state, testing_compress(model, items, NULL, &coded, NULL), LK_MISMATCH,
                    "none is given");
    lk_items_close(items);
    lk_dataset_destroy(examples);
    close_sounds(&with);
    close_sounds(&without);
    lk_buffer_release(&coded);
    lk_model_destroy(model);
    lk_model_destroy(plain);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(come_back), cmocka_unit_test(loss_is_refused),
        cmocka_unit_test(damage_is_refused), cmocka_unit_test(sequence_is_needed)};
    int failed = cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
    lk_buffer_release(&beside);
    return failed;
}
