/* SPDX-License-Identifier: MIT */
/* JSON and Python's repr in colours. */
#include "cli/colour.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool cli_can_erase(int fd)
{
    const char *term = getenv("TERM");
    return isatty(fd) && term && *term && strcmp(term, "dumb") != 0;
}

bool cli_wants_colour(cli_when_colour when, int fd)
{
    const char *no = getenv("NO_COLOR");
    if (when != CLI_COLOUR_AUTO) return when == CLI_COLOUR_ALWAYS;
    return !(no && *no) && cli_can_erase(fd);
}

static bool is_letter(uint8_t c)
{
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_quote(uint8_t c)
{
    return c == '"' || c == '\'';
}

/* The end of the string that begins at `at`. */
static const uint8_t *end_of_string(const uint8_t *at, const uint8_t *end)
{
    uint8_t quote = *at++;
    while (at < end && *at != quote)
        at += *at == '\\' && at + 1 < end ? 2 : 1;
    return at < end ? at + 1 : end;
}

static const uint8_t *end_of_word(const uint8_t *at, const uint8_t *end)
{
    while (at < end && (is_letter(*at) || is_digit(*at)))
        at++;
    return at;
}

static const uint8_t *end_of_number(const uint8_t *at, const uint8_t *end)
{
    for (at++; at < end && (is_digit(*at) || is_letter(*at) || strchr(".+-", *at)); at++)
        if (strchr("+-", *at) && !strchr("eE", at[-1])) break;
    return at;
}

/* What is a value by its name, in JSON and in Python. */
static bool is_constant(const uint8_t *word, size_t len)
{
    static const char *const names[] = {"true", "false", "null", "True", "False", "None", "nan", "inf"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strlen(names[i]) == len && memcmp(names[i], word, len) == 0) return true;
    return false;
}

static bool is_key(const uint8_t *after, const uint8_t *end)
{
    while (after < end && *after == ' ')
        after++;
    return after < end && *after == ':';
}

#define KEY      "\033[1;34m"
#define STRING   "\033[32m"
#define NUMBER   "\033[36m"
#define CONSTANT "\033[35m"
#define PLAIN    "\033[0m"

/* The end of what begins at `at`, and its colour; NULL for what has none. */
static const uint8_t *take(const uint8_t *at, const uint8_t *end, const char **colour)
{
    const uint8_t *stop = at + 1;
    *colour = NULL;
    if (is_letter(*at)) {
        stop = end_of_word(at, end);
        if (is_constant(at, (size_t)(stop - at))) *colour = CONSTANT;
    }
    bool string = is_quote(*at) || (is_letter(*at) && stop < end && is_quote(*stop)); /* b'...' */
    if (string) {
        stop = end_of_string(is_quote(*at) ? at : stop, end);
        *colour = is_key(stop, end) ? KEY : STRING;
    } else if (is_digit(*at) || (*at == '-' && stop < end && is_digit(*stop))) {
        stop = end_of_number(at, end);
        *colour = is_key(stop, end) ? KEY : NUMBER; /* a dict's key in repr */
    }
    return stop;
}

int cli_paint(og_buf *out, size_t from)
{
    og_buf copy = OG_BUF_INIT;
    const uint8_t *at = out->data + from;
    const uint8_t *end = out->data + out->len;
    int status = 0;
    while (at < end && status == 0) {
        const char *colour;
        const uint8_t *stop = take(at, end, &colour);
        if (colour) status = og_buf_puts(&copy, colour);
        if (status == 0) status = og_buf_put(&copy, at, (size_t)(stop - at));
        if (status == 0 && colour) status = og_buf_puts(&copy, PLAIN);
        at = stop;
    }
    if (status == 0) {
        out->len = from;
        status = og_buf_put(out, copy.data, copy.len);
    }
    og_buf_free(&copy);
    return status;
}
