/* SPDX-License-Identifier: MIT */
/* What a mistyped word was probably meant to be. */
#include <onggi/base.h>

#include <ctype.h>
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
            row[j + 1] = least(above + 1, row[j] + 1,
                               diagonal + (tolower((unsigned char)a[i]) != tolower((unsigned char)b[j])));
            diagonal = above;
        }
    }
    return row[len];
}

const char *og_nearest(const char *word, const char *const *names)
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
