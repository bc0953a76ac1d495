/* Channels of pictures: alpha left out, laid on white or added, and greys as colours. */
#include "base/memory.h"
#include "data/picture.h"

const char *lk_alpha_name(lk_alpha alpha) {
    static const char *const names[LK_ALPHAS] = {"auto", "keep", "drop", "white"};
    return names[alpha];
}

static bool has_alpha(const lk_picture *picture) {
    return picture->channels == 2 || picture->channels == 4;
}

static bool hides_nothing(const lk_picture *picture) {
    int32_t channels = picture->channels, opaque = picture->alphabet - 1;
    for (int64_t i = channels - 1; i < lk_picture_samples(picture); i += channels) {
        if (lk_picture_value(picture, i) != opaque) {
            return false;
        }
    }
    return true;
}

/* A value of a channel, seen through its alpha on white. */
static int32_t on_white(int32_t value, int32_t alpha, int32_t white) {
    return (int32_t)(((int64_t)value * alpha + (int64_t)white * (white - alpha) + white / 2) /
                     white);
}

static void leave_out(bool white, lk_picture *picture) {
    int32_t have = picture->channels, keep = have - 1, most = picture->alphabet - 1;
    for (int64_t i = 0; i < picture->height * picture->width; i++) {
        int32_t alpha = lk_picture_value(picture, i * have + keep);
        for (int32_t c = 0; c < keep; c++) {
            int32_t value = lk_picture_value(picture, i * have + c);
            lk_picture_set(picture, i * keep + c, white ? on_white(value, alpha, most) : value);
        }
    }
    picture->channels = keep;
}

void lk_picture_alpha(lk_alpha how, lk_picture *picture) {
    if (!has_alpha(picture)) {
        return;
    }
    bool opaque = how != LK_ALPHA_KEEP && hides_nothing(picture);
    lk_picture_note note = opaque                  ? LK_NOTE_ALPHA_OPAQUE
                           : how == LK_ALPHA_DROP  ? LK_NOTE_ALPHA_DROPPED
                           : how == LK_ALPHA_WHITE ? LK_NOTE_ALPHA_WHITE
                                                   : LK_NOTE_ALPHA_KEPT;
    picture->notes |= 1u << note;
    if (note != LK_NOTE_ALPHA_KEPT) {
        leave_out(how == LK_ALPHA_WHITE, picture);
    }
}

/* ---- to the channels of others --------------------------------------------------------------- */

/* Whether as many channels say the same. */
static bool can_match(const lk_picture *picture, int32_t channels) {
    int32_t colours = channels - (channels % 2 == 0), own = picture->channels;
    own -= has_alpha(picture);
    return channels > picture->channels && (colours == own || picture->palette) &&
           (channels % 2 == 0 || !has_alpha(picture));
}

static void copy_pixel(const lk_picture *from, int64_t i, lk_picture *to) {
    int32_t have = from->channels, own = have - has_alpha(from), want = to->channels;
    int32_t colours = want - has_alpha(to);
    for (int32_t c = 0; c < colours; c++) {
        lk_picture_set(to, i * want + c, lk_picture_value(from, i * have + (own == 1 ? 0 : c)));
    }
    if (colours < want) {
        lk_picture_set(to, i * want + colours,
                       own < have ? lk_picture_value(from, i * have + own) : from->alphabet - 1);
    }
}

uint32_t lk_picture_outcomes(const lk_picture *picture, const lk_picture_wish *wish) {
    lk_alpha how = wish->settings.alpha;
    uint32_t found = 0;
    int32_t own = picture->channels, left = own - (how == LK_ALPHA_KEEP ? 0 : has_alpha(picture));
    int32_t most = how == LK_ALPHA_DROP || how == LK_ALPHA_WHITE ? left : own;
    for (int32_t c = left; c <= most; c++) {
        for (int32_t greys = 0; greys <= (picture->palette && c >= 3 ? 2 : 0); greys += 2) {
            lk_picture made = {.channels = c - greys, .palette = picture->palette};
            int32_t matched = can_match(&made, wish->channels) ? wish->channels : made.channels;
            found |= 1u << matched;
        }
    }
    return found;
}

lk_status lk_picture_match(lk_context *context, const char *name, int32_t channels,
                           lk_picture *picture) {
    if (!can_match(picture, channels)) {
        return LK_OK;
    }
    lk_picture made = *picture;
    made.channels = channels;
    made.pixels = NULL;
    LK_TRY(lk_picture_allocate(context, name, &made));
    for (int64_t i = 0; i < picture->height * picture->width; i++) {
        copy_pixel(picture, i, &made);
    }
    bool added = has_alpha(&made) && !has_alpha(picture);
    made.notes |= added ? 1u << LK_NOTE_ALPHA_ADDED : 0;
    made.notes &= added ? ~(1u << LK_NOTE_ALPHA_OPAQUE) : ~0u;
    made.notes |= channels - picture->channels >= 2 ? 1u << LK_NOTE_COLOURED : 0;
    lk_release(picture->pixels);
    *picture = made;
    return LK_OK;
}
