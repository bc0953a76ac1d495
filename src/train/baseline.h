/* What models that have learned nothing reach, to compare the first epoch with. */
#ifndef LK_TRAIN_BASELINE_H
#define LK_TRAIN_BASELINE_H

#include "data/dataset.h"

/* NLL in nats per example of the uniform distribution over alphabet^variables. */
double lk_baseline_uniform(int64_t variables, int32_t alphabet);
/* That of the variables' own histograms (independent variables), fitted to the data: the sum of
 * their entropies. Under LK_BINARIZE_SAMPLE the data are grey and the histograms those of the
 * expected bits. NaN when the counts would take too much memory. */
double lk_baseline_histogram(const lk_dataset *data, lk_binarization binarization);

#endif
