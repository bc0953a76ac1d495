/* Baselines: so many variables at a time as have their counts in a cache. */
#include "train/baseline.h"

#include <math.h>
#include <string.h>

#include "base/double_maths.h"
#include "base/memory.h"

/* Counts held at a time; symbols of a text. */
enum { COUNTED = 1 << 17, AT_ONCE = 65536 };
#define PSEUDO 0.5            /* examples of each value (Krichevsky and Trofimov 1981) */
#define NOTHING_LEARNED 0.005 /* within this of a baseline */

/* How often variables first .. first + count - 1 have each value; texts have one variable. */
typedef struct counts {
    int64_t first, count, most, alphabet; /* at most; the largest */
    const int32_t *alphabets;             /* of each variable; NULL: all are alike */
    double *of;                           /* owned, [most][alphabet] */
    double examples;
} counts;

static int64_t alphabet_of(const counts *c, int64_t v) {
    return c->alphabets != NULL ? c->alphabets[c->first + v] : c->alphabet;
}

static lk_status begin(const lk_model *model, int64_t variables, counts *c) {
    int64_t alphabet = model->data.alphabet, most = 1 + COUNTED / alphabet;
    *c = (counts){.most = most < variables ? most : variables,
                  .alphabet = alphabet,
                  .alphabets = variables == model->data.variables ? model->data.alphabets : NULL};
    c->count = c->most;
    c->of = lk_allocate(c->most * alphabet, sizeof *c->of);
    return c->of != NULL ? LK_OK
                         : lk_fail_no_memory(model->context, "histograms", c->most * alphabet * 8);
}

/* A grey value of a model of bits counts as the bit that it becomes. */
static void count_examples(counts *c, const lk_dataset *data, int64_t first) {
    bool grey = c->alphabet == 2 && data->alphabet > 2;
    double one = grey ? 1.0 / (double)(data->alphabet - 1) : 0;
    int64_t left = data->variables - first;
    c->examples = (double)data->examples;
    c->first = first;
    c->count = c->most < left ? c->most : left;
    memset(c->of, 0, (size_t)(c->most * c->alphabet) * sizeof *c->of);
    for (int64_t i = 0; i < data->examples; i++) {
        const uint16_t *x = data->values + i * data->variables + first;
        for (int64_t v = 0; v < c->count; v++) {
            double *own = c->of + v * c->alphabet;
            if (grey) {
                own[1] += one * (double)x[v];
                own[0] += 1 - one * (double)x[v];
            } else {
                own[x[v]]++;
            }
        }
    }
}

static lk_status count_texts(const lk_model *model, counts *c, lk_items *texts) {
    uint16_t *x = lk_allocate(AT_ONCE, sizeof *x);
    lk_status status = x != NULL ? LK_OK : lk_fail_no_memory(model->context, "a text", AT_ONCE * 2);
    c->examples = (double)lk_items_total(texts);
    for (int64_t i = 0; i < lk_items_count(texts); i++) {
        int64_t length = lk_items_length(texts, i);
        for (int64_t at = 0; status == LK_OK && at < length; at += AT_ONCE) {
            int64_t here = length - at < AT_ONCE ? length - at : AT_ONCE;
            status = lk_items_read(texts, i, at, here, x);
            for (int64_t k = 0; status == LK_OK && k < here; k++) {
                c->of[x[k]]++;
            }
        }
    }
    lk_release(x);
    return status;
}

/* Adds what the values of `of` cost by the histograms of `by`; `held`: counts of each value that
 * are taken out of its histogram before it is judged. */
static void add_up(const counts *by, const counts *of, double held, lk_baselines *b) {
    double sum = 0;
    for (int64_t v = 0; v < of->count; v++) {
        double alphabet = (double)alphabet_of(of, v), all = by->examples - held + PSEUDO * alphabet;
        b->uniform += lk_double_log(alphabet);
        for (int64_t s = 0; s < alphabet_of(of, v); s++) {
            double seen = of->of[v * of->alphabet + s], own = by->of[v * by->alphabet + s] - held;
            own = own > 0 ? own : 0;
            sum -= seen > 0 ? seen * lk_double_log((own + PSEUDO) / all) : 0;
        }
    }
    b->independent += sum / of->examples;
}

lk_status lk_baselines_of_examples(const lk_model *model, const lk_dataset *train,
                                   const lk_dataset *of, lk_baselines *b) {
    counts by, seen = {0};
    lk_status status = begin(model, train->variables, &by);
    status = status == LK_OK ? begin(model, of->variables, &seen) : status;
    *b = (lk_baselines){0, 0};
    for (int64_t first = 0; status == LK_OK && first < of->variables; first += seen.most) {
        count_examples(&by, train, first);
        count_examples(&seen, of, first);
        add_up(&by, &seen, 0, b);
    }
    lk_release(by.of);
    lk_release(seen.of);
    return status;
}

lk_status lk_baselines_of_texts(const lk_model *model, lk_items *train, lk_items *of,
                                lk_baselines *b) {
    counts by, seen = {0};
    lk_status status = begin(model, 1, &by);
    status = status == LK_OK ? begin(model, 1, &seen) : status;
    status = status == LK_OK ? count_texts(model, &by, train) : status;
    status = status == LK_OK ? count_texts(model, &seen, of) : status;
    *b = (lk_baselines){0, 0};
    if (status == LK_OK) {
        add_up(&by, &seen, 0, b);
    }
    lk_release(by.of);
    lk_release(seen.of);
    return status;
}

lk_baselines lk_baselines_of_none(const lk_model *model) {
    lk_baselines b = {0, (double)NAN};
    for (int64_t v = 0; v < (model->data.stream ? 1 : model->data.variables); v++) {
        b.uniform += lk_double_log((double)lk_model_alphabet_of(model, v));
    }
    return b;
}

lk_status lk_baselines_alone(const lk_model *model, lk_items *items, lk_baselines *b) {
    const lk_dataset *dataset = lk_items_dataset(items);
    int64_t variables = dataset != NULL ? dataset->variables : 1;
    counts all;
    lk_status status = begin(model, variables, &all);
    *b = (lk_baselines){0, 0};
    for (int64_t first = 0; status == LK_OK && first < variables; first += all.most) {
        if (dataset != NULL) {
            count_examples(&all, dataset, first);
        } else {
            status = count_texts(model, &all, items);
        }
        add_up(&all, &all, 1, b);
    }
    lk_release(all.of);
    return status;
}

const char *lk_baselines_verdict(const lk_model *model, const lk_baselines *b, double nll) {
    return model->family->yardstick || isnan(nll) ? NULL
           : nll >= b->uniform * (1 - NOTHING_LEARNED) && nll > 0
               ? "no better than the uniform distribution: it has learned nothing"
           : nll > b->independent * (1 + NOTHING_LEARNED)
               ? "worse than independent variables, each by its own histogram"
           : nll >= b->independent * (1 - NOTHING_LEARNED) && nll > 0
               ? "no better than independent variables: it has learned nothing about how they "
                 "depend on each other"
               : NULL;
}
