#include "cli/team/session.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/path.h"
#include "cli/common.h"
#include "cli/team/share.h"
#include "team/launch.h"

#define DESCRIPTORS 16
#define SILENCE_MOST 86400.0

static int fault(const cli_team *t) {
    return cli_fault(&t->context);
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
    const char *where = getenv("TMPDIR");
    t->folder = lk_print("%s/likely-rank-XXXXXX", where != NULL && *where != '\0' ? where : "/tmp");
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
static lk_status move_output(cli_team *t, const char **value) {
    bool device = strcmp(*value, "-") == 0 || strncmp(*value, "/dev/", 5) == 0;
    if (device || **value == '\0') {
        return LK_OK;
    }
    char *name = lk_path_name(*value);
    size_t length = strlen(*value);
    char *moved =
        name == NULL ? NULL
                     : lk_print("%s/%s%s", t->folder, name, (*value)[length - 1] == '/' ? "/" : "");
    lk_release(name);
    if (moved == NULL) {
        return lk_fail_no_memory(&t->context, "a name", 1);
    }
    *value = moved;
    return LK_OK;
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

static lk_status move_outputs(cli_team *t, cli_arguments *a) {
    const cli_verb *verb = a->verb;
    bool several = verb->operands != NULL && strncmp(verb->operands, "MODEL...", 8) == 0;
    bool resumes = cli_knows(a, "resume") && cli_has(a, "resume");
    const char *out = cli_knows(a, "out") ? cli_text(a, "out", NULL) : NULL;
    for (int32_t i = 0; i < cli_option_count(verb) && lk_team_rank(t->team) > 0; i++) {
        const char *name = cli_option_at(verb, i)->name;
        bool writes = cli_lists(verb->outputs, name) || strcmp(name, "log") == 0;
        for (int32_t k = 0; writes && k < a->given[i].count; k++) {
            LK_TRY(move_output(t, &a->given[i].value[k]));
        }
    }
    for (int32_t i = verb->operand_count;
         i < a->positionals && !several && lk_team_rank(t->team) > 0; i++) {
        LK_TRY(move_output(t, &a->positional[i]));
    }
    return resumes && out != NULL ? share_checkpoint(t, out, cli_text(a, "out", NULL)) : LK_OK;
}

/* ---- inputs ---------------------------------------------------------------------------------- */

static lk_status share_inputs(cli_team *t, cli_arguments *a) {
    const cli_verb *verb = a->verb;
    bool first = verb->operands != NULL && strncmp(verb->operands, "MODEL", 5) == 0,
         all = first && strncmp(verb->operands, "MODEL...", 8) == 0;
    int32_t inputs = !first ? 0 : all ? a->positionals : a->positionals > 0;
    cli_sharing sharing = {t->team, &t->context, t->folder, 0};
    for (int32_t i = 0; i < inputs; i++) {
        LK_TRY(cli_share(&sharing, &a->positional[i]));
    }
    for (int32_t i = 0; i < cli_option_count(verb); i++) {
        bool reads = cli_lists(verb->inputs, cli_option_at(verb, i)->name);
        for (int32_t k = 0; reads && k < a->given[i].count; k++) {
            LK_TRY(cli_share(&sharing, &a->given[i].value[k]));
        }
    }
    return LK_OK;
}

/* ---- all ------------------------------------------------------------------------------------- */

static lk_status prepare(cli_team *t, cli_arguments *a) {
    lk_status status = make_folder(t);
    LK_TRY(lk_team_agree(t->team, &t->context, status));
    LK_TRY(share_inputs(t, a));
    return move_outputs(t, a);
}

int cli_team_begin(cli_arguments *a, cli_team *t) {
    const lk_transport *transport;
    *t = (cli_team){0};
    if (lk_launch_find(&t->context, &transport) != LK_OK) {
        return fault(t);
    }
    const lk_team_options options = {transport, silence()};
    if (transport == NULL) {
        return EXIT_DONE;
    }
    if (lk_team_open(&t->context, &options, &t->team) != LK_OK) {
        return fault(t);
    }
    t->idle = !a->verb->shared && lk_team_rank(t->team) > 0;
    if (a->verb->shared) {
        a->team = t->team;
        return prepare(t, a) == LK_OK ? EXIT_DONE : fault(t);
    }
    return EXIT_DONE;
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
