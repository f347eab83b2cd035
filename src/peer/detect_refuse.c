/* SPDX-License-Identifier: MIT */
/* The sentences with which detection refuses. */
#include "peer/detect_refuse.h"

#include <stdio.h>
#include <string.h>

enum { SHOWN = 12 };

/* The first bytes as people see them: text in quotes, else hexadecimal. */
static void show(const og__look *look, char *text, size_t size)
{
    size_t n = look->len < SHOWN ? look->len : SHOWN;
    bool printable = n > 0;
    for (size_t i = 0; i < n; i++)
        printable = printable && look->data[i] >= ' ' && look->data[i] <= '~';
    const char *more = look->len > n ? "…" : "";
    if (printable) {
        snprintf(text, size, "\"%.*s%s\"", (int)n, (const char *)look->data, more);
        return;
    }
    size_t at = 0;
    for (size_t i = 0; i < n && at + 4 < size; i++)
        at += (size_t)snprintf(text + at, size - at, i > 0 ? " %02x" : "%02x", look->data[i]);
    snprintf(text + at, size - at, "%s", more);
}

int og__peer_refuse_ambiguous(const og__look *look, og_framing one, og_framing other, og_error *err)
{
    char shown[64];
    char names[2][40];
    og_framing_name(one, names[0], sizeof names[0]);
    og_framing_name(other, names[1], sizeof names[1]);
    show(look, shown, sizeof shown);
    return og_error_set(err, OG_EAMBIGUOUS, 0,
                        "found %s, which can be read with framing %s or %s: say which one, e.g. framing=%s",
                        shown, names[0], names[1], names[0]);
}

int og__peer_refuse_over(const og__look *look, og_framing framing, uint64_t length, og_error *err)
{
    char name[40];
    return og_error_set(
        err, OG_ELIMIT, 0,
        "found a message of %llu bytes (framing %s), expected at most %zu: raise max_message, or say which "
        "framing it is",
        (unsigned long long)length, og_framing_name(framing, name, sizeof name), look->max_message);
}

int og__peer_refuse_truncated(const og__look *look, og_error *err)
{
    return og_error_set(err, OG_ETRUNCATED, look->len,
                        "found the end after %zu bytes, within the first message: send it whole", look->len);
}

/* Openings of other protocols that people aim at the wrong port. */
static const struct known {
    size_t at;
    size_t len;
    const char *bytes;
    const char *what;
} known[] = {
    {0, 2, "\x16\x03", "a TLS handshake, which is not spoken here"},
    {0, 4, "GET ", "an HTTP request, which is not spoken here"},
    {0, 5, "POST ", "an HTTP request, which is not spoken here"},
    {0, 4, "HTTP", "an HTTP response, which is not spoken here"},
    {0, 4, "SSH-", "an SSH greeting, which is not spoken here"},
    {0, 9, "\xff\0\0\0\0\0\0\0\0", "a ZeroMQ greeting, which is not spoken here"},
    {4, 11, "#CHALLENGE#", "multiprocessing's authentication: connect without an authkey"},
    {0, 16, "SNGLSNGLSNGLSNGL", "a PicklingTools greeting, which is not spoken here"},
};

/* What would have been right: "JSON, a pickle", of all that is read unasked. */
static void list_nouns(char *text, size_t size, const char *between)
{
    const og_codec *codec;
    size_t len = 0;
    text[0] = '\0';
    for (size_t i = 0; (codec = og_codec_at(i)); i++) {
        if (codec->asked) continue;
        int n = snprintf(text + len, size - len, "%s%s", len > 0 ? between : "", codec->noun);
        if (n > 0 && (size_t)n < size - len) len += (size_t)n;
    }
}

/* The codec that would take such bytes if it were asked for by name, or the one that takes most. */
static const og_codec *codec_to_ask_for(const og__look *look)
{
    const og_opening opening = {look->data, look->len, look->len, true, true};
    const og_codec *codec;
    const og_codec *found = NULL;
    int note;
    for (size_t i = 0; (codec = og_codec_at(i)); i++) {
        if (!codec->asked || !codec->begins) continue;
        found = codec;
        if (codec->begins(&opening, &note) > 0) break;
    }
    return found;
}

int og__peer_refuse_unknown(const og__look *look, og_error *err)
{
    char nouns[64];
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (look->len >= known[i].at + known[i].len &&
            memcmp(look->data + known[i].at, known[i].bytes, known[i].len) == 0) {
            list_nouns(nouns, sizeof nouns, " or ");
            return og_error_set(err, OG_ESYNTAX, 0, "found %s; expected %s", known[i].what, nouns);
        }
    char shown[64];
    show(look, shown, sizeof shown);
    if (look->codec)
        return og_error_set(
            err, OG_ESYNTAX, 0,
            "found %s, expected %s, or a length before it: say codec=… and framing=… as the peer speaks",
            shown, look->codec->noun);
    list_nouns(nouns, sizeof nouns, ", ");
    const og_codec *other = codec_to_ask_for(look);
    return og_error_set(err, OG_ESYNTAX, 0,
                        "found %s, expected %s, or a length before one: for %s say codec=%s (--codec %s)",
                        shown, nouns, other->noun, other->name, other->name);
}
