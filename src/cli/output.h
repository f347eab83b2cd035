/* SPDX-License-Identifier: MIT */
/* Values on standard output, one after the other. Threads: one at a time. */
#ifndef ONGGI_CLI_OUTPUT_H
#define ONGGI_CLI_OUTPUT_H

#include "cli/cli.h"

typedef struct cli_output {
    cli_form form;
    og_json_write_options json;
    og_pickle_write_options pickle;
    size_t max_bytes;
    og_buf buf;
} cli_output;

void cli_output_init(cli_output *output, const cli_options *options, cli_form form);
void cli_output_fini(cli_output *output);

/* How values of `codec` are printed unless -o says so. */
cli_form cli_output_form(const cli_options *options, const char *codec);

/* What cli_print() returns when nobody reads our output any more: time to end, without a word. */
enum { CLI_OUTPUT_GONE = -100 };

/* Prints one value and sees to it that it gets out. 0, CLI_OUTPUT_GONE, or the exit status after saying why.
 */
int cli_print(cli_output *output, og_value value);

/* The same into a buffer, without what ends a line. 0 or a negative status. */
int cli_format(const cli_output *output, og_value value, og_buf *out, og_error *err);

#endif
