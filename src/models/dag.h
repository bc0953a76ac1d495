/* A directed acyclic graph over the variables, from a small text:
 *
 *   # one line a variable: NAME, or NAME: PARENT PARENT ...
 *   burglary
 *   earthquake
 *   alarm: burglary earthquake
 *   john: alarm
 *   mary: alarm
 *
 * A variable is the column of its name; where the data's columns have no names, or all others, it
 * is the column in its place. Parents may be named before their line comes; spaces, tabs and commas
 * separate them; # begins a comment; blank lines do not count. A name is at most 64 bytes without
 * spaces, commas, colons, # and control characters. */
#ifndef LK_MODELS_DAG_H
#define LK_MODELS_DAG_H

#include "base/context.h"
#include "data/columns.h"

#define LK_DAG_BYTES_MOST 65536 /* of text */

typedef struct lk_dag {
    int64_t variables;
    char **name;           /* [variables], owned */
    int64_t *parent_begin; /* [variables + 1] */
    int32_t *parent; /* variable v's are parent[parent_begin[v] .. parent_begin[v + 1]), in the
                        order of the text */
    int32_t *depth;  /* [variables]: 0 for roots, else 1 + the largest of the parents' */
} lk_dag;

/* LK_FORMAT, with `source` and the line: a damaged line, a name given twice, an unknown parent, a
 * cycle. */
lk_status lk_dag_parse(lk_context *context, const char *source, const char *text, int64_t size,
                       lk_dag *dag);
void lk_dag_deinit(lk_dag *dag);
/* The canonical text: no comments, one space between; the lines in this order of the variables, or
 * (NULL) as they stood. *text is the caller's: lk_release. */
lk_status lk_dag_print(lk_context *context, const lk_dag *dag, const int32_t *order, char **text);
/* order[variable]: where in the graph, which has as many variables as there are columns, the column
 * of that number stands, by its name; LK_MISMATCH where the graph has no such name. */
lk_status lk_dag_match(lk_context *context, const char *source, const lk_dag *dag,
                       const lk_columns *columns, int32_t *order);

#endif
