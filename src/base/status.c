/* SPDX-License-Identifier: MIT */
/* Status codes and their texts, and the filling of errors. */
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *og_status_text(int status)
{
    switch (status) {
#define X(name, number, text) \
    case number: return text;
        OG_STATUS_MAP(X)
#undef X
    default: return "unknown status";
    }
}

const char *og_status_name(int status)
{
    switch (status) {
#define X(name, number, text) \
    case number: return #name;
        OG_STATUS_MAP(X)
#undef X
    default: return "OG_UNKNOWN";
    }
}

/* The start of a UTF-8 sequence that snprintf() may have cut at the end of `text` goes too. */
static void trim_cut_text(char *text, size_t len)
{
    size_t start = len;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
        start--;
    if (start == 0) return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t want = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    if (len - (start - 1) < want) text[start - 1] = '\0';
}

/* Sentences quote what was found: nothing of it that is no UTF-8, and no control character, gets into a log
 * or onto a terminal. */
static void blunt(char *text)
{
    unsigned char *at = (unsigned char *)text;
    size_t len = strlen(text);
    for (size_t i = 0; (i += og__base_utf8_valid(at + i, len - i, NULL)) < len;)
        at[i] = '?';
    for (; *at; at++) {
        bool wide = at[0] == 0xc2 && at[1] < 0xa0;
        if (*at < 0x20 || *at == 0x7f || wide) *at = '?';
        if (wide) *++at = '?';
    }
}

static void fill(og_error *err, og_status code, int sys, size_t position, const char *format, va_list args)
{
    err->code = code;
    err->sys = sys;
    err->position = position;
    int n = vsnprintf(err->text, sizeof err->text, format, args);
    if (n < 0)
        err->text[0] = '\0';
    else if ((size_t)n >= sizeof err->text)
        trim_cut_text(err->text, sizeof err->text - 1);
    blunt(err->text);
}

int og_error_set(og_error *err, og_status code, size_t position, const char *format, ...)
{
    if (err) {
        va_list args;
        va_start(args, format);
        fill(err, code, 0, position, format, args);
        va_end(args);
    }
    return code;
}

int og_error_set_sys(og_error *err, og_status code, int sys, const char *format, ...)
{
    if (err) {
        va_list args;
        va_start(args, format);
        fill(err, code, sys, OG_NO_POSITION, format, args);
        va_end(args);
        char reason[96];
        size_t len = strlen(err->text);
        /* With _GNU_SOURCE strerror_r() returns the text, which may not be in `reason`. */
        snprintf(err->text + len, sizeof err->text - len, ": %s", strerror_r(sys, reason, sizeof reason));
    }
    return code;
}

void og_text_position(const char *text, size_t len, size_t position, size_t *line, size_t *column)
{
    size_t lines = 1;
    size_t start = 0;
    size_t end = position < len ? position : len;
    const char *newline;
    while (start < end && (newline = memchr(text + start, '\n', end - start))) {
        lines++;
        start = (size_t)(newline - text) + 1;
    }
    size_t columns = 1;
    for (size_t i = start; i < end; i++)
        columns += ((unsigned char)text[i] & 0xc0) != 0x80;
    *line = lines;
    *column = columns;
}
