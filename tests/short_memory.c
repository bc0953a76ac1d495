/* Loaded before the command (LD_PRELOAD): allocation number $FAIL_AT of malloc, calloc and realloc
 * fails; at the end the number of all of them goes to descriptor $FAIL_COUNT. */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static long made, fails = -2;
/* dlsym itself allocates before there is an allocator. */
static char first[1 << 16];
static size_t used;
static int looking;

static void *look(const char *name) {
    looking = 1;
    void *found = dlsym(RTLD_NEXT, name);
    looking = 0;
    return found;
}

static int short_of(void) {
    if (fails == -2) {
        const char *at = getenv("FAIL_AT");
        fails = at != NULL ? atol(at) : -1;
    }
    made++;
    errno = made == fails ? ENOMEM : errno;
    return made == fails;
}

static void *take_first(size_t size) {
    void *memory = first + used;
    used += (size + 63) / 64 * 64;
    return memory;
}

void *malloc(size_t size) {
    static void *(*real)(size_t);
    if (real == NULL && looking) {
        return take_first(size);
    }
    real = real != NULL ? real : (void *(*)(size_t))look("malloc");
    return short_of() ? NULL : real(size);
}

void *calloc(size_t count, size_t size) {
    static void *(*real)(size_t, size_t);
    if (real == NULL && looking) {
        return take_first(count * size);
    }
    real = real != NULL ? real : (void *(*)(size_t, size_t))look("calloc");
    return short_of() ? NULL : real(count, size);
}

void *realloc(void *memory, size_t size) {
    static void *(*real)(void *, size_t);
    real = real != NULL ? real : (void *(*)(void *, size_t))look("realloc");
    return short_of() ? NULL : real(memory, size);
}

static void __attribute__((destructor)) tell(void) {
    const char *to = getenv("FAIL_COUNT");
    if (to != NULL) {
        dprintf(atoi(to), "%ld\n", made);
    }
}
