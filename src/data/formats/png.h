/* What reading and writing PNG share: memory, messages. For png.c and png_write.c alone. */
#ifndef LK_DATA_FORMATS_PNG_H
#define LK_DATA_FORMATS_PNG_H

#include <png.h>

#include "data/formats/pictures.h"

#define LK_PNG_MESSAGE 128

/* The pointer that libpng keeps for memory is a bool: whether there was too little. That for errors
 * is char[LK_PNG_MESSAGE]. */
png_voidp lk_png_on_allocate(png_structp png, png_alloc_size_t size);
void lk_png_on_release(png_structp png, png_voidp memory);
void lk_png_on_error(png_structp png, png_const_charp message);
void lk_png_on_warning(png_structp png, png_const_charp message);

/* To look at: one example, or a sheet of several, values spread over 0..255. */
lk_encode lk_png_draw;
/* To be read again: one example, value for value; what a PNG cannot hold is LK_INVALID. */
lk_encode lk_png_encode;

#endif
