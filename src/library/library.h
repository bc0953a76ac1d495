/* What the public functions share. Each checks its arguments, enters the caller's context, and
 * hands on to the layers below, with the model lent to that context. Not for other layers. */
#ifndef LK_LIBRARY_LIBRARY_H
#define LK_LIBRARY_LIBRARY_H

#include "data/formats/formats.h"
#include "data/items.h"
#include "models/model.h"

#define LK_TEXTS_COUNT_MOST (INT64_C(1) << 32)

/* A shallow copy of a model, which works in the caller's context. */
typedef struct lk_loan {
    lk_model model;
    lk_parameters parameters;
} lk_loan;
const lk_model *lk_lend(lk_loan *loan, lk_context *context, const lk_model *model);

/* A model that is made needs no context any more, nor gradients. */
void lk_detach(lk_model *model);

/* Begins a job ("sampling") of a public function, whose name begins messages. LK_INVALID: the
 * context is NULL, or one that could not be created. */
lk_status lk_enter(lk_context *context, const char *doing);
/* What the job ended with, after its last word to the watch. */
lk_status lk_leave(lk_context *context, lk_status status);
/* LK_INVALID, "NAME is NULL", if it is. `name`: "lk_model_nll: data". */
lk_status lk_need(lk_context *context, const void *pointer, const char *name);
/* Of progress callbacks that count and may stop: tells the context, which is the argument. */
bool lk_tell_count(void *context, int64_t done, int64_t total);

/* Examples, or texts: the bytes of texts, which are read as symbols only when a model says how. */
struct lk_data {
    lk_dataset *dataset; /* owned; NULL: texts */
    int32_t *alphabets;  /* owned, [variables], where they differ; else NULL */
    lk_text_kind kind;
    lk_sound_form sound; /* of recordings: as what they were read */
    char *path;          /* owned: of texts in files; NULL: they are in memory */
    lk_bytes *bytes;     /* owned, [count] */
    int64_t count;
    int64_t *length; /* owned, [count]: symbols of each text */
    char **names;    /* owned, [count]: of the texts of a folder; else NULL */
    int32_t
        *labels; /* owned, [count]: of texts in folders named as their classes, or of a file; else
                        NULL */
    lk_dictionary classes;
    char *labels_path; /* owned: that file, of texts; else NULL */
    lk_local *local;   /* owned: slower sequences, one beside each text; or NULL */
};

lk_status lk_data_create(lk_context *context, lk_data **data);
/* Takes the data set, whatever comes of it. */
lk_status lk_data_of_dataset_take(lk_context *context, lk_dataset *dataset, lk_data **data);
/* The columns and classes that values in memory have. LK_INVALID: they are none. */
lk_status lk_data_take_names(lk_context *context, const lk_values *values, lk_dataset *dataset);
/* Of texts: counts their symbols; reads the slower sequences beside them that the options name
 * (NULL: none). */
lk_status lk_data_measure(lk_context *context, const lk_loading *how, lk_data *data);
/* Symbols of a text. */
typedef struct lk_text_piece {
    int64_t item, first, length;
} lk_text_piece;
/* Texts in memory that are pieces of others; `to` is new. */
lk_status lk_data_copy_pieces(lk_context *context, const lk_data *data, const lk_text_piece *pieces,
                              int64_t count, lk_data *to);
lk_status lk_data_write_text(lk_context *context, const lk_data *data, const char *path);
/* Texts as symbols, in this context. The data outlive the items. */
lk_status lk_data_open_texts(lk_context *context, const lk_data *data, const lk_symbols *symbols,
                             lk_items **items);
/* The symbols of characters that occur, or of bytes. */
lk_status lk_data_learn_symbols(lk_context *context, const lk_data *data, lk_symbols *symbols);
/* The labels of examples as the model's symbols, by their texts, or of models without classes by
 * their numbers. *labels is the caller's: lk_release. LK_MISMATCH: one is unknown, or there are
 * none. */
lk_status lk_data_match_labels(const lk_model *model, const lk_dataset *dataset, int32_t **labels);
/* Slower sequences (library/data_local.c). What the options say of them, for data of a kind. */
lk_status lk_check_local(lk_context *context, const lk_loading *how, lk_text_kind kind);
/* Those of the items, which are the data's, become the data's. */
lk_status lk_data_read_local(lk_context *context, const lk_loading *how, lk_items *items,
                             lk_data *data);
/* Beside the data's items, as the model takes them. LK_MISMATCH: it does not, or there are none. */
lk_status lk_data_place_local(const lk_model *model, const lk_data *data, lk_items *items);
/* Recordings (library/data_sounds.c). How they are read: as the options, or the first of them,
 * say. */
lk_status lk_data_learn_sound(lk_context *context, const lk_loading *how, lk_data *data);
/* LK_MISMATCH: they were read otherwise than the model does, so that they have other symbols. */
lk_status lk_data_check_sound(const lk_model *model, const lk_data *data);
/* WAV files, which is what recordings are in memory and on their way: a head, symbols of whole
 * samples, an end. */
void lk_wav_begin(const lk_sound_form *form, int64_t frames, lk_writer *writer);
void lk_wav_put(const lk_sound_form *form, const uint16_t *symbols, int64_t count,
                lk_writer *writer);
void lk_wav_end(const lk_sound_form *form, int64_t frames, lk_writer *writer);
/* Of symbols first .. of an item, whole frames; of symbols that are there. */
lk_status lk_wav_of_item(lk_items *items, int64_t item, int64_t first, int64_t length,
                         lk_writer *writer);
lk_status lk_wav_of_symbols(lk_context *context, const lk_sound_form *form, const uint16_t *symbols,
                            int64_t count, lk_bytes *wav);
/* The only item, as a file of the kind that its name says. */
lk_status lk_sound_file_of_item(lk_context *context, lk_items *items, const char *path);
/* As the model sees them: through its view, with their labels as its symbols, unless they are given
 * elsewhere (labelled). LK_MISMATCH: they are not for it. */
lk_status lk_data_open_items(const lk_model *model, const lk_data *data, bool labelled,
                             lk_items **items);
lk_status lk_check_learning_rate(lk_context *context, float rate);
/* [count], as the model's symbols; NULL if there are none. The caller's: lk_release. */
lk_status lk_take_labels(const lk_model *model, const int32_t *labels, int64_t count,
                         uint16_t **taken);

lk_status lk_check_input(lk_context *context, const lk_input *input, const char *name);
/* What the options say of recordings. */
lk_status lk_check_sound(lk_context *context, const lk_loading *how);
/* LK_INVALID unless it has 0 to LK_SHAPE_MOST axes of 1 or more, at most LK_VALUES_MOST values. */
lk_status lk_check_shape(lk_context *context, const lk_shape *shape, const char *name);
/* Before anything fails: memory that is to be filled is empty. */
void lk_clear_output(const lk_output *output);
lk_status lk_check_output(lk_context *context, const lk_output *output, const char *name);

#endif
