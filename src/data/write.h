/* Writers of data formats: an encoder fills a buffer in memory; write.c packs it if asked and puts
 * it in place atomically. */
#ifndef LK_DATA_WRITE_H
#define LK_DATA_WRITE_H

#include "data/dataset.h"

/* Bytes that grow; `failed` is sticky, and putting to a failed buffer does nothing. */
typedef struct lk_buffer {
    uint8_t *data; /* owned; zero-initialised is empty */
    int64_t size, capacity;
    bool failed;
} lk_buffer;
/* Room for `size` more bytes, of which the caller then adds to buffer->size what it used; NULL when
 * out of memory. */
uint8_t *lk_buffer_room(lk_buffer *buffer, int64_t size);
void lk_buffer_put(lk_buffer *buffer, const void *data, int64_t size);
void lk_buffer_release(lk_buffer *buffer);

/* Fills the buffer; being out of memory is left to the caller to find in it. `path` is for
 * messages. */
typedef lk_status lk_encode(lk_context *context, const char *path, const lk_dataset *dataset,
                            lk_buffer *buffer);
lk_encode lk_encode_amat, lk_encode_txt, lk_encode_csv, lk_encode_npy, lk_encode_idx, lk_encode_pbm,
    lk_encode_png, lk_encode_cifar10;

/* A name that ends in a slash is a folder, which gets a PNG for each example. */
bool lk_names_folder(const char *path);
lk_status lk_dataset_write_folder(lk_context *context, const char *path, const lk_dataset *dataset);

/* The whole file at once, atomically. */
lk_status lk_buffer_write(lk_context *context, const char *path, const lk_buffer *buffer);

#endif
