/* SPDX-License-Identifier: MIT */
/* The sentences with which detection refuses. */
#include "peer/detect_refuse.h"
#include "base/number_digits.h"
#include "base/plural.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 12 };

/* The length of a line of text at the start, without its end; 0 when there is none. */
static size_t text_line(const og__look *look)
{
    size_t at = 0;
    while (at < look->len && (look->data[at] >= ' ' || look->data[at] == '\t'))
        at++;
    return at < look->len && (look->data[at] == '\n' || look->data[at] == '\r') ? at : 0;
}

/* How many of the first `n` bytes are text that can be shown, without a character that is cut; 0 when they
 * are none. */
static size_t text_len(const og__look *look, size_t n)
{
    enum { LONGEST = 4 };
    size_t at = 0;
    while (at < n) {
        uint32_t code = look->data[at];
        size_t size = code < 0x80 ? 1 : og__base_utf8_decode(look->data + at, n - at, &code);
        if (size == 0 && n - at < LONGEST && look->len > n) return at;
        if (size == 0 || code < ' ' || code == 0x7f || (code > 0x7f && !og__base_printable(code))) return 0;
        at += size;
    }
    return at;
}

/* The first bytes as people see them: text in quotes, else hexadecimal. */
static void show(const og__look *look, char *text, size_t size)
{
    size_t line = text_line(look);
    size_t n = line > 0 && line < SHOWN ? line : look->len < SHOWN ? look->len : SHOWN;
    size_t shown = text_len(look, n);
    const char *more = look->len > (shown ? shown : n) ? "…" : "";
    if (shown > 0) {
        snprintf(text, size, "\"%.*s%s\"", (int)shown, (const char *)look->data, more);
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
    char names[2][OG_FRAMING_NAME_MAX];
    og_framing_name(one, names[0], sizeof names[0]);
    og_framing_name(other, names[1], sizeof names[1]);
    show(look, shown, sizeof shown);
    return og_error_set(err, OG_EAMBIGUOUS, 0,
                        "found %s, which can be read with framing %s or %s: say which one, e.g. framing=%s "
                        "(--framing %s)",
                        shown, names[0], names[1], names[0], names[0]);
}

int og__peer_refuse_over(const og__look *look, og_framing framing, uint64_t length, og_error *err)
{
    char name[OG_FRAMING_NAME_MAX];
    return og_error_set(
        err, OG_ELIMIT, 0,
        "found a message of %llu bytes (framing %s), expected at most %zu: raise max_message, or say which "
        "framing it is",
        (unsigned long long)length, og_framing_name(framing, name, sizeof name), look->max_message);
}

int og__peer_refuse_truncated(const og__look *look, og_error *err)
{
    return og_error_set(err, OG_ETRUNCATED, look->len,
                        "found the end after %zu byte%s, within the first message: send it whole", look->len,
                        og__base_plural(look->len));
}

/* What would have been right: the noun of the codec that was asked for, or of all that are read unasked. */
static void list_nouns(const og_codec *asked, char *text, size_t size, const char *between)
{
    const og_codec *codec;
    size_t len = 0;
    text[0] = '\0';
    for (size_t i = 0; (codec = og_codec_at(i)); i++) {
        if (asked ? codec != asked : codec->asked) continue;
        int n = snprintf(text + len, size - len, "%s%s", len > 0 ? between : "", codec->noun);
        if (n > 0 && (size_t)n < size - len) len += (size_t)n;
    }
}

/* Text may be cut within a character. */
static bool is_text(const og__look *look)
{
    enum { CHARACTER = 4 };
    size_t good = og__base_utf8_valid(look->data, look->len, NULL);
    return look->len - good < CHARACTER && og__codec_is_text(look->data, good);
}

/* The codec that would take such bytes if it were asked for by name: of what is no text, the one that does
 * not look at them. */
static const og_codec *codec_to_ask_for(const og__look *look)
{
    const og_opening opening = {look->data, look->len, look->len, true, true};
    const og_codec *codec;
    const og_codec *found = NULL;
    bool text = is_text(look);
    int note;
    for (size_t i = 0; (codec = og_codec_at(i)); i++) {
        if (!codec->asked) continue;
        found = codec;
        if (!codec->begins || (text && codec->begins(&opening, &note) > 0)) break;
    }
    return found;
}

int og__peer_refuse_signature(const og_signature *seen, const og_codec *asked, og_error *err)
{
    char nouns[64];
    list_nouns(asked, nouns, sizeof nouns, " or ");
    return og_error_set(err, OG_ESYNTAX, 0, "found %s; expected %s: %s", seen->what, nouns, seen->advice);
}

int og__peer_refuse_named(const og_codec *codec, const og_codec *asked, const uint8_t *data, size_t len,
                          bool first, og_error *err)
{
    bool start = (err->code == OG_ESYNTAX || err->code == OG_ETRUNCATED) && err->position == 0;
    if ((codec && codec->asked) || (!first && !start)) return err->code;
    const og_signature *seen = og__codec_signature(data, len, start ? OG__SIGNS_FAINT : OG__SIGNS_SURE);
    return seen ? og__peer_refuse_signature(seen, asked, err) : err->code;
}

/* Where something begins that a codec claims, after a header; 0 when there is none. */
static size_t claimed_after(const og__look *look, const og_codec **codec)
{
    enum { HEADER_MAX = 64, ENOUGH = 3 };
    int note;
    for (size_t at = 1; at <= HEADER_MAX && at + ENOUGH <= look->len; at++) {
        const og_opening opening = {look->data + at, look->len - at, look->len - at, false, false};
        for (size_t i = 0; (*codec = og_codec_at(i)); i++) {
            if ((*codec)->asked || !(*codec)->claims) continue;
            if ((*codec)->claims(opening.data, opening.len, &note) && (*codec)->begins(&opening, &note) > 0)
                return at;
        }
    }
    return 0;
}

/* True when the bytes before `at` are no text, which may hold brackets of its own. */
static bool is_binary(const og__look *look, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (look->data[i] < '\t' || look->data[i] >= 0x7f || (look->data[i] < ' ' && look->data[i] > '\r'))
            return true;
    return false;
}

/* What a length in binary says, of one that is just as long as what comes after it. */
typedef struct counted {
    const char *before; /* "a length in 4 bytes, big-endian" */
    const uint8_t *data;
    size_t len;
} counted;

/* The next framing from `*at` on that counts the bytes so. */
static bool next_counted(const og__look *look, size_t *at, counted *found)
{
    const og_frame_ops *ops;
    while ((ops = og_framing_at((*at)++))) {
        og_framing framing = {.ops = ops};
        og_frame_head head = {.shown = &framing};
        if (!ops->head || ops->in_text || ops->head(&framing, look->data, look->len, &head, NULL) <= 0)
            continue;
        if (head.odd || head.body == 0 || head.body != look->len - head.size) continue;
        *found = (counted){ops->before, look->data + head.size, (size_t)head.body};
        return true;
    }
    return false;
}

/* Where the message at `at` ends; 0 when it is not all here. */
static size_t message_end(const og__look *look, const og_codec *codec, size_t at)
{
    og_codec_scan scan;
    size_t start = 0;
    size_t end = 0;
    memset(&scan, 0, sizeof scan);
    return codec->scan(&scan, NULL, look->data + at, look->len - at, true, &start, &end, NULL) > 0 ? at + end
                                                                                                   : 0;
}

static bool is_letter(uint8_t c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* The number at `at`, in `base`; 0 when it is none by itself. */
static unsigned long long number_at(const uint8_t *text, size_t len, size_t at, int base)
{
    enum { LONGEST = 15 };
    char number[LONGEST + 1];
    size_t n = 0;
    if (at > 0 &&
        (og__base_is_digit(text[at - 1]) || (base > 10 && is_letter(text[at - 1]) && text[at - 1] != 'x')))
        return 0;
    for (; n < LONGEST && at + n < len &&
           (og__base_is_digit(text[at + n]) || (base > 10 && is_letter(text[at + n])));
         n++)
        number[n] = (char)text[at + n];
    number[n] = '\0';
    char *end;
    unsigned long long value = strtoull(number, &end, base);
    return *end ? 0 : value;
}

/* True when one of the numbers in the first `len` bytes, in decimal or in hexadecimal, is `length`. */
static bool counts(const uint8_t *text, size_t len, size_t length)
{
    for (size_t at = 0; at < len; at++)
        if (number_at(text, len, at, 10) == length || number_at(text, len, at, 16) == length) return true;
    return false;
}

/* The size of a text before a whole message of `codec`, which begins at `at` or after the blanks there; 0
 * when there is none. `*says`: it says how long the message is. */
static size_t text_header(const og__look *look, const og_codec *codec, size_t at, bool *says)
{
    while (at < look->len && look->data[at] > 0 && strchr(" \t\r\n", look->data[at]))
        at++;
    if (is_binary(look, at)) return 0;
    size_t end = message_end(look, codec, at);
    *says = end > 0 && counts(look->data, at, end - at);
    bool alone = end == look->len || (end > 0 && look->data[end] < ' ');
    return *says || alone ? at : 0;
}

/* What comes after a length in binary, if it is known. */
static const og_signature *named_after_length(const og__look *look, og__signs signs, const char **before)
{
    counted found;
    for (size_t at = 0; next_counted(look, &at, &found);) {
        const og_signature *seen = og__codec_signature(found.data, found.len, signs);
        *before = found.before;
        if (seen) return seen;
    }
    return NULL;
}

static bool is_counted_text(const og__look *look)
{
    counted found;
    for (size_t at = 0; next_counted(look, &at, &found);)
        if (og__codec_is_text(found.data, found.len)) return true;
    return false;
}

/* Whether all that came is texts with a length in binary before each: which framing that is, and the first
 * text. */
static bool are_counted_texts(const og__look *look, og_framing *framing, og__look *first)
{
    enum { LEAST = 3 };
    for (size_t i = 0; (framing->ops = og_framing_at(i)); i++) {
        size_t at = 0;
        size_t letters = 0;
        while (framing->ops->head && !framing->ops->in_text && at < look->len) {
            og_frame_head head = {.shown = framing};
            if (framing->ops->head(framing, look->data + at, look->len - at, &head, NULL) <= 0) break;
            at += head.size;
            if (head.odd || head.body == 0 || head.body > look->len - at) break;
            if (!og__codec_is_text(look->data + at, (size_t)head.body)) break;
            if (letters == 0) *first = (og__look){.data = look->data + at, .len = (size_t)head.body};
            at += (size_t)head.body;
            letters += (size_t)head.body;
            if (at == look->len && letters >= LEAST) return true;
        }
    }
    return false;
}

/* The row of the bytes, or of what comes after a length, which `*before` names then. What says most is asked
 * first; what only looks like something does not explain a text after its length. */
static const og_signature *find_named(const og__look *look, const char **before)
{
    *before = NULL;
    const og_signature *seen = og__codec_signature(look->data, look->len, OG__SIGNS_UNSURE);
    if (!seen) seen = named_after_length(look, OG__SIGNS_UNSURE, before);
    if (seen || is_counted_text(look)) return seen;
    *before = NULL;
    seen = og__codec_signature(look->data, look->len, OG__SIGNS_FAINT);
    return seen ? seen : named_after_length(look, OG__SIGNS_FAINT, before);
}

/* True when a message begins after a line of text, as after a client's greeting. */
static bool begins_after_line(const og__look *look)
{
    const og_codec *codec;
    int note;
    size_t at = text_line(look);
    while (at > 0 && at < look->len && (look->data[at] == '\r' || look->data[at] == '\n'))
        at++;
    if (at == 0 || at == look->len || look->datagram) return false;
    const og_opening rest = {look->data + at, look->len - at, SIZE_MAX, false, false};
    for (size_t i = 0; (codec = og_codec_at(i)); i++)
        if (!codec->asked && codec->begins && codec->begins(&rest, &note) > 0) return true;
    return false;
}

/* Texts with a length before each are read by two options. */
static int refuse_counted(const og_framing *framing, const og__look *first, const char *shown,
                          const char *nouns, og_error *err)
{
    const og_codec *other = codec_to_ask_for(first);
    return og_error_set(err, OG_ESYNTAX, 0,
                        "found %s: %s, then text; expected %s: for %s say codec=%s and framing=%s "
                        "(--codec %s --framing %s)",
                        shown, framing->ops->before, nouns, other->noun, other->name, framing->ops->name,
                        other->name, framing->ops->name);
}

int og__peer_refuse_unknown(const og__look *look, og_error *err)
{
    const char *before;
    char nouns[64];
    char shown[64];
    og_framing framing;
    og__look first = {0};
    const og_codec *inside;
    const og_signature *seen = find_named(look, &before);
    if (seen && !before) return og__peer_refuse_signature(seen, look->codec, err);
    list_nouns(look->codec, nouns, sizeof nouns, " or ");
    if (seen)
        return og_error_set(err, OG_ESYNTAX, 0, "found %s, then %s; expected %s: %s", before, seen->what,
                            nouns, seen->advice);
    show(look, shown, sizeof shown);
    if (are_counted_texts(look, &framing, &first)) return refuse_counted(&framing, &first, shown, nouns, err);
    bool says = false;
    size_t header = claimed_after(look, &inside);
    size_t text = header > 0 ? text_header(look, inside, header, &says) : 0;
    bool strange = says || (text > 0 && !inside->lines); /* which no codec for text reads either */
    if (strange) header = text;
    if (header > 0 && (strange || is_binary(look, header)))
        return og_error_set(
            err, OG_ESYNTAX, 0,
            "found %s: a header of %zu byte%s before %s that is not one of the framings; let the peer "
            "send one that is ('onggi help framings' lists them), or, if it comes once, say skip_bytes=%zu",
            shown, header, og__base_plural(header), inside->noun, header);
    if (look->codec)
        return og_error_set(
            err, OG_ESYNTAX, 0,
            "found %s, expected %s, or a length before it: say codec=… and framing=… (--codec, "
            "--framing) as the peer speaks",
            shown, look->codec->noun);
    list_nouns(NULL, nouns, sizeof nouns, ", ");
    const og_codec *other = codec_to_ask_for(look);
    if (look->client ? text_line(look) > 0 : begins_after_line(look))
        return og_error_set(
            err, OG_ESYNTAX, 0,
            "found %s, expected %s, or a length before one: to pass over a greeting say skip=1 "
            "(--skip 1), for %s codec=%s (--codec %s)",
            shown, nouns, other->noun, other->name, other->name);
    if (text > 0)
        return og_error_set(
            err, OG_ESYNTAX, 0,
            "found %s, expected %s, or a length before one: to pass over %zu byte%s before %s "
            "say skip_bytes=%zu, for %s codec=%s (--codec %s)",
            shown, nouns, text, og__base_plural(text), inside->noun, text, other->noun, other->name,
            other->name);
    return og_error_set(err, OG_ESYNTAX, 0,
                        "found %s, expected %s, or a length before one: for %s say codec=%s (--codec %s)",
                        shown, nouns, other->noun, other->name, other->name);
}
