/* SPDX-License-Identifier: MIT */
/* Reads a policy from a text, a statement a line, and tells what people should know of its rows. */
#include "codec/pickle/judge/policy.h"

#include <stdio.h>
#include <string.h>

/* A word of a line, at its place in the text. */
typedef struct word {
    const char *text;
    size_t len;
} word;

static bool is(word w, const char *text)
{
    return strlen(text) == w.len && memcmp(w.text, text, w.len) == 0;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Moves on to the next word of a line that ends at `end`; of length 0 when there is none. */
static word next_word(const char **at, const char *end)
{
    while (*at < end && is_space(**at))
        ++*at;
    const char *start = *at;
    if (start < end && *start == '#') return (word){start, 0};
    while (*at < end && !is_space(**at) && **at != '#')
        ++*at;
    return (word){start, (size_t)(*at - start)};
}

static int wrong(const char *text, word w, const char *expected, og_error *err)
{
    size_t position = (size_t)(w.text - text);
    int shown = w.len < 60 ? (int)w.len : 60;
    if (w.len == 0) return og_error_set(err, OG_ESYNTAX, position, "expected %s but the line ends", expected);
    return og_error_set(err, OG_ESYNTAX, position, "expected %s but found '%.*s'", expected, shown, w.text);
}

static int set_nested(og_policy *policy, const char *text, word w, og_error *err)
{
    if (w.len != 1 || w.text[0] < '0' || w.text[0] > '0' + OG__NESTED_MAX)
        return wrong(text, w, "a number from 0 to 8", err);
    og_policy_set_nested(policy, (unsigned)(w.text[0] - '0'));
    return OG_OK;
}

/* A statement that has an argument. */
static int take_two(og_policy *policy, const char *text, word first, word second, og_error *err)
{
    int status = OG_OK;
    if (is(first, "nested")) return set_nested(policy, text, second, err);
    if (is(first, "default")) {
        if (!is(second, "allow") && !is(second, "deny")) return wrong(text, second, "allow or deny", err);
        og_policy_set_default(policy, is(second, "allow"));
        return OG_OK;
    }
    if (second.len == 0) return wrong(text, second, "a name", err);
    if (is(first, "allow-unsafe")) {
        status = og__pickle_policy_add_unsafe(policy, second.text, second.len, err);
    } else if (is(first, "include")) {
        status = og__pickle_policy_include(policy, second.text, second.len, err);
    } else {
        status = og__pickle_policy_add(policy, second.text, second.len, is(first, "allow"), err);
    }
    if (status == OG_EINVAL) status = OG_ESYNTAX;
    if (status < 0 && err) {
        err->code = (og_status)status;
        err->position = (size_t)(second.text - text);
    }
    return status;
}

static int take_line(og_policy *policy, const char *text, const char *at, const char *end, og_error *err)
{
    word first = next_word(&at, end);
    if (first.len == 0) return OG_OK;
    int status = OG_OK;
    if (is(first, "strict") || is(first, "lenient")) {
        og_policy_set_strict(policy, is(first, "strict"));
    } else if (is(first, "allow") || is(first, "allow-unsafe") || is(first, "deny") || is(first, "default") ||
               is(first, "include") || is(first, "nested")) {
        status = take_two(policy, text, first, next_word(&at, end), err);
    } else {
        return wrong(text, first, "allow, deny, allow-unsafe, default, include, strict, lenient or nested",
                     err);
    }
    if (status < 0) return status;
    word more = next_word(&at, end);
    return more.len ? wrong(text, more, "the end of the line", err) : OG_OK;
}

int og_policy_parse(og_policy *policy, const char *text, size_t len, og_error *err)
{
    const char *end = len ? text + len : text; /* nothing at all may have no address */
    for (const char *at = text; at < end;) {
        const char *feed = memchr(at, '\n', (size_t)(end - at));
        int status = take_line(policy, text, at, feed ? feed : end, err);
        if (status < 0) return status;
        at = feed ? feed + 1 : end;
    }
    return OG_OK;
}

/* ---- Warnings ---- */

enum { LISTED = 4 };

/* Names that a pattern does not allow. */
typedef struct passed_over {
    const og__unsafe *first; /* NULL: none */
    bool whole;              /* the module is on the list, not single names of it */
    size_t count;
    char names[200]; /* some of them, with commas */
} passed_over;

static void find_passed_over(const og__rules *rules, word pattern, passed_over *found)
{
    const og__unsafe *row;
    size_t index = 0;
    size_t len = pattern.len - 1; /* without the asterisk */
    size_t used = 0;
    *found = (passed_over){0};
    while ((row = og__pickle_unsafe_within(pattern.text, len, &index))) {
        size_t size = strlen(row->text);
        if (og__pickle_rules_name(rules, row->text, size, len - 1)) continue;
        if (!found->first) found->first = row;
        found->whole |= row->text[size - 1] == '.';
        if (found->count++ < LISTED && used < sizeof found->names)
            used += (size_t)snprintf(found->names + used, sizeof found->names - used, "%s%s",
                                     used ? ", " : "", row->text + (size < len ? size : len));
    }
}

static int shown_len(size_t len)
{
    return len < 60 ? (int)len : 60;
}

static bool warn_pattern(const og__rules *rules, word pattern, size_t position, og_error *warning)
{
    passed_over found;
    int shown = shown_len(pattern.len - 2);
    find_passed_over(rules, pattern, &found);
    if (!found.first) return false;
    if (found.whole)
        og_error_set(warning, OG_EPOLICY, position,
                     "'%.*s.*' allows no name of %.*s that is not plain data, since such a name %s; for one "
                     "that you trust, write: allow-unsafe %.*s.NAME",
                     shown, pattern.text, shown, pattern.text, found.first->why, shown, pattern.text);
    else
        og_error_set(warning, OG_EPOLICY, position,
                     "'%.*s.*' does not allow %s%s: such a name %s; for one that you trust, write: "
                     "allow-unsafe %s",
                     shown, pattern.text, found.names, found.count > LISTED ? ", …" : "", found.first->why,
                     found.first->text);
    return true;
}

/* Joined with a dot, as the list of what is unsafe has them. NULL: it is not on it. */
static const char *unsafe_why(word name)
{
    char joined[OG__NAME_MAX];
    if (name.len > sizeof joined) return NULL;
    memcpy(joined, name.text, name.len);
    char *colon = memchr(joined, ':', name.len);
    if (colon) *colon = '.';
    return og__pickle_unjudged_why(joined, name.len);
}

static bool warn_default(const og__rules *rules, size_t position, og_error *warning)
{
    if (!rules->default_allow) return false;
    og_error_set(warning, OG_EPOLICY, position,
                 "what no row names is allowed, also what unpickles or runs what it is given: this protects "
                 "from nothing; write: default deny, and allow what you trust");
    return true;
}

static bool warn_line(const og__rules *rules, const char *text, const char *at, const char *end,
                      og_error *warning)
{
    word first = next_word(&at, end);
    word second = next_word(&at, end);
    size_t position = (size_t)(second.text - text);
    bool allows = is(first, "allow");
    if ((allows && is(second, "*")) || (is(first, "default") && is(second, "allow")))
        return warn_default(rules, position, warning);
    if (allows && second.len > 2 && memcmp(second.text + second.len - 2, ".*", 2) == 0)
        return warn_pattern(rules, second, position, warning);
    const char *why = is(first, "allow-unsafe") ? unsafe_why(second) : NULL;
    if (!why) return false;
    og_error_set(warning, OG_EPOLICY, position,
                 "'%.*s' %s, and this row allows it: who can send it can do anything", shown_len(second.len),
                 second.text, why);
    return true;
}

bool og_policy_next_warning(const og_policy *policy, const char *text, size_t len, size_t *at,
                            og_error *warning)
{
    const og__rules *rules = og__pickle_rules_hold(policy);
    bool found = false;
    while (*at < len && !found) {
        const char *start = text + *at;
        const char *feed = memchr(start, '\n', len - *at);
        *at = feed ? (size_t)(feed + 1 - text) : len;
        found = warn_line(rules, text, start, feed ? feed : text + len, warning);
    }
    og__pickle_rules_let_go(rules);
    return found;
}
