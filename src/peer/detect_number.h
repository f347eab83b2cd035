/* SPDX-License-Identifier: MIT */
/* Whether a number before white space is a value, or the length of what comes after it. */
#ifndef ONGGI_PEER_DETECT_NUMBER_H
#define ONGGI_PEER_DETECT_NUMBER_H

#include "peer/detect.h"

/* A number of `codec` is at [first, end) of the bytes, and the next byte that is no white space at `at`.
 * False when that shows that the number is no value. */
bool og__peer_number_stands(const og__look *look, const og_codec *codec, size_t first, size_t end, size_t at);

#endif
