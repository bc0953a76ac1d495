/* A minibatch shared by a team (team/team.h): each rank runs a subtree of the tree of slices
 * (graph/gradient_tree.h) on examples that all have, and then all have the whole gradient, to the
 * bits of one rank that runs all slices.
 *
 * Gradients travel as a reduce-scatter and an all-gather of our own order: of all floats, one after
 * another, rank r of P joins [N r / P, N (r + 1) / P), for which everyone who has run slices sends
 * it his own, by the tree; then it sends the sum to all. A rank that runs slices sends 8 N (P - 1)
 * / P bytes a step, whatever P is, in 2 (P - 1) messages; and the NLLs of its examples to each. */
#ifndef LK_GRAPH_GRADIENT_TEAM_H
#define LK_GRAPH_GRADIENT_TEAM_H

#include "graph/parameters.h"

typedef struct lk_gradient_team lk_gradient_team;
/* *team NULL: the context has no team, or the caller is alone in it. Of the same parameters and
 * number of slices on all ranks. */
lk_status lk_gradient_team_create(const lk_parameters *parameters, int64_t slices,
                                  lk_gradient_team **team);
void lk_gradient_team_destroy(lk_gradient_team *team);
/* The slices that a rank runs, a subtree; false: there are fewer slices than ranks, and it has
 * none. */
bool lk_gradient_team_has(const lk_gradient_team *team, int32_t rank, int64_t *first,
                          int64_t *last);

/* Collective, after a run: of a minibatch of `count` examples, cut into `slices`, each rank has
 * the NLLs of its examples in nll_nats [count] and its subtree's part in the parameters'
 * gradients. Then each has all. `status`: how this rank's run ended; where one has failed all
 * do. */
lk_status lk_gradient_team_join(lk_gradient_team *team, lk_status status, int64_t slices,
                                int64_t count, double *nll_nats);

#endif
