/* What the files of the product share: the plan of one call, its segments, and the ways of running
 * a piece. */
#ifndef LK_KERNELS_PRODUCT_INSIDE_H
#define LK_KERNELS_PRODUCT_INSIDE_H

#include "kernels/product.h"
#include "kernels/product_pack.h"

#define LK_MOST_ROW_CUTS 128

typedef struct lk_product_plan {
    const lk_product *product;
    const lk_tile *tile;
    lk_side a, b;
    bool narrow; /* few columns: the lanes of a vector are rows of C */
    bool direct; /* few rows: A is prepared once, and B is read where it lies */
    bool lying;  /* few columns in all: B is packed, and A is read where it lies */
    bool deep; /* B is larger than the caches, and met by few rows: a piece has all rows, and packs
                    its own columns of B */
    bool kept; /* lying, with few rows and a B that was packed for many products */
    bool c_contiguous;  /* columns of C side by side */
    int64_t begin, end; /* the depth that any row uses */
    int64_t block;      /* depth of a cache block */
    int64_t met_floats; /* of B that every panel meets: the second cache */
    int64_t few_floats; /* lying: of A, while all strips meet them: the first cache, with a strip of
                           B */
    int64_t group;      /* rows of A that are packed together */
    int64_t width;      /* of a strip of packed B */
    int64_t first_column, last_column; /* of this round */
    int64_t tail;                      /* width of the last, narrower strip; 0: none */
    int64_t packed_depth;              /* lying: of a strip */
    int64_t packed_columns;            /* widths of all packed strips together */
    float *packed;    /* B: block after block, in it strip after strip, in it [depth][width] */
    float *packed_a;  /* A whole, panel after panel, in it [depth][rows]; NULL: each piece packs its
                         groups */
    const float *few; /* direct: A, narrow: B; element (lane, depth k) at few[(k - few_begin) *
                         few_stride + lane] */
    int64_t few_begin, few_stride;
    const int64_t *b_offset; /* direct: of B's rows, by depth; NULL: b.depth_stride apart */
    int64_t strip;           /* narrow: lanes of a strip */
    const lk_tile_run *run;  /* lying: A's depth */
    int32_t runs;
    int64_t row_pieces, column_pieces, column_step;
    int64_t row_cut[LK_MOST_ROW_CUTS + 1];
    float *scratch; /* per worker: packed A, then two blocks of C; deep: then part_floats of B */
    int64_t scratch_stride, part_floats;
} lk_product_plan;

/* Memory that grows; what stood in it is lost then. */
typedef struct lk_room {
    void *memory;
    int64_t bytes;
} lk_room;
enum {
    LK_ROOM_PACKED,     /* floats: B, or the side with few lanes */
    LK_ROOM_PACKED_A,   /* floats */
    LK_ROOM_SCRATCH,    /* floats, of the workers */
    LK_ROOM_OFFSETS,    /* int64_t: of B's rows */
    LK_ROOM_RUNS,       /* lk_tile_run: A's depth */
    LK_ROOM_OPERATIONS, /* lk_workspace_scratch() */
    LK_ROOMS,
};
struct lk_workspace {
    lk_room room[LK_ROOMS];
    lk_caches caches;
    lk_workspace **part; /* of the workers */
    int parts;
};
/* For so many elements; NULL when out of memory. */
void *lk_room_take(lk_room *room, int64_t count, size_t size);

/* The ways of running a piece; the argument is the plan. Pieces: row piece * column_pieces + column
 * piece. */
lk_piece lk_product_packed_piece, lk_product_direct_piece, lk_product_narrow_piece,
    lk_product_lying_piece;

/* Packs columns [first, first + columns) at depths [begin, end), strip after strip of `width`, the
 * last one as wide as its tile. */
void lk_product_pack_columns(float *out, const lk_tile *tile, int64_t width, const lk_side *b,
                             int64_t first, int64_t columns, int64_t begin, int64_t end);
/* Of B's depth block at `begin`, columns [first, last). */
void lk_product_pack_b(const lk_product_plan *plan, float *out, int64_t first, int64_t last,
                       int64_t begin);

/* Fills packed_a; piece: a group of rows. */
lk_piece lk_product_pack_a_piece;

/* Whether the depth of A lies in memory in few runs, so that the micro-kernel can read its rows
 * where they lie. */
bool lk_product_runs_are_long(const lk_side *a, int64_t depth);
/* Lists them; returns their number (at most depth). */
int32_t lk_product_list_runs(const lk_side *a, int64_t depth, lk_tile_run *run);
/* Columns of a strip of B that such rows meet. */
int64_t lk_lying_width(const lk_tile *tile, int64_t columns);

/* Depths [begin, end) in which exactly the rows [first, last) of a panel are inside their
 * staircase. */
typedef struct lk_segment {
    int64_t begin, end;
    int32_t first, last;
} lk_segment;
#define LK_MOST_SEGMENTS (2 * LK_TILE_MOST_COLUMNS + 1)

/* The segments of rows [row, row + rows) within [begin, end), in order of depth; returns their
 * number. */
int32_t lk_product_segments(const lk_product *product, int64_t row, int64_t rows, int64_t begin,
                            int64_t end, lk_segment segments[LK_MOST_SEGMENTS]);

/* A panel of rows within one depth block: what its meetings with the strips of B have in common. */
typedef struct lk_panel {
    const lk_product_plan *plan;
    int64_t row, rows;
    const float *a; /* element (row + r, depth k) at a[(k - a_begin) * a_stride + r] */
    int64_t a_begin, a_stride;
    float *patch; /* scratch for one block of C */
    bool fused;   /* start values go straight into the registers */
    float start[LK_TILE_MOST_ROWS];
    float *c[LK_TILE_MOST_ROWS];
    int32_t segments;
    lk_segment segment[LK_MOST_SEGMENTS];
} lk_panel;

/* Where a strip of B stands: row k at data + offset[k], or data + (k - begin) * stride when offset
 * is NULL. */
typedef struct lk_strip {
    const float *data;
    int64_t begin, stride;
    const int64_t *offset;
    int64_t ahead; /* distance of the strip that will be met next; 0: it need not be asked for */
} lk_strip;

/* Prepares the panel (plan, row, rows, a... and patch are set) for depths [begin, end); false when
 * it has nothing there. */
bool lk_panel_open(lk_panel *panel, int64_t begin, int64_t end);
/* The panel times `columns` columns of B from `column` on. The strip begins `shift` columns before
 * `column` (results there are dropped), and has columns to be read up to the next width of the
 * tile. */
void lk_panel_run(const lk_panel *panel, const lk_strip *strip, int64_t column, int64_t columns,
                  int64_t shift);
/* Writes start values, for all rows and columns of a piece that lk_panel_run() will not start
 * itself. `panel_rows`: as the piece will cut its rows. */
void lk_panel_start(const lk_product *product, int64_t row, int64_t last_row, int64_t panel_rows,
                    int64_t first_column, int64_t last_column);

/* Of B, that every panel meets: three eighths of the second cache. */
static inline int64_t lk_met_floats(const lk_caches *caches) {
    return caches->second / (int64_t)sizeof(float) * 3 / 8;
}

static inline int64_t lk_minimum(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static inline int64_t lk_maximum(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static inline int64_t lk_round_up(int64_t value, int64_t unit) {
    return (value + unit - 1) / unit * unit;
}

static inline int64_t lk_depth_begin(const lk_product *product, int64_t row) {
    return product->depth_begin != NULL ? product->depth_begin[row] : 0;
}

static inline int64_t lk_depth_end(const lk_product *product, int64_t row) {
    return product->depth_end != NULL ? product->depth_end[row] : product->depth;
}

static inline int64_t lk_column_end(const lk_product *product, int64_t row) {
    return product->column_end != NULL ? product->column_end[row] : product->columns;
}

static inline int64_t lk_c_row(const lk_product *product, int64_t row) {
    return product->c_row_index != NULL ? product->c_row_index[row] : row;
}

static inline int64_t lk_c_column(const lk_product *product, int64_t column) {
    return (product->c_column_index != NULL ? product->c_column_index[column] : column) *
           product->c_column_stride;
}

static inline float lk_start_value(const lk_product *product, int64_t row, int64_t column) {
    return product->start == LK_START_BIAS  ? product->bias[lk_c_row(product, row)]
           : product->start == LK_START_ROW ? product->bias[column]
                                            : 0.0f;
}

/* Every row reads the whole depth and has all columns. */
static inline bool lk_is_rectangle(const lk_product *product) {
    return product->depth_begin == NULL && product->depth_end == NULL &&
           product->column_end == NULL;
}

/* The widest strip of whole columns for so many rows; 0: there are fewer columns than the narrowest
 * has. */
static inline int64_t lk_tile_fitting(const lk_tile *tile, int64_t rows, int64_t columns) {
    int64_t width = 0;
    for (int32_t i = 0; i < LK_TILE_WIDTHS && tile->widths[i] != 0 && tile->widths[i] <= columns;
         i++) {
        if (rows <= tile->most_rows[i]) {
            width = tile->widths[i];
        }
    }
    return width;
}

/* The narrowest that holds all columns. */
static inline int32_t lk_tile_width(const lk_tile *tile, int64_t columns) {
    int32_t i = 0;
    while (tile->widths[i] < columns) {
        i++;
    }
    return tile->widths[i];
}

#endif
