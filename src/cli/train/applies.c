#include "cli/train/applies.h"

#include <stdio.h>
#include <string.h>

#include "cli/common.h"
#include "cli/text.h"

/* ---- options that go with others ------------------------------------------------------------- */

static const struct {
    const char *option, *needs; /* one of these */
    const char *values;         /* of which that one has one; NULL: any */
} needed[] = {
    {"crops", "crop", NULL},
    {"labels", "condition from", NULL},
    {"valid-labels", "valid", NULL},
    {"valid-labels", "condition from", NULL},
    {"local", "local-every from", NULL},
    {"local-every", "local", NULL},
    {"local-alphabet", "local", NULL},
    {"valid-local", "local", NULL},
    {"valid-local", "valid", NULL},
    {"binarize-seed", "binarize", NULL},
    {"momentum", "optimizer", "sgd"},
    {"decay", "schedule", "step exponential"},
    {"decay-epochs", "schedule", "step exponential"},
};
static const char *const exclusive[][2] = {
    {"valid", "valid-fraction"},
};

static bool is_met(const cli_arguments *a, const char *needs, const char *values) {
    char word[CLI_NAME_MOST];
    bool met = false;
    while (cli_next_name(&needs, word)) {
        met = met ||
              (cli_has(a, word) && (values == NULL || cli_lists(values, cli_text(a, word, ""))));
    }
    return met;
}

bool train_options_agree(const cli_arguments *a) {
    bool resumed = cli_has(a, "resume"); /* the options of that run say the rest */
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        const char *values = needed[i].values;
        if (cli_has(a, needed[i].option) && !(values != NULL && resumed) &&
            !is_met(a, needed[i].needs, values)) {
            char first[CLI_NAME_MOST];
            const char *needs = needed[i].needs;
            cli_next_name(&needs, first);
            cli_usage(a, "--%s says nothing without --%s%s%s", needed[i].option, first,
                      values != NULL ? " " : "", values != NULL ? values : "");
            return false;
        }
    }
    for (size_t i = 0; i < sizeof exclusive / sizeof *exclusive; i++) {
        if (cli_has(a, exclusive[i][0]) && cli_has(a, exclusive[i][1])) {
            cli_usage(a, "--%s and --%s exclude each other", exclusive[i][0], exclusive[i][1]);
            return false;
        }
    }
    return true;
}

/* ---- options that go with families and data -------------------------------------------------- */

typedef enum scope { BY_GRADIENTS, BY_STEPS, OF_EXAMPLES, OF_TEXTS } scope;

static const struct {
    scope scope;
    const char *options, *whom;
    bool told; /* what is given to families or files of all kinds alike is not refused */
} scopes[] = {
    {BY_GRADIENTS,
     "batch-size slices learning-rate optimizer momentum weight-decay schedule warmup-steps decay "
     "decay-epochs clip ema patience checkpoint-seconds",
     "families that are trained by gradients", false},
    {BY_STEPS, "log", "families that are trained step by step", false},
    {BY_STEPS, "epochs minutes", "families that are trained step by step", true},
    {OF_EXAMPLES, CLI_OF_EXAMPLES " crop crops raw columns unseen", "models of examples", false},
    {OF_TEXTS, "window", "models of texts", true},
    {OF_TEXTS, "local valid-local local-every local-alphabet", "models of texts and recordings",
     false},
};

static void tell(const cli_arguments *a, const char *options, const char *whom) {
    char option[CLI_NAME_MOST];
    while (!cli_has(a, "quiet") && cli_next_name(&options, option)) {
        if (cli_has(a, option)) {
            fprintf(stderr, "--%s is for %s, and says nothing here\n", option, whom);
        }
    }
}

bool train_options_apply(const cli_arguments *a, const lk_family *family, bool texts) {
    const bool applies[] = {
        [BY_GRADIENTS] = family->fit == NULL,
        [BY_STEPS] = family->fit == NULL || !family->yardstick,
        [OF_EXAMPLES] = !texts,
        [OF_TEXTS] = texts,
    };
    for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++) {
        if (!applies[scopes[i].scope] && scopes[i].told) {
            tell(a, scopes[i].options, scopes[i].whom);
        } else if (!applies[scopes[i].scope] &&
                   !cli_excludes(a, scopes[i].options, scopes[i].whom)) {
            return false;
        }
    }
    return true;
}
