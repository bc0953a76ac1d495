/* Temporaries vanish: with their process if it walks the list, by the next one if it could not. */
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
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/temporary.h"

#define MANY 150 /* more than a block of the list holds */

static lk_context context;
static char folder[64], path[96];

static int make_folder(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "%s/likely-temporary-XXXXXX", P_tmpdir);
    snprintf(path, sizeof path, "%s/target", mkdtemp(folder));
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    return rmdir(folder);
}

static void name_left(char left[160], const char *ending) {
    snprintf(left, 160, "%s.tmp-%s", path, ending);
}

static bool there(const char *ending) {
    char left[160];
    name_left(left, ending);
    return access(left, F_OK) == 0;
}

static void leave(const char *ending) {
    char left[160];
    name_left(left, ending);
    int descriptor = open(left, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(fchmod(descriptor, 0600 | LK_TEMPORARY_MARK), 0);
    close(descriptor);
}

static void take_away(const char *ending) {
    char left[160];
    name_left(left, ending);
    assert_int_equal(unlink(left), 0);
}

static void open_many(lk_temporary **temporaries) {
    for (int i = 0; i < MANY; i++) {
        int descriptor;
        assert_int_equal(lk_temporary_create(&context, path, 0600, &temporaries[i], &descriptor),
                         LK_OK);
        assert_true(descriptor >= 0);
    }
}

/* In a process of its own, since nothing is to be done with temporaries after that. */
static void the_list_is_removed(void **state) {
    (void)state;
    lk_temporary *temporaries[MANY], *lock;
    pid_t child = fork();
    if (child == 0) {
        open_many(temporaries);
        assert_int_equal(lk_temporary_lock(&context, path, &lock), LK_OK);
        lk_temporary_remove(temporaries[7]);
        lk_temporaries_remove();
        lk_temporary_remove(temporaries[8]); /* does no harm */
        _exit(rmdir(folder) == 0 ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(mkdir(folder, 0700), 0);
}

static void one_ends_another_stays(void **state) {
    (void)state;
    lk_temporary *first, *second;
    int descriptor[2];
    char number[32], next[40];
    snprintf(number, sizeof number, "%ld", (long)getpid());
    snprintf(next, sizeof next, "%s-1", number);
    assert_int_equal(lk_temporary_create(&context, path, 0600, &first, &descriptor[0]), LK_OK);
    assert_int_equal(lk_temporary_create(&context, path, 0600, &second, &descriptor[1]), LK_OK);
    assert_true(there(number) && there(next));
    lk_temporaries_sweep(path); /* both are in use */
    assert_true(there(number) && there(next));
    assert_true(lk_temporary_rename(first, path));
    assert_true(!there(number) && there(next));
    lk_temporary_remove(second);
    assert_false(there(next));
    assert_int_equal(unlink(path), 0);
    close(descriptor[0]);
    close(descriptor[1]);
}

/* Somebody else's file may have such a name. */
static void what_is_not_ours_stays(void **state) {
    (void)state;
    lk_temporary *temporary, *lock;
    struct stat about;
    int descriptor;
    char own[32], next[40], left[160];
    snprintf(own, sizeof own, "%ld", (long)getpid());
    snprintf(next, sizeof next, "%s-1", own);
    const char *const names[] = {own, "99999999", "lock"};
    for (int i = 0; i < 3; i++) {
        name_left(left, names[i]);
        close(open(left, O_WRONLY | O_CREAT, 0644));
    }
    lk_temporaries_sweep(path);
    assert_int_equal(lk_temporary_lock(&context, path, &lock), LK_INVALID);
    assert_non_null(strstr(context.message, "target.tmp-lock stands in the way"));
    assert_int_equal(lk_temporary_create(&context, path, 0640, &temporary, &descriptor), LK_OK);
    for (int i = 0; i < 3; i++) {
        assert_true(there(names[i]));
        take_away(names[i]);
    }
    assert_int_equal(fstat(descriptor, &about), 0);
    assert_int_equal(about.st_mode & LK_TEMPORARY_MARK, LK_TEMPORARY_MARK);
    assert_true(there(next));
    assert_true(lk_temporary_rename(temporary, path));
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 07755, 0640);
    assert_int_equal(unlink(path), 0);
    close(descriptor);
}

static void what_is_left_is_swept(void **state) {
    (void)state;
    char gone[32], own[32], alive[32];
    pid_t child = fork();
    if (child == 0) {
        _exit(0);
    }
    waitpid(child, NULL, 0);
    snprintf(gone, sizeof gone, "%ld", (long)child);
    snprintf(own, sizeof own, "%ld", (long)getpid());
    snprintf(alive, sizeof alive, "%ld", (long)getppid());
    const char *const stay[] = {alive, "12x", "backup", "", "-3"};
    const char *const go[] = {gone, own, "lock"};
    for (size_t i = 0; i < sizeof stay / sizeof *stay; i++) {
        leave(stay[i]);
    }
    for (size_t i = 0; i < sizeof go / sizeof *go; i++) {
        leave(go[i]);
    }
    lk_temporaries_sweep(path);
    for (size_t i = 0; i < sizeof go / sizeof *go; i++) {
        assert_false(there(go[i]));
    }
    for (size_t i = 0; i < sizeof stay / sizeof *stay; i++) {
        take_away(stay[i]);
    }
}

/* Holds the lock until it is killed; tells when it has it. */
static pid_t start_holder(void) {
    int ends[2];
    char byte;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        lk_temporary *lock;
        bool held = lk_temporary_lock(&context, path, &lock) == LK_OK;
        assert_int_equal(write(ends[1], held ? "y" : "n", 1), 1);
        pause();
    }
    assert_int_equal(read(ends[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    close(ends[0]);
    close(ends[1]);
    return child;
}

static void a_lock_dies_with_its_process(void **state) {
    (void)state;
    lk_temporary *lock;
    char number[32];
    pid_t holder = start_holder();
    snprintf(number, sizeof number, "process %ld is", (long)holder);
    assert_int_equal(lk_temporary_lock(&context, path, &lock), LK_MISMATCH);
    assert_null(lock);
    assert_non_null(strstr(context.message, number));
    lk_temporaries_sweep(path);
    assert_true(there("lock"));
    kill(holder, SIGKILL);
    waitpid(holder, NULL, 0);
    assert_int_equal(lk_temporary_lock(&context, path, &lock), LK_OK);
    lk_temporary_remove(lock);
    assert_false(there("lock"));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(the_list_is_removed),
        TEST(one_ends_another_stays),
        TEST(what_is_not_ours_stays),
        TEST(what_is_left_is_swept),
        TEST(a_lock_dies_with_its_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
