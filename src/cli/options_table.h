/* SPDX-License-Identifier: MIT */
/* The table of options, as parsing needs it. */
#ifndef ONGGI_CLI_OPTIONS_TABLE_H
#define ONGGI_CLI_OPTIONS_TABLE_H

#include "cli/cli.h"

/* What an option takes. */
typedef enum cli_option_kind {
    FLAG,
    TEXT,
    WORDS,
    POINTER,
    TEMPLATE,
    PEER,
    CODEC,
    FRAMING,
    FORM_IN,
    FORM_OUT,
    FORM_SHOWN, /* of what is no object */
    NUMBER,
    PROTOCOL,
    DEPTH, /* 0 to 8 */
    ENCODING,
    SIZE,
    TIME,
    LAYER,
    THREADS,
    WHEN_FULL,
    WHEN_CROWDED,
    EXPECT,
    POLICY, /* a name, or a file */
    REFUSAL,
    READER,
    REWRITE,
    ENDPOINT,
    LOG_FORMAT,
    LOG_LEVEL,
    COLOUR,
    POOL /* a number, and the next word */
} cli_option_kind;

typedef struct cli_option_row {
    const char *name;
    char letter; /* 0: none */
    cli_option_kind kind;
    int commands;
    size_t offset;        /* of the member of cli_options; of a LAYER: its number among the layers' options */
    const char *argument; /* NULL for flags */
    const char *help;
    uint64_t most; /* of a NUMBER */
} cli_option_row;

enum { CLI_OPTION_ROWS_MAX = 200 };

/* Row `index`; those of the layers' own options come last. False from their number on. */
bool cli_option_row_at(size_t index, cli_option_row *row);

/* The words that an option of this kind takes, by the number that each means, and NULL after the last; or
 * NULL. */
const char *const *cli_option_words(cli_option_kind of);

/* What a form is called where such an option takes it; NULL where it does not. */
const char *cli_option_form(cli_option_kind of, size_t form);

#endif
