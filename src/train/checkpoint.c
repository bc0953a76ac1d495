/* Checkpoints: which tensors there are, writing them, reading them back. A file is refused unless
 * it has exactly the tensors that the run would write, of the shapes that it would write, and their
 * checksum agrees. */
#include "train/checkpoint.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/path.h"
#include "train/checkpoint_inside.h"

#define INTEGERS 8
#define REALS 4
#define PLAN 3
#define NAME_MOST 512
#define HASH_TEXT 33

/* ---- the list of tensors --------------------------------------------------------------------- */

typedef struct tensor_list {
    lk_tensor *tensors; /* owned, with names in `names` */
    char (*names)[NAME_MOST];
    int32_t count, capacity;
    int64_t integers[INTEGERS];
    double reals[REALS], plan[PLAN];
} tensor_list;

static bool list_init(tensor_list *list, int32_t parameters) {
    *list = (tensor_list){.capacity = 5 * parameters + 4};
    list->tensors = lk_allocate(list->capacity, sizeof *list->tensors);
    list->names = lk_allocate(list->capacity, sizeof *list->names);
    return list->tensors != NULL && list->names != NULL;
}

static void list_deinit(tensor_list *list) {
    lk_release(list->tensors);
    lk_release(list->names);
}

static void add_array(tensor_list *list, const char *kind, const lk_parameter *parameter,
                      const float *data) {
    int32_t at = list->count++;
    snprintf(list->names[at], NAME_MOST, "%s/%s", kind, parameter->name);
    list->tensors[at] =
        (lk_tensor){.name = list->names[at],
                    .type = LK_F32,
                    .axes = 2,
                    .size = {parameter->rows, parameter->columns},
                    .data = data,
                    .bytes = parameter->rows * parameter->columns * (int64_t)sizeof(float)};
}

static void add_vector(tensor_list *list, const char *name, lk_tensor_type type, int64_t count,
                       const void *data) {
    list->tensors[list->count++] = (lk_tensor){
        .name = name, .type = type, .axes = 1, .size = {count}, .data = data, .bytes = count * 8};
}

static void add_floats(tensor_list *list, const char *name, int64_t count, const float *data) {
    list->tensors[list->count++] = (lk_tensor){.name = name,
                                               .type = LK_F32,
                                               .axes = 1,
                                               .size = {count},
                                               .data = data,
                                               .bytes = count * (int64_t)sizeof *data};
}

/* whole: as version 0.1 wrote it. */
static void add_all(tensor_list *list, const lk_checkpoint *c, bool best, bool whole) {
    for (int32_t i = 0; i < c->parameters->count; i++) {
        const lk_parameter *p = &c->parameters->list[i];
        add_array(list, "weight", p, p->value);
        if (c->average != NULL) {
            add_array(list, "average", p, c->average->value[i]);
        }
        if (best) {
            add_array(list, "best", p, c->best[i]);
        }
        for (int32_t s = 0; s < LK_OPTIMIZER_SLOTS_MOST; s++) {
            const float *slot = lk_optimizer_slot(c->optimizer, s, i);
            char kind[16];
            snprintf(kind, sizeof kind, "slot%d", s);
            if (slot != NULL) {
                add_array(list, kind, p, slot);
            }
        }
    }
    if (c->carried != NULL && whole) {
        add_floats(list, "stream.carried", c->whole_count, c->whole);
    } else if (c->carried != NULL) {
        add_floats(list, "stream.kept", c->carried_count, c->carried);
    }
    add_vector(list, "state.integers", LK_I64, INTEGERS, list->integers);
    add_vector(list, "state.reals", LK_F64, REALS, list->reals);
    if (c->planned) {
        add_vector(list, "state.plan", LK_F64, PLAN, list->plan);
    }
}

/* ---- state as two vectors -------------------------------------------------------------------- */

static void pack_state(const lk_checkpoint *c, tensor_list *list) {
    const lk_train_state *s = c->state;
    const int64_t integers[INTEGERS] = {s->epoch,
                                        s->position,
                                        s->step,
                                        s->examples_seen,
                                        s->best_epoch,
                                        s->since_best,
                                        *lk_optimizer_steps(c->optimizer),
                                        c->average != NULL ? c->average->updates : 0};
    const double reals[REALS] = {s->epoch_nll_nats, s->best_valid_nll_nats, s->seconds,
                                 s->epoch_seconds};
    const double plan[PLAN] = {s->plan_seconds, s->plan_elapsed, s->plan_warmup};
    memcpy(list->integers, integers, sizeof integers);
    memcpy(list->reals, reals, sizeof reals);
    memcpy(list->plan, plan, sizeof plan);
}

static bool in_range(double value) {
    return value >= 0 && isfinite(value);
}

static lk_status unpack_state(lk_context *context, const lk_checkpoint *c,
                              const tensor_list *list) {
    const int64_t *integers = list->integers;
    const double *reals = list->reals, *plan = list->plan;
    for (int i = 0; i < INTEGERS; i++) {
        if (integers[i] < 0 || integers[i] > INT64_MAX / 2) {
            return lk_fail(context, LK_CORRUPT, "%s: state.integers[%d] is %lld", c->path, i,
                           (long long)integers[i]);
        }
    }
    if (integers[1] > c->steps_in_epoch) {
        return lk_fail(context, LK_CORRUPT, "%s: %lld batches of an epoch of %lld are done",
                       c->path, (long long)integers[1], (long long)c->steps_in_epoch);
    }
    if (!(in_range(reals[2]) && in_range(reals[3]) && isfinite(reals[0]) && in_range(plan[0]) &&
          in_range(plan[1]) && in_range(plan[2]))) {
        return lk_fail(context, LK_CORRUPT,
                       "%s: a number in state.reals or state.plan is out of range", c->path);
    }
    *c->state = (lk_train_state){.epoch = integers[0],
                                 .position = integers[1],
                                 .step = integers[2],
                                 .examples_seen = integers[3],
                                 .best_epoch = integers[4],
                                 .since_best = integers[5],
                                 .epoch_nll_nats = reals[0],
                                 .best_valid_nll_nats = reals[1],
                                 .seconds = reals[2],
                                 .epoch_seconds = reals[3],
                                 .plan_seconds = plan[0],
                                 .plan_elapsed = plan[1],
                                 .plan_warmup = plan[2]};
    *lk_optimizer_steps(c->optimizer) = integers[6];
    if (c->average != NULL) {
        c->average->updates = integers[7];
    }
    return LK_OK;
}

/* ---- checksum -------------------------------------------------------------------------------- */

static void hash_text(XXH3_state_t *hash, const char *text) {
    XXH3_128bits_update(hash, text, strlen(text) + 1);
}

/* XXH3-128 over the two JSON texts and all tensors, names and bytes, in the order of the list;
 * `file` NULL: of the run's arrays, else of the file's tensors of those names. Texts end with their
 * zero byte. */
static bool checksum(const tensor_list *list, const lk_safetensors *file, const char *options,
                     const char *epochs, char text[HASH_TEXT]) {
    XXH3_state_t *hash = XXH3_createState();
    if (hash == NULL) {
        return false;
    }
    XXH3_128bits_reset(hash);
    hash_text(hash, options);
    hash_text(hash, epochs);
    for (int32_t i = 0; i < list->count; i++) {
        const lk_tensor *own = &list->tensors[i];
        const lk_tensor *tensor = file == NULL ? own : lk_safetensors_tensor(file, own->name);
        hash_text(hash, own->name);
        XXH3_128bits_update(hash, tensor->data, (size_t)tensor->bytes);
    }
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(hash));
    XXH3_freeState(hash);
    for (size_t i = 0; i < sizeof canonical.digest; i++) {
        snprintf(text + 2 * i, 3, "%02x", canonical.digest[i]);
    }
    return true;
}

/* ---- writing --------------------------------------------------------------------------------- */

static lk_status write_list(lk_context *context, const lk_checkpoint *c, const tensor_list *list) {
    char *options = lk_json_text(c->options, JSON_COMPACT | JSON_REAL_PRECISION(17));
    char *epochs = lk_json_text(c->epochs, JSON_COMPACT | JSON_REAL_PRECISION(17));
    lk_status status;
    char hash[HASH_TEXT];
    if (options == NULL || epochs == NULL || !checksum(list, NULL, options, epochs, hash)) {
        status = lk_fail_no_memory(context, "checkpoint", 0);
    } else {
        const char *const keys[] = {"format", "likely.options", "likely.epochs", "likely.checksum"};
        const char *const values[] = {LK_CHECKPOINT_FORMAT, options, epochs, hash};
        status =
            lk_safetensors_write(context, c->path, list->tensors, list->count, keys, values, 4);
    }
    lk_release(options);
    lk_release(epochs);
    return status;
}

lk_status lk_checkpoint_write(lk_context *context, const lk_checkpoint *checkpoint) {
    tensor_list list;
    lk_status status;
    if (list_init(&list, checkpoint->parameters->count)) {
        pack_state(checkpoint, &list);
        add_all(&list, checkpoint, checkpoint->state->best_epoch > 0, false);
        status = write_list(context, checkpoint, &list);
    } else {
        status =
            lk_fail_no_memory(context, "checkpoint", list.capacity * (int64_t)sizeof *list.names);
    }
    list_deinit(&list);
    return status;
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool same_form(const lk_tensor *a, const lk_tensor *b) {
    return a->type == b->type && a->axes == b->axes && a->bytes == b->bytes &&
           a->size[0] == b->size[0] && (a->axes < 2 || a->size[1] == b->size[1]);
}

static lk_status check_tensors(lk_context *context, const lk_checkpoint *c,
                               const lk_safetensors *file, const tensor_list *list) {
    if (file->count != list->count) {
        return lk_checkpoint_damaged(context, c, "it has other tensors than this run");
    }
    for (int32_t i = 0; i < list->count; i++) {
        const lk_tensor *to = &list->tensors[i], *from = lk_safetensors_tensor(file, to->name);
        if (from == NULL || !same_form(from, to)) {
            char what[NAME_MOST + 64];
            snprintf(what, sizeof what, "tensor %s is missing or of another shape", to->name);
            return lk_checkpoint_damaged(context, c, what);
        }
    }
    char hash[HASH_TEXT];
    if (!checksum(list, file, lk_safetensors_value(file, "likely.options"),
                  lk_safetensors_value(file, "likely.epochs"), hash)) {
        return lk_fail_no_memory(context, "checkpoint", 0);
    }
    const char *want = lk_safetensors_value(file, "likely.checksum");
    if (want == NULL || strcmp(hash, want) != 0) {
        return lk_fail(context, LK_CORRUPT,
                       "%s: the checksum does not agree: the checkpoint is damaged", c->path);
    }
    return LK_OK;
}

/* The list holds what would be written: the arrays of the run, which are overwritten now. */
static void copy_tensors(const lk_safetensors *file, const tensor_list *list) {
    for (int32_t i = 0; i < list->count; i++) {
        const lk_tensor *to = &list->tensors[i];
        memcpy((void *)(uintptr_t)to->data, lk_safetensors_tensor(file, to->name)->data,
               (size_t)to->bytes);
    }
}

static lk_status read_epochs(lk_context *context, const lk_checkpoint *c,
                             const lk_safetensors *file) {
    json_t *epochs;
    LK_TRY(lk_checkpoint_json(context, c, file, "likely.epochs", &epochs));
    json_array_clear(c->epochs);
    bool array = json_is_array(epochs), kept = array && json_array_extend(c->epochs, epochs) == 0;
    json_decref(epochs);
    if (array && !kept) {
        return lk_fail_no_memory(context, "the history of a checkpoint", 0);
    }
    return array ? LK_OK : lk_checkpoint_damaged(context, c, "its likely.epochs are no array");
}

/* Whether the file says that it has best weights; nothing else of it has been checked yet. */
static bool has_best(const lk_safetensors *file) {
    int64_t values[INTEGERS] = {0};
    const lk_tensor *integers = lk_safetensors_tensor(file, "state.integers");
    if (integers != NULL && integers->type == LK_I64 && integers->bytes == sizeof values) {
        memcpy(values, integers->data, sizeof values);
    }
    return values[4] > 0;
}

static lk_status read_tensors(lk_context *context, const lk_checkpoint *c,
                              const lk_safetensors *file) {
    tensor_list list;
    bool best = has_best(file);
    if (best && c->best == NULL) {
        return lk_checkpoint_damaged(context, c,
                                     "it has best weights, but this run has no validation data");
    }
    if (!list_init(&list, c->parameters->count)) {
        list_deinit(&list);
        return lk_fail_no_memory(context, "checkpoint", 0);
    }
    bool whole = c->whole != NULL && lk_safetensors_tensor(file, "stream.carried") != NULL;
    add_all(&list, c, best, whole);
    lk_status status = check_tensors(context, c, file, &list);
    if (status == LK_OK) {
        copy_tensors(file, &list);
        status = unpack_state(context, c, &list);
    }
    if (c->read_whole != NULL) {
        *c->read_whole = whole;
    }
    list_deinit(&list);
    return status;
}

static lk_status read_file(lk_context *context, const lk_checkpoint *c,
                           const lk_safetensors *file) {
    const char *format = lk_safetensors_value(file, "format");
    json_t *options;
    if (format == NULL || strcmp(format, LK_CHECKPOINT_FORMAT) != 0) {
        return lk_checkpoint_damaged(context, c, "it does not say \"" LK_CHECKPOINT_FORMAT "\"");
    }
    LK_TRY(lk_checkpoint_json(context, c, file, "likely.options", &options));
    lk_status status = lk_checkpoint_compare(context, c, options);
    json_decref(options);
    LK_TRY(status);
    LK_TRY(read_epochs(context, c, file));
    return read_tensors(context, c, file);
}

lk_status lk_checkpoint_parse(lk_context *context, const lk_checkpoint *checkpoint,
                              lk_bytes bytes) {
    lk_safetensors file;
    LK_TRY(lk_safetensors_parse(context, checkpoint->path, bytes, &file));
    lk_status status = read_file(context, checkpoint, &file);
    lk_safetensors_deinit(&file);
    return status;
}

lk_status lk_checkpoint_read(lk_context *context, const lk_checkpoint *checkpoint) {
    lk_safetensors file;
    LK_TRY(lk_safetensors_read(context, checkpoint->path, &file));
    lk_status status = read_file(context, checkpoint, &file);
    lk_safetensors_deinit(&file);
    return status;
}

bool lk_checkpoint_exists(const char *path) {
    return lk_path_exists(path);
}
