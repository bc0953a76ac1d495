#include "cli/train/options.h"

#include <stdlib.h>
#include <string.h>

#include "cli/train/applies.h"
#include "cli/train/checks.h"

#define EPOCHS_MOST 100 /* where neither epochs nor minutes end a training */

static bool read_optimizer(const cli_arguments *a, lk_train_options *o) {
    return cli_choice(a, "optimizer", "adam|adamw|adagrad|sgd", "adam", &o->optimizer.name) &&
           cli_real(a, "learning-rate", 0.0, 1e9, LK_CHOOSE_RATE, &o->optimizer.learning_rate) &&
           cli_real(a, "momentum", 0.0, 0.9999999, 0.9, &o->optimizer.momentum) &&
           cli_real(a, "weight-decay", 0.0, 1e9, 0.0, &o->optimizer.weight_decay);
}

static bool read_rate(const cli_arguments *a, lk_train_options *o) {
    return cli_choice(a, "schedule", "constant|cosine|linear|step|exponential", LK_CHOOSE_SCHEDULE,
                      &o->rate.name) &&
           cli_integer(a, "warmup-steps", 0, INT64_MAX, 0, &o->rate.warmup_steps) &&
           cli_real(a, "decay", 0.0, 1.0, 0.5, &o->rate.decay) &&
           cli_real(a, "decay-epochs", 1e-6, 1e9, 10.0, &o->rate.decay_epochs);
}

static bool read_course(const cli_arguments *a, lk_train_options *o) {
    int64_t seed;
    *o = lk_train_defaults();
    if (!read_optimizer(a, o) || !read_rate(a, o) ||
        !cli_integer(a, "epochs", 1, INT64_MAX / 2, 0, &o->epochs) ||
        !cli_real(a, "minutes", 1e-9, 1e9, 0.0, &o->minutes) ||
        !cli_integer(a, "batch-size", 1, 1 << 20, LK_CHOOSE_BATCH, &o->batch_size) ||
        !cli_integer(a, "slices", 0, 1 << 20, 0, &o->slices) ||
        !cli_real(a, "clip", 0.0, 1e30, LK_CHOOSE_CLIP, &o->clip) ||
        !cli_real(a, "ema", 0.0, 0.99999999, 0.999, &o->ema) ||
        !cli_integer(a, "patience", 0, INT64_MAX, 30, &o->patience) ||
        !cli_integer(a, "seed", 0, INT64_MAX, 1, &seed) ||
        !cli_real(a, "checkpoint-seconds", 0.0, 1e9, 60.0, &o->checkpoint_seconds)) {
        return false;
    }
    o->seed = (uint64_t)seed;
    o->resume = cli_has(a, "resume");
    return true;
}

static bool read_text(const cli_arguments *a, train_how *how) {
    const char *name;
    int64_t every, alphabet;
    how->text = cli_has(a, "text");
    if (!cli_choice(a, "text", "bytes|utf8", "bytes", &name) ||
        !cli_integer(a, "window", 1, 1 << 20, LK_CHOOSE_WINDOW, &how->window) ||
        !cli_integer(a, "local-every", 1, LK_LOCAL_EVERY_MOST, 1, &every) ||
        !cli_integer(a, "local-alphabet", 1, LK_LOCAL_ALPHABET_MOST, 0, &alphabet)) {
        return false;
    }
    how->local = (lk_local_form){(int32_t)every, (int32_t)alphabet};
    how->symbols = strcmp(name, "utf8") == 0 ? LK_SYMBOLS_CHARACTERS : LK_SYMBOLS_BYTES;
    return true;
}

bool train_options_read(const cli_arguments *a, train_how *how) {
    *how = (train_how){0};
    return read_course(a, &how->options) && cli_data_options(a, &how->reading) &&
           cli_integer(a, "crops", 1, 1 << 30, 0, &how->reading.crop.count) && read_text(a, how) &&
           train_read_columns(a, &how->reading.apart) &&
           cli_real(a, "valid-fraction", 0.0, 0.9, -1.0, &how->fraction) && train_options_agree(a);
}

/* --view and --channel. */
static lk_status read_sound(const cli_arguments *a, lk_context *context, train_how *how) {
    const char *view = cli_text(a, "view", NULL), *channel = cli_text(a, "channel", NULL);
    char *end = NULL;
    how->view = view != NULL ? lk_sound_view_named(view) : -1;
    if (view != NULL && how->view < 0) {
        return lk_fail(context, LK_INVALID,
                       "view %.40s: of recordings there are mulaw, linear8, pcm16, bytes, g711-mu "
                       "and g711-a",
                       view);
    }
    if (channel == NULL || strcmp(channel, "mix") == 0) {
        how->channel = channel == NULL ? 0 : LK_SOUND_MIX;
        return LK_OK;
    }
    long number = strtol(channel, &end, 10);
    if (end == channel || *end != '\0' || number < 1 || number > LK_SOUND_CHANNELS_MOST) {
        return lk_fail(context, LK_INVALID, "--channel %.40s: expected 1 to %d, or mix", channel,
                       LK_SOUND_CHANNELS_MOST);
    }
    how->channel = (int32_t)number;
    return LK_OK;
}

static lk_status refuse_sound(lk_context *context, const char *path, const lk_family *family) {
    char names[LK_FAMILY_NAMES];
    lk_family_names(lk_family_streams, ", ", names, sizeof names);
    return lk_fail(
        context, LK_INVALID,
        "%s is a recording (WAV, FLAC or the like), which %s does not take; these do: %s; "
        "--raw takes the bytes of any file",
        path, family->name, names);
}

/* The option that is given and is for recordings alone, as the family has it; NULL: none. */
static const char *of_sound(const cli_arguments *a, const lk_family *family) {
    return cli_has(a, "channel")                                     ? "channel"
           : cli_has(a, "view") && family->streams && !family->views ? "view"
                                                                     : NULL;
}

/* Data that are none, or are to be taken for something else. */
static lk_status refuse_no_sound(const cli_arguments *a, lk_context *context,
                                 const lk_family *family, const train_how *how) {
    const char *option = of_sound(a, family), *path = cli_text(a, "data", NULL);
    if (option == NULL) {
        return LK_OK;
    }
    return how->text || how->reading.raw || how->reading.shape.axes > 0
               ? lk_fail(context, LK_INVALID,
                         "%s: --%s is for recordings, which are not read as such with --text, "
                         "--raw or --shape: leave it out",
                         path, option)
               : lk_refuse_sound_option(context, path, option);
}

lk_status train_options_guess_sound(const cli_arguments *a, lk_context *context,
                                    const lk_family *family, const lk_model *from, train_how *how) {
    const char *path = cli_text(a, "data", NULL);
    bool sound = false;
    if (from != NULL ? from->data.stream : how->text || how->reading.raw) {
        sound = from != NULL && lk_data_is_sound(&from->data);
    } else if (how->reading.shape.axes == 0) {
        LK_TRY(lk_looks_like_sound(context, path, &sound));
    }
    if (!sound) {
        return refuse_no_sound(a, context, family, how);
    }
    if (!family->streams) {
        return refuse_sound(context, path, family);
    }
    how->text = true;
    how->symbols = LK_SYMBOLS_SOUND;
    return from != NULL ? LK_OK : read_sound(a, context, how);
}

lk_status train_options_check(const cli_arguments *a, lk_context *context, const lk_family *family,
                              const train_how *how) {
    const char *const *assignments;
    int32_t count = cli_texts(a, "set", &assignments);
    const lk_family_wants wants = {.text = how->text,
                                   .label = cli_has(a, "condition"),
                                   .local = cli_has(a, "local"),
                                   .view = cli_has(a, "view") && how->symbols != LK_SYMBOLS_SOUND};
    if (how->options.resume && family->fit != NULL) {
        return lk_fail(context, LK_INVALID,
                       "%s trains in one go and has no checkpoints: leave out --resume",
                       family->name);
    }
    LK_TRY(lk_family_takes(context, family, &wants));
    return lk_family_check_settings(context, family, assignments, count);
}

void train_options_choose(const cli_arguments *arguments, const lk_family *family,
                          const json_t *before, bool texts, int64_t size, int64_t window,
                          const lk_assignments *settings, lk_train_options *options) {
    const lk_train_facts facts = {.family = family, .texts = texts, .size = size};
    char reason[LK_CHOOSE_REASON];
    if (before != NULL) {
        lk_choose_as_before(before, &window, options);
    }
    if (options->epochs == 0 && options->minutes == 0.0 && !options->rate.by_time) {
        options->epochs = EPOCHS_MOST;
    }
    lk_choose_options(&facts, window, options, reason);
    if (reason[0] == '\0' || cli_has(arguments, "quiet")) {
        return;
    }
    fprintf(stderr, "chosen: %s", reason);
    for (int32_t i = 0; i < settings->count && before == NULL; i++) {
        fprintf(stderr, "%s%s", i == 0 ? "; for a text of this size: " : " ", settings->text[i]);
    }
    fprintf(stderr, "\n");
}
