#include "data/buffer.h"

#include <string.h>

#include "base/memory.h"

uint8_t *lk_buffer_room(lk_buffer *buffer, int64_t size) {
    if (buffer->failed) {
        return NULL;
    }
    if (size > buffer->capacity - buffer->size) {
        int64_t capacity = buffer->capacity + buffer->capacity / 2;
        capacity = capacity < buffer->size + size ? buffer->size + size : capacity;
        uint8_t *data = lk_resize(buffer->data, capacity, 1);
        if (!data) {
            buffer->failed = true;
            return NULL;
        }
        buffer->data = data;
        buffer->capacity = capacity;
    }
    return buffer->data + buffer->size;
}

void lk_buffer_put(lk_buffer *buffer, const void *data, int64_t size) {
    uint8_t *room = size > 0 ? lk_buffer_room(buffer, size) : NULL;
    if (room) {
        memcpy(room, data, (size_t)size);
        buffer->size += size;
    }
}

void lk_buffer_release(lk_buffer *buffer) {
    lk_release(buffer->data);
    *buffer = (lk_buffer){0};
}

static lk_status write_to(lk_context *context, const char *path, const lk_buffer *buffer,
                          lk_writer **writer) {
    if (buffer->failed) {
        return lk_fail_no_memory(context, path, buffer->size);
    }
    LK_TRY(lk_writer_create(context, path, writer));
    lk_writer_put(*writer, buffer->data, buffer->size);
    return LK_OK;
}

lk_status lk_buffer_write(lk_context *context, const char *path, const lk_buffer *buffer) {
    lk_writer *writer;
    LK_TRY(write_to(context, path, buffer, &writer));
    return lk_writer_commit(writer);
}

lk_status lk_buffer_hold(lk_context *context, const char *path, const lk_buffer *buffer,
                         lk_batch *batch) {
    lk_writer *writer;
    LK_TRY(write_to(context, path, buffer, &writer));
    return lk_writer_hold(writer, batch);
}
