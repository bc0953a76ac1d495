/* likely score of recordings: how strange each is. */
#include <string.h>

#include "base/measure.h"
#include "base/memory.h"
#include "cli/score_words.h"
#include "cli/scorer.h"

/* Samples of a recording, in all channels. */
static int64_t samples_of(const scorer *s, int64_t i) {
    return lk_items_length(s->items, i) / lk_sound_parts(lk_items_symbols(s->items)->sound.view);
}

static double bits_of(const scorer *s, int64_t i) {
    return s->evaluation.nll_nats[i] / LK_NATS_PER_BIT / (double)samples_of(s, i);
}

static void fill(const void *of, int64_t i, lk_row *row) {
    const scorer *s = of;
    const lk_sound_info *info = lk_items_sound(s->items, i);
    lk_row_add(row, lk_cell_integer("recording", i + 1));
    lk_row_add(row, lk_cell_text("name", lk_items_name(s->items, i)));
    lk_row_add(row, lk_cell_integer("frames", info->frames));
    lk_row_add(row, lk_cell_real("seconds", (double)info->frames / info->rate));
    lk_row_add(row, lk_cell_real("nll_nats", s->evaluation.nll_nats[i]));
    lk_row_add(row, lk_cell_real("bits_per_sample", bits_of(s, i)));
    lk_row_add(row, lk_cell_real("score", bits_of(s, i) * LK_NATS_PER_BIT));
}

/* The strangest, which the map shows. */
static int64_t strangest(const scorer *s) {
    int64_t found = 0;
    for (int64_t i = 1; i < s->evaluation.items; i++) {
        found = bits_of(s, i) > bits_of(s, found) ? i : found;
    }
    return found;
}

/* That recording alone. */
static lk_status draw_map(scorer *s, const char *path) {
    lk_items *one;
    LK_TRY(lk_items_alone(s->session.context, s->items, strangest(s), &one));
    s->sound_map.full_scale = s->map.full_scale;
    lk_status status = lk_sound_map_write(s->session.model, one, path, &s->sound_map);
    lk_items_close(one);
    return status;
}

lk_status score_sound(scorer *s) {
    lk_context *context = s->session.context;
    const char *out = cli_text(s->arguments, "out", NULL),
               *map = cli_text(s->arguments, "map", NULL);
    lk_batch held = {0}; /* of two outputs both or none */
    LK_TRY(lk_evaluation_init(context, s->items, &s->evaluation));
    const lk_sink sink = lk_evaluation_sink(&s->evaluation);
    LK_TRY(lk_walk_once(s->session.model, s->items, &s->how, &sink, 1));
    lk_status status =
        out != NULL ? lk_table_write(context, out, s->evaluation.items, fill, s, &held) : LK_OK;
    status = status == LK_OK && map != NULL ? draw_map(s, map) : status;
    status = status == LK_OK ? lk_batch_commit(context, &held) : status;
    lk_batch_abandon(&held);
    return status;
}

static double bits_of_all(const scorer *s) {
    double samples = 0.0;
    for (int64_t i = 0; i < s->evaluation.items; i++) {
        samples += (double)samples_of(s, i);
    }
    return score_nll_of_all(s) / LK_NATS_PER_BIT / samples;
}

/* The `top` strangest, to take(i). */
typedef void take_one(const scorer *s, int64_t i, json_t *list);

static lk_status list_strangest(const scorer *s, take_one *take, json_t *list) {
    int64_t count = s->evaluation.items, *order = NULL;
    double *bits = lk_allocate(count, sizeof *bits);
    for (int64_t i = 0; bits != NULL && i < count; i++) {
        bits[i] = bits_of(s, i);
    }
    lk_status status = bits != NULL ? score_rank(s->session.context, bits, count, &order)
                                    : lk_fail_no_memory(s->session.context, "a list", 8 * count);
    for (int64_t k = 0; status == LK_OK && k < count && k < s->top; k++) {
        take(s, order[k], list);
    }
    lk_release(bits);
    lk_release(order);
    return status;
}

static void print_one(const scorer *s, int64_t i, json_t *list) {
    const lk_sound_info *info = lk_items_sound(s->items, i);
    (void)list;
    printf("%10lld %9.3f %8.4f  %s\n", (long long)i + 1, (double)info->frames / info->rate,
           bits_of(s, i), lk_items_name(s->items, i));
}

static void put_one(const scorer *s, int64_t i, json_t *list) {
    const lk_sound_info *info = lk_items_sound(s->items, i);
    json_array_append_new(
        list, json_pack("{s:I, s:o, s:I, s:f, s:o, s:o}", "recording", (json_int_t)i + 1, "name",
                        lk_json_bytes(lk_items_name(s->items, i)), "frames",
                        (json_int_t)info->frames, "seconds", (double)info->frames / info->rate,
                        "nll_nats", lk_json_number(s->evaluation.nll_nats[i]), "bits_per_sample",
                        lk_json_number(bits_of(s, i))));
}

static int print_json(const scorer *s) {
    json_t *list = json_array();
    if (list_strangest(s, put_one, list) != LK_OK) {
        json_decref(list);
        return cli_fault(s->session.context);
    }
    json_t *object =
        json_pack("{s:I, s:o, s:o}", "recordings", (json_int_t)s->evaluation.items,
                  "bits_per_sample", lk_json_number(bits_of_all(s)), "strangest", list);
    if (cli_has(s->arguments, "map")) {
        json_object_set_new(object, "map",
                            json_pack("{s:I, s:o, s:o, s:I}", "recording",
                                      (json_int_t)strangest(s) + 1, "bits_drawn_white",
                                      lk_json_number(s->sound_map.full_scale), "largest_bits",
                                      lk_json_number(s->sound_map.largest), "frames_of_a_column",
                                      (json_int_t)s->sound_map.frames));
    }
    cli_note_json(object, s->items);
    return cli_print_json(object);
}

int score_print_sound(const scorer *s, bool json) {
    if (json) {
        return print_json(s);
    }
    printf("%lld recordings: %.4f bits a sample\n", (long long)s->evaluation.items, bits_of_all(s));
    printf("the strangest, by bits a sample:\n%10s %9s %8s  %s\n", "recording", "seconds", "bits",
           "name");
    if (list_strangest(s, print_one, NULL) != LK_OK) {
        return cli_fault(s->session.context);
    }
    if (cli_has(s->arguments, "map")) {
        printf("map of recording %lld: spectrogram, over it bits a sample, means of %lld frames; "
               "white and the top %.3f, the largest %.3f\n",
               (long long)strangest(s) + 1, (long long)s->sound_map.frames, s->sound_map.full_scale,
               s->sound_map.largest);
    }
    cli_print_note(s->items);
    return cli_finish_output();
}
