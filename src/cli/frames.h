/* SPDX-License-Identifier: MIT */
/* Files whose messages have something around them: a length before each, or a separator. */
#ifndef ONGGI_CLI_FRAMES_H
#define ONGGI_CLI_FRAMES_H

#include "cli/cli.h"

/* The framing that --framing asks for: false when it asks for none, or for auto. */
bool cli_framing_given(const cli_options *options, og_framing *framing);

/*
 * The framing of `data`, the start of a file, or all of it when `ended`: 1 when its messages are pickles or
 * JSON texts, one after the other, as far as the data goes; 0: more bytes may show one; -1: there is none.
 * What begins as a pickle or a JSON text itself has none.
 */
int cli_framing_of(const uint8_t *data, size_t len, bool ended, og_framing *framing);

/* The encoding of data that are JSON in UTF-16 or UTF-32, e.g. "UTF-16LE", or NULL. */
const char *cli_wide_text(const uint8_t *data, size_t len);

/* How a message is written: no pickle starts as a JSON text does. */
cli_form cli_form_of(const uint8_t *data, size_t len);

/* True for a JSON text, other than a number, with a NUL after it. */
bool cli_ended_by_nul(const uint8_t *data, size_t len);

/* How many bytes come before a JSON array or object that is whole; 0 when there is none so soon, or when it
 * comes first. */
size_t cli_before_json(const uint8_t *data, size_t len);

/* What seems to end each message: the bytes up to the next one, or to the end. False when there is nothing of
 * the kind. */
bool cli_delim_of(const uint8_t *data, size_t len, og_framing *framing);

#endif
