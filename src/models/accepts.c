/* Whether data and a model belong together. */
#include <stdio.h>
#include <string.h>

#include "models/model.h"

/* ---- shapes ---------------------------------------------------------------------------------- */

static bool is_image(lk_shape shape) {
    return shape.axes == 2 || shape.axes == 3;
}

static int64_t channels_of(lk_shape image) {
    return image.axes == 3 ? image.size[2] : 1;
}

/* Images of other sides, sequences of another length. */
static bool differs_in_size_only(lk_shape a, lk_shape b) {
    return is_image(a) ? is_image(b) && channels_of(a) == channels_of(b)
                       : a.axes == 1 && b.axes == 1;
}

static bool sides_agree(lk_shape a, lk_shape b) {
    return a.size[0] == b.size[0] && (a.axes == 1 || a.size[1] == b.size[1]);
}

/* Images whose sides or channels differ are not the same data, however many variables they have; a
 * vector may stand for either. */
static bool contradict(lk_shape a, lk_shape b) {
    return is_image(a) && is_image(b) && (!sides_agree(a, b) || channels_of(a) != channels_of(b));
}

/* One network, in an ordering that follows from the shape; a stream's window is no size at all. */
static bool takes_any_size(const lk_model *model) {
    return lk_model_any_size(model) && !model->data.stream && lk_model_ranked_by_shape(model) &&
           lk_model_variants(model) == 1;
}

const char *lk_alpha_hint(lk_context *context, lk_shape own, lk_shape shape) {
    bool more = is_image(own) && shape.axes == 3 && (shape.size[2] == 2 || shape.size[2] == 4) &&
                shape.size[2] == channels_of(own) + 1;
    return more ? lk_advice_or(context, "alpha",
                               "; its transparency is the last channel (--alpha drop or white for "
                               "none)",
                               "; its transparency is the last channel")
                : "";
}

static lk_status refuse_shape(const lk_model *model, const char *name, lk_shape shape,
                              const char *hint) {
    char have[64], want[64];
    lk_shape_print(shape, have, sizeof have);
    lk_shape_print(model->data.shape, want, sizeof want);
    return lk_fail(model->context, LK_MISMATCH,
                   "%s: examples are %s (%lld variables), but the model is for %s (%lld)%s%s", name,
                   have, (long long)lk_shape_variables(shape), want,
                   (long long)model->data.variables,
                   lk_alpha_hint(model->context, model->data.shape, shape), hint);
}

/* Of a model that takes any: pictures have a shape, and what is none needs one. */
static void explain_any(const lk_model *model, lk_shape shape, char *hint, size_t capacity) {
    bool images = is_image(model->data.shape), pictures = images && is_image(shape);
    snprintf(hint, capacity, "; %s of another size %s%s%s", images ? "images" : "sequences",
             images ? "need as many channels" : "have one axis",
             images && !pictures ? ", and a shape" : "",
             images && !pictures
                 ? lk_advice_or(model->context, "shape", " (--shape HEIGHTxWIDTHxCHANNELS)",
                                " (lk_loading.shape)")
                 : "");
}

/* What stands in the way of another size. */
static void explain(const lk_model *model, lk_shape shape, char *hint, size_t capacity) {
    const char *family = model->family->name;
    if (takes_any_size(model)) {
        explain_any(model, shape, hint, capacity);
    } else if (model->family->any_size) {
        snprintf(hint, capacity, "; a %s with %s takes no other size", family,
                 !lk_model_any_size(model) ? model->family->one_size(model)
                 : model->data.stream      ? "a stream's symbols"
                                           : "an ordering of its own");
    } else {
        char names[LK_FAMILY_NAMES];
        lk_family_names(lk_family_any_size, " ", names, sizeof names);
        snprintf(hint, capacity, "; models that take other sizes are of the families %s", names);
    }
}

lk_status lk_model_shape_for(const lk_model *model, const char *name, lk_shape shape,
                             lk_shape *there) {
    lk_shape own = model->data.shape;
    *there = own;
    bool resized = takes_any_size(model) && differs_in_size_only(own, shape);
    bool fits = lk_shape_variables(shape) == model->data.variables && !contradict(own, shape);
    if (fits) {
        return LK_OK;
    }
    if (!resized) {
        char hint[LK_FAMILY_NAMES + 64];
        explain(model, shape, hint, sizeof hint);
        return refuse_shape(model, name, shape, hint);
    }
    there->size[0] = shape.size[0];
    there->size[1] = own.axes > 1 ? shape.size[1] : 0;
    return LK_OK;
}

bool lk_model_part(const lk_model *model, lk_shape shape) {
    lk_shape own = lk_shape_picture(model->data.shape), part = lk_shape_picture(shape);
    return own.axes == 3 && part.axes == 3 && part.size[0] < own.size[0] &&
           part.size[1] == own.size[1] && part.size[2] == own.size[2];
}

/* ---- smaller pictures ------------------------------------------------------------------------ */

int64_t lk_model_scale(const lk_model *model) {
    return model->family->scale != NULL ? model->family->scale(model) : 1;
}

/* Every scale-th row and column of a picture. */
static lk_shape reduced(lk_shape picture, int64_t scale) {
    picture.size[0] = (picture.size[0] - 1) / scale + 1;
    picture.size[1] = (picture.size[1] - 1) / scale + 1;
    return picture;
}

bool lk_model_first(const lk_model *model, lk_shape shape) {
    lk_shape own = lk_shape_picture(model->data.shape), small = lk_shape_picture(shape);
    int64_t scale = lk_model_scale(model);
    return scale > 1 && own.axes == 3 && small.axes == 3 &&
           lk_shape_equal(small, reduced(own, scale));
}

static lk_status refuse_small(const lk_model *model, const char *name, lk_shape small,
                              int64_t scale, lk_shape of) {
    char have[64], whole[64], want[64];
    lk_shape_print(small, have, sizeof have);
    lk_shape_print(of, whole, sizeof whole);
    lk_shape_print(of.axes == 3 ? reduced(of, scale) : of, want, sizeof want);
    return lk_fail(model->context, LK_MISMATCH,
                   of.axes == 3 ? "%s: a picture of %s, but every row and column of %s that is a "
                                  "multiple of %lld makes one of %s"
                                : "%s: a picture of %s, but the model is not for images: an "
                                  "example is %s",
                   name, have, whole, (long long)scale, want);
}

lk_status lk_model_enlarged(const lk_model *model, const char *name, lk_shape small, int64_t scale,
                            lk_shape wanted, lk_shape *there) {
    lk_shape own = lk_shape_picture(model->data.shape);
    LK_REQUIRE(scale >= 1 && scale <= LK_SCALE_MOST);
    small = lk_shape_picture(small);
    wanted = lk_shape_picture(wanted);
    bool asked = wanted.axes > 0;
    lk_shape of = asked ? wanted : own;
    if (small.axes == 1 && of.axes == 3 &&
        small.size[0] == lk_shape_variables(reduced(of, scale))) {
        small = reduced(of, scale); /* a vector may stand for a picture */
    }
    bool pictures = own.axes == 3 && small.axes == 3;
    bool fits = pictures && lk_shape_equal(small, reduced(own, scale));
    if (!asked && !fits && pictures && takes_any_size(model) && small.size[2] == own.size[2]) {
        wanted = (lk_shape){3, {small.size[0] * scale, small.size[1] * scale, small.size[2]}};
        LK_TRY(lk_model_check_shape(model->context, name, wanted));
        asked = true;
    }
    if (asked ? wanted.axes != 3 || !pictures || !lk_shape_equal(small, reduced(wanted, scale))
              : !fits) {
        return refuse_small(model, name, small, scale, asked ? wanted : own);
    }
    return lk_model_shape_for(model, name, asked ? wanted : own, there);
}

/* ---- values ---------------------------------------------------------------------------------- */

/* What may help; values are never changed unless that is asked for. */
static const char *hint_of(const lk_model *model) {
    static const char *const hints[] = {
        [LK_BINARIZE_NONE] = " (--binarize makes grey values 0 and 1)",
        [LK_BINARIZE_THRESHOLD] = " (it was trained with --binarize threshold: say so again)",
        [LK_BINARIZE_SAMPLE] = " (it was trained with --binarize sample: say so, or threshold)",
    };
    return model->data.alphabet == 2
               ? lk_advice_or(model->context, "binarize", hints[model->data.binarization],
                              " (lk_loading.binarize makes grey values 0 and 1)")
               : "";
}

static lk_status refuse_value(const lk_model *model, const lk_dataset *dataset, int64_t at) {
    int64_t variable = at % dataset->variables;
    return lk_fail(
        model->context, LK_MISMATCH,
        "%s: example %lld, variable %lld is %d, but the model's alphabet is 0..%d%s", dataset->path,
        (long long)(at / dataset->variables) + 1, (long long)variable + 1, dataset->values[at],
        lk_model_alphabet_of(model, variable % model->data.variables) - 1, hint_of(model));
}

lk_status lk_model_accepts_values(const lk_model *model, const lk_dataset *dataset) {
    bool mixed = model->data.alphabets != NULL;
    if (!mixed && dataset->alphabet <= model->data.alphabet) {
        return LK_OK;
    }
    for (int64_t i = 0; i < dataset->examples * dataset->variables; i++) {
        int32_t alphabet =
            mixed ? model->data.alphabets[i % dataset->variables] : model->data.alphabet;
        if (dataset->values[i] >= alphabet) {
            return refuse_value(model, dataset, i);
        }
    }
    return LK_OK;
}

lk_status lk_model_accepts_shape(const lk_model *model, const char *name, lk_shape shape) {
    bool fits =
        lk_shape_variables(shape) == model->data.variables && !contradict(model->data.shape, shape);
    bool images = is_image(model->data.shape);
    return fits ? LK_OK
                : refuse_shape(model, name, shape, images ? "; training is at one size" : "");
}

lk_status lk_model_accepts(const lk_model *model, const lk_dataset *dataset) {
    LK_TRY(lk_model_accepts_shape(model, dataset->path, dataset->shape));
    return lk_model_accepts_values(model, dataset);
}

lk_status lk_model_accepts_labels(const lk_model *model, const lk_dataset *dataset) {
    for (int64_t i = 0; i < dataset->examples && model->data.labels > 0; i++) {
        if (dataset->labels == NULL || dataset->labels[i] < 0 ||
            dataset->labels[i] >= model->data.labels) {
            return lk_fail(model->context, LK_MISMATCH,
                           "%s: example %lld has no label below %d, which the model wants to be "
                           "given",
                           dataset->path, (long long)i + 1, model->data.labels);
        }
    }
    return LK_OK;
}

lk_status lk_model_takes(const lk_model *model, const lk_dataset *dataset, lk_shape *there) {
    LK_TRY(lk_model_shape_for(model, dataset->path, dataset->shape, there));
    return lk_model_accepts_values(model, dataset);
}

/* ---- two models ------------------------------------------------------------------------------ */

static const char *kind_of(const lk_model *model) {
    return lk_data_is_sound(&model->data) ? "recordings"
           : model->data.stream           ? "texts"
                                          : "examples";
}

static bool same_words(const lk_columns *a, const lk_columns *b) {
    bool words = (a != NULL && lk_columns_have_words(a)) || (b != NULL && lk_columns_have_words(b));
    return !words || (a != NULL && b != NULL && lk_columns_equal(a, b));
}

/* Whether what the views take of a recording is the same: all 16 bits of a sample are, as one
 * symbol or as two. */
static bool hear_the_same(const lk_sound_form *a, const lk_sound_form *b) {
    bool whole = (a->view == LK_SOUND_PCM16 || a->view == LK_SOUND_BYTES) &&
                 (b->view == LK_SOUND_PCM16 || b->view == LK_SOUND_BYTES);
    return a->channel == b->channel && a->channels == b->channels && (a->view == b->view || whole);
}

static lk_status alike_streams(const lk_model *model, const char *name, const lk_model *other,
                               const char *other_name) {
    const lk_sound_form *a = &model->data.symbols.sound, *b = &other->data.symbols.sound;
    return !lk_data_is_sound(&model->data) || hear_the_same(a, b)
               ? LK_OK
               : lk_fail(model->context, LK_MISMATCH,
                         "%s is of recordings by the view %s, but %s by %s, or of other channels: "
                         "other data",
                         other_name, lk_sound_view_name(b->view), name,
                         lk_sound_view_name(a->view));
}

lk_status lk_model_alike(const lk_model *model, const char *name, const lk_model *other,
                         const char *other_name) {
    const lk_data_description *a = &model->data, *b = &other->data;
    char have[64], want[64];
    if (a->stream != b->stream || lk_data_is_sound(a) != lk_data_is_sound(b)) {
        return lk_fail(model->context, LK_MISMATCH, "%s is of %s, but %s is of %s: other data",
                       other_name, kind_of(other), name, kind_of(model));
    }
    if (a->stream) {
        return alike_streams(model, name, other, other_name);
    }
    if (a->alphabet != b->alphabet) {
        return lk_fail(model->context, LK_MISMATCH,
                       "%s is of an alphabet of %d, but %s of %d: other data", other_name,
                       b->alphabet, name, a->alphabet);
    }
    if (!same_words(a->columns, b->columns)) {
        return lk_fail(model->context, LK_MISMATCH,
                       "%s is of a table with other columns or words than that of %s", other_name,
                       name);
    }
    bool sized = a->variables == b->variables && !contradict(a->shape, b->shape);
    lk_shape_print(a->shape, want, sizeof want);
    lk_shape_print(b->shape, have, sizeof have);
    return sized || (takes_any_size(model) && takes_any_size(other) &&
                     differs_in_size_only(a->shape, b->shape))
               ? LK_OK
               : lk_fail(model->context, LK_MISMATCH,
                         "%s is of examples of %s, but %s of %s: other data", other_name, have,
                         name, want);
}
