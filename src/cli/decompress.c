/* likely decompress. */
#include <string.h>

#include "base/path.h"
#include "cli/common.h"
#include "codec/codec.h"
#include "data/formats/formats.h"
#include "team/team.h"

static const cli_option options[] = {
    {"data", "FILE", "what likely compress wrote", false},
    {"out", "PATH",
     "where to; the name's ending chooses the format (.amat, .npy, .npz, .idx, .csv, .txt, "
     ".pbm, .bin for CIFAR-10; of one picture .png, .pgm, .ppm, .pam; all but .png and .npz "
     "also .gz), NAME/ is a folder of PNG pictures, under the names that they had; a text is "
     "restored byte for byte under any name, a folder of texts as such a folder",
     false},
    {"format", "ENDING",
     "of examples that go to standard output or a pipe, which has no name to say it: npy, csv, "
     "png, txt.gz, ... (default: as they were compressed from, if it can be)",
     false},
    {"labels", "FILE", "where to write the labels of the examples: one number or word a line",
     false},
    {"salvage", NULL, "leave out damaged chunks instead of refusing the file", false},
    CLI_USE_OPTION,
    {"json", NULL, "one JSON object instead of text", false},
};

/* What of the examples is not in the file, "" if all is. */
static void find_loss(const cli_arguments *arguments, const lk_restored *r,
                      char loss[LK_LOSS_CAPACITY]) {
    loss[0] = '\0';
    if (!r->texts) {
        lk_dataset written = *r->dataset;
        written.labels = cli_has(arguments, "labels") ? NULL : written.labels;
        lk_dataset_loss(cli_text(arguments, "out", NULL), &written, false, loss);
    }
}

static int print_json(const char *out, const lk_restored *r, const char *loss) {
    json_t *chunks = json_array();
    for (int64_t i = 0; i < r->lost_count; i++) {
        for (int64_t k = 0; k < r->lost[i].chunks; k++) {
            json_array_append_new(chunks, json_integer(r->lost[i].chunk + k + 1));
        }
    }
    return cli_print_json(
        r->texts ? json_pack("{s:I, s:I, s:I, s:o, s:o}", "texts", (json_int_t)r->items,
                             "text_bytes", (json_int_t)r->bytes, "symbols", (json_int_t)r->symbols,
                             "out", lk_json_bytes(out), "lost_chunks", chunks)
                 : json_pack("{s:I, s:o, s:o, s:o*}", "examples", (json_int_t)r->items, "out",
                             lk_json_bytes(out), "lost_chunks", chunks, "note",
                             lk_json_bytes(loss[0] != '\0' ? loss : NULL)));
}

static int print_text(const char *out, const lk_restored *r, const char *loss) {
    if (!r->texts) {
        printf("%lld example%s restored to %s\n", (long long)r->items, cli_plural(r->items), out);
    } else if (r->total_bytes >= 0) {
        printf("%lld of %lld bytes restored to %s\n", (long long)r->bytes,
               (long long)r->total_bytes, out);
    } else {
        printf("%lld bytes restored to %s\n", (long long)r->bytes, out);
    }
    for (int64_t i = 0; i < r->lost_count; i++) {
        const lk_lost *lost = &r->lost[i];
        char text[64];
        lk_lost_print(lost, text);
        if (lost->chunks == 1) {
            printf("chunk %lld was damaged and is left out: %s\n", (long long)lost->chunk + 1,
                   text);
        } else {
            printf("chunks %lld to %lld were damaged and are left out: %s\n",
                   (long long)lost->chunk + 1, (long long)(lost->chunk + lost->chunks), text);
        }
    }
    if (r->chunks < 0) {
        printf("the end of the file is damaged: more may be missing behind what is restored\n");
    }
    if (loss[0] != '\0') {
        printf("%s: %s\n", out, loss);
    }
    return cli_finish_output();
}

static bool show(void *progress, int64_t done, int64_t count) {
    cli_progress_show(progress, done, count);
    return true;
}

/* Whether what the file says it holds can stand under that name: before all of it is decoded. A
 * pipe can be read but once. */
static lk_status check_out(lk_context *context, const char *data, const char *out) {
    lk_source source;
    lk_container container;
    if (lk_path_gives_once(data)) {
        return LK_OK;
    }
    LK_TRY(lk_source_open(context, data, &source));
    lk_status status = lk_container_open(&source, &container);
    if (status == LK_OK && !container.texts) {
        const lk_dataset like = {.shape = container.shape,
                                 .alphabet = (int32_t)container.alphabet,
                                 .examples = container.items};
        status = lk_dataset_holds(context, out, &like, true);
    }
    lk_container_close(&container);
    lk_source_close(&source);
    return status;
}

/* To --out and, if they are asked for, --labels. */
static lk_status write_examples(const cli_arguments *arguments, lk_context *context,
                                const lk_restored *restored) {
    const char *out = cli_text(arguments, "out", NULL);
    const char *labels = cli_text(arguments, "labels", NULL);
    if (restored->texts || lk_team_rank(context->team) > 0) { /* of a team rank 0 has them */
        return LK_OK;
    }
    if (labels != NULL && restored->dataset->labels == NULL) {
        return lk_fail(context, LK_MISMATCH, "%s: holds no labels: leave out --labels",
                       cli_text(arguments, "data", NULL));
    }
    lk_batch held = {0}; /* of two outputs both or none */
    lk_status status =
        labels != NULL ? lk_dataset_hold_labels(context, labels, restored->dataset, &held) : LK_OK;
    status = status == LK_OK ? lk_dataset_restore(context, out, restored->dataset) : status;
    status = status == LK_OK ? lk_batch_commit(context, &held) : status;
    lk_batch_abandon(&held);
    return status;
}

/* Whether files of these names can hold it. */
static bool can_hold(const cli_arguments *arguments, const cli_session *s) {
    const char *format = cli_text(arguments, "format", NULL);
    if (format != NULL && s->model->data.stream) {
        lk_fail(s->context, LK_INVALID, "the model is of %s: leave out --format %s",
                lk_data_is_sound(&s->model->data)
                    ? "recordings, whose kind the name of --out says, or else is what it was"
                    : "texts, which are restored byte for byte",
                format);
        return false;
    }
    if (format != NULL &&
        lk_dataset_writable(s->context, cli_text(arguments, "out", NULL)) != LK_OK) {
        return false;
    }
    if (cli_has(arguments, "labels") && s->model->data.stream) {
        lk_fail(s->context, LK_INVALID,
                "the model is of %s, whose names say their classes: leave out --labels",
                lk_data_is_sound(&s->model->data) ? "recordings" : "texts");
        return false;
    }
    return check_out(s->context, cli_text(arguments, "data", NULL),
                     cli_text(arguments, "out", NULL)) == LK_OK;
}

/* The file itself says whether it holds texts. */
static int run(const cli_arguments *arguments) {
    cli_session s;
    lk_restored restored = {0};
    char loss[LK_LOSS_CAPACITY];
    const char *out = cli_text(arguments, "out", NULL);
    int status = cli_begin(arguments, false, &s);
    if (status == EXIT_DONE) {
        const char *name = s.context->alias != NULL ? s.context->aliased : out;
        cli_progress progress = cli_progress_begin(arguments, "decoding");
        lk_codec_options how = {.salvage = cli_has(arguments, "salvage"),
                                .progress = show,
                                .progress_argument = &progress};
        bool done = can_hold(arguments, &s) &&
                    lk_decompress_file(s.model, cli_text(arguments, "data", NULL), out, &how,
                                       &restored) == LK_OK &&
                    write_examples(arguments, s.context, &restored) == LK_OK;
        cli_progress_end(&progress);
        if (done) {
            find_loss(arguments, &restored, loss);
        }
        status = !done                        ? cli_fault(s.context)
                 : cli_has(arguments, "json") ? print_json(name, &restored, loss)
                                              : print_text(name, &restored, loss);
    }
    lk_restored_deinit(&restored);
    cli_end(&s);
    return status;
}

const cli_verb cli_decompress_verb = {
    .name = "decompress",
    .summary = "restore what compress wrote, value for value or byte for byte",
    .operands = "MODEL",
    .operand_count = 1,
    .shared = true,
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .required = "data out",
    .several = "compressed files are restored one at a time",
    .inputs = "data",
    .outputs = "out labels",
    .folders = "out",
    .more =
        "examples:\n"
        "  likely decompress digits.likely --data test.lk --out restored.amat.gz\n"
        "  likely decompress digits.likely --data damaged.lk --salvage --out what-is-left.npy\n"
        "  likely decompress pixels.likely --data photograph.lk --out photograph.png\n"
        "  likely decompress digits.likely --data test.lk --out - --format npy | cmp - test.npy\n"
        "  likely decompress book.likely --data chapter.lk --out chapter.txt\n",
    .run = run,
};
