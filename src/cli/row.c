/* SPDX-License-Identifier: MIT */
/* Rows of the help, in two columns. */
#include "cli/cli.h"

#include <string.h>

enum { WIDTH = 80 };

/* Columns of the word at `text`, which a space or the end of the text ends; `*len` is its bytes. */
static int word_columns(const char *text, size_t *len)
{
    int columns = 0;
    *len = strcspn(text, " \n");
    for (size_t i = 0; i < *len; i++)
        columns += ((unsigned char)text[i] & 0xc0) != 0x80;
    return columns;
}

void cli_print_row(FILE *file, int indent, const char *left, const char *text)
{
    size_t len;
    const char *start = text;
    int column = fprintf(file, "%s", left);
    if (*left && column >= indent) {
        fprintf(file, "\n");
        column = 0;
    }
    for (; *text; text += len + (text[len] != '\0')) {
        int columns = word_columns(text, &len);
        bool is_new = text > start && text[-1] == '\n';
        if (is_new || (column > indent && column + 1 + columns > WIDTH)) {
            fprintf(file, "\n");
            column = 0;
        }
        int gap = column > indent ? 1 : indent - column;
        fprintf(file, "%*s%.*s", gap, "", (int)len, text);
        column += gap + columns;
    }
    fprintf(file, "\n");
}
