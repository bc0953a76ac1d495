/* A PixelCNN in plain loops, with the bits of the engine. Read this file first.
 *
 * van den Oord, Kalchbrenner, Kavukcuoglu, "Pixel Recurrent Neural Networks", ICML 2016. Pixels are
 * numbered row by row. The probability of an image is a product of conditionals (equation 1):
 *
 *   p(x) = product over pixels i of p(x_i | x_1, ..., x_i-1)
 *
 * Here pixels are 0 or 1, and each conditional is a Bernoulli: p(x_i = 1 | ...) = sigmoid(l_i). The
 * logit l_i comes from a network that sees the pixels before i and no others (sections 3.3 to 3.5):
 *
 *   u = first(x)                                   masked convolution, type A
 *   u = u + out(relu(masked(relu(in(relu(u))))))   residual blocks (figure 5); masked: type B
 *   l = logits(relu(head(relu(u))))                in, out, head and logits: 1x1
 *
 * One loop over the pixels does two jobs. At pixel i it computes l_i; to score an image it looks at
 * x_i, to sample one it draws x_i. Features are kept, so that each is computed once.
 *
 * Why is the order of summation fixed? Floats round, so a sum depends on its order, and a decoder
 * must find the probabilities of the encoder to the last bit. So every sum is one chain: the bias,
 * then the taps of the mask row by row, for each tap its channels. Each product is added by fmaf,
 * which rounds once. The engine computes many outputs side by side, but never cuts a chain, and
 * finds the same bits. softplus and sigmoid are those of base/maths.h: those of C libraries differ.
 *
 *   cc -std=c17 -O2 -ffp-contract=off -Isrc examples/tiny_pixelcnn.c -lm -o tiny_pixelcnn
 *   ./tiny_pixelcnn digits.likely 28 28 test.txt 1
 *
 * prints the NLL in nats of each image in test.txt (characters 0 and 1) as `likely score --json`
 * does, and the image that `likely sample --seed 1` draws first. */
#include "base/maths.h"
#include "tiny.h"

enum { BLOCKS_MOST = 256, SIZE_MOST = 1024 };

/* Type A does not see the pixel itself, which is to be predicted. Behind the first layer its place
 * holds features that come from earlier pixels alone, and type B sees them. */
typedef enum mask_type { TYPE_A, TYPE_B } mask_type;

/* A masked convolution. Its taps go from -reach to reach in the rows above, and in the row of the
 * pixel from -reach to the pixel. With reach 0 and type B it is a 1x1 convolution. */
typedef struct layer {
    mask_type type;
    int64_t reach, inputs, outputs;
    const float *weight; /* [tap][input][output] */
    const float *bias;   /* [output] */
    float *features;     /* [pixel][output] */
} layer;

typedef struct network {
    int64_t width, pixels, blocks;
    float *x; /* [pixel]: the image, 0 or 1 */
    layer first, in[BLOCKS_MOST], masked[BLOCKS_MOST], out[BLOCKS_MOST], head, logits;
} network;

static float relu(float value) {
    return value > 0.0f ? value : 0.0f;
}

/* bias + sum over taps, then inputs, of weight * relu(in). Taps outside the image are left out. The
 * first layer reads pixels, and relu leaves 0 and 1 as they are. */
static float chain(const network *net, const layer *l, const float *in, int64_t i, int64_t output) {
    int64_t row = i / net->width, column = i % net->width;
    const float *weight = l->weight + output;
    float sum = l->bias[output];
    for (int64_t y = row - l->reach; y <= row; y++) {
        int64_t last = y < row ? column + l->reach : l->type == TYPE_B ? column : column - 1;
        for (int64_t x = column - l->reach; x <= last; x++) {
            if (y >= 0 && x >= 0 && x < net->width) {
                const float *tap = in + (y * net->width + x) * l->inputs;
                for (int64_t c = 0; c < l->inputs; c++) {
                    sum = fmaf(weight[c * l->outputs], relu(tap[c]), sum);
                }
            }
            weight += l->inputs * l->outputs;
        }
    }
    return sum;
}

/* Adds pixel i to the features of the layer. Returns all of them. */
static float *convolve(const network *net, const layer *l, const float *in, int64_t i) {
    for (int64_t c = 0; c < l->outputs; c++) {
        l->features[i * l->outputs + c] = chain(net, l, in, i, c);
    }
    return l->features;
}

/* l_i. Later pixels hold what the last image left there; a masked network never reads it. */
static float logit(const network *net, int64_t i) {
    int64_t channels = net->first.outputs;
    const float *u = convolve(net, &net->first, net->x, i);
    for (int64_t b = 0; b < net->blocks; b++) {
        float *v = convolve(net, &net->in[b], u, i);
        v = convolve(net, &net->masked[b], v, i);
        v = convolve(net, &net->out[b], v, i);
        for (int64_t c = i * channels; c < (i + 1) * channels; c++) {
            v[c] += u[c];
        }
        u = v;
    }
    u = convolve(net, &net->head, u, i);
    return convolve(net, &net->logits, u, i)[i];
}

/* -log p(x), summed in the order of the pixels. For x_i = 1 it is -log sigmoid(l) = softplus(-l),
 * for x_i = 0 it is -log(1 - sigmoid(l)) = softplus(l). */
static double nll_nats(const network *net) {
    double nats = 0.0;
    for (int64_t i = 0; i < net->pixels; i++) {
        float l = logit(net, i);
        nats += (double)lk_softplus_scalar(net->x[i] == 1.0f ? -l : l);
    }
    return nats;
}

/* Ancestral sampling: each pixel from its conditional, given those that were drawn before.
 * p(x_i = 0 | ...) = 1 - sigmoid(l) = sigmoid(-l). */
static void sample(network *net, uint64_t seed) {
    for (int64_t i = 0; i < net->pixels; i++) {
        float p0 = lk_sigmoid_scalar(-logit(net, i));
        net->x[i] = tiny_uniform(seed, (uint64_t)i) < p0 ? 0.0f : 1.0f;
    }
}

/* ---- files ---- */

/* The reach of the mask follows from the number of weights. */
static layer load_layer(const network *net, const tiny_model *m, const char *name, mask_type type,
                        int64_t inputs) {
    layer l = {.type = type, .inputs = inputs};
    int64_t weights, taps = type == TYPE_B ? 1 : 0;
    l.bias = tiny_model_array(m, name, "bias", &l.outputs);
    l.weight = tiny_model_array(m, name, "weight", &weights);
    while (taps * inputs * l.outputs < weights) {
        l.reach++;
        taps += 4 * l.reach;
    }
    tiny_need(taps * inputs * l.outputs == weights, name, "not as in a PixelCNN of binary images");
    l.features = tiny_take(net->pixels * l.outputs, sizeof(float));
    return l;
}

static layer load_in_block(const network *net, const tiny_model *m, const char *name,
                           int64_t inputs) {
    char text[64];
    snprintf(text, sizeof text, "block%lld.%s", (long long)net->blocks + 1, name);
    return load_layer(net, m, text, TYPE_B, inputs);
}

static bool has_more_blocks(const network *net, const tiny_model *m) {
    char text[64];
    snprintf(text, sizeof text, "\"block%lld.in.weight\"", (long long)net->blocks + 1);
    return net->blocks < BLOCKS_MOST && tiny_model_says(m, text);
}

static void load(network *net, const char *path) {
    tiny_model m = tiny_model_read(path);
    tiny_need(tiny_model_says(&m, "\"family\":\"pixelcnn\""), path, "not a PixelCNN");
    tiny_need(!tiny_model_says(&m, ".gain\":{"), path, "a PixelCNN with normalisation");
    net->x = tiny_take(net->pixels, sizeof(float));
    net->first = load_layer(net, &m, "first", TYPE_A, 1);
    int64_t channels = net->first.outputs;
    bool fits = true;
    for (; has_more_blocks(net, &m); net->blocks++) {
        int64_t b = net->blocks;
        net->in[b] = load_in_block(net, &m, "in", channels);
        net->masked[b] = load_in_block(net, &m, "masked", net->in[b].outputs);
        net->out[b] = load_in_block(net, &m, "out", net->masked[b].outputs);
        fits = fits && net->out[b].outputs == channels;
    }
    net->head = load_layer(net, &m, "head", TYPE_B, channels);
    net->logits = load_layer(net, &m, "logits", TYPE_B, net->head.outputs);
    tiny_need(fits && net->logits.outputs == 1, path, "not a PixelCNN of binary images");
    free(m.header);
}

/* The next image of the file, if there is one. */
static bool read_image(network *net, FILE *file, const char *path) {
    char c;
    for (int64_t i = 0; i < net->pixels; i++) {
        if (fscanf(file, " %c", &c) != 1) {
            tiny_need(i == 0, path, "ends within an image");
            return false;
        }
        tiny_need(c == '0' || c == '1', path, "has other characters than 0 and 1");
        net->x[i] = (float)(c - '0');
    }
    return true;
}

static void draw(const network *net) {
    for (int64_t i = 0; i < net->pixels; i++) {
        printf("%c%s", net->x[i] == 1.0f ? '#' : '.', (i + 1) % net->width == 0 ? "\n" : "");
    }
}

int main(int count, char **words) {
    static network net;
    if (count != 6) {
        fprintf(stderr, "usage: tiny_pixelcnn MODEL HEIGHT WIDTH IMAGES SEED\n");
        return 2;
    }
    int64_t height = strtoll(words[2], NULL, 10);
    net.width = strtoll(words[3], NULL, 10);
    tiny_need(height >= 1 && height <= SIZE_MOST && net.width >= 1 && net.width <= SIZE_MOST,
              "height and width", "1 to 1024");
    net.pixels = height * net.width;
    load(&net, words[1]);
    FILE *images = fopen(words[4], "r");
    tiny_need(images != NULL, words[4], "cannot be opened");
    while (read_image(&net, images, words[4])) {
        printf("%.17g\n", nll_nats(&net));
    }
    fclose(images);
    sample(&net, strtoull(words[5], NULL, 10));
    draw(&net);
    return 0;
}
