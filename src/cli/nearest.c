/* SPDX-License-Identifier: MIT */
/* What a mistyped word was probably meant to be. */
#include "cli/cli.h"

#include <string.h>

enum { LONGEST = 24 };

static size_t least(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;
    return m < c ? m : c;
}

/* How many letters must be put in, taken out or changed to make `a` into `b`. */
static size_t distance(const char *a, const char *b)
{
    size_t row[LONGEST + 1];
    size_t len = strlen(b);
    for (size_t j = 0; j <= len; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < len; j++) {
            size_t above = row[j + 1];
            row[j + 1] = least(above + 1, row[j] + 1, diagonal + (a[i] != b[j]));
            diagonal = above;
        }
    }
    return row[len];
}

const char *cli_nearest(const char *word, const char *const *names)
{
    const char *nearest = NULL;
    size_t best = strlen(word) < 5 ? 2 : 3; /* of a short word, little may differ */
    if (strlen(word) > LONGEST) return NULL;
    for (; *names; names++) {
        if (strlen(*names) > LONGEST) continue;
        size_t d = distance(word, *names);
        if (d < best && d < strlen(*names)) {
            best = d;
            nearest = *names;
        }
    }
    return nearest;
}

/* What others call the framings. */
static const struct {
    const char *word;
    const char *framing;
} framings[] = {
    {"newline", "line"},
    {"\\n", "line"},
    {"\n", "line"},
    {"lf", "line"},
    {"jsonl", "line"},
    {"ndjson", "line"},
    {"\\r\\n", "crlf"},
    {"null", "nul"},
    {"\\0", "nul"},
    {"none", "raw"},
    {"length", "u32be"},
    {"4", "u32be"},
    {"u32", "u32be"},
    {"u16", "u16be"},
    {"u24", "u24be"},
    {"u64", "u64be"},
    {"2", "u16be"},
    {"8", "u64be"},
    {"protobuf", "varint"},
    {"http", "header"},
    {"content-length", "header"},
    {"multiprocessing", "mp"},
};

const char *cli_nearest_framing(const char *word)
{
    enum { MOST = 64 };
    const char *names[MOST + 1];
    const og_frame_ops *framing;
    size_t count = 0;
    for (size_t i = 0; i < sizeof framings / sizeof framings[0]; i++)
        if (strcmp(framings[i].word, word) == 0) return framings[i].framing;
    for (size_t i = 0; count < MOST && (framing = og_framing_at(i)); i++)
        if (!strchr(framing->name, ':')) names[count++] = framing->name;
    names[count] = NULL;
    return cli_nearest(word, names);
}
