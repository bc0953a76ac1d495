/* Bytes in memory that grow, and become a file all at once. */
#ifndef LK_DATA_BUFFER_H
#define LK_DATA_BUFFER_H

#include "base/file.h"

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
/* The whole file at once, atomically. */
lk_status lk_buffer_write(lk_context *context, const char *path, const lk_buffer *buffer);
/* The same, but the file gets its name with the others of the batch. */
lk_status lk_buffer_hold(lk_context *context, const char *path, const lk_buffer *buffer,
                         lk_batch *batch);

#endif
