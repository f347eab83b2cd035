/* SPDX-License-Identifier: MIT */
/* Reading one object that people give. */
#ifndef ONGGI_CLI_OBJECT_H
#define ONGGI_CLI_OBJECT_H

#include "cli/cli.h"

/* Reads one object from `text` without a word. As og_json_read(). */
int cli_read_form(og_doc *doc, const char *text, size_t len, cli_form form, const cli_options *options,
                  og_error *err);

/* Reads one object from `text`; `what` is what to call it in messages. 0, or the exit status after saying
 * why. */
int cli_read_object(og_doc *doc, const char *text, size_t len, cli_form form, const cli_options *options,
                    const char *what, og_value *value);

#endif
