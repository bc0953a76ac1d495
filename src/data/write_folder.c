/* Examples as pictures of their own, in a folder: 0.png, or 000.png to 999.png, in their order. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "data/write.h"

bool lk_names_folder(const char *path) {
    size_t length = strlen(path);
    return length > 1 && path[length - 1] == '/';
}

static lk_status write_example(lk_context *context, const char *path, const lk_dataset *dataset,
                               int64_t index) {
    lk_dataset one = *dataset;
    one.examples = 1;
    one.values = dataset->values + index * dataset->variables;
    lk_buffer buffer = {0};
    lk_status status = lk_encode_png(context, path, &one, &buffer);
    if (status == LK_OK) {
        status = lk_buffer_write(context, path, &buffer);
    }
    lk_buffer_release(&buffer);
    return status;
}

lk_status lk_dataset_write_folder(lk_context *context, const char *path,
                                  const lk_dataset *dataset) {
    size_t capacity = strlen(path) + 32;
    char *name = lk_resize(NULL, (int64_t)capacity, 1);
    int digits = snprintf(NULL, 0, "%lld", (long long)dataset->examples - 1);
    if (name == NULL) {
        return lk_fail_no_memory(context, path, (int64_t)capacity);
    }
    lk_status status =
        mkdir(path, 0777) == 0 || errno == EEXIST
            ? LK_OK
            : lk_fail(context, LK_IO, "%s: cannot make the folder: %s", path, strerror(errno));
    for (int64_t i = 0; i < dataset->examples && status == LK_OK; ++i) {
        snprintf(name, capacity, "%s%0*lld.png", path, digits, (long long)i);
        status = write_example(context, name, dataset, i);
    }
    lk_release(name);
    return status;
}
