/* A model that goes on learning from the streams it is run along: dynamic evaluation (Krause,
 * Kahembwe, Murray, Renals, "Dynamic evaluation of neural sequence models", ICML 2018; Mikolov et
 * al., Interspeech 2010). After every LK_LEARNER_WINDOW positions come the gradients of these
 * positions' NLL, back-propagated no further than to the first of them, and one step of Adam
 * without momentum (as the paper's, each gradient is divided by the root of its mean square):
 *
 *   g = d(mean NLL of a symbol, in nats) / dw;   s = 0.999 s + 0.001 g^2;   w = w - rate g /
 *     (sqrt(s / (1 - 0.999^t)) + 1e-8)
 *
 * A symbol is always predicted by weights that have not seen it, so that the sum of the surprisals
 * is a code length as ever; and since gradients and steps are the same bits on every machine and by
 * either schedule, a decoder learns what the encoder learned. */
#ifndef LK_TRAIN_LEARNER_H
#define LK_TRAIN_LEARNER_H

#include "models/flow.h"

#define LK_LEARNER_WINDOW 32
#define LK_LEARNER_RATE_MOST 1.0f
/* Whether a model learns at this rate; 0 stands elsewhere for one that does not. NaN is none. */
static inline bool lk_learner_takes(float rate) {
    return rate > 0.0f && rate <= LK_LEARNER_RATE_MOST;
}

typedef struct lk_learner lk_learner;

/* Of at most `lanes` streams side by side, which it learns from together. 0 < rate <=
 * LK_LEARNER_RATE_MOST. The model is left alone and must outlive the learner. */
lk_status lk_learner_create(const lk_model *model, int64_t lanes, float rate, lk_learner **learner);
void lk_learner_destroy(lk_learner *learner);

/* The flow that the streams run along, by either schedule; a parallel call may not reach beyond a
 * window of LK_LEARNER_WINDOW positions, counted from the beginning. */
lk_flow *lk_learner_flow(lk_learner *learner);
/* New streams, from the model's own weights. */
lk_status lk_learner_begin(lk_learner *learner, int64_t lanes);
/* After every call of the flow that completed positions: learns when a window is full. */
lk_status lk_learner_follow(lk_learner *learner);

#endif
