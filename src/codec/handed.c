#include "codec/handed.h"

#include <string.h>

/* Before the lists, whose lengths the content knows, but for these. */
typedef struct head {
    int64_t right, names, words;
} head;

/* A word and its symbol. */
static int64_t count_words(const lk_words *words) {
    int64_t count = 0;
    for (int64_t k = 0; k < words->count; k++) {
        count += words->place[k] > 0;
    }
    return count;
}

static void put_words(lk_buffer *to, const lk_words *words) {
    for (int64_t k = 0; k < words->count; k++) {
        const char *word = lk_words_find(words, k);
        if (word != NULL) {
            lk_buffer_put(to, &k, sizeof k);
            lk_buffer_put(to, word, (int64_t)strlen(word) + 1);
        }
    }
}

static void put_list(lk_buffer *to, const void *list, int64_t count, size_t size) {
    lk_buffer_put(to, list, list != NULL ? count * (int64_t)size : 0);
}

void lk_content_put(lk_buffer *to, const lk_content *c, bool right) {
    const head h = {right, c->names.size, count_words(&c->words)};
    lk_buffer_put(to, &h, sizeof h);
    if (right) {
        put_list(to, c->length, c->items, sizeof *c->length);
        put_list(to, c->label, c->items, sizeof *c->label);
        put_list(to, c->sound, c->items, sizeof *c->sound);
        put_list(to, c->value, c->symbols, sizeof *c->value);
        put_list(to, c->character, c->symbols, sizeof *c->character);
        lk_buffer_put(to, c->names.data, c->names.size);
        put_words(to, &c->words);
    }
}

static void take_list(const uint8_t **at, void *list, int64_t count, size_t size) {
    if (list != NULL) {
        memcpy(list, *at, (size_t)count * size);
        *at += count * (int64_t)size;
    }
}

lk_status lk_content_take(lk_context *context, const uint8_t *at, lk_content *c, bool *right) {
    head h;
    memcpy(&h, at, sizeof h);
    at += sizeof h;
    *right = h.right != 0;
    if (!*right) {
        return LK_OK;
    }
    take_list(&at, c->length, c->items, sizeof *c->length);
    take_list(&at, c->label, c->items, sizeof *c->label);
    take_list(&at, c->sound, c->items, sizeof *c->sound);
    take_list(&at, c->value, c->symbols, sizeof *c->value);
    take_list(&at, c->character, c->symbols, sizeof *c->character);
    lk_buffer_put(&c->names, at, h.names);
    at += h.names;
    for (int64_t i = 0, k; i < h.words; i++) {
        memcpy(&k, at, sizeof k);
        const char *word = (const char *)at + sizeof k;
        lk_words_put(&c->words, k, word);
        at += sizeof k + strlen(word) + 1;
    }
    return c->names.failed || c->words.text.failed
               ? lk_fail_no_memory(context, "names", c->names.size)
               : LK_OK;
}
