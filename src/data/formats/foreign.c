/* Files that are brought often and are no data set: what they are, and what to do. */
#include <string.h>
#include <strings.h>

#include "base/unpack.h"
#include "data/formats/format.h"
#include "data/sound.h"
#include "data/text.h"

#define PICKLE "a Python pickle, which can run code and is not read; save the array with numpy.save"

/* `at`: where the magic bytes stand. A longer magic stands before one that begins alike. */
static const struct {
    int64_t at, size;
    const char *magic, *what;
} foreign[] = {
    {0, 8, "\x89lkz\r\n\x1A\n", "a compressed file of likely; decompress it"},
    {8, 14, "{\"__metadata__", "a safetensors file, as a model is"},
    {0, 2, "\xFF\xFE", "text in UTF-16; convert it: iconv -f UTF-16 -t UTF-8"},
    {0, 2, "\xFE\xFF", "text in UTF-16; convert it: iconv -f UTF-16 -t UTF-8"},
    {0, 4, "\x04\x22\x4D\x18", "packed by lz4; unpack it: lz4 -d"},
    {0, 6, "7z\xBC\xAF\x27\x1C", "a 7z archive; unpack it: 7z x"},
    {0, 4, "Rar!", "a RAR archive; unpack it: unrar x"},
    {257, 5, "ustar", "a tar archive; unpack it: tar -xf"},
    {8, 4, "WEBP", "a WebP picture; convert it: dwebp FILE -o FILE.png"},
    {8, 4, "WAVE",
     "WAV audio; models of recordings take it, as wavenet; --text bytes or --raw models its bytes"},
    {8, 4, "AVI ", "an AVI video; take pictures from it: ffmpeg -i FILE %04d.png"},
    {0, 4, "RIFF", "a RIFF file; --text bytes or --raw models its bytes"},
    {0, 4, "fLaC", "FLAC audio; models of recordings take it, as wavenet; --raw models its bytes"},
    {0, 4, "OggS", "Ogg audio or video; convert it: ffmpeg -i FILE FILE.wav"},
    {4, 8, "ftypavif", "an AVIF picture; convert it: avifdec FILE FILE.png"},
    {4, 8, "ftypheic", "an HEIC picture; convert it: heif-convert FILE FILE.png"},
    {4, 8, "ftypmif1", "an HEIF picture; convert it: heif-convert FILE FILE.png"},
    {4, 4, "ftyp", "a video (MP4, QuickTime); take pictures from it: ffmpeg -i FILE %04d.png"},
    {0, 4, "\x1A\x45\xDF\xA3",
     "a video (Matroska, WebM); take pictures from it: ffmpeg -i FILE "
     "%04d.png"},
    {0, 12, "\0\0\0\x0CjP  \r\n\x87\n",
     "a JPEG 2000 picture; convert it: opj_decompress -i FILE "
     "-o FILE.png"},
    {0, 4, "\xFF\x4F\xFF\x51",
     "a JPEG 2000 picture; convert it: opj_decompress -i FILE -o FILE.png"},
    {0, 12, "\0\0\0\x0CJXL \r\n\x87\n", "a JPEG XL picture; convert it: djxl FILE FILE.png"},
    {0, 2, "\xFF\x0A", "a JPEG XL picture; convert it: djxl FILE FILE.png"},
    {0, 4, "GIF8", "a GIF; convert it: convert FILE FILE.png"},
    {0, 4, "II*\0", "a TIFF picture; convert it: convert FILE FILE.png"},
    {0, 4, "MM\0*", "a TIFF picture; convert it: convert FILE FILE.png"},
    {0, 4, "II+\0", "a TIFF picture (BigTIFF); convert it: convert FILE FILE.png"},
    {0, 4, "MM\0+", "a TIFF picture (BigTIFF); convert it: convert FILE FILE.png"},
    {0, 4, "8BPS", "a Photoshop picture; save it as PNG"},
    {0, 4, "qoif", "a QOI picture; convert it to PNG"},
    {0, 4, "farb", "a farbfeld picture; convert it: ff2png < FILE > FILE.png"},
    {0, 4, "\0\0\1\0", "an icon (ICO); convert it: icotool -x FILE"},
    {0, 2, "Pf", "a PFM picture of real numbers; convert it to PGM or NPY of integers"},
    {0, 2, "PF", "a PFM picture of real numbers; convert it to PPM or NPY of integers"},
    {0, 4, "<svg", "an SVG drawing; convert it: rsvg-convert FILE -o FILE.png"},
    {0, 4, "%PDF", "a PDF; convert it: pdftoppm -png, or pdftotext"},
    {0, 8, "\x89HDF\r\n\x1A\n",
     "an HDF5 file; save the array: numpy.save(NAME, h5py.File(FILE)[KEY][:])"},
    {0, 6, "MATLAB",
     "a MATLAB file; save the array: numpy.save(NAME, scipy.io.loadmat(FILE)[KEY])"},
    {0, 4, "PAR1", "a Parquet file; save the table: pandas.read_parquet(FILE).to_csv(NAME)"},
    {0, 6, "ARROW1",
     "an Arrow or Feather file; save the table: pandas.read_feather(FILE).to_csv(NAME)"},
    {0, 4, "CDF\1", "a NetCDF file; save the array with numpy.save"},
    {0, 4, "CDF\2", "a NetCDF file; save the array with numpy.save"},
    {0, 6, "SIMPLE", "a FITS file; save the array with numpy.save"},
    {0, 16, "SQLite format 3\0", "an SQLite database; save a table: sqlite3 -header -csv"},
    {0, 8, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
     "an old Office file (XLS, DOC); save the table as CSV"},
    {0, 2, "\x80\x02", PICKLE},
    {0, 2, "\x80\x03", PICKLE},
    {0, 2, "\x80\x04", PICKLE},
    {0, 2, "\x80\x05", PICKLE},
    {0, 4, "PK\3\4", "a ZIP archive; unpack it"},
    {0, 4,
     "\x7F"
     "ELF",
     "a program"},
};
#define FOREIGN_COUNT ((int)(sizeof foreign / sizeof foreign[0]))

/* Two letters are few, so the size in its header, too, must be what the file has. */
static bool is_bmp(const uint8_t *d, int64_t size) {
    return size >= 26 && d[0] == 'B' && d[1] == 'M' &&
           (d[2] | d[3] << 8 | d[4] << 16 | (int64_t)d[5] << 24) == size;
}

/* NULL: nothing that is known. */
static const char *find(const uint8_t *data, int64_t size) {
    if (is_bmp(data, size)) {
        return "a BMP picture; convert it: convert FILE FILE.png";
    }
    const char *sound = lk_sound_unread(data, size);
    if (sound != NULL) {
        return sound;
    }
    int i = 0;
    while (i < FOREIGN_COUNT &&
           (size < foreign[i].at + foreign[i].size ||
            memcmp(data + foreign[i].at, foreign[i].magic, (size_t)foreign[i].size) != 0)) {
        ++i;
    }
    return i < FOREIGN_COUNT ? foreign[i].what : NULL;
}

const char *lk_foreign_kind(const uint8_t *data, int64_t size, int64_t *length) {
    const char *what = find(data, size);
    *length = what != NULL ? (int64_t)strcspn(what, ";") : 0;
    return what;
}

/* ---- endings --------------------------------------------------------------------------------- */

lk_status lk_refuse_foreign(lk_context *context, const char *path) {
    static const char *const endings[] = {
        ".bmp", ".gif", ".webp", ".tif", ".tiff", ".avif", ".heic", ".jp2",     ".jxl",  ".svg",
        ".pdf", ".ico", ".h5",   ".mat", ".hdf5", ".pkl",  ".pt",   ".wav",     ".flac", ".xlsx",
        ".xls", ".xz",  ".bz2",  ".zst", ".zip",  ".json", ".tsv",  ".parquet",
    };
    const char *ending = strrchr(path, '.');
    for (size_t i = 0; ending != NULL && i < sizeof endings / sizeof endings[0]; i++) {
        if (strcasecmp(ending, endings[i]) == 0) {
            return lk_fail(context, LK_INVALID,
                           "%s: %s is not written; write .npy, .csv, .png or another%s", path,
                           endings[i],
                           lk_advice(context, "out", " that likely decompress --help lists"));
        }
    }
    return LK_OK;
}

/* ---- contents -------------------------------------------------------------------------------- */

lk_status lk_fail_foreign(lk_context *context, const lk_reading *reading) {
    if (reading->size == 0) {
        return lk_fail(context, LK_FORMAT, "%s: the file is empty", reading->name);
    }
    const char *packing = lk_packing_name(reading->data, reading->size);
    if (packing != NULL) { /* in memory: files are unpacked before they come here */
        return lk_fail(context, LK_FORMAT,
                       "%s: not a known data format, but packed by %s; unpack it", reading->name,
                       packing);
    }
    const char *what = find(reading->data, reading->size);
    if (what != NULL) { /* advice to read it as bytes is for those who can */
        const char *advice = strstr(what, "; --text");
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
        "rows, CSV, IDX, NPY, NPZ, PNG, JPEG, PBM, PGM, PPM, PAM and CIFAR batches, each also "
        "packed by gzip, xz, zstd or bzip2%s",
        reading->name, lk_text_quote(reading->data, reading->data + shown, quoted),
        lk_advice_or(context, "text", "; a text needs --text bytes or --text utf8",
                     "; a text needs lk_loading.text"));
}
