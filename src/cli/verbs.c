#include "cli/verbs.h"

#include <stddef.h>
#include <string.h>

extern const cli_verb cli_train_verb, cli_eval_verb, cli_sample_verb, cli_compress_verb,
    cli_decompress_verb, cli_quantize_verb, cli_score_verb, cli_check_verb, cli_info_verb,
    cli_models_verb, cli_manual_verb;

static const cli_verb *const verbs[] = {
    &cli_train_verb,      &cli_eval_verb,   &cli_sample_verb,   &cli_compress_verb,
    &cli_decompress_verb, &cli_score_verb,  &cli_quantize_verb, &cli_check_verb,
    &cli_info_verb,       &cli_models_verb, &cli_manual_verb,
};

const cli_verb *cli_verb_at(int32_t index) {
    return index < (int32_t)(sizeof verbs / sizeof *verbs) ? verbs[index] : NULL;
}

const cli_verb *cli_verb_named(const char *name) {
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(verbs[i]->name, name) == 0) {
            return verbs[i];
        }
    }
    return NULL;
}
