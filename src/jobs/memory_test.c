/* Every place where memory may run out while a model is made, trained, used, stored and read (see
 * base/sweep.h), for every family, tiny. */
#include "base/sweep.h"

#include "base/json.h"
#include "codec/codec.h"
#include "jobs/check.h"
#include "jobs/map.h"
#include "jobs/masks.h"
#include "jobs/receptive.h"
#include "jobs/sample.h"
#include "jobs/score.h"
#include "models/model_file.h"
#include "models/take.h"
#include "train/evaluate.h"
#include "train/train.h"

#define EXAMPLES_MOST 64
#define SEED 7
#define TEXT "abba <b>\xC3\xA9</b> abbaabba\nbaab \xFF ab"

typedef struct family {
    const char *name;
    lk_shape shape;
    int32_t alphabet;
    bool stream;
    const char *settings[8];
    int threads;      /* 0: 1 */
    int64_t examples; /* 0: 6 */
    lk_local_form local;
} family;

static const family families[] = {
    {.name = "uniform", .shape = {1, {6}}, .alphabet = 3},
    {.name = "histogram", .shape = {1, {4}}, .alphabet = 2, .settings = {"joint=yes"}},
    {.name = "bayesnet",
     .shape = {1, {5}},
     .alphabet = 2,
     .settings = {"graph=a:\nb: a\nc: a b\nd:\ne: d\n", "hidden=3"}},
    {.name = "bernoulli-mixture",
     .shape = {1, {6}},
     .alphabet = 2,
     .settings = {"components=2", "starts=2", "iterations=3", "short_iterations=1"}},
    {.name = "made",
     .shape = {1, {6}},
     .alphabet = 2,
     .settings = {"hidden=5,4", "masks=2", "order_agnostic=true", "dropout=0.2"}},
    {.name = "pixelcnn",
     .shape = {3, {3, 4, 1}},
     .alphabet = 4,
     .settings = {"blocks=1", "channels=2", "head=3", "kernel=3", "weight_norm=true"}},
    {.name = "gated-pixelcnn",
     .shape = {3, {3, 4, 1}},
     .alphabet = 2,
     .settings = {"layers=2", "channels=2", "head=3", "first_kernel=3", "dropout=0.2"}},
    {.name = "pixelsnail",
     .shape = {3, {3, 4, 3}},
     .alphabet = 4,
     .settings = {"blocks=1", "resnets=1", "channels=2", "mixtures=2", "dropout=0.2"}},
    {.name = "multiscale",
     .shape = {3, {3, 4, 3}},
     .alphabet = 2,
     .settings = {"blocks=1", "channels=2", "base_blocks=1", "patch=2", "layers=1", "dropout=0.2"}},
    {.name = "pyramid",
     .shape = {3, {3, 4, 1}},
     .alphabet = 4,
     .settings = {"blocks=1", "channels=2", "base_blocks=1", "distribution=logistic",
                  "mixtures=2"}},
    {.name = "subscale",
     .shape = {3, {3, 4, 3}},
     .alphabet = 4,
     .settings = {"layers=2", "channels=2", "blocks=1", "width=4", "size_upscaling=true"}},
    {.name = "lmconv",
     .shape = {3, {3, 3, 1}},
     .alphabet = 2,
     .settings = {"orders=2", "blocks=1", "channels=2", "first_kernel=3"}},
    {.name = "pixelcnn++",
     .shape = {3, {3, 4, 3}},
     .alphabet = 4,
     .settings = {"depth=1", "levels=2", "filters=2", "mixtures=2", "dropout=0.2"}},
    {.name = "grayscale",
     .shape = {3, {3, 4, 3}},
     .alphabet = 256,
     .settings = {"depth=1", "first_depth=1", "embedding=1", "filters=2", "dropout=0.2"}},
    {.name = "pixelrnn",
     .shape = {3, {3, 4, 3}},
     .alphabet = 2,
     .settings = {"layers=1", "channels=3", "head=3", "kernel=3"}},
    {.name = "pixelrnn",
     .shape = {3, {3, 3, 1}},
     .alphabet = 2,
     .settings = {"kind=diagonal", "layers=1", "channels=2", "head=2"}},
    {.name = "conv1d",
     .shape = {1, {9}},
     .alphabet = 3,
     .settings = {"layers=2", "channels=2", "head=2", "weight_norm=true"}},
    {.name = "conv1d",
     .shape = {1, {8}},
     .stream = true,
     .settings = {"layers=2", "channels=2", "head=2"},
     .local = {2, 3}},
    {.name = "wavenet",
     .shape = {1, {8}},
     .stream = true,
     .settings = {"layers=2", "channels=2", "gates=2", "skip=2", "upsampling=learned"},
     .local = {3, 4}},
    {.name = "transformer",
     .shape = {2, {3, 3}},
     .alphabet = 2,
     .settings = {"layers=1", "width=2", "heads=1", "attention_dropout=0.2"}},
    {.name = "transformer",
     .shape = {1, {8}},
     .stream = true,
     .settings = {"layers=1", "width=2", "heads=1", "window=3"}},
    {.name = "image-transformer",
     .shape = {3, {2, 3, 3}},
     .alphabet = 3,
     .settings = {"layers=1", "width=2", "heads=1", "local=2d", "block=1,2"}},
    {.name = "charrnn",
     .shape = {1, {7}},
     .alphabet = 3,
     .settings = {"layers=1", "width=3", "cell=gru"}},
    {.name = "charrnn",
     .shape = {1, {8}},
     .stream = true,
     .settings = {"layers=2", "width=3", "embedding=2", "dropout=0.2", "weight_dropout=0.2"}},
};

/* Workers that fail side by side. */
static const family with_threads[] = {
    {.name = "made",
     .shape = {1, {6}},
     .alphabet = 2,
     .settings = {"hidden=5,4", "masks=2"},
     .threads = 3,
     .examples = 64},
    {.name = "pixelcnn",
     .shape = {3, {5, 4, 1}},
     .alphabet = 2,
     .settings = {"blocks=1", "channels=2", "head=3"},
     .threads = 3,
     .examples = 64},
};

/* What an act is done with. */
typedef struct bench {
    const family *family;
    lk_context *context;
    lk_dataset *data;
    lk_model *model;
    lk_symbols symbols;
    char folder[64], text[96], file[96], packed[96], made[96];
} bench;

/* ---- preparing ------------------------------------------------------------------------------- */

static void ok(const bench *b, lk_status status) {
    if (status != LK_OK) {
        fail_msg("%s: %s: %s", b->family->name, lk_status_text(status),
                 lk_context_message(b->context));
    }
}

static int32_t setting_count(const family *f) {
    int32_t count = 0;
    while (count < 8 && f->settings[count] != NULL) {
        count++;
    }
    return count;
}

static lk_data_description description(const bench *b) {
    const family *f = b->family;
    return (lk_data_description){
        .shape = f->shape,
        .variables = lk_shape_variables(f->shape),
        .alphabet = f->stream ? lk_symbols_alphabet(&b->symbols) : f->alphabet,
        .stream = f->stream,
        .symbols = b->symbols,
        .local = f->local,
    };
}

static lk_status create(const bench *b, lk_model **model) {
    return lk_model_create(b->context, b->family->name, b->family->settings,
                           setting_count(b->family), description(b), "natural", SEED, model);
}

static void write_text(const bench *b) {
    lk_writer *writer;
    ok(b, lk_writer_create(b->context, b->text, &writer));
    lk_writer_put(writer, TEXT, sizeof TEXT - 1);
    ok(b, lk_writer_commit(writer));
}

static void make_data(bench *b) {
    const family *f = b->family;
    int64_t examples = f->examples > 0 ? f->examples : 6;
    ok(b, lk_dataset_create(b->context, "made up", f->shape, examples, f->alphabet, &b->data));
    for (int64_t i = 0; i < examples * b->data->variables; i++) {
        b->data->values[i] = (uint16_t)((i * i / 3 + i / 7) % f->alphabet);
    }
}

static lk_status compress_items(const bench *b, lk_items *items, const char *path, float rate) {
    const lk_codec_options options = {.learning_rate = rate};
    lk_status status = lk_compress_file(b->model, items, path, &options, NULL);
    lk_items_close(items);
    return status;
}

static lk_status compress_data(const bench *b, const char *path) {
    lk_items *items;
    LK_TRY(lk_model_items(b->model, b->data, &items));
    return compress_items(b, items, path, 0);
}

/* Takes texts that were opened, if they were, and puts a slower sequence beside them. */
static lk_status with_local(const bench *b, lk_status opened, lk_items **items) {
    lk_local *local = NULL;
    LK_TRY(opened);
    lk_status status = lk_model_draw_local(b->model, lk_items_total(*items), &local);
    lk_items_local_take(*items, local);
    if (status != LK_OK) {
        lk_items_close(*items);
        *items = NULL;
    }
    return status;
}

static lk_status compress_text(const bench *b, const char *path, float rate) {
    lk_items *items;
    LK_TRY(with_local(b, lk_model_open_files(b->model, b->text, NULL, &items), &items));
    return compress_items(b, items, path, rate);
}

static lk_status restore_text(const bench *b) {
    lk_restored restored = {0};
    lk_status status = lk_decompress_file(b->model, b->packed, b->made, NULL, &restored);
    lk_restored_deinit(&restored);
    return status;
}

static lk_status decompress_data(const bench *b, lk_dataset **data) {
    lk_source source;
    lk_restored restored = {0};
    LK_TRY(lk_source_open(b->context, b->packed, &source));
    lk_status status = lk_decompress(b->model, &source, NULL, NULL, &restored);
    *data = restored.dataset;
    restored.dataset = NULL;
    lk_restored_deinit(&restored);
    lk_source_close(&source);
    return status;
}

static void *prepare(const sweep_subject *subject) {
    bench *b = calloc(1, sizeof *b);
    b->family = subject->row;
    assert_int_equal(
        lk_context_create(b->family->threads > 0 ? b->family->threads : 1, &b->context), LK_OK);
    sweep_folder(b->folder, sizeof b->folder);
    snprintf(b->text, sizeof b->text, "%s/text", b->folder);
    snprintf(b->file, sizeof b->file, "%s/model.lk", b->folder);
    snprintf(b->packed, sizeof b->packed, "%s/data.lkz", b->folder);
    snprintf(b->made, sizeof b->made, "%s/made", b->folder);
    if (b->family->stream) {
        const uint32_t known[] = {'\n', ' ', '<', '>', 'a', 'b'};
        ok(b, lk_symbols_list(b->context, "test", known, 6, &b->symbols));
        write_text(b);
    } else {
        make_data(b);
    }
    ok(b, create(b, &b->model));
    if (b->family->stream) {
        ok(b, compress_text(b, b->packed, 0));
    } else {
        if (b->model->family->fit != NULL) {
            lk_fit_options options = {.seed = SEED};
            ok(b, b->model->family->fit(b->model, b->data, NULL, &options));
        }
        ok(b, compress_data(b, b->packed));
    }
    ok(b, lk_model_write(b->model, b->file));
    return b;
}

static void release(void *made) {
    bench *b = made;
    unlink(b->text);
    unlink(b->file);
    unlink(b->packed);
    unlink(b->made);
    if (rmdir(b->folder) != 0) {
        fail_msg("%s: something was left in %s", b->family->name, b->folder);
    }
    lk_model_destroy(b->model);
    lk_dataset_destroy(b->data);
    lk_symbols_deinit(&b->symbols);
    lk_context_destroy(b->context);
    free(b);
}

static lk_context *context_of(void *made) {
    return ((bench *)made)->context;
}

/* ---- results --------------------------------------------------------------------------------- */

static void add_model(uint64_t *digest, const lk_model *model) {
    for (int32_t i = 0; i < model->parameters->count; i++) {
        const lk_parameter *p = &model->parameters->list[i];
        *digest = sweep_hash(*digest, p->value, p->rows * p->columns * (int64_t)sizeof(float));
    }
}

/* The history, but for what depends on the time that it took. */
static void add_history(uint64_t *digest, const lk_model *model) {
    lk_memory_watch(NULL); /* the act is over */
    json_t *history = json_loads(model->history, 0, NULL), *epoch;
    json_t *epochs = json_object_get(history, "epochs");
    size_t i;
    json_object_del(history, "seconds");
    json_object_del(history, "examples_per_second");
    json_array_foreach(epochs, i, epoch) {
        json_object_del(epoch, "seconds");
    }
    char *text = lk_json_text(history, JSON_COMPACT);
    assert_non_null(text);
    *digest = sweep_hash(*digest, text, (int64_t)strlen(text));
    lk_release(text);
    json_decref(history);
}

static void add_file(uint64_t *digest, const char *path) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    for (int byte; (byte = fgetc(file)) != EOF;) {
        uint8_t value = (uint8_t)byte;
        *digest = sweep_hash(*digest, &value, 1);
    }
    fclose(file);
}

static void add_data(uint64_t *digest, lk_dataset *data) {
    *digest = sweep_hash(*digest, data->values,
                         data->examples * data->variables * (int64_t)sizeof *data->values);
    lk_dataset_destroy(data);
}

/* ---- acts on both ---------------------------------------------------------------------------- */

static lk_status act_create(void *subject, uint64_t *digest) {
    lk_model *model;
    LK_TRY(create(subject, &model));
    add_model(digest, model);
    lk_model_destroy(model);
    return LK_OK;
}

static lk_status act_save(void *subject, uint64_t *digest) {
    const bench *b = subject;
    LK_TRY(lk_model_write(b->model, b->made));
    add_file(digest, b->made);
    return LK_OK;
}

static lk_status act_load(void *subject, uint64_t *digest) {
    const bench *b = subject;
    lk_model *model;
    LK_TRY(lk_model_read(b->context, b->file, &model));
    add_model(digest, model);
    lk_model_destroy(model);
    return LK_OK;
}

static lk_train_options few_steps(void) {
    lk_train_options options = lk_train_defaults();
    options.epochs = 1;
    options.batch_size = 4;
    options.ema = 0.9;
    options.clip = 1;
    return options;
}

/* A context without workers and threads is made as every user's is. */
static lk_status act_context(void *subject, uint64_t *digest) {
    (void)subject;
    (void)digest;
    lk_context *context;
    lk_status status = lk_context_create(2, &context);
    lk_context_destroy(context);
    return status;
}

/* ---- acts on examples ------------------------------------------------------------------------ */

static lk_status train_with_checkpoints(const bench *b, lk_model *model, const char *path) {
    lk_train_options options = few_steps();
    options.checkpoint = path;
    options.checkpoint_seconds = 0;
    LK_TRY(lk_model_start(model, b->data));
    return lk_train(model, b->data, b->data, &options);
}

static lk_status act_train(void *subject, uint64_t *digest) {
    const bench *b = subject;
    lk_model *model;
    LK_TRY(create(b, &model));
    lk_status status;
    if (model->family->fit != NULL) {
        lk_fit_options options = {.seed = SEED};
        status = model->family->fit(model, b->data, b->data, &options);
        status = status == LK_OK ? lk_train_finish_fit(model, b->data, b->data) : status;
    } else {
        unlink(b->made);
        status = train_with_checkpoints(b, model, b->made);
    }
    if (status == LK_OK) {
        add_model(digest, model);
        add_history(digest, model);
    }
    lk_model_destroy(model);
    return status;
}

static lk_status act_nll(void *subject, uint64_t *digest) {
    const bench *b = subject;
    double nll[EXAMPLES_MOST] = {0};
    LK_TRY(lk_evaluate_dataset(b->model, b->data, nll));
    *digest = sweep_hash(*digest, nll, sizeof nll);
    return LK_OK;
}

static lk_status act_sample(void *subject, uint64_t *digest) {
    const bench *b = subject;
    lk_dataset *samples;
    const lk_sample_options options = {.count = 3, .seed = SEED, .temperature = 1};
    LK_TRY(lk_sample(b->model, &options, &samples));
    add_data(digest, samples);
    return LK_OK;
}

static lk_status act_compress(void *subject, uint64_t *digest) {
    const bench *b = subject;
    LK_TRY(compress_data(b, b->made));
    add_file(digest, b->made);
    return LK_OK;
}

static lk_status act_decompress(void *subject, uint64_t *digest) {
    const bench *b = subject;
    lk_dataset *data;
    LK_TRY(decompress_data(b, &data));
    add_data(digest, data);
    return LK_OK;
}

static lk_status act_score(void *subject, uint64_t *digest) {
    const bench *b = subject;
    lk_scores scores;
    lk_score_options options = {.background = b->model, .complexity = true};
    lk_items *items;
    LK_TRY(lk_model_items(b->model, b->data, &items));
    lk_status status = lk_score(b->model, items, &options, &scores);
    if (status == LK_OK) {
        *digest = sweep_hash(*digest, scores.score, scores.examples * (int64_t)sizeof(double));
    }
    lk_scores_deinit(&scores);
    lk_items_close(items);
    return status;
}

static lk_status act_map(void *subject, uint64_t *digest) {
    const bench *b = subject;
    lk_map_options options = {0};
    lk_map_legend legend;
    lk_items *items;
    LK_TRY(lk_model_items(b->model, b->data, &items));
    lk_status status = lk_map_write(b->model, items, b->made, &options, &legend);
    lk_items_close(items);
    if (status == LK_OK) {
        add_file(digest, b->made);
    }
    return status;
}

static lk_status check_items(const bench *b, lk_items *items, uint64_t *digest) {
    lk_check_result results[LK_CHECKS_MOST];
    int32_t count;
    lk_status status = lk_check(b->model, items, results, &count);
    for (int32_t i = 0; status == LK_OK && i < count; i++) {
        *digest = sweep_hash(*digest, &results[i].verdict, sizeof results[i].verdict);
    }
    lk_items_close(items);
    return status;
}

static lk_status act_check(void *subject, uint64_t *digest) {
    const bench *b = subject;
    lk_items *items;
    LK_TRY(lk_items_of_dataset(b->context, b->data, NULL, &items));
    return check_items(b, items, digest);
}

/* What info draws; not every family has masks. */
static lk_status act_see(void *subject, uint64_t *digest) {
    const bench *b = subject;
    lk_receptive field;
    lk_mask_drawn drawn[LK_MASKS_MOST];
    int32_t count;
    lk_status status = lk_receptive_field(b->model, b->model->data.variables / 2, &field);
    if (status == LK_OK) {
        int64_t bytes = field.variables * (int64_t)sizeof *field.change;
        *digest = sweep_hash(*digest, field.change, bytes);
        status = lk_receptive_write(b->context, &field, b->made);
    }
    lk_receptive_deinit(&field);
    LK_TRY(status);
    add_file(digest, b->made);
    status = lk_masks_write(b->model, 0, b->made, drawn, &count);
    if (status == LK_OK) {
        add_file(digest, b->made);
    }
    return status == LK_UNSUPPORTED ? LK_OK : status;
}

static const sweep_act acts_on_examples[] = {
    {"create", act_create}, {"train", act_train},       {"nll", act_nll},
    {"sample", act_sample}, {"compress", act_compress}, {"decompress", act_decompress},
    {"save", act_save},     {"load", act_load},         {"score", act_score},
    {"map", act_map},       {"check", act_check},       {"see", act_see},
};

/* ---- acts on texts --------------------------------------------------------------------------- */

static lk_status act_train_texts(void *subject, uint64_t *digest) {
    const bench *b = subject;
    lk_model *model;
    lk_items *texts;
    LK_TRY(with_local(b, lk_items_open_texts(b->context, b->text, &b->symbols, &texts), &texts));
    lk_status status = create(b, &model);
    if (status == LK_OK) {
        lk_train_options options = few_steps();
        options.batch_size = 2;
        options.checkpoint = b->made;
        options.checkpoint_seconds = 0;
        unlink(b->made);
        status = lk_train_texts(model, texts, texts, &options);
        if (status == LK_OK) {
            add_model(digest, model);
            add_history(digest, model);
        }
        lk_model_destroy(model);
    }
    lk_items_close(texts);
    return status;
}

static lk_status act_walk(void *subject, uint64_t *digest) {
    const bench *b = subject;
    lk_items *items;
    lk_status status = with_local(b, lk_model_open_texts(b->model, b->text, NULL, &items), &items);
    for (int learns = 0; learns < 2 && status == LK_OK; learns++) {
        const lk_walk_options how = {.learning_rate = learns == 0 ? 0 : 0.01f};
        lk_evaluation evaluation;
        status = lk_evaluate(b->model, items, &how, &evaluation);
        if (status == LK_OK) {
            *digest = sweep_hash(*digest, evaluation.nll_nats, sizeof *evaluation.nll_nats);
        }
        lk_evaluation_deinit(&evaluation);
    }
    lk_items_close(items);
    return status;
}

static lk_status take_symbols(void *argument, bool drawn, const uint16_t *symbols) {
    (void)drawn;
    uint64_t *digest = argument;
    *digest = sweep_hash(*digest, symbols, 2 * (int64_t)sizeof *symbols);
    return LK_OK;
}

static lk_status act_sample_texts(void *subject, uint64_t *digest) {
    const bench *b = subject;
    lk_sample_options options = {.count = 2, .seed = SEED, .temperature = 1, .shape = {1, {12}}};
    lk_local *local;
    LK_TRY(lk_model_draw_local(b->model, 12, &local));
    options.local = local;
    lk_status status = lk_sample_texts(b->model, &options, take_symbols, digest);
    lk_local_destroy(local);
    return status;
}

static lk_status act_compress_text(void *subject, uint64_t *digest) {
    const bench *b = subject;
    LK_TRY(compress_text(b, b->made, 0));
    add_file(digest, b->made);
    LK_TRY(compress_text(b, b->made, 0.01f));
    add_file(digest, b->made);
    return LK_OK;
}

static lk_status act_decompress_text(void *subject, uint64_t *digest) {
    const bench *b = subject;
    LK_TRY(restore_text(b));
    add_file(digest, b->made);
    return LK_OK;
}

static lk_status act_check_texts(void *subject, uint64_t *digest) {
    const bench *b = subject;
    lk_stream *text;
    lk_items *items;
    LK_TRY(lk_stream_open(b->context, b->text, &b->symbols, &text));
    LK_TRY(with_local(b, lk_items_of_texts_take(b->context, b->text, &text, 1, &items), &items));
    return check_items(b, items, digest);
}

static const sweep_act acts_on_texts[] = {
    {"create", act_create},
    {"train", act_train_texts},
    {"walk", act_walk},
    {"sample", act_sample_texts},
    {"compress", act_compress_text},
    {"decompress", act_decompress_text},
    {"save", act_save},
    {"load", act_load},
    {"check", act_check_texts},
    {"see", act_see},
};

/* ---- all ------------------------------------------------------------------------------------- */

static void every_failure_is_told(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        const family *f = &families[i];
        const sweep_subject subject = {f->name, prepare, release, context_of, f};
        const sweep_act *acts = f->stream ? acts_on_texts : acts_on_examples;
        size_t count = f->stream ? sizeof acts_on_texts / sizeof *acts_on_texts
                                 : sizeof acts_on_examples / sizeof *acts_on_examples;
        for (size_t a = 0; a < count; a++) {
            sweep(&subject, &acts[a]);
        }
    }
    const sweep_subject subject = {families[0].name, prepare, release, context_of, families};
    const sweep_act act = {"context", act_context};
    sweep(&subject, &act);
    sweep_end();
}

/* That of several workers one tells, the thread sanitizer sees. */
static void workers_fail_side_by_side(void **state) {
    (void)state;
    static const sweep_act acts[] = {
        {"train", act_train}, {"nll", act_nll}, {"sample", act_sample}, {"compress", act_compress}};
    for (size_t i = 0; i < sizeof with_threads / sizeof *with_threads; i++) {
        const family *f = &with_threads[i];
        const sweep_subject subject = {f->name, prepare, release, context_of, f};
        for (size_t a = 0; a < sizeof acts / sizeof *acts; a++) {
            sweep_here_and_there(&subject, &acts[a], 25);
        }
    }
    sweep_end();
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_failure_is_told),
                                       cmocka_unit_test(workers_fail_side_by_side)};
    sweep_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
