/* likely decompress of a text. */
#include "base/arena.h"
#include "cli/text.h"
#include "codec/stream_codec.h"

static int print_json(const cli_arguments *arguments, const lk_stream_restored *r) {
    json_t *chunks = json_array();
    for (int64_t i = 0; i < r->lost_count; i++) {
        json_array_append_new(chunks, json_integer(r->lost[i]));
    }
    return cli_print_json(json_pack("{s:I, s:I, s:s, s:o}", "text_bytes", (json_int_t)r->bytes,
                                    "symbols", (json_int_t)r->symbols, "out",
                                    cli_text(arguments, "out", NULL), "lost_chunks", chunks));
}

static int print_text(const cli_arguments *arguments, const lk_stream_restored *r) {
    printf("%lld of %lld bytes restored to %s\n", (long long)r->bytes, (long long)r->text_bytes,
           cli_text(arguments, "out", NULL));
    for (int64_t i = 0; i < r->lost_count; i++) {
        int64_t first = r->lost[i] * r->chunk_symbols, end = first + r->chunk_symbols;
        printf("chunk %lld was damaged and is left out: symbols %lld to %lld\n",
               (long long)r->lost[i], (long long)first,
               (long long)(end < r->text_symbols ? end : r->text_symbols) - 1);
    }
    return cli_finish_output();
}

int cli_decompress_text(const cli_arguments *arguments, const lk_model *model) {
    cli_progress progress = cli_progress_begin(arguments, "decoding");
    lk_stream_options how = {.salvage = cli_has(arguments, "salvage"),
                             .progress = cli_progress_show,
                             .progress_argument = &progress};
    lk_stream_restored restored;
    lk_status status = lk_stream_decompress(model, cli_text(arguments, "data", NULL),
                                            cli_text(arguments, "out", NULL), &how, &restored);
    cli_progress_end(&progress);
    int result = status != LK_OK              ? cli_fault(model->context)
                 : cli_has(arguments, "json") ? print_json(arguments, &restored)
                                              : print_text(arguments, &restored);
    lk_release(restored.lost);
    return result;
}
