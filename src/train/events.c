#include "train/events.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/append.h"
#include "base/memory.h"
#include "data/buffer.h"

#define POLYNOMIAL 0x82F63B78u /* of CRC-32C, its bits reversed */
#define MASK 0xA282EAD8u
#define DT_STRING 7

/* Wire types of protocol buffers. */
enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

struct lk_events {
    lk_context *context;
    char *path; /* owned */
    FILE *file;
    lk_buffer pending; /* whole records */
    lk_status status;
};

/* ---- check sums ------------------------------------------------------------------------------ */

uint32_t lk_masked_crc32c(const void *bytes, int64_t size) {
    const uint8_t *at = bytes;
    uint32_t crc = ~0u;
    for (int64_t i = 0; i < size; i++) {
        crc ^= at[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ (POLYNOMIAL & (0u - (crc & 1u)));
        }
    }
    crc = ~crc;
    return ((crc >> 15) | (crc << 17)) + MASK;
}

/* ---- protocol buffers ------------------------------------------------------------------------ */

static void put_little(lk_buffer *to, uint64_t value, int bytes) {
    uint8_t little[8];
    for (int i = 0; i < bytes; i++) {
        little[i] = (uint8_t)(value >> (8 * i));
    }
    lk_buffer_put(to, little, bytes);
}

static void put_varint(lk_buffer *to, uint64_t value) {
    do {
        uint8_t byte = (uint8_t)((value & 0x7F) | (value > 0x7F ? 0x80 : 0));
        lk_buffer_put(to, &byte, 1);
        value >>= 7;
    } while (value > 0);
}

static void put_key(lk_buffer *to, int field, int type) {
    put_varint(to, (uint64_t)(field << 3 | type));
}

static void put_integer(lk_buffer *to, int field, int64_t value) {
    put_key(to, field, VARINT);
    put_varint(to, (uint64_t)value);
}

static void put_double(lk_buffer *to, int field, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_key(to, field, FIXED64);
    put_little(to, bits, 8);
}

static void put_float(lk_buffer *to, int field, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_key(to, field, FIXED32);
    put_little(to, bits, 4);
}

static void put_bytes(lk_buffer *to, int field, const void *bytes, int64_t size) {
    put_key(to, field, BYTES);
    put_varint(to, (uint64_t)size);
    lk_buffer_put(to, bytes, size);
}

static void put_string(lk_buffer *to, int field, const char *text) {
    put_bytes(to, field, text, (int64_t)strlen(text));
}

/* A message inside another one, which is released. */
static void put_message(lk_buffer *to, int field, lk_buffer *message) {
    put_bytes(to, field, message->data, message->size);
    to->failed = to->failed || message->failed;
    lk_buffer_release(message);
}

/* ---- records --------------------------------------------------------------------------------- */

static void put_record(lk_events *e, lk_buffer *event) {
    lk_buffer length = {0};
    put_little(&length, (uint64_t)event->size, 8);
    e->pending.failed = e->pending.failed || event->failed || length.failed;
    if (!e->pending.failed) {
        lk_buffer_put(&e->pending, length.data, 8);
        put_little(&e->pending, lk_masked_crc32c(length.data, 8), 4);
        lk_buffer_put(&e->pending, event->data, event->size);
        put_little(&e->pending, lk_masked_crc32c(event->data, event->size), 4);
    }
    lk_buffer_release(&length);
    lk_buffer_release(event);
}

static double wall_time(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* One value of a summary, which is released. */
static void put_value(lk_events *e, int64_t step, lk_buffer *value) {
    lk_buffer event = {0}, summary = {0};
    put_message(&summary, 1, value);
    put_double(&event, 1, wall_time());
    put_integer(&event, 2, step);
    put_message(&event, 5, &summary);
    put_record(e, &event);
}

void lk_events_number(lk_events *e, int64_t step, const char *tag, double number) {
    lk_buffer value = {0};
    put_string(&value, 1, tag);
    put_float(&value, 2, (float)number);
    put_value(e, step, &value);
}

void lk_events_picture(lk_events *e, int64_t step, const char *tag, int64_t height, int64_t width,
                       int32_t channels, const void *png, int64_t size) {
    lk_buffer value = {0}, image = {0};
    put_integer(&image, 1, height);
    put_integer(&image, 2, width);
    put_integer(&image, 3, channels);
    put_bytes(&image, 4, png, size);
    put_string(&value, 1, tag);
    put_message(&value, 4, &image);
    put_value(e, step, &value);
}

void lk_events_text(lk_events *e, int64_t step, const char *tag, const char *text) {
    lk_buffer value = {0}, metadata = {0}, plugin = {0}, tensor = {0}, shape = {0}, axis = {0};
    put_string(&plugin, 1, "text");
    put_message(&metadata, 1, &plugin);
    put_integer(&axis, 1, 1);
    put_message(&shape, 2, &axis);
    put_integer(&tensor, 1, DT_STRING);
    put_message(&tensor, 2, &shape);
    put_string(&tensor, 8, text);
    put_string(&value, 1, tag);
    put_message(&value, 8, &tensor);
    put_message(&value, 9, &metadata);
    put_value(e, step, &value);
}

/* ---- the file -------------------------------------------------------------------------------- */

lk_status lk_events_flush(lk_events *e) {
    if (e->status != LK_OK) {
        return e->status;
    }
    bool failed = e->pending.failed;
    if (!failed && e->pending.size > 0 &&
        (fwrite(e->pending.data, 1, (size_t)e->pending.size, e->file) != (size_t)e->pending.size ||
         fflush(e->file) != 0)) {
        e->status = lk_fail(e->context, LK_IO, "%s: cannot write: %s", e->path, strerror(errno));
    } else if (failed) {
        e->status = lk_fail_no_memory(e->context, e->path, e->pending.size);
    }
    e->pending.size = 0;
    return e->status;
}

static lk_status open_file(lk_events *e, const char *folder) {
    e->path = lk_print("%s/events.out.tfevents.%010lld.likely.%lld", folder, (long long)time(NULL),
                       (long long)getpid());
    if (e->path == NULL) {
        return lk_fail_no_memory(e->context, "path", (int64_t)strlen(folder));
    }
    LK_TRY(lk_append_open(e->context, e->path, &e->file));
    lk_buffer event = {0};
    put_double(&event, 1, wall_time());
    put_string(&event, 3, "brain.Event:2");
    put_record(e, &event);
    return lk_events_flush(e);
}

lk_status lk_events_create(lk_context *context, const char *folder, lk_events **events) {
    *events = NULL;
    lk_events *made = lk_allocate(1, sizeof *made);
    if (made == NULL) {
        return lk_fail_no_memory(context, "events", (int64_t)sizeof *made);
    }
    made->context = context;
    lk_status status = open_file(made, folder);
    if (status != LK_OK) {
        lk_events_close(made);
        return status;
    }
    *events = made;
    return LK_OK;
}

void lk_events_close(lk_events *e) {
    if (e != NULL) {
        if (e->file != NULL) {
            fclose(e->file);
        }
        lk_buffer_release(&e->pending);
        lk_release(e->path);
        lk_release(e);
    }
}
