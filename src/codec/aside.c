/* What is kept beside the symbols is bytes: a number is a varint, a name says how many bytes it
 * shares with the name before and then the others. A byte is coded by how often it came before in
 * the chunk, in bytes of its kind. */
#include <string.h>

#include "codec/content.h"

#define GAIN 24
#define TOTAL_MOST (1 << 16)
#define NAME_MOST 4095

typedef struct counts {
    uint32_t of[256], total;
} counts;

static uint8_t code_byte(lk_code *code, counts *c, uint8_t byte) {
    uint32_t cdf[257];
    uint64_t sum = 0, total = c->total + 256; /* each once more than it came */
    for (int i = 0; i < 257; i++) {
        cdf[i] = (uint32_t)((sum << LK_CDF_BITS) / total);
        sum += i < 256 ? c->of[i] + 1 : 0;
    }
    byte = (uint8_t)lk_code_symbol(code, cdf, 256, byte);
    c->of[byte] += GAIN;
    c->total += GAIN;
    for (int i = 0, half = c->total > TOTAL_MOST; i < 256 && half; i++) {
        c->total -= c->of[i] - c->of[i] / 2;
        c->of[i] /= 2;
    }
    return byte;
}

static int64_t code_number(lk_code *code, counts *c, int64_t number) {
    uint64_t rest = (uint64_t)number, read = 0;
    uint8_t byte = 0x80;
    for (int shift = 0; shift < 63 && byte >= 0x80; shift += 7, rest >>= 7) {
        byte = code_byte(code, c, (uint8_t)((rest & 0x7F) | (rest >= 0x80 ? 0x80 : 0)));
        read |= (uint64_t)(byte & 0x7F) << shift;
    }
    code->wrong |= byte >= 0x80;
    return (int64_t)read;
}

/* The name at *at of the list; decoding, it is put there. */
static void code_name(lk_code *code, counts c[2], lk_buffer *names, int64_t *at, char *before) {
    char name[NAME_MOST + 1];
    int64_t shared = 0;
    memcpy(name, before, sizeof name);
    if (!code->decoding) {
        strcpy(name, (const char *)names->data + *at);
        while (name[shared] != '\0' && name[shared] == before[shared]) {
            shared++;
        }
    }
    shared = code_number(code, &c[0], shared);
    code->wrong |= shared > (int64_t)strlen(before);
    for (int64_t i = shared; !code->wrong; i++) {
        name[i] = (char)code_byte(code, &c[1], (uint8_t)name[i]);
        if (name[i] == '\0') {
            break;
        }
        code->wrong |= i == NAME_MOST;
    }
    if (code->decoding && !code->wrong) {
        code->wrong = !lk_content_names(name);
        lk_buffer_put(names, name, (int64_t)strlen(name) + 1);
        code->no_memory |= names->failed;
    }
    *at += (int64_t)strlen(name) + 1;
    memcpy(before, name, sizeof name);
}

bool lk_content_names(const char *name) {
    size_t length = strlen(name);
    for (const char *part = name; part != NULL; part = strchr(part, '/')) {
        part += part != name;
        if (*part == '.' || *part == '/' || *part == '\0') {
            return false;
        }
    }
    return length <= NAME_MOST;
}

void lk_content_code_aside(const lk_container *container, lk_code *code, lk_content *content) {
    counts length = {0}, label = {0}, name[2] = {0};
    char before[NAME_MOST + 1] = {0};
    int64_t at = 0, left = content->symbols;
    for (int64_t i = 0; i < content->items && !code->wrong; i++) {
        if (content->alphabet != NULL && content->items > 1) {
            content->length[i] = code_number(code, &length, content->length[i]);
            code->wrong |= content->length[i] > left;
            left -= content->length[i];
        }
        if (content->label != NULL) {
            int64_t number = code_number(code, &label, content->label[i]);
            code->wrong |= number > INT32_MAX;
            content->label[i] = (int32_t)number;
        }
        if (container->names) {
            code_name(code, name, &content->names, &at, before);
        }
    }
    code->wrong |= content->alphabet != NULL && content->items > 1 && left != 0;
}
