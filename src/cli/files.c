#include "cli/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"
#include "cli/common.h"
#include "data/formats/formats.h"
#include "data/label_names.h"
#include "jobs/table.h"

/* Open at a time while a folder is looked through. */
#define DESCRIPTORS 16

static int finish(const lk_context *context, lk_status status) {
    return status == LK_OK ? EXIT_DONE : cli_fault(context);
}

/* ---- names ----------------------------------------------------------------------------------- */

/* These have values that are files only where there is one of the name. */
static bool may_be_file(const char *option) {
    return strcmp(option, "set") == 0 || strcmp(option, "order") == 0;
}

static int take_name(const cli_arguments *arguments, const char *option, const char *standard,
                     const char **value) {
    if (may_be_file(option)) { /* of settings one names a file */
        *value = strcmp(*value, "-") == 0         ? standard
                 : strcmp(*value, "graph=-") == 0 ? "graph=/dev/stdin"
                                                  : *value;
        return EXIT_DONE;
    }
    if (**value == '\0') {
        return cli_usage(arguments, "--%s: the name is empty", option);
    }
    *value = strcmp(*value, "-") == 0 ? standard : *value;
    return EXIT_DONE;
}

static int name_input(cli_arguments *arguments, const char *option, const char **value) {
    return take_name(arguments, option, "/dev/stdin", value);
}

static int name_output(cli_arguments *arguments, const char *option, const char **value) {
    return take_name(arguments, option, "/dev/stdout", value);
}

int cli_each_operand(cli_arguments *arguments, cli_act *input, cli_act *output) {
    const cli_verb *verb = arguments->verb;
    bool first = verb->operands != NULL && strncmp(verb->operands, "MODEL", 5) == 0,
         all = first && strncmp(verb->operands, "MODEL...", 8) == 0;
    int32_t inputs = !first ? 0 : all ? arguments->positionals : arguments->positionals > 0;
    int status = EXIT_DONE;
    for (int32_t i = 0; i < inputs && input != NULL && status == EXIT_DONE; i++) {
        status = input(arguments, "MODEL", &arguments->positional[i]);
    }
    for (int32_t i = verb->operand_count; verb->outputs != NULL && i < arguments->positionals &&
                                          status == EXIT_DONE && output != NULL && !all;
         i++) {
        status = output(arguments, "FILE", &arguments->positional[i]);
    }
    return status;
}

/* What is no file has no name that could tell a format: it gets one. */
static int name_format(cli_arguments *arguments, const char *option, const char **value) {
    lk_context *context = &arguments->files->context;
    const char *format = cli_text(arguments, "format", "");
    if (cli_files_whole(context, *value)) {
        return cli_usage(arguments,
                         "--format is for pipes and devices; the name of a file, --%s "
                         "%s, says it by its ending",
                         option, *value);
    }
    char *alias = lk_print("%s.%s", *value, format + strspn(format, "."));
    if (alias == NULL) {
        return finish(context, lk_fail_no_memory(context, "a name", 1));
    }
    context->alias = arguments->files->alias = alias;
    context->aliased = *value;
    *value = alias;
    return EXIT_DONE;
}

static int name_all(cli_arguments *arguments) {
    const cli_verb *verb = arguments->verb;
    int status = cli_each_operand(arguments, name_input, name_output);
    status = status == EXIT_DONE ? cli_each(arguments, verb->inputs, name_input) : status;
    status = status == EXIT_DONE ? cli_each(arguments, verb->outputs, name_output) : status;
    return status == EXIT_DONE && cli_knows(arguments, "format") && cli_has(arguments, "format")
               ? cli_each(arguments, "out", name_format)
               : status;
}

/* ---- inputs ---------------------------------------------------------------------------------- */

static int guard_input(cli_arguments *arguments, const char *option, const char **value) {
    lk_context *context = &arguments->files->context;
    const char *colon = strrchr(*value, ':'), *equals = strchr(*value, '=');
    if (cli_lists("labels valid-labels", option) && lk_labels_by_name(*value)) {
        return EXIT_DONE;
    }
    if (strcmp(option, "set") == 0) {
        return equals != NULL ? finish(context, lk_guard_input(context, equals + 1)) : EXIT_DONE;
    }
    if (lk_path_exists(*value) || colon == NULL || strcmp(option, "MODEL") == 0) {
        return finish(context, lk_guard_input(context, *value));
    }
    char *archive = lk_duplicate_part(*value, (size_t)(colon - *value)); /* FILE:ARRAY */
    if (archive == NULL) {
        return finish(context, lk_fail_no_memory(context, "a name", 1));
    }
    arguments->files->archives[arguments->files->archive_count++] = archive;
    return finish(context, lk_guard_input(context, archive));
}

/* ---- outputs --------------------------------------------------------------------------------- */

static int is_file(const char *path, const struct stat *about, int kind, struct FTW *place) {
    (void)about;
    return kind == FTW_F && path[place->base] != '.';
}

/* Files in it could be those that are to be written, or stay among them. */
static lk_status refuse_full(lk_context *context, const char *path) {
    return nftw(path, is_file, DESCRIPTORS, FTW_PHYS) > 0
               ? lk_fail(context, LK_INVALID,
                         "%s: the folder has files already: name a new one, or empty it", path)
               : LK_OK;
}

/* A folder that is not there is made, and taken away again. */
static lk_status try_folder(lk_context *context, const char *path) {
    if (lk_is_folder(path)) {
        return access(path, W_OK | X_OK) == 0
                   ? refuse_full(context, path)
                   : lk_fail(context, LK_IO, "%s: cannot write in the folder: %s", path,
                             strerror(errno));
    }
    if (mkdir(path, 0777) != 0) {
        return lk_fail(context, LK_IO, "%s: cannot make the folder: %s", path, strerror(errno));
    }
    rmdir(path);
    return LK_OK;
}

static int try_output(cli_arguments *arguments, const char *option, const char **value) {
    lk_context *context = &arguments->files->context;
    bool folder = cli_lists(arguments->verb->folders, option) &&
                  (lk_names_folder(*value) || lk_is_folder(*value));
    lk_status status = lk_guard_output(context, *value);
    if (status == LK_OK) {
        status = folder ? try_folder(context, *value) : lk_writer_try(context, *value);
    }
    return finish(context, status);
}

static int tell_link(cli_arguments *arguments, const char *option, const char **value) {
    lk_place place;
    (void)option;
    if (lk_place_find(&arguments->files->context, *value, &place) == LK_OK && place.linked &&
        lk_place_is_file(&place) && !cli_has(arguments, "quiet")) {
        fprintf(stderr, "%s: is a link; what it leads to is written: %s\n", *value, place.path);
    }
    lk_place_release(&place);
    return EXIT_DONE;
}

/* ---- results --------------------------------------------------------------------------------- */

/* Whether what is written there would mix with results. */
static bool is_standard_output(const lk_place *place) {
    struct stat own;
    bool pipe = S_ISFIFO(place->about.st_mode) || S_ISSOCK(place->about.st_mode) ||
                S_ISREG(place->about.st_mode);
    return place->descriptor == STDOUT_FILENO ||
           (place->there && pipe && fstat(STDOUT_FILENO, &own) == 0 &&
            own.st_dev == place->about.st_dev && own.st_ino == place->about.st_ino);
}

/* From here on standard output is standard error, for whoever prints, and the data have a
 * descriptor of their own. */
static int divert_results(cli_arguments *arguments, const char *option, const char **value) {
    cli_files *files = arguments->files;
    lk_place place;
    (void)option;
    int status = finish(&files->context, lk_place_find(&files->context, *value, &place));
    if (status == EXIT_DONE && files->standard_output == 0 && is_standard_output(&place)) {
        files->standard_output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        if (files->standard_output < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
            status = finish(&files->context,
                            lk_fail(&files->context, LK_IO, "%s: %s", *value, strerror(errno)));
        }
        files->context.standard_output = files->standard_output;
    }
    lk_place_release(&place);
    return status;
}

/* Where no output is named texts go to standard output, and results do: `likely info model >>
 * model` would add them to the model, and `2>> data` what is said on the way. */
static int guard_results(cli_files *files) {
    lk_context *context = &files->context;
    lk_status status = lk_guard_open_output(context, "standard output", STDOUT_FILENO);
    return finish(context, status == LK_OK
                               ? lk_guard_open_output(context, "standard error", STDERR_FILENO)
                               : status);
}

bool cli_files_whole(lk_context *context, const char *path) {
    lk_place place;
    bool found = lk_place_find(context, path, &place) == LK_OK;
    bool whole = found && (lk_place_is_file(&place) ||
                           (place.descriptor < 0 && S_ISDIR(place.about.st_mode)));
    lk_place_release(&place);
    return whole;
}

bool cli_files_table(const cli_arguments *arguments) {
    const char *out = cli_text(arguments, "out", NULL);
    if (out == NULL || lk_table_named(out) || !cli_files_whole(&arguments->files->context, out)) {
        return true;
    }
    cli_usage(arguments, "--out %s: the result is a table, NAME.csv or NAME.jsonl", out);
    return false;
}

lk_status cli_files_stream(lk_context *context, const char *path, FILE **stream) {
    lk_place place;
    *stream = NULL;
    lk_status status = lk_place_find(context, path, &place);
    if (status == LK_OK) {
        int descriptor = lk_place_open(&place, O_WRONLY);
        *stream = descriptor >= 0 ? fdopen(descriptor, "w") : NULL;
        status = *stream != NULL
                     ? LK_OK
                     : lk_fail(context, LK_IO, "%s: cannot open: %s", path, strerror(errno));
    }
    lk_place_release(&place);
    return status;
}

/* ---- all ------------------------------------------------------------------------------------- */

void cli_files_reserve(void) {
    static const int wrong_way[] = {O_WRONLY, O_RDONLY, O_RDONLY};
    for (int i = 0; i <= STDERR_FILENO; i++) {
        if (fcntl(i, F_GETFD) < 0) {
            (void)!open("/dev/null", wrong_way[i]); /* gets the lowest number, which is this */
        }
    }
}

int cli_files_init(cli_arguments *arguments, cli_files *files) {
    const cli_verb *verb = arguments->verb;
    *files = (cli_files){0};
    files->context.guard = &files->guard;
    arguments->files = files;
    int status = name_all(arguments);
    status = status == EXIT_DONE ? cli_each_operand(arguments, guard_input, NULL) : status;
    const struct {
        const char *names;
        cli_act *act;
    } steps[] = {
        {verb->inputs, guard_input},
        {verb->outputs, try_output},
        {verb->outputs, tell_link},
        {verb->outputs, divert_results},
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps && status == EXIT_DONE; i++) {
        status = cli_each(arguments, steps[i].names, steps[i].act);
        if (status == EXIT_DONE && steps[i].names == verb->outputs) {
            status = cli_each_operand(arguments, NULL, steps[i].act);
        }
    }
    return status == EXIT_DONE ? guard_results(files) : status;
}

void cli_files_deinit(cli_files *files) {
    for (int32_t i = 0; i < files->archive_count; i++) {
        lk_release(files->archives[i]);
    }
    lk_release(files->alias);
    lk_guard_deinit(&files->guard);
}

int64_t cli_size_on_disk(const char *path) {
    struct stat about;
    if (stat(path, &about) != 0) {
        return -1;
    }
    DIR *folder = S_ISDIR(about.st_mode) ? opendir(path) : NULL;
    if (folder == NULL) {
        return S_ISREG(about.st_mode) ? (int64_t)about.st_size : -1;
    }
    int64_t size = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char below[4096];
        int length = snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
        int64_t part =
            entry->d_name[0] == '.' || length >= (int)sizeof below ? 0 : cli_size_on_disk(below);
        size += part > 0 ? part : 0;
    }
    closedir(folder);
    return size;
}
