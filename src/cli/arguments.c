#include "cli/arguments.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "cli/nearest.h"

static const cli_option common[] = {
    {"threads", "N",
     "worker threads (default: one for each processor); results do not depend on it", false},
    {"memory", "SIZE",
     "at most so much memory for what a file or an option asks for, like 4G or 500M (default: half "
     "of what there is)",
     false},
    {"quiet", NULL, "no progress, only results", false},
    {"help", NULL, "this text", false},
};
#define COMMON_COUNT ((int32_t)(sizeof common / sizeof *common))
#define MESSAGE_MOST 16384

int32_t cli_option_count(const cli_verb *verb) {
    return verb->option_count + COMMON_COUNT;
}

const cli_option *cli_option_at(const cli_verb *verb, int32_t index) {
    return index < verb->option_count ? &verb->options[index] : &common[index - verb->option_count];
}

static int32_t find_option(const cli_verb *verb, const char *name, size_t length) {
    for (int32_t i = 0; i < cli_option_count(verb); i++) {
        const char *known = cli_option_at(verb, i)->name;
        if (strlen(known) == length && strncmp(known, name, length) == 0) {
            return i;
        }
    }
    return -1;
}

/* ---- lists of names -------------------------------------------------------------------------- */

bool cli_next_name(const char **names, char name[CLI_NAME_MOST]) {
    size_t length = *names != NULL ? strcspn(*names, " ") : 0;
    LK_REQUIRE(length < CLI_NAME_MOST);
    if (length == 0) {
        return false;
    }
    memcpy(name, *names, length);
    name[length] = '\0';
    *names += length + strspn(*names + length, " ");
    return true;
}

bool cli_lists(const char *names, const char *name) {
    char one[CLI_NAME_MOST];
    bool found = false;
    while (!found && cli_next_name(&names, one)) {
        found = strcmp(one, name) == 0;
    }
    return found;
}

/* ---- parsing --------------------------------------------------------------------------------- */

/* In one piece: a launcher of several processes writes between pieces. */
int cli_usage(const cli_arguments *arguments, const char *format, ...) {
    char text[MESSAGE_MOST];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    fprintf(stderr, "likely %s: %s (likely %s --help)\n", arguments->verb->name, text,
            arguments->verb->name);
    return EXIT_USAGE;
}

/* Of inputs that are data, which there may be several of. */
static bool tells_several(const cli_verb *verb, const cli_option *option) {
    return verb->several != NULL &&
           (strcmp(option->name, "data") == 0 || strcmp(option->name, "valid") == 0);
}

static int no_option(const cli_arguments *arguments, const char *name, size_t length) {
    cli_nearest nearest = cli_nearest_begin(name, length);
    for (int32_t i = 0; i < cli_option_count(arguments->verb); i++) {
        cli_nearest_weigh(&nearest, cli_option_at(arguments->verb, i)->name);
    }
    return nearest.name == NULL ? cli_usage(arguments, "no option --%.*s", (int)length, name)
                                : cli_usage(arguments, "no option --%.*s: --%s is one", (int)length,
                                            name, nearest.name);
}

static int take_option(cli_arguments *arguments, int count, char **words, int *at) {
    const char *name = words[*at] + 2, *equals = strchr(name, '=');
    size_t length = equals != NULL ? (size_t)(equals - name) : strlen(name);
    int32_t index = find_option(arguments->verb, name, length);
    if (index < 0) {
        return no_option(arguments, name, length);
    }
    const cli_option *option = cli_option_at(arguments->verb, index);
    const char *value = equals != NULL ? equals + 1 : NULL;
    if (option->value == NULL && value != NULL) {
        return cli_usage(arguments, "--%s takes no value", option->name);
    }
    if (option->value != NULL && value == NULL) {
        if (*at + 1 >= count) {
            return cli_usage(arguments, "--%s needs a value, %s", option->name, option->value);
        }
        value = words[++*at];
    }
    int32_t most = option->repeats ? REPEATS_MOST : 1;
    if (arguments->given[index].count == most && tells_several(arguments->verb, option)) {
        return cli_usage(arguments, "--%s is given more than once: %s", option->name,
                         arguments->verb->several);
    }
    if (arguments->given[index].count == most) {
        return cli_usage(arguments, "--%s is given more than %s", option->name,
                         option->repeats ? "64 times" : "once");
    }
    arguments->given[index].value[arguments->given[index].count++] = value != NULL ? value : "";
    return EXIT_DONE;
}

static int32_t must_find(const cli_arguments *arguments, const char *name) {
    int32_t index = find_option(arguments->verb, name, strlen(name));
    assert(index >= 0);
    return index;
}

static int check_complete(const cli_arguments *arguments) {
    const cli_verb *verb = arguments->verb;
    bool instead = verb->instead != NULL && cli_has(arguments, verb->instead);
    int32_t least = instead ? 0 : verb->operand_count, most = least;
    if (!instead && verb->operand_most > most) {
        most = verb->operand_most;
    }
    if (arguments->positionals < least || arguments->positionals > most) {
        return instead ? cli_usage(arguments, "--%s stands for %s: leave one of them out",
                                   verb->instead, verb->operands)
               : arguments->positionals < least
                   ? cli_usage(arguments, "needs %s", verb->operands)
                   : cli_usage(arguments, "does not expect \"%s\"", arguments->positional[most]);
    }
    char name[CLI_NAME_MOST];
    for (const char *required = verb->required; cli_next_name(&required, name);) {
        int32_t index = must_find(arguments, name);
        if (arguments->given[index].count == 0) {
            return cli_usage(arguments, "needs --%s %s", name, cli_option_at(verb, index)->value);
        }
    }
    return EXIT_DONE;
}

static void list_names(const cli_verb *verb, char names[NAMES_MOST]) {
    size_t used = (size_t)snprintf(names, NAMES_MOST, " ");
    for (int32_t i = 0; i < cli_option_count(verb); i++) {
        used +=
            (size_t)snprintf(names + used, NAMES_MOST - used, "%s ", cli_option_at(verb, i)->name);
        assert(used < NAMES_MOST);
    }
}

int cli_parse(const cli_verb *verb, int count, char **words, cli_arguments *arguments) {
    *arguments = (cli_arguments){.verb = verb};
    assert(cli_option_count(verb) <= OPTIONS_MOST);
    list_names(verb, arguments->names);
    bool options_end = false;
    for (int at = 0; at < count; at++) {
        if (!options_end && strcmp(words[at], "--") == 0) {
            options_end = true;
        } else if (!options_end && strcmp(words[at], "-h") == 0) {
            arguments->given[find_option(verb, "help", 4)].count = 1;
        } else if (!options_end && strncmp(words[at], "--", 2) == 0) {
            int status = take_option(arguments, count, words, &at);
            if (status != EXIT_DONE) {
                return status;
            }
        } else if (arguments->positionals < POSITIONALS_MOST) {
            arguments->positional[arguments->positionals++] = words[at];
        } else {
            return cli_usage(arguments, "does not expect \"%s\"", words[at]);
        }
    }
    return cli_has(arguments, "help") ? EXIT_DONE : check_complete(arguments);
}

/* ---- reading --------------------------------------------------------------------------------- */

bool cli_knows(const cli_arguments *arguments, const char *name) {
    return find_option(arguments->verb, name, strlen(name)) >= 0;
}

bool cli_has(const cli_arguments *arguments, const char *name) {
    return arguments->given[must_find(arguments, name)].count > 0;
}

const char *cli_text(const cli_arguments *arguments, const char *name, const char *fallback) {
    int32_t index = must_find(arguments, name);
    return arguments->given[index].count > 0 ? arguments->given[index].value[0] : fallback;
}

int32_t cli_texts(const cli_arguments *arguments, const char *name, const char *const **values) {
    int32_t index = must_find(arguments, name);
    *values = arguments->given[index].value;
    return arguments->given[index].count;
}

int cli_each(cli_arguments *arguments, const char *names, cli_act *act) {
    int status = EXIT_DONE;
    char name[CLI_NAME_MOST];
    while (status == EXIT_DONE && cli_next_name(&names, name)) {
        int32_t index = must_find(arguments, name);
        for (int32_t i = 0; i < arguments->given[index].count && status == EXIT_DONE; i++) {
            status = act(arguments, cli_option_at(arguments->verb, index)->name,
                         &arguments->given[index].value[i]);
        }
    }
    return status;
}

bool cli_integer(const cli_arguments *arguments, const char *name, int64_t least, int64_t most,
                 int64_t fallback, int64_t *value) {
    const char *text = cli_text(arguments, name, NULL);
    *value = fallback;
    if (text == NULL) {
        return true;
    }
    char *end = NULL;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < least || number > most) {
        cli_usage(arguments, "--%s %s: expected an integer in %lld..%lld", name, text,
                  (long long)least, (long long)most);
        return false;
    }
    *value = number;
    return true;
}

bool cli_real(const cli_arguments *arguments, const char *name, double least, double most,
              double fallback, double *value) {
    const char *text = cli_text(arguments, name, NULL);
    *value = fallback;
    if (text == NULL) {
        return true;
    }
    char *end = NULL;
    double number = strtod(text, &end);
    if (end == text || *end != '\0' || !(number >= least && number <= most)) {
        cli_usage(arguments, "--%s %s: expected a number from %.9g to %.9g", name, text, least,
                  most);
        return false;
    }
    *value = number;
    return true;
}

bool cli_bytes(const cli_arguments *arguments, const char *name, int64_t *value) {
    static const char suffixes[] = "KMGT";
    const char *text = cli_text(arguments, name, NULL);
    *value = 0;
    if (text == NULL) {
        return true;
    }
    char *end = NULL;
    double number = strtod(text, &end);
    const char *suffix = *end != '\0' ? strchr(suffixes, *end & ~0x20) : NULL;
    for (const char *at = suffixes; suffix != NULL && at <= suffix; at++) {
        number *= 1024;
    }
    end += suffix != NULL;
    if (end == text || *end != '\0' || !(number >= 1 && number <= 1e18)) {
        cli_usage(arguments, "--%s %s: expected a size in bytes, like 500M or 4G", name, text);
        return false;
    }
    *value = (int64_t)number;
    return true;
}

bool cli_choice(const cli_arguments *arguments, const char *name, const char *choices,
                const char *fallback, const char **value) {
    *value = cli_text(arguments, name, fallback);
    for (const char *choice = choices; *value != NULL && *choice != '\0';) {
        size_t length = strcspn(choice, "|");
        if (strlen(*value) == length && strncmp(*value, choice, length) == 0) {
            return true;
        }
        choice += length + (choice[length] == '|' ? 1 : 0);
    }
    if (*value == NULL) {
        return true;
    }
    cli_usage(arguments, "--%s %s: expected one of %s", name, *value, choices);
    return false;
}
