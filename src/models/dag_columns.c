/* Which variable of a DAG is which column of a table. */
#include <string.h>

#include "base/memory.h"
#include "models/dag.h"

#define LIST_CAPACITY 300

static lk_status list_names(lk_context *context, const lk_dag *dag, lk_dictionary *names) {
    for (int32_t v = 0, symbol; v < dag->variables; v++) {
        const char *name = dag->name[v];
        LK_TRY(lk_dictionary_add(context, names, name, (int64_t)strlen(name), &symbol));
    }
    return LK_OK;
}

static lk_status match(lk_context *context, const char *source, const lk_dictionary *names,
                       const lk_columns *columns, int32_t *order) {
    int32_t missing = -1;
    for (int32_t i = 0; i < columns->count; i++) {
        const char *name = columns->column[i].name;
        order[i] = lk_dictionary_find(names, name, (int64_t)strlen(name));
        missing = order[i] < 0 && missing < 0 ? i : missing;
    }
    if (missing < 0) {
        return LK_OK;
    }
    char list[LIST_CAPACITY];
    lk_columns_list(columns, list, sizeof list);
    return lk_fail(context, LK_MISMATCH, "%s: no line for the column '%.60s'; the columns are %s",
                   source, columns->column[missing].name, list);
}

lk_status lk_dag_match(lk_context *context, const char *source, const lk_dag *dag,
                       const lk_columns *columns, int32_t *order) {
    LK_REQUIRE(dag->variables == columns->count);
    lk_dictionary names = {0};
    lk_status status = list_names(context, dag, &names);
    status = status == LK_OK ? match(context, source, &names, columns, order) : status;
    lk_dictionary_deinit(&names);
    return status;
}
