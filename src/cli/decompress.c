/* likely decompress. */
#include "base/arena.h"
#include "cli/common.h"
#include "cli/text.h"
#include "codec/codec.h"
#include "codec/stream_container.h"

static const cli_option options[] = {
    {"data", "FILE", "what likely compress wrote", false},
    {"out", "PATH",
     "where to; the name's ending chooses the format (.amat, .npy, .idx, .csv, .txt, .pbm, .png, "
     ".bin for CIFAR-10; all but .png "
     "also .gz), NAME/ is a folder of PNG pictures; a text is restored byte for byte under any "
     "name",
     false},
    {"salvage", NULL, "leave out damaged chunks instead of refusing the file", false},
    {"json", NULL, "one JSON object instead of text", false},
};

static int print_report(const cli_arguments *arguments, const lk_dataset *dataset,
                        const int64_t *lost, int64_t count) {
    const char *out = cli_text(arguments, "out", NULL);
    if (cli_has(arguments, "json")) {
        json_t *chunks = json_array();
        for (int64_t i = 0; i < count; i++) {
            json_array_append_new(chunks, json_integer(lost[i]));
        }
        return cli_print_json(json_pack("{s:I, s:s, s:o}", "examples",
                                        (json_int_t)dataset->examples, "out", out, "lost_chunks",
                                        chunks));
    }
    printf("%lld examples restored to %s\n", (long long)dataset->examples, out);
    for (int64_t i = 0; i < count; i++) {
        printf("chunk %lld was damaged and is left out\n", (long long)lost[i]);
    }
    return cli_finish_output();
}

static int decompress_examples(const cli_arguments *arguments, cli_session *s) {
    int64_t *lost = NULL, lost_count = 0;
    cli_progress progress = cli_progress_begin(arguments, "decoding");
    lk_codec_options how = {.salvage = cli_has(arguments, "salvage"),
                            .progress = cli_progress_show,
                            .progress_argument = &progress};
    bool done =
        lk_decompress(s->model, cli_text(arguments, "data", NULL), &how, &s->dataset, &lost,
                      &lost_count) == LK_OK &&
        lk_dataset_restore(s->context, cli_text(arguments, "out", NULL), s->dataset) == LK_OK;
    cli_progress_end(&progress);
    int status =
        done ? print_report(arguments, s->dataset, lost, lost_count) : cli_fault(s->context);
    lk_release(lost);
    return status;
}

/* The file itself says whether it holds a text. */
static int run(const cli_arguments *arguments) {
    cli_session s;
    int status = cli_begin(arguments, false, &s);
    if (status == EXIT_DONE &&
        cli_can_write(s.context, cli_text(arguments, "out", NULL)) != LK_OK) {
        status = cli_fault(s.context);
    } else if (status == EXIT_DONE) {
        status = lk_stream_container_is(s.context, cli_text(arguments, "data", NULL))
                     ? cli_decompress_text(arguments, s.model)
                     : decompress_examples(arguments, &s);
    }
    cli_end(&s);
    return status;
}

const cli_verb cli_decompress_verb = {
    .name = "decompress",
    .summary = "restore what compress wrote, value for value or byte for byte",
    .operands = "MODEL",
    .operand_count = 1,
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .required = "data out",
    .more = "examples:\n"
            "  likely decompress digits.likely --data test.lk --out restored.amat.gz\n"
            "  likely decompress digits.likely --data damaged.lk --salvage --out what-is-left.npy\n"
            "  likely decompress pixels.likely --data photograph.lk --out photograph.png\n"
            "  likely decompress book.likely --data chapter.lk --out chapter.txt\n",
    .run = run,
};
