/* Recordings: values by their closed forms, and reading files that libsndfile or these lines here
 * wrote, at any place. */
#include <math.h>
#include <sndfile.h>

#include "data/stream.h"
#include "data/testing.h"

static lk_context shared, *const context = &shared;

/* ---- values ---------------------------------------------------------------------------------- */

static void mulaw_is_its_formula(void **state) {
    (void)state;
    for (int32_t x = -32768; x < 32768; x++) {
        uint16_t symbol;
        double a = x / 32768.0, f = copysign(log(1.0 + 255.0 * fabs(a)) / log(256.0), a);
        lk_sound_split(LK_SOUND_MULAW, x, &symbol);
        assert_int_equal(symbol, (int)floor((f + 1.0) / 2.0 * 255.0 + 0.5));
    }
}

/* Through samples of 16 bits. */
static void codes_come_back(void **state) {
    (void)state;
    const lk_sound_view views[] = {LK_SOUND_MULAW, LK_SOUND_LINEAR8, LK_SOUND_PCM16};
    for (int v = 0; v < 3; v++) {
        int32_t last = -40000;
        for (int32_t symbol = 0; symbol < lk_sound_alphabet(views[v]); symbol++) {
            uint16_t before = (uint16_t)symbol, after;
            int32_t sample = lk_sound_join(views[v], &before);
            lk_sound_split(views[v], sample, &after);
            assert_int_equal(after, before);
            assert_true(sample > last);
            last = sample;
        }
    }
    for (int32_t x = -32768; x < 32768; x++) {
        uint16_t bytes[2];
        lk_sound_split(LK_SOUND_BYTES, x, bytes);
        assert_true(bytes[0] < 256 && bytes[1] < 256);
        assert_int_equal(lk_sound_join(LK_SOUND_BYTES, bytes), x);
    }
}

/* ---- files ----------------------------------------------------------------------------------- */

typedef struct recording {
    const char *name;
    int format, channels, frames;
} recording;

static int16_t sample_at(int frame, int channel) {
    return (int16_t)(frame == 0   ? -32768
                     : frame == 1 ? 32767
                                  : (frame * 7919 + channel * 257) % 60000 - 30000);
}

/* As sample_at has it; of 8 bits the high ones. */
static void write_recording(const recording *r, char path[512]) {
    SF_INFO info = {.samplerate = 8000, .channels = r->channels, .format = r->format};
    SNDFILE *file = sf_open(test_path(r->name, path), SFM_WRITE, &info);
    assert_non_null(file);
    for (int i = 0; i < r->frames; i++) {
        int16_t frame[8];
        for (int c = 0; c < r->channels; c++) {
            frame[c] = sample_at(i, c);
        }
        assert_int_equal(sf_writef_short(file, frame, 1), 1);
    }
    assert_int_equal(sf_close(file), 0);
}

static lk_status open_as(const char *path, lk_sound_view view, int32_t channels, int32_t channel,
                         lk_stream **stream) {
    const lk_symbols symbols = {.kind = LK_SYMBOLS_SOUND,
                                .sound = {.view = view, .channels = channels, .channel = channel}};
    return lk_stream_open(context, path, &symbols, stream);
}

#define PCM16 SF_FORMAT_PCM_16
static const recording exact[] = {
    {"mono.wav", SF_FORMAT_WAV | PCM16, 1, 5000},
    {"one.wav", SF_FORMAT_WAV | PCM16, 1, 1},
    {"three.wav", SF_FORMAT_WAV | PCM16, 3, 1301},
    {"mono.flac", SF_FORMAT_FLAC | PCM16, 1, 20000},
    {"one.flac", SF_FORMAT_FLAC | PCM16, 1, 1},
    {"stereo.flac", SF_FORMAT_FLAC | PCM16, 2, 9001},
    {"mono.aiff", SF_FORMAT_AIFF | PCM16, 1, 777},
    {"mono.au", SF_FORMAT_AU | PCM16, 1, 777},
    {"little.au", SF_FORMAT_AU | PCM16 | SF_ENDIAN_LITTLE, 1, 777},
    {"mono.caf", SF_FORMAT_CAF | PCM16, 2, 777},
    {"mono.w64", SF_FORMAT_W64 | PCM16, 1, 777},
    {"mono.rf64", SF_FORMAT_RF64 | PCM16, 1, 777},
    {"little.aiff", SF_FORMAT_AIFF | PCM16 | SF_ENDIAN_LITTLE, 1, 17},
};

static void check_range(lk_stream *stream, const recording *r, int64_t first, int64_t count) {
    uint16_t *values = malloc((size_t)count * sizeof *values);
    assert_int_equal(lk_stream_read(stream, first, count, values), LK_OK);
    for (int64_t i = 0; i < count; i++) {
        int64_t at = first + i;
        int expected = sample_at((int)(at / r->channels), (int)(at % r->channels)) + 32768;
        if (values[i] != expected) {
            fail_msg("%s, symbol %lld: %d, not %d", r->name, (long long)at, values[i], expected);
        }
    }
    free(values);
}

static void files_are_read_at_any_place(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++) {
        const recording *r = &exact[i];
        char path[512];
        lk_stream *stream, *part;
        write_recording(r, path);
        assert_int_equal(open_as(path, LK_SOUND_PCM16, r->channels, 0, &stream), LK_OK);
        int64_t length = (int64_t)r->frames * r->channels;
        assert_int_equal(lk_stream_length(stream), length);
        assert_int_equal(lk_stream_bytes(stream), 2 * length);
        assert_true(lk_sound_exact(&lk_stream_symbols(stream)->sound, lk_stream_sound(stream)));
        check_range(stream, r, 0, length);
        for (int64_t first = length - 1; first >= 0; first -= 611) { /* backwards */
            check_range(stream, r, first, length - first < 700 ? length - first : 700);
        }
        lk_stream_rest(stream);
        assert_true(lk_stream_resting(stream));
        check_range(stream, r, length / 2, length - length / 2);
        assert_int_equal(lk_stream_part(stream, length / 2, 1, &part), LK_OK);
        uint16_t value;
        uint32_t character;
        assert_int_equal(lk_stream_read(part, 0, 1, &value), LK_OK);
        assert_int_equal(lk_stream_characters(part, 0, 1, &character), LK_OK);
        assert_int_equal(lk_symbols_find(lk_stream_symbols(part), character), value);
        lk_stream_close(part);
        lk_stream_close(stream);
        remove(path);
    }
}

/* One channel, the mean, eight bits, bytes. */
static void forms_say_how(void **state) {
    (void)state;
    const recording stereo = {"stereo.wav", SF_FORMAT_WAV | PCM16, 2, 999};
    char path[512];
    uint16_t values[2];
    lk_stream *stream;
    write_recording(&stereo, path);
    for (int i = 2; i < 999; i += 7) {
        int a = sample_at(i, 0), b = sample_at(i, 1);
        assert_int_equal(open_as(path, LK_SOUND_PCM16, 1, 2, &stream), LK_OK);
        assert_int_equal(lk_stream_read(stream, i, 1, values), LK_OK);
        assert_int_equal(values[0], b + 32768);
        lk_stream_close(stream);
        assert_int_equal(open_as(path, LK_SOUND_PCM16, 1, LK_SOUND_MIX, &stream), LK_OK);
        assert_int_equal(lk_stream_read(stream, i, 1, values), LK_OK);
        assert_int_equal(values[0], (int)floor((a + b) / 2.0 + 0.5) + 32768);
        assert_false(lk_sound_exact(&lk_stream_symbols(stream)->sound, lk_stream_sound(stream)));
        lk_stream_close(stream);
        assert_int_equal(open_as(path, LK_SOUND_BYTES, 2, 0, &stream), LK_OK);
        assert_int_equal(lk_stream_length(stream), 4 * 999);
        assert_int_equal(lk_stream_read(stream, 4 * i + 1, 2, values), LK_OK);
        assert_int_equal(values[0], (a + 32768) & 255);
        assert_int_equal(values[1], (b + 32768) >> 8);
        lk_stream_close(stream);
    }
    assert_int_equal(open_as(path, LK_SOUND_PCM16, 1, 0, &stream), LK_MISMATCH);
    assert_int_equal(open_as(path, LK_SOUND_PCM16, 1, 3, &stream), LK_MISMATCH);
    remove(path);
    const lk_sound_info mono = {.channels = 1, .law = -1};
    lk_sound_form second = {.channel = 2}, mix = {.channel = LK_SOUND_MIX};
    assert_int_equal(lk_sound_form_of(context, "mono", &mono, -1, &second), LK_MISMATCH);
    assert_int_equal(lk_sound_form_of(context, "mono", &mono, -1, &mix), LK_OK);
}

/* Float and 24 bits become 16 as data/sound.h says. */
static void wider_samples_are_rounded(void **state) {
    (void)state;
    static const double in[] = {-1.0,           1.0,         2.0,          -3.0,        0.0,
                                0.4999 / 32768, 0.5 / 32768, -0.5 / 32768, 1.25 / 32768};
    static const int of_float[] = {-32768, 32767, 32767, -32768, 0, 0, 1, 0, 1};
    static const int ints[] = {0, 127, 128, -128, -129, 8388607, -8388608, 300, 8388480};
    static const int of_24[] = {0, 0, 1, 0, -1, 32767, -32768, 1, 32767};
    for (int kind = 0; kind < 2; kind++) {
        char path[512];
        lk_stream *stream;
        uint16_t values[9];
        SF_INFO info = {.samplerate = 44100,
                        .channels = 1,
                        .format = SF_FORMAT_WAV | (kind == 0 ? SF_FORMAT_FLOAT : SF_FORMAT_PCM_24)};
        SNDFILE *file = sf_open(test_path("wide.wav", path), SFM_WRITE, &info);
        for (int i = 0; i < 9; i++) {
            int wide = ints[i] * 256;
            assert_int_equal(
                kind == 0 ? sf_write_double(file, &in[i], 1) : sf_write_int(file, &wide, 1), 1);
        }
        sf_close(file);
        assert_int_equal(open_as(path, LK_SOUND_PCM16, 1, 0, &stream), LK_OK);
        assert_int_equal(lk_stream_read(stream, 0, 9, values), LK_OK);
        for (int i = 0; i < 9; i++) {
            assert_int_equal(values[i] - 32768, kind == 0 ? of_float[i] : of_24[i]);
        }
        assert_false(lk_sound_exact(&lk_stream_symbols(stream)->sound, lk_stream_sound(stream)));
        assert_true(lk_sound_note(lk_stream_sound(stream))[0] != '\0');
        lk_stream_close(stream);
        remove(path);
    }
}

/* The codes of a G.711 file are read as they stand, and as nothing else. */
static void g711_is_its_codes(void **state) {
    (void)state;
    for (int law = 0; law < 2; law++) {
        lk_sound_view view = law == 0 ? LK_SOUND_G711_MU : LK_SOUND_G711_A;
        char path[512];
        lk_stream *stream;
        uint16_t values[256];
        SF_INFO info = {.samplerate = 8000,
                        .channels = 1,
                        .format = SF_FORMAT_WAV | (law == 0 ? SF_FORMAT_ULAW : SF_FORMAT_ALAW)};
        SNDFILE *file = sf_open(test_path("law.wav", path), SFM_WRITE, &info);
        uint8_t codes[256];
        for (int i = 0; i < 256; i++) {
            codes[i] = (uint8_t)i;
        }
        assert_int_equal(sf_write_raw(file, codes, 256), 256);
        sf_close(file);
        assert_int_equal(open_as(path, view, 1, 0, &stream), LK_OK);
        assert_int_equal(lk_stream_length(stream), 256);
        for (int first = 255; first >= 0; first -= 5) {
            assert_int_equal(lk_stream_read(stream, first, 256 - first, values), LK_OK);
            for (int i = first; i < 256; i++) {
                assert_int_equal(values[i - first], i);
            }
        }
        assert_true(lk_sound_exact(&lk_stream_symbols(stream)->sound, lk_stream_sound(stream)));
        lk_stream_close(stream);
        assert_int_equal(open_as(path, LK_SOUND_MULAW, 1, 0, &stream), LK_MISMATCH);
        file = sf_open(path, SFM_READ, &info);
        for (uint16_t i = 0; i < 256; i++) {
            int16_t sample;
            assert_int_equal(sf_read_short(file, &sample, 1), 1);
            assert_int_equal(lk_sound_linear(view, &i), sample);
        }
        sf_close(file);
        assert_int_equal(
            open_as(path, law == 0 ? LK_SOUND_G711_A : LK_SOUND_G711_MU, 1, 0, &stream),
            LK_MISMATCH);
        remove(path);
    }
}

/* ---- lengths --------------------------------------------------------------------------------- */

/* The bytes of a recording, to be spoilt. */
static lk_bytes bytes_of(const recording *r) {
    char path[512];
    lk_bytes bytes;
    write_recording(r, path);
    assert_int_equal(lk_file_read_raw(context, path, 1 << 24, &bytes), LK_OK);
    remove(path);
    return bytes;
}

static lk_status parse(const lk_bytes *bytes, lk_stream **stream) {
    const lk_symbols symbols = {.kind = LK_SYMBOLS_SOUND,
                                .sound = {.view = LK_SOUND_PCM16, .channels = 1}};
    return lk_stream_parse(context, "spoilt", bytes, &symbols, stream);
}

/* libsndfile writes an AIFF of an odd number of bytes as one of a sample more: its header is set
 * right here. The pad byte, which must be there, is no sample. */
static void set_right(lk_bytes *bytes, int frames) {
    for (int64_t at = 12; at + 8 < bytes->size; at++) {
        uint8_t *b = bytes->data + at;
        if (memcmp(b, "COMM", 4) == 0) {
            b[12] = (uint8_t)(frames >> 8);
            b[13] = (uint8_t)frames;
        } else if (memcmp(b, "SSND", 4) == 0) {
            b[6] = (uint8_t)((frames + 8) >> 8);
            b[7] = (uint8_t)(frames + 8);
            b[16 + frames] = 7; /* the pad byte */
            return;
        }
    }
}

static void pad_bytes_are_no_data(void **state) {
    (void)state;
    static const struct {
        int format;
        lk_sound_view view;
    } rows[] = {{SF_FORMAT_AIFF | SF_FORMAT_PCM_S8, LK_SOUND_LINEAR8},
                {SF_FORMAT_AIFF | SF_FORMAT_ULAW, LK_SOUND_G711_MU},
                {SF_FORMAT_WAV | SF_FORMAT_PCM_U8, LK_SOUND_LINEAR8},
                {SF_FORMAT_WAV | SF_FORMAT_ULAW, LK_SOUND_G711_MU},
                {SF_FORMAT_AU | SF_FORMAT_ULAW, LK_SOUND_G711_MU}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const recording odd = {"odd", rows[i].format, 1, 777};
        const lk_symbols symbols = {.kind = LK_SYMBOLS_SOUND,
                                    .sound = {.view = rows[i].view, .channels = 1}};
        lk_bytes bytes = bytes_of(&odd);
        lk_stream *stream;
        uint16_t values[777];
        if (i < 2) {
            set_right(&bytes, 777);
        }
        assert_int_equal(lk_stream_parse(context, "odd", &bytes, &symbols, &stream), LK_OK);
        assert_int_equal(lk_stream_length(stream), 777);
        assert_int_equal(lk_stream_read(stream, 0, 777, values), LK_OK);
        lk_stream_close(stream);
        lk_bytes_release(&bytes);
    }
}

/* A FLAC that was written into a pipe says 0 samples: libsndfile then claims 2^63 - 1. */
static void flac_of_unknown_length(void **state) {
    (void)state;
    const recording r = {"pipe.flac", SF_FORMAT_FLAC | PCM16, 1, 20000};
    lk_bytes bytes = bytes_of(&r);
    lk_stream *stream;
    bytes.data[21] &= 0xF0; /* of the 36 bits behind rate, channels and bits */
    memset(bytes.data + 22, 0, 4);
    assert_int_equal(parse(&bytes, &stream), LK_OK);
    assert_int_equal(lk_stream_length(stream), 20000);
    check_range(stream, &r, 0, 20000);
    check_range(stream, &r, 17000, 3000);
    check_range(stream, &r, 3, 5000);
    lk_stream_close(stream);
    for (int64_t at = bytes.size / 3; at < bytes.size;
         at += bytes.size / 11) { /* damage is no end */
        bytes.data[at] ^= 1;
        assert_int_equal(parse(&bytes, &stream), LK_CORRUPT);
        bytes.data[at] ^= 1;
    }
    memset(bytes.data + 22, 0x7F, 4); /* 2^31 and more: they are not there */
    assert_int_equal(parse(&bytes, &stream), LK_CORRUPT);
    lk_bytes_release(&bytes);
}

/* libsndfile finds the length of an Ogg in its last page, and does not miss one that is cut. */
static void cut_ogg_is_refused(void **state) {
    (void)state;
    const recording r = {"cut.ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS, 1, 20000};
    SF_INFO info = {.samplerate = 8000, .channels = 1, .format = r.format};
    if (!sf_format_check(&info)) {
        skip();
    }
    lk_bytes bytes = bytes_of(&r);
    lk_stream *stream;
    assert_int_equal(parse(&bytes, &stream), LK_OK);
    int64_t frames = lk_stream_length(stream), size = bytes.size;
    lk_stream_close(stream);
    for (int64_t cut = size * 9 / 10; cut > size / 2; cut -= size / 10) {
        bytes.size = cut;
        assert_int_equal(parse(&bytes, &stream), LK_CORRUPT);
    }
    bytes.size = size;
    bytes.data[size - 9] ^= 1;
    assert_int_equal(parse(&bytes, &stream), LK_CORRUPT);
    bytes.data[size - 9] ^= 1;
    const lk_bytes longer = test_bytes(bytes.data, size); /* something behind its end */
    uint8_t *tail = realloc(longer.data, (size_t)size + 900);
    assert_non_null(tail);
    memset(tail + size, 'x', 900);
    const lk_bytes with_tail = {tail, size + 900};
    assert_int_equal(parse(&with_tail, &stream), LK_OK);
    assert_int_equal(lk_stream_length(stream), frames);
    lk_stream_close(stream);
    free(tail);
    lk_bytes_release(&bytes);
}

/* What is written into a pipe does not know its length: 44 bytes of head, a length of none, and
 * samples to the end. */
static void wav_of_unknown_length(void **state) {
    (void)state;
    const recording r = {"pipe.wav", SF_FORMAT_WAV | PCM16, 1, 3000};
    const uint32_t lengths[] = {0, 0x7FFFF000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
    lk_bytes bytes = bytes_of(&r);
    lk_stream *stream;
    assert_int_equal(bytes.size, 44 + 6000);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        memcpy(bytes.data + 40, &lengths[i], 4);
        assert_int_equal(parse(&bytes, &stream), LK_OK);
        assert_int_equal(lk_stream_length(stream), 3000);
        check_range(stream, &r, 0, 3000);
        check_range(stream, &r, 2000, 1000);
        lk_stream_close(stream);
    }
    memset(bytes.data + 40, 0, 4); /* there are none where a chunk follows */
    memcpy(bytes.data + 44, "LIST\4\0\0\0", 8);
    assert_int_equal(parse(&bytes, &stream), LK_FORMAT);
    lk_bytes_release(&bytes);
}

/* `first`, and the bytes of `second` behind it. */
static lk_bytes put_together(const lk_bytes *first, const lk_bytes *second) {
    lk_bytes both = test_bytes(first->data, first->size);
    both.data = realloc(both.data, (size_t)(first->size + second->size));
    assert_non_null(both.data);
    memcpy(both.data + first->size, second->data, (size_t)second->size);
    both.size += second->size;
    return both;
}

/* libsndfile takes the first of them, without a word. The FLAC and the Ogg are longer than what is
 * looked through at once. */
static void second_recordings_are_refused(void **state) {
    (void)state;
    const recording rows[] = {{"two.flac", SF_FORMAT_FLAC | PCM16, 1, 70000},
                              {"two.ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS, 1, 20000},
                              {"two.wav", SF_FORMAT_WAV | PCM16, 1, 300},
                              {"two.rf64", SF_FORMAT_RF64 | PCM16, 1, 300},
                              {"two.aiff", SF_FORMAT_AIFF | PCM16, 1, 300},
                              {"two.au", SF_FORMAT_AU | PCM16, 1, 300},
                              {"two.caf", SF_FORMAT_CAF | PCM16, 1, 300},
                              {"two.w64", SF_FORMAT_W64 | PCM16, 1, 301}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SF_INFO info = {.samplerate = 8000, .channels = 1, .format = rows[i].format};
        if (!sf_format_check(&info)) {
            continue;
        }
        lk_bytes bytes = bytes_of(&rows[i]), two = put_together(&bytes, &bytes);
        lk_stream *stream;
        char path[512];
        assert_int_equal(parse(&bytes, &stream), LK_OK);
        lk_stream_close(stream);
        assert_int_equal(parse(&two, &stream), LK_FORMAT);
        assert_non_null(strstr(lk_context_message(context), "a second recording begins"));
        FILE *file = fopen(test_path(rows[i].name, path), "wb");
        assert_int_equal(fwrite(two.data, 1, (size_t)two.size, file), two.size);
        fclose(file);
        assert_int_equal(open_as(path, LK_SOUND_PCM16, 1, 0, &stream), LK_FORMAT);
        assert_non_null(strstr(lk_context_message(context), "a second recording begins"));
        remove(path);
        free(two.data);
        lk_bytes_release(&bytes);
    }
}

/* What stands in front of the frames of a FLAC may be another one: no recording of the file's. */
static void blocks_of_flac_hold_anything(void **state) {
    (void)state;
    const recording r = {"block.flac", SF_FORMAT_FLAC | PCM16, 1, 300};
    lk_bytes bytes = bytes_of(&r), whole = test_bytes(bytes.data, 42);
    const lk_bytes rest = {bytes.data + 42, bytes.size - 42};
    uint8_t block[4 + 4 + 42] = {2, 0, 0, 46, 'l', 'k', '.', '.'};
    const lk_bytes application = {block, sizeof block};
    lk_stream *stream;
    memcpy(block + 8, bytes.data, 42);
    lk_bytes head = put_together(&whole, &application), all = put_together(&head, &rest);
    assert_int_equal(parse(&all, &stream), LK_OK);
    check_range(stream, &r, 0, 300);
    lk_stream_close(stream);
    free(all.data);
    free(head.data);
    free(whole.data);
    lk_bytes_release(&bytes);
}

/* The chunk COMM of an AIFF says how many frames its chunk SSND has. */
static void aiff_says_what_it_has(void **state) {
    (void)state;
    static const struct {
        int format, said;
        lk_status status;
        const char *told;
    } rows[] = {
        {SF_FORMAT_AIFF | PCM16, 300, LK_FORMAT, "the last 101 would be lost"},
        {SF_FORMAT_AIFF | PCM16, 402, LK_CORRUPT, "says 402 frames, and 401 are there"},
        {SF_FORMAT_AIFF | SF_FORMAT_PCM_S8, 400, LK_FORMAT, "are there"},
        {SF_FORMAT_AIFF | SF_FORMAT_FLOAT, 400, LK_FORMAT, "the last 1 would be lost"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const recording r = {"said.aiff", rows[i].format, 1, 401};
        lk_bytes bytes = bytes_of(&r);
        uint8_t *head = memmem(bytes.data, (size_t)bytes.size, "COMM", 4);
        lk_stream *stream;
        head[12] = (uint8_t)(rows[i].said >> 8);
        head[13] = (uint8_t)rows[i].said;
        assert_int_equal(parse(&bytes, &stream), rows[i].status);
        assert_non_null(strstr(lk_context_message(context), rows[i].told));
        lk_bytes_release(&bytes);
    }
}

/* The header of such an AIFF counts packets of 64 samples. */
static void packets_are_no_samples(void **state) {
    (void)state;
    const recording r = {"packets.aiff", SF_FORMAT_AIFF | SF_FORMAT_IMA_ADPCM, 1, 640};
    lk_bytes bytes = bytes_of(&r);
    lk_stream *stream;
    assert_int_equal(parse(&bytes, &stream), LK_OK);
    assert_int_equal(lk_stream_length(stream), 640);
    lk_stream_close(stream);
    lk_bytes_release(&bytes);
}

static void cut_files_are_refused(void **state) {
    (void)state;
    const recording rows[] = {{"cut.wav", SF_FORMAT_WAV | PCM16, 1, 3000},
                              {"cut.aiff", SF_FORMAT_AIFF | PCM16, 1, 3000},
                              {"cut.flac", SF_FORMAT_FLAC | PCM16, 1, 30000},
                              {"cut.rf64", SF_FORMAT_RF64 | PCM16, 1, 3000}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        lk_bytes bytes = bytes_of(&rows[i]);
        for (int64_t size = bytes.size - 2; size >= 0; size -= size > 64 ? bytes.size / 13 : 1) {
            lk_stream *stream;
            const lk_bytes cut = test_bytes(bytes.data, size);
            lk_status status = parse(&cut, &stream);
            if (status != LK_CORRUPT && status != LK_FORMAT) {
                fail_msg("%s cut to %lld bytes: %d", rows[i].name, (long long)size, status);
            }
            free(cut.data);
        }
        lk_bytes_release(&bytes);
    }
}

/* A byte here and there: an answer, or a refusal. */
static void spoilt_files_are_survived(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++) {
        recording r = exact[i];
        r.frames = r.frames < 300 ? r.frames : 300;
        lk_bytes bytes = bytes_of(&r);
        for (int64_t at = 0; at < bytes.size && at < 200; at++) {
            uint8_t was = bytes.data[at];
            uint16_t values[64];
            lk_stream *stream;
            bytes.data[at] ^= (uint8_t)(1 + at * 37);
            if (parse(&bytes, &stream) == LK_OK) {
                int64_t length = lk_stream_length(stream), count = length < 64 ? length : 64;
                (void)!lk_stream_read(stream, length - count, count, values);
                lk_stream_close(stream);
            }
            bytes.data[at] = was;
        }
        lk_bytes_release(&bytes);
    }
}

static void nothing_is_an_error(void **state) {
    (void)state;
    const recording rows[] = {{"none.wav", SF_FORMAT_WAV | PCM16, 1, 0},
                              {"none.aiff", SF_FORMAT_AIFF | PCM16, 1, 0},
                              {"none.au", SF_FORMAT_AU | PCM16, 1, 0}};
    lk_stream *stream;
    for (int i = 0; i < 3; i++) {
        lk_bytes bytes = bytes_of(&rows[i]);
        assert_int_equal(parse(&bytes, &stream), LK_FORMAT);
        lk_bytes_release(&bytes);
    }
    const lk_bytes empty = {(uint8_t *)"", 0}, text = {(uint8_t *)"this is no sound", 16};
    const lk_bytes tagged = {(uint8_t *)"ID3\4\0\0\0\0\0\2..fLaC", 16};
    assert_int_equal(parse(&empty, &stream), LK_FORMAT);
    assert_int_equal(parse(&text, &stream), LK_FORMAT);
    assert_int_equal(parse(&tagged, &stream), LK_FORMAT);
    assert_non_null(strstr(lk_context_message(context), "but a FLAC with an ID3v2 tag in front"));
}

/* Opus decodes to other floats behind a seek than in order (findings/sound_seeks.sh); the samples
 * of a recording are the same wherever reading begins. */
static void opus_is_the_same_from_anywhere(void **state) {
    enum { FRAMES = 480000, HERE = 3000 };
    static uint16_t whole[FRAMES], part[HERE];
    (void)state;
    SF_INFO info = {.samplerate = 48000, .channels = 1, .format = SF_FORMAT_OGG | SF_FORMAT_OPUS};
    if (!sf_format_check(&info)) {
        skip();
    }
    char path[512];
    SNDFILE *file = sf_open(test_path("opus.ogg", path), SFM_WRITE, &info);
    assert_non_null(file);
    uint32_t seed = 1;
    for (int i = 0; i < FRAMES; i++) {
        seed = seed * 1664525U + 1013904223U;
        float x = 0.4F * (float)sin(i * 0.05) + 0.2F * (float)sin(i * 0.31) +
                  0.1F * ((float)(seed >> 8) / (1 << 24) - 0.5F);
        assert_int_equal(sf_write_float(file, &x, 1), 1);
    }
    sf_close(file);
    lk_stream *stream;
    assert_int_equal(open_as(path, LK_SOUND_PCM16, 1, 0, &stream), LK_OK);
    assert_int_equal(lk_stream_length(stream), FRAMES);
    assert_int_equal(lk_stream_read(stream, 0, FRAMES, whole), LK_OK);
    for (int64_t first = FRAMES - HERE; first >= 0; first -= HERE) {
        assert_int_equal(lk_stream_read(stream, first, HERE, part), LK_OK);
        for (int64_t i = 0; i < HERE; i++) {
            if (part[i] != whole[first + i]) {
                fail_msg("frame %lld is %d, and %d in order", (long long)(first + i), part[i],
                         whole[first + i]);
            }
        }
    }
    lk_stream_close(stream);
    remove(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opus_is_the_same_from_anywhere),
        cmocka_unit_test(mulaw_is_its_formula),
        cmocka_unit_test(codes_come_back),
        cmocka_unit_test(files_are_read_at_any_place),
        cmocka_unit_test(forms_say_how),
        cmocka_unit_test(wider_samples_are_rounded),
        cmocka_unit_test(g711_is_its_codes),
        cmocka_unit_test(pad_bytes_are_no_data),
        cmocka_unit_test(flac_of_unknown_length),
        cmocka_unit_test(cut_ogg_is_refused),
        cmocka_unit_test(wav_of_unknown_length),
        cmocka_unit_test(second_recordings_are_refused),
        cmocka_unit_test(blocks_of_flac_hold_anything),
        cmocka_unit_test(aiff_says_what_it_has),
        cmocka_unit_test(packets_are_no_samples),
        cmocka_unit_test(cut_files_are_refused),
        cmocka_unit_test(spoilt_files_are_survived),
        cmocka_unit_test(nothing_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, test_folder_remove);
}
