/* Event files byte by byte: check sums of known texts, records and their messages as the wire
 * format has them. tools/check_tensorboard.sh has TensorBoard read them. */
#include "train/events.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static uint32_t masked(uint32_t crc) {
    return ((crc >> 15) | (crc << 17)) + 0xA282EAD8u;
}

/* RFC 3720, B.4, and the check value of the CRC catalogues. */
static void check_sums(void **unused) {
    (void)unused;
    uint8_t zeros[32] = {0}, ones[32], ascending[32];
    memset(ones, 0xFF, sizeof ones);
    for (int i = 0; i < 32; i++) {
        ascending[i] = (uint8_t)i;
    }
    assert_int_equal(lk_masked_crc32c("123456789", 9), masked(0xE3069283u));
    assert_int_equal(lk_masked_crc32c(zeros, 32), masked(0x8A9136AAu));
    assert_int_equal(lk_masked_crc32c(ones, 32), masked(0x62A8AB43u));
    assert_int_equal(lk_masked_crc32c(ascending, 32), masked(0x46DD794Eu));
    assert_int_equal(lk_masked_crc32c("", 0), masked(0));
}

/* The one file of a folder, taken away with it. */
static int64_t take(const char *folder, uint8_t *bytes, int64_t most) {
    char path[512] = "";
    DIR *list = opendir(folder);
    for (struct dirent *entry; (entry = readdir(list)) != NULL;) {
        if (strncmp(entry->d_name, "events.out.tfevents.", 20) == 0) {
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        }
    }
    closedir(list);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    int64_t size = (int64_t)fread(bytes, 1, (size_t)most, file);
    fclose(file);
    unlink(path);
    rmdir(folder);
    return size;
}

static uint32_t little(const uint8_t *at) {
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* The next record's message; both check sums agree. */
static const uint8_t *next(const uint8_t **at, int64_t *size) {
    const uint8_t *record = *at;
    *size = little(record);
    assert_int_equal(little(record + 4), 0);
    assert_int_equal(little(record + 8), lk_masked_crc32c(record, 8));
    assert_int_equal(little(record + 12 + *size), lk_masked_crc32c(record + 12, *size));
    *at = record + 12 + *size + 4;
    return record + 12;
}

static void expect(const uint8_t *got, int64_t size, const void *want, int64_t length) {
    assert_int_equal(size, length);
    assert_memory_equal(got, want, (size_t)length);
}

#define TIME 9 /* bytes of the wall time, which begins every event */

static void records(void **unused) {
    (void)unused;
    static const char number[] = "\x10\xAC\x02"          /* step 300 */
                                 "\x2A\x0A"              /* summary */
                                 "\x0A\x08"              /* value */
                                 "\x0A\x01t"             /* tag */
                                 "\x15\x00\x00\xC0\x3F"; /* 1.5 */
    static const char picture[] = "\x10\x00\x2A\x12\x0A\x10\x0A\x01p"
                                  "\x22\x0B\x08\x02\x10\x03\x18\x01\x22\x03PNG";
    static const char text[] = "\x10\x01\x2A\x1D\x0A\x1B\x0A\x01w"
                               "\x42\x0C\x08\x07\x12\x04\x12\x02\x08\x01\x42\x02"
                               "ab"
                               "\x4A\x08\x0A\x06\x0A\x04text";
    char folder[] = "/tmp/likely-events-test-XXXXXX";
    uint8_t bytes[4096];
    lk_context *context;
    lk_events *events;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(lk_context_create(1, &context), LK_OK);
    assert_int_equal(lk_events_create(context, folder, &events), LK_OK);
    lk_events_number(events, 300, "t", 1.5);
    lk_events_picture(events, 0, "p", 2, 3, 1, "PNG", 3);
    lk_events_text(events, 1, "w", "ab");
    assert_int_equal(lk_events_flush(events), LK_OK);
    lk_events_close(events);
    int64_t size = take(folder, bytes, sizeof bytes), here;
    const uint8_t *at = bytes, *event = next(&at, &here);
    expect(event + TIME, here - TIME,
           "\x1A\x0D"
           "brain.Event:2",
           15);
    event = next(&at, &here);
    assert_int_equal(event[0], 1 << 3 | 1);
    expect(event + TIME, here - TIME, number, sizeof number - 1);
    event = next(&at, &here);
    expect(event + TIME, here - TIME, picture, sizeof picture - 1);
    event = next(&at, &here);
    expect(event + TIME, here - TIME, text, sizeof text - 1);
    assert_int_equal(at - bytes, size);
    assert_int_equal(lk_events_create(context, "/no/such/folder", &events), LK_IO);
    assert_null(events);
    lk_context_destroy(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(check_sums), cmocka_unit_test(records)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
