/* likely manual: manual pages and the completion for bash, as the build installs them. */
#include "cli/manual.h"

#include <stdio.h>

#include "cli/common.h"
#include "cli/verbs.h"

#define PATH_MOST 4096

static lk_status write_file(lk_context *context, const char *folder, const char *name,
                            const cli_verb *verb, bool page) {
    char path[PATH_MOST];
    lk_writer *writer;
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) {
        return lk_fail(context, LK_INVALID, "%s: the name is too long", folder);
    }
    LK_TRY(lk_writer_create(context, path, &writer));
    if (page) {
        cli_write_page(writer, verb);
    } else {
        cli_write_completion(writer);
    }
    return lk_writer_commit(writer);
}

static lk_status write_all(lk_context *context, const char *folder) {
    LK_TRY(write_file(context, folder, "likely.1", NULL, true));
    for (int32_t i = 0; cli_verb_at(i) != NULL; i++) {
        char name[64];
        snprintf(name, sizeof name, "likely-%s.1", cli_verb_at(i)->name);
        if (!cli_verb_at(i)->hidden) {
            LK_TRY(write_file(context, folder, name, cli_verb_at(i), true));
        }
    }
    return write_file(context, folder, "likely.bash", NULL, false);
}

static int run(const cli_arguments *arguments) {
    int status;
    lk_context *context = cli_open(arguments, &status);
    if (context != NULL) {
        status =
            write_all(context, arguments->positional[0]) == LK_OK ? EXIT_DONE : cli_fault(context);
    }
    lk_context_destroy(context);
    return status;
}

const cli_verb cli_manual_verb = {
    .name = "manual",
    .summary = "write manual pages and the completion for bash into a folder",
    .operands = "FOLDER",
    .operand_count = 1,
    .hidden = true,
    .run = run,
};
