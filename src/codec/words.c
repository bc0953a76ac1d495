#include "codec/words.h"

#include <string.h>

#include "base/memory.h"

static bool make_room(lk_words *words, int64_t symbol) {
    if (symbol < words->count) {
        return true;
    }
    int64_t count = symbol + 1 > 2 * words->count ? symbol + 1 : 2 * words->count;
    int64_t *larger = lk_resize(words->place, count, sizeof *larger);
    if (larger == NULL) {
        words->text.failed = true;
        return false;
    }
    memset(larger + words->count, 0, (size_t)(count - words->count) * sizeof *larger);
    words->place = larger;
    words->count = count;
    return true;
}

void lk_words_put(lk_words *words, int64_t symbol, const char *word) {
    if (make_room(words, symbol)) {
        words->place[symbol] = words->text.size + 1;
        lk_buffer_put(&words->text, word, (int64_t)strlen(word) + 1);
    }
}

const char *lk_words_find(const lk_words *words, int64_t symbol) {
    return symbol < words->count && words->place[symbol] > 0 && !words->text.failed
               ? (const char *)words->text.data + words->place[symbol] - 1
               : NULL;
}

bool lk_words_equal(const lk_words *a, const lk_words *b) {
    int64_t count = a->count > b->count ? a->count : b->count;
    for (int64_t i = 0; i < count; i++) {
        const char *one = lk_words_find(a, i), *other = lk_words_find(b, i);
        if ((one == NULL) != (other == NULL) || (one != NULL && strcmp(one, other) != 0)) {
            return false;
        }
    }
    return true;
}

bool lk_words_join(lk_words *words, const lk_words *from) {
    for (int64_t i = 0; i < from->count; i++) {
        const char *word = lk_words_find(from, i), *known = lk_words_find(words, i);
        if (word != NULL && known != NULL && strcmp(word, known) != 0) {
            return false;
        }
        if (word != NULL && known == NULL) {
            lk_words_put(words, i, word);
        }
    }
    return true;
}

void lk_words_release(lk_words *words) {
    lk_release(words->place);
    lk_buffer_release(&words->text);
    *words = (lk_words){0};
}
