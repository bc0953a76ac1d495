/* likely compress. */
#include "base/measure.h"
#include "cli/common.h"
#include "cli/files.h"
#include "cli/items.h"
#include "cli/text.h"
#include "codec/codec.h"
#include "models/take.h"

static const cli_option options[] = {
    {"data", "PATH", "what to compress; with a model of texts: any file, or a folder of files",
     false},
    {"out", "FILE", "where to", false},
    CLI_DATA_OPTIONS,
    {"labels", CLI_LABELS,
     "the label of each example, as likely eval takes them: for a model of p(x | label), or to be "
     "kept (default: those that the data have)",
     false},
    {"text", "bytes",
     "with a model that was trained on windows of bytes, of a family that "
     "takes texts: the files are texts",
     false},
    {"chunk-examples", "N", "examples in each chunk that decodes on its own (default: chosen)",
     false},
    {"chunk-symbols", "N",
     "of texts: symbols in each chunk that decodes on its own (default: chosen, about 4194304, of "
     "recordings 1048576)",
     false},
    {"lanes", "N",
     "streams that are coded side by side, 1 to 4096: examples, texts, or parts of a text, which "
     "are faster and some 10 bits larger for each (default: chosen: up to 16 parts of a text, each "
     "of 4096 symbols or more, and up to 64 of 65536; 1 with --adapt; fewer where --memory is "
     "small)",
     false},
    {"adapt", "RATE",
     "the model learns from what it has met, in each chunk from its own weights on: a step at this "
     "rate after every example of each lane, or every 32 symbols of a text; the model file stays "
     "as it is (dynamic evaluation; try 0.0005; default: it does not learn)",
     false},
    {"lossy", NULL,
     "code what the model takes of a file (of recordings 8 bits or one channel, of pictures no "
     "transparency, 8 bits of 16 or the first frame), though the rest is lost",
     false},
    {"no-verify", NULL, "do not decode and compare what was coded before the file gets its name",
     false},
    CLI_LOCAL_OPTION,
    CLI_USE_OPTION,
    {"json", NULL, "one JSON object instead of text", false},
};

/* `dimensions`: variables of examples, or bytes of texts, which are then `unit` in the JSON. */
static int print_report(const cli_arguments *arguments, const lk_model *model,
                        const lk_items *items, double dimensions, const lk_codec_report *r) {
    bool texts = lk_items_dataset(items) == NULL;
    double bits = 8.0 * (double)r->bytes / dimensions;
    double model_bits = r->model_nll_nats / LK_NATS_PER_BIT / dimensions;
    double payload_bits = 8.0 * (double)(r->bytes - r->header_bytes) / dimensions;
    double overhead = payload_bits / model_bits - 1.0;
    int64_t before = cli_size_on_disk(cli_text(arguments, "data", NULL));
    int64_t known = before < 0 && texts ? r->content_bytes : before; /* of a pipe */
    bool larger = known >= 0 && r->bytes > known;
    if (cli_has(arguments, "json")) {
        const char *unit = texts ? "bits_per_byte" : "bits_per_dim";
        char model_unit[32], payload_unit[32];
        snprintf(model_unit, sizeof model_unit, "model_%s", unit);
        snprintf(payload_unit, sizeof payload_unit, "payload_%s", unit);
        json_t *object = json_pack(
            "{s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:I, s:I, s:o, s:b}",
            texts ? "texts" : "examples", (json_int_t)r->items, "text_bytes",
            (json_int_t)r->content_bytes, "symbols", (json_int_t)r->symbols, "bytes",
            (json_int_t)r->bytes, "header_bytes", (json_int_t)r->header_bytes, unit,
            lk_json_number(bits), payload_unit, lk_json_number(payload_bits), model_unit,
            lk_json_number(model_bits), "overhead", lk_json_number(overhead), "chunks",
            (json_int_t)r->chunks, "lanes", (json_int_t)r->lanes, "input_bytes",
            before >= 0 ? json_integer(before) : json_null(), "larger_than_input", larger);
        cli_bound_json(object, model);
        cli_note_json(object, items);
        return cli_print_json(object);
    }
    int64_t count = texts ? r->content_bytes : r->items;
    printf("%lld %s%s", (long long)count, texts ? "byte" : "example", cli_plural(count));
    printf(" in %lld bytes", (long long)r->bytes);
    if (dimensions > 0.0) {
        /* A mixture of networks has no conditionals of its own to code by. */
        printf(": %.6f bits per %s; %s %s is %.6f\n"
               "coded payload over likelihood: %+.4f %%%s",
               bits, texts ? "byte" : "dimension",
               lk_model_variants(model) > 1 ? "by its best network for each chunk the model's"
                                            : "the model's own",
               lk_model_bound(model) ? "bound" : "likelihood", model_bits, 100.0 * overhead,
               overhead < 0.0 ? " (less: no symbol costs more than 24 bits, however improbable)"
                              : "");
    }
    printf("\nheader and index: %lld bytes; chunks: %lld; lanes: %lld\n",
           (long long)r->header_bytes, (long long)r->chunks, (long long)r->lanes);
    if (larger) {
        printf("larger than what was compressed: %lld bytes of %lld; the data are unlike those of "
               "the training, or were compressed before\n",
               (long long)r->bytes, (long long)known);
    }
    cli_print_note(items);
    return cli_finish_output();
}

static bool show(void *progress, int64_t done, int64_t count) {
    cli_progress_show(progress, done, count);
    return true;
}

static int compress(const cli_arguments *arguments, const lk_model *model, lk_items *items,
                    const lk_codec_options *how) {
    const lk_dataset *data = lk_items_dataset(items);
    lk_codec_options options_shown = *how;
    lk_codec_report report;
    cli_progress progress = cli_progress_begin(arguments, "coding");
    options_shown.progress = show;
    options_shown.progress_argument = &progress;
    lk_status status =
        lk_compress_file(model, items, cli_text(arguments, "out", NULL), &options_shown, &report);
    cli_progress_end(&progress);
    double dimensions = data == NULL ? (double)report.content_bytes
                                     : (double)data->examples * (double)data->variables;
    return status == LK_OK ? print_report(arguments, model, items, dimensions, &report)
                           : cli_fault(model->context);
}

static int read_options(const cli_arguments *arguments, const lk_model *model, bool texts,
                        lk_codec_options *how) {
    int64_t chunk, symbols;
    bool fine =
        texts ? cli_excludes(arguments, CLI_OF_EXAMPLES " chunk-examples", "models of examples") &&
                    (model->data.labels > 0 ||
                     cli_excludes(arguments, "labels", "models of examples and of p(x | label)"))
              : cli_excludes(arguments, "chunk-symbols", "models of texts");
    if (!fine || !cli_integer(arguments, "chunk-examples", 1, (int64_t)1 << 40, 0, &chunk) ||
        !cli_integer(arguments, "chunk-symbols", 1, LK_CHUNK_TEXT_MOST, 0, &symbols) ||
        !cli_integer(arguments, "lanes", 1, LK_CONTAINER_LANES_MOST, 0, &how->lanes) ||
        !cli_adapt(arguments, &how->learning_rate)) {
        return EXIT_USAGE;
    }
    how->chunk = texts ? symbols : chunk;
    how->skip_verify = cli_has(arguments, "no-verify");
    how->lossy = cli_has(arguments, "lossy");
    return EXIT_DONE;
}

/* Labels that are only carried along; what a model is given was read with the data. */
static lk_status keep_labels(const cli_arguments *arguments, const cli_session *s) {
    const char *labels = cli_text(arguments, "labels", NULL);
    return labels != NULL && s->model->data.labels == 0
               ? lk_dataset_read_labels(s->context, labels, s->dataset)
               : LK_OK;
}

static int run(const cli_arguments *arguments) {
    const char *symbols;
    if (!cli_choice(arguments, "text", "bytes", NULL, &symbols)) {
        return EXIT_USAGE;
    }
    cli_session s;
    lk_items *items = NULL;
    lk_codec_options how = {0};
    int status = cli_begin(arguments, symbols == NULL, &s);
    bool texts = status == EXIT_DONE && (symbols != NULL || s.model->data.stream);
    status = status == EXIT_DONE ? read_options(arguments, s.model, texts, &how) : status;
    if (status == EXIT_DONE) {
        const char *local = cli_text(arguments, "local", NULL);
        bool open = (texts ? lk_model_open_files(s.model, cli_text(arguments, "data", NULL),
                                                 cli_labels(arguments, s.model), &items) == LK_OK
                           : keep_labels(arguments, &s) == LK_OK &&
                                 lk_dataset_note_names(s.context, s.dataset) == LK_OK &&
                                 lk_model_items(s.model, s.dataset, &items) == LK_OK) &&
                    lk_model_read_local(s.model, local, items) == LK_OK;
        status = open ? compress(arguments, s.model, items, &how) : cli_fault(s.context);
    }
    lk_items_close(items);
    cli_end(&s);
    return status;
}

const cli_verb cli_compress_verb = {
    .name = "compress",
    .summary = "losslessly, at the rate that the model's likelihood promises",
    .operands = "MODEL",
    .operand_count = 1,
    .shared = true,
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .required = "data out",
    .several = CLI_SEVERAL,
    .inputs = "data labels local",
    .outputs = "out",
    .more =
        "The file can be restored by the same model on any machine, with any number of threads "
        "and any instruction set.\n"
        "bits_per_dim and bits_per_byte count the whole file; overhead compares the payload (all "
        "but header, index, labels and names) with the likelihood. It is negative where the data "
        "hold what the model finds nearly impossible: no symbol costs more than 24 bits.\n"
        "What a model is given beside recordings or texts (--local) is kept in the file: nothing "
        "else is needed to restore them.\n"
        "Images of another height and width than the model's, or sequences of another length, are "
        "coded whole, by families that take any (likely models), and the file remembers their "
        "size; all of one file have one size. Labels are kept.\n"
        "With a model of texts any file is restored byte for byte, and a folder with its files' "
        "names: characters that the model does not know cost 21 bits more than the symbol for "
        "such. A chunk begins knowing nothing; so do the lanes of a recording, and of a model that "
        "learns, while those of a text begin after its first lines. The likelihood that is told is "
        "that of the lanes (--lanes 1: of the text, as likely eval has it, if it is one chunk).\n\n"
        "examples:\n"
        "  likely compress digits.likely --data test.amat.gz --out test.lk\n"
        "  likely decompress digits.likely --data test.lk --out restored.amat\n"
        "  likely compress pixels.likely --data photograph.png --out photograph.lk\n"
        "  likely compress book.likely --data chapter.txt --out chapter.lk\n"
        "  likely compress book.likely --data other.txt --out other.lk --adapt 0.0005\n",
    .run = run,
};
