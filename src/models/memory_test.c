/* Every place where memory may run out while a model is made, stored, read and run (see
 * base/sweep.h): with labels, views and columns, held whole or sliding, by both schedules, and
 * learning. */
#include "base/sweep.h"

#include "data/columns.h"
#include "models/model_file.h"
#include "models/run.h"

#define LANES 2
#define SEED 7

typedef struct model_case {
    const char *name;
    const char *family;
    lk_shape own, there; /* size 0: without end */
    int32_t alphabet, labels;
    bool columns, stream;
    const char *view;
    const char *order;
    const char *set[6];
} model_case;

static const model_case cases[] = {
    {.name = "labels",
     .family = "made",
     .own = {1, {5}},
     .there = {1, {5}},
     .alphabet = 3,
     .labels = 3,
     .set = {"hidden=5", "masks=2", "order_agnostic=true"}},
    {.name = "columns",
     .family = "made",
     .own = {1, {3}},
     .there = {1, {3}},
     .alphabet = 3,
     .columns = true,
     .order = "random:3",
     .set = {"hidden=5", "direct=true"}},
    {.name = "running sums",
     .family = "nade",
     .own = {1, {3}},
     .there = {1, {3}},
     .alphabet = 3,
     .labels = 2,
     .columns = true,
     .order = "random:3",
     .set = {"hidden=5,4"}},
    {.name = "any order",
     .family = "eonade",
     .own = {1, {3}},
     .there = {1, {3}},
     .alphabet = 2,
     .labels = 2,
     .set = {"hidden=5,4", "orders=2"}},
    {.name = "few steps",
     .family = "ardm",
     .own = {3, {2, 2, 1}},
     .there = {3, {2, 2, 1}},
     .alphabet = 3,
     .labels = 2,
     .set = {"body=conv", "blocks=1", "channels=2", "steps=2", "orders=2"}},
    {.name = "view",
     .family = "pixelcnn",
     .own = {3, {2, 3, 1}},
     .there = {3, {2, 3, 1}},
     .alphabet = 8,
     .labels = 2,
     .view = "bits:1",
     .set = {"blocks=1", "channels=2", "head=3"}},
    {.name = "luminance and chroma",
     .family = "grayscale",
     .own = {3, {2, 3, 3}},
     .there = {3, {3, 2, 3}},
     .alphabet = 256,
     .view = "ycocg",
     .set = {"depth=1", "first_depth=1", "embedding=1", "filters=2"}},
    {.name = "taller",
     .family = "pixelcnn",
     .own = {3, {3, 3, 3}},
     .there = {3, {9, 4, 3}},
     .alphabet = 2,
     .set = {"blocks=1", "channels=2", "head=3", "weight_norm=true"}},
    {.name = "mixtures of logistics",
     .family = "pixelcnn",
     .own = {3, {3, 3, 3}},
     .there = {3, {8, 4, 3}},
     .alphabet = 5,
     .set = {"blocks=1", "channels=2", "head=3", "distribution=logistic"}},
    {.name = "two stacks",
     .family = "gated-pixelcnn",
     .own = {3, {3, 3, 1}},
     .there = {3, {8, 4, 1}},
     .alphabet = 2,
     .labels = 2,
     .set = {"layers=2", "channels=2", "head=3"}},
    {.name = "from coarse to fine",
     .family = "multiscale",
     .own = {3, {3, 3, 1}},
     .there = {3, {8, 4, 1}},
     .alphabet = 2,
     .labels = 2,
     .set = {"blocks=1", "channels=2", "base_blocks=1", "patch=2"}},
    {.name = "small pictures first",
     .family = "pyramid",
     .own = {3, {3, 3, 3}},
     .there = {3, {5, 4, 3}},
     .alphabet = 4,
     .view = "bits:1",
     .set = {"blocks=1", "channels=2", "base_blocks=1", "distribution=logistic"}},
    {.name = "resnets and attention",
     .family = "pixelsnail",
     .own = {3, {3, 3, 1}},
     .there = {3, {5, 4, 1}},
     .alphabet = 4,
     .labels = 2,
     .set = {"blocks=1", "resnets=1", "channels=2", "mixtures=2"}},
    {.name = "slices",
     .family = "subscale",
     .own = {3, {3, 3, 1}},
     .there = {3, {5, 4, 1}},
     .alphabet = 4,
     .labels = 2,
     .set = {"layers=1", "channels=2", "blocks=1", "width=4"}},
    {.name = "strides",
     .family = "pixelcnn++",
     .own = {3, {3, 3, 1}},
     .there = {3, {11, 4, 1}},
     .alphabet = 4,
     .labels = 2,
     .set = {"depth=1", "levels=2", "filters=2", "mixtures=2"}},
    {.name = "rows",
     .family = "pixelrnn",
     .own = {3, {3, 3, 1}},
     .there = {3, {8, 3, 1}},
     .alphabet = 2,
     .set = {"kind=row", "layers=2", "channels=2", "head=3"}},
    {.name = "diagonals",
     .family = "pixelrnn",
     .own = {3, {3, 3, 1}},
     .there = {3, {3, 3, 1}},
     .alphabet = 2,
     .set = {"kind=diagonal", "layers=1", "channels=2", "head=3"}},
    {.name = "longer",
     .family = "conv1d",
     .own = {1, {5}},
     .there = {1, {40}},
     .alphabet = 3,
     .set = {"layers=2", "channels=2", "norm=channel", "weight_norm=true"}},
    {.name = "text",
     .family = "charrnn",
     .own = {1, {6}},
     .there = {1, {0}},
     .stream = true,
     .set = {"width=3", "layers=2", "embedding=2", "cell=lstm"}},
    {.name = "decoder",
     .family = "transformer",
     .own = {2, {2, 3}},
     .there = {2, {2, 3}},
     .alphabet = 3,
     .labels = 2,
     .set = {"layers=1", "width=4", "heads=2"}},
    {.name = "decoder in blocks",
     .family = "image-transformer",
     .own = {3, {2, 3, 3}},
     .there = {3, {2, 3, 3}},
     .alphabet = 3,
     .labels = 2,
     .set = {"layers=1", "width=4", "local=2d", "block=1,2", "distribution=logistic"}},
    {.name = "table",
     .family = "histogram",
     .own = {1, {4}},
     .there = {1, {4}},
     .alphabet = 2,
     .set = {"joint=yes"}},
    {.name = "mixture",
     .family = "bernoulli-mixture",
     .own = {1, {5}},
     .there = {1, {5}},
     .alphabet = 2,
     .set = {"components=3"}},
};

typedef struct bench {
    const model_case *row;
    lk_context *context;
    lk_columns *columns;
    lk_dictionary classes;
    lk_symbols symbols;
    lk_model *model;
    char folder[64], file[96], made[96];
} bench;

/* ---- preparing ------------------------------------------------------------------------------- */

static void ok(const bench *b, lk_status status) {
    if (status != LK_OK) {
        fail_msg("%s: %s: %s", b->row->name, lk_status_text(status),
                 lk_context_message(b->context));
    }
}

static void add_words(const bench *b, lk_dictionary *dictionary, int32_t count) {
    static const char *const words[] = {"red", "green", "dark blue"};
    for (int32_t i = 0; i < count; i++) {
        int32_t symbol;
        ok(b,
           lk_dictionary_add(b->context, dictionary, words[i], (int64_t)strlen(words[i]), &symbol));
    }
}

static void make_columns(bench *b) {
    static char *const names[] = {"first", "second", "third"};
    ok(b, lk_columns_create(b->context, 3, &b->columns));
    for (int32_t i = 0; i < 3; i++) {
        b->columns->column[i].name = lk_duplicate(names[i]);
        add_words(b, &b->columns->column[i].values, i + 1);
        b->columns->column[i].remark = i == 1 ? lk_duplicate("a remark") : NULL;
    }
    ok(b, lk_columns_check(b->context, "test", b->columns));
}

static lk_status create(const bench *b, lk_model **model) {
    const model_case *row = b->row;
    static const int32_t alphabets[] = {1, 2, 3};
    lk_data_description data = {.shape = row->own,
                                .variables = lk_shape_variables(row->own),
                                .alphabet = row->alphabet,
                                .labels = row->labels,
                                .stream = row->stream,
                                .classes = b->classes,
                                .columns = b->columns,
                                .alphabets = row->columns ? alphabets : NULL,
                                .symbols = b->symbols};
    if (row->stream) {
        data.alphabet = lk_symbols_alphabet(&b->symbols);
    }
    if (row->view != NULL) {
        LK_TRY(lk_view_parse(b->context, row->view, data.shape, row->alphabet, &data.view));
    }
    int32_t sets = 0;
    while (sets < 6 && row->set[sets] != NULL) {
        sets++;
    }
    return lk_model_create(b->context, row->family, row->set, sets, data,
                           row->order != NULL ? row->order : "natural", SEED, model);
}

static void *prepare(const sweep_subject *subject) {
    bench *b = calloc(1, sizeof *b);
    b->row = subject->row;
    assert_int_equal(lk_context_create(1, &b->context), LK_OK);
    sweep_folder(b->folder, sizeof b->folder);
    snprintf(b->file, sizeof b->file, "%s/model.lk", b->folder);
    snprintf(b->made, sizeof b->made, "%s/made", b->folder);
    if (b->row->columns) {
        make_columns(b);
    }
    if (b->row->labels > 0) {
        add_words(b, &b->classes, b->row->labels);
    }
    if (b->row->stream) {
        const uint32_t known[] = {'\n', ' ', 'a', 'b'};
        ok(b, lk_symbols_list(b->context, "test", known, 4, &b->symbols));
    }
    ok(b, create(b, &b->model));
    ok(b, lk_model_write(b->model, b->file));
    return b;
}

static void release(void *made) {
    bench *b = made;
    unlink(b->file);
    unlink(b->made);
    if (rmdir(b->folder) != 0) {
        fail_msg("%s: something was left in %s", b->row->name, b->folder);
    }
    lk_model_destroy(b->model);
    lk_symbols_deinit(&b->symbols);
    lk_dictionary_deinit(&b->classes);
    lk_columns_destroy(b->columns);
    lk_context_destroy(b->context);
    free(b);
}

static lk_context *context_of(void *made) {
    return ((bench *)made)->context;
}

/* ---- acts ------------------------------------------------------------------------------------ */

static void take_model(uint64_t *digest, lk_model *model) {
    lk_fingerprint fingerprint = lk_model_fingerprint(model);
    *digest = sweep_hash(*digest, fingerprint.byte, sizeof fingerprint.byte);
    lk_model_destroy(model);
}

static lk_status act_create(void *subject, uint64_t *digest) {
    lk_model *model;
    LK_TRY(create(subject, &model));
    take_model(digest, model);
    return LK_OK;
}

static lk_status act_save(void *subject, uint64_t *digest) {
    const bench *b = subject;
    lk_model *model;
    LK_TRY(lk_model_write(b->model, b->made));
    lk_memory_watch(NULL); /* reading is another act's */
    ok(b, lk_model_read(b->context, b->made, &model));
    take_model(digest, model);
    return LK_OK;
}

static lk_status act_load(void *subject, uint64_t *digest) {
    const bench *b = subject;
    lk_model *model;
    LK_TRY(lk_model_read(b->context, b->file, &model));
    take_model(digest, model);
    return LK_OK;
}

static const uint16_t given[LANES] = {0, 1};
static const uint16_t zeros[LANES * 256];

/* Whole positions, or all. */
static int64_t length_of(const lk_run *run) {
    int64_t some = (60 + lk_run_unit(run) - 1) / lk_run_unit(run) * lk_run_unit(run);
    return lk_run_variables(run) < some ? lk_run_variables(run) : some;
}

static lk_status run_parallel(lk_run *run, uint64_t *digest) {
    double nll[LANES];
    LK_TRY(lk_run_begin(run, LANES, given));
    for (int64_t done = 0; done < length_of(run);) {
        int64_t rest = length_of(run) - done;
        int64_t count = lk_run_window(run) < rest ? lk_run_window(run) : rest;
        LK_TRY(lk_run_forward(run, zeros, count));
        LK_TRY(lk_run_nll(run, nll, NULL));
        LK_TRY(lk_run_learn(run));
        *digest = sweep_hash(*digest, nll, sizeof nll);
        done += count;
    }
    return LK_OK;
}

static lk_status run_incremental(lk_run *run, uint64_t *digest) {
    LK_TRY(lk_run_begin(run, LANES, given));
    for (int64_t first, last = 0; last < length_of(run);) {
        LK_TRY(lk_run_next(run, &first, &last));
        for (int64_t place = first; place < last; place++) {
            *digest = sweep_hash(*digest, lk_run_parameters(run, place), (int64_t)sizeof(float));
            lk_run_set(run, place, zeros);
        }
        LK_TRY(lk_run_learn(run));
    }
    return LK_OK;
}

static lk_status run_with(const bench *b, lk_run_options options, uint64_t *digest) {
    lk_run *run;
    options.lanes = LANES;
    options.shape = b->row->there;
    LK_TRY(lk_run_open(b->model, &options, &run));
    lk_status status = options.schedules == LK_INCREMENTAL ? run_incremental(run, digest)
                                                           : run_parallel(run, digest);
    lk_run_close(run);
    return status;
}

static lk_status act_forward(void *subject, uint64_t *digest) {
    return run_with(subject, (lk_run_options){.schedules = LK_PARALLEL}, digest);
}

static lk_status act_next(void *subject, uint64_t *digest) {
    return run_with(subject, (lk_run_options){.schedules = LK_INCREMENTAL}, digest);
}

static lk_status act_learn(void *subject, uint64_t *digest) {
    return run_with(subject, (lk_run_options){.schedules = LK_BOTH, .learning_rate = 0.01f},
                    digest);
}

static const sweep_act acts[] = {
    {"create", act_create},   {"save", act_save}, {"load", act_load},
    {"forward", act_forward}, {"next", act_next}, {"learn", act_learn},
};

static void every_failure_is_told(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const sweep_subject subject = {cases[i].name, prepare, release, context_of, &cases[i]};
        bool learns = lk_family_named(cases[i].family)->fit == NULL;
        for (size_t a = 0; a < sizeof acts / sizeof *acts; a++) {
            if (learns || acts[a].run != act_learn) {
                sweep(&subject, &acts[a]);
            }
        }
    }
    sweep_end();
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_failure_is_told)};
    sweep_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
