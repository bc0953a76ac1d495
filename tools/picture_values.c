/* The values of a picture as the library reads it, for tools/pictures.py: "HEIGHT WIDTH CHANNELS
 * LEVELS" and a line end, then 16 bits each, in this machine's order. Fails with the message. */
#include <likely.h>
#include <stdio.h>
#include <stdlib.h>

int main(int count, char **words) {
    lk_context *context;
    lk_data *data;
    lk_loading how = lk_loading_defaults();
    if (count < 2 || lk_context_create(1, &context) != LK_OK) {
        return 2;
    }
    if (count == 4) { /* of a PBM, whose rows would be examples */
        how.shape = (lk_shape){3, {atol(words[2]), atol(words[3]), 1}};
    }
    if (lk_data_load(context, lk_from_file(words[1]), &how, &data) != LK_OK) {
        fprintf(stderr, "%s\n", lk_context_message(context));
        lk_context_destroy(context);
        return 1;
    }
    lk_shape shape = lk_data_shape(data);
    printf("%lld %lld %lld %d\n", (long long)shape.size[0], (long long)shape.size[1],
           (long long)shape.size[2], lk_data_alphabet(data));
    fwrite(lk_data_values(data), 2, (size_t)lk_data_length(data, 0), stdout);
    lk_data_destroy(data);
    lk_context_destroy(context);
    return fflush(stdout) != 0;
}
