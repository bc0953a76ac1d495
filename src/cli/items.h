/* What --data holds, as items of a model. */
#ifndef LK_CLI_ITEMS_H
#define LK_CLI_ITEMS_H

#include "cli/common.h"
#include "models/take.h"

/* The session's examples; or, for a model of texts, the text or the folder of texts at --data, or
 * the part of a text that --from and --symbols name. EXIT_DONE, or what to return after a line has
 * been printed. *items is the caller's: lk_items_close, before the session ends; of data of no
 * examples, and of an empty text, where the verb takes none, NULL. */
int cli_items_open(const cli_arguments *arguments, const cli_session *session, lk_items **items);

#endif
