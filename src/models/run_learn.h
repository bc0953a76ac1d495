/* A model that goes on learning from what it is run along: dynamic evaluation (Krause, Kahembwe,
 * Murray, Renals, "Dynamic evaluation of neural sequence models", ICML 2018; Mikolov et al.,
 * Interspeech 2010). After every learning window come the gradients of the NLL of its variables,
 * back-propagated no further than to the first of them, and one step of Adam without momentum (as
 * the paper's, each gradient is divided by the root of its mean square):
 *
 *   g = d(mean NLL of a variable, in nats) / dw
 *   s = 0.999 s + 0.001 g^2
 *   w = w - rate g / (sqrt(s / (1 - 0.999^t)) + 1e-8)
 *
 * A learning window is an item that is held whole, or else the least number of positions with
 * LK_LEARN_VARIABLES variables. A variable is always predicted by weights that have not seen it, so
 * that the sum of the surprisals is a code length as ever; and since gradients and steps are the
 * same bits on every machine and by either schedule, a decoder learns what the encoder learned.
 * Not for others than the run. */
#ifndef LK_MODELS_RUN_LEARN_H
#define LK_MODELS_RUN_LEARN_H

#include "models/model.h"

typedef struct lk_run_learner lk_run_learner;

/* 0 < rate <= LK_LEARN_RATE_MOST. The model is left alone and must outlive the learner. */
lk_status lk_run_learner_create(const lk_model *model, float rate, lk_run_learner **learner);
void lk_run_learner_destroy(lk_run_learner *learner);
/* A model whose weights are the learner's: the run's networks are its. */
const lk_model *lk_run_learner_twin(const lk_run_learner *learner);
/* One step, from gradients of the mean over lanes of the NLL of so many variables. */
void lk_run_learner_step(lk_run_learner *learner, int64_t variables);
/* The model's own weights again, nothing learned. */
void lk_run_learner_forget(lk_run_learner *learner);

#endif
