/* The words of kernels/isa/few_body.h for columns that fill no vector, in place of an instruction
 * set's own, and the block that they make: FEW_NAME is defined anew before. */
#undef FEW_LANES
#undef FEW_VECTOR
#undef FEW_ZERO
#undef FEW_LOAD
#undef FEW_STORE
#undef FEW_BROADCAST
#undef FEW_FMA
#undef FEW_WIDEN
#define FEW_LANES 1
#define FEW_VECTOR float
#define FEW_ZERO 0.0f
#define FEW_LOAD(p) (*(p))
#define FEW_STORE(p, v) (*(p) = (v))
#define FEW_BROADCAST(x) (x)
#define FEW_FMA(a, b, c) fmaf(a, b, c)
#define FEW_WIDEN(p, unit) ((float)*(p) * (unit))
#include "kernels/isa/few_body.h"
