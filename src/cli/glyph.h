/* SPDX-License-Identifier: MIT */
/* Characters as a terminal shows them, and texts from elsewhere made harmless for it. */
#ifndef ONGGI_CLI_GLYPH_H
#define ONGGI_CLI_GLYPH_H

#include <stdbool.h>
#include <stddef.h>

typedef struct cli_glyph {
    size_t len;   /* bytes, at least 1 */
    int columns;  /* 0 for marks that stand on the character before them, 2 for wide ones */
    bool harmful; /* it would steer the terminal, or mislead whoever reads it: must not be sent */
} cli_glyph;

/* The character at `text`, of which there are `len` > 0 bytes. A byte that is not UTF-8 is one by itself, and
 * harmful. */
cli_glyph cli_glyph_at(const char *text, size_t len);

/* Puts '?' in the place of what is harmful in a C string, line feeds and tabs included. */
void cli_blunt(char *text);

/*
 * The part of the line around `position` in `text` that fits a terminal, as it may be sent: at most
 * CLI_LINE_SIZE bytes with a NUL. Returns the columns before the place.
 */
enum { CLI_LINE_SIZE = 512 };
int cli_line_around(const char *text, size_t len, size_t position, char *line);

#endif
