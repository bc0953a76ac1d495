/* likely models: the families and their settings. */
#include "cli/common.h"
#include "cli/families.h"
#include "cli/starts.h"

static const cli_option options[] = {
    {"json", NULL, "one JSON array instead of text", false},
};

static int print_json(const lk_family *one) {
    json_t *list = json_array();
    for (int32_t i = 0; i < lk_family_count(); i++) {
        const lk_family *family = lk_family_at(i);
        if (one == NULL || one == family) {
            json_array_append_new(list, cli_family_json(family));
        }
    }
    return cli_print_json(list);
}

static int run(const cli_arguments *arguments) {
    int status;
    const lk_family *one = NULL;
    if (arguments->positionals > 0) {
        lk_context *context = cli_open(arguments, &status);
        if (context == NULL) {
            return status;
        }
        status = lk_family_find(context, arguments->positional[0], &one) == LK_OK
                     ? EXIT_DONE
                     : cli_fault(context);
        lk_context_destroy(context);
        if (status != EXIT_DONE) {
            return status;
        }
    }
    if (cli_has(arguments, "json")) {
        return print_json(one);
    }
    if (one != NULL) {
        cli_print_family(one);
        return cli_finish_output();
    }
    for (int32_t i = 0; i < lk_family_count(); i++) {
        cli_print_family(lk_family_at(i));
        putchar('\n');
    }
    printf("Your data: begin with this line\n\n");
    cli_print_starts(stdout);
    return cli_finish_output();
}

const cli_verb cli_models_verb = {
    .name = "models",
    .summary = "the model families, their settings, and which to begin with",
    .operands = "[FAMILY]",
    .operand_most = 1,
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .more = "Each setting names its default and, behind an arrow, where it stands in the family's "
            "paper or in another.\n\n"
            "examples:\n  likely models\n  likely models made\n"
            "  likely train made --set hidden=500 --set direct=false ...\n",
    .run = run,
};
