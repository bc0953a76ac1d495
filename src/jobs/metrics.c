/* AUROC and average precision, by one pass over the examples in order of falling score; equal
 * scores are taken together. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "jobs/score.h"

typedef struct ranked {
    double score;
    bool anomaly;
} ranked;

static int by_falling_score(const void *a, const void *b) {
    double x = ((const ranked *)a)->score, y = ((const ranked *)b)->score;
    return (x < y) - (x > y);
}

static void sweep(const ranked *order, int64_t count, double anomalies, double normals,
                  double *auroc, double *precision) {
    double anomalies_seen = 0.0, normals_seen = 0.0;
    *auroc = *precision = 0.0;
    for (int64_t i = 0; i < count;) {
        double new_anomalies = 0.0, new_normals = 0.0;
        int64_t end = i;
        for (; end < count && order[end].score == order[i].score; end++) {
            new_anomalies += order[end].anomaly ? 1.0 : 0.0;
            new_normals += order[end].anomaly ? 0.0 : 1.0;
        }
        *auroc += new_normals * (anomalies_seen + 0.5 * new_anomalies);
        anomalies_seen += new_anomalies;
        normals_seen += new_normals;
        *precision += new_anomalies * anomalies_seen / (anomalies_seen + normals_seen);
        i = end;
    }
    *auroc /= anomalies * normals;
    *precision /= anomalies;
}

lk_status lk_score_metrics(lk_context *context, const double *score, const int32_t *label,
                           int64_t count, double *auroc, double *average_precision) {
    double anomalies = 0.0;
    for (int64_t i = 0; i < count; i++) {
        anomalies += label[i] != 0 ? 1.0 : 0.0;
        if (isnan(score[i])) {
            return lk_fail(context, LK_NOT_FINITE, "score %lld is not a number: it has no rank",
                           (long long)i);
        }
    }
    if (anomalies == 0.0 || anomalies == (double)count) {
        return lk_fail(context, LK_INVALID,
                       "all %lld labels are %s: AUROC and average precision need both kinds (label "
                       "0 is normal, any other an "
                       "anomaly)",
                       (long long)count, anomalies == 0.0 ? "0 (normal)" : "anomalies");
    }
    ranked *order = lk_allocate(count, sizeof *order);
    if (order == NULL) {
        return lk_fail_no_memory(context, "scores", count * (int64_t)sizeof *order);
    }
    for (int64_t i = 0; i < count; i++) {
        order[i] = (ranked){score[i], label[i] != 0};
    }
    qsort(order, (size_t)count, sizeof *order, by_falling_score);
    sweep(order, count, anomalies, (double)count - anomalies, auroc, average_precision);
    lk_release(order);
    return LK_OK;
}
