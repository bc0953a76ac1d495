/* likely eval for a model of texts: the negative log-likelihood of a file as one stream. */
#include "base/measure.h"
#include "cli/text.h"
#include "jobs/stream_walk.h"

static int print_text(const lk_model *model, const lk_stream_likelihood *l) {
    double nats = l->nll_nats, symbols = (double)l->symbols;
    printf("%lld symbols (%s), %lld bytes, one stream from its beginning\n", (long long)l->symbols,
           lk_symbols_kind_name(model->data.symbols.kind), (long long)l->bytes);
    printf(
        "NLL %.6f nats per symbol, %.6f bits per symbol, %.6f bits per byte; %.1f bytes in all\n",
        nats / symbols, nats / symbols / LK_NATS_PER_BIT, nats / LK_NATS_PER_BIT / (double)l->bytes,
        nats / LK_NATS_PER_BIT / 8.0);
    if (l->escapes > 0) {
        printf("%lld characters are not in the model's alphabet: each costs %d bits more than its "
               "symbol\n",
               (long long)l->escapes, LK_ESCAPED_BITS);
    }
    return cli_finish_output();
}

static int print_json(const lk_model *model, const lk_stream_likelihood *l) {
    double bits = l->nll_nats / LK_NATS_PER_BIT;
    return cli_print_json(json_pack(
        "{s:s, s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "family", model->family->name, "stream",
        lk_symbols_kind_name(model->data.symbols.kind), "symbols", (json_int_t)l->symbols, "bytes",
        (json_int_t)l->bytes, "escaped_characters", (json_int_t)l->escapes, "nll_nats",
        cli_number(l->nll_nats), "nats_per_symbol", cli_number(l->nll_nats / (double)l->symbols),
        "bits_per_symbol", cli_number(bits / (double)l->symbols), "bits_per_byte",
        cli_number(bits / (double)l->bytes)));
}

int cli_eval_text(const cli_arguments *arguments, const lk_model *model) {
    float rate;
    if (!cli_excludes(arguments, "alphabet shape binarize binarize-seed raw batch-size",
                      "models of examples") ||
        !cli_adapt(arguments, &rate)) {
        return EXIT_USAGE;
    }
    lk_stream *stream;
    int opened = cli_text_open(arguments, model, &stream);
    if (opened != EXIT_DONE) {
        return opened;
    }
    lk_stream_likelihood likelihood;
    cli_progress progress = cli_progress_begin(arguments, "evaluating");
    const lk_stream_walk walk = {
        .progress = cli_progress_show, .progress_argument = &progress, .learning_rate = rate};
    lk_status status = lk_stream_evaluate(model, stream, &walk, &likelihood);
    cli_progress_end(&progress);
    lk_stream_close(stream);
    return status != LK_OK              ? cli_fault(model->context)
           : cli_has(arguments, "json") ? print_json(model, &likelihood)
                                        : print_text(model, &likelihood);
}
