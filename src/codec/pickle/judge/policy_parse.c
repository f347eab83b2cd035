/* SPDX-License-Identifier: MIT */
/* Reads a policy from a text, a statement a line. */
#include "codec/pickle/judge/policy.h"

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
