/* DAG texts: anything may come. What is accepted must be a DAG (parents less deep than their
 * child), and its canonical text must read back as itself. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "models/dag.h"

static void expect(bool condition) {
    if (!condition) {
        abort();
    }
}

static void check_depths(const lk_dag *dag) {
    for (int64_t v = 0; v < dag->variables; v++) {
        int32_t depth = 0;
        for (int64_t i = dag->parent_begin[v]; i < dag->parent_begin[v + 1]; i++) {
            int32_t parent = dag->parent[i];
            expect(parent >= 0 && parent < dag->variables);
            depth = dag->depth[parent] + 1 > depth ? dag->depth[parent] + 1 : depth;
        }
        expect(depth == dag->depth[v]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    lk_dag dag, again;
    char *exact = malloc(size > 0 ? size : 1), *text = NULL, *text_again = NULL;
    expect(exact != NULL);
    memcpy(exact, data, size); /* no byte stands after the end */
    if (lk_dag_parse(NULL, "fuzz", exact, (int64_t)size, &dag) == LK_OK) {
        check_depths(&dag);
        expect(lk_dag_print(NULL, &dag, NULL, &text) == LK_OK);
        int64_t length = (int64_t)strlen(text);
        if (length <=
            LK_DAG_BYTES_MOST) { /* a missing line end and tight commas may make it longer */
            expect(lk_dag_parse(NULL, "again", text, length, &again) == LK_OK);
            expect(lk_dag_print(NULL, &again, NULL, &text_again) == LK_OK &&
                   strcmp(text, text_again) == 0);
            lk_dag_deinit(&again);
        }
        lk_dag_deinit(&dag);
    }
    lk_release(text);
    lk_release(text_again);
    free(exact);
    return 0;
}
