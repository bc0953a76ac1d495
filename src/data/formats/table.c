/* The table of formats. */
#include "data/formats/format.h"

/* Those with a magic number are tried first. */
const lk_format *const lk_formats[] = {
    &lk_png_format,     &lk_jpeg_format,
    &lk_cifar10_format, &lk_cifar100_format,
    &lk_npz_format,     &lk_npy_format,
    &lk_idx_format,     &lk_pbm_format,
    &lk_pnm_format,     &lk_csv_format,
    &lk_rows_format,    &lk_amat_format,
    &lk_folder_format,  NULL,
};

const lk_format *lk_format_of(int32_t number) {
    for (const lk_format *const *format = lk_formats; *format != NULL; ++format) {
        if ((int32_t)(*format)->number == number) {
            return *format;
        }
    }
    return NULL;
}

const char *lk_dataset_format_name(int32_t format) {
    const lk_format *row = lk_format_of(format);
    return row ? row->name : format == LK_FROM_MEMORY ? "memory" : NULL;
}

bool lk_dataset_format_labelled(int32_t format) {
    const lk_format *row = lk_format_of(format);
    return row && (row->traits & LK_KEEPS_LABELS) != 0;
}
