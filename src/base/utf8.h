/* UTF-8 (RFC 3629) of any bytes, without loss: what is not valid UTF-8 stands byte by byte as
 * characters above the last code point. */
#ifndef LK_BASE_UTF8_H
#define LK_BASE_UTF8_H

#include <stdbool.h>
#include <stdint.h>

/* A character is a code point below LK_UTF8_BYTE (surrogates excluded), or LK_UTF8_BYTE + a byte
 * that is part of none. */
#define LK_UTF8_BYTE 0x110000u
#define LK_UTF8_MOST 4 /* bytes of one character */

/* The character that begins at bytes[0], size >= 1; returns how many bytes it takes, 1 to
 * LK_UTF8_MOST. Overlong forms, surrogates, code points above 0x10FFFF and sequences cut off by the
 * end are not valid: their first byte is a character. */
int lk_utf8_get(const uint8_t *bytes, int64_t size, uint32_t *character);
/* The reverse: returns how many bytes were put. The bytes of characters got one after another are
 * those that were there. */
int lk_utf8_put(uint32_t character, uint8_t bytes[LK_UTF8_MOST]);
/* A code point that UTF-8 may encode. */
bool lk_utf8_is_code_point(uint32_t character);
/* Bytes that a byte order mark takes at the begin of a text: 3, or 0 where none stands. */
int lk_utf8_mark(const void *text, int64_t size);
/* Whether all of a text is UTF-8. */
bool lk_is_utf8(const char *text);

#endif
