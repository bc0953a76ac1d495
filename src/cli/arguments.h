/* The command line of a verb: a table of options, from which parsing and --help are made. */
#ifndef LK_CLI_ARGUMENTS_H
#define LK_CLI_ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>

#define OPTIONS_MOST 64
#define REPEATS_MOST 64
#define POSITIONALS_MOST 64
#define NAMES_MOST 2048

/* Exit statuses. */
enum { EXIT_DONE = 0, EXIT_FAULT = 1, EXIT_USAGE = 2 };

typedef struct cli_option {
    const char *name;  /* "learning-rate" */
    const char *value; /* what stands for its value in the help: "X"; NULL: a flag */
    const char *help;
    bool repeats; /* may be given several times */
} cli_option;

typedef struct cli_arguments {
    const struct cli_verb *verb;
    const char *positional[POSITIONALS_MOST];
    int32_t positionals;
    char names[NAMES_MOST]; /* of the verb's options, between blanks */
    struct {
        const char *value[REPEATS_MOST];
        int32_t count;
    } given[OPTIONS_MOST]; /* parallel to the verb's options, then the common ones */
    struct cli_files *files;
    struct cli_team *session; /* where a team shares the work (cli/team/session.h); else NULL */
} cli_arguments;

typedef struct cli_verb {
    const char *name, *summary;
    const char *operands; /* "MODEL", for the usage line; words are counted */
    int32_t operand_count;
    int32_t operand_most; /* above operand_count: so many may be given */
    const char *instead;  /* an option that stands for the operands; may be NULL */
    const cli_option *options;
    int32_t option_count;
    const char
        *required; /* names of options that must be given, separated by spaces; may be NULL */
    /* Options that name what is read, and what is written; `folders`: of these, those that may name
     * a folder. The operand MODEL is read. (cli/files.c) */
    const char *inputs, *outputs, *folders;
    const char *several; /* how to give several files where an input takes one path; may be NULL */
    bool shared;         /* a team shares its work (cli/team/session.h); else rank 0 does it */
    bool takes_none;     /* data of no examples are no mistake */
    /* Further paragraphs of the help, examples last: lines that begin with a blank stay as they
     * are, all others are filled. */
    const char *more;
    void (*explain)(const char *operand); /* prints what the help has on it; may be NULL */
    bool hidden;                          /* from the overview */
    int (*run)(const cli_arguments *arguments);
} cli_verb;

/* What most verbs say as `several`. */
#define CLI_SEVERAL                                                                              \
    "several texts, or pictures, are given as a folder of them; rows of several tables, as one " \
    "file or pipe"

/* EXIT_DONE: go on; EXIT_USAGE: a line has been printed on stderr. */
int cli_parse(const cli_verb *verb, int count, char **words, cli_arguments *arguments);
/* A verb's options, the common ones last. */
int32_t cli_option_count(const cli_verb *verb);
const cli_option *cli_option_at(const cli_verb *verb, int32_t index);

/* Lists of names, separated by blanks; NULL: none. The first one, and what follows it; false: there
 * is none. */
#define CLI_NAME_MOST 32
bool cli_next_name(const char **names, char name[CLI_NAME_MOST]);
bool cli_lists(const char *names, const char *name);

/* Reading; an unknown name is a mistake of ours (asserted). */
/* Whether the verb has such an option at all. */
bool cli_knows(const cli_arguments *arguments, const char *name);
bool cli_has(const cli_arguments *arguments, const char *name);
const char *cli_text(const cli_arguments *arguments, const char *name, const char *fallback);
int32_t cli_texts(const cli_arguments *arguments, const char *name, const char *const **values);
/* Calls `act` with each value of the options that are listed, until it does not return
 * EXIT_DONE. */
typedef int cli_act(cli_arguments *arguments, const char *option, const char **value);
int cli_each(cli_arguments *arguments, const char *names, cli_act *act);
/* False after printing a usage line when the text is no number in [least, most]; absent: the
 * fallback. */
bool cli_integer(const cli_arguments *arguments, const char *name, int64_t least, int64_t most,
                 int64_t fallback, int64_t *value);
bool cli_real(const cli_arguments *arguments, const char *name, double least, double most,
              double fallback, double *value);
/* A size in bytes, with K, M, G or T for powers of 1024; absent: 0. False after a usage line. */
bool cli_bytes(const cli_arguments *arguments, const char *name, int64_t *value);
/* False after printing a usage line when the text is none of the words of `choices` ("a|b|c"). */
bool cli_choice(const cli_arguments *arguments, const char *name, const char *choices,
                const char *fallback, const char **value);

/* Prints "likely VERB: ..." on stderr and returns EXIT_USAGE. */
int cli_usage(const cli_arguments *arguments, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
