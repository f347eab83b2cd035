/* SPDX-License-Identifier: MIT */
/* The command that would work, for a word of the command line that does not. */
#ifndef ONGGI_CLI_SUGGEST_H
#define ONGGI_CLI_SUGGEST_H

#include "cli/cli.h"

/* `text`, which stands for an endpoint, is none: says the command with the endpoint that it was probably
 * meant to be, if there is one. */
void cli_suggest_endpoint(const cli_options *options, const char *text);

/* More arguments are there than the command takes: says the command with host and port as one word. */
void cli_suggest_fewer(const cli_options *options);

/* `text`, which is given as an object, is not JSON: says the command with what it was probably meant to be.
 */
void cli_suggest_object(const cli_options *options, const char *text);

/* `text` is given as the name of a file: says how an object or an endpoint is read instead, if it is one. */
void cli_suggest_text(const char *text);

/* The same of an endpoint alone: what receives from it, with `more` after it. False if it is none. */
bool cli_suggest_receiving(const char *text, const char *more);

/* The first word is a file, or an endpoint, and no subcommand. */
void cli_suggest_command(int argc, char **argv);

/*
 * JSON out of what people write instead: names and texts without quotes, in single or in curly ones, Python's
 * True, False and None, commas before a bracket. Appends it to `out`, with a NUL after it; false when it is
 * not JSON then either.
 */
bool cli_mend_json(const char *text, size_t len, og_buf *out);

/* ---- Parts of suggestions ---- */

/* Appends a word as the shell takes it, after a space. */
void cli_put_word(og_buf *out, const char *word);

/* Says a command, after `lead` and a colon. It has a NUL then. */
void cli_say_command(const char *lead, og_buf *command);

/* Says the command with `better` (NULL: nothing) for the text, and with what `more` has after it. Words that
 * are `gone` (its objects) are left out. */
void cli_say_instead(const cli_options *options, const char *text, const char *better, const char *more,
                     bool objects_gone);

/* The place of `text` in the command line: the word that it is, or that it ends; their number if it is none.
 */
size_t cli_place_of(const cli_options *options, const char *text);

/* True for a file that is there, or a name as files of objects have them. */
bool cli_is_file(const char *path);

/* Appends what gives a file to a command that takes objects, and a NUL. */
void cli_put_redirection(og_buf *out, const char *path);

#endif
