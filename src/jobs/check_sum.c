/* The probabilities of all that there can be, summed. */
#include <stdio.h>

#include "base/double_maths.h"
#include "base/memory.h"
#include "jobs/check_inside.h"
#include "models/run.h"

#define LANES 128
#define DOMAIN_MOST 65536 /* settings of all variables */
#define TEXTS_MOST 4096   /* texts of one length, which is then no more than */
#define TEXT_MOST 12      /* symbols */
#define LABELS_MOST 16    /* that sums are made for */
/* Each conditional is rounded to float32: 6e-8 for each variable, and some for the sums. */
#define TOLERANCE 1e-5

/* A text ends with a whole position, such as a frame. */
static int64_t whole_positions(const lk_run *run, int64_t places, int64_t *size) {
    for (; places % lk_run_unit(run) != 0; places--) {
        *size /= lk_run_head(run, places - 1).alphabet;
    }
    return places;
}

/* How many places make a domain of moderate size: all of the model's, or the first symbols of a
 * text; 0: it is larger. */
static int64_t measure(const lk_model *model, const lk_run *run, int64_t *size) {
    bool texts = model->data.stream;
    int64_t places = 0;
    for (*size = 1; texts || places < lk_run_variables(run); places++) {
        int64_t next = *size * lk_run_head(run, places).alphabet;
        if (next > (texts ? TEXTS_MOST : DOMAIN_MOST)) {
            return texts ? whole_positions(run, places, size) : 0;
        }
        *size = next;
    }
    return places;
}

/* Adds the probabilities of settings first .. first + lanes - 1. */
static lk_status add_lanes(lk_run *run, int64_t places, const uint16_t *labels, int64_t first,
                           int64_t lanes, uint16_t *x, double *total) {
    double nll[LANES];
    for (int64_t n = 0; n < lanes; n++) {
        int64_t code = first + n;
        for (int64_t place = 0; place < places; place++) {
            int32_t alphabet = lk_run_head(run, place).alphabet;
            x[n * places + lk_run_variable(run, place)] = (uint16_t)(code % alphabet);
            code /= alphabet;
        }
    }
    LK_TRY(lk_run_begin(run, lanes, labels));
    LK_TRY(lk_run_forward(run, x, places));
    LK_TRY(lk_run_nll(run, nll, NULL));
    for (int64_t n = 0; n < lanes; n++) {
        *total += lk_double_exp(-nll[n]);
    }
    return LK_OK;
}

static lk_status sum(lk_checker *c, lk_run *run, int64_t places, int64_t size, uint16_t *x) {
    int32_t labels = c->model->data.labels < LABELS_MOST ? c->model->data.labels : LABELS_MOST;
    char what[64];
    for (int32_t label = 0; label < (labels > 0 ? labels : 1); label++) {
        uint16_t given[LANES];
        double total = 0.0;
        for (int n = 0; n < LANES; n++) {
            given[n] = (uint16_t)label;
        }
        for (int64_t first = 0; first < size; first += LANES) {
            int64_t lanes = size - first < LANES ? size - first : LANES;
            LK_TRY(add_lanes(run, places, labels > 0 ? given : NULL, first, lanes, x, &total));
        }
        snprintf(what, sizeof what, labels > 0 ? "%s, given label %d," : "%s",
                 c->model->data.stream ? "texts of one length" : "settings", label);
        bool one = total > 1.0 - TOLERANCE && total < 1.0 + TOLERANCE;
        lk_check_say(c->result, one ? LK_CHECK_PASSED : LK_CHECK_FAILED,
                     "the probabilities of all %lld %s sum to %.9f", (long long)size, what,
                     lk_told(total));
    }
    return LK_OK;
}

lk_status lk_check_sum(lk_checker *c) {
    lk_run *run, *lanes = NULL;
    uint16_t *x = NULL;
    int64_t size;
    lk_run_options how = {.network = c->network, .window = TEXT_MOST};
    LK_TRY(lk_run_open(c->model, &how, &run));
    int64_t places = measure(c->model, run, &size);
    lk_status status = places > 0 ? lk_run_open_beside(run, LANES, NULL, &lanes) : LK_OK;
    if (status == LK_OK && places > 0) {
        lk_run_set_local(lanes, lk_local_alone(lk_items_local(c->items)));
        x = lk_allocate(LANES * places, sizeof *x);
        status = x == NULL ? lk_fail_no_memory(c->model->context, "check", LANES * places * 2)
                           : sum(c, lanes, places, size, x);
    }
    if (places == 0) {
        lk_check_say(
            c->result, LK_CHECK_SKIPPED,
            "the domain has more than %d settings; each conditional sums to one by construction",
            c->model->data.stream ? TEXTS_MOST : DOMAIN_MOST);
    }
    lk_release(x);
    lk_run_close(lanes);
    lk_run_close(run);
    return status;
}
