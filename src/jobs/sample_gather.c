/* Samples that the ranks of a team have drawn (team/team.h) come to rank 0. */
#include <string.h>

#include "base/memory.h"
#include "jobs/sample_group.h"
#include "team/team.h"

/* Batch number `number` of rows, drawn by another rank or here, goes to rank 0. */
static lk_status gather_batch(const lk_sample_group *g, int64_t batch, int64_t number,
                              lk_status status) {
    lk_context *context = g->model->context;
    int64_t first = number * batch, left = g->count - first, lanes = left < batch ? left : batch;
    int64_t row = g->samples->variables * 2, size = lanes * row;
    bool makes = lk_team_does(context->team, number), reads = lk_team_rank(context->team) == 0;
    uint8_t *bytes = makes ? lk_resize(NULL, size, 1) : NULL;
    if (makes && bytes == NULL) {
        status = lk_fail_no_memory(context, "samples", size);
    }
    for (int64_t n = 0; n < lanes && makes && status == LK_OK; n++) {
        int64_t at = g->sample[first + n] - g->options->first;
        memcpy(bytes + n * row, g->samples->values + at * g->samples->variables, (size_t)row);
    }
    status = lk_team_hand_in(context->team, context, number, status, &bytes, &size);
    for (int64_t n = 0; n < lanes && reads && status == LK_OK; n++) {
        int64_t at = g->sample[first + n] - g->options->first;
        memcpy(g->samples->values + at * g->samples->variables, bytes + n * row, (size_t)row);
    }
    lk_release(bytes);
    return status;
}

lk_status lk_sample_group_gather(const lk_sample_group *g, int64_t batch, lk_status status) {
    int64_t batches = (g->count + batch - 1) / batch;
    const lk_team *team = g->model->context->team;
    for (int64_t b = 0; b < batches; b++) {
        bool first = b % lk_team_size(team) == 0; /* rank 0's own, which it has */
        if (!first && (lk_team_rank(team) == 0 || lk_team_does(team, b))) {
            lk_status gathered = gather_batch(g, batch, b, status);
            status = status == LK_OK ? gathered : status;
        }
    }
    return status;
}
