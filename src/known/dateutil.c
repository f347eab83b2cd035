/* SPDX-License-Identifier: MIT */
/*
 * The time zones of dateutil. Most carry their offset, and a tzfile all the transitions of its zone; what
 * only the sender's machine knows (tzlocal with daylight saving) or what only its rules say (tzrange, tzstr)
 * has a name alone.
 */
#include "known/known.h"

/* A name that is None is none. */
static og_value name_or_none(og_value name)
{
    return og_kind_of(name) == OG_NONE ? (og_value){0} : name;
}

static bool is_true(og_value v)
{
    bool truth = false;
    return og_as_bool(v, &truth) == OG_OK && truth;
}

static int offset_of(og_value state, og_zone *t, og_error *err)
{
    t->name = name_or_none(og_dict_gets(state, "_name"));
    return og__known_offset_from(og_dict_gets(state, "_offset"), t, err);
}

/* The standard offset where there is no other; else `rules`, by which Python finds the offset. */
static int standard_of(og_value state, og_value daylight, og_value name, og_value rules, og_zone *t,
                       og_error *err)
{
    t->name = is_true(daylight) ? rules : name_or_none(name);
    return is_true(daylight) ? OG_OK : og__known_offset_from(og_dict_gets(state, "_std_offset"), t, err);
}

int og__known_dateutil_zone(og_value cls, og_value zone, og_zone *t, og_error *err)
{
    og_value class_name = og_class_qualname(cls);
    og_value state = og_object_state(zone);
    if (og_str_is(class_name, "tzutc")) {
        t->has_offset = true;
        return OG_OK;
    }
    if (og_str_is(class_name, "gettz") || og_str_is(class_name, "tzfile")) {
        og_value args = og_object_args(zone);
        t->name = og_item(args, og_len(args) - 1);
        return OG_OK;
    }
    if (og_kind_of(state) != OG_DICT)
        return og__known_refuse_content(err, OG_TYPE_TIMEZONE, "expected its attributes");
    if (og_str_is(class_name, "tzoffset")) return offset_of(state, t, err);
    if (og_str_is(class_name, "tzlocal"))
        return standard_of(state, og_dict_gets(state, "_hasdst"), og_item(og_dict_gets(state, "_tznames"), 0),
                           class_name, t, err);
    bool text = og_str_is(class_name, "tzstr");
    return standard_of(state, og_dict_gets(state, "hasdst"), og_dict_gets(state, "_std_abbr"),
                       text ? og_dict_gets(state, "_s") : class_name, t, err);
}

/* ---- Transitions ---- */

/* Seconds of the wall clock since the start of 1970. */
static int64_t seconds_of(const og_moment *when)
{
    int64_t year = when->year - (when->month <= 2);
    int64_t month = (when->month + 9) % 12; /* from March on, so that the leap day is the last */
    int64_t days =
        year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + when->day - 1 - 719468;
    return days * 86400 + (int64_t)when->hour * 3600 + (int64_t)when->minute * 60 + when->second;
}

/* No time or offset is larger. */
static bool read_seconds(og_value v, int64_t *seconds)
{
    return og__known_int_within(v, -((int64_t)1 << 40), (int64_t)1 << 40, seconds);
}

typedef struct zone_file {
    og_value state;
    og_value times; /* of the wall clock before each transition */
    size_t count;
} zone_file;

/* As bisect_right(): how many transitions are not later than `second`. False when one is no int. */
static bool find(const zone_file *f, int64_t second, size_t *found)
{
    size_t low = 0;
    size_t high = f->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int64_t time;
        if (!read_seconds(og_item(f->times, middle), &time)) return false;
        if (second < time) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    *found = low;
    return true;
}

/* The attributes of the time after `passed` transitions: the last one leads to standard time. */
static og_value info_after(const zone_file *f, size_t passed)
{
    og_value info = passed >= f->count ? og_dict_gets(f->state, "_ttinfo_std")
                    : passed == 0      ? og_dict_gets(f->state, "_ttinfo_before")
                                       : og_item(og_dict_gets(f->state, "_trans_idx"), passed - 1);
    return og_object_state(info);
}

/* Whether the wall clock shows this second twice, and it is not the second time. */
static bool is_first_of_two(const zone_file *f, const og_moment *when, int64_t second, size_t passed)
{
    int64_t before;
    int64_t after;
    int64_t time;
    if (passed < 2 || when->fold) return false;
    return read_seconds(og_dict_gets(info_after(f, passed - 1), "offset"), &before) &&
           read_seconds(og_dict_gets(info_after(f, passed), "offset"), &after) &&
           read_seconds(og_item(f->times, passed - 1), &time) && second - time < before - after;
}

int og__known_dateutil_at(og_value zone, const og_moment *when, og_zone *t, og_error *err)
{
    zone_file f = {.state = og_object_state(zone)};
    size_t passed;
    if (!og_class_is(og_object_class(zone), "dateutil.tz.tz", "tzfile") || og_kind_of(f.state) != OG_DICT)
        return OG_OK;
    if (og_kind_of(og_dict_gets(f.state, "_ttinfo_std")) == OG_NONE) {
        t->has_offset = true;
        return OG_OK;
    }
    f.times = og_dict_gets(f.state, "_trans_list");
    f.count = og_len(f.times);
    int64_t second = seconds_of(when);
    if (!find(&f, second, &passed))
        return og__known_refuse_content(err, OG_TYPE_TIMEZONE, "a transition is no int");
    if (is_first_of_two(&f, when, second, passed)) passed--;
    return og__known_offset_from(og_dict_gets(info_after(&f, passed), "delta"), t, err);
}
