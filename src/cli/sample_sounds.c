/* likely sample for a model of recordings: files of sound, of a given beginning or of none. */
#include <string.h>

#include "base/measure.h"
#include "base/memory.h"
#include "cli/files.h"
#include "cli/sample_group.h"
#include "cli/text.h"

typedef struct studio {
    const lk_model *model;
    const char *out;
    lk_sample_options how; /* of the recordings side by side */
    lk_sound_target target;
    int64_t count, symbols; /* recordings in all; symbols of each that are drawn */
    lk_sound_writer *writers[CLI_SIDE_BY_SIDE_MOST];
    lk_batch ended;
    cli_progress progress;
    int64_t done; /* symbols of all, given ones not counted */
} studio;

static const lk_sound_form *form_of(const studio *s) {
    return &s->model->data.symbols.sound;
}

static lk_status take(void *argument, bool drawn, const uint16_t *symbols) {
    studio *s = argument;
    for (int64_t n = 0; n < s->how.count; n++) {
        lk_sound_writer_put(s->writers[n], &symbols[n], 1);
    }
    s->done += drawn ? s->how.count : 0;
    cli_progress_show(&s->progress, s->done, s->count * s->symbols);
    return LK_OK;
}

static lk_status open_writer(studio *s, int64_t n) {
    char *path = cli_sample_name(s->out, s->how.first + n, s->count);
    lk_status status = path == NULL ? lk_fail_no_memory(s->model->context, "a name", 1)
                                    : lk_sound_writer_create(s->model->context, path, form_of(s),
                                                             &s->target, &s->writers[n]);
    lk_release(path);
    return status;
}

static lk_status draw_group(void *owner) {
    studio *s = owner;
    for (int64_t n = 0; n < s->how.count; n++) {
        LK_TRY(open_writer(s, n));
    }
    LK_TRY(lk_sample_texts(s->model, &s->how, take, s));
    for (int64_t n = 0; n < s->how.count; n++) {
        lk_sound_writer *writer = s->writers[n];
        s->writers[n] = NULL;
        LK_TRY(lk_sound_writer_hold(writer, &s->ended));
    }
    return LK_OK;
}

static void abandon(void *owner, int64_t n) {
    studio *s = owner;
    lk_sound_writer_abandon(s->writers[n]);
    s->writers[n] = NULL;
}

static lk_status draw_all(studio *s) {
    const cli_sample_group group = {
        .model = s->model,
        .how = &s->how,
        .count = s->count,
        .batch = cli_sample_batch(s->how.batch, s->count, CLI_SIDE_BY_SIDE_MOST),
        .draw = draw_group,
        .abandon = abandon,
        .owner = s,
        .ended = &s->ended,
    };
    return cli_sample_groups(&group);
}

static int report(const cli_arguments *arguments, const studio *s, double seconds) {
    int32_t unit = lk_sound_unit(form_of(s));
    double sound = (double)s->done / unit / s->target.rate, rate = sound / (seconds + 1e-9);
    char *first = cli_sample_name(s->out, 0, s->count),
         *last = cli_sample_name(s->out, s->count - 1, s->count);
    int status = EXIT_DONE;
    if (first == NULL || last == NULL) {
        lk_fail_no_memory(s->model->context, "a name", 1);
        status = cli_fault(s->model->context);
    } else if (cli_has(arguments, "json")) {
        status = cli_print_json(json_pack(
            "{s:I, s:I, s:i, s:o, s:f, s:f, s:f, s:f}", "recordings", (json_int_t)s->count,
            "frames", (json_int_t)(s->symbols / unit), "rate", (int)s->target.rate, "out",
            lk_json_bytes(first), "seconds", seconds, "seconds_of_sound", sound,
            "seconds_of_sound_a_second", rate, "frames_per_second", rate * s->target.rate));
    } else {
        printf(
            "%lld recording%s of %.3f s in %.2f s: %.3f seconds of sound a second (%.0f frames), "
            "written to %s%s%s\n",
            (long long)s->count, s->count == 1 ? "" : "s", sound / (double)s->count, seconds, rate,
            rate * s->target.rate, first, s->count > 1 ? " to " : "", s->count > 1 ? last : "");
        status = cli_finish_output();
    }
    lk_release(first);
    lk_release(last);
    return status;
}

static int check_options(const cli_arguments *arguments, const studio *s, int64_t *frames) {
    if (!cli_excludes(arguments, "prompt", "models of texts") ||
        !cli_excludes(arguments, CLI_SAMPLE_OF_EXAMPLES, "models of examples") ||
        !cli_integer(arguments, "length", 1, (int64_t)1 << 40, s->target.rate, frames)) {
        return EXIT_USAGE;
    }
    if (cli_has(arguments, "given") && cli_has(arguments, "prompt-file")) {
        return cli_usage(arguments, "--given and --prompt-file exclude each other");
    }
    if (s->out == NULL) {
        return cli_usage(arguments, "needs --out FILE.wav");
    }
    return s->count == 1 || cli_files_whole(s->model->context, s->out)
               ? EXIT_DONE
               : cli_usage(arguments,
                           "--out %s is no file, and takes one recording: leave out "
                           "--count, or name a file",
                           s->out);
}

int cli_sample_sounds(const cli_arguments *arguments, const lk_model *model,
                      lk_sample_options *how) {
    int64_t frames;
    int32_t format = 0, rate = model->data.symbols.sound.rate;
    lk_given given = {0};
    studio s = {.model = model,
                .out = cli_text(arguments, "out", NULL),
                .how = *how,
                .target = {.rate = rate > 0 ? rate : 1},
                .count = how->count};
    if (check_options(arguments, &s, &frames) != EXIT_DONE) {
        return EXIT_USAGE;
    }
    if (lk_sound_writable(model->context, s.out, form_of(&s), &format) != LK_OK ||
        cli_sample_beginning(arguments, model, &s.how, &given) != LK_OK ||
        cli_sample_length(arguments, model, &s.how, &frames) != LK_OK) {
        lk_given_deinit(&given);
        return cli_fault(model->context);
    }
    int32_t unit = lk_sound_unit(form_of(&s));
    s.symbols = frames * unit;
    s.target.frames = given.variables / unit + frames;
    s.how.shape = (lk_shape){1, {given.variables + s.symbols}};
    s.progress = cli_progress_begin(arguments, "sampling");
    lk_status status = draw_all(&s);
    cli_progress_end(&s.progress);
    lk_given_deinit(&given);
    return status == LK_OK ? report(arguments, &s, lk_seconds() - s.progress.began)
                           : cli_fault(model->context);
}
