/* Trains a model of sound, says what it makes of a part that was held out, and draws a second:
 *
 *   cc sound.c $(pkg-config --cflags --libs likely) -o sound
 *   ./sound voice.wav voice.likely new.wav
 *
 * voice.wav may be a folder of recordings too, of which the last are held out. A sample is taken as
 * all of its 16 bits, in two symbols, so that compress.c gives back what it compresses. */
#include <inttypes.h>
#include <likely.h>
#include <stdio.h>
#include <stdlib.h>

/* Bits a sample: two symbols are one. */
static lk_status judge(lk_context *context, const lk_model *model, const lk_data *valid) {
    int64_t symbols = 0, count = lk_data_count(valid);
    double sum = 0.0, *nll = malloc((size_t)count * sizeof *nll);
    lk_status status =
        nll != NULL ? lk_model_nll(context, model, valid, NULL, nll, NULL) : LK_NO_MEMORY;
    for (int64_t i = 0; status == LK_OK && i < count; i++) {
        sum += nll[i];
        symbols += lk_data_length(valid, i);
    }
    if (status == LK_OK) {
        printf("%.4f bits a sample of %" PRId64 " held out\n",
               sum / 0.6931471805599453 / ((double)symbols / 2.0), symbols / 2);
    }
    free(nll);
    return status;
}

static lk_status run(lk_context *context, char **paths) {
    lk_data *all = NULL, *train = NULL, *valid = NULL;
    lk_model *model = NULL;
    lk_loading loading = lk_loading_defaults();
    lk_training how = lk_training_defaults();
    lk_sampling sampling = lk_sampling_defaults();
    const char *small[] = {"layers=4", "channels=16", "gates=16", "skip=32"};
    loading.text = LK_RECORDINGS;
    loading.sound = "bytes";
    lk_status status = lk_data_load(context, lk_from_file(paths[0]), &loading, &all);
    status = status == LK_OK ? lk_data_split(context, all, 0.1, 1, &train, &valid) : status;
    how.family = "wavenet";
    how.settings = small;
    how.setting_count = 4;
    how.epochs = 3;
    status = status == LK_OK ? lk_model_train(context, &how, train, valid, &model) : status;
    status = status == LK_OK ? lk_model_save(context, model, lk_to_file(paths[1])) : status;
    status = status == LK_OK ? judge(context, model, valid) : status;
    sampling.length = lk_model_rate(model); /* frames: a second */
    status = status == LK_OK ? lk_model_write_text(context, model, &sampling, lk_to_file(paths[2]))
                             : status;
    lk_data_destroy(all);
    lk_data_destroy(train);
    lk_data_destroy(valid);
    lk_model_destroy(model);
    return status;
}

int main(int count, char **words) {
    if (count != 4) {
        fprintf(stderr, "usage: sound RECORDINGS MODEL NEW.wav\n");
        return 2;
    }
    lk_context *context = NULL;
    lk_status status = lk_context_create(0, &context);
    status = status == LK_OK ? run(context, words + 1) : status;
    if (status != LK_OK) {
        fprintf(stderr, "sound: %s: %s\n", lk_status_text(status), lk_context_message(context));
    }
    lk_context_destroy(context);
    return status == LK_OK ? 0 : 1;
}
