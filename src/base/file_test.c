/* Files: what is written is read back, gzip in all its shapes is unpacked or refused, and a failed
 * or abandoned writer leaves the target as it was and nothing beside it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/random.h"

#define MIB ((int64_t)1 << 20)

typedef struct place {
    lk_context *context;
    char folder[64];
    char path[96]; /* FOLDER/target */
} place;

static const lk_random DRAWS = {.seed = 5, .purpose = LK_FOR_CHECK};

static int make_place(void **state) {
    place *here = calloc(1, sizeof *here);
    here->context = calloc(1, sizeof *here->context);
    snprintf(here->folder, sizeof here->folder, "%s/likely-file-XXXXXX", P_tmpdir);
    if (mkdtemp(here->folder) == NULL) {
        return -1;
    }
    snprintf(here->path, sizeof here->path, "%s/target", here->folder);
    *state = here;
    return 0;
}

static int entries(const place *here) {
    int count = 0;
    DIR *folder = opendir(here->folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        count += entry->d_name[0] != '.';
    }
    closedir(folder);
    return count;
}

static int remove_place(void **state) {
    place *here = *state;
    unlink(here->path);
    int left = entries(here);
    rmdir(here->folder);
    lk_context_destroy(here->context);
    free(here);
    return left == 0 ? 0 : -1;
}

static void says(const place *here, const char *part) {
    const char *message = lk_context_message(here->context);
    if (strstr(message, part) == NULL || strchr(message, '\n') != NULL) {
        fail_msg("expected \"%s\" in one line, got: %s", part, message);
    }
}

static void write_whole(place *here, const void *data, int64_t size) {
    lk_writer *writer;
    assert_int_equal(lk_writer_create(here->context, here->path, &writer), LK_OK);
    lk_writer_put(writer, data, size);
    assert_int_equal(lk_writer_commit(writer), LK_OK);
}

/* Without the writer's flush to the disk, which takes its time. */
static void write_fast(place *here, const void *data, int64_t size) {
    FILE *file = fopen(here->path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, (size_t)size, file), size);
    fclose(file);
}

/* Bytes that neither repeat nor begin like gzip. */
static uint8_t *some_bytes(int64_t size) {
    uint8_t *bytes = lk_allocate(size + 1, 1);
    for (int64_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)lk_random_below(DRAWS, 0, (uint64_t)i, 200);
    }
    return bytes;
}

static void reads_what_it_wrote(void **state) {
    place *here = *state;
    const int64_t sizes[] = {0, 1, 3, 17, 65535, 65536, 65537, 300001};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint8_t *written = some_bytes(sizes[i]);
        lk_writer *writer;
        assert_int_equal(lk_writer_create(here->context, here->path, &writer), LK_OK);
        for (int64_t at = 0, step = 1; at < sizes[i]; at += step, step = step * 3 + 1) {
            step = step > sizes[i] - at ? sizes[i] - at : step;
            lk_writer_put(writer, written + at, step);
        }
        assert_int_equal(lk_writer_commit(writer), LK_OK);
        lk_bytes read;
        assert_int_equal(lk_file_read(here->context, here->path, sizes[i], &read), LK_OK);
        assert_int_equal(read.size, sizes[i]);
        assert_memory_equal(read.data, written, (size_t)sizes[i]);
        assert_int_equal(read.data[read.size], 0);
        lk_bytes_release(&read);
        if (sizes[i] > 0) {
            assert_int_equal(lk_file_read(here->context, here->path, sizes[i] - 1, &read),
                             LK_FORMAT);
            assert_null(read.data);
            says(here, here->path);
            says(here, "larger than the limit");
            assert_int_equal(lk_file_read_raw(here->context, here->path, sizes[i] - 1, &read),
                             LK_FORMAT);
        }
        lk_release(written);
        assert_int_equal(entries(here), 1);
    }
}

static void refuses_what_it_cannot_open(void **state) {
    place *here = *state;
    lk_bytes read;
    lk_writer *writer;
    assert_int_equal(lk_file_read(here->context, here->path, MIB, &read), LK_IO);
    says(here, "No such file");
    assert_int_equal(lk_file_read(here->context, here->folder, MIB, &read), LK_IO);
    says(here, "is a directory");
    assert_int_equal(lk_writer_create(here->context, here->folder, &writer), LK_IO);
    says(here, "is a directory");
    char nowhere[128];
    snprintf(nowhere, sizeof nowhere, "%s/no/where", here->folder);
    assert_int_equal(lk_writer_create(here->context, nowhere, &writer), LK_IO);
    says(here, "cannot create");
    assert_null(writer);
    lk_writer_abandon(NULL);
}

static void reads_a_pipe(void **state) {
    place *here = *state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "through a pipe", 14), 14);
    close(ends[1]);
    char path[64];
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    lk_bytes read;
    assert_int_equal(lk_file_read(here->context, path, MIB, &read), LK_OK);
    assert_string_equal((char *)read.data, "through a pipe");
    lk_bytes_release(&read);
    close(ends[0]);
}

/* One gzip member of `data` in `packed`, which has room; its size. */
static int64_t pack(const uint8_t *data, int64_t size, uint8_t *packed, int64_t room) {
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 9, Z_DEFAULT_STRATEGY),
                     Z_OK);
    stream.next_in = (Bytef *)(uintptr_t)data;
    stream.avail_in = (uInt)size;
    stream.next_out = packed;
    stream.avail_out = (uInt)room;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    return room - stream.avail_out;
}

static void unpacks_members(void **state) {
    place *here = *state;
    const int64_t sizes[] = {0, 1, 5000, 200000};
    uint8_t *expected = lk_allocate(MIB, 1), *packed = lk_allocate(MIB, 1);
    int64_t whole = 0, at = 0;
    for (int i = 0; i < 4; i++) {
        uint8_t *part = some_bytes(sizes[i]);
        memcpy(expected + whole, part, (size_t)sizes[i]);
        at += pack(part, sizes[i], packed + at, MIB - at);
        whole += sizes[i];
        lk_release(part);
        write_whole(here, packed, at + (i == 3 ? 512 : 0)); /* and padded with zeros */
        lk_bytes read;
        assert_int_equal(lk_file_read(here->context, here->path, whole, &read), LK_OK);
        assert_int_equal(read.size, whole);
        assert_memory_equal(read.data, expected, (size_t)whole);
        assert_int_equal(read.data[whole], 0);
        lk_bytes_release(&read);
        assert_int_equal(lk_file_read_raw(here->context, here->path, MIB, &read), LK_OK);
        assert_memory_equal(read.data, packed, (size_t)at);
        lk_bytes_release(&read);
        if (whole > 0) {
            assert_int_equal(lk_file_read(here->context, here->path, whole - 1, &read), LK_FORMAT);
            says(here, "when unpacked");
        }
    }
    memcpy(packed + at, "junk", 4);
    write_whole(here, packed, at + 4);
    lk_bytes read;
    assert_int_equal(lk_file_read(here->context, here->path, MIB, &read), LK_CORRUPT);
    says(here, "are not gzip");
    lk_release(expected);
    lk_release(packed);
}

static void stops_a_bomb(void **state) {
    place *here = *state;
    uint8_t *zeros = lk_allocate(64 * MIB, 1), *packed = lk_allocate(MIB, 1);
    write_whole(here, packed, pack(zeros, 64 * MIB, packed, MIB));
    lk_bytes read;
    assert_int_equal(lk_file_read(here->context, here->path, MIB, &read), LK_FORMAT);
    says(here, "when unpacked");
    assert_null(read.data);
    lk_release(zeros);
    lk_release(packed);
}

/* Every truncation and every flipped byte is refused, or harmless (a time stamp in the header). */
static void refuses_damage(void **state) {
    place *here = *state;
    uint8_t text[300], packed[1000];
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = (uint8_t)('a' + lk_random_below(DRAWS, 1, i, 4));
    }
    int64_t size = pack(text, sizeof text, packed, sizeof packed);
    lk_bytes read;
    for (int64_t cut = 2; cut < size; cut++) {
        write_fast(here, packed, cut);
        assert_int_equal(lk_file_read(here->context, here->path, MIB, &read), LK_CORRUPT);
        says(here, "truncated");
    }
    int harmless = 0;
    for (int64_t at = 2; at < size; at++) {
        packed[at] ^= 0x10;
        write_fast(here, packed, size);
        lk_status status = lk_file_read(here->context, here->path, MIB, &read);
        if (status == LK_OK) {
            harmless++;
            assert_int_equal(read.size, sizeof text);
            assert_memory_equal(read.data, text, sizeof text);
            lk_bytes_release(&read);
        } else {
            assert_int_equal(status, LK_CORRUPT);
        }
        packed[at] ^= 0x10;
    }
    assert_true(harmless <= 7); /* time, extra flags, operating system, the last bits' padding */
}

static void check_content(place *here, const char *expected, int files) {
    lk_bytes read;
    assert_int_equal(lk_file_read(here->context, here->path, MIB, &read), LK_OK);
    assert_string_equal((char *)read.data, expected);
    lk_bytes_release(&read);
    assert_int_equal(entries(here), files);
}

static void replaces_at_once(void **state) {
    place *here = *state;
    write_whole(here, "old", 3);
    lk_writer *writer;
    assert_int_equal(lk_writer_create(here->context, here->path, &writer), LK_OK);
    lk_writer_printf(writer, "%s %0*d\n", "new", 300000, 7);
    check_content(here, "old", 2);
    lk_writer_abandon(writer);
    check_content(here, "old", 1);
    assert_int_equal(lk_writer_create(here->context, here->path, &writer), LK_OK);
    lk_writer_printf(writer, "%s %d", "new", 7);
    check_content(here, "old", 2);
    assert_int_equal(lk_writer_commit(writer), LK_OK);
    check_content(here, "new 7", 1);
}

static void takes_over_a_left_file(void **state) {
    place *here = *state;
    char left[160];
    snprintf(left, sizeof left, "%s.tmp-%ld", here->path, (long)getpid());
    int descriptor = open(left, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(descriptor, "left by a killed process", 24), 24);
    assert_int_equal(fchmod(descriptor, 01600), 0);
    close(descriptor);
    write_whole(here, "new", 3);
    check_content(here, "new", 1);
}

static void follows_a_link(void **state) {
    place *here = *state;
    char name[128];
    snprintf(name, sizeof name, "%s/link", here->folder);
    write_whole(here, "old", 3);
    assert_int_equal(symlink("target", name), 0);
    lk_writer *writer;
    assert_int_equal(lk_writer_create(here->context, name, &writer), LK_OK);
    lk_writer_put(writer, "new", 3);
    assert_int_equal(lk_writer_commit(writer), LK_OK);
    check_content(here, "new", 2);
    struct stat about;
    assert_int_equal(lstat(name, &about), 0);
    assert_true(S_ISLNK(about.st_mode));
    unlink(name);
}

/* A file size limit stands for a disk that runs full while the file is written. */
static void survives_a_full_disk(void **state) {
    place *here = *state;
    write_whole(here, "old", 3);
    struct rlimit before, full;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    full = before;
    full.rlim_cur = 100000;
    signal(SIGXFSZ, SIG_IGN);
    uint8_t *data = some_bytes(90000);
    lk_writer *writer;
    assert_int_equal(lk_writer_create(here->context, here->path, &writer), LK_OK);
    setrlimit(RLIMIT_FSIZE, &full);
    for (int i = 0; i < 4; i++) {
        lk_writer_put(writer, data, 90000);
        lk_writer_printf(writer, "and a line\n");
    }
    lk_status status = lk_writer_commit(writer);
    setrlimit(RLIMIT_FSIZE, &before);
    lk_release(data);
    assert_int_equal(status, LK_IO);
    says(here, "cannot write at byte 100000");
    says(here, strerror(EFBIG));
    check_content(here, "old", 1);
}

static void leaves_devices_alone(void **state) {
    place *here = *state;
    lk_writer *writer;
    struct stat about;
    const char *devices[] = {"/dev/full", "/dev/null"};
    for (int i = 0; i < 2; i++) {
        if (stat(devices[i], &about) != 0 || !S_ISCHR(about.st_mode)) {
            continue;
        }
        assert_int_equal(lk_writer_create(here->context, devices[i], &writer), LK_OK);
        lk_writer_put(writer, "text", 4);
        assert_int_equal(lk_writer_commit(writer), i == 0 ? LK_IO : LK_OK);
        assert_int_equal(stat(devices[i], &about), 0);
        assert_true(S_ISCHR(about.st_mode));
    }
    says(here, strerror(ENOSPC));
    says(here, "free some space");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)
    const struct CMUnitTest tests[] = {
        TEST(reads_what_it_wrote),  TEST(refuses_what_it_cannot_open),
        TEST(reads_a_pipe),         TEST(unpacks_members),
        TEST(stops_a_bomb),         TEST(refuses_damage),
        TEST(replaces_at_once),     TEST(takes_over_a_left_file),
        TEST(follows_a_link),       TEST(survives_a_full_disk),
        TEST(leaves_devices_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
