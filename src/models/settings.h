/* Settings of a model family: a table of rows, from which the command line, the model file and the
 * help are made. */
#ifndef LK_MODELS_SETTINGS_H
#define LK_MODELS_SETTINGS_H

#include "base/context.h"

#define LK_SETTINGS_MOST 32
#define LK_SETTING_TEXT_MOST 65536

typedef enum lk_setting_kind {
    LK_INTEGER,
    LK_REAL,
    LK_BOOLEAN,
    LK_CHOICE,
    LK_INTEGERS,
    LK_TEXT
} lk_setting_kind;

typedef struct lk_setting {
    const char *key; /* "hidden" */
    lk_setting_kind kind;
    const char *fallback; /* the default, as text: "500" or "500,500" */
    double least, most;   /* LK_INTEGER, LK_REAL, each of LK_INTEGERS */
    const char *choices;  /* LK_CHOICE: "relu|tanh|sigmoid|softplus" */
    const char *help;
    const char *source; /* where it stands in the family's paper, or the paper that it is of:
                           "section 4.1"; NULL: in none */
    bool later; /* joined the table when models had already been saved: at its fallback it is
                   outside the fingerprint, so that theirs stay */
    bool evaluation;    /* decides how weights are used, whatever they were trained for: may be
                           changed of a trained model (lk_model_use) */
    bool training_only; /* decides how weights come about, not what they mean: outside the model's
                           fingerprint */
} lk_setting;

/* Which row of a table has the key; -1: none. */
int32_t lk_setting_find(const lk_setting *table, int32_t count, const char *key);

/* Values for one family's table; texts are canonical, so that equal settings have equal texts. */
typedef struct lk_settings {
    const lk_setting *table;
    int32_t count;
    char *text[LK_SETTINGS_MOST]; /* owned */
} lk_settings;

lk_status lk_settings_init(lk_context *context, lk_settings *settings, const lk_setting *table,
                           int32_t count);
void lk_settings_deinit(lk_settings *settings);
/* Checks and keeps one value. Errors name the key, what was given and what is allowed (unknown key:
 * the known ones). */
lk_status lk_settings_set(lk_context *context, lk_settings *settings, const char *key,
                          const char *value);
/* "KEY=VALUE" */
lk_status lk_settings_assign(lk_context *context, lk_settings *settings, const char *assignment);
/* Several, none of a key twice. */
lk_status lk_settings_assign_all(lk_context *context, lk_settings *settings,
                                 const char *const *assignments, int32_t count);

/* Reading; the key must be in the table and of that kind (asserted). */
int64_t lk_settings_integer(const lk_settings *settings, const char *key);
double lk_settings_real(const lk_settings *settings, const char *key);
bool lk_settings_boolean(const lk_settings *settings, const char *key);
const char *lk_settings_text(const lk_settings *settings, const char *key); /* also LK_CHOICE */
/* LK_INTEGERS: fills at most `most`, returns how many there are. The empty text is the empty
 * list. */
int32_t lk_settings_integers(const lk_settings *settings, const char *key, int64_t *values,
                             int32_t most);

#endif
