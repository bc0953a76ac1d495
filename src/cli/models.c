/* likely models: the families and their settings. */
#include "cli/common.h"

static const cli_option options[] = {
    {"json", NULL, "one JSON object instead of text", false},
};

static void print_family(const lk_family *family) {
    printf("%s: %s\n%s%s%s", family->name, family->summary, family->paper[0] != '\0' ? "    " : "",
           family->paper, family->paper[0] != '\0' ? "\n" : "");
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
    return json_pack("{s:s, s:s, s:s, s:o}", "family", family->name, "summary", family->summary,
                     "paper", family->paper, "settings", settings);
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
