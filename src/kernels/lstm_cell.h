/* The arithmetic of one LSTM cell of one example, for all recurrences that are made of such
 * (ops/recurrent_lstm.c, ops/grid_lstm.c):
 *
 *   i, f, o = sigmoid(i, f, o);   g = tanh(g);   c = f c_before + i g;   h = o tanh(c)
 *
 * In training the update can be dropped, unit by unit, without touching what c remembers: c = f
 * c_before + i (keep g) (Semeniuta, Severyn, Barth, Recurrent dropout without memory loss, COLING
 * 2016). Each product and each sum of c and h is rounded. A cell holds the slots [h | c | i f o g],
 * each of `width` channels: readers take h; the next cell reads h and c; backward reads the gates
 * instead of computing them again. */
#ifndef LK_KERNELS_LSTM_CELL_H
#define LK_KERNELS_LSTM_CELL_H

enum { LK_LSTM_GATES = 4, LK_LSTM_SLOTS = 6 };
enum { LK_LSTM_H, LK_LSTM_C, LK_LSTM_I, LK_LSTM_F, LK_LSTM_O, LK_LSTM_G };

/* The derivatives, from the cell's own channels `dvalue` and from what its readers gave h and c
 * besides: */
typedef struct lk_lstm_cell {
    const float *value, *dvalue;
    const float *c_before; /* NULL: 0 */
    const float *keep;     /* NULL: 1; may be the place of the fourth gate in dgates */
    const float *dh, *dc;
    float *dgates;    /* set: 0 + what the sums of the four gates get */
    float *dc_before; /* set: what this cell gives c_before; may be dc */
} lk_lstm_cell;

#endif
