/* SPDX-License-Identifier: MIT */
/* The pairs of a dict in order of their keys, as Python's sorted() orders them. */
#include "codec/json/sort.h"
#include "base/alloc.h"
#include "value/number.h"

#include <math.h>
#include <string.h>

static int compare_strings(og_value a, og_value b)
{
    /* The order of UTF-8 bytes is that of code points. */
    size_t len_a = og__value_len(a);
    size_t len_b = og__value_len(b);
    int order = memcmp(a.u.p, b.u.p, len_a < len_b ? len_a : len_b);
    if (order) return order;
    return len_a < len_b ? -1 : len_a > len_b;
}

static bool is_number(og_value key)
{
    return og_kind_of(key) == OG_BOOL || og_kind_of(key) == OG_INT || og_kind_of(key) == OG_FLOAT;
}

static int compare_big(og_value a, og_value b)
{
    size_t len = og__value_len(a);
    if (len != og__value_len(b)) return len < og__value_len(b) ? -1 : 1;
    const uint64_t *x = a.u.p;
    const uint64_t *y = b.u.p;
    while (len-- > 0)
        if (x[len] != y[len]) return x[len] < y[len] ? -1 : 1;
    return 0;
}

/* -1 or 1 for a big int by its sign, which decides against every small one; 0 for all else. */
static int big_sign(og_value v)
{
    if (!og_is_big(v)) return 0;
    return v.meta & OG__F_NEGATIVE ? -1 : 1;
}

/* An int against a double, exactly: a double that is near to an int may not be it. */
static int compare_with_double(og_value number, double d)
{
    int64_t i;
    double whole = floor(d);
    if (isnan(d)) return 0;
    if (og_as_int64(number, &i) == OG_OK) {
        if (whole >= 0x1p63 || whole < -0x1p63) return whole > 0 ? -1 : 1;
        if (i != (int64_t)whole) return i < (int64_t)whole ? -1 : 1;
        return d > whole ? -1 : 0;
    }
    uint64_t limbs[OG__DOUBLE_LIMBS];
    int sign = big_sign(number);
    if ((d < 0) != (sign < 0)) return sign;
    if (isinf(d)) return -sign;
    size_t count = og__value_double_to_limbs(whole, limbs);
    return sign * compare_big(number, og__value_make(OG_INT, OG__F_BIG, count, limbs));
}

static int compare_numbers(og_value a, og_value b)
{
    int64_t i;
    int64_t j;
    bool float_a = og_kind_of(a) == OG_FLOAT;
    bool float_b = og_kind_of(b) == OG_FLOAT;
    if (float_a && float_b) return a.u.f < b.u.f ? -1 : a.u.f > b.u.f;
    if (float_b) return compare_with_double(a, b.u.f);
    if (float_a) return -compare_with_double(b, a.u.f);
    if (og_as_int64(a, &i) == OG_OK && og_as_int64(b, &j) == OG_OK) return i < j ? -1 : i > j;
    if (big_sign(a) != big_sign(b)) return big_sign(a) < big_sign(b) ? -1 : 1;
    return big_sign(a) * compare_big(a, b);
}

/* Numbers before strings before all else, which stays as it is. */
static int rank(og_value key)
{
    return is_number(key) ? 0 : og_kind_of(key) == OG_STR ? 1 : 2;
}

static int compare_keys(og_value a, og_value b)
{
    int rank_a = rank(a);
    int rank_b = rank(b);
    if (rank_a != rank_b) return rank_a - rank_b;
    if (rank_a == 0) return compare_numbers(a, b);
    return rank_a == 1 ? compare_strings(a, b) : 0;
}

/* A pair, and a number that mostly tells its place: a str's first eight bytes. */
typedef struct entry {
    uint64_t prefix;
    const og_value *pair;
} entry;

static entry entry_of(const og_value *pair)
{
    entry e = {rank(*pair) == 2 ? UINT64_MAX : 0, pair};
    if (og_kind_of(*pair) != OG_STR) return e;
    size_t len = og__value_len(*pair);
    unsigned char bytes[8] = {0};
    memcpy(bytes, pair->u.p, len < 8 ? len : 8);
    for (int i = 0; i < 8; i++)
        e.prefix = e.prefix << 8 | bytes[i];
    return e;
}

static bool is_behind(const entry *a, const entry *b)
{
    if (a->prefix != b->prefix) return a->prefix > b->prefix;
    return compare_keys(*a->pair, *b->pair) > 0;
}

/* Few entries, each moved to its place among those before it. */
static void insertion_sort(entry *entries, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        entry moved = entries[i];
        size_t at = i;
        for (; at > 0 && is_behind(&entries[at - 1], &moved); at--)
            entries[at] = entries[at - 1];
        entries[at] = moved;
    }
}

static void merge(entry *to, const entry *a, size_t a_len, const entry *b, size_t b_len)
{
    while (a_len && b_len) {
        if (is_behind(a, b)) {
            *to++ = *b++;
            b_len--;
        } else {
            *to++ = *a++;
            a_len--;
        }
    }
    memcpy(to, a, a_len * sizeof *a);
    memcpy(to + a_len, b, b_len * sizeof *b);
}

enum { FEW = 16 };

/* Sorts runs of a few, then merges runs of twice the length each time; the result is in either half. */
static const entry *sort_entries(entry *entries, entry *spare, size_t count)
{
    for (size_t at = 0; at < count; at += FEW)
        insertion_sort(entries + at, count - at < FEW ? count - at : FEW);
    for (size_t run = FEW; run < count; run *= 2) {
        for (size_t at = 0; at < count; at += 2 * run) {
            size_t left = count - at < run ? count - at : run;
            size_t right = count - at - left < run ? count - at - left : run;
            merge(spare + at, entries + at, left, entries + at + left, right);
        }
        entry *swap = entries;
        entries = spare;
        spare = swap;
    }
    return entries;
}

size_t og__json_sort_size(size_t pairs)
{
    const size_t each = 2 * sizeof(og_value) + 2 * sizeof(entry);
    return pairs > SIZE_MAX / each ? SIZE_MAX : pairs * each;
}

const og_value *og__json_sort(const og_value *items, size_t pairs, void *memory)
{
    og_value *sorted = memory;
    entry *entries = (entry *)(void *)(sorted + 2 * pairs);
    for (size_t i = 0; i < pairs; i++)
        entries[i] = entry_of(items + 2 * i);
    const entry *order = sort_entries(entries, entries + pairs, pairs);
    for (size_t i = 0; i < pairs; i++)
        memcpy(sorted + 2 * i, order[i].pair, 2 * sizeof(og_value));
    return sorted;
}

bool og__json_sortable(const og_value *items, size_t pairs)
{
    for (size_t i = 1; i < pairs; i++)
        if (rank(items[2 * i]) != rank(items[0]) || rank(items[2 * i]) == 2) return false;
    return true;
}

bool og__json_in_order(const og_value *items, size_t pairs)
{
    for (size_t i = 1; i < pairs; i++)
        if (compare_keys(items[2 * i - 2], items[2 * i]) > 0) return false;
    return true;
}
