/* Where paths lead: descriptors are read from where they stand and written through, links are
 * followed and stay, what is replaced hands on its mode; names that cannot be written are refused
 * before anything is. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/guard.h"
#include "base/memory.h"
#include "base/path.h"

#define MIB ((int64_t)1 << 20)

static lk_context context;
static char folder[64], path[96], name[128];

static int make_folder(void **state) {
    (void)state;
    context = (lk_context){0};
    snprintf(folder, sizeof folder, "%s/likely-path-XXXXXX", P_tmpdir);
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    snprintf(path, sizeof path, "%s/target", folder);
    snprintf(name, sizeof name, "%s/link", folder);
    return 0;
}

/* Fails when a test left more than these two. */
static int remove_folder(void **state) {
    (void)state;
    unlink(path);
    unlink(name);
    return rmdir(folder);
}

static void refused(lk_status found, lk_status status, const char *part) {
    if (found != status || strstr(context.message, part) == NULL) {
        fail_msg("wanted status %d and '%s', found %d: %s", status, part, found, context.message);
    }
}

static void put(const char *to, const char *text) {
    lk_writer *writer;
    assert_int_equal(lk_writer_create(&context, to, &writer), LK_OK);
    lk_writer_put(writer, text, (int64_t)strlen(text));
    assert_int_equal(lk_writer_commit(writer), LK_OK);
}

static void holds(const char *from, const char *text) {
    lk_bytes read;
    assert_int_equal(lk_file_read(&context, from, MIB, &read), LK_OK);
    assert_string_equal((char *)read.data, text);
    lk_bytes_release(&read);
}

static mode_t mode_of(const char *of) {
    struct stat about;
    assert_int_equal(stat(of, &about), 0);
    return about.st_mode & 07777;
}

static void descriptors_are_read_from_where_they_stand(void **state) {
    (void)state;
    char open_one[64], byte;
    put(path, "0123456789");
    int descriptor = open(path, O_RDONLY);
    assert_int_equal(read(descriptor, &byte, 1), 1);
    snprintf(open_one, sizeof open_one, "/dev/fd/%d", descriptor);
    holds(open_one, "123456789");
    holds(open_one, "");
    lseek(descriptor, 5, SEEK_SET);
    snprintf(open_one, sizeof open_one, "/proc/self/fd/%d", descriptor);
    holds(open_one, "56789");
    close(descriptor);
    lk_bytes read_bytes;
    refused(lk_file_read(&context, open_one, MIB, &read_bytes), LK_IO, strerror(EBADF));
}

static void descriptors_are_written_through(void **state) {
    (void)state;
    char open_one[64];
    put(path, "first ");
    int descriptor = open(path, O_WRONLY | O_APPEND);
    snprintf(open_one, sizeof open_one, "/dev/fd/%d", descriptor);
    assert_int_equal(lk_writer_try(&context, open_one), LK_OK);
    put(open_one, "second ");
    assert_int_equal(symlink(open_one, name), 0);
    put(name, "third");
    close(descriptor);
    holds(path, "first second third");
    descriptor = open(path, O_RDONLY);
    snprintf(open_one, sizeof open_one, "/dev/fd/%d", descriptor);
    refused(lk_writer_try(&context, open_one), LK_IO, "cannot write");
    close(descriptor);
    refused(lk_writer_try(&context, open_one), LK_IO, strerror(EBADF));
    context.standard_output = open(path, O_WRONLY | O_APPEND);
    put("/dev/stdout", ", and what stands for standard output");
    close(context.standard_output);
    context.standard_output = 0;
    holds(path, "first second third, and what stands for standard output");
}

static void links_are_followed(void **state) {
    (void)state;
    lk_place place;
    assert_int_equal(symlink("target", name), 0); /* which is not there yet */
    assert_int_equal(lk_place_find(&context, name, &place), LK_OK);
    assert_true(place.linked && !place.there && lk_place_is_file(&place));
    assert_string_equal(place.path, path);
    lk_place_release(&place);
    put(name, "through a link");
    holds(path, "through a link");
    unlink(name);
    assert_int_equal(symlink("link", name), 0);
    refused(lk_place_find(&context, name, &place), LK_IO, strerror(ELOOP));
    lk_place_release(&place);
    refused(lk_writer_try(&context, name), LK_IO, strerror(ELOOP));
}

static void names_are_tried(void **state) {
    (void)state;
    char longest[512];
    refused(lk_writer_try(&context, ""), LK_INVALID, "empty");
    refused(lk_writer_try(&context, folder), LK_IO, "is a directory");
    snprintf(longest, sizeof longest, "%s/new/", folder);
    refused(lk_writer_try(&context, longest), LK_INVALID, "names a folder");
    snprintf(longest, sizeof longest, "%s/no/where", folder);
    refused(lk_writer_try(&context, longest), LK_IO, strerror(ENOENT));
    snprintf(longest, sizeof longest, "%s/%0255d", folder, 0);
    assert_int_equal(lk_writer_try(&context, longest), LK_OK);
    snprintf(longest, sizeof longest, "%s/%0256d", folder, 0);
    refused(lk_writer_try(&context, longest), LK_IO, strerror(ENAMETOOLONG));
    assert_int_equal(lk_writer_try(&context, path), LK_OK);
    assert_int_equal(access(path, F_OK), -1);
    if (geteuid() != 0) {
        put(path, "protected");
        chmod(path, 0444);
        refused(lk_writer_try(&context, path), LK_IO, strerror(EACCES));
    }
    mkfifo(name, 0600);
    assert_int_equal(lk_writer_try(&context, name), LK_OK); /* nobody reads it: does not wait */
}

static void modes_are_kept(void **state) {
    (void)state;
    const mode_t modes[] = {0600, 0640, 0664, 0755, 0444};
    mode_t before = umask(022);
    put(path, "new");
    assert_int_equal(mode_of(path), 0644);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (geteuid() != 0 && (modes[i] & 0200) == 0) {
            continue;
        }
        chmod(path, modes[i]);
        put(path, "replaced");
        assert_int_equal(mode_of(path), modes[i]);
    }
    umask(before);
}

static void modes_are_no_wider_than_inputs(void **state) {
    (void)state;
    static const struct {
        mode_t input, replaced, expected; /* replaced 0: a new file */
    } rows[] = {{0600, 0, 0600},    {0640, 0, 0640},    {0644, 0, 0644},
                {0400, 0, 0600},    {0600, 0644, 0600}, {0640, 0666, 0660},
                {0644, 0600, 0600}, {0644, 0664, 0664}, {0600, 0755, 0700}};
    mode_t before = umask(0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        lk_guard guard = {0};
        put(name, "an input");
        unlink(path);
        chmod(name, rows[i].input);
        if (rows[i].replaced != 0) {
            put(path, "replaced");
            chmod(path, rows[i].replaced);
        }
        context.guard = &guard;
        assert_int_equal(lk_guard_input(&context, name), LK_OK);
        put(path, "derived");
        assert_int_equal(mode_of(path), rows[i].expected);
        lk_guard_deinit(&guard);
        context.guard = NULL;
        unlink(name);
    }
    umask(before);
}

static void nothing_eats_an_input(void **state) {
    (void)state;
    lk_guard guard = {0};
    lk_writer *writer;
    struct stat about;
    put(path, "an input");
    assert_int_equal(link(path, name), 0);
    assert_int_equal(stat(path, &about), 0);
    context.guard = &guard;
    assert_int_equal(lk_guard_input(&context, path), LK_OK);
    assert_int_equal(lk_guard_input(&context, "/dev/null"), LK_OK);
    assert_int_equal(lk_guard_output(&context, "/dev/null"), LK_OK);
    refused(lk_guard_output(&context, name), LK_INVALID, path);
    refused(lk_writer_create(&context, name, &writer), LK_INVALID, "over an input");
    refused(lk_writer_try(&context, path), LK_INVALID, "over an input");
    lk_guard_deinit(&guard);
    assert_int_equal(lk_guard_output(&context, name), LK_OK);
    refused(lk_guard_output(&context, path), LK_INVALID, name);
    refused(lk_guard_input(&context, path), LK_INVALID, "over an input");
    refused(lk_guard_member(&context, path, &about), LK_INVALID, "over an input");
    for (int i = 0; i < 100; i++) {
        about.st_ino += 1;
        assert_int_equal(lk_guard_member(&context, path, &about), LK_OK);
    }
    lk_guard_deinit(&guard);
    context.guard = NULL;
    put(path, "free again");
}

/* Two names of what is not there yet, and two that are other files. */
static void no_two_outputs_are_one(void **state) {
    (void)state;
    char other[PATH_MAX], *last = strrchr(name, '/');
    lk_guard guard = {0};
    unlink(name);
    snprintf(other, sizeof other, "%.*s/.%s", (int)(last - name), name, last);
    context.guard = &guard;
    assert_int_equal(lk_guard_output(&context, name), LK_OK);
    refused(lk_guard_output(&context, name), LK_INVALID, "written twice");
    refused(lk_guard_output(&context, other), LK_INVALID, name);
    refused(lk_guard_output_member(&context, other), LK_INVALID, name);
    assert_int_equal(lk_guard_output(&context, path), LK_OK);
    strcat(other, "x");
    assert_int_equal(lk_guard_output_member(&context, other), LK_OK);
    assert_int_equal(lk_guard_output_member(&context, other), LK_OK);
    assert_int_equal(lk_guard_output(&context, other), LK_OK);
    assert_int_equal(lk_guard_output(&context, "/dev/null"), LK_OK);
    assert_int_equal(lk_guard_output(&context, "/dev/null"), LK_OK);
    lk_guard_deinit(&guard);
    context.guard = NULL;
}

static void paths_have_a_folder_and_a_name(void **state) {
    (void)state;
    static const char *const rows[][3] = {
        {"a", ".", "a"},      {"a/", ".", "a"}, {"a/b", "a/", "b"}, {"a/b//", "a/", "b"},
        {"/a/b", "/a/", "b"}, {"/a", "/", "a"}, {"/", "/", ""},     {"", ".", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *in = lk_path_folder(rows[i][0]), *last = lk_path_name(rows[i][0]);
        assert_string_equal(in, rows[i][1]);
        assert_string_equal(last, rows[i][2]);
        lk_release(in);
        lk_release(last);
    }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(descriptors_are_read_from_where_they_stand),
        TEST(descriptors_are_written_through),
        TEST(links_are_followed),
        TEST(names_are_tried),
        TEST(modes_are_kept),
        TEST(modes_are_no_wider_than_inputs),
        TEST(nothing_eats_an_input),
        TEST(no_two_outputs_are_one),
        cmocka_unit_test(paths_have_a_folder_and_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
