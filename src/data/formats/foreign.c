/* Files that are brought often and are no data set: what they are, and what to do. */
#include <string.h>

#include "base/unpack.h"
#include "data/formats/format.h"
#include "data/text.h"

static const struct {
    const char *magic;
    int64_t size;
    const char *what;
} foreign[] = {
    {"\xFF\xFE", 2, "text in UTF-16; convert it: iconv -f UTF-16 -t UTF-8"},
    {"\xFE\xFF", 2, "text in UTF-16; convert it: iconv -f UTF-16 -t UTF-8"},
    {"RIFF", 4, "a RIFF file, perhaps WAV; --text bytes or --raw models its bytes"},
    {"fLaC", 4, "a FLAC file; --text bytes or --raw models its bytes"},
    {"\x89HDF", 4, "an HDF5 file; save the array with numpy.save"},
    {"%PDF", 4, "a PDF"},
    {"PAR1", 4, "a Parquet file; save the table as CSV"},
    {"GIF8", 4, "a GIF; save the picture as PNG"},
    {"P2", 2, "a PGM; save the picture as PNG"},
    {"P3", 2, "a PPM; save the picture as PNG"},
    {"P5", 2, "a PGM; save the picture as PNG"},
    {"P6", 2, "a PPM; save the picture as PNG"},
};
#define FOREIGN_COUNT ((int)(sizeof foreign / sizeof foreign[0]))

/* FOREIGN_COUNT: nothing that is known. */
static int find(const lk_reading *reading) {
    int i = 0;
    while (i < FOREIGN_COUNT &&
           (reading->size < foreign[i].size ||
            memcmp(reading->data, foreign[i].magic, (size_t)foreign[i].size) != 0)) {
        ++i;
    }
    return i;
}

lk_status lk_fail_foreign(lk_context *context, const lk_reading *reading) {
    const char *packing = lk_packing_name(reading->data, reading->size);
    if (packing != NULL) { /* in memory: files are unpacked before they come here */
        return lk_fail(context, LK_FORMAT,
                       "%s: not a known data format, but packed by %s; unpack it", reading->name,
                       packing);
    }
    int i = find(reading);
    if (i < FOREIGN_COUNT) {
        return lk_fail(context, LK_FORMAT, "%s: not a known data format, but %s", reading->name,
                       foreign[i].what);
    }
    char quoted[LK_QUOTE_CAPACITY];
    int64_t shown = reading->size < 8 ? reading->size : 8;
    return lk_fail(
        context, LK_FORMAT,
        "%s: not a known data format (it begins with '%s'); known are .amat text, 0/1 "
        "rows, CSV, IDX, NPY, NPZ, PBM, PNG, JPEG and CIFAR batches, each also packed by "
        "gzip, xz, zstd or bzip2; "
        "a text needs --text bytes or --text utf8",
        reading->name, lk_text_quote(reading->data, reading->data + shown, quoted));
}
