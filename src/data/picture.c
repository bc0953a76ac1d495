#include "data/picture.h"

#include "base/memory.h"

#define BYTES_OF_VALUE 2 /* of a data set */

void lk_picture_deinit(lk_picture *picture) {
    lk_release(picture->pixels);
    *picture = (lk_picture){0};
}

void lk_pictures_release(lk_picture *pictures, int64_t count) {
    for (int64_t i = 0; pictures != NULL && i < count; ++i) {
        lk_picture_deinit(&pictures[i]);
    }
    lk_release(pictures);
}

static lk_status check_sides(lk_context *context, const char *name, int64_t height, int64_t width) {
    if (height >= 1 && width >= 1 && height <= LK_PICTURE_SIDE_MOST &&
        width <= LK_PICTURE_SIDE_MOST && height * width <= LK_PICTURE_PIXELS_MOST) {
        return LK_OK;
    }
    return lk_fail(context, LK_UNSUPPORTED,
                   "%s: a picture of %lld x %lld pixels (width x height): each side must be 1 to "
                   "%d, and their product at most %lld",
                   name, (long long)width, (long long)height, LK_PICTURE_SIDE_MOST,
                   (long long)LK_PICTURE_PIXELS_MOST);
}

/* Of an example as it may come out; the refusal is that of the most channels. */
static lk_status check_wish(lk_context *context, const char *name, const lk_picture *picture,
                            const lk_picture_wish *wish) {
    bool lying = wish->settings.orient && picture->orientation >= 5;
    lk_shape shape = {3, {picture->height, picture->width, 0}};
    uint32_t outcomes = lk_picture_outcomes(picture, wish);
    lk_status status = LK_OK;
    if (lying) {
        shape = (lk_shape){3, {picture->width, picture->height, 0}};
    }
    for (int32_t c = 1; wish->fits != NULL && c <= LK_PICTURE_CHANNELS_MOST; c++) {
        shape.size[2] = c;
        if (outcomes >> c & 1) {
            status = wish->fits(context, wish->argument, name, shape);
            if (status == LK_OK) {
                return LK_OK;
            }
        }
    }
    return status;
}

lk_status lk_picture_check(lk_context *context, const char *name, const lk_picture *picture,
                           const lk_picture_wish *wish, int64_t size, int64_t most, int64_t aside) {
    int64_t height = picture->height, width = picture->width;
    LK_TRY(check_sides(context, name, height, width));
    if (height * width / most > size) {
        return lk_fail(context, LK_FORMAT,
                       "%s: the header promises %lld x %lld pixels (width x height), which %lld "
                       "bytes cannot hold; the file is truncated or damaged",
                       name, (long long)width, (long long)height, (long long)size);
    }
    LK_TRY(check_wish(context, name, picture, wish));
    return lk_memory_allow(context, name, "its pixels",
                           (double)lk_picture_samples(picture) *
                               (double)((picture->wide ? 2 : 1) + BYTES_OF_VALUE + aside));
}

lk_status lk_picture_allocate(lk_context *context, const char *name, lk_picture *picture) {
    int64_t bytes = lk_picture_samples(picture) * (picture->wide ? 2 : 1);
    picture->pixels = lk_allocate(bytes, 1);
    return picture->pixels != NULL ? LK_OK : lk_fail_no_memory(context, name, bytes);
}

void lk_picture_values(const lk_picture *picture, uint16_t *values) {
    for (int64_t i = 0; i < lk_picture_samples(picture); ++i) {
        values[i] = (uint16_t)lk_picture_value(picture, i);
    }
}

/* ---- finishing ------------------------------------------------------------------------------- */

/* Palettes list colours that no pixel has, so that pixels say what is grey. */
static bool is_grey(const lk_picture *picture) {
    int32_t channels = picture->channels;
    for (int64_t i = 0; i < lk_picture_samples(picture); i += channels) {
        int32_t red = lk_picture_value(picture, i);
        if (lk_picture_value(picture, i + 1) != red || lk_picture_value(picture, i + 2) != red) {
            return false;
        }
    }
    return true;
}

static void leave_out_colours(lk_picture *picture) {
    int32_t have = picture->channels, keep = have - 2;
    for (int64_t i = 0; i < picture->height * picture->width; ++i) {
        lk_picture_set(picture, i * keep, lk_picture_value(picture, i * have));
        if (keep == 2) {
            lk_picture_set(picture, i * keep + 1, lk_picture_value(picture, i * have + 3));
        }
    }
    picture->channels = keep;
}

static lk_status turn(lk_context *context, const char *name, const lk_picture_wish *wish,
                      lk_picture *picture) {
    if (picture->orientation < 2) {
        return LK_OK;
    }
    picture->notes |= 1u << (wish->settings.orient ? LK_NOTE_TURNED : LK_NOTE_NOT_TURNED);
    return wish->settings.orient ? lk_picture_turn(context, name, picture->orientation, picture)
                                 : LK_OK;
}

lk_status lk_picture_finish(lk_context *context, const char *name, const lk_picture_wish *wish,
                            lk_picture *picture) {
    bool fits = true;
    if (picture->bilevel) {
        LK_TRY(lk_picture_fit(context, name, 2, picture, &fits));
        picture->notes = 0; /* that is what the file says */
    }
    picture->notes |= picture->frames > 1 ? 1u << LK_NOTE_FRAMES : 0;
    LK_TRY(turn(context, name, wish, picture));
    lk_picture_alpha(wish->settings.alpha, picture);
    if (picture->palette && picture->channels >= 3 && is_grey(picture)) {
        leave_out_colours(picture);
    }
    LK_TRY(lk_picture_match(context, name, wish->channels, picture));
    if (wish->levels > 0) {
        LK_TRY(lk_picture_fit(context, name, wish->levels, picture, &fits));
    }
    return fits ? LK_OK
                : lk_fail(context, LK_MISMATCH,
                          "%s: has %d levels, and those that occur are not among the %d of the "
                          "model, or that are asked for%s",
                          name, picture->alphabet, wish->levels,
                          picture->alphabet == 65536
                              ? lk_advice_or(context, "depth",
                                             " (--depth 8 reads the high 8 of 16 bits)",
                                             ": convert it")
                              : ": convert it");
}

void lk_picture_count(lk_picture_tally *tally, const lk_picture *picture) {
    tally->pictures++;
    tally->frames = picture->frames > tally->frames ? picture->frames : tally->frames;
    for (int note = 0; note < LK_PICTURE_NOTE_COUNT; note++) {
        tally->count[note] += picture->notes >> note & 1;
    }
}
