/* SPDX-License-Identifier: MIT */
/* What the command says to people, on standard error. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static og_log_level lowest = OG_LOG_INFO;

void cli_set_levels(bool quiet, bool verbose)
{
    lowest = verbose ? OG_LOG_DEBUG : quiet ? OG_LOG_WARNING : OG_LOG_INFO;
}

static bool wants_colour(void)
{
    const char *no = getenv("NO_COLOR");
    return isatty(STDERR_FILENO) && !(no && *no);
}

/* Text that came from elsewhere must not steer the terminal. */
static void blunt(char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20 || c == 0x7f) *text = '?';
    }
}

/* One write for a line, so that threads do not mix theirs. */
static void say(og_log_level level, const char *text)
{
    static const char *const colours[] = {"\033[2m", "", "\033[33m", "\033[31m"};
    const char *colour = wants_colour() ? colours[level] : "";
    fprintf(stderr, "%songgi:%s %s\n", colour, *colour ? "\033[0m" : "", text);
}

static void say_v(og_log_level level, const char *format, va_list args)
{
    char text[1024];
    vsnprintf(text, sizeof text, format, args);
    blunt(text);
    say(level, text);
}

void cli_log(og_log_level level, const char *format, ...)
{
    va_list args;
    if (level < lowest) return;
    va_start(args, format);
    say_v(level, format, args);
    va_end(args);
}

int cli_usage(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say_v(OG_LOG_ERROR, format, args);
    va_end(args);
    return CLI_USAGE;
}

int cli_exit_status(int status)
{
    switch (status) {
    case OG_OK: return CLI_DONE;
    case OG_ETIMEOUT: return CLI_TIMED_OUT;
    case OG_EADDRESS:
    case OG_ECONNECT:
    case OG_EBIND:
    case OG_EIO: return CLI_UNREACHED;
    default: return CLI_REFUSED;
    }
}

int cli_fail(const char *what, const og_error *err)
{
    char at[48] = "";
    if (err->position != OG_NO_POSITION) snprintf(at, sizeof at, " (byte %zu)", err->position);
    bool late = err->code == OG_ETIMEOUT && !strstr(err->text, "timed out");
    cli_log(OG_LOG_ERROR, "%s%s%s%s%s", what ? what : "", what ? ": " : "", late ? "timed out: " : "",
            err->text, at);
    return cli_exit_status(err->code);
}

/* ---- The line and the caret ---- */

enum { SHOWN = 72 }; /* bytes of a line that are shown, around the place */

static bool continues(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* Columns on a terminal of the character at `text`: Korean, Chinese and Japanese ones and emoji take two. */
static int columns(const char *text, size_t len)
{
    const unsigned char *u = (const unsigned char *)text;
    if (len < 3 || u[0] < 0xe1) return 1;
    unsigned code = (u[0] & 0x0fu) << 12 | (u[1] & 0x3fu) << 6 | (u[2] & 0x3fu);
    if (u[0] >= 0xf0) return u[0] == 0xf0 && (u[1] >= 0xa0 || (u[1] == 0x9f && u[2] >= 0x8c)) ? 2 : 1;
    bool wide = (code >= 0x1100 && code < 0x1160) || (code >= 0x2e80 && code < 0xa4d0) ||
                (code >= 0xac00 && code < 0xd7a4) || (code >= 0xf900 && code < 0xfb00) ||
                (code >= 0xff00 && code < 0xff61);
    return wide ? 2 : 1;
}

/* text[from, to) is the part of the line to show, with `position` in it. */
static void show_line(const char *text, size_t from, size_t to, size_t position)
{
    char line[SHOWN + 8];
    size_t len = to - from;
    int indent = 0;
    memcpy(line, text + from, len);
    line[len] = '\0';
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f) line[i] = ' ';
        if (from + i < position && !continues(line[i])) indent += columns(line + i, len - i);
    }
    fprintf(stderr, "  %s\n  %*s^\n", line, indent, "");
}

/* Which part of the line to show: [*from, *to), whole characters. */
static void choose_part(const char *text, size_t len, size_t position, size_t *from, size_t *to)
{
    *from = position;
    *to = position;
    while (*from > 0 && text[*from - 1] != '\n' && position - *from < SHOWN / 2)
        --*from;
    while (*to < len && text[*to] != '\n' && *to - *from < SHOWN)
        ++*to;
    while (*from < position && continues(text[*from]))
        ++*from;
    while (*to > position && *to < len && continues(text[*to]))
        --*to;
}

int cli_fail_in(const char *what, const char *text, size_t len, const cli_place *before, const og_error *err)
{
    if (err->position == OG_NO_POSITION || err->position > len) return cli_fail(what, err);
    cli_place none = {0};
    size_t line;
    size_t column;
    size_t from;
    size_t to;
    if (!before) before = &none;
    og_text_position(text, len, err->position, &line, &column);
    if (line == 1) column += before->columns;
    line += before->lines;
    if (line == 1)
        cli_log(OG_LOG_ERROR, "%s: %s (byte %zu)", what, err->text, before->bytes + err->position);
    else
        cli_log(OG_LOG_ERROR, "%s: %s (byte %zu, line %zu, column %zu)", what, err->text,
                before->bytes + err->position, line, column);
    choose_part(text, len, err->position, &from, &to);
    show_line(text, from, to, err->position);
    return cli_exit_status(err->code);
}
