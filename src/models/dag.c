/* Reading DAG files. Three passes: lines to names, names to numbers (sorted, then by bisection),
 * and a topological sweep (Kahn, CACM 1962) that gives the depths and finds what lies on cycles. */
#include "models/dag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"

#define NAME_MOST 64

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

/* The end of the name at `at`; NULL, and a message, when there is none. */
static const char *scan_name(const parser *p, int64_t line, const char *at, const char *end) {
    const char *stop = at;
    while (stop < end && is_name(*stop)) {
        stop++;
    }
    if (stop == at) {
        lk_fail(p->context, LK_FORMAT,
                "%s: line %lld: byte 0x%02x where a name is expected (NAME or NAME: PARENT PARENT)",
                p->source, (long long)line, at < end ? (unsigned)(unsigned char)*at : 0);
        return NULL;
    }
    if (stop - at > NAME_MOST) {
        lk_fail(p->context, LK_FORMAT,
                "%s: line %lld: a name has %lld bytes; at most %d are allowed", p->source,
                (long long)line, (long long)(stop - at), NAME_MOST);
        return NULL;
    }
    return stop;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static lk_status parse_line(parser *p, int64_t line, const char *at, const char *end) {
    const char *comment = memchr(at, '#', (size_t)(end - at));
    end = comment != NULL ? comment : end;
    at = skip_spaces(at, end);
    if (at == end) {
        return LK_OK;
    }
    const char *stop = scan_name(p, line, at, end);
    if (stop == NULL) {
        return LK_FORMAT;
    }
    entry *made = &p->entries[p->dag->variables++];
    *made = (entry){at, (size_t)(stop - at), end, end, line};
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
    for (int64_t line = 1; at < end; line++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop != NULL ? stop : end;
        LK_TRY(parse_line(p, line, at, stop));
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
    const char *fault = parent < 0           ? "is no variable of this file"
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
            const char *stop = scan_name(p, e->line, at, e->end);
            if (stop == NULL) {
                return LK_FORMAT;
            }
            LK_TRY(add_parent(p, v, at, (size_t)(stop - at), &count));
            at = stop;
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
        lines += text[i] == '\n';
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

lk_status lk_dag_print(lk_context *context, const lk_dag *dag, const int32_t *order, char **text) {
    int64_t capacity = 1;
    for (int64_t v = 0; v < dag->variables; v++) {
        capacity += (int64_t)strlen(dag->name[v]) + 2;
        for (int64_t i = dag->parent_begin[v]; i < dag->parent_begin[v + 1]; i++) {
            capacity += (int64_t)strlen(dag->name[dag->parent[i]]) + 1;
        }
    }
    *text = lk_allocate(capacity, 1);
    if (*text == NULL) {
        return lk_fail_no_memory(context, "DAG", capacity);
    }
    char *at = *text;
    for (int64_t line = 0; line < dag->variables; line++) {
        int64_t v = order != NULL ? order[line] : line;
        at = stpcpy(at, dag->name[v]);
        for (int64_t i = dag->parent_begin[v]; i < dag->parent_begin[v + 1]; i++) {
            at = stpcpy(stpcpy(at, i == dag->parent_begin[v] ? ": " : " "),
                        dag->name[dag->parent[i]]);
        }
        at = stpcpy(at, "\n");
    }
    return LK_OK;
}
