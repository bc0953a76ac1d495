/* Safetensors: bytes written by hand are read, headers that lie are refused, and what is written is
 * byte for byte what the format's own package writes. */
#include "data/safetensors.h"
#include "data/testing.h"

static lk_bytes file_of(const char *header, const void *arrays, int64_t size) {
    int64_t length = (int64_t)strlen(header);
    lk_bytes bytes = {malloc((size_t)(8 + length + size)), 8 + length + size};
    assert_non_null(bytes.data);
    for (int i = 0; i < 8; ++i) {
        bytes.data[i] = (uint8_t)(length >> (8 * i));
    }
    memcpy(bytes.data + 8, header, (size_t)length);
    if (size > 0) {
        memcpy(bytes.data + 8 + length, arrays, (size_t)size);
    }
    return bytes;
}

static const uint8_t arrays[16] = {1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 5, 6, 7};

static void files_by_hand_are_read(void **state) {
    (void)state;
    lk_context context = {0};
    lk_safetensors file;
    lk_bytes bytes = file_of(
        "{\"u\":{\"dtype\":\"U8\",\"shape\":[4,1],\"data_offsets\":[12,16]},\"none\":{\"dtype\":"
        "\"F64\","
        "\"shape\":[3,0],\"data_offsets\":[12,12]},\"__metadata__\":{\"a\":\"b\",\"c\":\"\"},"
        "\"i\":{\"data_offsets\":[0,12],\"dtype\":\"I32\",\"shape\":[3]}}   ",
        arrays, 16);
    if (lk_safetensors_parse(&context, "file", bytes, &file) != LK_OK) {
        fail_msg("%s", context.message);
    }
    assert_int_equal(file.count, 3);
    assert_string_equal(file.tensors[0].name, "i");
    assert_string_equal(file.tensors[1].name, "none");
    const lk_tensor *tensor = lk_safetensors_tensor(&file, "u");
    assert_int_equal(tensor->type, LK_U8);
    assert_int_equal(tensor->axes, 2);
    assert_int_equal(tensor->size[0], 4);
    assert_int_equal(tensor->bytes, 4);
    assert_memory_equal(tensor->data, arrays + 12, 4);
    assert_null(lk_safetensors_tensor(&file, "v"));
    assert_string_equal(lk_safetensors_value(&file, "a"), "b");
    assert_string_equal(lk_safetensors_value(&file, "c"), "");
    assert_null(lk_safetensors_value(&file, "d"));
    lk_safetensors_deinit(&file);
    assert_int_equal(lk_safetensors_parse(&context, "file", file_of("{}", NULL, 0), &file), LK_OK);
    lk_safetensors_deinit(&file);
}

static void refused(lk_bytes bytes, lk_status status, const char *part) {
    lk_context context = {0};
    lk_safetensors file;
    lk_status found = lk_safetensors_parse(&context, "file", bytes, &file);
    if (found != status || !strstr(context.message, part) ||
        strncmp(context.message, "file: ", 6) != 0) {
        fail_msg("wanted status %d and '%s', found %d: %s", status, part, found, context.message);
    }
    assert_null(file.tensors);
    assert_null(file.bytes.data);
}

static void lying_headers_are_refused(void **state) {
    (void)state;
#define TENSOR(type, shape, begin, end) \
    "{\"dtype\":\"" type "\",\"shape\":[" shape "],\"data_offsets\":[" #begin "," #end "]}"
    static const struct {
        const char *header;
        lk_status status;
        const char *part;
    } rows[] = {
        {"{\"a\":" TENSOR("U8", "16", 0, 16) "", LK_FORMAT, "header is damaged"},
        {"[1]", LK_FORMAT, "not a safetensors file"},
        {"{\"a\":" TENSOR("U8", "8", 0, 8) ",\"a\":" TENSOR("U8", "8", 8, 16) "}", LK_FORMAT,
         "duplicate"},
        {"{\"a\":" TENSOR("U8", "8", 0, 8) ",\"b\":" TENSOR("U8", "8", 7, 15) "}", LK_FORMAT,
         "'b' of the"},
        {"{\"a\":" TENSOR("U8", "8", 0, 8) ",\"b\":" TENSOR("U8", "7", 9, 16) "}", LK_FORMAT,
         "overlaps the one before it"},
        {"{\"a\":" TENSOR("U8", "8", 0, 8) "}", LK_FORMAT, "8 bytes after the last tensor"},
        {"{\"a\":" TENSOR("U8", "17", 0, 17) "}", LK_FORMAT, "offsets outside the file"},
        {"{\"a\":" TENSOR("U8", "4", 8, 4) "}", LK_FORMAT, "offsets outside the file"},
        {"{\"a\":" TENSOR("U8", "16", -1, 15) "}", LK_FORMAT, "offsets outside the file"},
        {"{\"a\":" TENSOR("U8", "16", 0.0, 16) "}", LK_FORMAT, "offsets outside the file"},
        {"{\"a\":" TENSOR("U8", "16", 0, 99999999999999999999) "}", LK_FORMAT, "too big"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[16],\"data_offsets\":[0,16,16]}}", LK_FORMAT,
         "offsets outside the file"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[16]}}", LK_FORMAT, "offsets outside the file"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":16,\"data_offsets\":[0,16]}}", LK_FORMAT,
         "has no shape"},
        {"{\"a\":{\"shape\":[16],\"data_offsets\":[0,16]}}", LK_FORMAT, "has no type"},
        {"{\"a\":" TENSOR("U8", "15", 0, 16) "}", LK_FORMAT, "does not agree"},
        {"{\"a\":" TENSOR("F32", "16", 0, 16) "}", LK_FORMAT, "does not agree"},
        {"{\"a\":" TENSOR("U8", "4294967296,4294967296,16", 0, 16) "}", LK_FORMAT, "not of sizes"},
        {"{\"a\":" TENSOR("U8", "-16", 0, 16) "}", LK_FORMAT, "not of sizes"},
        {"{\"a\":" TENSOR("U8", "\"16\"", 0, 16) "}", LK_FORMAT, "not of sizes"},
        {"{\"a\":" TENSOR("U8", "1,1,1,1,16", 0, 16) "}", LK_UNSUPPORTED, "5 axes"},
        {"{\"a\":" TENSOR("F16", "8", 0, 16) "}", LK_UNSUPPORTED, "type 'F16'"},
        {"{\"a\":7}", LK_FORMAT, "not an object"},
        {"{\"__metadata__\":{\"a\":1}}", LK_FORMAT, "not a string"},
        {"{\"__metadata__\":[]}", LK_FORMAT, "not an object"},
        {"{\"__metadata__\":{\"a\":\"\\u0000\"}}", LK_FORMAT, "header is damaged"},
        {"{\"\xFF\":7}", LK_FORMAT, "header is damaged"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
        refused(file_of(rows[i].header, arrays, 16), rows[i].status, rows[i].part);
    }
}

static void truncated_files_are_refused(void **state) {
    (void)state;
    lk_bytes whole = file_of("{\"a\":" TENSOR("U8", "16", 0, 16) "}", arrays, 16);
    for (int64_t size = 0; size < whole.size; ++size) {
        refused(test_bytes(whole.data, size), LK_FORMAT, "");
    }
    memset(whole.data, 0xFF, 8);
    refused(whole, LK_FORMAT, "not a safetensors file");
}

/* What the Python package, version 0.8.0, writes for these tensors in any order. */
static void written_files_are_the_format_s_own(void **state) {
    (void)state;
    static const uint8_t wanted[] =
        "\60\1\0\0\0\0\0\0{\"__metadata__\":{\"k\":\"v\\n\"},"
        "\"z\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]},"
        "\"s\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[8,12]},"
        "\"i\":{\"dtype\":\"I32\",\"shape\":[0,2],\"data_offsets\":[12,12]},"
        "\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[12,15]},"
        "\"b\\\"\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[15,16]}}   "
        "\1\0\0\0\2\0\0\0\3\0\0\0\4\5\6\7";
    lk_context context = {0};
    lk_tensor tensors[] = {
        {.name = "b\"", .type = LK_U8, .axes = 1, .size = {1}, .data = arrays + 15, .bytes = 1},
        {.name = "i", .type = LK_I32, .axes = 2, .size = {0, 2}, .data = NULL, .bytes = 0},
        {.name = "a", .type = LK_U8, .axes = 1, .size = {3}, .data = arrays + 12, .bytes = 3},
        {.name = "s", .type = LK_F32, .axes = 0, .data = arrays + 8, .bytes = 4},
        {.name = "z", .type = LK_I64, .axes = 1, .size = {1}, .data = arrays, .bytes = 8},
    };
    const char *keys[] = {"k"}, *values[] = {"v\n"};
    char path[512];
    lk_bytes bytes;
    if (lk_safetensors_write(&context, test_path("a.safetensors", path), tensors, 5, keys, values,
                             1) != LK_OK ||
        lk_file_read_raw(&context, path, 1 << 20, &bytes) != LK_OK) {
        fail_msg("%s", context.message);
    }
    assert_int_equal(bytes.size, sizeof wanted - 1);
    assert_memory_equal(bytes.data, wanted, sizeof wanted - 1);
    lk_bytes_release(&bytes);
    lk_safetensors file;
    assert_int_equal(lk_safetensors_read(&context, path, &file), LK_OK);
    assert_int_equal(file.count, 5);
    assert_string_equal(lk_safetensors_value(&file, "k"), "v\n");
    lk_safetensors_deinit(&file);
    values[0] = "\xC3";
    assert_int_equal(lk_safetensors_write(&context, path, tensors, 5, keys, values, 1), LK_INVALID);
    remove(path);
    assert_int_equal(lk_safetensors_read(&context, path, &file), LK_IO);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_by_hand_are_read),
        cmocka_unit_test(lying_headers_are_refused),
        cmocka_unit_test(truncated_files_are_refused),
        cmocka_unit_test(written_files_are_the_format_s_own),
    };
    return cmocka_run_group_tests(tests, NULL, test_folder_remove);
}
