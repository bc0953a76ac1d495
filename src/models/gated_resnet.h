/* The gated residual layer of PixelCNN++ (Salimans, Karpathy, Chen, Kingma, ICLR 2017, section 2.5)
 * and PixelSNAIL (Chen, Mishra, Rohaninejad, Abbeel, ICML 2018), as their codes have it:
 *
 *   resnet(x, a) = x + gate(conv(drop(f(conv(f(x)) + 1x1(f(a))))) + V y)     f: elu or concat-elu
 *   gate(p, q)   = p sigmoid(q)
 *
 * with a: what the layer is told beside x; y: a class. All weights are normalised, and begin with
 * what layers say of 16 examples at mean 0 and deviation 1, before gates at 0.1 (Salimans and
 * Kingma 2016; graph/data_start.h). */
#ifndef LK_MODELS_GATED_RESNET_H
#define LK_MODELS_GATED_RESNET_H

#include "models/block_sparse.h"
#include "models/pixels.h"

/* What the layers of a network have in common. */
typedef struct lk_resnets {
    lk_graph *graph;
    lk_grid grid; /* of one group */
    bool doubled; /* f is the concat-elu */
    double dropout;
    lk_block_sparse sparse; /* of the convolutions inside resnets */
} lk_resnets;

/* f */
lk_node *lk_resnets_bend(const lk_resnets *resnets, lk_node *x);
/* A convolution by the taps of the mask, of all groups; 1x1. */
lk_node *lk_resnets_conv(const lk_resnets *resnets, const char *name, lk_node *input,
                         int64_t channels, const lk_mask *mask);
lk_node *lk_resnets_dense(const lk_resnets *resnets, const char *name, lk_node *input,
                          int64_t channels);
/* As many channels as x. mask NULL: its convolutions are 1x1; auxiliary NULL: there is no a.
 * Declares NAME.in..., NAME.aux..., NAME.gate... and NAME.label.table. */
lk_node *lk_gated_resnet(const lk_resnets *resnets, const char *name, lk_node *x,
                         const lk_mask *mask, lk_node *auxiliary);

/* For lk_family.start: all layers begin from the data; then "logits" as models/outputs.h says, the
 * logits of a softmax near their biases. What a class adds begins with the codes' deviation, 0.05.
 * For models with the settings of models/outputs.h. */
lk_status lk_resnets_start(lk_model *model, const lk_dataset *train);

#endif
