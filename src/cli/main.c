/* likely: the command. One file a verb (cli/verbs.c lists them). */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/common.h"
#include "cli/files.h"
#include "cli/help.h"
#include "cli/nearest.h"
#include "cli/signals.h"
#include "cli/team/session.h"
#include "cli/verbs.h"
#include "likely.h"
#include "team/launch.h"

static int no_verb(const char *name) {
    cli_nearest nearest = cli_nearest_begin(name, strlen(name));
    const cli_verb *verb;
    for (int32_t i = 0; (verb = cli_verb_at(i)) != NULL; i++) {
        if (!verb->hidden) {
            cli_nearest_weigh(&nearest, verb->name);
        }
    }
    const bool near = nearest.name != NULL;
    fprintf(stderr, "likely: no verb %s%s%s%s (likely --help lists them)\n", name, near ? ": " : "",
            near ? nearest.name : "", near ? " is one" : "");
    return EXIT_USAGE;
}

/* likely help [VERB [OPERAND]] */
static int help(const char *name, const char *operand) {
    const cli_verb *verb = name != NULL ? cli_verb_named(name) : NULL;
    if (name == NULL) {
        cli_print_overview(stdout);
    } else if (verb == NULL) {
        return no_verb(name);
    } else {
        cli_print_help(verb, operand);
    }
    return cli_finish_output();
}

static int run_verb(const cli_verb *verb, cli_arguments *arguments) {
    cli_files files;
    int status = cli_files_init(arguments, &files);
    status = status == EXIT_DONE ? verb->run(arguments) : status;
    cli_files_deinit(&files);
    return status;
}

static int run(const cli_verb *verb, cli_arguments *arguments) {
    cli_team team;
    int status = cli_team_begin(arguments, &team);
    status = status == EXIT_DONE && !team.idle ? run_verb(verb, arguments) : status;
    cli_team_end(&team, status);
    return status;
}

static int version(void) {
    const char *mpi = lk_launch_built();
    printf("likely %s%s%s%s\n", LIKELY_VERSION, *mpi != '\0' ? " (" : "", mpi,
           *mpi != '\0' ? ")" : "");
    return cli_finish_output();
}

int main(int count, char **words) {
    cli_files_reserve();
    cli_team_hush();
    if (count < 2) {
        cli_print_overview(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(words[1], "help") == 0 || strcmp(words[1], "--help") == 0 ||
        strcmp(words[1], "-h") == 0) {
        return help(count > 2 ? words[2] : NULL, count > 3 ? words[3] : NULL);
    }
    if (strcmp(words[1], "--version") == 0) {
        return version();
    }
    const cli_verb *verb = cli_verb_named(words[1]);
    if (verb == NULL) {
        return no_verb(words[1]);
    }
    lk_json_keep_room();
    signal(SIGXFSZ, SIG_IGN); /* a file-size limit is then an error of the write, told as one */
    cli_arguments arguments;
    int status = cli_parse(verb, count - 2, words + 2, &arguments);
    if (status != EXIT_DONE) {
        return status;
    }
    if (cli_has(&arguments, "help")) {
        cli_print_help(verb, arguments.positionals > 0 ? arguments.positional[0] : NULL);
        return cli_finish_output();
    }
    cli_signals_catch();
    return run(verb, &arguments);
}
