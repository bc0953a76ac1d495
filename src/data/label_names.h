/* Labels from the names of files, by a rule that stands where the path of a file of labels could:
 *
 *   name:N   field N, from 1, of the name without its ending; `_` and `-` part fields:
 *            name:2 of "digits/7_jackson_32.wav" is "jackson"
 *   folder   the folder: of data in a folder its first subfolder ("cats" of "cats/old/7.png"), of
 *            one file the folder that it stands in
 *
 * A file that has such a name is given as ./folder. */
#ifndef LK_DATA_LABEL_NAMES_H
#define LK_DATA_LABEL_NAMES_H

#include "data/dictionary.h"

/* Files by their names. */
typedef struct lk_file_names {
    const char *path; /* of the folder, or of the one file; for messages too */
    int64_t count;
    /* Of one of them: within the folder, or a path that begins with the folder's. */
    const char *(*name)(const void *of, int64_t item);
    const void *of;
} lk_file_names;

/* Whether it is such a rule, and no path. */
bool lk_labels_by_name(const char *labels);
/* The labels by a rule, as symbols of classes in the order of a dictionary: *labels [count]
 * (lk_release) and *classes are the caller's. LK_INVALID: the rule is none; LK_MISMATCH names the
 * first file that it says nothing of; LK_UNSUPPORTED: more classes than a model knows. */
lk_status lk_labels_of_names(lk_context *context, const char *rule, const lk_file_names *names,
                             int32_t **labels, lk_dictionary *classes);

#endif
