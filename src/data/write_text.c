/* Writers of text: .amat, .txt and .csv. A file of one column must not look like something else to
 * the readers, where "10" could be a row of two variables: amat ends its lines with a blank then,
 * and CSV begins with a header line. */
#include "data/write.h"

/* Decimal digits of a value below 65536; returns the end. */
static uint8_t *put_value(uint8_t *out, uint32_t value) {
    uint8_t digits[5];
    int count = 0;
    do {
        digits[count++] = (uint8_t)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (count > 0) {
        *out++ = digits[--count];
    }
    return out;
}

static lk_status encode_lines(const lk_dataset *dataset, uint8_t separator, bool blank_at_end,
                              lk_buffer *buffer) {
    for (int64_t row = 0; row < dataset->examples; ++row) {
        const uint16_t *values = dataset->values + row * dataset->variables;
        uint8_t *out = lk_buffer_room(buffer, dataset->variables * 6 + 1);
        if (!out) {
            break;
        }
        for (int64_t i = 0; i < dataset->variables; ++i) {
            out = put_value(out, values[i]);
            *out++ = separator;
        }
        out -= blank_at_end ? 0 : 1;
        *out++ = '\n';
        buffer->size = out - buffer->data;
    }
    return LK_OK;
}

lk_status lk_encode_amat(lk_context *context, const char *path, const lk_dataset *dataset,
                         lk_buffer *buffer) {
    (void)context, (void)path;
    return encode_lines(dataset, ' ', dataset->variables == 1, buffer);
}

static lk_status encode_rows(const lk_dataset *dataset, lk_buffer *buffer) {
    for (int64_t row = 0; row < dataset->examples; ++row) {
        const uint16_t *values = dataset->values + row * dataset->variables;
        uint8_t *out = lk_buffer_room(buffer, dataset->variables + 1);
        if (!out) {
            break;
        }
        for (int64_t i = 0; i < dataset->variables; ++i) {
            out[i] = (uint8_t)('0' + values[i]);
        }
        out[dataset->variables] = '\n';
        buffer->size += dataset->variables + 1;
    }
    return LK_OK;
}

lk_status lk_encode_txt(lk_context *context, const char *path, const lk_dataset *dataset,
                        lk_buffer *buffer) {
    bool rows = dataset->alphabet == 2 && dataset->variables > 1;
    return rows ? encode_rows(dataset, buffer) : lk_encode_amat(context, path, dataset, buffer);
}

lk_status lk_encode_csv(lk_context *context, const char *path, const lk_dataset *dataset,
                        lk_buffer *buffer) {
    (void)context, (void)path;
    if (dataset->variables == 1) {
        lk_buffer_put(buffer, "value\n", 6);
    }
    return encode_lines(dataset, ',', false, buffer);
}
