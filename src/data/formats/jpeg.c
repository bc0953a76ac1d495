/* JPEG pictures through libjpeg: grey or RGB as examples of height x width x channels. The pixels
 * are those of the accurate integer inverse transform and smooth upsampling, which give the same
 * numbers on every processor. Damaged data are refused, where a viewer would guess. Of a file of
 * several pictures (MPO, which MPF describes) the first is read. */
#include <stdio.h> /* jpeglib.h needs it before */

#include <jpeglib.h>

#include <jerror.h>
#include <setjmp.h>
#include <string.h>

#include "base/memory.h"
#include "data/formats/pictures.h"

/* Each block of 8 x 8 pixels takes at least one bit (of arithmetic coding, which hardly anyone
 * writes, that is not so). */
#define PIXELS_FOR_ONE 512
/* Passes over the picture that a progressive file may ask for; encoders make about ten. A thousand
 * would only cost time. */
#define SCANS_MOST 100
/* Coefficients of a file of several scans are kept until the last one. */
#define COEFFICIENT_BYTES 2

typedef struct lk_jpeg {
    struct jpeg_decompress_struct decoder;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf escape;
    char message[JMSG_LENGTH_MAX];
} lk_jpeg;

bool lk_is_jpeg(const uint8_t *data, int64_t size) {
    return size >= 3 && data[0] == 0xFF && data[1] == 0xD8 && data[2] == 0xFF;
}

static void on_error(j_common_ptr common) {
    lk_jpeg *jpeg = common->client_data;
    jpeg->errors.format_message(common, jpeg->message);
    longjmp(jpeg->escape, 1);
}

/* Level -1 is a warning: libjpeg would go on with pixels that it makes up. Two of them say nothing
 * about pixels. */
static void on_message(j_common_ptr common, int level) {
    int code = common->err->msg_code;
    if (level < 0 && code != JWRN_EXTRANEOUS_DATA && code != JWRN_JFIF_MAJOR) {
        on_error(common);
    }
}

static void on_progress(j_common_ptr common) {
    lk_jpeg *jpeg = common->client_data;
    if (jpeg->decoder.input_scan_number > SCANS_MOST) {
        snprintf(jpeg->message, sizeof jpeg->message, "more than %d scans", SCANS_MOST);
        longjmp(jpeg->escape, 1);
    }
}

/* The two functions that follow call all that may jump out; nothing local is read after a jump. */
static bool read_header(lk_jpeg *jpeg, const uint8_t *data, int64_t size) {
    if (setjmp(jpeg->escape)) {
        return false;
    }
    jpeg_create_decompress(&jpeg->decoder);
    jpeg->decoder.progress = &jpeg->progress;
    jpeg_mem_src(&jpeg->decoder, data, (unsigned long)size);
    jpeg_save_markers(&jpeg->decoder, JPEG_APP0 + 1, 0xFFFF);
    jpeg_save_markers(&jpeg->decoder, JPEG_APP0 + 2, 0xFFFF);
    jpeg_read_header(&jpeg->decoder, TRUE);
    return true;
}

static bool read_rows(lk_jpeg *jpeg, const lk_picture *picture) {
    if (setjmp(jpeg->escape)) {
        return false;
    }
    jpeg->decoder.out_color_space = picture->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg->decoder.dct_method = JDCT_ISLOW;
    jpeg_start_decompress(&jpeg->decoder);
    while (jpeg->decoder.output_scanline < jpeg->decoder.output_height) {
        JSAMPROW row = (uint8_t *)picture->pixels +
                       (int64_t)jpeg->decoder.output_scanline * picture->width * picture->channels;
        jpeg_read_scanlines(&jpeg->decoder, &row, 1);
    }
    jpeg_finish_decompress(&jpeg->decoder);
    return true;
}

/* A tag of the first marker that begins so. 0: there is none. */
static int64_t find_tag(const lk_jpeg *jpeg, int marker, const char *begins, unsigned size,
                        uint16_t tag) {
    for (jpeg_saved_marker_ptr m = jpeg->decoder.marker_list; m != NULL; m = m->next) {
        if (m->marker == marker && m->data_length > size && memcmp(m->data, begins, size) == 0) {
            int64_t value = lk_tiff_tag(m->data + size, m->data_length - size, tag);
            return value > 0 ? value : 0;
        }
    }
    return 0;
}

static lk_status fail_libjpeg(lk_context *context, const char *name, const lk_jpeg *jpeg) {
    return jpeg->errors.msg_code == JERR_OUT_OF_MEMORY
               ? lk_fail_no_memory(context, name,
                                   (int64_t)jpeg->decoder.image_height * jpeg->decoder.image_width)
               : lk_fail(context, LK_FORMAT, "%s: libjpeg cannot read it: %s", name, jpeg->message);
}

static lk_status decode(lk_context *context, const char *name, const uint8_t *data, int64_t size,
                        const lk_picture_wish *wish, lk_jpeg *jpeg, lk_picture *picture) {
    if (!read_header(jpeg, data, size)) {
        return fail_libjpeg(context, name, jpeg);
    }
    picture->height = jpeg->decoder.image_height;
    picture->width = jpeg->decoder.image_width;
    picture->channels = jpeg->decoder.num_components;
    picture->alphabet = 256;
    int64_t turned = find_tag(jpeg, JPEG_APP0 + 1, "Exif\0", 6, LK_EXIF_ORIENTATION);
    picture->orientation = turned <= 8 ? (int32_t)turned : 0;
    picture->frames = find_tag(jpeg, JPEG_APP0 + 2, "MPF", 4, LK_MPF_PICTURES);
    if (picture->channels != 1 && picture->channels != 3) {
        return lk_fail(context, LK_UNSUPPORTED,
                       "%s: a JPEG of %d channels; grey and RGB are read, so convert it first (it "
                       "may be CMYK, made for printing)",
                       name, picture->channels);
    }
    int64_t kept = jpeg_has_multiple_scans(&jpeg->decoder) ? COEFFICIENT_BYTES : 0;
    LK_TRY(lk_picture_check(context, name, picture, wish, size, PIXELS_FOR_ONE, kept));
    LK_TRY(lk_picture_allocate(context, name, picture));
    return read_rows(jpeg, picture) ? lk_picture_finish(context, name, wish, picture)
                                    : fail_libjpeg(context, name, jpeg);
}

lk_status lk_jpeg_decode(lk_context *context, const char *name, const uint8_t *data, int64_t size,
                         const lk_picture_wish *wish, lk_picture *picture) {
    lk_jpeg jpeg = {.progress.progress_monitor = on_progress};
    *picture = (lk_picture){0};
    jpeg.decoder.err = jpeg_std_error(&jpeg.errors);
    jpeg.decoder.client_data = &jpeg; /* kept by jpeg_create_decompress */
    jpeg.errors.error_exit = on_error;
    jpeg.errors.emit_message = on_message;
    lk_status status = decode(context, name, data, size, wish, &jpeg, picture);
    jpeg_destroy_decompress(&jpeg.decoder);
    return status;
}

static lk_status read_jpeg(lk_context *context, const lk_reading *reading, lk_dataset *dataset) {
    return lk_picture_read(context, reading, lk_jpeg_decode, dataset);
}

const lk_format lk_jpeg_format = {
    .name = "jpeg",
    .kind = "a JPEG picture",
    .number = LK_FROM_JPEG,
    .traits = LK_KEEPS_ALPHABET | LK_HAS_PICTURES,
    .recognise = lk_is_jpeg,
    .read = read_jpeg,
    .restored_as = LK_FROM_PNG,
};
