/* Sorting cells by step: a radix sort, since there may be far more steps than cells. */
#include "graph/steps.h"

#include <string.h>

#include "base/memory.h"

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS };

static int32_t digit_of(int32_t step, int shift) {
    return step >> shift & (DIGITS - 1);
}

/* One pass of the sort, by the digit at `shift`. */
static void sort_digit(const int32_t *step_of, int shift, const int32_t *from, int64_t cells,
                       int32_t *to) {
    int32_t begin[DIGITS + 1] = {0};
    for (int64_t i = 0; i < cells; i++) {
        begin[digit_of(step_of[from[i]], shift) + 1]++;
    }
    for (int32_t d = 0; d < DIGITS; d++) {
        begin[d + 1] += begin[d];
    }
    for (int64_t i = 0; i < cells; i++) {
        to[begin[digit_of(step_of[from[i]], shift)]++] = from[i];
    }
}

static bool sort(const int32_t *step_of, int64_t cells, int32_t *order) {
    int32_t most = 0;
    bool sorted = true;
    for (int64_t i = 0; i < cells; i++) {
        order[i] = (int32_t)i;
        sorted = sorted && step_of[i] >= most;
        most = step_of[i] > most ? step_of[i] : most;
    }
    if (sorted) {
        return true;
    }
    int32_t *spare = lk_allocate(cells, sizeof *spare);
    if (spare == NULL) {
        return false;
    }
    for (int shift = 0; shift < 31 && most >> shift > 0; shift += DIGIT_BITS) {
        sort_digit(step_of, shift, order, cells, spare);
        memcpy(order, spare, (size_t)cells * sizeof *order);
    }
    lk_release(spare);
    return true;
}

bool lk_steps_make(lk_arena *arena, const int32_t *step_of, int64_t cells, int32_t *order,
                   lk_steps *steps) {
    if (!sort(step_of, cells, order)) {
        return false;
    }
    int32_t count = 0;
    for (int64_t i = 0; i < cells; i++) {
        count += i == 0 || step_of[order[i]] != step_of[order[i - 1]];
    }
    *steps = (lk_steps){
        .count = count,
        .step = lk_arena_take(arena, count, sizeof *steps->step),
        .begin = lk_arena_take(arena, (int64_t)count + 1, sizeof *steps->begin),
    };
    if (steps->step == NULL || steps->begin == NULL) {
        return false;
    }
    count = 0;
    for (int64_t i = 0; i < cells; i++) {
        if (i == 0 || step_of[order[i]] != step_of[order[i - 1]]) {
            steps->step[count] = step_of[order[i]];
            steps->begin[count++] = (int32_t)i;
        }
    }
    steps->begin[count] = (int32_t)cells;
    return true;
}

int32_t lk_steps_find(const lk_steps *steps, int32_t step) {
    int32_t low = 0, high = steps->count;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (steps->step[middle] < step) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}
