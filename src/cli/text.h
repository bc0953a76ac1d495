/* What verbs share when the model is one of texts (model->data.stream): reading --data as a stream
 * of the model's symbols. */
#ifndef LK_CLI_TEXT_H
#define LK_CLI_TEXT_H

#include "cli/common.h"
#include "data/stream.h"

/* The options that take a part of a text: rows for a verb's table. */
#define CLI_TEXT_OPTIONS                                                                       \
    {"from", "N",                                                                              \
     "of a text: begin at symbol N, as if the file began there; -N: N symbols before its end " \
     "(default 0)",                                                                            \
     false},                                                                                   \
    {                                                                                          \
        "symbols", "N", "of a text: so many symbols at most (default: to the end)", false      \
    }

/* The option of learning while data are met. */
#define CLI_ADAPT_OPTION                                                                         \
    {                                                                                            \
        "adapt", "RATE",                                                                         \
            "the model learns from what it has met, a step at this rate after every example, "   \
            "or every 32 symbols of a text; the model file stays as it is (dynamic evaluation; " \
            "try 0.0005; default: it does not learn)",                                           \
            false                                                                                \
    }
/* Its value, 0 without it; false after a usage line. */
bool cli_adapt(const cli_arguments *arguments, float *rate);

/* Whether none of the options that are listed is given; false after a usage line that
 * says that they are for `whom`. */
bool cli_excludes(const cli_arguments *arguments, const char *names, const char *whom);
/* Opens --data, or the part of it that --from and --symbols name. EXIT_DONE, or what to return
 * after a line has been printed. The stream is the caller's: lk_stream_close. */
int cli_text_open(const cli_arguments *arguments, const lk_model *model, lk_stream **stream);

/* The verbs themselves, for a model of texts; they return the exit status. */

#endif
