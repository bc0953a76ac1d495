/* A model: a family, its settings, the description of the data it is for, an ordering and trained
 * parameters. All that it takes to use it; its file (models/model_file.h) holds the same. */
#ifndef LK_MODELS_MODEL_H
#define LK_MODELS_MODEL_H

#include "data/dataset.h"
#include "data/columns.h"
#include "data/local.h"
#include "data/symbols.h"
#include "data/view.h"
#include "graph/graph.h"
#include "models/settings.h"

typedef struct lk_model lk_model;
typedef struct lk_family lk_family;

/* What the model's data are. Zeroed: nothing special. */
typedef struct lk_data_description {
    lk_shape shape;
    int64_t variables;
    int32_t alphabet;
    lk_binarization binarization;
    /* Of each variable, where they differ (a table's columns); NULL: all are `alphabet`, which is
     * otherwise the largest. A model owns its copy. */
    const int32_t *alphabets;
    /* Of a table: names and, unless they are integers, values of the columns; else NULL. A model
     * owns its copy. */
    const lk_columns *columns;
    /* What the given field "label" can be: symbols of `classes`, of which a model owns its copy; 0:
     * nothing is given. Without classes a label is a number. */
    int32_t labels;
    lk_dictionary classes;
    lk_view view;                 /* kind NULL: values are modelled as they are */
    lk_picture_settings pictures; /* how pictures were read, and are again */
    bool stream; /* sequences without end: shape (one axis) is then only the window that training
                    looked at */
    lk_symbols symbols;  /* of a stream; a model owns its copy */
    lk_local_form local; /* of a stream: the slower sequence that is given along it; or none */
} lk_data_description;

/* Whether they are recordings. */
static inline bool lk_data_is_sound(const lk_data_description *data) {
    return data->stream && data->symbols.kind == LK_SYMBOLS_SOUND;
}

/* Reports from a fit that is not by gradients; return false to stop. */
typedef bool lk_fit_progress(void *argument, int64_t iteration, int64_t iterations,
                             double train_nll_nats, double valid_nll_nats);

typedef struct lk_fit_options {
    uint64_t seed;
    int64_t iterations; /* 0: the family's default */
    double minutes;     /* 0: no limit */
    bool *kept;         /* or NULL: set when a fit that is interrupted leaves usable parameters */
    lk_fit_progress *progress;
    void *progress_argument;
} lk_fit_options;

#define LK_GROUP_NAME 48

/* One row for each family; one file each. */
struct lk_family {
    const char *name;    /* "made" */
    int32_t place;       /* in the course: no two families have the same */
    const char *summary; /* one line for `likely models` */
    const char *paper;
    const lk_setting *settings;
    int32_t setting_count;
    /* Its conditionals are the same wherever they stand in a sequence, so that it may be run along
     * one that has no end. */
    bool streams;
    bool given; /* its networks take a given field: p(x | label) */
    bool local; /* they take a slower sequence that is given along a stream */
    bool views; /* they take several modelled fields: the parts of a view */
    /* Of a family whose models are of views alone: the one that is taken where none is asked for.
     * LK_INVALID where there is none. NULL: then values are seen as they are. */
    lk_status (*view)(lk_context *context, lk_shape shape, int32_t alphabet, lk_view *view);
    bool tables;    /* they take variables of different alphabets */
    bool any_order; /* of the variables; else the natural one alone, of images raster scan */
    /* When a model is made (not when it is loaded): may rewrite settings, so that what they name in
     * files becomes part of the model. NULL: nothing to do. */
    lk_status (*prepare)(lk_model *model);
    /* Ranks by a rule, of data of any shape: fills rank[variables of the shape] from the settings
     * and that shape alone. The model's ordering then has the name `order`, and no other can be
     * asked for; its network is held whole at any size. NULL: the ordering is chosen. */
    const char *order;
    lk_status (*ranks)(const lk_model *model, lk_shape shape, int32_t *rank);
    /* The ordering begins with a smaller picture, of every so-manieth row and column, which can be
     * given: how many times smaller; 1: it does not. NULL: none of its models' does. */
    int64_t (*scale)(const lk_model *model);
    /* Groups of variables that `eval` tells apart, such as slices, of whole pixels: fills
     * group[variables of the shape] with numbers below what it returns, from the settings and the
     * shape; and what one is called. NULL: none. */
    int32_t (*groups)(const lk_model *model, lk_shape shape, int32_t *group);
    void (*group_name)(const lk_model *model, int32_t group, char name[LK_GROUP_NAME]);
    /* When a model has its ordering, made or loaded: may replace it, rank and order_name. NULL: it
     * stays. */
    lk_status (*reorder)(lk_model *model);
    /* How many networks share the parameters (masks of a MADE); NULL means 1. The model's
     * distribution is their even mixture. */
    int32_t (*variants)(const lk_model *model);
    const char *variant; /* what tells them apart: "order"; NULL: "mask" */
    /* Fills rank[variables] for a variant; NULL: the model's own ordering. */
    lk_status (*ordering)(const lk_model *model, int32_t variant, int32_t *rank);
    /* Builds the variant's network on a graph that has its data node, and finishes it. */
    lk_status (*build)(const lk_model *model, int32_t variant, lk_graph *graph);
    /* Of an order-agnostic model: builds the network that says every variable from any set of known
     * ones, on which it is trained (train/known.h), and finishes it. `graph` is as
     * lk_model_graph_known says. NULL: it is trained on the networks of its variants. */
    lk_status (*build_known)(const lk_model *model, lk_graph *graph);
    /* Sets parameters to a good start before training by gradients, from the training data (output
     * biases from marginal frequencies). NULL: initial values are enough. */
    lk_status (*start)(lk_model *model, const lk_dataset *train);
    /* The network can be built on data of any size, with the same parameters: sequences of any
     * length, images of any height and width. */
    bool any_size;
    /* What in a model's settings ties its network to its own size all the same, such as
     * "positions=axes"; NULL: nothing does. */
    const char *(*one_size)(const lk_model *model);
    /* Every variable has parameters of its own, at least one for each of its symbols but the first:
     * a model file that holds fewer is none, and need not be built to see it. */
    bool per_variable;
    bool yardstick; /* it does not learn how variables depend on each other: others are measured
                       by it */
    /* What suits its training by gradients where nothing is asked for: Adam's learning rate (0:
     * 0.001), one that it may begin at when it falls to 0 by the end (0: the same), a bound of the
     * gradients' norm (0: none); settings for so many symbols of texts (0: of examples), KEY=VALUE
     * texts and a NULL behind them. NULL: the settings' fallbacks. */
    double learning_rate, falling_rate, clip;
    const char *const *(*suits)(int64_t symbols);
    /* Closed-form or EM training. NULL: by gradients. valid may be NULL. */
    lk_status (*fit)(lk_model *model, const lk_dataset *train, const lk_dataset *valid,
                     const lk_fit_options *options);
};

struct lk_model {
    lk_context *context;
    const lk_family *family;
    lk_settings settings;
    lk_data_description data;
    int32_t *rank;    /* owned, [variables]: the base ordering, of raw values */
    char from[33];    /* fingerprint of the model whose weights its training began with, "": none */
    bool unshaped;    /* made by version 0.1, whose fingerprints did not cover the shape */
    char *order_name; /* owned: "natural", "reversed", "random:SEED", "zigzag", "file" ... */
    lk_parameters *parameters; /* owned */
    char *history;             /* owned JSON text: how it was trained; "{}" when it was not */
    float *calibration;        /* owned, ascending NLLs in nats of held-out examples, or NULL */
    int64_t calibration_count;
    /* owned: a calibration is gone because it was for these settings, "orders=1, order_seed=1",
     * and the model is used with others; else NULL */
    char *calibrated_for;
};

/* The families that this build knows, and one by name (NULL: unknown). */
int32_t lk_family_count(void);
const lk_family *lk_family_at(int32_t index);
const lk_family *lk_family_named(const char *name);
/* The same; LK_INVALID, with the names that there are. */
lk_status lk_family_find(lk_context *context, const char *name, const lk_family **family);

/* The names of those that are so, in the order of the course; cut at the capacity, of which
 * LK_FAMILY_NAMES is enough for all. */
#define LK_FAMILY_NAMES 512
typedef bool lk_family_is(const lk_family *family);
void lk_family_names(lk_family_is *is, const char *separator, char *text, size_t capacity);
lk_family_is lk_family_streams, lk_family_any_size;
lk_family_is lk_family_any_order; /* yardsticks left out, of which nobody would ask it */

/* Kinds of data that not every family takes. */
typedef struct lk_family_wants {
    bool text, label, local, view, table; /* table: variables of different alphabets */
} lk_family_wants;
/* LK_INVALID says what the family does not take; which settings it does not have. */
lk_status lk_family_takes(lk_context *context, const lk_family *family,
                          const lk_family_wants *wants);
lk_status lk_family_check_settings(lk_context *context, const lk_family *family,
                                   const char *const *assignments, int32_t count);

/* A new model. data is copied, with all that it points to; alphabets follow from columns of words;
 * a stream needs a family that streams, the natural ordering and the alphabet of its symbols.
 * `assignments`: KEY=VALUE texts. `order`: "natural", "reversed", "random:SEED", of images "zigzag"
 * and "s-curve:1" to 8, or the path of a file of ranks (one integer for each variable, white space
 * between). All parameters are declared
 * (by building variant 0) and initialised from `seed`. */
lk_status lk_model_create(lk_context *context, const char *family, const char *const *assignments,
                          int32_t count, lk_data_description data, const char *order, uint64_t seed,
                          lk_model **model);
/* The same with the ranks themselves and all parameters zero: for models read from a file.
 * order_name is copied. More parameters than values_most are refused before they are allocated, and
 * variables that would need more before a network is built; 0: no limit. */
lk_status lk_model_create_ranked(lk_context *context, const char *family,
                                 const char *const *assignments, int32_t count,
                                 lk_data_description data, const int32_t *rank,
                                 const char *order_name, int64_t values_most, lk_model **model);
void lk_model_destroy(lk_model *model);
int32_t lk_model_variants(const lk_model *model);
const char *lk_model_variant_name(const lk_model *model); /* "mask", "order" */
/* Variables of its networks: those of the data, or, with a view, its parts of each. */
int64_t lk_model_modelled(const lk_model *model);
/* Its network can be built on data of any size: the family's, and nothing in the settings ties it
 * to its own. */
bool lk_model_any_size(const lk_model *model);
/* Symbols of a variable of the data. */
int32_t lk_model_alphabet_of(const lk_model *model, int64_t variable);
/* lk_model_unit (likely.h): symbols of a stream that belong together, and are a position of its
 * network. */
/* The view's, or NULL; lk_model_bound (likely.h) says whether it makes NLLs bounds. */
const lk_view *lk_model_view(const lk_model *model);
/* The network of a variant, proved causal. The caller's: lk_graph_destroy, before the model is
 * destroyed. */
lk_status lk_model_graph(const lk_model *model, int32_t variant, lk_graph **graph);
/* The same network under another ordering than the variant's own: for order-agnostic models, to put
 * given variables first. */
lk_status lk_model_graph_ranked(const lk_model *model, int32_t variant, const int32_t *rank,
                                lk_graph **graph);
/* Its fields, at most LK_MODEL_FIELDS_MOST: the modelled ones, with ranks of all their cells, then
 * what is given; how many there are. For those who build networks. */
#define LK_MODEL_FIELDS_MOST (LK_VIEW_PARTS_MOST + 2)
int32_t lk_model_fields(const lk_model *model, const int32_t *rank, lk_field *fields);
/* What an order-agnostic model is trained on. All variables have one rank, and behind what is given
 * anyway each modelled field has a given one of as many cells: what is known of it, which is its
 * alphabet where nothing is. */
lk_status lk_model_graph_known(const lk_model *model, lk_graph **graph);
/* For families: the nodes of what is known, one for each modelled field, of such a graph. */
void lk_known_nodes(const lk_graph *graph, lk_node *nodes[LK_FIELDS_MOST]);
/* Whether any variables may come first: of one that is trained so, or has this setting, and it is
 * true. */
#define LK_ORDER_AGNOSTIC "order_agnostic"
bool lk_model_any_subset(const lk_model *model);
lk_family_is lk_family_any_subset, lk_family_may_be_agnostic;
/* Its ordering is one of any shape: the natural one, or its family's rule. */
bool lk_model_ranked_by_shape(const lk_model *model);
/* The network on data of another shape, in the ordering that follows from it, with the same
 * parameters: for families whose weights do not belong to places (a longer sequence, a larger
 * image). LK_MISMATCH when the family's do, or when the model has an ordering of its own. */
lk_status lk_model_graph_at(const lk_model *model, lk_shape shape, lk_graph **graph);
/* The same, or of variant 0 at the model's own shape, where the ordering may be another than the
 * natural one; *graph NULL where it is not: there the network may slide and is not built whole. */
lk_status lk_model_graph_ordered(const lk_model *model, lk_shape shape, lk_graph **graph);
/* Changes when the same model file begins to mean other probabilities. */
#define LK_ENGINE_VERSION "1"
/* Before training by gradients: the family's `start`, if it has one. */
lk_status lk_model_start(lk_model *model, const lk_dataset *train);
/* 128 bits over everything that decides a probability: family, settings, data description,
 * ordering, parameters, engine version. */
typedef struct lk_fingerprint {
    uint8_t byte[16];
} lk_fingerprint;
lk_fingerprint lk_model_fingerprint(const lk_model *model);
void lk_fingerprint_print(lk_fingerprint fingerprint, char text[33]);
/* LK_MISMATCH, with what differs, when the data do not have the model's number of variables (784
 * may stand for 28x28, but images agree in height, width and channels) or hold values outside its
 * alphabet. */
lk_status lk_model_accepts(const lk_model *model, const lk_dataset *dataset);
/* The first alone, and the second. */
lk_status lk_model_accepts_shape(const lk_model *model, const char *name, lk_shape shape);
lk_status lk_model_accepts_values(const lk_model *model, const lk_dataset *dataset);
/* LK_MISMATCH when an example of the data has no label that the model's network can be given. */
lk_status lk_model_accepts_labels(const lk_model *model, const lk_dataset *dataset);
/* At which shape the model's network runs over data of `shape`: *there is the model's own when the
 * numbers of variables agree, or, for families that are built at any size, the data's: images of
 * another height and width but as many channels, sequences of another length. Else LK_MISMATCH,
 * saying what differs; `name` is for messages. */
lk_status lk_model_shape_for(const lk_model *model, const char *name, lk_shape shape,
                             lk_shape *there);
/* A hint for who shows a channel more than `own` has, which may be that of alpha; else "". */
const char *lk_alpha_hint(lk_context *context, lk_shape own, lk_shape shape);
/* Whether a picture of that shape is an upper part of one of the model's. */
bool lk_model_part(const lk_model *model, lk_shape shape);
#define LK_SCALE_MOST 1024
/* How many times smaller the picture is that the model's ordering begins with; 1: there is none. */
int64_t lk_model_scale(const lk_model *model);
/* Whether a picture has the size of that one. */
bool lk_model_first(const lk_model *model, lk_shape shape);
/* What a picture of every scale-th row and column belongs to: `wanted`; if that has 0 axes, one of
 * the model's own size, where this fits, else, of families that take any, one `scale` times as high
 * and wide. LK_MISMATCH says what does not fit. */
lk_status lk_model_enlarged(const lk_model *model, const char *name, lk_shape small, int64_t scale,
                            lk_shape wanted, lk_shape *there);
/* What a model of a family may have: 1 to 2^26 variables, at the shape that it is made for. */
lk_status lk_model_check_shape(lk_context *context, const char *name, lk_shape shape);
/* Whether figures of two models can be compared: both of texts, or both of examples of one
 * alphabet, with the same columns of words and as many variables (unless both run at any size).
 * LK_MISMATCH says what differs. */
lk_status lk_model_alike(const lk_model *model, const char *name, const lk_model *other,
                         const char *other_name);
/* Both: data that the model accepts, or could at another size. */
lk_status lk_model_takes(const lk_model *model, const lk_dataset *dataset, lk_shape *there);

#endif
