/* likely: the command. One file a verb; here only the list of them. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/common.h"
#include "cli/files.h"
#include "cli/signals.h"
#include "likely.h"

extern const cli_verb cli_train_verb, cli_eval_verb, cli_sample_verb, cli_compress_verb,
    cli_decompress_verb, cli_score_verb, cli_check_verb, cli_info_verb, cli_models_verb;

static const cli_verb *const verbs[] = {
    &cli_train_verb, &cli_eval_verb,  &cli_sample_verb, &cli_compress_verb, &cli_decompress_verb,
    &cli_score_verb, &cli_check_verb, &cli_info_verb,   &cli_models_verb,
};
#define VERB_COUNT (sizeof verbs / sizeof *verbs)

static void print_overview(FILE *to) {
    fprintf(
        to,
        "likely %s: likelihood models of discrete data: generate, compress, detect anomalies\n\n"
        "usage: likely VERB ... [options]\n\n",
        LIKELY_VERSION);
    for (size_t i = 0; i < VERB_COUNT; i++) {
        fprintf(to, "  %-11s %s\n", verbs[i]->name, verbs[i]->summary);
    }
    fprintf(to,
            "\nlikely VERB --help explains a verb, with examples. For a start:\n"
            "  likely train made --data train.amat.gz --valid valid.amat.gz --out digits.likely\n"
            "  likely eval digits.likely --data test.amat.gz\n"
            "  likely sample digits.likely --count 64 --out samples.png\n");
}

static const cli_verb *find_verb(const char *name) {
    for (size_t i = 0; i < VERB_COUNT; i++) {
        if (strcmp(verbs[i]->name, name) == 0) {
            return verbs[i];
        }
    }
    return NULL;
}

static int help(const char *name) {
    const cli_verb *verb = name != NULL ? find_verb(name) : NULL;
    if (verb != NULL) {
        cli_print_help(verb);
    } else {
        print_overview(stdout);
    }
    return cli_finish_output();
}

static int run(const cli_verb *verb, cli_arguments *arguments) {
    cli_files files;
    int status = cli_files_init(arguments, &files);
    status = status == EXIT_DONE ? verb->run(arguments) : status;
    cli_files_deinit(&files);
    return status;
}

int main(int count, char **words) {
    cli_files_reserve();
    if (count < 2) {
        print_overview(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(words[1], "help") == 0 || strcmp(words[1], "--help") == 0 ||
        strcmp(words[1], "-h") == 0) {
        return help(count > 2 ? words[2] : NULL);
    }
    if (strcmp(words[1], "--version") == 0) {
        printf("likely %s\n", LIKELY_VERSION);
        return cli_finish_output();
    }
    const cli_verb *verb = find_verb(words[1]);
    if (verb == NULL) {
        fprintf(stderr, "likely: no verb %s (likely --help lists them)\n", words[1]);
        return EXIT_USAGE;
    }
    signal(SIGXFSZ, SIG_IGN); /* a file-size limit is then an error of the write, told as one */
    cli_arguments arguments;
    int status = cli_parse(verb, count - 2, words + 2, &arguments);
    if (status != EXIT_DONE) {
        return status;
    }
    if (cli_has(&arguments, "help")) {
        cli_print_help(verb);
        return cli_finish_output();
    }
    cli_signals_catch();
    return run(verb, &arguments);
}
