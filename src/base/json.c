#include "base/json.h"

#include <stdlib.h>

#include "base/memory.h"

char *lk_json_text(const json_t *json, size_t flags) {
    char *dumped = json == NULL ? NULL : json_dumps(json, flags);
    char *text = dumped == NULL ? NULL : lk_duplicate(dumped);
    free(dumped);
    return text;
}
