#include "train/choose.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Measured on tinyshakespeare and on 250 KB of it, of English and of C, a minute on two cores:
 * from 100 lanes of 128 symbols, which make 20 updates an epoch, little is learned; lanes of 64
 * symbols, 16 or 32 of them, cost as much a symbol and are four to eight times as many updates. */
enum {
    UPDATES_WANTED = 200, /* an epoch */
    EXAMPLES_LEAST = 16,
    EXAMPLES_MOST = 100,
    LANES_LEAST = 8,
    LANES_MOST = 32,
    WINDOW_SHORT = 64,
    WINDOW_LONG = 128,
    WINDOW_SOUND = 2048, /* frames: samples that are told from each other by far older ones */
    LONG_TEXT = 4 << 20, /* symbols of which the longer window still makes enough updates */
    HELD_OUT_LEAST = 8192,
    HELD_OUT_SHARE = 32,     /* of a text, one part in so many, */
    HELD_OUT_SHARE_MOST = 10 /* and of a small one this */
};

#define ADAM_RATE 0.001
#define SGD_RATE 0.1

int64_t lk_choose_window(int64_t symbols) {
    return symbols < LONG_TEXT ? WINDOW_SHORT : WINDOW_LONG;
}

int64_t lk_choose_sound_window(int64_t symbols, int64_t unit) {
    int64_t frames = WINDOW_SOUND;
    while (frames > 1 && frames > symbols / unit / (2 * LANES_LEAST)) {
        frames /= 2;
    }
    return frames * unit;
}

static int64_t within(int64_t value, int64_t least, int64_t most) {
    return value < least ? least : value > most ? most : value;
}

int64_t lk_choose_held_out(int64_t symbols) {
    int64_t wanted =
        symbols / HELD_OUT_SHARE > HELD_OUT_LEAST ? symbols / HELD_OUT_SHARE : HELD_OUT_LEAST;
    return within(wanted, 0, symbols / HELD_OUT_SHARE_MOST);
}

/* The nearest power of two below, whose lanes are divided among threads without a rest. */
static int64_t power_of_two(int64_t value) {
    int64_t power = 1;
    while (2 * power <= value) {
        power *= 2;
    }
    return power;
}

static int64_t choose_batch(const lk_train_facts *facts, int64_t window) {
    return facts->texts ? within(power_of_two(facts->size / window / UPDATES_WANTED), LANES_LEAST,
                                 LANES_MOST)
                        : within(facts->size / UPDATES_WANTED, EXAMPLES_LEAST, EXAMPLES_MOST);
}

/* Whether the rate falls to 0 by the end. */
static bool falls(const lk_train_options *o) {
    return o->rate.name == LK_CHOOSE_SCHEDULE
               ? o->minutes > 0.0
               : lk_rate_ends(&o->rate) && o->rate.final_fraction == 0.0;
}

static double choose_rate(const lk_train_facts *facts, const lk_train_options *o) {
    bool adaptive = strncmp(o->optimizer.name, "adam", 4) == 0; /* adam, adamw */
    const lk_family *family = facts->family;
    if (!adaptive) {
        return strcmp(o->optimizer.name, "sgd") == 0 ? SGD_RATE : ADAM_RATE;
    }
    return family->falling_rate > 0.0 && falls(o) ? family->falling_rate
           : family->learning_rate > 0.0          ? family->learning_rate
                                                  : ADAM_RATE;
}

static void say(char reason[LK_CHOOSE_REASON], const char *format, ...) {
    size_t length = strlen(reason);
    va_list arguments;
    va_start(arguments, format);
    if (length > 0) {
        length += (size_t)snprintf(reason + length, LK_CHOOSE_REASON - length, ", ");
    }
    vsnprintf(reason + length, LK_CHOOSE_REASON - length, format, arguments);
    va_end(arguments);
}

static void say_batch(const lk_train_facts *facts, int64_t window, int64_t batch,
                      char reason[LK_CHOOSE_REASON]) {
    int64_t once = batch * (facts->texts ? window : 1);
    long long size = (long long)facts->size, updates = (long long)((facts->size + once - 1) / once);
    if (facts->texts) {
        say(reason, "%lld lanes of %lld symbols (%lld updates an epoch of %lld symbols)",
            (long long)batch, (long long)window, updates, size);
    } else {
        say(reason, "minibatches of %lld (%lld updates an epoch of %lld examples)",
            (long long)batch, updates, size);
    }
}

static void choose_schedule(lk_train_options *o, char reason[LK_CHOOSE_REASON]) {
    if (o->rate.name == LK_CHOOSE_SCHEDULE) {
        o->rate.name = o->minutes > 0.0 ? "cosine" : "constant";
    }
    if (o->minutes > 0.0 && lk_rate_ends(&o->rate) && !o->rate.by_time) {
        o->rate.by_time = true;
        say(reason,
            "the rate falls as a %s over %g minute%s (by the clock: not repeatable to the bit)",
            o->rate.name, o->minutes, o->minutes == 1.0 ? "" : "s");
    }
}

void lk_choose_options(const lk_train_facts *facts, int64_t window, lk_train_options *o,
                       char reason[LK_CHOOSE_REASON]) {
    reason[0] = '\0';
    if (o->batch_size == LK_CHOOSE_BATCH) {
        o->batch_size = choose_batch(facts, window);
        say_batch(facts, window, o->batch_size, reason);
    }
    if (o->optimizer.learning_rate < 0.0) {
        o->optimizer.learning_rate = choose_rate(facts, o);
        say(reason, "%s at %g", o->optimizer.name, o->optimizer.learning_rate);
    }
    if (o->clip < 0.0) {
        o->clip = facts->family->clip;
        if (o->clip > 0.0) {
            say(reason, "gradients clipped at %g", o->clip);
        }
    }
    choose_schedule(o, reason);
}
