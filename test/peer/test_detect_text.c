/* SPDX-License-Identifier: MIT */
/* Detection: datagrams of text, which are decided in a short way where they are clear, and as in full. */
#include "detect_test.h"

#include "codec/signature.h"

#include <stdio.h>

typedef struct ending {
    const char *bytes;
    size_t len;
} ending;

static const ending endings[] = {
    {B("\"}")}, {B("]\n")}, {B("\"\r\n")}, {B("\"\0")}, {B("\"} ")}, {B("\r")}, {B("\n\n")},
};

/* Brackets and quotes, and one that a protocol begins with. */
static const char *const openings[] = {
    "{\"",      "{ \"a\":1,\"b\":\"", "[1,\"", "[\"", "[", "{", "\"\"{", "\"ab", "[N",
    "{\n\t\"a", "[\"a/#CHALLENGE#",
};

enum { OPENINGS = sizeof openings / sizeof openings[0], ENDINGS = sizeof endings / sizeof endings[0] };

/* look() asserts that the long way decides alike. */
static void look_at_text(const char *opening, size_t len, const ending *end)
{
    static char text[65600];
    size_t opening_len = strlen(opening);
    memset(text, 'x', len);
    memcpy(text, opening, opening_len < len ? opening_len : len);
    if (opening_len + end->len <= len) memcpy(text + len - end->len, end->bytes, end->len);
    look(text, len, (og__look){.datagram = true});
    look(text, len, (og__look){.datagram = true, .codec = og_codec_find("json", NULL)});
    look(text, len, (og__look){.datagram = true, .max_message = 100});
}

static void short_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < OPENINGS; i++)
        for (size_t k = 0; k < ENDINGS; k++)
            for (size_t len = 1; len < 140; len++)
                look_at_text(openings[i], len, &endings[k]);
}

/* As long as their first bytes say, or nearly. */
static void those_of_their_own_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < OPENINGS; i++) {
        size_t first = (uint8_t)openings[i][0];
        size_t second = openings[i][1] ? (uint8_t)openings[i][1] : 'x';
        size_t own[] = {1 + first, 2 + (first << 8 | second), 2 + (second << 8 | first)};
        for (size_t n = 0; n < sizeof own / sizeof own[0]; n++)
            for (size_t len = own[n] - 1; len <= own[n] + 1; len++)
                for (size_t k = 0; k < ENDINGS; k++)
                    look_at_text(openings[i], len, &endings[k]);
    }
}

/* A quotation mark is as well the length of a message of 34 bytes. */
static void a_length_that_opens_a_text(void **state)
{
    (void)state;
    char text[40] = "\"{\"a\":1";
    size_t len = '"';
    memset(text + 7, ' ', sizeof text - 7);
    text[len] = '}';
    assert_int_equal(look(text, len + 1, (og__look){.datagram = true}), OG_EAMBIGUOUS);
    assert_non_null(strstr(err.text, "u8"));
}

/* One byte that no text has, or few texts, among the first ones. */
static void odd_bytes(void **state)
{
    (void)state;
    static const char odd[] = "\0\x01\x1e\x7f\x80\xda\xff# \t\n\"{";
    for (size_t i = 0; i < OPENINGS; i++)
        for (size_t at = 1; at < 18; at++)
            for (size_t k = 0; k < sizeof odd; k++) {
                char text[24];
                memset(text, 'x', sizeof text);
                memcpy(text, openings[i], strlen(openings[i]));
                text[at] = odd[k];
                look(text, at + 1, (og__look){.datagram = true});
                look(text, sizeof text, (og__look){.datagram = true});
            }
}

/* The lowest byte from `low` to `high` that a text has, at its beginning or after it; 0: there is none. */
static uint8_t character(uint8_t low, uint8_t high, bool first)
{
    for (unsigned byte = low; byte <= high; byte++)
        if (strchr(first ? "{[\"" : "\t\n\r", (int)byte) || (!first && byte >= ' ' && byte <= '~'))
            return (uint8_t)byte;
    return 0;
}

/* A text that the pattern of a signature fits. Returns its length; 0: there is none. */
static size_t text_that_fits(const char *pattern, char *text)
{
    size_t len = 0;
    bool quoted = false;
    while (*pattern) {
        unsigned low = (uint8_t)*pattern;
        unsigned high = low;
        int used = 1;
        if (*pattern == '\'' || (*pattern == ' ' && !quoted)) {
            quoted = *pattern == '\'' ? !quoted : quoted;
            pattern++;
            continue;
        }
        if (!quoted && *pattern == '.') {
            low = 1;
            high = 255;
            used = 2;
        } else if (!quoted) {
            assert_true(sscanf(pattern, "%2x%n", &low, &used) == 1);
            high = low;
            int more = 0;
            if (pattern[used] == '-' && sscanf(pattern + used, "-%2x%n", &high, &more) == 1) used += more;
        }
        pattern += used;
        text[len] = (char)character((uint8_t)(low ? low : 1), (uint8_t)high, len == 0);
        if (!text[len++]) return 0;
    }
    return len;
}

/* What the short way takes for granted of the table of signatures: one alone may begin as texts do, and that
 * is looked for. */
static void no_other_protocol_is_text(void **state)
{
    const og_signature *row;
    size_t fit = 0;
    (void)state;
    for (size_t i = 0; (row = og_signature_at(i)); i++) {
        char text[64] = "";
        if (row->unsure || !og__codec_signature_is_pattern(row)) continue;
        size_t len = text_that_fits(row->bytes, text);
        if (len == 0) continue;
        fit++;
        assert_int_equal(look(text, len, (og__look){.datagram = true}), OG_ESYNTAX);
        if (!strstr(err.text, row->what)) fail_msg("%s: %s", row->what, err.text);
    }
    assert_true(fit > 0);
}

/* What the short way takes for granted of the table of framings. */
static void every_end_is_a_control_character(void **state)
{
    const og_frame_ops *ops;
    (void)state;
    for (size_t i = 0; (ops = og_framing_at(i)); i++)
        if (ops->ending) assert_true((uint8_t)ops->ending[ops->ending_len - 1] < ' ');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_ones),
        cmocka_unit_test(those_of_their_own_length),
        cmocka_unit_test(a_length_that_opens_a_text),
        cmocka_unit_test(odd_bytes),
        cmocka_unit_test(no_other_protocol_is_text),
        cmocka_unit_test(every_end_is_a_control_character),
    };
    return cmocka_run_group_tests_name("detect_text", tests, NULL, NULL);
}
