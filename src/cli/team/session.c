#include "cli/team/session.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/spool.h"
#include "cli/common.h"
#include "cli/files.h"
#include "team/launch.h"

#define DESCRIPTORS 16
#define SILENCE_MOST 86400.0

static int finish(const cli_team *t, lk_status status) {
    return status == LK_OK ? EXIT_DONE : cli_fault(&t->context);
}

/* Standard error of who says nothing, for when rank 0 cannot speak any more. */
static int last_words = -1;

void cli_team_hush(void) {
    if (!lk_launch_speaks()) {
        last_words = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    }
    int nothing = lk_launch_speaks() ? -1 : open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int i = 0; i <= STDERR_FILENO && nothing >= 0; i++) {
        dup2(nothing, i);
    }
    if (nothing > STDERR_FILENO) {
        close(nothing);
    }
}

/* ---- life ------------------------------------------------------------------------------------ */

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *place) {
    (void)about, (void)kind, (void)place;
    return remove(path);
}

static void remove_folder(cli_team *t) {
    if (t->folder != NULL) {
        nftw(t->folder, remove_one, DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
        lk_release(t->folder);
        t->folder = NULL;
    }
}

static lk_status make_folder(cli_team *t) {
    t->folder = lk_print("%s/likely-rank-XXXXXX", lk_spool_folder());
    if (t->folder == NULL) {
        return lk_fail_no_memory(&t->context, "a name", 1);
    }
    if (mkdtemp(t->folder) != NULL) {
        return LK_OK;
    }
    lk_status status =
        lk_fail(&t->context, LK_IO, "%s: cannot make a folder for temporary files", t->folder);
    lk_release(t->folder);
    t->folder = NULL;
    return status;
}

/* LIKELY_MPI_SILENCE=SECONDS: after how long a silent rank is taken for dead. */
static double silence(void) {
    const char *text = getenv("LIKELY_MPI_SILENCE");
    double seconds = text != NULL ? strtod(text, NULL) : 0;
    return seconds > 0 && seconds <= SILENCE_MOST ? seconds : 0;
}

/* ---- outputs --------------------------------------------------------------------------------- */

/* Of who is not rank 0: a file of the same name in the own folder. The name stays: it is the
 * arguments'. */
static int move_output(cli_arguments *arguments, const char *option, const char **value) {
    cli_team *t = arguments->session;
    (void)option;
    if (strcmp(*value, "-") == 0 || strncmp(*value, "/dev/", 5) == 0 || **value == '\0') {
        return EXIT_DONE;
    }
    char *name = lk_path_name(*value);
    bool folder = (*value)[strlen(*value) - 1] == '/';
    char *moved = name == NULL ? NULL : lk_print("%s/%s%s", t->folder, name, folder ? "/" : "");
    lk_release(name);
    if (moved == NULL) {
        return finish(t, lk_fail_no_memory(&t->context, "a name", 1));
    }
    *value = moved;
    return EXIT_DONE;
}

/* A training that goes on reads what rank 0 has beside its output. */
static lk_status share_checkpoint(cli_team *t, const char *out, const char *moved) {
    char *from = lk_print("%s.checkpoint", out), *to = lk_print("%s.checkpoint", moved);
    lk_status status = from == NULL || to == NULL ? lk_fail_no_memory(&t->context, "a name", 1)
                                                  : cli_share_as(t->team, &t->context, from, to);
    lk_release(from);
    lk_release(to);
    return status;
}

static int move_outputs(cli_arguments *a) {
    cli_team *t = a->session;
    bool resumes = cli_knows(a, "resume") && cli_has(a, "resume");
    const char *out = cli_knows(a, "out") ? cli_text(a, "out", NULL) : NULL;
    int status = EXIT_DONE;
    if (lk_team_rank(t->team) > 0) {
        status = cli_each_operand(a, NULL, move_output);
        status = status == EXIT_DONE ? cli_each(a, a->verb->outputs, move_output) : status;
        status =
            status == EXIT_DONE && cli_knows(a, "log") ? cli_each(a, "log", move_output) : status;
    }
    return status == EXIT_DONE && resumes && out != NULL
               ? finish(t, share_checkpoint(t, out, cli_text(a, "out", NULL)))
               : status;
}

/* ---- inputs ---------------------------------------------------------------------------------- */

static int share_input(cli_arguments *arguments, const char *option, const char **value) {
    cli_team *t = arguments->session;
    (void)option;
    return finish(t, cli_share(&t->sharing, value));
}

/* ---- the same command ------------------------------------------------------------------------ */

/* Where a rank may be told otherwise: what it reads and writes, and how. */
static bool may_differ(const cli_verb *verb, const char *option) {
    return cli_lists(verb->inputs, option) || cli_lists(verb->outputs, option) ||
           cli_lists("log threads memory quiet", option);
}

static void hash_of(const cli_arguments *a, uint8_t digest[16]) {
    lk_hash hash;
    lk_hash_begin(&hash);
    lk_hash_text(&hash, a->verb->name);
    for (int32_t i = 0; i < cli_option_count(a->verb); i++) {
        const char *name = cli_option_at(a->verb, i)->name;
        for (int32_t k = 0; k < a->given[i].count && !may_differ(a->verb, name); k++) {
            const char *value = a->given[i].value[k];
            lk_hash_text(&hash, name);
            lk_hash_text(&hash, value != NULL ? value : "");
        }
    }
    lk_hash_end(&hash, digest);
}

/* Other options on one rank would end in a model or a file that no single process makes, or in
 * ranks that wait for each other. */
static lk_status compare(cli_team *t, const cli_arguments *a) {
    uint8_t own[16], wanted[16];
    hash_of(a, own);
    memcpy(wanted, own, sizeof wanted);
    LK_TRY(lk_team_share(t->team, &t->context, wanted, sizeof wanted));
    lk_status status =
        memcmp(own, wanted, sizeof own) == 0
            ? LK_OK
            : lk_fail(&t->context, LK_INVALID,
                      "rank %d was started with another verb or other options than rank "
                      "0: start all with the same",
                      lk_team_rank(t->team));
    return lk_team_agree(t->team, &t->context, status);
}

/* ---- all ------------------------------------------------------------------------------------- */

static int prepare(cli_arguments *a) {
    cli_team *t = a->session;
    int status = finish(t, lk_team_agree(t->team, &t->context, make_folder(t)));
    t->sharing = (cli_sharing){t->team, &t->context, t->folder, 0};
    status = status == EXIT_DONE ? cli_each_operand(a, share_input, NULL) : status;
    status = status == EXIT_DONE ? cli_each(a, a->verb->inputs, share_input) : status;
    return status == EXIT_DONE ? move_outputs(a) : status;
}

int cli_team_begin(cli_arguments *a, cli_team *t) {
    const lk_transport *transport;
    *t = (cli_team){0};
    int status = finish(t, lk_launch_find(&t->context, &transport));
    if (status != EXIT_DONE || transport == NULL) {
        return status;
    }
    const lk_team_options options = {transport, silence()};
    status = finish(t, lk_team_open(&t->context, &options, &t->team));
    status = status == EXIT_DONE ? finish(t, compare(t, a)) : status;
    if (status == EXIT_DONE && a->verb->shared) {
        a->session = t;
        return prepare(a);
    }
    t->idle = lk_team_rank(t->team) > 0;
    return status;
}

void cli_team_end(cli_team *t, int status) {
    remove_folder(t);
    if (t->team != NULL && status != EXIT_DONE) {
        fflush(NULL);
        if (lk_team_speaks_last(t->team) && last_words >= 0) {
            dprintf(last_words, "likely: %s\n", lk_team_fault(t->team));
        }
        lk_team_end(t->team, t->context.message[0] != '\0' ? t->context.message : NULL, status);
    }
    lk_team_close(t->team);
    t->team = NULL;
}
