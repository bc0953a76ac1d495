#define XXH_INLINE_ALL /* the state's size is then that of the code that uses it */
#include "base/hash.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

_Static_assert(sizeof(XXH3_state_t) <= sizeof(lk_hash), "the state fits");

void lk_hash_begin(lk_hash *hash) {
    XXH3_state_t state;
    memset(&state, 0, sizeof state);
    XXH3_128bits_reset(&state);
    memcpy(hash->state, &state, sizeof state);
}

void lk_hash_add(lk_hash *hash, const void *bytes, size_t size) {
    XXH3_state_t state;
    memcpy(&state, hash->state, sizeof state);
    XXH3_128bits_update(&state, bytes, size);
    memcpy(hash->state, &state, sizeof state);
}

void lk_hash_text(lk_hash *hash, const char *text) {
    lk_hash_add(hash, text, strlen(text) + 1);
}

void lk_hash_end(const lk_hash *hash, uint8_t digest[16]) {
    XXH3_state_t state;
    XXH128_canonical_t canonical;
    memcpy(&state, hash->state, sizeof state);
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(&state));
    memcpy(digest, canonical.digest, sizeof canonical.digest);
}

void lk_hash_print(const uint8_t digest[16], char text[33]) {
    for (int i = 0; i < 16; i++) {
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    }
}
