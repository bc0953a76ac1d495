/* What models that have learned nothing reach, beside which a model's NLL is told: the uniform
 * distribution, and independent variables, each by its own histogram. Of texts every symbol is such
 * a variable, and all have one histogram. */
#ifndef LK_TRAIN_BASELINE_H
#define LK_TRAIN_BASELINE_H

#include "data/items.h"
#include "models/model.h"

/* Nats per example, of texts per symbol; NaN: not known. */
typedef struct lk_baselines {
    double uniform, independent;
} lk_baselines;

/* Histograms of `train` (with half an example of each value), on `of`. Under LK_BINARIZE_SAMPLE
 * grey values count by their probability. */
lk_status lk_baselines_of_examples(const lk_model *model, const lk_dataset *train,
                                   const lk_dataset *of, lk_baselines *baselines);
lk_status lk_baselines_of_texts(const lk_model *model, lk_items *train, lk_items *of,
                                lk_baselines *baselines);
/* Where there are no other data: every example, or symbol, by the histograms of all the others. */
lk_status lk_baselines_alone(const lk_model *model, lk_items *items, lk_baselines *baselines);
/* Where there are no data at all: nothing independent is known. */
lk_baselines lk_baselines_of_none(const lk_model *model);

/* What is to be said of a model that reaches `nll`, in the same unit: NULL where it is better. The
 * text is static, and goes on after the model's name. Families that are yardsticks themselves get
 * none. */
const char *lk_baselines_verdict(const lk_model *model, const lk_baselines *baselines, double nll);

#endif
