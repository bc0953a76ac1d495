/* What `likely score` is about: examples (cli/score.c), or a text (cli/score_text.c). */
#ifndef LK_CLI_SCORER_H
#define LK_CLI_SCORER_H

#include "cli/items.h"
#include "jobs/lines.h"
#include "jobs/map.h"
#include "jobs/page.h"
#include "jobs/score.h"
#include "jobs/sound_map.h"
#include "jobs/table.h"
#include "train/evaluate.h"

typedef struct scorer {
    const cli_arguments *arguments;
    cli_session session;
    lk_items *items;
    lk_model *background;
    int32_t *labels; /* owned, or NULL */
    lk_walk_options how;
    /* Of examples. */
    lk_scores scores;
    double auroc, average_precision;
    lk_map_options map;
    lk_map_legend legend;
    /* Of a text. */
    lk_evaluation evaluation;
    lk_lines lines;
    lk_page *page;   /* or NULL */
    lk_table *table; /* or NULL */
    int64_t top, map_symbols;
    /* Of recordings. */
    lk_sound_map sound_map;
} scorer;

/* A text's lines, to --out and --map; and what is printed of them: the exit status. */
lk_status score_text(scorer *scorer);
int score_print_text(const scorer *scorer, bool json);
/* Recordings, to --out and --map; and what is printed of them. */
lk_status score_sound(scorer *scorer);
int score_print_sound(const scorer *scorer, bool json);
/* Nats of all texts or recordings together; of none 0. */
double score_nll_of_all(const scorer *scorer);
/* Of what score_text and score_sound opened. */
void score_release_text(scorer *scorer);

#endif
