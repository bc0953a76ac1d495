/* How strange is each example? A program that uses the installed library:
 *
 *   cc score.c $(pkg-config --cflags --libs likely) -o score
 *   ./score digits.likely test.amat.gz
 *
 * prints one negative log-likelihood in nats a line, then the mean. */
#include <likely.h>
#include <stdio.h>
#include <stdlib.h>

static lk_status score(lk_context *context, const char *model_path, const char *data_path) {
    lk_model *model = NULL;
    lk_dataset *data = NULL;
    double *nll_nats = NULL;
    lk_status status = lk_model_load(context, model_path, &model);
    if (status == LK_OK) {
        status = lk_dataset_open(context, data_path, model, &data);
    }
    if (status == LK_OK) {
        nll_nats = malloc((size_t)lk_dataset_examples(data) * sizeof *nll_nats);
        status = nll_nats == NULL ? LK_NO_MEMORY : lk_model_nll(model, data, nll_nats);
    }
    if (status == LK_OK) {
        double mean = 0.0;
        for (int64_t i = 0; i < lk_dataset_examples(data); i++) {
            printf("%.6f\n", nll_nats[i]);
            mean += nll_nats[i] / (double)lk_dataset_examples(data);
        }
        printf("mean %.6f nats\n", mean);
    }
    free(nll_nats);
    lk_dataset_destroy(data);
    lk_model_destroy(model);
    return status;
}

int main(int count, char **words) {
    if (count != 3) {
        fprintf(stderr, "usage: score MODEL DATA\n");
        return 2;
    }
    lk_context *context = NULL;
    lk_status status = lk_context_create(0, &context);
    if (status == LK_OK) {
        status = score(context, words[1], words[2]);
    }
    if (status != LK_OK) {
        fprintf(stderr, "score: %s: %s\n", lk_status_text(status), lk_context_message(context));
    }
    lk_context_destroy(context);
    return status == LK_OK ? 0 : 1;
}
