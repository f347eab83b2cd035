/* SPDX-License-Identifier: MIT */
/* Where a value comes from, for people, templates and commands. */
#ifndef ONGGI_CLI_ORIGIN_H
#define ONGGI_CLI_ORIGIN_H

#include "cli/cli.h"

/* What a template may name, and --exec has as ONGGI_… */
typedef enum cli_origin_field {
    CLI_ORIGIN_TIME,
    CLI_ORIGIN_PEER,
    CLI_ORIGIN_CONNECTION,
    CLI_ORIGIN_CODEC,
    CLI_ORIGIN_FRAMING,
    CLI_ORIGIN_FIELDS
} cli_origin_field;

extern const char *const cli_origin_names[CLI_ORIGIN_FIELDS];

enum { CLI_ORIGIN_SIZE = 160 };

/* The text of a field, e.g. "127.0.0.1:4711"; `text` has room for CLI_ORIGIN_SIZE bytes. The time is the
 * present, in UTC. `conn` NULL: nothing but the time is known, all else is "". */
const char *cli_origin_text(const og_conn *conn, cli_origin_field field, char *text);

enum { CLI_PROPERTY_SIZE = 512 };

/* The next thing that the connection's layers know of the peer, from `*index` (0 at first) on: its name, e.g.
 * "tls.subject", and its text in `value`, cut to CLI_PROPERTY_SIZE bytes. NULL: there is no more. */
const char *cli_origin_property(const og_conn *conn, size_t *index, char *value);

/* The name as a variable: ONGGI_TLS_SUBJECT=. Returns its length. */
int cli_origin_variable(const char *name, char *text, size_t size);

#endif
