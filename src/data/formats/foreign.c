/* Files that are brought often and are no data set: what they are, and what to do. */
#include <string.h>

#include "data/formats/format.h"
#include "data/text.h"

static const struct {
    const char *magic;
    int64_t size;
    const char *what;
} foreign[] = {
    {"\xFF\xFE", 2, "text in UTF-16; convert it: iconv -f UTF-16 -t UTF-8"},
    {"\xFE\xFF", 2, "text in UTF-16; convert it: iconv -f UTF-16 -t UTF-8"},
    {"\xFD"
     "7zXZ",
     5, "packed by xz; unpack it: xz -dk"},
    {"BZh", 3, "packed by bzip2; unpack it: bunzip2 -k"},
    {"\x28\xB5\x2F\xFD", 4, "packed by zstd; unpack it: zstd -dk"},
    {"\x1F\x8B", 2, "gzipped twice; unpack it: gunzip -k"},
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
    int i = find(reading);
    if (i < FOREIGN_COUNT) { /* advice to read it as bytes is for those who can */
        const char *what = foreign[i].what, *advice = strstr(what, "; --text");
        bool whole =
            advice == NULL || *lk_advice(context, "raw", lk_advice(context, "text", advice));
        return lk_fail(context, LK_FORMAT, "%s: not a known data format, but %.*s", reading->name,
                       (int)(whole ? strlen(what) : (size_t)(advice - what)), what);
    }
    char quoted[LK_QUOTE_CAPACITY];
    int64_t shown = reading->size < 8 ? reading->size : 8;
    return lk_fail(
        context, LK_FORMAT,
        "%s: not a known data format (it begins with '%s'); known are .amat text, 0/1 "
        "rows, CSV, IDX, NPY, NPZ, PBM, PNG, JPEG and CIFAR batches, each also gzipped%s",
        reading->name, lk_text_quote(reading->data, reading->data + shown, quoted),
        lk_advice(context, "text", "; a text needs --text bytes or --text utf8"));
}
