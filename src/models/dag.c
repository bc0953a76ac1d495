/* Reading DAG files. Three passes: lines to names, names to numbers (sorted, then by bisection),
 * and a topological sweep (Kahn, CACM 1962) that gives the depths and finds what lies on cycles. */
#include "models/dag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/utf8.h"

#define NAME_MOST 64
#define NAME_ROOM 16 /* beside it: quotes, or a number in its place */

typedef struct token {
    const char *text;
    size_t length;
} token;

/* What one line says. */
typedef struct entry {
    const char *name;
    size_t length;
    const char *parents, *end; /* the text after the colon */
    int64_t line;
} entry;

typedef struct parser {
    lk_context *context;
    const char *source;
    entry *entries;
    int32_t *by_name; /* [variables]: entries sorted by name */
    lk_dag *dag;
} parser;

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == ',';
}

static bool is_name(char c) {
    return !is_space(c) && c != ':' && c != '#' && (unsigned char)c > 0x20 && c != 0x7f;
}

static const char *skip_spaces(const char *at, const char *end) {
    while (at < end && is_space(*at)) {
        at++;
    }
    return at;
}

/* The first byte of a name between quotes that no line shows; NULL: none. */
static const char *find_control(const token *name) {
    const char *at = name->text, *end = at + name->length;
    while (at < end && (unsigned char)*at >= 0x20 && *at != 0x7f) {
        at++;
    }
    return at < end ? at : NULL;
}

/* The quote that closes the one at `at`; NULL: `at` is none, or is not closed. */
static const char *closing_quote(const char *at, const char *end) {
    return at < end && *at == '"' ? memchr(at + 1, '"', (size_t)(end - at - 1)) : NULL;
}

/* What follows the name at `at`; NULL, and a message, when there is none. */
static const char *scan_name(const parser *p, int64_t line, const char *at, const char *end,
                             token *found) {
    const char *closing = closing_quote(at, end), *stop = closing != NULL ? closing : at;
    *found = closing != NULL ? (token){at + 1, (size_t)(closing - at - 1)} : (token){at, 0};
    if (closing == NULL) {
        while (stop < end && is_name(*stop)) {
            stop++;
        }
        found->length = (size_t)(stop - at);
    }
    if (found->length == 0) {
        lk_fail(p->context, LK_FORMAT,
                "%s: line %lld: byte 0x%02x where a name is expected (NAME or NAME: PARENT PARENT; "
                "one with blanks in it between double quotes)",
                p->source, (long long)line, at < end ? (unsigned)(unsigned char)*at : 0);
        return NULL;
    }
    const char *control = find_control(found);
    if (control != NULL) {
        lk_fail(p->context, LK_FORMAT, "%s: line %lld: control byte 0x%02x in a name", p->source,
                (long long)line, (unsigned)(unsigned char)*control);
        return NULL;
    }
    if (lk_utf8_mark(found->text, (int64_t)found->length) > 0) {
        lk_fail(p->context, LK_FORMAT,
                "%s: line %lld: a byte order mark (EF BB BF) begins a name; one may stand at the "
                "begin of the file only: take it out",
                p->source, (long long)line);
        return NULL;
    }
    if (found->length > NAME_MOST) {
        lk_fail(p->context, LK_FORMAT,
                "%s: line %lld: a name has %lld bytes; at most %d are allowed", p->source,
                (long long)line, (long long)found->length, NAME_MOST);
        return NULL;
    }
    return closing != NULL ? closing + 1 : stop;
}

/* Where a comment begins that is in no name; the end: nowhere. */
static const char *find_comment(const char *at, const char *end) {
    while (at < end && *at != '#') {
        const char *closing = closing_quote(at, end);
        at = closing != NULL ? closing + 1 : at + 1;
    }
    return at;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static lk_status parse_line(parser *p, int64_t line, const char *at, const char *end) {
    token own;
    end = find_comment(at, end);
    at = skip_spaces(at, end);
    if (at == end) {
        return LK_OK;
    }
    const char *stop = scan_name(p, line, at, end, &own);
    if (stop == NULL) {
        return LK_FORMAT;
    }
    entry *made = &p->entries[p->dag->variables++];
    *made = (entry){own.text, own.length, end, end, line};
    stop = skip_spaces(stop, end);
    if (stop < end && *stop != ':') {
        return lk_fail(p->context, LK_FORMAT,
                       "%s: line %lld: after the name %.*s a colon is expected, then its parents",
                       p->source, (long long)line, (int)made->length, made->name);
    }
    made->parents = stop < end ? stop + 1 : end;
    return LK_OK;
}

static lk_status parse_lines(parser *p, const char *text, int64_t size) {
    const char *at = text, *end = text + size;
    at += lk_utf8_mark(text, size);
    for (int64_t line = 1; at < end; line++) {
        const char *stop = at;
        while (stop < end && *stop != '\n' && *stop != '\r') {
            stop++;
        }
        LK_TRY(parse_line(p, line, at, stop));
        stop += end - stop >= 2 && stop[0] == '\r' && stop[1] == '\n';
        at = stop < end ? stop + 1 : end;
    }
    return p->dag->variables > 0 ? LK_OK
                                 : lk_fail(p->context, LK_FORMAT, "%s: no variables", p->source);
}

/* ---- names ----------------------------------------------------------------------------------- */

static int compare_names(const char *a, size_t a_length, const char *b, size_t b_length) {
    int order = memcmp(a, b, a_length < b_length ? a_length : b_length);
    return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

static int compare_entries(const void *a, const void *b, void *entries) {
    const entry *x = (const entry *)entries + *(const int32_t *)a,
                *y = (const entry *)entries + *(const int32_t *)b;
    int order = compare_names(x->name, x->length, y->name, y->length);
    return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

static lk_status sort_names(parser *p) {
    int64_t count = p->dag->variables;
    for (int64_t i = 0; i < count; i++) {
        p->by_name[i] = (int32_t)i;
    }
    qsort_r(p->by_name, (size_t)count, sizeof *p->by_name, compare_entries, p->entries);
    for (int64_t i = 1; i < count; i++) {
        const entry *a = &p->entries[p->by_name[i - 1]], *b = &p->entries[p->by_name[i]];
        if (compare_names(a->name, a->length, b->name, b->length) == 0) {
            return lk_fail(p->context, LK_FORMAT,
                           "%s: line %lld: the name %.*s stands on line %lld already", p->source,
                           (long long)b->line, (int)b->length, b->name, (long long)a->line);
        }
    }
    return LK_OK;
}

/* The variable of that name; -1: none. */
static int32_t find_name(const parser *p, const char *name, size_t length) {
    int64_t low = 0, high = p->dag->variables - 1;
    while (low <= high) {
        int64_t middle = low + (high - low) / 2;
        const entry *e = &p->entries[p->by_name[middle]];
        int order = compare_names(name, length, e->name, e->length);
        if (order == 0) {
            return p->by_name[middle];
        }
        low = order > 0 ? middle + 1 : low;
        high = order < 0 ? middle - 1 : high;
    }
    return -1;
}

/* ---- parents --------------------------------------------------------------------------------- */

static lk_status add_parent(parser *p, int32_t variable, const char *name, size_t length,
                            int64_t *count) {
    const entry *e = &p->entries[variable];
    lk_dag *dag = p->dag;
    int32_t parent = find_name(p, name, length);
    const char *fault = parent < 0 ? "is a parent but has no line of its own, as each variable "
                                     "needs (NAME alone where it has no parents)"
                        : parent == variable ? "cannot be its own parent"
                                             : NULL;
    for (int64_t i = dag->parent_begin[variable]; fault == NULL && i < *count; i++) {
        fault = dag->parent[i] == parent ? "is named twice as a parent" : NULL;
    }
    if (fault != NULL) {
        return lk_fail(p->context, LK_FORMAT, "%s: line %lld: %.*s %s", p->source,
                       (long long)e->line, (int)length, name, fault);
    }
    dag->parent[(*count)++] = parent;
    return LK_OK;
}

static lk_status parse_parents(parser *p) {
    int64_t count = 0;
    for (int32_t v = 0; v < p->dag->variables; v++) {
        const entry *e = &p->entries[v];
        p->dag->parent_begin[v] = count;
        for (const char *at = skip_spaces(e->parents, e->end); at < e->end;
             at = skip_spaces(at, e->end)) {
            token parent;
            at = scan_name(p, e->line, at, e->end, &parent);
            if (at == NULL) {
                return LK_FORMAT;
            }
            LK_TRY(add_parent(p, v, parent.text, parent.length, &count));
        }
    }
    p->dag->parent_begin[p->dag->variables] = count;
    return LK_OK;
}

/* ---- depths ---------------------------------------------------------------------------------- */

/* A variable without a depth has a parent without one. */
static int32_t waiting_parent(const lk_dag *dag, int32_t variable) {
    int64_t at = dag->parent_begin[variable];
    while (dag->depth[dag->parent[at]] >= 0) {
        at++;
    }
    return dag->parent[at];
}

/* Going up from such a variable leads onto a cycle, and then round it. */
static lk_status fail_cycle(const parser *p, int32_t variable) {
    const lk_dag *dag = p->dag;
    char text[256] = "";
    size_t used = 0;
    for (int64_t i = 0; i < dag->variables; i++) {
        variable = waiting_parent(dag, variable);
    }
    int32_t begin = variable;
    do {
        if (used < sizeof text) {
            used +=
                (size_t)snprintf(text + used, sizeof text - used, "%s <- ", dag->name[variable]);
        }
        variable = waiting_parent(dag, variable);
    } while (variable != begin);
    return lk_fail(p->context, LK_FORMAT, "%s: line %lld: a cycle: %s%s", p->source,
                   (long long)p->entries[begin].line, text,
                   used < sizeof text ? dag->name[begin] : "...");
}

/* Sweeps until nothing changes would be quadratic: children are listed, and a variable follows its
 * last parent. */
static lk_status find_depths(const parser *p, int64_t *child_begin, int32_t *child,
                             int32_t *waiting, int32_t *queue) {
    const lk_dag *dag = p->dag;
    int64_t count = dag->variables, edges = dag->parent_begin[count], tail = 0;
    for (int64_t i = 0; i < edges; i++) {
        child_begin[dag->parent[i] + 1]++;
    }
    for (int64_t v = 0; v < count; v++) {
        child_begin[v + 1] += child_begin[v];
    }
    for (int64_t v = count - 1; v >= 0;
         v--) { /* filled from the back: child_begin[u + 1] becomes u's begin */
        for (int64_t i = dag->parent_begin[v]; i < dag->parent_begin[v + 1]; i++) {
            child[--child_begin[dag->parent[i] + 1]] = (int32_t)v;
        }
        waiting[v] = (int32_t)(dag->parent_begin[v + 1] - dag->parent_begin[v]);
        dag->depth[v] = -1;
    }
    for (int32_t v = 0; v < count; v++) {
        if (waiting[v] == 0) {
            dag->depth[v] = 0;
            queue[tail++] = v;
        }
    }
    for (int64_t head = 0; head < tail; head++) {
        int32_t v = queue[head];
        int64_t end = v + 1 < count ? child_begin[v + 2] : edges;
        for (int64_t i = child_begin[v + 1]; i < end; i++) {
            if (--waiting[child[i]] == 0) {
                dag->depth[child[i]] =
                    dag->depth[v] + 1; /* the queue is in order of depth: v is the deepest parent */
                queue[tail++] = child[i];
            }
        }
    }
    for (int32_t v = 0; v < count; v++) {
        if (dag->depth[v] < 0) {
            return fail_cycle(p, v);
        }
    }
    return LK_OK;
}

static lk_status derive_depths(const parser *p) {
    int64_t count = p->dag->variables, edges = p->dag->parent_begin[count];
    int64_t *child_begin = lk_allocate(count + 2, sizeof *child_begin);
    int32_t *scratch = lk_allocate(edges + 2 * count, sizeof *scratch);
    lk_status status =
        child_begin == NULL || scratch == NULL
            ? lk_fail_no_memory(p->context, p->source, (edges + 4 * count) * 4)
            : find_depths(p, child_begin, scratch, scratch + edges, scratch + edges + count);
    lk_release(child_begin);
    lk_release(scratch);
    return status;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static lk_status copy_names(const parser *p) {
    for (int64_t v = 0; v < p->dag->variables; v++) {
        p->dag->name[v] = lk_duplicate_part(p->entries[v].name, p->entries[v].length);
        if (p->dag->name[v] == NULL) {
            return lk_fail_no_memory(p->context, p->source, NAME_MOST);
        }
    }
    return LK_OK;
}

static lk_status parse(parser *p, const char *text, int64_t size) {
    LK_TRY(parse_lines(p, text, size));
    LK_TRY(copy_names(p));
    LK_TRY(sort_names(p));
    LK_TRY(parse_parents(p));
    return derive_depths(p);
}

static int64_t count_lines(const char *text, int64_t size) {
    int64_t lines = 1;
    for (int64_t i = 0; i < size; i++) {
        lines += text[i] == '\n' || text[i] == '\r';
    }
    return lines;
}

lk_status lk_dag_parse(lk_context *context, const char *source, const char *text, int64_t size,
                       lk_dag *dag) {
    *dag = (lk_dag){0};
    if (size > LK_DAG_BYTES_MOST) {
        return lk_fail(context, LK_FORMAT, "%s: %lld bytes; a DAG file has at most %d", source,
                       (long long)size, LK_DAG_BYTES_MOST);
    }
    int64_t lines = count_lines(text, size);
    parser p = {.context = context, .source = source, .dag = dag};
    p.entries = lk_allocate(lines, sizeof *p.entries);
    p.by_name = lk_allocate(lines, sizeof *p.by_name);
    dag->name = lk_allocate(lines, sizeof *dag->name);
    dag->parent_begin = lk_allocate(lines + 1, sizeof *dag->parent_begin);
    dag->parent =
        lk_allocate(size + 1, sizeof *dag->parent); /* a parent takes at least a byte of text */
    dag->depth = lk_allocate(lines, sizeof *dag->depth);
    bool allocated = p.entries != NULL && p.by_name != NULL && dag->name != NULL &&
                     dag->parent_begin != NULL && dag->parent != NULL && dag->depth != NULL;
    lk_status status = allocated ? parse(&p, text, size)
                                 : lk_fail_no_memory(context, source, lines * 100 + size * 4);
    lk_release(p.entries);
    lk_release(p.by_name);
    if (status != LK_OK) {
        lk_dag_deinit(dag);
    }
    return status;
}

void lk_dag_deinit(lk_dag *dag) {
    for (int64_t v = 0; dag->name != NULL && v < dag->variables; v++) {
        lk_release(dag->name[v]);
    }
    lk_release(dag->name);
    lk_release(dag->parent_begin);
    lk_release(dag->parent);
    lk_release(dag->depth);
    *dag = (lk_dag){0};
}

/* The text of a setting is UTF-8. */
static bool names_are_text(const lk_dag *dag) {
    bool text = true;
    for (int64_t v = 0; v < dag->variables; v++) {
        const uint8_t *at = (const uint8_t *)dag->name[v];
        for (int64_t left = (int64_t)strlen(dag->name[v]); left > 0 && text;) {
            uint32_t character;
            int size = lk_utf8_get(at, left, &character);
            text = character >= ' ' && character < LK_UTF8_BYTE;
            at += size;
            left -= size;
        }
    }
    return text;
}

/* What is no text has a number: names have served when they were matched with columns. */
static char *put_name(char *at, const lk_dag *dag, int64_t v, bool readable) {
    const char *plain = dag->name[v];
    if (!readable) {
        return at + sprintf(at, "v%lld", (long long)v + 1);
    }
    while (is_name(*plain)) {
        plain++;
    }
    bool quoted = *plain != '\0';
    at = stpcpy(at, quoted ? "\"" : "");
    return stpcpy(stpcpy(at, dag->name[v]), quoted ? "\"" : "");
}

lk_status lk_dag_print(lk_context *context, const lk_dag *dag, const int32_t *order, char **text) {
    int64_t capacity = 1;
    for (int64_t v = 0; v < dag->variables; v++) {
        capacity += (int64_t)strlen(dag->name[v]) + NAME_ROOM;
        for (int64_t i = dag->parent_begin[v]; i < dag->parent_begin[v + 1]; i++) {
            capacity += (int64_t)strlen(dag->name[dag->parent[i]]) + NAME_ROOM;
        }
    }
    *text = lk_allocate(capacity, 1);
    if (*text == NULL) {
        return lk_fail_no_memory(context, "DAG", capacity);
    }
    char *at = *text;
    bool readable = names_are_text(dag);
    for (int64_t line = 0; line < dag->variables; line++) {
        int64_t v = order != NULL ? order[line] : line;
        at = put_name(at, dag, v, readable);
        for (int64_t i = dag->parent_begin[v]; i < dag->parent_begin[v + 1]; i++) {
            at = put_name(stpcpy(at, i == dag->parent_begin[v] ? ": " : " "), dag, dag->parent[i],
                          readable);
        }
        at = stpcpy(at, "\n");
    }
    return LK_OK;
}
