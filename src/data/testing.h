/* What the tests of src/data share: bytes in memory, and files in a folder of their own. */
#ifndef LK_DATA_TESTING_H
#define LK_DATA_TESTING_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"

/* A copy that ends where its memory ends, so that reading beyond it is seen by the sanitizers. */
static inline lk_bytes test_bytes(const void *data, int64_t size) {
    lk_bytes bytes = {malloc(size > 0 ? (size_t)size : 1), size};
    assert_non_null(bytes.data);
    memcpy(bytes.data, data, (size_t)size);
    return bytes;
}

/* The folder that is made for this program; test_folder_remove deletes it. */
static inline const char *test_folder(void) {
    static char folder[256];
    if (folder[0] == '\0') {
        const char *root = getenv("TMPDIR");
        snprintf(folder, sizeof folder, "%s/likely-XXXXXX", root ? root : "/tmp");
        assert_non_null(mkdtemp(folder));
    }
    return folder;
}

static inline const char *test_path(const char *name, char path[512]) {
    snprintf(path, 512, "%s/%s", test_folder(), name);
    return path;
}

/* For a group's teardown: every file must be gone by now. cmocka counts no failure of a teardown,
 * so this ends the program. */
static inline int test_folder_remove(void **state) {
    (void)state;
    if (rmdir(test_folder()) != 0) {
        perror(test_folder());
        exit(EXIT_FAILURE);
    }
    return 0;
}

#endif
