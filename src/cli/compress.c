/* likely compress. */
#include "base/measure.h"
#include "cli/common.h"
#include "cli/text.h"
#include "codec/codec.h"

static const cli_option options[] = {
    {"data", "PATH", "what to compress; with a model of texts: any file", false},
    {"out", "FILE", "where to", false},
    CLI_DATA_OPTIONS,
    {"chunk-examples", "N", "examples in each chunk that decodes on its own (default: chosen)",
     false},
    {"text", "bytes",
     "with a model that was trained on windows of bytes (charrnn, conv1d): the file is a text",
     false},
    {"lanes", "N",
     "of a text: parts of a chunk that are coded side by side, 1 to 256; faster, a little larger "
     "(default: chosen)",
     false},
    {"chunk-symbols", "N",
     "of a text: symbols in each chunk that decodes on its own (default: chosen, at most 4194304)",
     false},
    CLI_ADAPT_OPTION,
    {"no-verify", NULL, "do not decode and compare what was coded before the file gets its name",
     false},
    {"json", NULL, "one JSON object instead of text", false},
};

static int print_report(const cli_arguments *arguments, const lk_compress_report *r) {
    double dimensions = (double)r->examples * (double)r->variables;
    double bits = 8.0 * (double)r->bytes / dimensions;
    double model_bits = r->model_nll_nats / LK_NATS_PER_BIT / dimensions;
    double payload_bits = 8.0 * (double)(r->bytes - r->header_bytes) / dimensions;
    if (cli_has(arguments, "json")) {
        return cli_print_json(
            json_pack("{s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "examples", (json_int_t)r->examples,
                      "bytes", (json_int_t)r->bytes, "header_bytes", (json_int_t)r->header_bytes,
                      "bits_per_dim", cli_number(bits), "payload_bits_per_dim",
                      cli_number(payload_bits), "model_bits_per_dim", cli_number(model_bits),
                      "overhead", cli_number(payload_bits / model_bits - 1.0)));
    }
    printf("%lld examples in %lld bytes: %.6f bits per dimension; the model's own likelihood is "
           "%.6f\n",
           (long long)r->examples, (long long)r->bytes, bits, model_bits);
    printf("coded payload over likelihood: %+.4f %%; header %lld bytes\n",
           100.0 * (payload_bits / model_bits - 1.0), (long long)r->header_bytes);
    return cli_finish_output();
}

static int compress_examples(const cli_arguments *arguments, const cli_session *s) {
    int64_t chunk;
    if (!cli_excludes(arguments, "lanes chunk-symbols adapt", "models of texts") ||
        !cli_integer(arguments, "chunk-examples", 1, (int64_t)1 << 40, 0, &chunk)) {
        return EXIT_USAGE;
    }
    lk_compress_report report;
    cli_progress progress = cli_progress_begin(arguments, "coding");
    lk_codec_options how = {.chunk_examples = chunk,
                            .skip_verify = cli_has(arguments, "no-verify"),
                            .progress = cli_progress_show,
                            .progress_argument = &progress};
    lk_status coded =
        lk_compress(s->model, s->dataset, cli_text(arguments, "out", NULL), &how, &report);
    cli_progress_end(&progress);
    return coded == LK_OK ? print_report(arguments, &report) : cli_fault(s->context);
}

static int run(const cli_arguments *arguments) {
    const char *symbols;
    if (!cli_choice(arguments, "text", "bytes", NULL, &symbols)) {
        return EXIT_USAGE;
    }
    cli_session s;
    int status = cli_begin(arguments, symbols == NULL, &s);
    if (status == EXIT_DONE &&
        cli_can_write(s.context, cli_text(arguments, "out", NULL)) != LK_OK) {
        status = cli_fault(s.context);
    } else if (status == EXIT_DONE) {
        status = symbols != NULL || s.model->data.stream ? cli_compress_text(arguments, s.model)
                                                         : compress_examples(arguments, &s);
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
    .more = "The file can be restored by the same model on any machine, with any number of threads "
            "and any instruction set.\n"
            "bits_per_dim counts the whole file; overhead compares the payload (all but one "
            "header) with the likelihood.\n"
            "Images of another height and width than the model's (pixelcnn, pixelrnn), or "
            "sequences of another length (conv1d,\n"
            "charrnn), are coded whole, and the file remembers their size; all of one file have "
            "one size.\n"
            "With a model of texts any file is restored byte for byte: characters that the model "
            "does not know cost 21 bits more than\n"
            "the symbol for such. Each lane of each chunk begins knowing nothing: the likelihood "
            "that is told is that of the lanes.\n\n"
            "examples:\n"
            "  likely compress digits.likely --data test.amat.gz --out test.lk\n"
            "  likely decompress digits.likely --data test.lk --out restored.amat\n"
            "  likely compress pixels.likely --data photograph.png --out photograph.lk\n"
            "  likely compress book.likely --data chapter.txt --out chapter.lk\n"
            "  likely compress book.likely --data other.txt --out other.lk --adapt 0.0005\n",
    .run = run,
};
