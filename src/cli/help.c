#include "cli/help.h"

#include <string.h>

#include "cli/starts.h"
#include "cli/verbs.h"
#include "likely.h"

#define WIDTH 100
#define HELP_COLUMN 28

/* Words of text[0 .. length), of which any white space is one blank. */
static void print_words(FILE *to, const char *text, int length, int at, int column) {
    const char *end = text + length;
    bool begun = at > column;
    for (const char *word = text; word < end;) {
        int size = (int)strcspn(word, " \n");
        size = size < end - word ? size : (int)(end - word);
        if (size > 0) {
            bool fits = !begun || at + 1 + size <= WIDTH;
            if (!fits) {
                fprintf(to, "\n%*s", column, "");
                at = column;
            }
            at += fprintf(to, "%s%.*s", begun && fits ? " " : "", size, word);
            begun = true;
        }
        word += size + 1;
    }
    fputc('\n', to);
}

void cli_print_wrapped(FILE *to, const char *text, int at, int column) {
    fprintf(to, "%*s", at < column ? column - at : 0, "");
    print_words(to, text, (int)strlen(text), column, column);
}

const char *cli_next_piece(const char *text, int *length, bool *literal) {
    *literal = *text == ' ' || *text == '\n';
    if (*literal) {
        *length = (int)strcspn(text, "\n");
    } else { /* to an empty line, or a line that is literal */
        const char *end = text;
        do {
            end += strcspn(end, "\n");
        } while (*end == '\n' && end[1] != '\n' && end[1] != ' ' && end[1] != '\0' && *++end != 0);
        *length = (int)(end - text);
    }
    text += *length + (text[*length] == '\n');
    return *text != '\0' ? text : NULL;
}

static void print_more(const char *text) {
    for (int length; text != NULL;) {
        bool literal;
        const char *piece = text;
        text = cli_next_piece(text, &length, &literal);
        if (literal) {
            printf("%.*s\n", length, piece);
        } else {
            print_words(stdout, piece, length, 0, 0);
        }
    }
}

#define ABOUT_INPUTS                                                                         \
    "A name may be -, for standard input or output, a pipe, or a descriptor (/dev/fd/3). A " \
    "text or compressed file that comes through a pipe is first copied to $TMPDIR or /tmp, " \
    "because it is read more than once."
#define ABOUT_OUTPUTS                                                                             \
    " Results go to standard error when an output is standard output. An output gets its name "   \
    "when it is whole, and is never an input. A link stays, and what it leads to is replaced; "   \
    "other names of that file keep the old content. Its mode is that of the file it replaces, or" \
    " no wider than the inputs'."

const char *cli_about_files(const cli_verb *verb) {
    bool reads = verb->inputs != NULL || strncmp(verb->operands, "MODEL", 5) == 0;
    return !reads ? NULL : verb->outputs != NULL ? ABOUT_INPUTS ABOUT_OUTPUTS : ABOUT_INPUTS;
}

static void print_usage(const cli_verb *verb) {
    printf("usage: likely %s%s%s", verb->name, verb->operands[0] != '\0' ? " " : "",
           verb->operands);
    char name[CLI_NAME_MOST];
    for (const char *required = verb->required; cli_next_name(&required, name);) {
        for (int32_t i = 0; i < cli_option_count(verb); i++) {
            const cli_option *option = cli_option_at(verb, i);
            if (strcmp(option->name, name) == 0) {
                printf(" --%s %s", option->name, option->value);
            }
        }
    }
    printf(" [options]\n\n%s\n", verb->summary);
}

void cli_print_help(const cli_verb *verb, const char *operand) {
    print_usage(verb);
    if (verb->explain != NULL && operand != NULL) {
        putchar('\n');
        verb->explain(operand);
    }
    printf("\noptions:\n");
    for (int32_t i = 0; i < cli_option_count(verb); i++) {
        const cli_option *option = cli_option_at(verb, i);
        int used = printf("  --%s%s%s", option->name, option->value != NULL ? " " : "",
                          option->value != NULL ? option->value : "");
        if (used >= HELP_COLUMN) {
            putchar('\n');
            used = 0;
        }
        cli_print_wrapped(stdout, option->help, used, HELP_COLUMN);
    }
    if (verb->more != NULL) {
        putchar('\n');
        print_more(verb->more);
    }
    if (cli_about_files(verb) != NULL) {
        printf("\nfiles:\n");
        cli_print_wrapped(stdout, cli_about_files(verb), 0, 2);
    }
}

void cli_print_overview(FILE *to) {
    fprintf(
        to,
        "likely %s: likelihood models of discrete data: generate, compress, detect anomalies\n\n"
        "usage: likely VERB ... [options]\n\n",
        LIKELY_VERSION);
    for (int32_t i = 0; cli_verb_at(i) != NULL; i++) {
        if (!cli_verb_at(i)->hidden) {
            fprintf(to, "  %-11s %s\n", cli_verb_at(i)->name, cli_verb_at(i)->summary);
        }
    }
    fprintf(to, "\nlikely VERB --help explains a verb, with examples. Your data: begin with this "
                "line\n\n");
    cli_print_starts(to);
}
