/* SPDX-License-Identifier: MIT */
/* How JSON texts begin, for detection: the columns of og_codec. */
#ifndef ONGGI_CODEC_JSON_BEGINS_H
#define ONGGI_CODEC_JSON_BEGINS_H

#include <onggi/codec.h>

/* The byte order mark of UTF-8. */
#define OG__JSON_BOM "\xef\xbb\xbf"
enum { OG__JSON_BOM_LEN = 3 };

int og__json_begins(const og_opening *opening, int *note);
bool og__json_claims(const uint8_t *data, size_t len, int *note);
bool og__json_may_follow(uint8_t byte);

#endif
