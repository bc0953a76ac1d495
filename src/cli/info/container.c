#include "cli/info/container.h"

#include <string.h>

#include "codec/container.h"
#include "data/formats/formats.h"
#include "models/model_file.h"

/* What the chunks say, one after another. */
typedef struct tally {
    lk_container c;
    char shape[64], fingerprint[33];
    int64_t bytes;                   /* of the file */
    int64_t sound, largest, coded;   /* chunks; bytes of one, of all */
    int64_t least;                   /* bytes of one */
    int64_t items, symbols, missing; /* in sound chunks; chunks that are damaged */
    json_t *list;
    const char *asked;       /* path of a model; NULL: none */
    const lk_family *family; /* of that model */
    char other[33];          /* its fingerprint */
    bool same;               /* it is the one that compressed */
} tally;

/* A container knows its model by the fingerprint alone. */
static lk_status ask_model(lk_context *context, const cli_arguments *arguments, tally *t) {
    lk_model *model;
    const char *path = cli_text(arguments, "model", NULL);
    t->asked = path;
    if (path == NULL) {
        return LK_OK;
    }
    LK_TRY(lk_model_read(context, path, &model));
    lk_status status = cli_use(arguments, model);
    if (status == LK_OK) {
        lk_fingerprint own = lk_model_fingerprint(model);
        lk_fingerprint_print(own, t->other);
        t->family = model->family;
        t->same = memcmp(own.byte, t->c.model.byte, sizeof own.byte) == 0;
    }
    lk_model_destroy(model);
    return status;
}

static void add_chunk(tally *t, const lk_chunk *chunk) {
    t->missing = chunk->number - t->sound;
    t->least = t->sound == 0 || chunk->size < t->least ? chunk->size : t->least;
    t->largest = chunk->size > t->largest ? chunk->size : t->largest;
    t->sound++;
    t->coded += chunk->size;
    t->items += chunk->first > 0 ? 0 : chunk->items;
    t->symbols += chunk->symbols;
    json_array_append_new(
        t->list, json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "chunk", (json_int_t)chunk->number + 1,
                           "item", (json_int_t)chunk->item + 1, "items", (json_int_t)chunk->items,
                           "symbols", (json_int_t)chunk->symbols, "bytes", (json_int_t)chunk->size,
                           "network", (json_int_t)chunk->network));
}

static lk_status count(lk_source *source, tally *t) {
    lk_chunk chunk;
    bool there = true;
    LK_TRY(lk_container_open(source, &t->c));
    t->bytes = source->size;
    for (;;) {
        LK_TRY(lk_container_next(&t->c, &chunk, &there));
        if (!there) {
            break;
        }
        add_chunk(t, &chunk);
    }
    t->missing = t->c.chunks >= 0 ? t->c.chunks - t->sound : t->missing;
    lk_fingerprint_print(t->c.model, t->fingerprint);
    lk_shape_print(t->c.shape, t->shape, sizeof t->shape);
    return LK_OK;
}

static bool damaged(const tally *t) {
    return t->missing > 0 || t->c.chunks < 0 || t->c.stray;
}

static int print_json(tally *t) {
    const lk_container *c = &t->c;
    const char *format = lk_dataset_format_name(lk_container_format(c));
    json_t *object = json_pack(
        "{s:s, s:I, s:s, s:b, s:I, s:I, s:b, s:b, s:b, s:I, s:b, s:o, s:I, s:I, s:b, s:o}", "kind",
        "container", "version", (json_int_t)c->version, "model_fingerprint", t->fingerprint,
        "texts", c->texts, "items", (json_int_t)t->items, "symbols", (json_int_t)t->symbols,
        "labels", c->labels, "local", c->local, "names", c->names, "lanes", (json_int_t)c->lanes,
        "cuts", c->cuts, "learning_rate", lk_json_number((double)c->learning_rate), "bytes",
        (json_int_t)t->bytes, "chunk_bytes", (json_int_t)t->coded, "damaged", damaged(t), "chunks",
        t->list);
    t->list = NULL;
    if (t->asked != NULL) {
        json_object_set_new(object, "model",
                            json_pack("{s:s, s:s, s:s, s:b}", "path", t->asked, "family",
                                      t->family->name, "fingerprint", t->other, "made_it",
                                      t->same));
    }
    if (c->texts) {
        json_object_set_new(object, "text_bytes", json_integer(c->bytes));
    } else {
        json_object_set_new(object, "shape", json_string(t->shape));
        json_object_set_new(object, "alphabet", json_integer(c->alphabet));
        json_object_set_new(object, "format", json_string(format != NULL ? format : "unknown"));
    }
    return cli_print_json(object);
}

static void print_damage(const tally *t) {
    const char *index = t->c.chunks < 0 ? "the index; at least " : "";
    if (t->missing > 0 || t->c.chunks < 0) {
        printf("damaged         %s%lld chunk%s missing; likely decompress --salvage recovers the "
               "rest\n",
               index, (long long)t->missing, t->missing == 1 ? " is" : "s are");
    } else if (t->c.stray) {
        printf(
            "damaged         bytes stand in it that belong to no chunk; no chunk is missing, and "
            "likely decompress --salvage recovers all\n");
    }
}

static void print_model(const tally *t) {
    if (t->asked == NULL) {
        printf("model           fingerprint %s (--model MODEL tells whether a model is that "
               "one)\n",
               t->fingerprint);
    } else if (t->same) {
        printf("model           %s, family %s, fingerprint %s\n", t->asked, t->family->name,
               t->fingerprint);
    } else {
        printf("model           fingerprint %s; not %s, family %s, fingerprint %s\n",
               t->fingerprint, t->asked, t->family->name, t->other);
    }
}

static int print_text(const tally *t) {
    const lk_container *c = &t->c;
    const char *format = lk_dataset_format_name(lk_container_format(c));
    printf("compressed      container of version %lld, %lld bytes\n", (long long)c->version,
           (long long)t->bytes);
    print_model(t);
    if (c->texts) {
        printf("content         %lld text%s of %lld symbols", (long long)t->items,
               cli_plural(t->items), (long long)t->symbols);
        if (c->bytes >= 0) {
            printf(", %lld bytes", (long long)c->bytes);
        }
        putchar('\n');
    } else {
        printf("content         %lld example%s of %s, alphabet %lld, from %s\n",
               (long long)t->items, cli_plural(t->items), t->shape, (long long)c->alphabet,
               format != NULL ? format : "an unknown format");
    }
    printf("labels          %s\n", c->labels ? "kept" : "none");
    if (c->local) {
        printf("slower sequence kept (--local)\n");
    }
    printf("names           %s\n", c->names ? "kept" : "none");
    printf("chunks          %lld of %lld to %lld bytes, %lld in all; %lld lane%s%s\n",
           (long long)t->sound, (long long)t->least, (long long)t->largest, (long long)t->coded,
           (long long)c->lanes, cli_plural(c->lanes), c->cuts ? "; cuts are told" : "");
    printf("the rest        %lld bytes: header, index, frames of chunks\n",
           (long long)(t->bytes - t->coded));
    if (c->learning_rate > 0.0f) {
        printf("learning        the model learned at %g while it coded\n",
               (double)c->learning_rate);
    }
    print_damage(t);
    return cli_finish_output();
}

int info_container_print(const cli_arguments *arguments, lk_source *source) {
    tally t = {.list = json_array()};
    lk_status status = count(source, &t);
    status = status == LK_OK ? ask_model(source->context, arguments, &t) : status;
    int end = status != LK_OK              ? cli_fault(source->context)
              : cli_has(arguments, "json") ? print_json(&t)
                                           : print_text(&t);
    json_decref(t.list);
    lk_container_close(&t.c);
    return end;
}
