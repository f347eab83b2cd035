/* SPDX-License-Identifier: MIT */
/* UTF-8: checking, decoding and encoding. */
#ifndef ONGGI_BASE_UTF8_H
#define ONGGI_BASE_UTF8_H

#include <onggi/base.h>

/* Bytes at the start of `text` that are valid UTF-8 (no surrogates, nothing past U+10FFFF, nothing overlong);
 * `len` when all are. `ascii` (may be NULL): whether all of them are below 0x80. */
size_t og__base_utf8_valid(const uint8_t *text, size_t len, bool *ascii);

/* As og__base_utf8_valid(), but surrogates are allowed as three bytes each (as pickle's surrogatepass writes
 * them); `surrogates` says whether there are any. */
size_t og__base_utf8_valid_surrogates(const uint8_t *text, size_t len, bool *ascii, bool *surrogates);

/* Decodes the code point at `text` (`len` > 0 bytes; surrogates allowed): its length in bytes, 0 when it is
 * malformed or cut. */
size_t og__base_utf8_decode(const uint8_t *text, size_t len, uint32_t *code);

/* Writes a code point up to U+10FFFF (surrogates as three bytes) to `text`, which has room for 4 bytes;
 * returns its length. */
size_t og__base_utf8_encode(uint32_t code, uint8_t *text);

/* Whether Python's str.isprintable() says so, i.e. whether repr() shows the code point as it is. */
bool og__base_printable(uint32_t code);

#endif
