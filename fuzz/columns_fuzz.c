/* Any text as the JSON of columns, and of a dictionary: refused with a message, or read; and what
 * was read is the same after being printed and read again. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/columns.h"

static void try_columns(lk_context *context, const char *text) {
    lk_columns *columns, *again;
    context->message[0] = '\0';
    if (lk_columns_parse(context, "input", text, &columns) != LK_OK) {
        LK_REQUIRE(context->message[0] != '\0' && columns == NULL);
        return;
    }
    LK_REQUIRE(lk_columns_check(context, "input", columns) == LK_OK);
    LK_REQUIRE(lk_columns_largest_alphabet(columns) >= 2);
    char *printed = lk_columns_print(columns), list[64];
    LK_REQUIRE(printed != NULL);
    LK_REQUIRE(lk_columns_parse(context, "again", printed, &again) == LK_OK);
    LK_REQUIRE(lk_columns_equal(columns, again));
    char *second = lk_columns_print(again); /* the remarks too */
    LK_REQUIRE(second != NULL && strcmp(printed, second) == 0);
    lk_columns_list(columns, list, sizeof list);
    lk_release(second);
    lk_release(printed);
    lk_columns_destroy(again);
    lk_columns_destroy(columns);
}

static void try_dictionary(lk_context *context, const char *text) {
    lk_dictionary dictionary, again;
    context->message[0] = '\0';
    if (lk_dictionary_parse(context, "input", text, &dictionary) != LK_OK) {
        LK_REQUIRE(context->message[0] != '\0' && dictionary.count == 0);
        return;
    }
    char *printed = lk_dictionary_print(&dictionary), list[64];
    LK_REQUIRE(printed != NULL);
    LK_REQUIRE(lk_dictionary_parse(context, "again", printed, &again) == LK_OK);
    LK_REQUIRE(lk_dictionary_equal(&dictionary, &again));
    lk_dictionary_nearest(&dictionary, "text", list, sizeof list);
    LK_REQUIRE(lk_dictionary_sort(context, &again, NULL) == LK_OK);
    for (int32_t i = 0; i < dictionary.count; i++) {
        const char *listed = lk_dictionary_text(&dictionary, i);
        LK_REQUIRE(lk_dictionary_find(&again, listed, (int64_t)strlen(listed)) >= 0);
    }
    lk_release(printed);
    lk_dictionary_deinit(&again);
    lk_dictionary_deinit(&dictionary);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    lk_context context = {0};
    char *text = malloc(size + 1);
    if (text == NULL) {
        return 0;
    }
    memcpy(text, data, size);
    text[size] = '\0';
    try_columns(&context, text);
    try_dictionary(&context, text);
    free(text);
    return 0;
}
