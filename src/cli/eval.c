/* likely eval: the negative log-likelihood of data. */
#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/measure.h"
#include "cli/common.h"
#include "cli/text.h"
#include "train/evaluate.h"

static const cli_option options[] = {
    {"data", "PATH",
     "what to evaluate: amat, IDX, NPY, NPZ (PATH:ARRAY picks one), CSV, 0/1 rows, PBM, PNG, JPEG, "
     "CIFAR batches; also gzipped; or a folder of pictures or of CIFAR batches (their test part). "
     "For a model of texts: any "
     "file, as one stream from its beginning",
     false},
    CLI_DATA_OPTIONS,
    CLI_CROP_OPTION,
    CLI_TEXT_OPTIONS,
    CLI_ADAPT_OPTION,
    {"raw", NULL,
     "the file is bytes, whatever they are: cut into examples of the model's size, a rest left out",
     false},
    {"batch-size", "N", "examples computed together (default: chosen); results do not depend on it",
     false},
    {"json", NULL, "one JSON object instead of text", false},
};

typedef struct summary {
    int64_t examples, dimensions, impossible;
    double mean, error;
    lk_binarization binarization; /* of the data */
} summary;

static summary summarise(const double *nll, int64_t examples, int64_t dimensions,
                         lk_binarization binarization) {
    summary s = {.examples = examples, .dimensions = dimensions, .binarization = binarization};
    double square = 0.0;
    for (int64_t i = 0; i < examples; i++) {
        s.mean += nll[i] / (double)examples;
        s.impossible += isinf(nll[i]) ? 1 : 0;
    }
    for (int64_t i = 0; i < examples; i++) {
        square += (nll[i] - s.mean) * (nll[i] - s.mean);
    }
    s.error = examples > 1 ? sqrt(square / (double)(examples - 1) / (double)examples) : 0.0;
    return s;
}

static int print_text(const lk_model *model, const summary *s) {
    printf("%lld examples of %lld variables; binarization: %s\n", (long long)s->examples,
           (long long)s->dimensions, cli_binarization_text(s->binarization));
    if (lk_model_variants(model) > 1) {
        printf("even mixture of %d masks (log-mean-exp of joint log-likelihoods)\n",
               lk_model_variants(model));
    }
    printf("NLL %.4f +- %.4f nats per example, %.6f bits per dimension\n", s->mean, s->error,
           s->mean / (double)s->dimensions / LK_NATS_PER_BIT);
    if (s->impossible > 0) {
        printf("%lld examples have probability zero (train histogram with smoothing above 0 to "
               "avoid it)\n",
               (long long)s->impossible);
    }
    return cli_finish_output();
}

static int print_json(const lk_model *model, const summary *s) {
    json_t *object = json_pack(
        "{s:s, s:I, s:I, s:o, s:o, s:o, s:i, s:I, s:s}", "family", model->family->name, "examples",
        (json_int_t)s->examples, "dimensions", (json_int_t)s->dimensions, "nll_nats",
        cli_number(s->mean), "nll_nats_stderr", cli_number(s->error), "bits_per_dim",
        cli_number(s->mean / (double)s->dimensions / LK_NATS_PER_BIT), "variants",
        lk_model_variants(model), "zero_probability_examples", (json_int_t)s->impossible,
        "binarization", cli_binarization_text(s->binarization));
    return cli_print_json(object);
}

static lk_status evaluate(const cli_arguments *arguments, const cli_session *session, int64_t batch,
                          summary *s) {
    const lk_model *model = session->model;
    const lk_dataset *dataset = session->dataset;
    double *nll = lk_allocate(dataset->examples, sizeof *nll);
    if (nll == NULL) {
        return lk_fail_no_memory(model->context, "likelihoods", dataset->examples * 8);
    }
    cli_progress progress = cli_progress_begin(arguments, "evaluating");
    lk_evaluate_options how = {
        .batch = batch, .progress = cli_progress_show, .progress_argument = &progress};
    lk_status status = lk_evaluate(model, dataset, &how, nll);
    cli_progress_end(&progress);
    *s = summarise(nll, dataset->examples, dataset->variables, session->binarization);
    lk_release(nll);
    return status;
}

static int run(const cli_arguments *arguments) {
    int64_t batch;
    if (!cli_integer(arguments, "batch-size", 1, 1 << 20, 0, &batch)) {
        return EXIT_USAGE;
    }
    cli_session s;
    summary sums = {0};
    int status = cli_begin(arguments, true, &s);
    if (status == EXIT_DONE && s.model->data.stream) {
        status = cli_eval_text(arguments, s.model);
    } else if (status == EXIT_DONE &&
               !cli_excludes(arguments, "from symbols adapt", "models of texts")) {
        status = EXIT_USAGE;
    } else if (status == EXIT_DONE) {
        status = evaluate(arguments, &s, batch, &sums) != LK_OK ? cli_fault(s.context)
                 : cli_has(arguments, "json")                   ? print_json(s.model, &sums)
                                                                : print_text(s.model, &sums);
    }
    cli_end(&s);
    return status;
}

const cli_verb cli_eval_verb = {
    .name = "eval",
    .summary = "negative log-likelihood of data, in nats and bits per dimension",
    .operands = "MODEL",
    .operand_count = 1,
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .required = "data",
    .more =
        "The exit status is 0 only if all examples were read and scored. Images of another height "
        "and width than the model's\n"
        "(pixelcnn, pixelrnn), or sequences of another length (conv1d, charrnn), are run whole; "
        "all of one file have one size.\n"
        "A text is one stream: each symbol's probability is given all before it, in memory that "
        "does not grow. A character that\n"
        "the model does not know costs 21 bits more than the symbol for such, which is what "
        "compress pays for it.\n\n"
        "examples:\n"
        "  likely eval digits.likely --data test.amat.gz\n"
        "  likely eval digits.likely --data t10k-images-idx3-ubyte.gz --binarize threshold --json\n"
        "  likely eval pixels.likely --data photograph.png\n"
        "  likely eval book.likely --data book.txt --from -111540 --adapt 0.0005\n",
    .run = run,
};
