/* XXH3-128 of what comes in pieces. The state is the caller's, so that nothing is allocated. */
#ifndef LK_BASE_HASH_H
#define LK_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

typedef struct lk_hash {
    uint8_t state[640];
} lk_hash;

void lk_hash_begin(lk_hash *hash);
void lk_hash_add(lk_hash *hash, const void *bytes, size_t size);
/* With its zero byte. */
void lk_hash_text(lk_hash *hash, const char *text);
/* The canonical (big-endian) form. */
void lk_hash_end(const lk_hash *hash, uint8_t digest[16]);
/* As 32 hexadecimal digits. */
void lk_hash_print(const uint8_t digest[16], char text[33]);

#endif
