/* SPDX-License-Identifier: MIT */
/* Colours on a terminal. */
#ifndef ONGGI_CLI_COLOUR_H
#define ONGGI_CLI_COLOUR_H

#include "cli/cli.h"

/* Whether what goes to `fd` has colours: as --color says, else on a terminal that has them, unless NO_COLOR
 * is set. */
bool cli_wants_colour(cli_when_colour when, int fd);

/* True for a terminal on which a line can be erased. */
bool cli_can_erase(int fd);

/* Colours the JSON or repr that begins at `from` in `out`. 0 or OG_ENOMEM. */
int cli_paint(og_buf *out, size_t from);

#endif
