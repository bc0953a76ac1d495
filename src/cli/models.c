/* likely models: the families and their settings. */
#include <stddef.h>

#include "cli/common.h"

static const cli_option options[] = {
    {"json", NULL, "one JSON object instead of text", false},
};

/* What a family takes besides examples of one size, all of one alphabet. */
static const struct {
    const char *key, *text;
    size_t flag;
} abilities[] = {
    {"any_size", "pictures or sequences of any size", offsetof(lk_family, any_size)},
    {"streams", "texts without an end (--text)", offsetof(lk_family, streams)},
    {"given", "labels that it is given (--condition)", offsetof(lk_family, given)},
    {"views", "views (--view)", offsetof(lk_family, views)},
    {"tables", "tables whose columns have words", offsetof(lk_family, tables)},
};
#define ABILITIES (sizeof abilities / sizeof *abilities)

static bool takes(const lk_family *family, size_t ability) {
    return *(const bool *)((const char *)family + abilities[ability].flag);
}

static void print_abilities(const lk_family *family) {
    const char *before = "    takes ";
    for (size_t i = 0; i < ABILITIES; i++) {
        if (takes(family, i)) {
            printf("%s%s", before, abilities[i].text);
            before = ", ";
        }
    }
    printf("%s", before[0] == ',' ? "\n" : "");
}

static void print_family(const lk_family *family) {
    printf("%s: %s\n%s%s%s", family->name, family->summary, family->paper[0] != '\0' ? "    " : "",
           family->paper, family->paper[0] != '\0' ? "\n" : "");
    print_abilities(family);
    for (int32_t i = 0; i < family->setting_count; i++) {
        const lk_setting *s = &family->settings[i];
        printf("    --set %s=%s\n        %s%s%s%s\n", s->key, s->fallback, s->help,
               s->choices != NULL ? " (" : "", s->choices != NULL ? s->choices : "",
               s->choices != NULL ? ")" : "");
    }
    printf("\n");
}

static json_t *family_json(const lk_family *family) {
    json_t *settings = json_array();
    for (int32_t i = 0; i < family->setting_count; i++) {
        const lk_setting *s = &family->settings[i];
        json_array_append_new(settings,
                              json_pack("{s:s, s:s, s:s, s:s*}", "key", s->key, "default",
                                        s->fallback, "help", s->help, "choices", s->choices));
    }
    json_t *able = json_object();
    for (size_t i = 0; i < ABILITIES; i++) {
        json_object_set_new(able, abilities[i].key, json_boolean(takes(family, i)));
    }
    return json_pack("{s:s, s:s, s:s, s:o, s:o}", "family", family->name, "summary",
                     family->summary, "paper", family->paper, "takes", able, "settings", settings);
}

static int run(const cli_arguments *arguments) {
    json_t *list = json_array();
    for (int32_t i = 0; i < lk_family_count(); i++) {
        if (cli_has(arguments, "json")) {
            json_array_append_new(list, family_json(lk_family_at(i)));
        } else {
            print_family(lk_family_at(i));
        }
    }
    if (cli_has(arguments, "json")) {
        return cli_print_json(list);
    }
    json_decref(list);
    return cli_finish_output();
}

const cli_verb cli_models_verb = {
    .name = "models",
    .summary = "the model families and their settings",
    .operands = "",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .more =
        "examples:\n  likely models\n  likely train made --set hidden=500 --set direct=false ...\n",
    .run = run,
};
