/* What `likely train` says: while it goes on, and at its end. */
#ifndef LK_CLI_TRAIN_REPORT_H
#define LK_CLI_TRAIN_REPORT_H

#include "cli/common.h"
#include "cli/train/log.h"
#include "cli/train/out.h"

typedef struct train_report {
    bool live, quiet;
    const char *bound;       /* what stands before NLLs: "", or that they are bounds */
    double bits_per_nat_dim; /* nats per example to bits per dimension */
    int64_t window;          /* of a stream: NLLs are told per symbol; else 0 */
    train_log *log;          /* not owned, or NULL */
    double told;             /* when a validation was told last */
} train_report;

train_report train_report_begin(const cli_arguments *arguments, const lk_model *model);
/* Callbacks of training by gradients and of other fits; argument is a train_report. */
void train_report_validating(void *report, int64_t done, int64_t count);
bool train_report_step(void *report, const lk_train_progress *progress);
bool train_report_fit(void *report, int64_t iteration, int64_t iterations, double train_nll,
                      double valid_nll);
void train_report_end(const train_report *report);
/* What has been made, in lines or as JSON; note: on the data, or NULL; sent: by rank 0 of a team.
 * Returns the exit status. */
int train_report_summary(const cli_arguments *arguments, const lk_model *model,
                         const train_out *out, const char *note, const lk_train_sent *sent);

#endif
