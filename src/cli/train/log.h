/* `likely train --log DIR`: the course of a training as TensorBoard event files (train/events.h)
 * and as lines of JSON, DIR/log.jsonl; at the end of epochs samples of what the model has learned,
 * as pictures or text. */
#ifndef LK_CLI_TRAIN_LOG_H
#define LK_CLI_TRAIN_LOG_H

#include "train/train.h"

typedef struct train_log train_log;

/* Before any work: whether a log can stand in that folder, which need not be there. `resume`: goes
 * on with the log of an earlier run; without it a folder that holds one is refused. */
lk_status train_log_check(lk_context *context, const char *folder, bool resume);
/* Makes the folder, unless it is there, once the data have been read: neither it nor what stands in
 * it is more widely readable than they are. */
lk_status train_log_open(lk_context *context, const char *folder, train_log **log);
void train_log_close(train_log *log);
/* Numbers of a training by gradients; at an epoch's end samples too, as often as they take little
 * of the time. per_symbol: what NLLs are divided by (a text's window), 1 of examples. A failure
 * ends the log and not the training: it is said once on stderr. */
void train_log_step(train_log *log, const lk_train_progress *progress, double per_symbol);
/* Of a fit; NaN: not measured. */
void train_log_fit(train_log *log, int64_t iteration, double train_nll_nats, double valid_nll_nats);
/* Samples of the model that has been made. */
void train_log_samples(train_log *log, const lk_model *model, int64_t step);

#endif
