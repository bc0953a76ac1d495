/* "Did you mean": the name that a mistyped word is nearest to. */
#ifndef LK_CLI_NEAREST_H
#define LK_CLI_NEAREST_H

#include <stddef.h>

#define CLI_NEAREST_MOST 32 /* letters of a word; longer ones are near nothing */

typedef struct cli_nearest {
    const char *name;        /* NULL: none is near */
    const char *word;        /* what was typed */
    size_t length, distance; /* of the word; of the name from it */
} cli_nearest;

cli_nearest cli_nearest_begin(const char *word, size_t length);
/* Weighs one more name: near is what the word begins, with three letters or more, or what is at
 * most a third of the word's letters away: letters left out, put in, changed, or exchanged with
 * their neighbours (optimal string alignment). Of names as near the first one stays. */
void cli_nearest_weigh(cli_nearest *nearest, const char *name);

#endif
