/* The list of model families. */
#include <string.h>

#include "models/model.h"

extern const lk_family lk_bayesnet_family, lk_bernoulli_mixture_family, lk_charrnn_family,
    lk_conv1d_family, lk_histogram_family, lk_made_family, lk_pixelcnn_family, lk_pixelrnn_family,
    lk_uniform_family;

static const lk_family *const families[] = {
    &lk_uniform_family,  &lk_histogram_family, &lk_bernoulli_mixture_family,
    &lk_bayesnet_family, &lk_made_family,      &lk_conv1d_family,
    &lk_pixelcnn_family, &lk_pixelrnn_family,  &lk_charrnn_family,
};

int32_t lk_family_count(void) {
    return (int32_t)(sizeof families / sizeof *families);
}

const lk_family *lk_family_at(int32_t index) {
    return index >= 0 && index < lk_family_count() ? families[index] : NULL;
}

const lk_family *lk_family_named(const char *name) {
    for (int32_t i = 0; i < lk_family_count(); i++) {
        if (strcmp(families[i]->name, name) == 0) {
            return families[i];
        }
    }
    return NULL;
}
