#include "cli/team/share.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/memory.h"
#include "base/path.h"
#include "base/spool.h"
#include "data/label_names.h"

#define BLOCK (INT64_C(4) << 20)
#define NAME_MOST 4096

typedef enum kind { NOTHING, A_FILE, A_FOLDER, A_STREAM } kind;

/* What rank 0 tells of a path. */
typedef struct told {
    int32_t kind;
    uint64_t low, high; /* a hash of names, sizes and bytes */
} told;

static bool is_same(const told *a, const told *b) {
    return a->kind == b->kind && a->low == b->low && a->high == b->high;
}

static bool first(const cli_sharing *s) {
    return lk_team_rank(s->team) == 0;
}

static lk_status not_read(lk_context *context, const char *path) {
    return lk_fail(context, LK_IO, "%s: cannot be read: %s", path, strerror(errno));
}

/* ---- blocks ---------------------------------------------------------------------------------- */

/* Reads until the block is full or the file ends. */
static int64_t fill(int file, uint8_t *block) {
    int64_t size = 0, more = 1;
    while (size < BLOCK && more > 0) {
        more = read(file, block + size, (size_t)(BLOCK - size));
        more = more < 0 && errno == EINTR ? 0 : more;
        size += more > 0 ? more : 0;
    }
    return more < 0 ? -1 : size;
}

/* The file's bytes go round; `to` NULL: not kept here. */
static lk_status send_file(lk_team *team, lk_context *context, const char *from, const char *to,
                           uint8_t *block) {
    bool sends = lk_team_rank(team) == 0;
    int file = sends        ? open(from, O_RDONLY | O_CLOEXEC)
               : to != NULL ? open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)
                            : -1;
    lk_status status =
        (sends || to != NULL) && file < 0 ? not_read(context, sends ? from : to) : LK_OK;
    status = lk_team_agree(team, context, status);
    for (int64_t size = BLOCK; status == LK_OK && size == BLOCK;) {
        size = sends ? fill(file, block) : 0;
        status = size < 0 ? not_read(context, from) : LK_OK;
        status = status == LK_OK ? lk_team_share(team, context, &size, sizeof size) : status;
        status = status == LK_OK ? lk_team_share(team, context, block, size) : status;
        if (status == LK_OK && !sends && to != NULL) {
            status = lk_spool_put(context, to, file, block, size);
        }
    }
    if (file >= 0) {
        close(file);
    }
    return status;
}

/* ---- files of a path ------------------------------------------------------------------------- */

static int by_name(const FTSENT **a, const FTSENT **b) {
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* Calls `each` with every regular file, in order of names, until it fails. */
typedef lk_status each_file(void *argument, const char *path, const char *inside);
static lk_status for_all(lk_context *context, const char *path, each_file *each, void *argument) {
    char *const roots[] = {(char *)(uintptr_t)path, NULL};
    FTS *tree = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
    size_t length = strlen(path);
    lk_status status = tree != NULL ? LK_OK : not_read(context, path);
    for (FTSENT *at; status == LK_OK && (at = fts_read(tree)) != NULL;) {
        if (at->fts_info == FTS_F) {
            const char *inside = at->fts_path + length;
            status = each(argument, at->fts_path, inside + strspn(inside, "/"));
        }
    }
    if (tree != NULL) {
        fts_close(tree);
    }
    return status;
}

typedef struct hashing {
    lk_context *context;
    XXH3_state_t *state;
    uint8_t *block;
} hashing;

static lk_status hash_file(void *argument, const char *path, const char *inside) {
    const hashing *h = argument;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return not_read(h->context, path);
    }
    XXH3_128bits_update(h->state, inside, strlen(inside) + 1);
    int64_t size = BLOCK, total = 0;
    while (size == BLOCK) {
        size = fill(file, h->block);
        XXH3_128bits_update(h->state, h->block, (size_t)(size > 0 ? size : 0));
        total += size;
    }
    XXH3_128bits_update(h->state, &total, sizeof total);
    close(file);
    return size < 0 ? not_read(h->context, path) : LK_OK;
}

static lk_status look(lk_context *context, const char *path, uint8_t *block, told *of) {
    struct stat about;
    *of = (told){NOTHING, 0, 0};
    if (stat(path, &about) != 0) {
        return LK_OK;
    }
    of->kind = S_ISREG(about.st_mode) ? A_FILE : S_ISDIR(about.st_mode) ? A_FOLDER : A_STREAM;
    if (of->kind == A_STREAM) {
        return LK_OK;
    }
    hashing h = {context, XXH3_createState(), block};
    if (h.state == NULL) {
        return lk_fail_no_memory(context, "a hash", 1);
    }
    XXH3_128bits_reset(h.state);
    lk_status status = for_all(context, path, hash_file, &h);
    XXH128_hash_t hash = XXH3_128bits_digest(h.state);
    of->low = hash.low64;
    of->high = hash.high64;
    XXH3_freeState(h.state);
    return status;
}

/* ---- copies ---------------------------------------------------------------------------------- */

/* The folders of a path, from `made` on. */
static bool make_folders(char *path, size_t made) {
    for (char *at = strchr(path + made, '/'); at != NULL; at = strchr(at + 1, '/')) {
        *at = '\0';
        bool there = mkdir(path, 0700) == 0 || errno == EEXIST;
        *at = '/';
        if (!there) {
            return false;
        }
    }
    return true;
}

typedef struct copying {
    const cli_sharing *sharing;
    const char *copy; /* NULL: not needed here */
    uint8_t *block;
} copying;

/* A name, "" for a file by itself, then its bytes. */
static lk_status copy_one(void *argument, const char *path, const char *inside) {
    const copying *c = argument;
    const cli_sharing *s = c->sharing;
    char name[NAME_MOST] = "", to[2 * NAME_MOST];
    snprintf(name, sizeof name, "%s", inside);
    LK_TRY(lk_team_share(s->team, s->context, name, sizeof name));
    snprintf(to, sizeof to, "%s%s%s", c->copy != NULL ? c->copy : "", name[0] != '\0' ? "/" : "",
             name);
    lk_status status = LK_OK;
    if (!first(s) && c->copy != NULL && !make_folders(to, strlen(s->folder) + 1)) {
        status = lk_fail(s->context, LK_IO, "%s: cannot be written: %s", to, strerror(errno));
    }
    LK_TRY(status);
    return send_file(s->team, s->context, path, c->copy != NULL ? to : NULL, c->block);
}

static lk_status count_one(void *argument, const char *path, const char *inside) {
    (void)path, (void)inside;
    ++*(int64_t *)argument;
    return LK_OK;
}

/* All files of rank 0's path, to those who need them. */
static lk_status copy_all(const cli_sharing *s, const char *path, const char *copy,
                          uint8_t *block) {
    copying c = {s, copy, block};
    int64_t files = 0;
    LK_TRY(first(s) ? for_all(s->context, path, count_one, &files) : LK_OK);
    LK_TRY(lk_team_share(s->team, s->context, &files, sizeof files));
    if (first(s)) {
        return for_all(s->context, path, copy_one, &c);
    }
    if (copy != NULL && files == 0 && mkdir(copy, 0700) != 0) {
        return lk_fail(s->context, LK_IO, "%s: cannot be made: %s", copy, strerror(errno));
    }
    for (int64_t i = 0; i < files; i++) {
        LK_TRY(copy_one(&c, NULL, ""));
    }
    return LK_OK;
}

/* Whether any rank lacks it; all learn that. */
static lk_status any_lacks(const cli_sharing *s, bool lacks, bool *any) {
    uint8_t one = lacks, other;
    for (int32_t r = 1; r < lk_team_size(s->team); r++) {
        if (first(s) || lk_team_rank(s->team) == r) {
            const lk_message m = {first(s) ? &other : &one, 1, first(s) ? r : 0, !first(s)};
            LK_TRY(lk_team_exchange(s->team, s->context, &m, 1));
            one |= first(s) ? other : 0;
        }
    }
    LK_TRY(lk_team_share(s->team, s->context, &one, 1));
    *any = one != 0;
    return LK_OK;
}

/* What rank 0 reads from a pipe. */
static lk_status spool(const cli_sharing *s, const char *path, const char *copy) {
    int from =
        strcmp(path, "/dev/stdin") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (from < 0) {
        return not_read(s->context, path);
    }
    int to = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    lk_status status =
        to < 0 ? lk_fail(s->context, LK_IO, "%s: cannot be written: %s", copy, strerror(errno))
               : lk_spool_copy(s->context, path, from, to);
    close(from);
    if (to >= 0) {
        close(to);
    }
    return status;
}

/* ---- a value --------------------------------------------------------------------------------- */

/* PATH of VALUE, which has `before` and `after` around it. */
static lk_status share_path(cli_sharing *s, const char *path, char **copy, uint8_t *block) {
    told own, rank0;
    char *name = lk_path_name(path);
    *copy = name != NULL ? lk_print("%s/%d-%s", s->folder, s->count++, name) : NULL;
    lk_release(name);
    lk_status status = *copy == NULL ? lk_fail_no_memory(s->context, "a name", 1)
                                     : look(s->context, path, block, &own);
    if (status == LK_OK && first(s) && own.kind == A_STREAM) {
        status = spool(s, path, *copy);
        path = *copy;
    }
    LK_TRY(lk_team_agree(s->team, s->context, status));
    rank0 = own;
    LK_TRY(lk_team_share(s->team, s->context, &rank0, sizeof rank0));
    bool stream = rank0.kind == A_STREAM, any;
    bool lacks = !first(s) && rank0.kind != NOTHING && (stream || !is_same(&own, &rank0));
    LK_TRY(any_lacks(s, lacks, &any));
    LK_TRY(any ? copy_all(s, path, lacks ? *copy : NULL, block) : LK_OK);
    if (!lacks && !(stream && first(s))) {
        lk_release(*copy);
        *copy = NULL;
    }
    return LK_OK;
}

lk_status cli_share(cli_sharing *s, const char **value) {
    /* Rank 0 says how the value is to be read; it is the same text on all. */
    const char *colon = strrchr(*value, ':'), *equals = strchr(*value, '=');
    int64_t part[2] = {0, (int64_t)strlen(*value)};
    if (!lk_path_exists(*value) && equals != NULL && lk_path_exists(equals + 1)) {
        part[0] = equals + 1 - *value;
    } else if (!lk_path_exists(*value) && colon != NULL && !lk_labels_by_name(*value)) {
        part[1] = colon - *value;
    }
    LK_TRY(lk_team_share(s->team, s->context, part, sizeof part));
    char *copy = NULL, *path = lk_duplicate_part(*value + part[0], (size_t)(part[1] - part[0]));
    uint8_t *block = lk_resize(NULL, BLOCK, 1);
    lk_status status =
        path == NULL || block == NULL ? lk_fail_no_memory(s->context, "a copy", BLOCK) : LK_OK;
    const char *from = path != NULL && strcmp(path, "-") == 0 ? "/dev/stdin" : path;
    status = status == LK_OK ? share_path(s, from, &copy, block) : status;
    if (status == LK_OK && copy != NULL) {
        char *named = lk_print("%.*s%s%s", (int)part[0], *value, copy, *value + part[1]);
        status = named == NULL ? lk_fail_no_memory(s->context, "a name", 1) : LK_OK;
        *value = named != NULL ? named : *value;
    }
    lk_release(copy);
    lk_release(path);
    lk_release(block);
    return status;
}

lk_status cli_share_as(lk_team *team, lk_context *context, const char *from, const char *to) {
    int32_t there = lk_team_rank(team) == 0 && lk_path_exists(from);
    uint8_t *block = lk_resize(NULL, BLOCK, 1);
    lk_status status = lk_team_agree(
        team, context, block == NULL ? lk_fail_no_memory(context, "a copy", BLOCK) : LK_OK);
    status = status == LK_OK ? lk_team_share(team, context, &there, sizeof there) : status;
    status = status == LK_OK && there ? send_file(team, context, from, to, block) : status;
    lk_release(block);
    return status;
}
