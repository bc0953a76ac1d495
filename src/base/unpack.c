#include "base/unpack.h"

#include <stdio.h>

#include "base/growing.h"

static const lk_packing *const packings[] = {&lk_gzip_packing, &lk_xz_packing, &lk_bzip2_packing,
                                             &lk_zstd_packing};
#define PACKING_COUNT (sizeof packings / sizeof packings[0])

/* NULL: none. */
static const lk_packing *find(const uint8_t *data, int64_t size) {
    for (size_t i = 0; i < PACKING_COUNT; i++) {
        if (packings[i]->recognise(data, size)) {
            return packings[i];
        }
    }
    return NULL;
}

const char *lk_packing_name(const uint8_t *data, int64_t size) {
    const lk_packing *packing = find(data, size);
    return packing != NULL ? packing->name : NULL;
}

/* A packed file on its way: where reading it has come to. */
typedef struct job {
    lk_context *context;
    const char *path;
    const lk_packing *packing;
    const lk_bytes *packed;
    int64_t at, member; /* where the present member begins */
    lk_growing out;
    lk_unpacking state;
} job;

static lk_status fail_truncated(const job *j) {
    return lk_fail(j->context, LK_CORRUPT,
                   "%s: the %s data end in the middle (after %lld bytes): truncated; copy the file "
                   "again",
                   j->path, j->packing->name, (long long)j->packed->size);
}

static lk_status fail_step(const job *j, lk_unpacked result) {
    char what[32];
    snprintf(what, sizeof what, "unpacking %s", j->packing->name);
    if (result == LK_UNPACKED_STARVED) {
        return lk_fail_no_memory(j->context, what, 1 << 16);
    }
    if (result == LK_UNPACKED_LARGE) {
        LK_TRY(lk_memory_allow(j->context, j->path, what, j->state.needed));
    }
    return lk_fail(j->context, LK_CORRUPT,
                   "%s: damaged %s data in the member at byte %lld, near byte %lld: %s", j->path,
                   j->packing->name, (long long)j->member, (long long)j->at,
                   j->state.cause != NULL ? j->state.cause : "invalid");
}

/* One call of the row, with all input that is left and all room there is. */
static lk_status step(job *j, lk_unpacked *result) {
    lk_bytes *out = &j->out.bytes;
    LK_TRY(lk_growing_reserve(j->context, j->path, &j->out, out->size + 1));
    int64_t before = out->size, from = j->at;
    j->state.in = j->packed->data + j->at;
    j->state.in_size = j->packed->size - j->at;
    j->state.out = out->data + out->size;
    j->state.out_size = j->out.capacity - out->size;
    *result = j->packing->step(&j->state);
    j->at = j->packed->size - j->state.in_size;
    out->size = j->out.capacity - j->state.out_size;
    if (out->size > j->out.most) {
        return lk_growing_too_large(j->context, j->path, " when unpacked", j->out.most);
    }
    if (*result == LK_UNPACKED_SOME || *result == LK_UNPACKED_MEMBER) {
        bool stuck = *result == LK_UNPACKED_SOME && out->size == before && from == j->at;
        return stuck ? fail_truncated(j) : LK_OK;
    }
    return fail_step(j, *result);
}

static lk_status unpack_member(job *j) {
    lk_unpacked result = LK_UNPACKED_SOME;
    j->member = j->at;
    lk_status status = j->packing->begin(&j->state) ? LK_OK : fail_step(j, LK_UNPACKED_STARVED);
    while (status == LK_OK && result == LK_UNPACKED_SOME) {
        status = step(j, &result);
    }
    j->packing->end(&j->state);
    return status;
}

static bool is_padding(const uint8_t *data, int64_t size) {
    for (int64_t i = 0; i < size; i++) {
        if (data[i] != 0) {
            return false;
        }
    }
    return true;
}

/* Where the next member may begin: behind the padding, where that is as the format has it. */
static void skip_padding(job *j) {
    const uint8_t *data = j->packed->data + j->at;
    int64_t left = j->packed->size - j->at, zeros = 0, unit = j->packing->padding;
    while (unit > 0 && zeros < left && data[zeros] == 0) {
        zeros++;
    }
    j->at += unit > 0 && zeros % unit == 0 ? zeros : 0;
}

static lk_status unpack_members(job *j) {
    const lk_bytes *packed = j->packed;
    while (j->packing->recognise(packed->data + j->at, packed->size - j->at)) {
        LK_TRY(unpack_member(j));
        skip_padding(j);
    }
    j->out.bytes.data[j->out.bytes.size] = 0;
    return is_padding(packed->data + j->at, packed->size - j->at)
               ? LK_OK
               : lk_fail(j->context, LK_CORRUPT,
                         "%s: %lld bytes after the end of the %s data (byte %lld) are not %s",
                         j->path, (long long)(packed->size - j->at), j->packing->name,
                         (long long)j->at, j->packing->name);
}

/* One wrapper; *bytes takes the place of what it held. */
static lk_status unwrap(lk_context *context, const char *path, int64_t most, lk_bytes *bytes) {
    job j = {.context = context, .path = path, .packed = bytes, .out = {.most = most}};
    j.packing = find(bytes->data, bytes->size);
    j.state.memory_most = context != NULL ? context->memory_most : 0;
    lk_status status = unpack_members(&j);
    lk_bytes_release(bytes);
    if (status != LK_OK) {
        lk_bytes_release(&j.out.bytes);
        return status;
    }
    *bytes = j.out.bytes;
    return LK_OK;
}

lk_status lk_unpack_take(lk_context *context, const char *path, int64_t most, lk_bytes *packed,
                         lk_bytes *bytes) {
    LK_REQUIRE(find(packed->data, packed->size) != NULL);
    lk_status status = LK_OK;
    int wrappers = 0;
    *bytes = *packed;
    *packed = (lk_bytes){0};
    while (status == LK_OK && find(bytes->data, bytes->size) != NULL) {
        status = wrappers++ < LK_PACKINGS_MOST
                     ? unwrap(context, path, most, bytes)
                     : lk_fail(context, LK_UNSUPPORTED, "%s: packed more than %d times; unpack it",
                               path, LK_PACKINGS_MOST);
    }
    if (status != LK_OK) {
        lk_bytes_release(bytes);
    }
    return status;
}
