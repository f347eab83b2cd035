/* SPDX-License-Identifier: MIT */
/* What a str in a pickle is made of: whether it is UTF-8, and what writers like to know of it. */
#ifndef ONGGI_CODEC_PICKLE_READ_TEXT_H
#define ONGGI_CODEC_PICKLE_READ_TEXT_H

#include "base/text16.h"
#include "value/doc.h"

enum { OG__TEXT_BAD = 1 }; /* no flag of a value */

/* The flags of a str (OG__F_ASCII, OG__F_SURROGATE, OG__F_CLEAN), or OG__TEXT_BAD when it is not UTF-8. */
unsigned og__pickle_text_flags(const uint8_t *text, size_t len);

#if !defined(OG__HOT)
#    define OG__HOT inline __attribute__((always_inline))

/* As og__pickle_text_flags(), where `start` to `text` + `room` may be read; `room` is at least `len`. */
static OG__HOT unsigned og__pickle_text_at(const uint8_t *start, const uint8_t *text, size_t len, size_t room)
{
    (void)start;
    unsigned special = 0;
    size_t i = 0;
    if (room < OG__TEXT16) return og__pickle_text_flags(text, len);
    for (; len - i > OG__TEXT16 && special == 0; i += OG__TEXT16)
        special = og__base_special16(text + i);
    if (special == 0 && room - i < OG__TEXT16) return og__pickle_text_flags(text, len);
    if (special == 0) special = og__base_special16(text + i) & ((1u << (len - i)) - 1);
    return special == 0 ? OG__F_ASCII | OG__F_CLEAN : og__pickle_text_flags(text, len);
}

#endif

#endif
