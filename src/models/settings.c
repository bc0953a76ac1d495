/* Settings of a model family. Every value is kept as its canonical text: an integer without leading
 * zeros, a real as the shortest decimal that reads back as the same double, "true" or "false",
 * integers separated by single commas. So equal settings have equal texts, which is what a
 * fingerprint needs. Numbers are read and written in the C locale, whatever the caller's is. */
#include "models/settings.h"

#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define LIST_MOST 1024 /* integers in one LK_INTEGERS */

/* ---- one value, to its canonical text -------------------------------------------------------- */

static bool canonical_integer(const lk_setting *row, const char *value, char *text,
                              size_t capacity) {
    char *end = NULL;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    if (end == value || *end != '\0' || errno != 0 || isspace((unsigned char)value[0])) {
        return false;
    }
    if ((double)number < row->least || (double)number > row->most) {
        return false;
    }
    snprintf(text, capacity, "%lld", number);
    return true;
}

/* The shortest decimal that reads back as the same double. */
static void print_real(double number, char *text, size_t capacity) {
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, capacity, "%.*g", digits, number);
        if (strtod(text, NULL) == number) {
            return;
        }
    }
}

static bool canonical_real(const lk_setting *row, const char *value, char *text, size_t capacity) {
    char *end = NULL;
    double number = strtod(value, &end);
    if (end == value || *end != '\0' || isspace((unsigned char)value[0])) {
        return false;
    }
    if (!isfinite(number) || number < row->least || number > row->most) {
        return false;
    }
    if (number == 0) {
        number = 0; /* -0 and 0 are one setting */
    }
    print_real(number, text, capacity);
    return true;
}

static bool canonical_boolean(const char *value, char *text, size_t capacity) {
    static const char *const yes[] = {"true", "yes", "on", "1"};
    static const char *const no[] = {"false", "no", "off", "0"};
    for (int i = 0; i < 4; i++) {
        if (strcmp(value, yes[i]) == 0 || strcmp(value, no[i]) == 0) {
            snprintf(text, capacity, "%s", strcmp(value, yes[i]) == 0 ? "true" : "false");
            return true;
        }
    }
    return false;
}

static bool canonical_choice(const lk_setting *row, const char *value, char *text,
                             size_t capacity) {
    size_t length = strlen(value);
    if (length == 0 || strchr(value, '|') != NULL) {
        return false;
    }
    for (const char *at = row->choices; at != NULL; at = strchr(at, '|')) {
        at += *at == '|';
        if (strncmp(at, value, length) == 0 && (at[length] == '|' || at[length] == '\0')) {
            snprintf(text, capacity, "%s", value);
            return true;
        }
    }
    return false;
}

static bool canonical_integers(const lk_setting *row, const char *value, char *text,
                               size_t capacity) {
    size_t used = 0;
    int32_t count = 0;
    text[0] = '\0';
    for (const char *at = value; *at != '\0'; count++) {
        char item[32], canonical[32];
        size_t length = strcspn(at, ",");
        if (length >= sizeof item || count == LIST_MOST) {
            return false;
        }
        memcpy(item, at, length);
        item[length] = '\0';
        if (!canonical_integer(row, item, canonical, sizeof canonical)) {
            return false;
        }
        used +=
            (size_t)snprintf(text + used, capacity - used, "%s%s", count > 0 ? "," : "", canonical);
        at += length;
        if (at[0] == ',' && at[1] == '\0') {
            return false;
        }
        at += *at == ',';
        if (used >= capacity) {
            return false;
        }
    }
    return true;
}

/* The length of the UTF-8 sequence at `at` (RFC 3629: no overlong forms, no surrogates); 0 when it
 * is none. */
static int utf8_sequence(const unsigned char *at) {
    if (at[0] < 0x80) {
        return 1;
    }
    int length = at[0] >= 0xC2 && at[0] <= 0xDF   ? 2
                 : (at[0] & 0xF0) == 0xE0         ? 3
                 : at[0] >= 0xF0 && at[0] <= 0xF4 ? 4
                                                  : 0;
    for (int i = 1; i < length; i++) {
        if ((at[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    bool overlong = (at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xF0 && at[1] < 0x90);
    bool outside = (at[0] == 0xED && at[1] > 0x9F) || (at[0] == 0xF4 && at[1] > 0x8F);
    return overlong || outside ? 0 : length;
}

static bool canonical_text(const char *value, char *text, size_t capacity) {
    for (const unsigned char *at = (const unsigned char *)value; *at != '\0';) {
        int length = utf8_sequence(at);
        if (length == 0 || (*at < 0x20 && *at != '\n' && *at != '\t') || *at == 0x7F) {
            return false;
        }
        at += length;
    }
    snprintf(text, capacity, "%s", value);
    return true;
}

static bool canonical(const lk_setting *row, const char *value, char *text, size_t capacity) {
    switch (row->kind) {
    case LK_INTEGER:
        return canonical_integer(row, value, text, capacity);
    case LK_REAL:
        return canonical_real(row, value, text, capacity);
    case LK_BOOLEAN:
        return canonical_boolean(value, text, capacity);
    case LK_CHOICE:
        return canonical_choice(row, value, text, capacity);
    case LK_INTEGERS:
        return canonical_integers(row, value, text, capacity);
    case LK_TEXT:
        return canonical_text(value, text, capacity);
    }
    return false;
}

/* ---- messages -------------------------------------------------------------------------------- */

static void describe_allowed(const lk_setting *row, char *text, size_t capacity) {
    char least[32], most[32];
    switch (row->kind) {
    case LK_INTEGER:
        snprintf(text, capacity, "an integer from %.17g to %.17g", row->least, row->most);
        return;
    case LK_REAL:
        print_real(row->least, least, sizeof least);
        print_real(row->most, most, sizeof most);
        snprintf(text, capacity, "a number from %s to %s", least, most);
        return;
    case LK_BOOLEAN:
        snprintf(text, capacity, "true or false");
        return;
    case LK_CHOICE:
        snprintf(text, capacity, "one of %s", row->choices);
        return;
    case LK_INTEGERS:
        snprintf(text, capacity, "integers from %.17g to %.17g, separated by commas", row->least,
                 row->most);
        return;
    case LK_TEXT:
        snprintf(text, capacity, "UTF-8 text without control characters");
        return;
    }
}

static lk_status fail_unknown(lk_context *context, const lk_settings *settings, const char *key) {
    char known[512] = "";
    size_t used = 0;
    for (int32_t i = 0; i < settings->count && used < sizeof known; i++) {
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "",
                                 settings->table[i].key);
    }
    return lk_fail(context, LK_INVALID, "unknown setting '%.80s'; %s%s", key,
                   settings->count > 0 ? "known: " : "there are none", known);
}

/* ---- the settings ---------------------------------------------------------------------------- */

int32_t lk_setting_find(const lk_setting *table, int32_t count, const char *key) {
    for (int32_t i = 0; i < count; i++) {
        if (strcmp(table[i].key, key) == 0) {
            return i;
        }
    }
    return -1;
}

static int32_t find(const lk_settings *settings, const char *key) {
    return lk_setting_find(settings->table, settings->count, key);
}

static lk_status set_row(lk_context *context, lk_settings *settings, int32_t index,
                         const char *value) {
    const lk_setting *row = &settings->table[index];
    size_t capacity = LK_SETTING_TEXT_MOST;
    if (strlen(value) >= capacity) {
        return lk_fail(context, LK_INVALID,
                       "setting '%s': the value has %zu bytes; at most %zu are allowed", row->key,
                       strlen(value), capacity - 1);
    }
    char *text = lk_resize(NULL, (int64_t)capacity, 1);
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (text == NULL || plain == (locale_t)0) {
        lk_release(text);
        return lk_fail_no_memory(context, "a setting", (int64_t)capacity);
    }
    locale_t before = uselocale(plain);
    bool valid = canonical(row, value, text, capacity);
    char allowed[256] = "";
    describe_allowed(row, allowed, sizeof allowed);
    uselocale(before);
    freelocale(plain);
    if (!valid) {
        lk_release(text);
        return lk_fail(context, LK_INVALID, "setting '%s': '%.80s' is not %s", row->key, value,
                       allowed);
    }
    char *shorter = lk_resize(text, (int64_t)strlen(text) + 1, 1);
    lk_release(settings->text[index]);
    settings->text[index] = shorter != NULL ? shorter : text;
    return LK_OK;
}

lk_status lk_settings_init(lk_context *context, lk_settings *settings, const lk_setting *table,
                           int32_t count) {
    LK_REQUIRE(count >= 0 && count <= LK_SETTINGS_MOST);
    memset(settings, 0, sizeof *settings);
    settings->table = table;
    settings->count = count;
    for (int32_t i = 0; i < count; i++) {
        lk_status status = set_row(context, settings, i, table[i].fallback);
        if (status != LK_OK) {
            lk_settings_deinit(settings);
            return status;
        }
    }
    return LK_OK;
}

void lk_settings_deinit(lk_settings *settings) {
    for (int32_t i = 0; i < settings->count; i++) {
        lk_release(settings->text[i]);
    }
    memset(settings, 0, sizeof *settings);
}

lk_status lk_settings_set(lk_context *context, lk_settings *settings, const char *key,
                          const char *value) {
    int32_t index = find(settings, key);
    return index < 0 ? fail_unknown(context, settings, key)
                     : set_row(context, settings, index, value);
}

lk_status lk_settings_assign(lk_context *context, lk_settings *settings, const char *assignment) {
    const char *equals = strchr(assignment, '=');
    char key[128];
    if (equals == NULL || equals == assignment || (size_t)(equals - assignment) >= sizeof key) {
        return lk_fail(context, LK_INVALID, "'%.80s' is not of the form KEY=VALUE", assignment);
    }
    memcpy(key, assignment, (size_t)(equals - assignment));
    key[equals - assignment] = '\0';
    return lk_settings_set(context, settings, key, equals + 1);
}

lk_status lk_settings_assign_all(lk_context *context, lk_settings *settings,
                                 const char *const *assignments, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        size_t key = strcspn(assignments[i], "=");
        for (int32_t k = 0; k < i; k++) {
            if (strcspn(assignments[k], "=") == key &&
                strncmp(assignments[i], assignments[k], key) == 0) {
                return lk_fail(context, LK_INVALID, "%.60s, and %.60s: a setting has one value",
                               assignments[k], assignments[i]);
            }
        }
        LK_TRY(lk_settings_assign(context, settings, assignments[i]));
    }
    return LK_OK;
}

/* ---- reading --------------------------------------------------------------------------------- */

static const char *read_text(const lk_settings *settings, const char *key, lk_setting_kind kind,
                             lk_setting_kind or_kind) {
    int32_t index = find(settings, key);
    LK_REQUIRE(index >= 0);
    LK_REQUIRE(settings->table[index].kind == kind || settings->table[index].kind == or_kind);
    return settings->text[index];
}

int64_t lk_settings_integer(const lk_settings *settings, const char *key) {
    return strtoll(read_text(settings, key, LK_INTEGER, LK_INTEGER), NULL, 10);
}

double lk_settings_real(const lk_settings *settings, const char *key) {
    const char *text = read_text(settings, key, LK_REAL, LK_REAL);
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    double number = plain != (locale_t)0 ? strtod_l(text, NULL, plain) : strtod(text, NULL);
    if (plain != (locale_t)0) {
        freelocale(plain);
    }
    return number;
}

bool lk_settings_boolean(const lk_settings *settings, const char *key) {
    return read_text(settings, key, LK_BOOLEAN, LK_BOOLEAN)[0] == 't';
}

const char *lk_settings_text(const lk_settings *settings, const char *key) {
    return read_text(settings, key, LK_TEXT, LK_CHOICE);
}

int32_t lk_settings_integers(const lk_settings *settings, const char *key, int64_t *values,
                             int32_t most) {
    int32_t count = 0;
    for (const char *at = read_text(settings, key, LK_INTEGERS, LK_INTEGERS); *at != '\0';
         count++) {
        char *end = NULL;
        long long value = strtoll(at, &end, 10);
        if (count < most) {
            values[count] = value;
        }
        at = *end == ',' ? end + 1 : end;
    }
    return count;
}
