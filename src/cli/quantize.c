/* likely quantize: the same model with weights of 8 bits. */
#include <math.h>
#include <stdlib.h>

#include "base/measure.h"
#include "base/memory.h"
#include "cli/files.h"
#include "cli/items.h"
#include "cli/text.h"
#include "models/model_file.h"
#include "models/quantize.h"
#include "train/evaluate.h"
#include "train/train.h"

static const cli_option options[] = {
    {"out", "SMALL", "the model file to write", false},
    {"data", "VALID",
     "what losses are measured by, and p-values: such as the data that the model was validated on; "
     "without, layers named logits stay in float32, and `likely score` has no p-values",
     false},
    {"most-loss", "SHARE", "of the NLL that may be lost on VALID (default 0.0005)", false},
    CLI_DATA_OPTIONS,
    CLI_CROP_OPTION,
    CLI_TEXT_OPTIONS,
    CLI_RAW_OPTION,
    {"labels", CLI_LABELS,
     "for a model of p(x | label): those of --data (default: those that the data have)", false},
    CLI_LOCAL_OPTION,
    CLI_USE_OPTION,
    {"json", NULL, "one JSON object instead of text", false},
};

/* ---- judging --------------------------------------------------------------------------------- */

typedef struct judgement {
    lk_items *items;
    lk_evaluation last;              /* of the weights that were judged last */
    bool had_p_values, has_p_values; /* the model before and after */
} judgement;

static lk_status judge(void *argument, const lk_model *model, double *nll_nats) {
    judgement *j = argument;
    lk_evaluation_deinit(&j->last);
    LK_TRY(lk_evaluate(model, j->items, NULL, &j->last));
    *nll_nats = 0.0;
    for (int64_t i = 0; i < j->last.items; i++) {
        *nll_nats += j->last.nll_nats[i];
    }
    return LK_OK;
}

/* p-values are of whole examples of the model's own size. */
static lk_status calibrate(judgement *j, lk_model *model) {
    j->has_p_values =
        j->had_p_values && j->items != NULL && j->last.variables == model->data.variables;
    return j->has_p_values ? lk_model_calibrate(model, j->last.nll_nats, j->last.items) : LK_OK;
}

/* Bits a symbol of texts, or a dimension of examples, of what nats all items cost. */
static double bits(const judgement *j, double nats) {
    int64_t dimensions = j->last.items * j->last.variables;
    return nats / LK_NATS_PER_BIT /
           (double)(dimensions > 0 ? dimensions : lk_items_total(j->items));
}

/* ---- what is told ---------------------------------------------------------------------------- */

static void print_bits(const lk_model *model, const judgement *j, const lk_quantize_report *r) {
    double before = bits(j, r->before), after = bits(j, r->after);
    printf("%s%.6f bits per %s, before %.6f: %+.6f", cli_bound(model), after,
           model->data.stream ? "symbol" : "dimension", before, after - before);
    if (before != 0.0) {
        printf(", %+.4f %%", 100.0 * (after - before) / before);
    }
    printf("\n");
}

static void print_bytes(const cli_arguments *arguments) {
    int64_t before = cli_size_on_disk(arguments->positional[0]),
            after = cli_size_on_disk(cli_text(arguments, "out", ""));
    if (before >= 0 && after >= 0) {
        printf("%lld bytes, before %lld\n", (long long)after, (long long)before);
    }
}

static int print(const cli_arguments *arguments, const lk_model *model, const judgement *j,
                 const lk_quantize_report *r) {
    char fingerprint[33];
    lk_fingerprint_print(lk_model_fingerprint(model), fingerprint);
    printf("%s: %s, %lld weights of %d layer%s in 8 bits, fingerprint %s\n",
           cli_text(arguments, "out", ""), model->family->name, (long long)r->weights, r->layers,
           cli_plural(r->layers), fingerprint);
    for (int32_t i = 0; i < model->parameters->count; i++) {
        const lk_parameter *p = &model->parameters->list[i];
        if (r->kept[i]) {
            printf("in float32: %s, %lld x %lld\n", p->name, (long long)p->rows,
                   (long long)p->columns);
        }
    }
    print_bytes(arguments);
    if (j->items != NULL) {
        print_bits(model, j, r);
    }
    if (j->has_p_values) {
        printf("p-values against the %lld examples of --data\n", (long long)j->last.items);
    } else if (j->had_p_values) {
        printf("no p-values: the held-out likelihoods were those of other weights; %s\n",
               j->items == NULL ? "--data VALID gives it some"
                                : "--data has other sizes than the model's");
    }
    return cli_finish_output();
}

static int print_json(const cli_arguments *arguments, const lk_model *model, const judgement *j,
                      const lk_quantize_report *r) {
    bool judged = j->items != NULL;
    char fingerprint[33];
    json_t *left = json_array();
    lk_fingerprint_print(lk_model_fingerprint(model), fingerprint);
    for (int32_t i = 0; i < model->parameters->count; i++) {
        if (r->kept[i]) {
            json_array_append_new(left, lk_json_bytes(model->parameters->list[i].name));
        }
    }
    return cli_print_json(json_pack(
        "{s:o, s:s, s:I, s:i, s:o, s:o*, s:o*, s:I, s:I, s:b}", "model",
        lk_json_bytes(cli_text(arguments, "out", "")), "fingerprint", fingerprint, "weights_8_bits",
        (json_int_t)r->weights, "layers_8_bits", r->layers, "layers_float32", left, "bits_before",
        judged ? lk_json_number(bits(j, r->before)) : NULL, "bits",
        judged ? lk_json_number(bits(j, r->after)) : NULL, "bytes_before",
        (json_int_t)cli_size_on_disk(arguments->positional[0]), "bytes",
        (json_int_t)cli_size_on_disk(cli_text(arguments, "out", "")), "p_values", j->has_p_values));
}

/* ---- all ------------------------------------------------------------------------------------- */

static lk_status quantize(const cli_arguments *arguments, lk_model *model, judgement *j,
                          double most, lk_quantize_report *report) {
    cli_progress progress = cli_progress_begin(arguments, "measuring");
    const lk_quantize_options how = {.judge = j->items != NULL ? judge : NULL,
                                     .argument = j,
                                     .most = most,
                                     .progress = cli_progress_show,
                                     .progress_argument = &progress};
    lk_status status = lk_model_quantize(model, &how, report);
    cli_progress_end(&progress);
    if (status == LK_OK && report->weights == 0) {
        status = lk_fail(
            model->context, LK_UNSUPPORTED,
            report->left == 0  ? "%s: the model has no matrices, whose weights could have 8 bits"
            : report->fit == 0 ? "%s: 8 bits cannot hold any of the model's matrices: all have "
                                 "weights that are not finite or far too large"
            : j->items == NULL
                ? "%s: the model has no layers but those that are left as they are "
                  "without data: give --data to measure what they lose"
                : "%s: every layer loses too much in 8 bits; --most-loss allows more",
            arguments->positional[0]);
    }
    status = status == LK_OK ? calibrate(j, model) : status;
    return status == LK_OK ? lk_model_write(model, cli_text(arguments, "out", NULL)) : status;
}

static bool read_options(const cli_arguments *arguments, const lk_model *model, double *most) {
    static const char *const of_data[] = {"most-loss", "labels", "from", "symbols",
                                          "local",     "crop",   "raw"};
    bool texts = model->data.stream;
    for (size_t i = 0; i < sizeof of_data / sizeof *of_data; i++) {
        if (cli_has(arguments, of_data[i]) && !cli_has(arguments, "data")) {
            cli_usage(arguments, "--%s is about --data, which is not given", of_data[i]);
            return false;
        }
    }
    return cli_real(arguments, "most-loss", 0.0, 1.0, -1.0, most) &&
           cli_excludes(arguments, texts ? CLI_OF_EXAMPLES " crop raw" : "from symbols",
                        texts ? "models of examples" : "models of texts");
}

static int run(const cli_arguments *arguments) {
    cli_session s;
    judgement j = {0};
    lk_quantize_report report = {0};
    double most = 0.0;
    int status = cli_begin(arguments, cli_has(arguments, "data"), &s);
    if (status == EXIT_DONE && !read_options(arguments, s.model, &most)) {
        status = EXIT_USAGE;
    }
    if (status == EXIT_DONE && cli_has(arguments, "data")) {
        status = cli_items_open(arguments, &s, &j.items);
    }
    if (status == EXIT_DONE) {
        j.had_p_values = s.model->calibration != NULL;
        status = quantize(arguments, s.model, &j, most, &report) != LK_OK ? cli_fault(s.context)
                 : cli_has(arguments, "json") ? print_json(arguments, s.model, &j, &report)
                                              : print(arguments, s.model, &j, &report);
    }
    lk_evaluation_deinit(&j.last);
    lk_release(report.kept);
    lk_items_close(j.items);
    cli_end(&s);
    return status;
}

const cli_verb cli_quantize_verb = {
    .name = "quantize",
    .summary = "weights of 8 bits: a file down to a quarter, nearly the same likelihoods",
    .operands = "MODEL",
    .operand_count = 1,
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .required = "out",
    .several = CLI_SEVERAL,
    .inputs = "data labels local",
    .outputs = "out",
    .more =
        "Each weight of a matrix becomes an integer of 8 bits times a power of two for its output, "
        "which is an exact float32:\n"
        "what the new model says is the same bits on every machine, as of any model. It is "
        "another model, and decodes only what\n"
        "it has coded itself. Layers that lose most on VALID stay in float32, until the loss is "
        "what may be lost; which, is told.\n\n"
        "examples:\n"
        "  likely quantize book.likely --out small.likely --data valid.txt\n"
        "  likely quantize pixels.likely --out small.likely --data valid.npy --most-loss 0.001\n",
    .run = run,
};
