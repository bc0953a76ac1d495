/* Recordings as a program uses them: loaded from memory and files, trained on, judged, drawn,
 * continued, compressed and restored, by every view; parts of them; what is refused. */
#include "library/testing.h"

#include <unistd.h>

#define FRAMES 300
#define HEAD 44

static int set_up(void **state) {
    *state = make_context(2);
    return 0;
}

static int tear_down(void **state) {
    lk_context_destroy(*state);
    return 0;
}

/* Little-endian. */
static uint8_t *put(uint8_t *at, int64_t number, int bytes) {
    for (int i = 0; i < bytes; i++) {
        *at++ = (uint8_t)(number >> (8 * i));
    }
    return at;
}

/* A WAV file of 16 bits: two tones, and noise. Returns its size. */
static int64_t make_wav(int channels, int64_t frames, int rate, unsigned seed, uint8_t *wav) {
    int64_t bytes = 2 * channels * frames;
    uint8_t *at = wav;
    memcpy(at, "RIFF", 4);
    at = put(at + 4, 36 + bytes, 4);
    memcpy(at, "WAVEfmt ", 8);
    at = put(put(put(at + 8, 16, 4), 1, 2), channels, 2);
    at = put(put(put(put(at, rate, 4), 2 * channels * rate, 4), 2 * channels, 2), 16, 2);
    memcpy(at, "data", 4);
    at = put(at + 4, bytes, 4);
    for (int64_t i = 0; i < channels * frames; i++) {
        seed = seed * 1103515245U + 12345U;
        double tone = 9000.0 * sin((double)i * 0.1) + 3000.0 * sin((double)i * 0.37);
        at = put(at, (int64_t)tone + (int64_t)(seed >> 22), 2);
    }
    return at - wav;
}

static const uint8_t *wav_of(int channels, int rate, int64_t *size) {
    static uint8_t wav[HEAD + 4 * FRAMES];
    *size = make_wav(channels, FRAMES, rate, 7, wav);
    return wav;
}

static lk_data *load(lk_context *context, const char *sound, int channels, int32_t channel) {
    int64_t size;
    const uint8_t *wav = wav_of(channels, 8000, &size);
    lk_loading how = lk_loading_defaults();
    lk_data *data;
    how.text = LK_RECORDINGS;
    how.sound = sound;
    how.channel = channel;
    must(context, lk_data_load(context, lk_from_memory(wav, size), &how, &data));
    return data;
}

static lk_model *train(lk_context *context, const char *family, const lk_data *data) {
    const char *settings[] = {"layers=2", "channels=4", "distribution=logistic"};
    lk_training how = lk_training_defaults();
    lk_model *model;
    how.family = family;
    how.settings = settings;
    how.setting_count = lk_data_alphabet(data) > 256 ? 3 : 2;
    how.epochs = 1;
    how.window = 60;
    must(context, lk_model_train(context, &how, data, NULL, &model));
    return model;
}

static void expect_bytes(const lk_bytes *a, const lk_bytes *b) {
    assert_int_equal(a->size, b->size);
    assert_memory_equal(a->data, b->data, (size_t)a->size);
}

/* Surprisals of all symbols sum to the NLL, which is that of the same samples in other data. */
static double judge(lk_context *context, const lk_model *model, const lk_data *data) {
    double nll, sum = 0.0, *surprisal = malloc((size_t)lk_data_length(data, 0) * sizeof sum);
    must(context, lk_model_nll(context, model, data, NULL, &nll, surprisal));
    for (int64_t i = 0; i < lk_data_length(data, 0); i++) {
        sum += surprisal[i];
    }
    assert_true(fabs(sum - nll) < 1e-6 * nll && nll > 0.0);
    free(surprisal);
    return nll;
}

static void code(lk_context *context, const lk_model *model, const lk_data *data, bool lossy) {
    lk_coding how = lk_coding_defaults();
    lk_coding_report coded;
    lk_bytes packed, whole, before, after;
    lk_data *restored;
    if (lossy) {
        refused(context, lk_model_compress(context, model, data, NULL, lk_to_memory(&packed), NULL),
                LK_INVALID, "nothing else could be restored: lk_coding.lossy codes that much");
    }
    how.lossy = lossy;
    must(context, lk_model_compress(context, model, data, &how, lk_to_memory(&packed), &coded));
    assert_int_equal(coded.variables, lk_data_length(data, 0));
    const lk_input input = lk_from_memory(packed.data, packed.size);
    must(context, lk_model_decompress(context, model, input, NULL, &restored, NULL));
    must(context, lk_data_text(context, data, 0, &before));
    must(context, lk_data_text(context, restored, 0, &after));
    expect_bytes(&before, &after);
    assert_true(judge(context, model, data) == judge(context, model, restored));
    must(context,
         lk_model_decompress_text(context, model, input, NULL, lk_to_memory(&whole), NULL));
    expect_bytes(&whole, &before);
    how.salvage = true;
    lk_bytes_release(&whole);
    refused(context,
            lk_model_decompress_text(context, model, input, &how, lk_to_memory(&whole), NULL),
            LK_UNSUPPORTED, "lk_model_decompress salvages");
    lk_data_destroy(restored);
    must(context, lk_model_decompress(context, model, input, &how, &restored, NULL));
    lk_bytes_release(&after);
    must(context, lk_data_text(context, restored, 0, &after));
    expect_bytes(&before, &after);
    lk_data_destroy(restored);
    lk_bytes_release(&packed);
    lk_bytes_release(&before);
    lk_bytes_release(&after);
}

/* As it is drawn, and as data; its own beginning gives the same. */
static void draw(lk_context *context, const lk_model *model) {
    lk_sampling how = lk_sampling_defaults();
    lk_data *drawn;
    lk_bytes one, text, again;
    how.length = 20;
    how.count = 2;
    must(context, lk_model_sample(context, model, &how, &drawn));
    assert_int_equal(lk_data_count(drawn), 2);
    assert_int_equal(lk_data_length(drawn, 1), 20 * lk_model_unit(model));
    must(context, lk_data_text(context, drawn, 0, &text));
    must(context, lk_model_write_text(context, model, &how, lk_to_memory(&one)));
    expect_bytes(&one, &text);
    lk_data *beginning;
    lk_loading for_model = lk_loading_defaults();
    for_model.model = model;
    int64_t frame = (text.size - HEAD) / 20;
    put(text.data + 40, 8 * frame, 4); /* its first 8 frames */
    put(text.data + 4, 36 + 8 * frame, 4);
    must(context, lk_data_load(context, lk_from_memory(text.data, HEAD + 8 * frame), &for_model,
                               &beginning));
    assert_int_equal(lk_data_length(beginning, 0), 8 * lk_model_unit(model));
    how.prompt = text.data;
    how.prompt_size = HEAD + 8 * frame;
    how.length = 12;
    must(context, lk_model_write_text(context, model, &how, lk_to_memory(&again)));
    expect_bytes(&one, &again);
    lk_data_destroy(beginning);
    lk_data_destroy(drawn);
    lk_bytes_release(&one);
    lk_bytes_release(&text);
    lk_bytes_release(&again);
}

static void test_every_view(void **state) {
    static const struct {
        const char *family, *sound;
        int channels, channel, unit;
        bool lossy;
    } cases[] = {
        {"wavenet", NULL, 1, 0, 1, true},      {"wavenet", "linear8", 1, 0, 1, true},
        {"wavenet", "bytes", 1, 0, 2, false},  {"conv1d", "pcm16", 1, 0, 1, false},
        {"wavenet", "bytes", 2, 0, 4, false},  {"wavenet", "mulaw", 2, 2, 1, true},
        {"conv1d", "linear8", 2, -1, 1, true},
    };
    lk_context *context = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lk_data *data = load(context, cases[i].sound, cases[i].channels, cases[i].channel);
        assert_int_equal(lk_data_unit(data), cases[i].unit);
        assert_int_equal(lk_data_length(data, 0), FRAMES * cases[i].unit);
        lk_model *trained = train(context, cases[i].family, data), *model;
        lk_bytes file;
        must(context, lk_model_save(context, trained, lk_to_memory(&file)));
        must(context, lk_model_load(context, lk_from_memory(file.data, file.size), &model));
        assert_int_equal(lk_model_text(model), LK_RECORDINGS);
        assert_int_equal(lk_model_rate(model), 8000);
        assert_int_equal(lk_model_unit(model), cases[i].unit);
        judge(context, model, data);
        draw(context, model);
        if (cases[i].channels == 1 || cases[i].channel == 0) {
            code(context, model, data, cases[i].lossy);
        }
        lk_bytes_release(&file);
        lk_model_destroy(model);
        lk_model_destroy(trained);
        lk_data_destroy(data);
    }
}

/* Bytes are samples: what is loaded comes out as it went in, and so do parts, in whole frames. */
static void test_parts(void **state) {
    lk_context *context = *state;
    lk_data *data = load(context, "bytes", 2, 0), *first, *rest, *chosen;
    lk_bytes bytes, part;
    int64_t size;
    const uint8_t *wav = wav_of(2, 8000, &size);
    must(context, lk_data_text(context, data, 0, &bytes));
    assert_int_equal(bytes.size, size);
    assert_memory_equal(bytes.data, wav, (size_t)size);
    must(context, lk_data_split(context, data, 0.1101, 1, &first, &rest));
    assert_int_equal(lk_data_length(rest, 0), 4 * 33);
    assert_int_equal(lk_data_length(first, 0), 4 * (FRAMES - 33));
    must(context, lk_data_text(context, rest, 0, &part));
    assert_memory_equal(part.data + HEAD, wav + size - 4 * 33, 4 * 33);
    must(context, lk_data_select(context, data, (const int64_t[]){0, 0}, 2, &chosen));
    assert_int_equal(lk_data_count(chosen), 2);
    lk_data_destroy(chosen);
    lk_data_destroy(first);
    lk_data_destroy(rest);
    lk_data_destroy(data);
    lk_bytes_release(&bytes);
    lk_bytes_release(&part);
}

/* Another kind of file holds the same samples. */
static void test_files(void **state) {
    lk_context *context = *state;
    lk_data *data = load(context, "bytes", 1, 0), *again;
    lk_loading how = lk_loading_defaults();
    lk_bytes before, after;
    char path[64];
    snprintf(path, sizeof path, "/tmp/sounds_test_%d.flac", (int)getpid());
    how.like = data;
    how.text = LK_RECORDINGS;
    must(context, lk_data_write(context, data, path));
    must(context, lk_data_load(context, lk_from_file(path), &how, &again));
    must(context, lk_data_text(context, data, 0, &before));
    must(context, lk_data_text(context, again, 0, &after));
    expect_bytes(&before, &after);
    remove(path);
    refused(context, lk_data_write(context, data, "/tmp/x.ogg"), LK_INVALID, "/tmp/x.ogg");
    lk_data_destroy(data);
    lk_data_destroy(again);
    lk_bytes_release(&before);
    lk_bytes_release(&after);
}

/* Two voices in a folder, told by the names of their files. */
static void test_speakers(void **state) {
    lk_context *context = *state;
    static const char *const names[] = {"0_anna.wav", "0_ben.wav", "1_anna.wav"};
    char folder[] = "/tmp/sounds_test_XXXXXX", path[64];
    lk_loading how = {.text = LK_RECORDINGS, .labels = "name:2"};
    lk_training training = lk_training_defaults();
    lk_data *voices, *one;
    lk_model *model;
    double nll[3], alone;
    assert_non_null(mkdtemp(folder));
    for (int i = 0; i < 3; i++) {
        uint8_t wav[HEAD + 2 * FRAMES];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        FILE *file = fopen(path, "wb");
        fwrite(wav, 1, (size_t)make_wav(1, FRAMES - i, 8000, (unsigned)i, wav), file);
        fclose(file);
    }
    must(context, lk_data_load(context, lk_from_file(folder), &how, &voices));
    assert_int_equal(lk_data_count(voices), 3);
    assert_string_equal(lk_data_label_name(voices, lk_data_labels(voices)[1]), "ben");
    training.family = "wavenet";
    training.settings = (const char *const[]){"layers=2", "channels=4"};
    training.setting_count = 2;
    training.condition = true;
    training.epochs = 1;
    training.window = 60;
    must(context, lk_model_train(context, &training, voices, NULL, &model));
    assert_int_equal(lk_model_label_count(model), 2);
    must(context, lk_model_nll(context, model, voices, NULL, nll, NULL));
    how.model = model; /* the last of the folder's, by itself */
    must(context, lk_data_load(context, lk_from_file(path), &how, &one));
    must(context, lk_model_nll(context, model, one, NULL, &alone, NULL));
    assert_true(alone == nll[2]);
    how.labels = "name:3";
    lk_data *none;
    refused(context, lk_data_load(context, lk_from_file(folder), &how, &none), LK_MISMATCH,
            "0_anna.wav: the name has 2 fields");
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        remove(path);
    }
    rmdir(folder);
    lk_data_destroy(voices);
    lk_data_destroy(one);
    lk_model_destroy(model);
}

/* Codes of G.711 are symbols as they are, and an odd number of them has a pad byte behind it. */
static void test_codes(void **state) {
    lk_context *context = *state;
    static uint8_t wav[58 + 302];
    uint8_t *at = wav;
    memcpy(at, "RIFF", 4);
    at = put(at + 4, 50 + 302, 4);
    memcpy(at, "WAVEfmt ", 8);
    at = put(put(put(at + 8, 18, 4), 7, 2), 1, 2);
    at = put(put(put(put(put(at, 8000, 4), 8000, 4), 1, 2), 8, 2), 0, 2);
    memcpy(at, "fact", 4);
    at = put(put(at + 4, 4, 4), 301, 4);
    memcpy(at, "data", 4);
    at = put(at + 4, 301, 4);
    for (int i = 0; i < 301; i++) {
        *at++ = (uint8_t)(200 + i % 7);
    }
    const lk_loading how = {.text = LK_RECORDINGS};
    lk_data *data;
    lk_bytes bytes;
    must(context, lk_data_load(context, lk_from_memory(wav, sizeof wav), &how, &data));
    assert_int_equal(lk_data_length(data, 0), 301);
    must(context, lk_data_text(context, data, 0, &bytes));
    assert_int_equal(bytes.size, sizeof wav);
    assert_memory_equal(bytes.data, wav, sizeof wav);
    lk_model *model = train(context, "wavenet", data);
    judge(context, model, data);
    code(context, model, data, false);
    lk_data_destroy(data);
    lk_model_destroy(model);
    lk_bytes_release(&bytes);
}

static void test_refusals(void **state) {
    lk_context *context = *state;
    lk_data *mono = load(context, "mulaw", 1, 0), *high = load(context, "bytes", 1, 0), *none;
    lk_data *text = make_text(context, LK_TEXT_BYTES);
    lk_model *model = train(context, "wavenet", mono), *no_model;
    lk_loading how = lk_loading_defaults();
    int64_t size;
    const uint8_t *wav = wav_of(1, 8000, &size);
    const lk_input input = lk_from_memory(wav, size);
    lk_bytes bytes;
    double nll;
    how.text = LK_RECORDINGS;
    how.sound = "loud";
    refused(context, lk_data_load(context, input, &how, &none), LK_INVALID, "sound is 'loud'");
    how.sound = "mulaw";
    how.channel = 3;
    static uint8_t stereo[HEAD + 4 * FRAMES];
    const lk_input two = lk_from_memory(stereo, make_wav(2, FRAMES, 8000, 1, stereo));
    refused(context, lk_data_load(context, two, &how, &none), LK_MISMATCH, "no channel 3");
    how.channel = -2;
    refused(context, lk_data_load(context, input, &how, &none), LK_INVALID, "channel is -2");
    how.channel = 0;
    how.like = text;
    refused(context, lk_data_load(context, input, &how, &none), LK_MISMATCH, "are no recordings");
    how.like = NULL;
    refused(context, lk_data_load(context, lk_from_memory(wav, 60), &how, &none), LK_CORRUPT, "");
    refused(context, lk_data_load(context, lk_from_memory("abc", 3), &how, &none), LK_FORMAT, "");
    assert_null(none);
    refused(context, lk_model_nll(context, model, high, NULL, &nll, NULL), LK_MISMATCH,
            "read as bytes (channels: 1), and the model takes mulaw (channels: 1)");
    refused(context, lk_model_nll(context, model, text, NULL, &nll, NULL), LK_MISMATCH,
            "are texts of bytes, but the model is of recordings");
    refused(context, lk_model_compress(context, model, high, NULL, lk_to_memory(&bytes), NULL),
            LK_MISMATCH, "load them for the model");
    lk_training training = lk_training_defaults();
    training.family = "wavenet";
    training.window = 5;
    refused(context, lk_model_train(context, &training, high, NULL, &no_model), LK_INVALID,
            "a frame of these recordings has 2 symbols");
    training.window = 6;
    training.view = "mulaw";
    refused(context, lk_model_train(context, &training, high, NULL, &no_model), LK_UNSUPPORTED,
            "lk_loading.sound");
    training.view = NULL;
    refused(context, lk_model_train(context, &training, high, mono, &no_model), LK_MISMATCH,
            "load them for the model");
    training.family = "made";
    refused(context, lk_model_train(context, &training, high, NULL, &no_model), LK_INVALID, "");
    lk_data_destroy(mono);
    lk_data_destroy(high);
    lk_data_destroy(text);
    lk_model_destroy(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_view, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_parts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_speakers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_codes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
