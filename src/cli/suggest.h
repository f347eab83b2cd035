/* SPDX-License-Identifier: MIT */
/* The command that would work, for a word of the command line that does not. */
#ifndef ONGGI_CLI_SUGGEST_H
#define ONGGI_CLI_SUGGEST_H

#include "cli/cli.h"

/* `text`, which stands for an endpoint, is none: says the command with the endpoint that it was probably
 * meant to be, if there is one. */
void cli_suggest_endpoint(const cli_options *options, const char *text);

/* `text`, which is given as an object, is not JSON: says the command with what it was probably meant to be.
 */
void cli_suggest_object(const cli_options *options, const char *text);

/* `text` is given as the name of a file: says how an object is given instead, if it is one. */
void cli_suggest_text(const char *text);

/* The first word is a file, or an endpoint, and no subcommand. */
void cli_suggest_command(int argc, char **argv);

/*
 * JSON out of what people write instead: names and texts without quotes or in single ones, Python's True,
 * False and None, commas before a bracket. Appends it to `out`, with a NUL after it; false when it is not
 * JSON then either.
 */
bool cli_mend_json(const char *text, size_t len, og_buf *out);

#endif
