/* What the families share that say a picture level after level (models/levels.h), each by networks
 * of its own: the values that these read, the layers that they are made of, the base, and putting
 * together what they say.
 *
 *   lk_coarse_to_fine c;                                       an lk_part (models/parts.h)
 *   LK_TRY(lk_coarse_to_fine_init(&c, model, graph, field, before));
 *   LK_TRY(lk_coarse_to_fine_base(&c, blocks));
 *   ...                                 logits of more pixels: lk_coarse_to_fine_say
 *   lk_coarse_to_fine_end(&c);
 *
 * Nothing here says what may be read: ranks do. Pixels outside the picture, where a grid of an odd
 * level has a cell more, read as 0, and what is said of them is not used. */
#ifndef LK_MODELS_COARSE_TO_FINE_H
#define LK_MODELS_COARSE_TO_FINE_H

#include "models/levels.h"
#include "models/outputs.h"
#include "models/parts.h"
#include "models/pixels.h"

typedef struct lk_coarse_to_fine {
    const lk_model *model;
    lk_graph *graph;
    lk_levels levels;
    lk_outputs output;
    int32_t groups;  /* cells of a pixel: its colours, or 1 for all of them */
    lk_node *pixels; /* [pixels + 1], a channel for each colour: numbers; the last is outside */
    lk_node *values; /* [pixels * groups + 1]: the same, a cell for each group */
    lk_node *before; /* [pixels + 1]: features of the view's part before this one, or NULL */
    int64_t channels;
    double dropout;                     /* inside residual blocks */
    lk_node *said[LK_NODE_INPUTS_MOST]; /* logits, by group */
    int32_t said_count;
    int64_t said_cells;
    int32_t *said_at; /* [pixels * groups]: where a cell's logits are among all */
} lk_coarse_to_fine;

/* Settings: "scales", "channels", "dropout", those of models/outputs.h. LK_INVALID when data are no
 * images. Of a part that is not the first, declares part1... and part2... */
lk_status lk_coarse_to_fine_init(lk_coarse_to_fine *c, const lk_model *model, lk_graph *graph,
                                 const lk_field *field, const lk_field *before);
/* Pixels in a list, in the graph's arena: number (i, j) of sides.height x sides.width is that of
 * the level at (row + i step, column + j step); -1: outside. NULL: no memory. */
typedef struct lk_pick {
    int32_t level;
    int64_t row, column, step;
} lk_pick;
int64_t *lk_coarse_to_fine_pick(const lk_coarse_to_fine *c, lk_pick pick, lk_sides sides);
/* Numbers of these pixels (-1: outside), in one cell each; in a cell for each group. */
lk_node *lk_coarse_to_fine_pixels(const lk_coarse_to_fine *c, const int64_t *pixel, int64_t count);
lk_node *lk_coarse_to_fine_values(const lk_coarse_to_fine *c, const int64_t *pixel, int64_t count);
/* `logits` are those of these pixels (-1: of none), a cell for each group. */
void lk_coarse_to_fine_say(lk_coarse_to_fine *c, lk_node *logits, const int64_t *pixel,
                           int64_t count);
/* Once each pixel has its logits. */
void lk_coarse_to_fine_end(lk_coarse_to_fine *c);

/* ---- layers ---------------------------------------------------------------------------------- */

/* Where residual layers stand: a grid, and what a cell may read of it. */
typedef struct lk_stage {
    lk_coarse_to_fine *of;
    const char *prefix; /* of names: "base." */
    lk_grid grid;
    lk_mask mask;
    lk_centre centre;    /* between layers */
    const int32_t *rank; /* of the grid's cells, for masks by rank; NULL: none */
} lk_stage;

/* PREFIX + text, printf's. */
typedef char lk_stage_name[96];
const char *lk_stage_names(const lk_stage *s, lk_stage_name name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A convolution by the stage's mask or another one, PREFIX + name. */
lk_node *lk_stage_conv(const lk_stage *s, const char *name, lk_node *input, int64_t channels,
                       const lk_mask *mask, lk_centre centre, lk_init init);
/* `count` residual blocks of as many channels as x:
 *   x <- x + conv(drop(relu(conv(relu(x)) + V y)))
 * y: the class. The second convolution begins at zero, so that networks begin as their shortest
 * paths. Declares PREFIX + blockN.in, .label.table, .out. */
lk_node *lk_stage_blocks(const lk_stage *s, lk_node *x, int64_t count);
/* x, a cell for each of the stage's, and what the view's part before this one says of these pixels,
 * if there is one: PREFIX + name + ".part". */
lk_node *lk_stage_told(const lk_stage *s, const char *name, lk_node *x, const int64_t *pixel);
/* relu, 1x1 of the pixel's groups up to the own, from zero: "logits", said of these pixels. */
void lk_stage_say(const lk_stage *s, lk_node *x, const int64_t *pixel);
/* group[g] has the features of group g of all pixels: side by side, a cell for each of the stage's.
 * pixel[i]: whose they are, of its i-th pixel; NULL: i. */
lk_node *lk_stage_interleave(const lk_stage *s, lk_node *const *group, const int32_t *pixel);

/* The base by a PixelCNN (van den Oord et al., ICML 2016): 7 x 7 of type A, residual blocks of
 * 3 x 3 convolutions of type B, logits; "base." LK_NO_MEMORY. */
lk_status lk_coarse_to_fine_base(lk_coarse_to_fine *c, int64_t blocks);

/* For lk_family.start: each layer "...logits" begins at the marginals, as models/outputs.h says. */
lk_status lk_coarse_to_fine_start(lk_model *model, const lk_dataset *train);

#endif
