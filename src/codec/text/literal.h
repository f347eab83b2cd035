/* SPDX-License-Identifier: MIT */
/* The two halves of the reader of Python literals: brackets (literal.c) and what is in them
 * (literal_scalar.c). */
#ifndef ONGGI_CODEC_TEXT_LITERAL_H
#define ONGGI_CODEC_TEXT_LITERAL_H

#include "value/doc.h"

#include <onggi/text.h>

/* The text and how far it has been read. */
typedef struct og__literal {
    og_doc *doc;
    const char *text;
    size_t len;
    size_t at;
    size_t max_digits;
    og_error *err;
} og__literal;

/* Passes over white space. */
void og__text_literal_space(og__literal *in);

/* True when `word` comes next. */
bool og__text_literal_word(const og__literal *in, const char *word);

/* Fails at the current byte: what was expected, and what is there. */
int og__text_literal_refuse(og__literal *in, const char *expected);

/* Reads None, True, False, a number, str, bytes, bytearray(b'…'), set() or frozenset(). 0 or < 0. */
int og__text_literal_scalar(og__literal *in, og_value *value);

#endif
