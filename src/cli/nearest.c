#include "cli/nearest.h"

#include <stdbool.h>
#include <string.h>

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Both of at most CLI_NEAREST_MOST letters. Three rows of the table are kept. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length) {
    size_t row[3][CLI_NEAREST_MOST + 1];
    for (size_t j = 0; j <= b_length; j++) {
        row[0][j] = j;
    }
    for (size_t i = 1; i <= a_length; i++) {
        size_t *now = row[i % 3], *before = row[(i - 1) % 3], *twice = row[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            now[j] =
                least(before[j - 1] + (a[i - 1] != b[j - 1]), least(before[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                now[j] = least(now[j], twice[j - 2] + 1);
            }
        }
    }
    return row[a_length % 3][b_length];
}

cli_nearest cli_nearest_begin(const char *word, size_t length) {
    return (cli_nearest){NULL, word, length, length / 3 + 1};
}

void cli_nearest_weigh(cli_nearest *nearest, const char *name) {
    const size_t length = strlen(name);
    if (length > CLI_NEAREST_MOST || nearest->length > CLI_NEAREST_MOST) {
        return;
    }
    const bool begins = nearest->length >= 3 && strncmp(name, nearest->word, nearest->length) == 0;
    const size_t away = begins ? 1 : distance(nearest->word, nearest->length, name, length);
    if (away < nearest->distance) {
        nearest->distance = away;
        nearest->name = name;
    }
}
