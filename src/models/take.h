/* Data as a model takes them: read as its columns and binarization say, labels as its classes, seen
 * through its view. What every verb and the library begin with. */
#ifndef LK_MODELS_TAKE_H
#define LK_MODELS_TAKE_H

#include "data/formats/formats.h"
#include "data/items.h"
#include "models/model.h"

typedef struct lk_take_options {
    lk_dataset_options reading; /* columns, words and label are the model's */
    const char *labels;         /* of examples, a file; NULL: those in the data */
} lk_take_options;

/* Whom data are for: a run, of families of any size at the data's; one whose examples are to be
 * completed, which may be upper parts, or the pictures that its ordering begins with; one of whose
 * examples these are every so-manieth row and column; a training, of no other size than the
 * model's. */
typedef enum lk_data_use {
    LK_FOR_RUN,
    LK_FOR_COMPLETION,
    LK_FOR_ENLARGING,
    LK_FOR_TRAINING
} lk_data_use;
/* What a model asks of data: of pictures its levels and channels, and how its own were read where
 * the options do not say it; of all that is unpacked or decoded a shape that fits the use,
 * before it is. To be set when all else of the options is. The model must
 * outlive them. */
void lk_model_wish(const lk_model *model, lk_data_use use, lk_dataset_options *reading);
/* One picture that is as large as a sheet of the model's own (what is drawn into one .png) gets a
 * note, since it is taken as a single one. */
lk_status lk_model_note_sheet(const lk_model *model, lk_dataset *dataset);
/* What any new model asks: examples of no more variables than it may have. */
void lk_model_wish_new(lk_dataset_options *reading);
/* Reads examples for a model and checks that they fit: LK_MISMATCH says what does not. Grey values
 * are binarized where the options say so, whatever the model was trained on; values that are 0 and
 * 1 already stay; *done tells which it was. With options->reading.empty the data set may have
 * no examples, and is then good for nothing else. *dataset is the caller's. */
lk_status lk_model_read_data(const lk_model *model, const char *path,
                             const lk_take_options *options, lk_dataset **dataset,
                             lk_binarization *done);
/* Items of a data set that fits. Of a model that is given labels, the data set's become symbols of
 * the model's classes; a label that it does not know, and none at all, are LK_MISMATCH. The data
 * set must outlive the items. */
lk_status lk_model_items(const lk_model *model, lk_dataset *dataset, lk_items **items);
/* The same of data whose labels nobody knows: they are all label 0, for who tries each of them. */
lk_status lk_model_items_unlabelled(const lk_model *model, const lk_dataset *dataset,
                                    lk_items **items);
/* The symbols of texts that the model can be run along: its own, if it is one of streams; bytes, if
 * it is of windows over 256 values and its family runs along streams. LK_MISMATCH for others. */
lk_status lk_model_text_symbols(const lk_model *model, const lk_symbols **symbols);
/* Texts for a model of such: a file, or a folder of them. The second takes an empty file, the third
 * empty files in folders too, and packed ones as they are. Of a model that is given labels they
 * have these, from a file (`labels`; of a folder in the order of the names in it) or, NULL, as the
 * names of their folders. */
lk_status lk_model_open_texts(const lk_model *model, const char *path, const char *labels,
                              lk_items **items);
lk_status lk_model_open_texts_or_empty(const lk_model *model, const char *path, const char *labels,
                                       lk_items **items);
lk_status lk_model_open_files(const lk_model *model, const char *path, const char *labels,
                              lk_items **items);
/* Gives texts that are open already such labels. */
lk_status lk_model_label_texts(const lk_model *model, const char *labels, lk_items *items);
/* LK_MISMATCH unless texts have a slower sequence beside them where the model is given such, of its
 * form; they have none where it is not. */
lk_status lk_model_accepts_local(const lk_model *model, const lk_items *items);
/* Reads it from files (lk_items_read_local_files), for a model that is given such; path NULL: there
 * are none. */
lk_status lk_model_read_local(const lk_model *model, const char *path, lk_items *items);
/* One that is drawn, beside so many symbols of the model, for checks; *local NULL: the model is
 * given none. The caller's. */
lk_status lk_model_draw_local(const lk_model *model, int64_t symbols, lk_local **local);
/* The symbol of a label by its text, of a model that is given such; what is not known is
 * LK_INVALID, and the message lists what is. */
lk_status lk_model_label(const lk_model *model, const char *text, uint16_t *symbol);
/* A data set of the model's raw values, all 0: for samples and what is decompressed. Columns and
 * classes are the model's. */
lk_status lk_model_dataset(const lk_model *model, const char *path, lk_shape shape,
                           int64_t examples, lk_dataset **dataset);

#endif
