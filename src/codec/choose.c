#include "codec/choose.h"

#include "models/run.h"

/* Of raw data in a chunk of examples: so much that its frame of 40 bytes vanishes. */
#define CHUNK_BITS (INT64_C(4096) * 784)
#define CHUNK_SYMBOLS (INT64_C(4) << 20)
/* Of recordings, whose files are larger: a fourth of the memory, for 0.004 % of the size. */
#define CHUNK_SOUND_SYMBOLS (INT64_C(1) << 20)
/* A text's lane: so long that its beginning costs little: some 10 bits, most of them to tell where
 * it is (docs/results.md). */
#define LANE_SYMBOLS (INT64_C(1) << 16)
/* Shorter ones, while there are fewer lanes than make products quick: a weight that is fetched
 * serves them all, and a network of several MB of weights decodes six times as fast. */
#define LANE_SYMBOLS_LEAST (INT64_C(1) << 12)
#define LANES_QUICK 16
#define TEXT_LANES 64 /* at most, unless given */
#define EXAMPLE_LANES 256
/* That lanes should take: if they are more than make products quick; and whatever they are. */
#define LANES_BYTES ((double)(INT64_C(1) << 26))
#define LANES_BYTES_MOST ((double)(INT64_C(1) << 29))

static int64_t between(int64_t least, int64_t value, int64_t most) {
    return value > most ? most : value < least ? least : value;
}

static int64_t pieces(int64_t count, int64_t size) {
    return count / size + (count % size != 0);
}

/* ---- lanes ----------------------------------------------------------------------------------- */

/* So many bytes, or as many as may be taken. */
static lk_status fit(const lk_choice *c, const lk_run_options *options, double bytes,
                     int64_t *lanes) {
    double most = (double)c->model->context->memory_most;
    return lk_run_fit(c->model, options, most > 0.0 && most < bytes ? most : bytes, lanes);
}

/* Lanes, where they are not given: as many as there are streams for, and memory. Where more may be
 * taken than they need it does not matter how much. */
static lk_status choose_lanes(const lk_choice *c, int64_t streams) {
    lk_run_options options = {.shape = c->shape, .schedules = LK_INCREMENTAL};
    int64_t *lanes = &c->container->lanes, most = c->model->context->memory_most;
    int64_t quick = between(1, streams, LANES_QUICK);
    bool one = c->options->learning_rate > 0.0f; /* several learn less, in as many steps as one */
    *lanes = c->options->lanes > 0 ? c->options->lanes : one ? 1 : streams;
    if (c->options->lanes > 0 || *lanes == 1) {
        return LK_OK;
    }
    LK_TRY(fit(c, &options, LANES_BYTES, lanes));
    if (*lanes < quick) {
        *lanes = quick;
        LK_TRY(fit(c, &options, LANES_BYTES_MOST, lanes));
    }
    options.schedules = LK_PARALLEL;
    return most > 0 && !c->options->incremental_encode
               ? lk_run_fit(c->model, &options, (double)most, lanes)
               : LK_OK;
}

/* ---- chunks ---------------------------------------------------------------------------------- */

/* Symbols of a chunk, where they are not given: halved until its items, of that length, may be
 * held. */
static int64_t halve_chunk(const lk_choice *c, int64_t symbols, int64_t length) {
    double most = (double)c->model->context->memory_most;
    while (symbols > LANE_SYMBOLS && most > 0.0 &&
           lk_content_bytes(c->container, c->symbols, symbols / length, symbols) > most) {
        symbols /= 2;
    }
    return symbols;
}

static lk_status choose_for_examples(lk_choice *c) {
    int64_t count = lk_items_count(c->items), length = lk_items_length(c->items, 0);
    int64_t given = c->options->chunk, bits = 1, *lanes = &c->container->lanes;
    while (INT64_C(1) << bits < c->container->alphabet) {
        bits++;
    }
    int64_t chunk =
        between(1, given > 0 ? given : halve_chunk(c, CHUNK_BITS / bits, length) / length, count);
    LK_TRY(choose_lanes(c, between(1, EXAMPLE_LANES, chunk)));
    *lanes = between(1, *lanes, chunk);
    chunk -= given > 0 || chunk == count ? 0 : chunk % *lanes; /* groups are full but in the last */
    c->chunk = between(1, chunk, between(1, LK_CHUNK_SYMBOLS_MOST / length, count)) * length;
    return LK_OK;
}

/* Symbols that are whole units: at least one. */
static int64_t whole_units(const lk_choice *c, int64_t symbols) {
    int64_t unit = lk_symbols_unit(c->symbols);
    return symbols < unit ? unit : symbols - symbols % unit;
}

static int64_t choose_text_chunk(const lk_choice *c, int64_t longest) {
    int64_t given = c->options->chunk, unit = lk_symbols_unit(c->symbols);
    int64_t symbols = c->container->sound ? CHUNK_SOUND_SYMBOLS : CHUNK_SYMBOLS;
    int64_t most = halve_chunk(c, symbols, symbols);
    int64_t chunk = given > 0        ? between(1, given, LK_CHUNK_TEXT_MOST)
                    : longest > most ? pieces(longest, pieces(longest, most))
                                     : most;
    return whole_units(c, chunk + (given > 0 ? 0 : unit - 1));
}

static lk_status choose_for_texts(lk_choice *c) {
    int64_t count = lk_items_count(c->items), unit = lk_symbols_unit(c->symbols);
    int64_t longest = lk_items_longest(c->items), streams = 0, *lanes = &c->container->lanes;
    c->chunk = choose_text_chunk(c, longest);
    int64_t all = between(1, lk_items_total(c->items), c->chunk); /* in a chunk */
    int64_t each = between(LANE_SYMBOLS_LEAST, all / LANES_QUICK, LANE_SYMBOLS);
    for (int64_t i = 0; i < count; i++) {
        streams += pieces(lk_items_length(c->items, i), each);
    }
    int64_t alone = between(1, longest, c->chunk); /* symbols of a text in a chunk of its own */
    int64_t parts = between(1, alone / each, TEXT_LANES);
    LK_TRY(choose_lanes(c, count == 1 ? parts : between(1, streams, TEXT_LANES)));
    parts = c->options->lanes > 0 ? *lanes : between(1, parts, *lanes);
    c->container->longest = pieces(alone / unit + (alone < unit), between(1, parts, alone)) * unit;
    /* Where the model learns streams are equally long; recordings have no lines. */
    c->container->cuts =
        alone > c->container->longest && c->options->learning_rate == 0.0f && !c->container->sound;
    *lanes = count == 1 ? pieces(alone, c->container->longest) : *lanes;
    return LK_OK;
}

lk_status lk_choose(lk_choice *choice) {
    const lk_codec_options *o = choice->options;
    if (o->lanes < 0 || o->lanes > LK_CONTAINER_LANES_MOST || o->chunk < 0) {
        return lk_fail(choice->model->context, LK_INVALID,
                       "chunks hold 1 item or more, in 1 to %d lanes", LK_CONTAINER_LANES_MOST);
    }
    if (o->learning_rate != 0.0f && !lk_learn_rate_valid(o->learning_rate)) {
        return lk_fail(choice->model->context, LK_INVALID,
                       "a model learns at a rate up to %g; not at %g", (double)LK_LEARN_RATE_MOST,
                       (double)o->learning_rate);
    }
    return choice->container->texts ? choose_for_texts(choice) : choose_for_examples(choice);
}
