/* Whatever option or operand names a file is declared as read or as written, so that the one place
 * that looks at files before any verb runs (cli/files.c) sees it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/verbs.h"

static void every_file_is_declared(void **state) {
    (void)state;
    int found = 0;
    for (int32_t v = 0; cli_verb_at(v) != NULL; v++) {
        const cli_verb *verb = cli_verb_at(v);
        for (int32_t i = 0; i < verb->option_count; i++) {
            const char *value = verb->options[i].value, *name = verb->options[i].name;
            if (value == NULL ||
                (strstr(value, "FILE") == NULL && strstr(value, "PATH") == NULL &&
                 strstr(value, "MODEL") == NULL && strstr(value, ".png") == NULL)) {
                continue;
            }
            found++;
            if (cli_lists(verb->inputs, name) == cli_lists(verb->outputs, name)) {
                fail_msg("likely %s --%s %s: must be an input, or an output", verb->name, name,
                         value);
            }
        }
    }
    assert_true(found > 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_file_is_declared)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
