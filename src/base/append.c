#include "base/append.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/guard.h"

lk_status lk_append_open(lk_context *context, const char *path, FILE **file) {
    int descriptor =
        open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, lk_guard_mode(context, NULL));
    *file = descriptor >= 0 ? fdopen(descriptor, "ab") : NULL;
    if (*file != NULL) {
        return LK_OK;
    }
    lk_status status = lk_fail(context, LK_IO, "%s: cannot write: %s", path, strerror(errno));
    if (descriptor >= 0) {
        close(descriptor);
    }
    return status;
}
