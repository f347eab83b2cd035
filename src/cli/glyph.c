/* SPDX-License-Identifier: MIT */
/* What a terminal makes of characters: columns, and which must not be sent to it. */
#include "cli/glyph.h"

#include <stdint.h>
#include <string.h>

typedef struct range {
    uint32_t first;
    uint32_t last;
} range;

/* Controls, and what changes the direction of writing or takes no room at all. In order. */
static const range harmful[] = {
    {0x00, 0x1f},     {0x7f, 0x9f},       {0xad, 0xad},       {0x61c, 0x61c},   {0x180e, 0x180e},
    {0x200b, 0x200f}, {0x2028, 0x202e},   {0x2060, 0x206f},   {0xfeff, 0xfeff}, {0xfff9, 0xfffb},
    {0xfffe, 0xffff}, {0x1d173, 0x1d17a}, {0xe0000, 0xe00ff},
};

/* Marks that stand on the character before them, and the later letters of a Korean syllable. In order. */
static const range marks[] = {
    {0x300, 0x36f},   {0x483, 0x489},     {0x591, 0x5bd},   {0x610, 0x61a},   {0x64b, 0x65f},
    {0x6d6, 0x6dc},   {0x900, 0x902},     {0x93c, 0x93c},   {0x941, 0x948},   {0x94d, 0x94d},
    {0xe31, 0xe31},   {0xe34, 0xe3a},     {0xe47, 0xe4e},   {0x1160, 0x11ff}, {0x1ab0, 0x1aff},
    {0x1dc0, 0x1dff}, {0x20d0, 0x20f0},   {0x302a, 0x302d}, {0x3099, 0x309a}, {0xfe00, 0xfe0f},
    {0xfe20, 0xfe2f}, {0xe0100, 0xe01ef},
};

/* Korean, Chinese and Japanese characters, and emoji. In order. */
static const range wide[] = {
    {0x1100, 0x115f},   {0x231a, 0x231b},   {0x2329, 0x232a},   {0x23e9, 0x23ec},   {0x23f0, 0x23f0},
    {0x23f3, 0x23f3},   {0x25fd, 0x25fe},   {0x2614, 0x2615},   {0x2648, 0x2653},   {0x267f, 0x267f},
    {0x2693, 0x2693},   {0x26a1, 0x26a1},   {0x26aa, 0x26ab},   {0x26bd, 0x26be},   {0x26c4, 0x26c5},
    {0x26ce, 0x26ce},   {0x26d4, 0x26d4},   {0x26ea, 0x26ea},   {0x26f2, 0x26f3},   {0x26f5, 0x26f5},
    {0x26fa, 0x26fa},   {0x26fd, 0x26fd},   {0x2705, 0x2705},   {0x270a, 0x270b},   {0x2728, 0x2728},
    {0x274c, 0x274c},   {0x274e, 0x274e},   {0x2753, 0x2755},   {0x2757, 0x2757},   {0x2795, 0x2797},
    {0x27b0, 0x27b0},   {0x27bf, 0x27bf},   {0x2b1b, 0x2b1c},   {0x2b50, 0x2b50},   {0x2b55, 0x2b55},
    {0x2e80, 0x303e},   {0x3041, 0x4dbf},   {0x4e00, 0xa4cf},   {0xa960, 0xa97f},   {0xac00, 0xd7a3},
    {0xf900, 0xfaff},   {0xfe10, 0xfe19},   {0xfe30, 0xfe6f},   {0xff01, 0xff60},   {0xffe0, 0xffe6},
    {0x16fe0, 0x18cff}, {0x1aff0, 0x1b2ff}, {0x1f004, 0x1f004}, {0x1f0cf, 0x1f0cf}, {0x1f18e, 0x1f18e},
    {0x1f191, 0x1f19a}, {0x1f200, 0x1f320}, {0x1f32d, 0x1f335}, {0x1f337, 0x1f37c}, {0x1f37e, 0x1f393},
    {0x1f3a0, 0x1f3ca}, {0x1f3cf, 0x1f3d3}, {0x1f3e0, 0x1f3f0}, {0x1f3f4, 0x1f3f4}, {0x1f3f8, 0x1f43e},
    {0x1f440, 0x1f440}, {0x1f442, 0x1f4fc}, {0x1f4ff, 0x1f53d}, {0x1f54b, 0x1f567}, {0x1f57a, 0x1f57a},
    {0x1f595, 0x1f596}, {0x1f5a4, 0x1f5a4}, {0x1f5fb, 0x1f64f}, {0x1f680, 0x1f6c5}, {0x1f6cc, 0x1f6cc},
    {0x1f6d0, 0x1f6d2}, {0x1f6d5, 0x1f6df}, {0x1f6eb, 0x1f6ec}, {0x1f6f4, 0x1f6ff}, {0x1f7e0, 0x1f7eb},
    {0x1f90c, 0x1f93a}, {0x1f93c, 0x1f945}, {0x1f947, 0x1f9ff}, {0x1fa70, 0x1faff}, {0x20000, 0x3fffd},
};

#define IS_AMONG(code, table) is_among(code, table, sizeof(table) / sizeof((table)[0]))

static bool is_among(uint32_t code, const range *table, size_t count)
{
    size_t i = 0;
    while (i < count && table[i].last < code)
        i++;
    return i < count && table[i].first <= code;
}

static bool continues(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* The code point at `text` and its length; 0 when it is not UTF-8. */
static size_t decode(const char *text, size_t len, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)*text;
    size_t n = first < 0x80   ? 1
               : first < 0xc2 ? 0
               : first < 0xe0 ? 2
               : first < 0xf0 ? 3
               : first < 0xf5 ? 4
                              : 0;
    if (n == 0 || n > len) return 0;
    *code = n == 1 ? first : first & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if (!continues(text[i])) return 0;
        *code = *code << 6 | ((unsigned char)text[i] & 0x3fu);
    }
    bool surrogate = *code >= 0xd800 && *code < 0xe000;
    return *code < least[n] || *code > 0x10ffff || surrogate ? 0 : n;
}

cli_glyph cli_glyph_at(const char *text, size_t len)
{
    uint32_t code;
    size_t n = decode(text, len, &code);
    if (n == 0) return (cli_glyph){.len = 1, .columns = 1, .harmful = true};
    if (code >= 0x20 && code < 0x7f) return (cli_glyph){.len = 1, .columns = 1};
    if (IS_AMONG(code, harmful)) return (cli_glyph){.len = n, .columns = 1, .harmful = true};
    return (cli_glyph){.len = n, .columns = IS_AMONG(code, marks) ? 0 : IS_AMONG(code, wide) ? 2 : 1};
}

void cli_blunt(char *text)
{
    char *to = text;
    for (size_t len = strlen(text); len > 0;) {
        cli_glyph glyph = cli_glyph_at(text, len);
        if (glyph.harmful)
            *to++ = '?';
        else
            to = (char *)memmove(to, text, glyph.len) + glyph.len;
        text += glyph.len;
        len -= glyph.len;
    }
    *to = '\0';
}

/* ---- The line around a place ---- */

enum { BEFORE = 40, COLUMNS = 76, DOTS = 3, BYTES = 160 };
_Static_assert(2 * BYTES + 2 * DOTS + 8 < CLI_LINE_SIZE, "what is looked at fits the line");

/* A part of a line, whole characters, and the columns that it takes. */
typedef struct part {
    const char *from;
    const char *to;
    int columns;
} part;

static part measure(const char *from, const char *to)
{
    part p = {from, from, 0};
    while (p.to < to) {
        cli_glyph glyph = cli_glyph_at(p.to, (size_t)(to - p.to));
        p.to += glyph.len;
        p.columns += glyph.columns;
    }
    return p;
}

/* Takes characters off the front until `columns` are left. */
static void shorten_front(part *p, int columns)
{
    while (p->from < p->to && p->columns > columns) {
        cli_glyph glyph = cli_glyph_at(p->from, (size_t)(p->to - p->from));
        p->from += glyph.len;
        p->columns -= glyph.columns;
    }
}

/* As many characters from `from` on as fit into `columns`. */
static part take(const char *from, const char *to, int columns)
{
    part p = {from, from, 0};
    while (p.to < to) {
        cli_glyph glyph = cli_glyph_at(p.to, (size_t)(to - p.to));
        if (p.columns + glyph.columns > columns) break;
        p.to += glyph.len;
        p.columns += glyph.columns;
    }
    return p;
}

static char *put(char *line, const part *p)
{
    for (const char *at = p->from; at < p->to;) {
        cli_glyph glyph = cli_glyph_at(at, (size_t)(p->to - at));
        if (glyph.harmful)
            *line++ = *at == '\t' || *at == '\r' ? ' ' : '?';
        else
            line = (char *)memcpy(line, at, glyph.len) + glyph.len;
        at += glyph.len;
    }
    return line;
}

static char *put_dots(char *line, bool wanted)
{
    if (wanted) memcpy(line, "...", DOTS);
    return line + (wanted ? DOTS : 0);
}

int cli_line_around(const char *text, size_t len, size_t position, char *line)
{
    const char *at = text + position;
    const char *start = at;
    const char *end = at;
    while (start > text && start[-1] != '\n' && at - start < BYTES)
        start--;
    while (end < text + len && *end != '\n' && end - at < BYTES)
        end++;
    bool more_before = start > text && start[-1] != '\n';
    for (int i = 0; more_before && i < 3 && start < at && continues(*start); i++)
        start++;
    part before = measure(start, at);
    shorten_front(&before, BEFORE);
    more_before = more_before || before.from > start;
    part behind = take(at, end, COLUMNS - before.columns);
    bool more_behind = behind.to < text + len && *behind.to != '\n';
    line = put_dots(line, more_before);
    line = put(line, &before);
    line = put(line, &behind);
    line = put_dots(line, more_behind);
    *line = '\0';
    return before.columns + (more_before ? DOTS : 0);
}
