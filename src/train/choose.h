/* Options that nobody chose, chosen from the size of the data. So many updates an epoch are wanted
 * that an epoch teaches something, and no more than keep the processor busy; a training that has a
 * time to end at gets a curve that ends there. The same data, settings and options always get the
 * same choice. */
#ifndef LK_TRAIN_CHOOSE_H
#define LK_TRAIN_CHOOSE_H

#include <jansson.h>

#include "train/train.h"

/* What is to be chosen: these values, which no training takes. */
#define LK_CHOOSE_BATCH 0
#define LK_CHOOSE_WINDOW 0
#define LK_CHOOSE_RATE (-1.0)
#define LK_CHOOSE_CLIP (-1.0)
#define LK_CHOOSE_SCHEDULE NULL

#define LK_CHOOSE_REASON 320

typedef struct lk_train_facts {
    const lk_family *family;
    bool texts;
    int64_t size; /* of the training data: examples, or symbols of texts */
} lk_train_facts;

/* Symbols of texts after which gradients are cut off. */
int64_t lk_choose_window(int64_t symbols);
/* The same of recordings, in whole frames of so many symbols. */
int64_t lk_choose_sound_window(int64_t symbols, int64_t unit);
/* Symbols at the end of one text that are held out to validate on, where nobody says how many: a
 * tenth of a small one, and no more than it takes to tell weights apart. */
int64_t lk_choose_held_out(int64_t symbols);
/* Replaces what is to be chosen among batch size, learning rate, clipping and schedule; `window` is
 * of texts. `reason` says what was chosen and why, in one line; empty: nothing was. */
void lk_choose_options(const lk_train_facts *facts, int64_t window, lk_train_options *options,
                       char reason[LK_CHOOSE_REASON]);

/* What a run that is to be resumed was told or chose for itself: NULL when there is no checkpoint
 * yet, or it is of another family. The caller's: json_decref. */
lk_status lk_choose_before(lk_context *context, const char *checkpoint, const lk_family *family,
                           json_t **before);
/* Takes over what is to be chosen; of texts the window. Before is not NULL. */
void lk_choose_as_before(const json_t *before, int64_t *window, lk_train_options *options);

/* Symbols that the run to be resumed held out; -1: it says nothing of texts, or is NULL. */
int64_t lk_choose_held_out_before(const json_t *before);

/* KEY=VALUE texts. */
typedef struct lk_assignments {
    char *text[LK_SETTINGS_MOST]; /* owned */
    int32_t count;
} lk_assignments;
/* Settings of the family for those who give none: as before, or (NULL) such as suit so many symbols
 * of texts (0: no texts). lk_assignments_deinit, whatever comes of it. */
lk_status lk_choose_settings(lk_context *context, const lk_family *family, const json_t *before,
                             int64_t symbols, lk_assignments *chosen);
void lk_assignments_deinit(lk_assignments *assignments);

#endif
