/* Trains a model on pictures that it makes itself, draws new ones, and completes halves:
 *
 *   cc train.c $(pkg-config --cflags --libs likely) -o train
 *   ./train bars.likely bars.npy samples.png
 *
 * writes the model, the pictures that it was trained on, and what it drew. */
#include <likely.h>
#include <stdio.h>
#include <stdlib.h>

#define SIDE 8
#define PIXELS (SIDE * SIDE)
#define PICTURES 600

/* Rows and columns that are all set. */
static void draw_bars(uint8_t *picture) {
    for (int i = 0; i < PIXELS; i++) {
        picture[i] = 0;
    }
    for (int line = 0; line < SIDE; line++) {
        bool row = rand() % 5 == 0, column = rand() % 5 == 0;
        for (int i = 0; i < SIDE; i++) {
            picture[line * SIDE + i] |= row;
            picture[i * SIDE + line] |= column;
        }
    }
}

/* The pictures stand in memory as any program has them; here one after another, a byte each. */
static lk_status make_data(lk_context *context, int64_t count, lk_data **data) {
    static uint8_t pixels[PICTURES][PIXELS];
    for (int64_t n = 0; n < count; n++) {
        draw_bars(pixels[n]);
    }
    lk_values values = {0};
    values.values = pixels;
    values.bits = 8;
    values.examples = count;
    values.shape = (lk_shape){2, {SIDE, SIDE}};
    return lk_data_from_values(context, &values, data);
}

/* Called while a job runs; it could stop it. */
static bool watch(void *argument, const lk_progress *progress) {
    (void)argument;
    if (progress->epoch > 0) {
        fprintf(stderr, "\r%s: epoch %lld, %.2f nats ", progress->doing, (long long)progress->epoch,
                progress->best_nll_nats);
    }
    return true;
}

static lk_status train(lk_context *context, const lk_data *pictures, lk_model **model) {
    static const char *const settings[] = {"hidden=100"};
    lk_data *valid;
    lk_status status = make_data(context, PICTURES / 4, &valid);
    lk_training how = lk_training_defaults();
    how.family = "made";
    how.settings = settings;
    how.setting_count = 1;
    how.epochs = 40;
    how.learning_rate = 0.003;
    if (status == LK_OK) {
        status = lk_model_train(context, &how, pictures, valid, model);
    }
    lk_data_destroy(valid);
    return status;
}

/* Sixteen from nothing; and four of which the upper half is given. */
static lk_status sample(lk_context *context, const lk_model *model, const char *path) {
    int32_t half[PIXELS];
    lk_data *drawn = NULL, *completed = NULL;
    lk_sampling how = lk_sampling_defaults();
    how.count = 16;
    lk_status status = lk_model_sample(context, model, &how, &drawn);
    for (int i = 0; i < PIXELS; i++) {
        half[i] = i < PIXELS / 2 ? i / SIDE == 1 : -1;
    }
    how.count = 4;
    how.given = half;
    how.given_count = 1;
    if (status == LK_OK) {
        status = lk_model_sample(context, model, &how, &completed);
    }
    for (int i = 0; status == LK_OK && i < PIXELS; i++) {
        printf("%s%s", lk_data_values(completed)[i] ? "#" : ".", i % SIDE == SIDE - 1 ? "\n" : "");
    }
    if (status == LK_OK) {
        status = lk_data_write(context, drawn, path);
    }
    lk_data_destroy(drawn);
    lk_data_destroy(completed);
    return status;
}

int main(int count, char **words) {
    if (count != 4) {
        fprintf(stderr, "usage: train MODEL PICTURES SAMPLES\n");
        return 2;
    }
    lk_context *context = NULL;
    lk_data *pictures = NULL;
    lk_model *model = NULL;
    lk_status status = lk_context_create(0, &context);
    lk_context_watch(context, watch, NULL);
    status = status == LK_OK ? make_data(context, PICTURES, &pictures) : status;
    status = status == LK_OK ? lk_data_write(context, pictures, words[2]) : status;
    status = status == LK_OK ? train(context, pictures, &model) : status;
    status = status == LK_OK ? lk_model_save(context, model, lk_to_file(words[1])) : status;
    status = status == LK_OK ? sample(context, model, words[3]) : status;
    if (status != LK_OK) {
        fprintf(stderr, "train: %s: %s\n", lk_status_text(status), lk_context_message(context));
    }
    lk_model_destroy(model);
    lk_data_destroy(pictures);
    lk_context_destroy(context);
    return status == LK_OK ? 0 : 1;
}
