/* Manual pages: man(7), in the few macros that every formatter knows. */
#include <ctype.h>
#include <string.h>

#include "cli/families.h"
#include "cli/help.h"
#include "cli/manual.h"
#include "cli/starts.h"
#include "cli/verbs.h"
#include "likely.h"

/* Text in which nothing is a request. White space becomes one blank where it is filled. */
static void put_text(lk_writer *to, const char *text, int length, bool filled) {
    bool begin = true;
    for (const char *at = text; at < text + length; at++) {
        bool white = filled && (*at == ' ' || *at == '\n');
        if (begin && (*at == '.' || *at == '\'')) {
            lk_writer_printf(to, "\\&");
        }
        begin = *at == '\n' && !filled;
        if (*at == '-' || *at == '\\' || *at == '\'' || *at == '~' || *at == '^' || *at == '`') {
            static const char special[] = "-\\'~^`";
            static const char *const as[] = {"\\-", "\\e", "\\(aq", "\\(ti", "\\(ha", "\\(ga"};
            lk_writer_printf(to, "%s", as[strchr(special, *at) - special]);
        } else if (white) {
            bool last = at + 1 < text + length && (at[1] == ' ' || at[1] == '\n');
            lk_writer_printf(to, "%s", last ? "" : " ");
        } else {
            lk_writer_printf(to, "%c", *at);
        }
    }
}

static void put(lk_writer *to, const char *text) {
    put_text(to, text, (int)strlen(text), true);
}

static void put_line(lk_writer *to, const char *text) {
    put(to, text);
    lk_writer_printf(to, "\n");
}

static void put_head(lk_writer *to, const char *name, const char *summary) {
    lk_writer_printf(to, ".TH ");
    for (const char *at = name; *at != '\0'; at++) {
        lk_writer_printf(to, "%s%c", *at == '-' ? "\\" : "", toupper((unsigned char)*at));
    }
    lk_writer_printf(to, " 1 \"\" \"likely %s\" \"User Commands\"\n.SH NAME\n", LIKELY_VERSION);
    put(to, name);
    lk_writer_printf(to, " \\- ");
    put_line(to, summary);
    lk_writer_printf(to, ".SH SYNOPSIS\n.B ");
}

static void put_option(lk_writer *to, const cli_option *option) {
    lk_writer_printf(to, ".TP\n\\fB\\-\\-");
    put(to, option->name);
    lk_writer_printf(to, "\\fR");
    if (option->value != NULL) {
        lk_writer_printf(to, " \\fI");
        put(to, option->value);
        lk_writer_printf(to, "\\fR");
    }
    lk_writer_printf(to, "\n");
    put_line(to, option->help);
}

static void put_settings(lk_writer *to) {
    lk_writer_printf(to, ".SH SETTINGS\n");
    for (int32_t f = 0; f < lk_family_count(); f++) {
        const lk_family *family = lk_family_at(f);
        lk_writer_printf(to, ".SS ");
        put_line(to, family->name);
        put_line(to, family->summary);
        for (int32_t i = 0; i < family->setting_count; i++) {
            const lk_setting *s = &family->settings[i];
            lk_writer_printf(to, ".TP\n\\fB");
            put(to, s->key);
            lk_writer_printf(to, "\\fR=");
            put(to, s->fallback);
            lk_writer_printf(to, "\n");
            put(to, s->help);
            if (s->choices != NULL) {
                lk_writer_printf(to, " (%s)", s->choices);
            }
            if (s->source != NULL) {
                lk_writer_printf(to, "; ");
                put(to, s->source);
            }
            lk_writer_printf(to, "\n");
        }
    }
}

/* Examples stand in one block, as they are. */
static void put_more(lk_writer *to, const char *text) {
    bool examples = false, begun = false, block = false;
    for (int length; text != NULL;) {
        bool literal;
        const char *piece = text;
        text = cli_next_piece(text, &length, &literal);
        bool example = literal && length > 2;
        if (example != block) {
            lk_writer_printf(to, example ? ".PP\n.RS 4\n.nf\n" : ".fi\n.RE\n");
            block = example;
        }
        if (example) {
            put_text(to, piece + 2, length - 2, false);
            lk_writer_printf(to, "\n");
        } else if (strncmp(piece, "examples:", 9) == 0) {
            lk_writer_printf(to, ".SH EXAMPLES\n");
            examples = true;
        } else if (length > 0) {
            lk_writer_printf(to, begun || examples ? ".PP\n" : ".SH NOTES\n");
            put_text(to, piece, length, true);
            lk_writer_printf(to, "\n");
            begun = true;
        }
    }
    lk_writer_printf(to, "%s", block ? ".fi\n.RE\n" : "");
}

static void put_verb(lk_writer *to, const cli_verb *verb) {
    char name[64];
    snprintf(name, sizeof name, "likely-%s", verb->name);
    put_head(to, name, verb->summary);
    lk_writer_printf(to, "likely %s\n\\fI", verb->name);
    put(to, verb->operands);
    lk_writer_printf(to, "\\fR");
    char option[CLI_NAME_MOST];
    for (const char *required = verb->required; cli_next_name(&required, option);) {
        lk_writer_printf(to, " \\fB\\-\\-%s\\fR \\fI...\\fR", option);
    }
    lk_writer_printf(to, " [\\fIoptions\\fR]\n.SH OPTIONS\n");
    for (int32_t i = 0; i < cli_option_count(verb); i++) {
        put_option(to, cli_option_at(verb, i));
    }
    if (verb->explain != NULL) {
        put_settings(to);
    }
    if (verb->more != NULL) {
        put_more(to, verb->more);
    }
    if (cli_about_files(verb) != NULL) {
        lk_writer_printf(to, ".SH FILES\n");
        put_line(to, cli_about_files(verb));
    }
    lk_writer_printf(to, ".SH EXIT STATUS\n0 when all is well, 1 after a failure, 2 when the "
                         "command line is at fault; then one line on standard error says why.\n"
                         ".SH SEE ALSO\n.BR likely (1)\n");
}

static void put_overview(lk_writer *to) {
    put_head(to, "likely",
             "likelihood models of discrete data: generate, compress, detect "
             "anomalies");
    lk_writer_printf(to, "likely\n\\fIverb\\fR ... [\\fIoptions\\fR]\n.SH VERBS\n");
    for (int32_t i = 0; cli_verb_at(i) != NULL; i++) {
        if (!cli_verb_at(i)->hidden) {
            lk_writer_printf(to, ".TP\n.BR likely\\-%s (1)\n", cli_verb_at(i)->name);
            put_line(to, cli_verb_at(i)->summary);
        }
    }
    lk_writer_printf(to, ".SH YOUR DATA\nBegin with this line:\n");
    for (int i = 0; cli_start_at(i) != NULL; i++) {
        lk_writer_printf(to, ".TP\n");
        put_line(to, cli_start_at(i)->data);
        put_line(to, cli_start_at(i)->line);
    }
    lk_writer_printf(to, ".SH FILES\nA model is one file, in the format of safetensors, with all "
                         "that is needed to use it.\n.SH ENVIRONMENT\n.TP\nLIKELY_ISA\nthe "
                         "instruction set: scalar, avx2, avx512 or neon (the best that there is); "
                         "results do not depend on it\n.SH SEE ALSO\n");
    for (int32_t i = 0; cli_verb_at(i) != NULL && !cli_verb_at(i)->hidden; i++) {
        bool last = cli_verb_at(i + 1) == NULL || cli_verb_at(i + 1)->hidden;
        lk_writer_printf(to, ".BR likely\\-%s (1)%s\n", cli_verb_at(i)->name, last ? "" : ",");
    }
}

void cli_write_page(lk_writer *to, const cli_verb *verb) {
    if (verb == NULL) {
        put_overview(to);
    } else {
        put_verb(to, verb);
    }
}
