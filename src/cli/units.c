/* SPDX-License-Identifier: MIT */
/* Sizes and times as people write them. */
#include "cli/cli.h"

#include <string.h>

/* Longer limits are no limits. */
enum { TIME_MAX_S = 365 * 24 * 3600 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits at the start of `text` to a number of at most `most`; `*end` is after them, `text` if there are
 * none or too many. */
static uint64_t read_number(const char *text, uint64_t most, const char **end)
{
    uint64_t number = 0;
    const char *at = text;
    for (; is_digit(*at); at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        if (number > (most - digit) / 10) {
            *end = text;
            return 0;
        }
        number = number * 10 + digit;
    }
    *end = at;
    return number;
}

bool cli_parse_number(const char *text, uint64_t *number)
{
    const char *end;
    *number = read_number(text, UINT64_MAX, &end);
    return end > text && *end == '\0';
}

bool cli_parse_size(const char *text, uint64_t *bytes)
{
    static const char units[] = "KMG";
    const char *end;
    unsigned shift = 0;
    uint64_t number = read_number(text, SIZE_MAX / 2, &end);
    if (end == text) return false;
    const char *unit = *end ? strchr(units, *end & ~0x20) : NULL;
    if (unit) {
        shift = 10 * (unsigned)(unit - units + 1);
        end++;
        if (strncmp(end, "iB", 2) == 0) end += 2;
    }
    if (*end == 'B') end++;
    if (*end || number > (SIZE_MAX / 2) >> shift) return false;
    *bytes = number << shift;
    return true;
}

/* Decimals after the point as thousandths; further ones are passed over. */
static int64_t read_thousandths(const char **text)
{
    int64_t number = 0;
    int64_t place = 100;
    for (; is_digit(**text); ++*text) {
        number += (**text - '0') * place;
        place /= 10;
    }
    return number;
}

bool cli_parse_time(const char *text, int64_t *ms)
{
    const char *end;
    uint64_t number = read_number(text, (uint64_t)TIME_MAX_S * 1000, &end);
    int64_t thousandths = 0;
    if (end == text) return false;
    if (strcmp(end, "ms") == 0) {
        *ms = number ? (int64_t)number : OG_FOREVER;
        return true;
    }
    if (*end == '.') {
        end++;
        if (!is_digit(*end)) return false;
        thousandths = read_thousandths(&end);
    }
    int64_t factor = *end == 'm' ? 60 : *end == 'h' ? 3600 : 1;
    if (*end == 's' || *end == 'm' || *end == 'h') end++;
    if (*end || number > TIME_MAX_S) return false;
    *ms = ((int64_t)number * 1000 + thousandths) * factor;
    if (*ms == 0) *ms = OG_FOREVER;
    return true;
}
