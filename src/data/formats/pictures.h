/* Formats of pictures: decoders, and their pictures as data sets. */
#ifndef LK_DATA_FORMATS_PICTURES_H
#define LK_DATA_FORMATS_PICTURES_H

#include "data/formats/format.h"
#include "data/picture.h"

/* In EXIF, which is TIFF; and how many pictures a file of several (MPF) has. */
#define LK_EXIF_ORIENTATION 0x0112
#define LK_MPF_PICTURES 0xB001

/* Decodes a whole file in memory, as it is wished for; `name` is for messages. CMYK is refused.
 * *picture is the caller's: lk_picture_deinit, also after a failure. */
typedef lk_status lk_picture_decode(lk_context *context, const char *name, const uint8_t *data,
                                    int64_t size, const lk_picture_wish *wish, lk_picture *picture);
lk_picture_decode lk_png_decode, lk_jpeg_decode, lk_pnm_decode;
/* The decoder for these bytes; NULL: none. A PBM is a picture too. */
lk_picture_decode *lk_picture_decoder(const uint8_t *data, int64_t size);

bool lk_is_png(const uint8_t *data, int64_t size);
bool lk_is_jpeg(const uint8_t *data, int64_t size);
bool lk_is_pnm(const uint8_t *data, int64_t size); /* PGM, PPM, PAM */
bool lk_is_pbm(const uint8_t *data, int64_t size);
/* A header of one of these kinds, digits. */
bool lk_is_netpbm(const uint8_t *data, int64_t size, const char *kinds);
/* Whether a picture of that shape, or a crop of it, may be an example; for a wish's `fits`. */
lk_status lk_picture_fits(lk_context *context, const lk_reading *reading, const char *name,
                          lk_shape shape);
/* Decodes what a data set is read from: values must be below reading->limit. The wish is the
 * reading's, but for what it asks of shapes. */
lk_status lk_picture_decode_for(lk_context *context, const lk_reading *reading,
                                const lk_picture_wish *wish, lk_picture_decode *decode,
                                lk_picture *picture);
/* A format's `read`: the picture as one example of height x width x channels. */
lk_status lk_picture_read(lk_context *context, const lk_reading *reading, lk_picture_decode *decode,
                          lk_dataset *dataset);
/* Says in the data set's note what became of its pictures. */
lk_status lk_picture_tell(lk_context *context, const lk_picture_tally *tally, lk_dataset *dataset);
lk_status lk_pbm_writable(lk_context *context, const char *path, const lk_dataset *dataset);
/* An example's shape as that of a picture: height, width, channels; a vector that is no square is a
 * line. Of 4 axes: none. */
lk_shape lk_picture_shape(lk_shape shape);
/* LK_INVALID: not one picture, or none at all. */
lk_status lk_picture_writable(lk_context *context, const char *path, const lk_dataset *dataset);

#endif
