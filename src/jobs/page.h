/* A page (HTML, everything in it) that shows a text with every character coloured by its surprise;
 * written as a walk tells of it, beside its target, and renamed. */
#ifndef LK_JOBS_PAGE_H
#define LK_JOBS_PAGE_H

#include "base/file.h"
#include "models/walk.h"

typedef struct lk_page lk_page;

/* most: symbols that are shown; of more, a note tells. Bytes that make a UTF-8 character are shown
 * as one, their surprises added. */
lk_status lk_page_create(lk_context *context, const char *path, int64_t most, lk_page **page);
lk_sink lk_page_sink(lk_page *page);
/* Both end the page. `text` names what is shown, `model` by what. */
lk_status lk_page_commit(lk_page *page, const char *text, const char *model);
void lk_page_abandon(lk_page *page);

#endif
