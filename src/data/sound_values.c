/* Samples as symbols. All is computed in double without libm: the same on every machine. */
#include <math.h>
#include <string.h>

#include "base/double_maths.h"
#include "data/sound.h"

#define FULL_SCALE 32768
#define MU 255.0

typedef struct view_row {
    const char *name, *convention;
    int32_t alphabet, parts;
} view_row;

static const view_row views[LK_SOUND_VIEWS] = {
    [LK_SOUND_MULAW] = {"mulaw", "mu 255 of x/32768, 256 levels, rounded; not G.711", 256, 1},
    [LK_SOUND_LINEAR8] = {"linear8", "floor(x/256) + 128", 256, 1},
    [LK_SOUND_PCM16] = {"pcm16", "x + 32768", 65536, 1},
    [LK_SOUND_BYTES] = {"bytes", "high byte of x + 32768, then the low one", 256, 2},
    [LK_SOUND_G711_MU] = {"g711-mu", "codes of G.711 mu-law", 256, 1},
    [LK_SOUND_G711_A] = {"g711-a", "codes of G.711 A-law", 256, 1},
};

const char *lk_sound_view_name(lk_sound_view view) {
    return views[view].name;
}

int32_t lk_sound_view_named(const char *name) {
    for (int32_t view = 0; view < LK_SOUND_VIEWS; view++) {
        if (strcmp(views[view].name, name) == 0) {
            return view;
        }
    }
    return -1;
}

const char *lk_sound_convention(lk_sound_view view) {
    return views[view].convention;
}

int32_t lk_sound_alphabet(lk_sound_view view) {
    return views[view].alphabet;
}

int32_t lk_sound_parts(lk_sound_view view) {
    return views[view].parts;
}

int32_t lk_sound_unit(const lk_sound_form *form) {
    return form->channels * views[form->view].parts;
}

static uint16_t to_mulaw(int32_t sample) {
    double size = (double)(sample < 0 ? -sample : sample) / FULL_SCALE;
    double f = lk_double_log(1.0 + MU * size) / lk_double_log(1.0 + MU);
    f = sample < 0 ? -f : f;
    return (uint16_t)floor((f + 1.0) / 2.0 * MU + 0.5);
}

static int32_t from_mulaw(uint16_t symbol) {
    double f = 2.0 * (double)symbol / MU - 1.0, size = f < 0.0 ? -f : f;
    double a = (lk_double_exp(size * lk_double_log(1.0 + MU)) - 1.0) / MU;
    int32_t x = (int32_t)floor(a * FULL_SCALE + 0.5);
    return f < 0.0 ? -x : x < FULL_SCALE ? x : FULL_SCALE - 1;
}

void lk_sound_split(lk_sound_view view, int32_t sample, uint16_t *symbols) {
    uint32_t above = (uint32_t)(sample + FULL_SCALE);
    LK_REQUIRE(above < 2 * FULL_SCALE && view < LK_SOUND_G711_MU);
    if (view == LK_SOUND_BYTES) {
        symbols[0] = (uint16_t)(above >> 8);
        symbols[1] = (uint16_t)(above & 255);
    } else {
        symbols[0] = view == LK_SOUND_MULAW     ? to_mulaw(sample)
                     : view == LK_SOUND_LINEAR8 ? (uint16_t)(above >> 8)
                                                : (uint16_t)above;
    }
}

int32_t lk_sound_join(lk_sound_view view, const uint16_t *symbols) {
    LK_REQUIRE(view < LK_SOUND_G711_MU && symbols[0] < views[view].alphabet);
    return view == LK_SOUND_MULAW     ? from_mulaw(symbols[0])
           : view == LK_SOUND_LINEAR8 ? ((int32_t)symbols[0] - 128) * 256
           : view == LK_SOUND_BYTES   ? (int32_t)symbols[0] * 256 + symbols[1] - FULL_SCALE
                                      : (int32_t)symbols[0] - FULL_SCALE;
}

static int32_t from_g711_mu(int32_t code) {
    int32_t bits = ~code & 0xFF, size = (((bits & 15) << 3) + 132) << (bits >> 4 & 7);
    return bits & 128 ? 132 - size : size - 132;
}

static int32_t from_g711_a(int32_t code) {
    int32_t bits = code ^ 0x55, step = bits >> 4 & 7;
    int32_t size = ((bits & 15) << 4) + (step > 0 ? 264 : 8);
    size <<= step > 1 ? step - 1 : 0;
    return bits & 128 ? size : -size;
}

int32_t lk_sound_linear(lk_sound_view view, const uint16_t *symbols) {
    return view == LK_SOUND_G711_MU  ? from_g711_mu(symbols[0])
           : view == LK_SOUND_G711_A ? from_g711_a(symbols[0])
                                     : lk_sound_join(view, symbols);
}

bool lk_sound_exact(const lk_sound_form *form, const lk_sound_info *info) {
    bool all = form->channel == 0 || info->channels == 1;
    int32_t most = form->view == LK_SOUND_MULAW ? 0 : form->view == LK_SOUND_LINEAR8 ? 8 : 16;
    bool pcm = info->bits > 0 && info->bits <= most && !info->lossy;
    return all && (info->law >= 0 ? (int32_t)form->view == info->law : pcm);
}

static lk_status fail_channel(lk_context *context, const char *path, int32_t channel,
                              int32_t there) {
    return lk_fail(context, LK_MISMATCH, "%s: the recording has %d channel%s, and no channel %d",
                   path, there, there == 1 ? "" : "s", channel);
}

lk_status lk_sound_form_of(lk_context *context, const char *path, const lk_sound_info *info,
                           int32_t view, lk_sound_form *form) {
    int32_t chosen = info->law >= 0 ? info->law : (int32_t)LK_SOUND_MULAW;
    if (form->channel > info->channels) {
        return fail_channel(context, path, form->channel, info->channels);
    }
    form->view = (lk_sound_view)(view >= 0 ? view : chosen);
    form->channels = form->channel == 0 ? info->channels : 1;
    form->rate = info->rate;
    return LK_OK;
}

static lk_status check_channels(lk_context *context, const char *path, const lk_sound_form *f,
                                const lk_sound_info *info) {
    int32_t there = info->channels;
    if (f->channel == 0 ? there == f->channels : there == 1 || there >= f->channel) {
        return LK_OK;
    }
    return f->channel == 0
               ? lk_fail(context, LK_MISMATCH,
                         "%s: the recording has %d channels, where %d are wanted%s", path, there,
                         f->channels,
                         lk_advice(context, "channel", " (--channel N or mix takes one)"))
               : fail_channel(context, path, f->channel, there);
}

/* The codes of G.711 are no samples that may be coded again. */
static lk_status check_view(lk_context *context, const char *path, const lk_sound_form *f,
                            const lk_sound_info *info) {
    int32_t view = (int32_t)f->view, law = info->law;
    bool codes = view >= LK_SOUND_G711_MU;
    if (law == (codes ? view : -1) && (!codes || f->channel >= 0)) {
        return LK_OK;
    }
    return law >= 0 && codes && law == view
               ? lk_fail(context, LK_MISMATCH,
                         "%s: codes of G.711 cannot be mixed: take one channel", path)
               : lk_fail(context, LK_MISMATCH,
                         "%s: the recording holds %s, which are read by the view %s, and not by %s",
                         path, law >= 0 ? "codes of G.711" : "samples and no codes of G.711",
                         law >= 0 ? lk_sound_view_name((lk_sound_view)law)
                                  : "mulaw, linear8, pcm16 or bytes",
                         lk_sound_view_name(f->view));
}

lk_status lk_sound_form_takes(lk_context *context, const char *path, const lk_sound_form *form,
                              const lk_sound_info *info) {
    LK_TRY(check_channels(context, path, form, info));
    return check_view(context, path, form, info);
}

const char *lk_sound_note(const lk_sound_info *info) {
    return info->law >= 0    ? ""
           : info->lossy     ? "samples are coded with loss, and taken as decoded here, in 16 bits"
           : info->bits == 0 ? "samples are float: x is taken as floor(32768 x + 1/2), clipped"
           : info->bits > 16 ? "samples of more than 16 bits are rounded to 16"
                             : "";
}
