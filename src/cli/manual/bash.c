/* Completion for bash: verbs, options, the words that an option takes, families, their settings,
 * and else files. Everything that differs from verb to verb is in tables made here; the function
 * itself is the same for all. */
#include <string.h>

#include "cli/manual.h"
#include "cli/verbs.h"
#include "models/model.h"

/* Words of "a|b|c" that begin with a small letter and hold no placeholder: what may be typed. */
static void put_words(lk_writer *to, const char *choices) {
    bool begun = false;
    while (choices != NULL && *choices != '\0') {
        int length = (int)strcspn(choices, "|"), small = 0;
        while (small < length && (choices[small] == '-' || choices[small] == '_' ||
                                  (choices[small] >= 'a' && choices[small] <= 'z') ||
                                  (choices[small] >= '0' && choices[small] <= '9'))) {
            small++;
        }
        bool prefix = small > 0 && small + 1 < length && choices[small] == ':';
        if (small == length || prefix) {
            lk_writer_printf(to, "%s%.*s%s", begun ? " " : "", small, choices, prefix ? ":" : "");
            begun = true;
        }
        choices += length + (choices[length] == '|');
    }
}

static bool names_file(const char *value) {
    return strstr(value, "PATH") != NULL || strstr(value, "FILE") != NULL ||
           strstr(value, "MODEL") != NULL || strstr(value, ".png") != NULL;
}

static void put_verb(lk_writer *to, const cli_verb *verb) {
    lk_writer_printf(to, "    options[%s]=\"", verb->name);
    for (int32_t i = 0; i < cli_option_count(verb); i++) {
        lk_writer_printf(to, "%s--%s", i > 0 ? " " : "", cli_option_at(verb, i)->name);
    }
    lk_writer_printf(to, "\"\n");
    for (int32_t i = 0; i < cli_option_count(verb); i++) {
        const cli_option *option = cli_option_at(verb, i);
        if (option->value != NULL) {
            lk_writer_printf(to, "    values[%s --%s]=\"%s", verb->name, option->name,
                             names_file(option->value) ? "/ " : "");
            put_words(to, option->value);
            lk_writer_printf(to, "\"\n");
        }
    }
}

static void put_family(lk_writer *to, const lk_family *family) {
    lk_writer_printf(to, "    settings[%s]=\"", family->name);
    for (int32_t i = 0; i < family->setting_count; i++) {
        const lk_setting *s = &family->settings[i];
        const char *words = s->kind == LK_BOOLEAN ? "false|true" : s->choices;
        lk_writer_printf(to, "%s%s=", i > 0 ? " " : "", s->key);
        for (const char *at = words; at != NULL && *at != '\0';) {
            int length = (int)strcspn(at, "|");
            lk_writer_printf(to, " %s=%.*s", s->key, length, at);
            at += length + (at[length] == '|');
        }
    }
    lk_writer_printf(to, "\"\n");
}

/* bash takes = and : for ends of words (COMP_WORDBREAKS): the word is read from the line, and what
 * stands before the break is taken off the answers. */
static const char function[] =
    "_likely() {\n"
    "    local -A options values settings\n"
    "    local verbs families word before line verb family at words item\n"
    "    _likely_tables\n"
    "    line=${COMP_LINE:0:COMP_POINT}\n"
    "    word=${line##*[[:space:]]}\n"
    "    read -r -a words <<<\"$line\"\n"
    "    [[ -z $word ]] || unset 'words[-1]'\n"
    "    verb=${words[1]-} before=${words[-1]-} family=\n"
    "    if [[ $word == --*=* ]]; then\n"
    "        before=${word%%=*} word=${word#*=}\n"
    "    fi\n"
    "    for item in \"${words[@]:2}\"; do\n"
    "        [[ -z ${settings[$item]+x} ]] || family=$item\n"
    "    done\n"
    "    COMPREPLY=()\n"
    "    if [[ ${#words[@]} -le 1 ]]; then\n"
    "        COMPREPLY=($(compgen -W \"$verbs help --help --version\" -- \"$word\"))\n"
    "    elif [[ $verb == help && ${#words[@]} -eq 2 ]]; then\n"
    "        COMPREPLY=($(compgen -W \"$verbs\" -- \"$word\"))\n"
    "    elif [[ $before == --set ]]; then\n"
    "        COMPREPLY=($(compgen -W \"${settings[${family:-none}]-}\" -- \"$word\"))\n"
    "        [[ ${COMPREPLY[*]} == *= ]] && compopt -o nospace 2>/dev/null\n"
    "    elif [[ -n ${values[$verb $before]+x} ]]; then\n"
    "        item=${values[$verb $before]}\n"
    "        COMPREPLY=($(compgen -W \"${item#/ }\" -- \"$word\"))\n"
    "        if [[ $item == '/ '* ]]; then\n"
    "            mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- \"$word\")\n"
    "            compopt -o filenames 2>/dev/null\n"
    "        fi\n"
    "    elif [[ $word == -* ]]; then\n"
    "        COMPREPLY=($(compgen -W \"${options[$verb]-}\" -- \"$word\"))\n"
    "    elif [[ $verb == train || $verb == models ]] && [[ -z $family ]]; then\n"
    "        COMPREPLY=($(compgen -W \"$families\" -- \"$word\"))\n"
    "    else\n"
    "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
    "        compopt -o filenames 2>/dev/null\n"
    "    fi\n"
    "    at=${word%\"${word##*[=:]}\"}\n"
    "    if [[ -n $at && $COMP_WORDBREAKS == *[=:]* ]]; then\n"
    "        COMPREPLY=(\"${COMPREPLY[@]#\"$at\"}\")\n"
    "    fi\n"
    "    return 0\n"
    "}\n"
    "complete -F _likely likely\n";

void cli_write_completion(lk_writer *to) {
    lk_writer_printf(to, "# Completion of likely for bash, made from its own tables.\n"
                         "_likely_tables() {\n    verbs=\"");
    for (int32_t i = 0; cli_verb_at(i) != NULL; i++) {
        if (!cli_verb_at(i)->hidden) {
            lk_writer_printf(to, "%s%s", i > 0 ? " " : "", cli_verb_at(i)->name);
        }
    }
    lk_writer_printf(to, "\"\n    families=\"");
    for (int32_t i = 0; i < lk_family_count(); i++) {
        lk_writer_printf(to, "%s%s", i > 0 ? " " : "", lk_family_at(i)->name);
    }
    lk_writer_printf(to, "\"\n");
    for (int32_t i = 0; cli_verb_at(i) != NULL; i++) {
        if (!cli_verb_at(i)->hidden) {
            put_verb(to, cli_verb_at(i));
        }
    }
    for (int32_t i = 0; i < lk_family_count(); i++) {
        put_family(to, lk_family_at(i));
    }
    lk_writer_printf(to, "}\n\n%s", function);
}
