/* SPDX-License-Identifier: MIT */
/*
 * A short way to write an object of one level: name=John age:=30 is {"name": "John", "age": 30}. After =
 * comes a text, after := a value in JSON (or whatever -i says).
 */
#ifndef ONGGI_CLI_PAIRS_H
#define ONGGI_CLI_PAIRS_H

#include "cli/cli.h"

/* True when `text` begins with NAME= or NAME:=, which no JSON text and no repr does. */
bool cli_is_pair(const char *text, size_t len);

/* True for the forms in which an object may be written so. */
bool cli_takes_pairs(cli_form form);

/* Appends the object of `count` words, each of them one member, as the shell has taken them apart. 0, or the
 * exit status after saying why. */
int cli_pairs_of_words(char **words, size_t count, cli_form form, const cli_options *options, og_buf *out);

/* The same of a line, whose members have blanks between them. A text with blanks is in quotes. */
int cli_pairs_of_line(const char *text, size_t len, cli_form form, const cli_options *options, og_buf *out);

/* As cli_read_object() for an object that an option takes, which may be written so too. */
int cli_read_argument(og_doc *doc, const char *text, cli_form form, const cli_options *options,
                      const char *what, og_value *value);

#endif
