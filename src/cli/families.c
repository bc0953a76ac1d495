#include "cli/families.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cli/help.h"

static const char *unless_tied(const lk_family *family) {
    return family->one_size != NULL ? ", unless a setting ties it to its own" : "";
}

/* What a family takes besides examples of one size, all of one alphabet. */
static const struct {
    const char *key, *text;
    size_t flag;
    const char *(*more)(const lk_family *family); /* what is added to it; NULL: nothing */
} abilities[] = {
    {"any_size", "pictures or sequences of any size", offsetof(lk_family, any_size), unless_tied},
    {"any_order", "any order of the variables (--order)", offsetof(lk_family, any_order), NULL},
    {"streams", "texts without an end (--text)", offsetof(lk_family, streams), NULL},
    {"given", "labels that it is given (--condition)", offsetof(lk_family, given), NULL},
    {"local", "a slower sequence along recordings and texts (--local)", offsetof(lk_family, local),
     NULL},
    {"views", "views (--view)", offsetof(lk_family, views), NULL},
    {"tables", "tables whose columns have words", offsetof(lk_family, tables), NULL},
};
#define ABILITIES (sizeof abilities / sizeof *abilities)

static bool takes(const lk_family *family, size_t ability) {
    return *(const bool *)((const char *)family + abilities[ability].flag);
}

static void print_abilities(const lk_family *family) {
    const char *before = "    takes ";
    for (size_t i = 0; i < ABILITIES; i++) {
        if (takes(family, i)) {
            printf("%s%s%s", before, abilities[i].text,
                   abilities[i].more != NULL ? abilities[i].more(family) : "");
            before = ", ";
        }
    }
    printf("%s", before[0] == ',' ? "\n" : "");
}

void cli_print_family(const lk_family *family) {
    printf("%s: %s\n%s%s%s", family->name, family->summary, family->paper[0] != '\0' ? "    " : "",
           family->paper, family->paper[0] != '\0' ? "\n" : "");
    print_abilities(family);
    cli_print_settings(family);
}

static void print_setting(const lk_setting *s) {
    printf("    --set %s=%s%s%s%s\n", s->key, s->fallback, s->choices != NULL ? " (" : "",
           s->choices != NULL ? s->choices : "", s->choices != NULL ? ")" : "");
    cli_print_wrapped(stdout, s->help, 0, 8);
    if (s->evaluation) {
        cli_print_wrapped(stdout,
                          "of a trained model too: --set of eval, score, sample, compress "
                          "and so on",
                          0, 8);
    }
    if (s->source != NULL) {
        cli_print_wrapped(stdout, s->source, printf("        -> "), 11);
    }
}

void cli_print_settings(const lk_family *family) {
    for (int32_t i = 0; i < family->setting_count; i++) {
        print_setting(&family->settings[i]);
    }
}

void cli_explain_family(const char *name) {
    const lk_family *family = lk_family_named(name);
    if (family != NULL) {
        printf("%s: %s\n\nsettings:\n", family->name, family->summary);
        cli_print_settings(family);
    } else {
        printf("no model family %s; likely models lists them\n", name);
    }
}

json_t *cli_family_json(const lk_family *family) {
    json_t *settings = json_array();
    for (int32_t i = 0; i < family->setting_count; i++) {
        const lk_setting *s = &family->settings[i];
        json_array_append_new(settings, json_pack("{s:s, s:s, s:s, s:s*, s:s*, s:b}", "key", s->key,
                                                  "default", s->fallback, "help", s->help, "source",
                                                  s->source, "choices", s->choices,
                                                  "after_training", s->evaluation));
    }
    json_t *able = json_object();
    for (size_t i = 0; i < ABILITIES; i++) {
        json_object_set_new(able, abilities[i].key, json_boolean(takes(family, i)));
    }
    return json_pack("{s:s, s:s, s:s, s:o, s:o}", "family", family->name, "summary",
                     family->summary, "paper", family->paper, "takes", able, "settings", settings);
}
