/* The constants of Philox4x32-10 (base/random.c), for those who run many counters side by side. */
#ifndef LK_BASE_PHILOX_H
#define LK_BASE_PHILOX_H

#include <stdint.h>

#define LK_PHILOX_ROUNDS 10
#define LK_PHILOX_MULTIPLIER_0 UINT64_C(0xD2511F53)
#define LK_PHILOX_MULTIPLIER_1 UINT64_C(0xCD9E8D57)
#define LK_PHILOX_WEYL_0 UINT32_C(0x9E3779B9) /* golden ratio */
#define LK_PHILOX_WEYL_1 UINT32_C(0xBB67AE85) /* sqrt(3) - 1 */

#endif
