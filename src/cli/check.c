/* likely check: what a sceptic would run. */
#include "cli/common.h"
#include "cli/text.h"
#include "jobs/check.h"
#include "jobs/stream_check.h"

static const cli_option options[] = {
    {"data", "PATH", "examples, or a text, to check on (default: drawn from the model)", false},
    CLI_DATA_OPTIONS,
    CLI_TEXT_OPTIONS,
    {"json", NULL, "one JSON object instead of text", false},
};

static const char *const words[] = {
    [LK_CHECK_PASSED] = "passed", [LK_CHECK_FAILED] = "FAILED", [LK_CHECK_SKIPPED] = "skipped"};

static int print_results(const cli_arguments *arguments, const lk_check_result *results,
                         int32_t count) {
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
        status = cli_print_json(json_pack("{s:b, s:O}", "passed", passed, "checks", list));
    }
    json_decref(list);
    status = status == EXIT_DONE ? cli_finish_output() : status;
    return passed ? status : EXIT_FAULT;
}

static int check_examples(const cli_arguments *arguments, const cli_session *s) {
    lk_check_result results[LK_CHECKS_MOST];
    int32_t count;
    if (!cli_excludes(arguments, "from symbols", "models of texts")) {
        return EXIT_USAGE;
    }
    return lk_check(s->model, s->dataset, results, &count) == LK_OK
               ? print_results(arguments, results, count)
               : cli_fault(s->context);
}

static int check_text(const cli_arguments *arguments, const cli_session *s) {
    lk_check_result results[LK_CHECKS_MOST];
    int32_t count;
    lk_stream *stream = NULL;
    if (!cli_excludes(arguments, "alphabet shape binarize binarize-seed", "models of examples")) {
        return EXIT_USAGE;
    }
    int status =
        cli_has(arguments, "data") ? cli_text_open(arguments, s->model, &stream) : EXIT_DONE;
    if (status == EXIT_DONE) {
        status = lk_stream_check(s->model, stream, results, &count) == LK_OK
                     ? print_results(arguments, results, count)
                     : cli_fault(s->context);
    }
    lk_stream_close(stream);
    return status;
}

static int run(const cli_arguments *arguments) {
    cli_session s;
    int status = cli_begin(arguments, cli_has(arguments, "data"), &s);
    if (status == EXIT_DONE) {
        status = s.model->data.stream ? check_text(arguments, &s) : check_examples(arguments, &s);
    }
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
    .more = "The exit status is 0 only if nothing failed.\n\n"
            "examples:\n"
            "  likely check digits.likely\n"
            "  likely check digits.likely --data test.amat.gz --json\n"
            "  likely check book.likely --data book.txt\n",
    .run = run,
};
