/* Bytes of any file as examples of a given length, one after another: what training on a text
 * wants. A tail that does not fill an example is left out, so this is no reader for coding; any
 * file could be raw, so it is used only when asked for. */
#include "data/formats/format.h"

#include <stdio.h>

lk_status lk_raw_read(lk_context *context, const lk_reading *reading, lk_shape shape,
                      lk_dataset *dataset) {
    int64_t length = lk_shape_variables(shape);
    if (length < 1) {
        return lk_fail(context, LK_INVALID,
                       "%s: raw bytes have no length of an example: give one%s", reading->name,
                       lk_advice(context, "shape", " (--shape 128)"));
    }
    if (reading->size < length) {
        return lk_fail(context, LK_FORMAT, "%s: %lld bytes are less than one example of %lld",
                       reading->name, (long long)reading->size, (long long)length);
    }
    LK_TRY(lk_reading_fits(context, reading, reading->name, lk_shape_vector(length)));
    LK_TRY(lk_dataset_reserve(context, reading->name, dataset, lk_shape_vector(length),
                              reading->size / length, reading->size));
    for (int64_t i = 0; i < dataset->examples * length; ++i) {
        if (reading->data[i] >= reading->limit) {
            char place[32];
            snprintf(place, sizeof place, "byte %lld", (long long)i);
            return lk_fail_alphabet(context, reading, place, reading->data[i]);
        }
        dataset->values[i] = reading->data[i];
    }
    dataset->alphabet = 256;
    if (reading->size % length != 0) {
        dataset->partial = true;
        return lk_dataset_note(context, dataset, "the last %lld bytes fill no example",
                               (long long)(reading->size % length));
    }
    return LK_OK;
}
