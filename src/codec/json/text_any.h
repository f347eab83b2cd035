/* SPDX-License-Identifier: MIT */
/*
 * The text as the pass for any processor sees it: OG__WIDE bytes at a time. All of these load that many
 * bytes; a mask has a bit for each byte, the first one lowest.
 */
#ifndef ONGGI_CODEC_JSON_TEXT_ANY_H
#define ONGGI_CODEC_JSON_TEXT_ANY_H

#include "base/number_digits.h"
#include "base/text16.h"
#include "codec/json/reader.h"

#define OG__TARGET
#define OG__HOT inline __attribute__((always_inline))

enum { OG__WIDE = OG__TEXT16, OG__PADDED = 0 /* whether only padded texts are read */ };

/* Those that are not white space. */
static OG__HOT uint64_t og__json_wide_other(const uint8_t *text)
{
    return og__base_space16(text) ^ OG__TEXT16_ALL;
}

/* Those that end a run of plain ASCII in a string. */
static OG__HOT uint64_t og__json_wide_special(const uint8_t *text)
{
    return og__base_special16(text);
}

/*
 * The first '"', '\\' or control byte from `at` on, a byte of 0x80 or more, after ASCII; NULL
 * where there is none, or what is up to there is not UTF-8, or not known to be.
 */
static OG__HOT const uint8_t *og__json_wide_utf8(const og__json_reader *r, const uint8_t *at)
{
    (void)r;
    (void)at;
    return NULL;
}

/* How many of the eight bytes from the lowest on are digits. */
static OG__HOT unsigned og__json_count_digits8(uint64_t word)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t off = word ^ each * '0';
    uint64_t bad = ((off + each * 0x76) | off) & each * 0x80;
    return (bad ? (unsigned)__builtin_ctzll(bad) : 64) / 8;
}

/* The number of the up to 8 digits at `text`; `*count` is how many. */
static OG__HOT uint64_t og__json_wide_number(const uint8_t *text, unsigned *count)
{
    uint64_t word = og__base_load8(text);
    *count = og__json_count_digits8(word);
    return *count ? og__base_eight_digits(word << (64 - 8 * *count)) : 0;
}

enum { OG__WIDE_DIGITS = 8 };

#endif
