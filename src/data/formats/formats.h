/* Reading and writing data sets, and labels, in files of all formats. */
#ifndef LK_DATA_FORMATS_FORMATS_H
#define LK_DATA_FORMATS_FORMATS_H

#include "base/file.h"
#include "data/buffer.h"
#include "data/dataset.h"
#include "data/items.h"
#include "data/sheet.h"

/* Part of the compressed container's format. */
typedef enum lk_format_number {
    LK_FROM_MEMORY,
    LK_FROM_AMAT,
    LK_FROM_ROWS,
    LK_FROM_CSV,
    LK_FROM_IDX,
    LK_FROM_NPY,
    LK_FROM_NPZ,
    LK_FROM_PBM,
    LK_FROM_PNG,
    LK_FROM_JPEG,
    LK_FROM_CIFAR10,
    LK_FROM_CIFAR100,
    LK_FROM_FOLDER, /* of pictures */
    LK_FROM_PNM,    /* PGM, PPM, PAM */
} lk_format_number;

typedef enum lk_role { LK_ROLE_TRAIN, LK_ROLE_VALID, LK_ROLE_TEST } lk_role;

/* How to read. Zero-initialised means: infer everything. */
typedef struct lk_dataset_options {
    int32_t alphabet; /* 0: infer (2 if all values are 0/1, 256 for 8-bit images, else maximum + 1).
                       * With a binarization: the grey alphabet of the file; 2, what comes out, then
                       * means infer */
    lk_shape shape;   /* axes 0: as the format says */
    lk_binarization binarization;
    uint64_t seed;  /* for LK_BINARIZE_SAMPLE */
    uint64_t epoch; /* for LK_BINARIZE_SAMPLE: which draw */
    lk_role role; /* picks among several arrays of one archive: train_data, valid_data, test_data */
    bool empty;   /* a file of no examples gives a data set of none, which has no values and nothing
                    * else that can be relied on */
    bool own_role; /* of an archive: no array but one whose name is of the role */
    bool *lacks;   /* or NULL: set where such is not there, which is a failure too */
    bool raw; /* whatever the bytes say: they are symbols 0..255, cut into examples of `shape`, a
               * rest that does not fill one left out */
    lk_crop crop; /* of pictures: for LK_ROLE_TRAIN at random places, else tiles in the order of
                     reading */
    lk_picture_wish pictures; /* how they are read, and for whom */
    const char *of_pictures;  /* an option that was given and is of pictures alone, for the message
                               * that other data get; NULL: none */
    int64_t variables;        /* of the model that is to take the data; 0: none */
    const char *array;        /* the NPZ array to read, as "PATH:NAME" would say; NULL: by role */
    /* Tables. */
    bool words;  /* a CSV may have columns of words, whose values are learned: for whoever keeps the
                  * data set's columns; else words are refused */
    bool unseen; /* of words: each column gets a symbol for values that are not seen now */
    bool apart;  /* of tables with column names: each column has words of its own, even where all of
                  * them are integers */
    bool holes;  /* `?`, or nothing, in a field is no value, unless it is a word of the column; nor
                  * has a column one that is not there (lk_dataset.open) */
    const char *label; /* the column that becomes the labels; NULL: none */
    /* The description of a table that is to be read again, for a model of it: columns are taken by
     * their names, in whatever order they stand, words are symbols of its dictionaries, and a value
     * that is in none is refused, or is the reserved symbol. Its label, if the table has it,
     * becomes labels, with classes of their own (lk_dataset_match_labels). Without words other
     * formats are read too, by position. NULL: learn. */
    const lk_columns *columns;
} lk_dataset_options;

/* Reads `path`, recognised by content, or a folder: all pictures in it and in its subfolders, which
 * must be of one size, in the order of their names; where all are in subfolders these are classes;
 * or CIFAR batches (LK_ROLE_TRAIN: data_batch_*.bin, else test_batch.bin). "PATH:NAME" picks the
 * array NAME of an NPZ archive. Errors name path, place, cause. A file with no examples is refused.
 * *dataset is the caller's: lk_dataset_destroy. */
lk_status lk_dataset_read(lk_context *context, const char *path, const lk_dataset_options *options,
                          lk_dataset **dataset);
/* The same from memory; `name` stands for the path in messages. The bytes are only read (and never
 * unpacked). */
lk_status lk_dataset_parse(lk_context *context, const char *name, const lk_bytes *bytes,
                           const lk_dataset_options *options, lk_dataset **dataset);

/* Pictures that are to serve beside a data set: of its levels and channels. */
void lk_picture_wish_like(const lk_dataset *like, lk_dataset_options *options);

/* The name of a format ("amat", "idx", ...; "memory" for 0) or NULL when there is no such. */
const char *lk_dataset_format_name(int32_t format);
/* Whether examples of the format always have labels. */
bool lk_dataset_format_labelled(int32_t format);

/* Labels of a data set that has none, or others: a rule for the names of files
 * (data/label_names.h); or one number or word a line, or IDX1, or NPY, or "PATH:NAME" in an NPZ; as
 * many as there are examples. Of text the first line may be a header,
 * which is one line more. Their classes are in the order of a dictionary; a number is the text of
 * its digits. */
lk_status lk_dataset_read_labels(lk_context *context, const char *path, lk_dataset *dataset);
/* The same from memory; `array` picks one of an NPZ, or NULL. */
lk_status lk_dataset_parse_labels(lk_context *context, const char *name, const lk_bytes *bytes,
                                  const char *array, lk_dataset *dataset);
/* Writes the labels of a data set that has some so that they are read again: a line each. A word
 * with a line end in it is LK_INVALID. */
lk_status lk_dataset_write_labels(lk_context *context, const char *path, const lk_dataset *dataset);
/* The same of so many items, whatever they are, from a file: *labels [count] and *classes are the
 * caller's. */
lk_status lk_labels_read_classes(lk_context *context, const char *path, int64_t count,
                                 int32_t **labels, lk_dictionary *classes);
/* Those of texts, in their order, by such a rule or from a file. */
lk_status lk_items_read_labels(lk_context *context, const char *path, lk_items *items);
/* The labels of texts by a rule for their names: as lk_labels_of_names. */
lk_status lk_items_labels_of_names(lk_context *context, const char *rule, const lk_items *items,
                                   int32_t **labels, lk_dictionary *classes);
/* The same, but the file gets its name with the others of the batch. */
lk_status lk_dataset_hold_labels(lk_context *context, const char *path, const lk_dataset *dataset,
                                 lk_batch *batch);
/* Numbers alone, as they are: labels that say what is an anomaly. *labels is the caller's:
 * lk_release. */
lk_status lk_labels_read(lk_context *context, const char *path, int64_t examples, int32_t **labels);
lk_status lk_labels_parse(lk_context *context, const char *name, const lk_bytes *bytes,
                          const char *array, int64_t examples, int32_t **labels);

/* Writers. The format is chosen by the name's ending: .png (one image, or a grid; to look at:
 * values are spread over 0..255), .pgm, .ppm, .pnm, .pam (one image, value for value), .npy, .npz
 * (the values under the name they had in an NPZ, or "data", and "labels" that are numbers), .amat,
 * .txt (integers separated by spaces; 0/1 rows without spaces for binary data), .csv, .idx, .pbm
 * (binary data: the width is the number of variables, each row an example), .bin (CIFAR-10 batches,
 * with labels); each but .png and .npz also .gz; and NAME/, a folder that gets a PNG for each
 * example, under its name in the folder that was read, or a number. Another ending is LK_INVALID,
 * the message lists the known ones. A vector of d*d variables is drawn square, another one as a
 * line. Text and PBM keep no shape, and only the reader's options tell an alphabet larger than what
 * occurs. */
lk_status lk_dataset_write(lk_context *context, const char *path, const lk_dataset *dataset);
/* The same, value for value: what decompression uses. A picture is one example of 1 to 4 channels,
 * a folder gets each under its own name; what the format cannot hold is LK_INVALID. Where the
 * ending says nothing the file becomes what dataset->format remembers (jpeg becomes png). Format 0
 * and an unknown ending: LK_INVALID. */
lk_status lk_dataset_restore(lk_context *context, const char *path, const lk_dataset *dataset);
/* Whether a file of that name can hold such examples, of which values need not be there: asked
 * before hours of sampling or decoding. exact: by lk_dataset_restore. */
lk_status lk_dataset_holds(lk_context *context, const char *path, const lk_dataset *like,
                           bool exact);
/* What is lost or changed in a file of that name, in words for people; "" if nothing is. drawn: by
 * lk_dataset_write, else by lk_dataset_restore. */
#define LK_LOSS_CAPACITY 256
void lk_dataset_loss(const char *path, const lk_dataset *dataset, bool drawn,
                     char text[LK_LOSS_CAPACITY]);
/* Whether lk_dataset_write knows the ending: to refuse a name before hours of sampling. Fails with
 * the message of the write. */
lk_status lk_dataset_writable(lk_context *context, const char *path);
/* A name that ends in a slash is a folder, which gets a PNG for each example. */
bool lk_names_folder(const char *path);
/* Notes whether two pictures would have one name in a folder that they are written to. */
lk_status lk_dataset_note_names(lk_context *context, lk_dataset *dataset);

/* Writes an 8-bit picture: channels 1 (grey) or 3 (RGB), [height][width][channels]. */
lk_status lk_png_write(lk_context *context, const char *path, const uint8_t *pixels, int64_t height,
                       int64_t width, int32_t channels);
/* The same into memory; `name` is for messages. *png is the caller's to release, also after a
 * failure. */
lk_status lk_sheet_encode(lk_context *context, const char *name, const lk_sheet *sheet,
                          lk_buffer *png);
lk_status lk_sheet_write(lk_context *context, const char *path, const lk_sheet *sheet);

/* A file as one text or recording; or the regular files of a folder (recordings: those that are
 * named as such), in the order of their names, those that
 * begin with a dot left out; or those of its subfolders, whose names are then classes (labels). */
lk_status lk_items_open_texts(lk_context *context, const char *path, const lk_symbols *symbols,
                              lk_items **items);
/* The same, and empty files are texts too. */
lk_status lk_items_open_texts_or_empty(lk_context *context, const char *path,
                                       const lk_symbols *symbols, lk_items **items);
/* The same of the bytes that are there, nothing unpacked: to compress them. */
lk_status lk_items_open_files(lk_context *context, const char *path, const lk_symbols *symbols,
                              lk_items **items);
/* The same as texts of the symbols that are learned from them; both are the caller's. */
lk_status lk_items_learn_texts(lk_context *context, const char *path, lk_symbols_kind kind,
                               lk_symbols *symbols, lk_items **items);
/* The symbols of those: as lk_symbols_learn, of all of them together. */
lk_status lk_symbols_learn_texts(lk_context *context, const char *path, lk_symbols_kind kind,
                                 lk_symbols *symbols);

/* Whether a file, or each of the first files of a folder, is a text in UTF-8 and no data of any
 * format. Not so: a table, numbers, nothing at all, what cannot be found. A pipe is copied
 * (lk_spool_path), so that whoever reads it next gets all of it. */
lk_status lk_looks_like_text(lk_context *context, const char *path, bool *text);

/* Whether a file is a recording (data/sound.h), or a folder has files that are named as such, the
 * first of which is one. Not so: what cannot be found. A pipe is copied, as for a text. */
lk_status lk_looks_like_sound(lk_context *context, const char *path, bool *sound);
/* Of what does not look like sound, and an option that is for recordings: what it is, or why it
 * cannot be read. */
lk_status lk_refuse_sound_option(lk_context *context, const char *path, const char *option);
/* How recordings are read, by the first of them: form->view (-1: g711-mu or g711-a for codes of
 * G.711, else mulaw) and form->channel are given, the rest is learned. */
lk_status lk_sound_learn(lk_context *context, const char *path, lk_sound_form *form, int32_t view);
/* Adds to the items' note what is done to their samples, whether their rates differ from each other
 * and from that of the form, and how many have but one channel where another one is wanted. */
lk_status lk_items_note_sounds(lk_context *context, lk_items *items);

/* What these bytes are, as can stand behind "is": "a PNG picture", "a text", "packed by gzip".
 * False: nothing that is known, and then kind is "". */
#define LK_KIND_CAPACITY 80
bool lk_kind_of(const uint8_t *data, int64_t size, char kind[LK_KIND_CAPACITY]);
/* LK_FORMAT: "NAME: is a PNG picture, not WANTED". */
lk_status lk_fail_kind(lk_context *context, const char *name, const uint8_t *data, int64_t size,
                       const char *wanted);

#endif
