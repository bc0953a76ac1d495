/* The files of a folder that make up a data set. */
#ifndef LK_DATA_FOLDER_H
#define LK_DATA_FOLDER_H

#include "data/formats/format.h"

typedef struct lk_folder_file {
    char *name;    /* owned, within the folder: "7.png", "cats/7.png", "cats/old/7.png" */
    int32_t label; /* the number of its subfolder among the classes; -1: there are none */
} lk_folder_file;

/* Entries of one kind that were not taken. */
typedef struct lk_left_out {
    int64_t count;
    char
        *first; /* owned: the name within the folder whose bytes come first; NULL: there are none */
} lk_left_out;

typedef struct lk_folder {
    const char *path;
    lk_folder_file *files; /* owned, in the order of the bytes of their names */
    int64_t count;
    lk_dictionary classes; /* the names of its subfolders, in the order of their bytes; empty: files
                            * stand in the folder itself */
    lk_left_out hidden;    /* files and folders whose names begin with a dot */
    lk_left_out other;     /* files without such an ending, and what is no file */
    lk_left_out empty;     /* by lk_folder_drop_empty */
    lk_left_out broken;    /* links to what is not there */
} lk_folder;

/* Endings of names of pictures, NULL after the last. */
extern const char *const lk_picture_endings[];
/* Files of the folder whose names end in one of `endings` (NULL-terminated, each ".png" or the
 * like, in any case), and of all folders in it; its subfolders are classes where the folder itself
 * has no such file. Names that begin with a dot are left out, and counted. Possibly none. */
lk_status lk_folder_list(lk_context *context, const char *path, const char *const *endings,
                         lk_folder *folder);
/* Takes the files of no bytes out of the list. */
lk_status lk_folder_drop_empty(lk_context *context, lk_folder *folder);
/* What was left out, in one line of its own (lk_release): "left out: 2 hidden files or folders
 * ('.git', ...), 1 empty file ('a/b')". *line is NULL where nothing was. */
lk_status lk_folder_tell(lk_context *context, const lk_folder *folder, char **line);
void lk_folder_deinit(lk_folder *folder);
/* Reads one whole. *path is the caller's (lk_release), also after a failure. */
lk_status lk_folder_read(lk_context *context, const lk_folder *folder, int64_t index, char **path,
                         lk_bytes *bytes);

#endif
