/* SPDX-License-Identifier: MIT */
/* Where a text without a frame ends, for the table of codecs. */
#ifndef ONGGI_CODEC_TEXT_SCAN_H
#define ONGGI_CODEC_TEXT_SCAN_H

#include <onggi/base.h>

/*
 * All that is there is the message, but for a UTF-8 sequence that is cut at its end, unless `ended`. 1 and
 * its bounds, or 0 when nothing is left.
 */
int og__text_scan_end(const uint8_t *data, size_t len, bool ended, size_t *start, size_t *end);

#endif
