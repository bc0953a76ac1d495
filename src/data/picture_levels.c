/* Levels of pictures: 0 is black, the last white, those between are evenly spread. A level is one
 * of another scale where the larger scale has each level of the smaller. */
#include "base/memory.h"
#include "data/picture.h"

static bool divides(int32_t few, int32_t many) {
    return (many - 1) % (few - 1) == 0;
}

/* Of 8 and 16 bits values may be numbers, whatever the scale: labels of regions, depths. Then only
 * the scales of PNG are others of the same kind. */
static bool may_be_numbers(int32_t levels) {
    return levels == 256 || levels == 65536;
}

static bool is_common(int32_t levels) {
    return levels == 2 || levels == 4 || levels == 16 || may_be_numbers(levels);
}

static lk_status widen(lk_context *context, const char *name, int32_t levels, lk_picture *picture) {
    if (levels <= 256 || picture->wide) {
        return LK_OK;
    }
    uint16_t *wide = lk_allocate(lk_picture_samples(picture), sizeof *wide);
    if (wide == NULL) {
        return lk_fail_no_memory(context, name, lk_picture_samples(picture) * 2);
    }
    lk_picture_values(picture, wide);
    lk_release(picture->pixels);
    picture->pixels = wide;
    picture->wide = true;
    return LK_OK;
}

static lk_status spread(lk_context *context, const char *name, int32_t levels,
                        lk_picture *picture) {
    int32_t step = (levels - 1) / (picture->alphabet - 1);
    LK_TRY(widen(context, name, levels, picture));
    for (int64_t i = 0; i < lk_picture_samples(picture); i++) {
        lk_picture_set(picture, i, lk_picture_value(picture, i) * step);
    }
    picture->alphabet = levels;
    picture->notes |= 1u << LK_NOTE_SPREAD;
    return LK_OK;
}

/* False: a level occurs that is none of the fewer ones. */
static bool gather(int32_t levels, lk_picture *picture) {
    int32_t step = (picture->alphabet - 1) / (levels - 1);
    int64_t count = lk_picture_samples(picture);
    for (int64_t i = 0; i < count; i++) {
        if (lk_picture_value(picture, i) % step != 0) {
            return false;
        }
    }
    for (int64_t i = 0; i < count; i++) {
        lk_picture_set(picture, i, lk_picture_value(picture, i) / step);
    }
    picture->alphabet = levels;
    picture->notes |= 1u << LK_NOTE_GATHERED;
    return true;
}

lk_status lk_picture_fit(lk_context *context, const char *name, int32_t levels, lk_picture *picture,
                         bool *fits) {
    int32_t have = picture->alphabet;
    bool numbers = may_be_numbers(have);
    *fits = true;
    if (have == levels) {
        return LK_OK;
    }
    bool kin = !numbers || is_common(levels);
    if (kin && have < levels && divides(have, levels)) {
        return spread(context, name, levels, picture);
    }
    if (kin && have > levels && divides(levels, have) && gather(levels, picture)) {
        return LK_OK;
    }
    *fits = numbers && !(have == 65536 && levels <= 256);
    return LK_OK;
}

/* Of another maxval than 65535 the level next below. */
lk_status lk_picture_narrow(lk_context *context, const char *name, lk_picture *picture) {
    lk_picture made = *picture;
    made.wide = false;
    made.alphabet = 256;
    made.pixels = NULL;
    LK_TRY(lk_picture_allocate(context, name, &made));
    for (int64_t i = 0; i < lk_picture_samples(picture); i++) {
        lk_picture_set(&made, i,
                       (int32_t)((int64_t)lk_picture_value(picture, i) * 256 / picture->alphabet));
    }
    made.notes |= 1u << LK_NOTE_DEPTH_CUT;
    lk_release(picture->pixels);
    *picture = made;
    return LK_OK;
}
