#include "jobs/stream_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "codec/codec.h"
#include "data/formats/formats.h"
#include "jobs/stream_sample.h"
#include "models/flow.h"

#define WINDOWS_MOST 64 /* that are cut from the text for the checks of examples */
#define DRAWN_LEAST 2000
#define DRAWN_WINDOWS 4
#define WINDOW 61  /* of the flow that is compared with one network: fits into nothing */
#define BEHIND 200 /* symbols beyond twice the lookback that are compared */
#define BYTES_MOST ((int64_t)256 << 20) /* of their parameters */
#define NAIVE_SYMBOLS 96
#define CODED_SYMBOLS 3000
#define CODED_MOST ((int64_t)1 << 24)
#define FORWARD_PASSES_MOST 1.1
#define LEARNING_RATE 0.0005f

typedef struct checker {
    lk_model *model;
    lk_stream *stream;
    lk_check_result *result;
    float learning_rate; /* of the compression under way; 0: the model stays as it is */
} checker;

/* ---- windows, steps, and one network --------------------------------------------------------- */

typedef struct compared {
    int64_t symbols, channels;
    uint16_t *x;      /* [symbols] */
    float *reference; /* [symbols][channels]: by one network over all of them */
} compared;

static lk_status run_network(const checker *c, compared *all) {
    lk_graph *graph;
    lk_execution *execution = NULL;
    LK_TRY(lk_model_graph_at(c->model, (lk_shape){1, {all->symbols}}, &graph));
    lk_status status = lk_execution_create(graph, LK_PLAN_EVALUATE, 1, &execution);
    if (status == LK_OK) {
        status = lk_execution_forward(execution, all->x, 1);
    }
    for (int64_t i = 0; status == LK_OK && i < all->symbols; i++) {
        memcpy(all->reference + i * all->channels, lk_execution_parameters(execution, i),
               (size_t)all->channels * sizeof(float));
    }
    lk_execution_destroy(execution);
    lk_graph_destroy(graph);
    return status;
}

static void compare(const checker *c, const compared *all, int64_t symbol, const float *parameters,
                    const char *how) {
    if (memcmp(all->reference + symbol * all->channels, parameters,
               (size_t)all->channels * sizeof(float)) != 0) {
        lk_check_say(c->result, LK_CHECK_FAILED,
                     "%s, symbol %lld gets other parameters than in one network", how,
                     (long long)symbol);
    }
}

static lk_status run_windows(const checker *c, const compared *all, lk_flow *flow) {
    LK_TRY(lk_flow_begin(flow, 1));
    for (int64_t first = 0, here; first < all->symbols; first += here) {
        here = all->symbols - first < WINDOW ? all->symbols - first : WINDOW;
        LK_TRY(lk_flow_forward(flow, all->x + first, here));
        for (int64_t i = 0; i < here; i++) {
            compare(c, all, first + i, lk_flow_parameters(flow, i), "window by window");
        }
    }
    return LK_OK;
}

static lk_status run_steps(const checker *c, const compared *all, lk_flow *flow) {
    LK_TRY(lk_flow_begin(flow, 1));
    for (int64_t i = 0; i < all->symbols; i++) {
        const float *parameters;
        LK_TRY(lk_flow_next(flow, &parameters));
        compare(c, all, i, parameters, "step by step");
        lk_flow_set(flow, all->x + i);
    }
    return LK_OK;
}

static lk_status compare_along(const checker *c, compared *all, lk_flow *flow) {
    LK_TRY(lk_stream_read(c->stream, 0, all->symbols, all->x));
    LK_TRY(run_network(c, all));
    LK_TRY(run_windows(c, all, flow));
    return run_steps(c, all, flow);
}

static lk_status check_along(checker *c) {
    lk_flow *flow;
    LK_TRY(lk_flow_create(c->model, LK_PLAN_INCREMENTAL, 1, WINDOW, &flow));
    int64_t lookback = lk_flow_lookback(flow), length = lk_stream_length(c->stream);
    compared all = {.symbols = 2 * lookback + BEHIND,
                    .channels = lk_graph_channels(lk_flow_graph(flow))};
    int64_t room = BYTES_MOST / all.channels / (int64_t)sizeof(float);
    all.symbols = all.symbols < length ? all.symbols : length;
    all.symbols = all.symbols < room ? all.symbols : room;
    all.x = lk_allocate(all.symbols, sizeof *all.x);
    all.reference = lk_allocate(all.symbols * all.channels, sizeof *all.reference);
    lk_status status =
        all.x == NULL || all.reference == NULL
            ? lk_fail_no_memory(c->model->context, "check", all.symbols * all.channels * 4)
            : compare_along(c, &all, flow);
    lk_check_say(c->result, LK_CHECK_PASSED,
                 "%lld symbols in one network, in windows of %d and step by step: the same bits; "
                 "it looks back %lld",
                 (long long)all.symbols, WINDOW, (long long)lookback - 1);
    lk_release(all.x);
    lk_release(all.reference);
    lk_flow_destroy(flow);
    return status;
}

/* ---- sampling -------------------------------------------------------------------------------- */

typedef struct drawn {
    uint32_t *characters; /* [capacity] */
    int64_t count;
} drawn;

static lk_status keep(void *argument, bool fresh, const uint32_t *characters) {
    (void)fresh;
    drawn *d = argument;
    d->characters[d->count++] = characters[0];
    return LK_OK;
}

static lk_status draw(const lk_model *model, lk_schedule schedule, int64_t length, drawn *d) {
    lk_stream_sample_options options = {.count = 1,
                                        .length = length,
                                        .seed = 1,
                                        .temperature = 1.0f,
                                        .schedule = schedule,
                                        .take = keep,
                                        .argument = d};
    return lk_stream_sample(model, &options);
}

static lk_status check_sampling(checker *c) {
    uint32_t cached[NAIVE_SYMBOLS], naive[NAIVE_SYMBOLS];
    lk_graph *graph;
    LK_TRY(draw(c->model, LK_SCHEDULE_INCREMENTAL, NAIVE_SYMBOLS, &(drawn){.characters = cached}));
    LK_TRY(draw(c->model, LK_SCHEDULE_NAIVE, NAIVE_SYMBOLS, &(drawn){.characters = naive}));
    LK_TRY(lk_model_graph(c->model, 0, &graph));
    double forward = (double)lk_graph_multiply_adds_forward(graph);
    double passes = (double)lk_graph_multiply_adds_cached(graph) / (forward > 0.0 ? forward : 1.0);
    lk_graph_destroy(graph);
    if (memcmp(cached, naive, sizeof cached) != 0) {
        lk_check_say(c->result, LK_CHECK_FAILED,
                     "the cached and the naive schedule draw different texts");
    }
    if (passes > FORWARD_PASSES_MOST) {
        lk_check_say(c->result, LK_CHECK_FAILED,
                     "a cached sample costs %.3f forward passes in multiply-adds", passes);
    }
    lk_check_say(c->result, LK_CHECK_PASSED,
                 "%d symbols drawn cached and naively: the same; cached costs %.3f forward passes "
                 "in multiply-adds",
                 NAIVE_SYMBOLS, passes);
    return LK_OK;
}

/* ---- compressing ----------------------------------------------------------------------------- */

/* The files of one attempt, in a folder of its own. */
typedef struct files {
    char folder[400], text[420], coded[420], again[420], restored[420];
} files;

/* The text's beginning, and behind it what a model of characters cannot know. */
static lk_status write_text(const checker *c, const char *path, int64_t *symbols) {
    static const char unknown[] = "\xFF\xF4\x8F\xBF\xBF"; /* no UTF-8; the last code point */
    lk_writer *writer;
    uint32_t character;
    uint8_t bytes[LK_UTF8_MOST];
    int64_t length = lk_stream_length(c->stream);
    *symbols = length < CODED_SYMBOLS ? length : CODED_SYMBOLS;
    LK_TRY(lk_writer_create(c->model->context, path, &writer));
    for (int64_t i = 0; i < *symbols; i++) {
        lk_status status = lk_stream_characters(c->stream, i, 1, &character);
        if (status != LK_OK) {
            lk_writer_abandon(writer);
            return status;
        }
        lk_writer_put(writer, bytes, lk_utf8_put(character, bytes));
    }
    lk_writer_put(writer, unknown, (int64_t)strlen(unknown));
    return lk_writer_commit(writer);
}

static lk_status same_files(const checker *c, const char *a, const char *b, bool *same) {
    lk_bytes one, other;
    LK_TRY(lk_file_read_raw(c->model->context, a, CODED_MOST, &one));
    lk_status status = lk_file_read_raw(c->model->context, b, CODED_MOST, &other);
    if (status == LK_OK) {
        *same = one.size == other.size && memcmp(one.data, other.data, (size_t)one.size) == 0;
        lk_bytes_release(&other);
    }
    lk_bytes_release(&one);
    return status;
}

static lk_status code_both(const checker *c, const files *f, int64_t symbols,
                           lk_codec_report *report) {
    lk_codec_options options = {.chunk = symbols / 2 + 1,
                                .lanes = 3,
                                .skip_verify = true,
                                .learning_rate = c->learning_rate};
    lk_items *items;
    LK_TRY(lk_items_open_files(c->model->context, f->text, &c->model->data.symbols, &items));
    lk_status status = lk_compress_file(c->model, items, f->coded, &options, report);
    options.incremental_encode = true;
    status =
        status == LK_OK ? lk_compress_file(c->model, items, f->again, &options, report) : status;
    lk_items_close(items);
    return status;
}

static lk_status code(const checker *c, const files *f) {
    int64_t symbols;
    bool alike, back;
    lk_codec_report report;
    lk_restored restored;
    LK_TRY(write_text(c, f->text, &symbols));
    LK_TRY(code_both(c, f, symbols, &report));
    lk_status status = lk_decompress_file(c->model, f->coded, f->restored, NULL, &restored);
    lk_restored_deinit(&restored);
    if (status != LK_OK) {
        lk_check_say(c->result, LK_CHECK_FAILED, "what was compressed cannot be restored: %s",
                     lk_context_message(c->model->context));
        return status == LK_NO_MEMORY ? status : LK_OK;
    }
    LK_TRY(same_files(c, f->coded, f->again, &alike));
    LK_TRY(same_files(c, f->text, f->restored, &back));
    if (!alike || !back) {
        lk_check_say(c->result, LK_CHECK_FAILED, "%s",
                     back ? "the parallel and the incremental schedule write different files"
                          : "what was restored differs from what was compressed");
    }
    lk_check_say(c->result, LK_CHECK_PASSED,
                 "%lld bytes compressed to %lld by either schedule, the same ones; restored by the "
                 "incremental one",
                 (long long)report.content_bytes, (long long)report.bytes);
    return LK_OK;
}

static lk_status check_restore(checker *c) {
    files f;
    const char *folder = getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp";
    snprintf(f.folder, sizeof f.folder, "%s/likely-check-XXXXXX", folder);
    if (mkdtemp(f.folder) == NULL) {
        lk_check_say(c->result, LK_CHECK_SKIPPED,
                     "cannot write to %s: set TMPDIR to a folder that can be written", folder);
        return LK_OK;
    }
    snprintf(f.text, sizeof f.text, "%s/text", f.folder);
    snprintf(f.coded, sizeof f.coded, "%s/coded", f.folder);
    snprintf(f.again, sizeof f.again, "%s/again", f.folder);
    snprintf(f.restored, sizeof f.restored, "%s/restored", f.folder);
    lk_status status = code(c, &f);
    unlink(f.text);
    unlink(f.coded);
    unlink(f.again);
    unlink(f.restored);
    rmdir(f.folder);
    return status;
}

static lk_status check_learning(checker *c) {
    c->learning_rate = LEARNING_RATE;
    lk_status status = check_restore(c);
    c->learning_rate = 0.0f;
    return status;
}

/* ---- all ------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    lk_status (*run)(checker *c);
} checks[] = {
    {"along the stream", check_along},
    {"sampling", check_sampling},
    {"compress and restore", check_restore},
    {"the same, learning", check_learning},
};
#define CHECKS ((int32_t)(sizeof checks / sizeof *checks))

/* The text's beginning as windows. */
static lk_status check_windows(const checker *c, lk_check_result *results, int32_t *count) {
    int64_t window = c->model->data.variables, length = lk_stream_length(c->stream);
    int64_t windows = length / window < WINDOWS_MOST ? length / window : WINDOWS_MOST;
    if (windows < 1) {
        return lk_fail(c->model->context, LK_INVALID,
                       "%s: %lld symbols do not fill the model's window of %lld",
                       lk_stream_path(c->stream), (long long)length, (long long)window);
    }
    lk_dataset *dataset;
    LK_TRY(lk_dataset_create(c->model->context, lk_stream_path(c->stream), c->model->data.shape,
                             windows, c->model->data.alphabet, &dataset));
    lk_status status = lk_stream_read(c->stream, 0, windows * window, dataset->values);
    if (status == LK_OK) {
        status = lk_check(c->model, dataset, results, count);
    }
    lk_dataset_destroy(dataset);
    return status;
}

static lk_status check_all(lk_model *model, lk_stream *stream, lk_check_result *results,
                           int32_t *count) {
    checker c = {.model = model, .stream = stream};
    LK_TRY(check_windows(&c, results, count));
    LK_REQUIRE(*count + CHECKS <= LK_CHECKS_MOST);
    for (int32_t i = 0; i < CHECKS; i++) {
        c.result = &results[(*count)++];
        *c.result = (lk_check_result){.name = checks[i].name, .verdict = LK_CHECK_PASSED};
        LK_TRY(checks[i].run(&c));
    }
    return LK_OK;
}

/* A text of the model's own: bytes.data is to be released, whatever comes of it. */
static lk_status draw_text(const lk_model *model, lk_bytes *bytes) {
    int64_t length = DRAWN_WINDOWS * model->data.variables;
    length = length > DRAWN_LEAST ? length : DRAWN_LEAST;
    drawn d = {.characters = lk_allocate(length, sizeof *d.characters)};
    *bytes = (lk_bytes){.data = lk_allocate(length, LK_UTF8_MOST)};
    lk_status status = d.characters == NULL || bytes->data == NULL
                           ? lk_fail_no_memory(model->context, "a text", length * 8)
                           : draw(model, LK_SCHEDULE_INCREMENTAL, length, &d);
    for (int64_t i = 0; status == LK_OK && i < length; i++) {
        bytes->size += lk_utf8_put(d.characters[i], bytes->data + bytes->size);
    }
    lk_release(d.characters);
    return status;
}

lk_status lk_stream_check(lk_model *model, lk_stream *stream, lk_check_result *results,
                          int32_t *count) {
    *count = 0;
    if (stream != NULL) {
        return check_all(model, stream, results, count);
    }
    lk_bytes bytes;
    lk_stream *own = NULL;
    lk_status status = draw_text(model, &bytes);
    if (status == LK_OK) {
        status = lk_stream_parse(model->context, "drawn text", &bytes, &model->data.symbols, &own);
    }
    if (status == LK_OK) {
        status = check_all(model, own, results, count);
    }
    lk_stream_close(own);
    lk_release(bytes.data);
    return status;
}
