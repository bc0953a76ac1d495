/* What verbs share: opening things, saying what went wrong, showing progress. */
#ifndef LK_CLI_COMMON_H
#define LK_CLI_COMMON_H

#include <stdio.h>

#include "base/json.h"
#include "cli/arguments.h"
#include "data/formats/formats.h"
#include "models/model.h"

/* A context with --threads and --memory; NULL after an error line (then return EXIT_FAULT or the
 * usage status in *status). */
lk_context *cli_open(const cli_arguments *arguments, int *status);
/* Prints the context's message as one line on stderr; returns EXIT_FAULT. */
int cli_fault(const lk_context *context);

/* What most verbs begin with: a context, the model of the first operand and, if `data`, the data of
 * --data. */
typedef struct cli_session {
    lk_context *context;
    lk_model *model;
    lk_dataset *dataset;          /* NULL when not read, as for a model of texts */
    lk_binarization binarization; /* what was done to it */
} cli_session;
/* EXIT_DONE, or what to return after a line has been printed. cli_end in both cases. */
int cli_begin(const cli_arguments *arguments, bool data, cli_session *session);
void cli_end(cli_session *session);

/* The options that say how to read data: rows for a verb's table. */
#define CLI_DATA_OPTIONS                                                               \
    {"alphabet", "N", "number of symbols (default: inferred, or the model's)", false}, \
        {"shape", "HxWxC", "shape of an example (default: as the file says)", false},  \
        CLI_BINARIZE_OPTIONS, CLI_PICTURE_OPTIONS
/* What --labels takes, and what the rules say (data/label_names.h). */
#define CLI_LABELS "PATH|name:N|folder"
#define CLI_LABELS_BY_NAME                                                                    \
    "name:2 takes field 2 of the files' own names (jackson of 7_jackson_32.wav), folder the " \
    "names of their folders"
/* The option of models that are given a slower sequence: a row for a verb's table. */
#define CLI_LOCAL_OPTION                                                                        \
    {                                                                                           \
        "local", "PATH",                                                                        \
            "of a model that is given a slower sequence along recordings or texts: a file of "  \
            "whole numbers, one for every so many positions (likely info says how many); of a " \
            "folder of data a folder, with NAME.txt for each NAME.wav",                         \
            false                                                                               \
    }
/* Their names: no model of texts takes them. */
#define CLI_OF_EXAMPLES "alphabet shape binarize binarize-seed alpha orient depth"
/* How pictures are read. */
#define CLI_PICTURE_OPTIONS                                                                       \
    {"alpha", "keep|drop|white",                                                                  \
     "of pictures: transparency is a channel, is left out, or laid on white (default: as of the " \
     "pictures that the model was trained on; else a channel where something shows through)",     \
     false},                                                                                      \
        {"orient", NULL, "of pictures: turn them as their EXIF notes say", false}, {              \
        "depth", "8", "of pictures: read the high 8 bits of 16", false                            \
    }
/* Those of them that --given takes. */
#define CLI_BINARIZE_OPTIONS                                                         \
    {"binarize", "threshold|sample",                                                 \
     "turn grey values into 0 and 1 (default: such values are not changed)", false}, \
    {                                                                                \
        "binarize-seed", "N", "seed of --binarize sample (default 1)", false         \
    }

/* --shape; untouched without it. False after a usage line. */
bool cli_shape(const cli_arguments *arguments, lk_shape *shape);
/* The same for verbs that may take pieces of pictures. */
#define CLI_CROP_OPTION                                                                        \
    {                                                                                          \
        "crop", "HxW",                                                                         \
            "of pictures: pieces of one size, in training at random places, else tiles", false \
    }
/* For those that read them with a model. */
#define CLI_RAW_OPTION                                                                             \
    {                                                                                              \
        "raw", NULL,                                                                               \
            "the file is bytes, whatever they are: cut into examples of the model's size, a rest " \
            "left out",                                                                            \
            false                                                                                  \
    }

/* Fills options from those; false after a usage line. */
bool cli_data_options(const cli_arguments *arguments, lk_dataset_options *options);
/* Reads --data for a model, checks that they fit. Grey values are binarized if the arguments say
 * so; values that are 0 and 1 already stay, and *done tells which it was. */
lk_status cli_read_data(const cli_arguments *arguments, const lk_model *model, const char *path,
                        lk_dataset **dataset, lk_binarization *done);
/* What a user should know of how the data were read: a line, or "note" in a JSON object (may be
 * NULL). Nothing where there is nothing to say, or no data. */
void cli_print_note(const lk_items *items);
void cli_note_json(json_t *object, const lk_items *items);
/* Before an NLL, or in the JSON object that holds it: "<= " and "bound" where the model gives but a
 * bound (lk_model_bound); and a line that says why. */
const char *cli_bound(const lk_model *model);
void cli_print_bound(const lk_model *model);
void cli_bound_json(json_t *object, const lk_model *model);
/* "static (0/1 as in the file)", "dynamic (--binarize sample, seed 1)" ... */
const char *cli_binarization_of(const lk_model *model, lk_binarization binarization);

/* How a trained model's weights are used (models/tune.h, lk_model_use). */
#define CLI_USE_OPTION                                                                          \
    {                                                                                           \
        "set", "KEY=VALUE",                                                                     \
            "use the model's weights otherwise: a setting that may be changed after training, " \
            "such as orders=8 of eonade (likely models FAMILY says which); what is compressed " \
            "so is decompressed so; may be given several times",                                \
            true                                                                                \
    }
/* As the arguments say. */
lk_status cli_use(const cli_arguments *arguments, lk_model *model);

/* A progress line, rewritten in place on a terminal, absent otherwise and with --quiet. */
typedef struct cli_progress {
    const char *doing; /* "coding" */
    bool shown;
    double began, last;
} cli_progress;
cli_progress cli_progress_begin(const cli_arguments *arguments, const char *doing);
/* Usable as a library callback: argument is a cli_progress. */
void cli_progress_show(void *progress, int64_t done, int64_t count);
/* The same, for callbacks that may end the work: always true. */
bool cli_progress_go_on(void *progress, int64_t done, int64_t count);
void cli_progress_end(cli_progress *progress);
/* Whether people watch: stderr is a terminal. */
bool cli_on_terminal(void);
/* "s" where there is not just one: 1 example, 2 examples. */
static inline const char *cli_plural(int64_t count) {
    return count == 1 ? "" : "s";
}
/* "1 h 02 min", "3 min 20 s", "12 s" */
void cli_duration(double seconds, char text[32]);

/* How the model was trained: an object, which may be empty; NULL after an error line. */
json_t *cli_history(const lk_model *model);
/* Prints a JSON object, taking it, with 17 digits. EXIT_FAULT when it cannot be written. */
int cli_print_json(json_t *object);
/* Flushes stdout; EXIT_FAULT with a line when something could not be written. */
int cli_finish_output(void);

#endif
