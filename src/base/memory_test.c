/* Memory: sizes that cannot be, texts, what is kept on failure, refusals, bounds; and JSON and
 * hashes, which have none of their own. */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/context.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/memory.h"

#define GIB (INT64_C(1) << 30)

static void sizes(void **state) {
    (void)state;
    static const struct {
        int64_t count;
        size_t size;
        size_t bytes; /* 0: none */
    } rows[] = {
        {0, 8, 1}, {8, 0, 1}, {3, 8, 24}, {-1, 8, 0}, {INT64_MAX, 2, 0}, {INT64_MAX, 1, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t bytes = 0;
        assert_int_equal(lk_memory_size(rows[i].count, rows[i].size, &bytes), rows[i].bytes > 0);
        assert_true(rows[i].bytes == 0 || bytes == rows[i].bytes);
        void *memory = lk_allocate(rows[i].count, rows[i].size);
        assert_int_equal(memory != NULL, rows[i].bytes > 0);
        assert_int_equal((uintptr_t)memory % 64, 0);
        lk_release(memory);
    }
    assert_null(lk_resize(NULL, INT64_MAX, 8));
    lk_release(NULL);
}

static void resizing(void **state) {
    (void)state;
    char *memory = lk_resize(NULL, 5, 1);
    memcpy(memory, "four", 5);
    assert_null(lk_resize(memory, INT64_MAX, 2));
    assert_string_equal(memory, "four");
    memory = lk_resize(memory, 100000, 1);
    assert_string_equal(memory, "four");
    lk_release(memory);
}

static void lists(void **state) {
    (void)state;
    int *list = NULL;
    for (int i = 0; i < 100; i++) {
        list = lk_room_for_one(list, i, sizeof *list);
        list[i] = i;
    }
    for (int i = 0; i < 100; i++) {
        assert_int_equal(list[i], i);
    }
    assert_null(lk_room_for_one(list, INT64_C(1) << 61, sizeof *list));
    lk_release(list);
}

static void texts(void **state) {
    (void)state;
    char *a = lk_duplicate("one"), *b = lk_duplicate_part("three", 2),
         *c = lk_duplicate_part("", 9);
    char *d = lk_print("%s-%d%c", "x", 12, '!');
    assert_string_equal(a, "one");
    assert_string_equal(b, "th");
    assert_string_equal(c, "");
    assert_string_equal(d, "x-12!");
    lk_release(a);
    lk_release(b);
    lk_release(c);
    lk_release(d);
}

/* ---- refusals -------------------------------------------------------------------------------- */

static int64_t asked, refused_at;

static bool refuse(void) {
    return ++asked == refused_at;
}

static void one_is_refused(void **state) {
    (void)state;
    for (refused_at = 1; refused_at <= 6; refused_at++) {
        asked = 0;
        lk_memory_watch(refuse);
        void *a = lk_allocate(1, 8), *b = lk_resize(NULL, 1, 8);
        char *c = lk_duplicate("text"), *d = lk_print("%d", 7);
        lk_arena *arena = lk_arena_create();
        lk_memory_watch(NULL);
        assert_int_equal(asked, 5);
        assert_int_equal(a == NULL, refused_at == 1);
        assert_int_equal(b == NULL, refused_at == 2);
        assert_int_equal(c == NULL, refused_at == 3);
        assert_int_equal(d == NULL, refused_at == 4);
        assert_int_equal(arena == NULL, refused_at == 5);
        lk_release(a);
        lk_release(b);
        lk_release(c);
        lk_release(d);
        lk_arena_destroy(arena);
    }
    lk_arena *arena = lk_arena_create();
    asked = 0;
    refused_at = 1;
    lk_memory_watch(refuse);
    assert_null(lk_arena_take(arena, 1, 8));
    lk_memory_watch(NULL);
    assert_true(lk_arena_failed(arena));
    lk_arena_destroy(arena);
}

static void arenas_have_a_limit(void **state) {
    (void)state;
    lk_arena *arena = lk_arena_create();
    lk_arena_limit(arena, 1000);
    assert_non_null(lk_arena_take(arena, 100, 9));
    assert_int_equal(lk_arena_bytes(arena), 900);
    assert_null(lk_arena_take(arena, 101, 1));
    assert_true(lk_arena_failed(arena));
    assert_int_equal(lk_arena_bytes(arena), 1001);
    lk_arena_destroy(arena);
}

static void says(const lk_context *context, const char *part) {
    if (strstr(context->message, part) == NULL) {
        fail_msg("no \"%s\" in: %s", part, context->message);
    }
}

static void bounds_are_told(void **state) {
    (void)state;
    lk_context context = {0};
    assert_int_equal(lk_memory_allow(&context, "file", "all", 1e30), LK_OK); /* no bound */
    assert_int_equal(lk_memory_allow(NULL, "file", "all", 1e30), LK_OK);
    lk_context_set_memory(&context, 2 * GIB);
    assert_int_equal(lk_memory_allow(&context, "file", "all", 2.0 * GIB), LK_OK);
    assert_int_equal(lk_memory_allow(&context, "a.png", "its pixels", 3.5 * GIB), LK_NO_MEMORY);
    says(&context, "a.png: its pixels would take 3.5 GiB of memory, and at most 2.0 GiB may be");
    says(&context, "--memory");
    lk_context_set_memory(&context, 1 << 20);
    assert_int_equal(lk_memory_allow(&context, NULL, "a window", 5e6), LK_NO_MEMORY);
    says(&context, "a window would take 5 MiB of memory, and at most 1 MiB");
    lk_context_set_memory(&context, 1);
    assert_int_equal(lk_memory_allow(&context, NULL, "a window", 4096), LK_NO_MEMORY);
    says(&context, "would take 4 KiB of memory, and at most 1 KiB");
    assert_int_equal(lk_memory_allow(&context, NULL, "a window", 100), LK_NO_MEMORY);
    says(&context, "would take 100 bytes of memory, and at most 1 byte"); /* each of them 1 KiB */
    int64_t all = lk_memory_of_machine();
    assert_true(all >= (64 << 20) && all <= sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE));
    lk_context_set_memory(&context, 0);
    assert_int_equal(context.memory_most, all / 2);
}

static void files_are_bounded(void **state) {
    (void)state;
    lk_context context = {0};
    lk_bytes bytes;
    lk_context_set_memory(&context, 1000);
    assert_int_equal(lk_file_read(&context, "/proc/self/exe", GIB, &bytes), LK_NO_MEMORY);
    says(&context, "/proc/self/exe: its content");
    lk_context_set_memory(&context, GIB);
    assert_int_equal(lk_file_read(&context, "/proc/self/exe", GIB, &bytes), LK_OK);
    lk_bytes_release(&bytes);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

/* What jansson holds, so that lk_json_parse can be held against it. */
static int64_t json_held, json_most;

static void *json_allocate(size_t size) {
    void *memory = lk_resize(NULL, (int64_t)size, 1);
    json_held += memory != NULL ? (int64_t)malloc_usable_size(memory) + 8 : 0;
    json_most = json_held > json_most ? json_held : json_most;
    return memory;
}

static void json_release(void *memory) {
    json_held -= memory != NULL ? (int64_t)malloc_usable_size(memory) + 8 : 0;
    lk_release(memory);
}

/* No text makes jansson hold more than was made sure of. */
static void json_takes_what_was_asked(void **state) {
    (void)state;
    static const char *const units[] = {
        "{},",          "[],",
        "0,",           "\"\",",
        "[[],[],[]],",  "{\"a\":{}},",
        "1e5,",         "null,",
        "\"\\u00e9\",", "{\"aaaaaaaaaaaaaaaaaaaaaaaa\":0,\"b\":[]},"};
    for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
        size_t length = strlen(units[u]), count = 5000, size = length * count + 1;
        char *text = lk_allocate((int64_t)size + 1, 1);
        text[0] = '[';
        for (size_t i = 0; i < count; i++) {
            memcpy(text + 1 + i * length, units[u], length);
        }
        text[size - 1] = ']';
        lk_context context = {0};
        json_t *json;
        json_error_t error;
        json_most = json_held;
        assert_int_equal(lk_json_parse(&context, "text", text, size, &json, &error), LK_OK);
        if (json == NULL) {
            fail_msg("%s: %s", units[u], error.text);
        }
        lk_context_set_memory(&context, json_most - 1);
        json_decref(json);
        lk_status status = lk_json_parse(&context, "text", text, size, &json, &error);
        if (status != LK_NO_MEMORY) {
            fail_msg("%s: took %lld bytes, but was allowed with fewer", units[u],
                     (long long)json_most);
        }
        says(&context, "text: parsing its JSON");
        assert_null(json);
        lk_release(text);
    }
}

static void json_is_whole_or_none(void **state) {
    (void)state;
    for (refused_at = 0;; refused_at++) {
        asked = 0;
        lk_memory_watch(refuse);
        json_t *object = json_object();
        for (int i = 0; i < 30; i++) {
            char key[16];
            snprintf(key, sizeof key, "key %d", i);
            lk_json_set(&object, key, json_integer(i));
        }
        char *text = lk_json_text(object, JSON_COMPACT);
        lk_memory_watch(NULL);
        json_decref(object);
        assert_true(text == NULL || strstr(text, "\"key 29\":29") != NULL);
        assert_int_equal(text != NULL, refused_at == 0 || asked < refused_at);
        lk_release(text);
        if (refused_at > 0 && asked < refused_at) {
            return;
        }
    }
}

/* ---- hashes ---------------------------------------------------------------------------------- */

static void hashes_are_xxh3(void **state) {
    (void)state;
    uint8_t bytes[3000];
    for (int i = 0; i < 3000; i++) {
        bytes[i] = (uint8_t)(i * i / 7);
    }
    for (size_t size = 0; size <= sizeof bytes; size += 1 + size / 3) {
        lk_hash hash;
        uint8_t digest[16];
        char text[33];
        XXH128_canonical_t expected;
        XXH128_canonicalFromHash(&expected, XXH3_128bits(bytes, size));
        lk_hash_begin(&hash);
        for (size_t at = 0; at < size; at += 101) {
            lk_hash_add(&hash, bytes + at, size - at < 101 ? size - at : 101);
        }
        lk_hash_end(&hash, digest);
        assert_memory_equal(digest, expected.digest, 16);
        lk_hash_print(digest, text);
        assert_int_equal(strlen(text), 32);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),
        cmocka_unit_test(resizing),
        cmocka_unit_test(lists),
        cmocka_unit_test(texts),
        cmocka_unit_test(one_is_refused),
        cmocka_unit_test(arenas_have_a_limit),
        cmocka_unit_test(bounds_are_told),
        cmocka_unit_test(files_are_bounded),
        cmocka_unit_test(json_takes_what_was_asked),
        cmocka_unit_test(json_is_whole_or_none),
        cmocka_unit_test(hashes_are_xxh3),
    };
    json_set_alloc_funcs(json_allocate, json_release);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
