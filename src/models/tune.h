/* Models that are made of a trained one: fine-tuning, where training goes on from its weights; and
 * the same weights used otherwise. */
#ifndef LK_MODELS_TUNE_H
#define LK_MODELS_TUNE_H

#include "models/model.h"

/* The model of a file, to be trained further: its weights, its data's description and its settings,
 * of which `assignments` ("KEY=VALUE") may change those that only matter in training or in how the
 * weights are used; another is LK_INVALID. History and calibration are gone. Families that are
 * fitted at once have nothing to go on from. */
lk_status lk_model_tune(lk_context *context, const char *path, const char *const *assignments,
                        int32_t count, lk_model **model);
/* The same of a model in memory; `name` is for messages. After a failure it is good for nothing. */
lk_status lk_model_go_on(lk_model *model, const char *name, const char *const *assignments,
                         int32_t count);

/* Settings that decide how weights are used, whatever they were trained for
 * (lk_setting.evaluation), such as the number of orders of an order-agnostic model: "KEY=VALUE".
 * Another setting, or one that the family does not have, is LK_INVALID. With other values the model
 * is another one, with another fingerprint, and what it was calibrated on is gone
 * (lk_model.calibrated_for). After a failure it is good for nothing. */
lk_status lk_model_use(lk_model *model, const char *const *assignments, int32_t count);
/* Before weights or settings become others: what the model was calibrated on was of these. */
void lk_model_forget_calibration(lk_model *model);
/* Whether the family has such settings. */
bool lk_model_has_uses(const lk_model *model);

#endif
