/* likely compress. */
#include "base/measure.h"
#include "cli/common.h"
#include "codec/codec.h"

static const cli_option options[] = {
    {"data", "PATH", "what to compress", false},
    {"out", "FILE", "where to", false},
    CLI_DATA_OPTIONS,
    {"chunk-examples", "N", "examples in each chunk that decodes on its own (default: chosen)", false},
    {"no-verify", NULL, "do not decode and compare what was coded before the file gets its name", false},
    {"json", NULL, "one JSON object instead of text", false},
};

static int print_report(const cli_arguments *arguments, const lk_compress_report *r) {
    double dimensions = (double)r->examples * (double)r->variables;
    double bits = 8.0 * (double)r->bytes / dimensions;
    double model_bits = r->model_nll_nats / LK_NATS_PER_BIT / dimensions;
    double payload_bits = 8.0 * (double)(r->bytes - r->header_bytes) / dimensions;
    if (cli_has(arguments, "json")) {
        return cli_print_json(json_pack("{s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "examples", (json_int_t)r->examples,
                                        "bytes", (json_int_t)r->bytes, "header_bytes", (json_int_t)r->header_bytes,
                                        "bits_per_dim", cli_number(bits), "payload_bits_per_dim",
                                        cli_number(payload_bits), "model_bits_per_dim", cli_number(model_bits),
                                        "overhead", cli_number(payload_bits / model_bits - 1.0)));
    }
    printf("%lld examples in %lld bytes: %.6f bits per dimension; the model's own likelihood is %.6f\n",
           (long long)r->examples, (long long)r->bytes, bits, model_bits);
    printf("coded payload over likelihood: %+.4f %%; header %lld bytes\n", 100.0 * (payload_bits / model_bits - 1.0),
           (long long)r->header_bytes);
    return cli_finish_output();
}

static int run(const cli_arguments *arguments) {
    int64_t chunk;
    if (!cli_integer(arguments, "chunk-examples", 1, (int64_t)1 << 40, 0, &chunk)) {
        return EXIT_USAGE;
    }
    cli_session s;
    lk_compress_report report;
    int status = cli_begin(arguments, true, &s);
    if (status == EXIT_DONE && s.model->data.stream) {
        lk_fail(s.context, LK_UNSUPPORTED, "%s: is a model of texts; only data of examples can be compressed",
                arguments->positional[0]);
        status = cli_fault(s.context);
    } else if (status == EXIT_DONE) {
        cli_progress progress = cli_progress_begin(arguments, "coding");
        lk_codec_options how = {.chunk_examples = chunk,
                                .skip_verify = cli_has(arguments, "no-verify"),
                                .progress = cli_progress_show,
                                .progress_argument = &progress};
        lk_status coded = cli_can_write(s.context, cli_text(arguments, "out", NULL));
        if (coded == LK_OK) {
            coded = lk_compress(s.model, s.dataset, cli_text(arguments, "out", NULL), &how, &report);
        }
        cli_progress_end(&progress);
        status = coded == LK_OK ? print_report(arguments, &report) : cli_fault(s.context);
    }
    cli_end(&s);
    return status;
}

const cli_verb cli_compress_verb = {
    .name = "compress",
    .summary = "losslessly, at the rate that the model's likelihood promises",
    .operands = "MODEL",
    .operand_count = 1,
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .required = "data out",
    .more =
        "The file can be restored by the same model on any machine, with any number of threads and any instruction set.\n"
        "bits_per_dim counts the whole file; overhead compares the payload (all but one header) with the likelihood.\n"
        "Images of another height and width than the model's (pixelcnn), or sequences of another length (conv1d, charrnn), are\n"
        "coded whole, and the file remembers their size; all of one file have one size.\n\n"
        "examples:\n"
        "  likely compress digits.likely --data test.amat.gz --out test.lk\n"
        "  likely decompress digits.likely --data test.lk --out restored.amat\n",
    .run = run,
};
