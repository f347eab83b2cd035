/* SPDX-License-Identifier: MIT */
/* Values on standard output, one after the other. Threads: one at a time. */
#ifndef ONGGI_CLI_OUTPUT_H
#define ONGGI_CLI_OUTPUT_H

#include "cli/cli.h"

typedef struct cli_output {
    cli_form form;
    og_json_write_options json;
    og_pickle_write_options pickle;
    og_repr_options repr;
    const char *get;    /* NULL, or the JSON Pointer of what is printed of each value */
    const char *format; /* NULL, or the template of --format, which is well formed */
    bool terminal;      /* control characters within values are shown, not sent */
    bool colour;        /* of JSON and repr */
    bool lazy;          /* gather what is printed until cli_output_flush(), or until it is much */
    og_buf buf;
} cli_output;

/* 0, or CLI_USAGE after saying that the form is nothing for the terminal that standard output is. */
int cli_output_check(const cli_options *options, cli_form form);

void cli_output_init(cli_output *output, const cli_options *options, cli_form form);
void cli_output_fini(cli_output *output);

/* How values of `codec` are printed unless -o says so. */
cli_form cli_output_form(const cli_options *options, const char *codec);

/* What cli_print() returns when nobody reads our output any more: time to end, without a word. */
enum { CLI_OUTPUT_GONE = 100 };

/* Prints one value; `conn`, from which it came, may be NULL. 0, CLI_OUTPUT_GONE, or the exit status after
 * saying why. */
int cli_print(cli_output *output, og_value value, const og_conn *conn);

/* Writes what was gathered. As cli_print(). */
int cli_output_flush(cli_output *output);

/* True for forms that end by themselves, without a line feed. */
bool cli_is_binary(cli_form form);

/* Writes bytes to standard output, all of them. As cli_print(). */
int cli_write_out(const uint8_t *data, size_t len);

/* Appends a value as it is printed, without what ends the line. 0 or a negative status. */
int cli_format(const cli_output *output, og_value value, const og_conn *conn, og_buf *out, og_error *err);

/* Says why cli_format() failed, and for whose value; returns the exit status. `conn` may be NULL. */
int cli_not_printed(const cli_output *output, const og_conn *conn, const og_error *err);

#endif
