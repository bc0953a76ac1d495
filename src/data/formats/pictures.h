/* Formats of pictures: decoders, and their pictures as data sets. */
#ifndef LK_DATA_FORMATS_PICTURES_H
#define LK_DATA_FORMATS_PICTURES_H

#include "data/formats/format.h"
#include "data/picture.h"

/* Decodes a whole file in memory; `name` is for messages. Opaque alpha channels are dropped;
 * visible transparency, 16-bit channels and CMYK are refused. *picture is the caller's:
 * lk_picture_deinit, also after a failure. */
typedef lk_status lk_picture_decode(lk_context *context, const char *name, const uint8_t *data,
                                    int64_t size, lk_picture *picture);
lk_picture_decode lk_png_decode, lk_jpeg_decode;
/* The decoder for these bytes; NULL: neither PNG nor JPEG. */
lk_picture_decode *lk_picture_decoder(const uint8_t *data, int64_t size);

bool lk_is_png(const uint8_t *data, int64_t size);
bool lk_is_jpeg(const uint8_t *data, int64_t size);
/* Decodes what a data set is read from: values must be below reading->limit, and where crops are
 * asked for, one must fit. */
lk_status lk_picture_decode_for(lk_context *context, const lk_reading *reading,
                                lk_picture_decode *decode, lk_picture *picture);
/* A format's `read`: the picture as one example of height x width x channels. */
lk_status lk_picture_read(lk_context *context, const lk_reading *reading, lk_picture_decode *decode,
                          lk_dataset *dataset);

#endif
