/* Memory: every allocation of the library is made here, and by arenas (base/arena.h), which take
 * theirs here. What other libraries allocate for themselves is theirs.
 *
 * All return NULL when out of memory, and when count * size is no possible size of an object; count
 * 0 gives a valid pointer. All is given back with lk_release(). */
#ifndef LK_BASE_MEMORY_H
#define LK_BASE_MEMORY_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* count * size bytes, zeroed, 64-byte aligned; what is large stands in large pages. */
void *lk_allocate(int64_t count, size_t size);
/* The same memory, or NULL, with room for count * size bytes: moved if need be, what is new neither
 * zeroed nor touched, aligned for any type and no more. On failure it stays as it was. */
void *lk_resize(void *memory, int64_t count, size_t size);
/* The same list of `count` elements, with room for one more: it grows at every power of two, as
 * lk_resize does. */
void *lk_room_for_one(void *list, int64_t count, size_t size);
/* A text of its own; of lk_duplicate_part at most `most` bytes. */
char *lk_duplicate(const char *text);
char *lk_duplicate_part(const char *text, size_t most);
/* What printf would print, as a text; NULL also when the format and its arguments do not agree. */
char *lk_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *lk_print_list(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));
void lk_release(void *memory);

/* Bytes of memory that the machine has, or that the process's control group may take, if less. */
int64_t lk_memory_of_machine(void);

/* For tests, which sweep over all places where memory may run out: `refuse` is asked at each
 * allocation, and at each request to an arena, and on true it fails. The only thing in the library
 * that is not in a context; NULL but in tests, and then it costs a load. `refuse` is called by any
 * thread. */
typedef bool lk_memory_refuse(void);
void lk_memory_watch(lk_memory_refuse *refuse);
/* Whether this one is to fail. */
bool lk_memory_refused(void);

/* count * size, at least 1; false when no object has that size. */
bool lk_memory_size(int64_t count, size_t size, size_t *bytes);

#endif
