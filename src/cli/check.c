/* likely check: what a sceptic would run. */
#include "cli/items.h"
#include "cli/text.h"
#include "jobs/check.h"

static const cli_option options[] = {
    {"data", "PATH", "examples, or texts, to check on (default: drawn from the model)", false},
    CLI_DATA_OPTIONS,
    CLI_TEXT_OPTIONS,
    {"labels", CLI_LABELS, "for a model of p(x | label): those of --data (default: the data's own)",
     false},
    CLI_LOCAL_OPTION,
    CLI_USE_OPTION,
    {"json", NULL, "one JSON object instead of text", false},
};

static const char *const words[] = {
    [LK_CHECK_PASSED] = "passed", [LK_CHECK_FAILED] = "FAILED", [LK_CHECK_SKIPPED] = "skipped"};

static int print_results(const cli_arguments *arguments, const lk_items *items,
                         const lk_check_result *results, int32_t count) {
    bool passed = true;
    json_t *list = json_array();
    for (int32_t i = 0; i < count; i++) {
        passed = passed && results[i].verdict != LK_CHECK_FAILED;
        if (!cli_has(arguments, "json")) {
            printf("%-8s %-22s %s\n", words[results[i].verdict], results[i].name,
                   results[i].detail);
        }
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s}", "check", results[i].name, "verdict",
                                        words[results[i].verdict], "detail", results[i].detail));
    }
    int status = EXIT_DONE;
    if (cli_has(arguments, "json")) {
        json_t *object = json_pack("{s:b, s:O}", "passed", passed, "checks", list);
        cli_note_json(object, items);
        status = cli_print_json(object);
    } else {
        cli_print_note(items);
    }
    json_decref(list);
    status = status == EXIT_DONE ? cli_finish_output() : status;
    return passed ? status : EXIT_FAULT;
}

static int run(const cli_arguments *arguments) {
    cli_session s;
    lk_items *items = NULL;
    lk_check_result results[LK_CHECKS_MOST];
    int32_t count;
    int status = cli_begin(arguments, cli_has(arguments, "data"), &s);
    bool texts = status == EXIT_DONE && s.model->data.stream;
    if (status == EXIT_DONE && !cli_excludes(arguments, texts ? CLI_OF_EXAMPLES : "from symbols",
                                             texts ? "models of examples" : "models of texts")) {
        status = EXIT_USAGE;
    }
    if (status == EXIT_DONE && s.model->data.labels == 0 &&
        !cli_excludes(arguments, "labels", "models of p(x | label)")) {
        status = EXIT_USAGE;
    }
    if (status == EXIT_DONE && cli_has(arguments, "data")) {
        status = cli_items_open(arguments, &s, &items);
    }
    if (status == EXIT_DONE) {
        status = lk_check(s.model, items, results, &count) == LK_OK
                     ? print_results(arguments, items, results, count)
                     : cli_fault(s.context);
    }
    lk_items_close(items);
    cli_end(&s);
    return status;
}

const cli_verb cli_check_verb = {
    .name = "check",
    .summary = "prove and test a model: causality, schedules, sums, restoring",
    .operands = "MODEL",
    .operand_count = 1,
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .several = CLI_SEVERAL,
    .inputs = "data labels local",
    .more = "The exit status is 0 only if nothing failed.\n\n"
            "examples:\n"
            "  likely check digits.likely\n"
            "  likely check digits.likely --data test.amat.gz --json\n"
            "  likely check book.likely --data book.txt\n",
    .run = run,
};
