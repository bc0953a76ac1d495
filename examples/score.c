/* How strange is each example, and where? A program that uses the installed library:
 *
 *   cc score.c $(pkg-config --cflags --libs likely) -o score
 *   ./score digits.likely test.amat.gz
 *
 * prints a line for each item: its negative log-likelihood in nats, its p-value if the model has
 * any, and the variable that surprises most, by its name in a table; then the mean. */
#include <likely.h>
#include <stdio.h>
#include <stdlib.h>

/* "variable 17"; of a table "age = old". */
static void print_variable(const lk_data *data, int64_t item, int64_t variable) {
    const char *column = lk_data_column(data, variable);
    if (column == NULL) {
        printf("  variable %lld", (long long)variable);
        return;
    }
    int32_t value = lk_data_values(data)[item * lk_data_length(data, item) + variable];
    const char *word = lk_data_word(data, variable, value);
    if (word != NULL) {
        printf("  %s = %s", column, word);
    } else {
        printf("  %s = %d", column, value);
    }
}

static void print(const lk_data *data, const double *nll, const double *p, const double *nats) {
    double mean = 0.0;
    for (int64_t i = 0; i < lk_data_count(data); i++) {
        int64_t length = lk_data_length(data, i), most = 0;
        for (int64_t v = 1; v < length; v++) {
            most = nats[v] > nats[most] ? v : most;
        }
        printf("%.6f", nll[i]);
        if (p != NULL) {
            printf("  p %.4f", p[i]);
        }
        print_variable(data, i, most);
        printf(": %.2f\n", nats[most]);
        mean += nll[i] / (double)lk_data_count(data);
        nats += length;
    }
    printf("mean %.6f nats\n", mean);
}

static lk_status score(lk_context *context, const lk_model *model, const lk_data *data) {
    int64_t count = lk_data_count(data), variables = 0;
    for (int64_t i = 0; i < count; i++) {
        variables += lk_data_length(data, i);
    }
    double *nll = malloc((size_t)count * sizeof *nll), *p = malloc((size_t)count * sizeof *p);
    double *nats = malloc((size_t)variables * sizeof *nats);
    lk_status status = nll == NULL || p == NULL || nats == NULL
                           ? LK_NO_MEMORY
                           : lk_model_nll(context, model, data, NULL, nll, nats);
    if (status == LK_OK) {
        lk_status known = lk_model_p_values(context, model, nll, count, p);
        print(data, nll, known == LK_OK ? p : NULL, nats);
    }
    free(nll);
    free(p);
    free(nats);
    return status;
}

int main(int count, char **words) {
    if (count != 3) {
        fprintf(stderr, "usage: score MODEL DATA\n");
        return 2;
    }
    lk_context *context = NULL;
    lk_model *model = NULL;
    lk_data *data = NULL;
    lk_loading how = lk_loading_defaults();
    lk_status status = lk_context_create(0, &context);
    status = status == LK_OK ? lk_model_load(context, lk_from_file(words[1]), &model) : status;
    how.model = model;
    status = status == LK_OK ? lk_data_load(context, lk_from_file(words[2]), &how, &data) : status;
    status = status == LK_OK ? score(context, model, data) : status;
    if (status != LK_OK) {
        fprintf(stderr, "score: %s: %s\n", lk_status_text(status), lk_context_message(context));
    }
    lk_data_destroy(data);
    lk_model_destroy(model);
    lk_context_destroy(context);
    return status == LK_OK ? 0 : 1;
}
