/* likely compress for a model of texts: any file as one. */
#include "base/measure.h"
#include "cli/text.h"
#include "codec/stream_codec.h"

static int print_report(const cli_arguments *arguments, const lk_stream_report *r) {
    double bytes = (double)r->bytes, bits = 8.0 * (double)r->coded_bytes / bytes;
    double model_bits = r->model_nll_nats / LK_NATS_PER_BIT / bytes;
    double overhead = 8.0 * (double)(r->coded_bytes - r->header_bytes) / bytes / model_bits - 1.0;
    if (cli_has(arguments, "json")) {
        return cli_print_json(json_pack(
            "{s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:I, s:I}", "text_bytes", (json_int_t)r->bytes,
            "symbols", (json_int_t)r->symbols, "bytes", (json_int_t)r->coded_bytes, "header_bytes",
            (json_int_t)r->header_bytes, "bits_per_byte", cli_number(bits), "model_bits_per_byte",
            cli_number(model_bits), "overhead", cli_number(overhead), "chunks",
            (json_int_t)r->chunks, "lanes", (json_int_t)r->lanes));
    }
    if (r->bytes == 0) {
        printf("an empty text in %lld bytes\n", (long long)r->coded_bytes);
        return cli_finish_output();
    }
    printf("%lld bytes in %lld: %.6f bits per byte; the model's own likelihood is %.6f\n",
           (long long)r->bytes, (long long)r->coded_bytes, bits, model_bits);
    printf("coded payload over likelihood: %+.4f %%; header %lld bytes; chunks of %lld symbols: "
           "%lld; lanes in each: %d\n",
           100.0 * overhead, (long long)r->header_bytes, (long long)r->chunk_symbols,
           (long long)r->chunks, r->lanes);
    return cli_finish_output();
}

int cli_compress_text(const cli_arguments *arguments, const lk_model *model) {
    const char *out = cli_text(arguments, "out", NULL);
    int64_t lanes, chunk;
    float rate;
    if (!cli_excludes(arguments, "alphabet shape binarize binarize-seed chunk-examples",
                      "models of examples") ||
        !cli_integer(arguments, "lanes", 1, LK_STREAM_LANES_MOST, 0, &lanes) ||
        !cli_integer(arguments, "chunk-symbols", 1, LK_STREAM_CHUNK_MOST, 0, &chunk) ||
        !cli_adapt(arguments, &rate)) {
        return EXIT_USAGE;
    }
    cli_progress progress = cli_progress_begin(arguments, "coding");
    lk_stream_options how = {.chunk_symbols = chunk,
                             .lanes = (int32_t)lanes,
                             .learning_rate = rate,
                             .skip_verify = cli_has(arguments, "no-verify"),
                             .progress = cli_progress_show,
                             .progress_argument = &progress};
    lk_stream_report report;
    lk_status status =
        lk_stream_compress(model, cli_text(arguments, "data", NULL), out, &how, &report);
    cli_progress_end(&progress);
    return status == LK_OK ? print_report(arguments, &report) : cli_fault(model->context);
}
