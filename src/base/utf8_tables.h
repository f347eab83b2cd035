/* SPDX-License-Identifier: MIT */
/* What can be wrong with two bytes of UTF-8, looked up by their halves: for vectors of any width. */
#ifndef ONGGI_BASE_UTF8_TABLES_H
#define ONGGI_BASE_UTF8_TABLES_H

#include <stdint.h>

/* What may be wrong with a byte and the one before it. */
enum {
    SHORT = 0x01,     /* no tail byte where one is due */
    LONG = 0x02,      /* a tail byte after ASCII */
    OVERLONG3 = 0x04, /* 0xe0, and then below 0xa0 */
    LARGE = 0x08,     /* 0xf4 and above, and then 0x90 and above */
    SURROGATE = 0x10, /* 0xed, and then 0xa0 and above */
    OVERLONG2 = 0x20, /* 0xc0 and 0xc1 */
    LARGER = 0x40,    /* 0xf5 and above, and then below 0x90 */
    OVERLONG4 = 0x40, /* 0xf0, and then below 0x90 */
    TAILS = 0x80,     /* two tail bytes: wrong, unless the third or fourth byte of a sequence is due */
    ANY = SHORT | LONG | TAILS,
    TOO = ANY | LARGE | LARGER,
    TAIL = LONG | OVERLONG2 | TAILS
};

/* By the upper and lower half of the byte before, and by the upper half of the byte itself. */
static const uint8_t og__base_utf8_before_upper[16] = {LONG,
                                                       LONG,
                                                       LONG,
                                                       LONG,
                                                       LONG,
                                                       LONG,
                                                       LONG,
                                                       LONG,
                                                       TAILS,
                                                       TAILS,
                                                       TAILS,
                                                       TAILS,
                                                       SHORT | OVERLONG2,
                                                       SHORT,
                                                       SHORT | OVERLONG3 | SURROGATE,
                                                       SHORT | LARGE | LARGER | OVERLONG4};
static const uint8_t og__base_utf8_before_lower[16] = {ANY | OVERLONG3 | OVERLONG2 | OVERLONG4,
                                                       ANY | OVERLONG2,
                                                       ANY,
                                                       ANY,
                                                       ANY | LARGE,
                                                       TOO,
                                                       TOO,
                                                       TOO,
                                                       TOO,
                                                       TOO,
                                                       TOO,
                                                       TOO,
                                                       TOO,
                                                       TOO | SURROGATE,
                                                       TOO,
                                                       TOO};
static const uint8_t og__base_utf8_upper[16] = {SHORT,
                                                SHORT,
                                                SHORT,
                                                SHORT,
                                                SHORT,
                                                SHORT,
                                                SHORT,
                                                SHORT,
                                                TAIL | OVERLONG3 | LARGER | OVERLONG4,
                                                TAIL | OVERLONG3 | LARGE,
                                                TAIL | SURROGATE | LARGE,
                                                TAIL | SURROGATE | LARGE,
                                                SHORT,
                                                SHORT,
                                                SHORT,
                                                SHORT};

#endif
