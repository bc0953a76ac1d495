/* What is written while training goes on: the checkpoint, and the model with the best weights so
 * far. */
#include <math.h>

#include "models/model_file.h"
#include "team/team.h"
#include "train/trainer.h"

lk_checkpoint lk_trainer_checkpoint(lk_trainer *t) {
    return (lk_checkpoint){.path = t->options.checkpoint,
                           .parameters = t->model->parameters,
                           .optimizer = t->optimizer,
                           .average = t->average,
                           .best = t->best,
                           .state = &t->state,
                           .options = t->described,
                           .epochs = t->epochs,
                           .carried = t->carried,
                           .carried_count = t->windows != NULL ? lk_windows_carried(t->windows) : 0,
                           .planned = t->options.rate.by_time,
                           .steps_in_epoch = t->epoch_batches,
                           .slices_of_0_1 = t->slices_of_0_1,
                           .settings = &t->model->settings};
}

void lk_trainer_swap_kept(lk_trainer *t) {
    if (t->state.best_epoch > 0) {
        lk_weights_swap(t->model->parameters, t->best);
    } else if (t->average != NULL) {
        lk_weights_swap(t->model->parameters, t->average->value);
    }
}

/* Weights that have diverged are not saved as if they had not; the best so far are another set. */
static lk_status save_model(lk_trainer *t) {
    if (t->state.best_epoch == 0) {
        LK_TRY(lk_trainer_check_weights(t));
    }
    LK_TRY(lk_trainer_write_history(t, (double)NAN));
    lk_trainer_swap_kept(t);
    lk_status status = lk_model_write(t->model, t->options.model_path);
    lk_trainer_swap_kept(t);
    t->unsaved = false;
    return status;
}

lk_status lk_trainer_save(lk_trainer *t, bool model) {
    double began = lk_seconds();
    bool writes = lk_team_rank(t->model->context->team) == 0;
    if (t->options.checkpoint != NULL) {
        lk_checkpoint checkpoint = lk_trainer_checkpoint(t);
        if (t->windows != NULL && t->state.position > 0) {
            LK_TRY(lk_windows_save(t->windows, t->carried));
        }
        LK_TRY(writes ? lk_checkpoint_write(t->model->context, &checkpoint) : LK_OK);
    }
    if (model && writes && t->options.model_path != NULL &&
        (t->unsaved || t->state.best_epoch == 0)) {
        LK_TRY(save_model(t));
    }
    t->last_checkpoint = lk_seconds();
    t->checkpoint_took = t->last_checkpoint - began;
    return LK_OK;
}
