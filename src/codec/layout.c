#include "codec/layout.h"

#include <string.h>
#include <xxhash.h>

void lk_layout_bytes(lk_layout *layout, void *bytes, int64_t size) {
    if (layout->to != NULL) {
        lk_buffer_put(layout->to, bytes, size);
    } else if (layout->failed || layout->end - layout->at < size) {
        layout->failed = true;
        memset(bytes, 0, (size_t)size);
    } else {
        memcpy(bytes, layout->at, (size_t)size);
        layout->at += size;
    }
}

void lk_layout_number(lk_layout *layout, int64_t *value, int64_t least, int64_t most) {
    uint64_t rest = layout->to != NULL ? (uint64_t)*value : 0;
    LK_REQUIRE(layout->to == NULL || (*value >= least && *value <= most));
    uint8_t byte = 0x80;
    for (int i = 0; i < LK_NUMBER_MOST && byte >= 0x80; i++) {
        byte = (uint8_t)((rest >> 7 * i & 0x7F) | (rest >> 7 * i >= 0x80 ? 0x80 : 0));
        lk_layout_bytes(layout, &byte, 1);
        rest |= layout->to == NULL ? (uint64_t)(byte & 0x7F) << 7 * i : 0;
    }
    if (layout->to == NULL) {
        layout->failed |= byte >= 0x80 || (int64_t)rest < least || (int64_t)rest > most;
        *value = layout->failed ? least : (int64_t)rest;
    }
}

void lk_layout_u32(lk_layout *layout, uint32_t *value) {
    uint8_t bytes[4];
    for (int i = 0; i < 4 && layout->to != NULL; i++) {
        bytes[i] = (uint8_t)(*value >> 8 * i);
    }
    lk_layout_bytes(layout, bytes, 4);
    *value = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
             (uint32_t)bytes[3] << 24;
}

void lk_layout_float(lk_layout *layout, float *value) {
    uint32_t bits;
    memcpy(&bits, value, sizeof bits);
    lk_layout_u32(layout, &bits);
    memcpy(value, &bits, sizeof bits);
}

uint32_t lk_hash(const uint8_t *bytes, int64_t size, uint32_t file, int64_t number) {
    return (uint32_t)XXH3_64bits_withSeed(bytes, (size_t)size,
                                          (uint64_t)file << 32 | (uint32_t)number);
}
