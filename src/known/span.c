/* SPDX-License-Identifier: MIT */
/* timedelta, and the offsets of time zones, which are such. */
#include "known/known.h"

#include "base/number.h"

#include <stdio.h>

enum { DAY_SECONDS = 86400, MILLION = 1000000, MAX_DAYS = 999999999 };

/* Moves what is above one `unit` from `low` to `high`, so that 0 <= low < unit. False on overflow. */
static bool carry(int64_t *high, int64_t *low, int64_t unit)
{
    int64_t over = *low / unit;
    *low %= unit;
    if (*low < 0) {
        *low += unit;
        over--;
    }
    return !__builtin_add_overflow(*high, over, high);
}

int og_as_timedelta(og_value value, og_span *out, og_error *err)
{
    int status = og__known_expect_type(value, OG_TYPE_TIMEDELTA, err);
    if (status < 0) return status;
    og_value args = og_object_args(value);
    int64_t part[3] = {0};
    if (og_len(args) > 3)
        return og__known_refuse_content(err, OG_TYPE_TIMEDELTA, "expected days, seconds and microseconds");
    for (size_t i = 0; i < og_len(args); i++) {
        if (og_as_int64(og_item(args, i), &part[i]) < 0)
            return og__known_refuse_content(err, OG_TYPE_TIMEDELTA,
                                            "expected ints of 64 bits as its arguments");
    }
    bool fits = carry(&part[1], &part[2], MILLION) && carry(&part[0], &part[1], DAY_SECONDS);
    if (!fits || part[0] < -MAX_DAYS || part[0] > MAX_DAYS)
        return og__known_refuse_content(err, OG_TYPE_TIMEDELTA, "it is longer than 999,999,999 days");
    *out = (og_span){part[0], (int)part[1], (int)part[2]};
    return OG_OK;
}

double og_timedelta_seconds(const og_span *delta)
{
    int64_t seconds = delta->days * DAY_SECONDS + delta->seconds;
    int64_t micro = delta->microseconds;
    bool below = seconds < 0;
    if (below) {
        seconds = -seconds - (micro > 0);
        micro = micro > 0 ? MILLION - micro : 0;
    }
    char text[48];
    int len =
        snprintf(text, sizeof text, "%s%lld.%06lld", below ? "-" : "", (long long)seconds, (long long)micro);
    double result = 0;
    og__base_double_read(text, (size_t)len, &result);
    return result + 0.0; /* never -0.0 */
}

int og__known_offset_from(og_value delta, og_zone *t, og_error *err)
{
    og_span d = {0};
    int status = og_as_timedelta(delta, &d, err);
    if (status == OG_ETYPE)
        return og__known_refuse_content(err, OG_TYPE_TIMEZONE, "its offset is not a timedelta");
    if (status < 0) return status;
    bool within = d.days == 0 || (d.days == -1 && (d.seconds > 0 || d.microseconds > 0));
    if (!within) return og__known_refuse_content(err, OG_TYPE_TIMEZONE, "its offset is a day or more");
    t->has_offset = true;
    t->offset_seconds = (int)d.days * DAY_SECONDS + d.seconds;
    t->offset_microseconds = d.microseconds;
    return OG_OK;
}

/* ---- Building ---- */

og_value og_timedelta(og_doc *doc, int64_t days, int64_t seconds, int64_t microseconds, og_error *err)
{
    bool fits = carry(&seconds, &microseconds, MILLION) && carry(&days, &seconds, DAY_SECONDS);
    if (!fits || days < -MAX_DAYS || days > MAX_DAYS)
        return og__known_no_value(err, OG_TYPE_TIMEDELTA, "it is longer than 999,999,999 days");
    const og_value args[] = {og_int(days), og_int(seconds), og_int(microseconds)};
    return og__known_made(doc, OG_MAKE_CALL, OG__KNOWN_LITERAL("datetime"), OG__KNOWN_LITERAL("timedelta"),
                          args, 3, err);
}
