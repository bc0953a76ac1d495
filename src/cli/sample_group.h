/* What `likely sample` does alike for texts and recordings: those that are drawn side by side,
 * group by group, and what they begin with. */
#ifndef LK_CLI_SAMPLE_GROUP_H
#define LK_CLI_SAMPLE_GROUP_H

#include "cli/sample.h"

#define CLI_SIDE_BY_SIDE_MOST 64
/* Options that no model of texts or recordings takes. */
#define CLI_SAMPLE_OF_EXAMPLES                                                           \
    "given-rows given-variables given-view only-view scale plain shape format binarize " \
    "binarize-seed alpha orient depth"

typedef struct cli_sample_group {
    const lk_model *model;
    lk_sample_options *how;                  /* `first` and `count` become those of the group */
    int64_t count, batch;                    /* samples in all; side by side at most */
    lk_status (*draw)(void *owner);          /* the group */
    void (*abandon)(void *owner, int64_t n); /* what is left of sample first + n after that */
    void *owner;
    lk_batch *ended; /* files, which get their names when all groups are drawn */
} cli_sample_group;
lk_status cli_sample_groups(const cli_sample_group *group);
/* Side by side: as many as are asked for (0: as many as go), at most `most` and `count`. */
int64_t cli_sample_batch(int64_t asked, int64_t count, int64_t most);

/* All of what --given, --prompt-file or --prompt holds becomes the beginning, and what --labels
 * says of it the label, in *given and *how; without them nothing is given. lk_given_deinit,
 * whatever comes of it. */
lk_status cli_sample_beginning(const cli_arguments *arguments, const lk_model *model,
                               lk_sample_options *how, lk_given *given);

/* How many positions are drawn: what --length says, which is `asked`, else, of a model that is
 * given a slower sequence, as many as that has behind what is given. LK_INVALID where there are
 * none. */
lk_status cli_sample_length(const cli_arguments *arguments, const lk_model *model,
                            const lk_sample_options *how, int64_t *asked);

#endif
