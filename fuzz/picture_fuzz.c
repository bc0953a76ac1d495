/* Any bytes as a picture: refused with a message, or decoded to pixels of its alphabet, which are
 * the same after being written as a PNG and read again by who has such levels, and crops of which
 * lie inside it. Checksums
 * of PNG chunks are put right first, so that what is behind them is reached. */
#include <zlib.h>

#include "data/formats/pictures.h"
#include "reading.h"

/* Larger ones would make the fuzzer slow without new paths. */
#define ROUND_TRIP_MOST 65536

static void mend_checksums(lk_bytes *bytes) {
    int64_t at = 8;
    while (lk_is_png(bytes->data, bytes->size) && bytes->size - at >= 12) {
        uint8_t *chunk = bytes->data + at;
        int64_t length = (int64_t)chunk[0] << 24 | chunk[1] << 16 | chunk[2] << 8 | chunk[3];
        if (length > bytes->size - at - 12) {
            return;
        }
        uint32_t sum = (uint32_t)crc32(0, chunk + 4, (uInt)length + 4);
        for (int i = 0; i < 4; ++i) {
            chunk[8 + length + i] = (uint8_t)(sum >> (24 - 8 * i));
        }
        at += 12 + length;
    }
}

static void check_round_trip(lk_context *context, const lk_dataset *dataset) {
    const lk_dataset_options like = {.pictures = {.settings.alpha = LK_ALPHA_KEEP,
                                                  .levels = dataset->alphabet,
                                                  .channels = (int32_t)dataset->shape.size[2]}};
    lk_dataset *again = fuzz_read_again(context, &lk_png_format, dataset, &like, dataset);
    LK_REQUIRE(lk_shape_equal(again->shape, dataset->shape));
    lk_dataset_destroy(again);
}

static void parse(lk_context *context, const lk_bytes *bytes, const lk_dataset_options *options) {
    lk_dataset *dataset = fuzz_parse(context, bytes, options);
    if (dataset != NULL && options == NULL && dataset->shape.axes == 3 &&
        dataset->variables <= ROUND_TRIP_MOST) {
        check_round_trip(context, dataset);
    }
    lk_dataset_destroy(dataset);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    lk_context context = {0};
    static const lk_dataset_options crops = {.crop = {.height = 2, .width = 3, .count = 5}};
    static const lk_dataset_options tiles = {.crop = {.height = 3, .width = 2},
                                             .role = LK_ROLE_TEST};
    static const lk_dataset_options laid = {
        .pictures = {{LK_ALPHA_WHITE, true, 8}, .levels = 256, .channels = 4}};
    lk_bytes bytes = fuzz_copy(data, size);
    if (bytes.data == NULL) {
        return 0;
    }
    mend_checksums(&bytes);
    if (lk_picture_decoder(bytes.data, bytes.size) != NULL) {
        parse(&context, &bytes, NULL);
        parse(&context, &bytes, &crops);
        parse(&context, &bytes, &tiles);
        parse(&context, &bytes, &laid);
    }
    free(bytes.data);
    return 0;
}
