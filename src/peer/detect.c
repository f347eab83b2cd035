/* SPDX-License-Identifier: MIT */
/*
 * Detection: every reading of the first bytes that makes sense is kept until bytes speak against it; when one
 * is left, or the length of the message proves one, that is it.
 */
#include "peer/detect.h"

#include "base/utf8.h"
#include "peer/detect_end.h"
#include "peer/detect_number.h"
#include "peer/detect_refuse.h"
#include "peer/detect_text.h"

#include <string.h>

/* After so many bytes something must be recognised. A length over the limit is named up to this one: a longer
 * one is none. */
enum { MAX_OPENING = 65536 };
static const uint64_t longest_named = UINT64_C(1) << 34;

/* How well a reading fits, from worst to best. */
typedef enum fit {
    DEAD,  /* bytes speak against it */
    OVER,  /* it would fit, but for a length over the limit */
    ALIVE, /* nothing speaks against it yet */
    WEAK,  /* a bare number before another value: as well a length */
    PROVEN /* a value that ends just where it should */
} fit;

/* One way to read the bytes. */
typedef struct reading {
    og_framing framing;
    og_frame_head head;
    const og_codec *codec; /* NULL: not known yet */
    int note;
    bool sure;        /* no length begins so */
    bool after_empty; /* messages of no bytes come before it */
    bool as_number;   /* the message is a bare number */
    fit fit;
} reading;

/* The readings: bare, then each framing that something comes before. */
enum { BARE, FIRST_FRAMED, MOST_READINGS = 40 };

typedef struct readings {
    size_t count;
    reading of[MOST_READINGS];
} readings;

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* True when the bytes mean nothing after a message of `codec`. */
static bool only_blanks(const og_codec *codec, const uint8_t *data, size_t from, size_t to)
{
    while (from < to && data[from] < 64 && (codec->blanks >> data[from] & 1))
        from++;
    return from == to;
}

/* True when silence has followed bytes without a control character among them, in UTF-8: as after a line of
 * text. Bytes that are no UTF-8 may be a length in binary. */
static bool gone_quiet(const og__look *look)
{
    if (!look->silent) return false;
    for (size_t i = 0; i < look->len; i++)
        if (look->data[i] < ' ' && !is_space(look->data[i])) return false;
    return og__base_utf8_valid(look->data, look->len, NULL) == look->len;
}

/* Asks the codecs whose message `opening` may begin: the first that says yes, or the one asked for. */
static int ask_codecs(const og_codec *asked, const og_opening *opening, reading *r)
{
    int best = -1;
    const og_codec *codec;
    for (size_t i = 0; (codec = og_codec_at(i)); i++) {
        if (asked ? codec != asked : codec->asked) continue;
        int note = OG_CODEC_NO_NOTE;
        int begins = codec->begins ? codec->begins(opening, &note) : 1;
        if (begins > best) best = begins;
        if (begins <= 0) continue;
        r->codec = codec;
        r->note = note;
        r->sure = begins > 1;
        return 1;
    }
    return best;
}

/* What the message of `r` can be, given the codec asked for. */
static void look_at_start(const og__look *look, reading *r, size_t room)
{
    size_t part = look->len - r->head.size;
    if (part > room) part = room;
    const og_opening opening = {
        .data = look->data + r->head.size,
        .len = part,
        .room = room,
        .whole = look->ended || part == room,
        .quiet = gone_quiet(look),
    };
    r->fit = ask_codecs(look->codec, &opening, r) < 0 ? DEAD : ALIVE;
}

/* Where the value ends that begins at `from`: as a codec's scan, with `*end` from the start of `data`. */
static int value_end(const og__look *look, const reading *r, size_t from, size_t to, bool ended, size_t *end)
{
    og_codec_scan scan;
    memset(&scan, 0, sizeof scan);
    size_t start = 0;
    int found = r->codec->scan(&scan, NULL, look->data + from, to - from, ended, &start, end, NULL);
    if (found > 0) *end += from;
    return found;
}

/* As value_end() from `from` to the end of what came; silence ends a value that may end there. */
static int bare_end(const og__look *look, const reading *r, size_t from, size_t *end)
{
    int found = value_end(look, r, from, look->len, look->ended || look->datagram, end);
    if (found == 0 && look->silent && value_end(look, r, from, look->len, true, end) > 0) found = 1;
    return found;
}

/* ---- Readings with a length before the message ---- */

/* True when all bytes of a reading's header are printable: text that might as well be a value. */
static bool printable_head(const og__look *look, const reading *r)
{
    for (size_t i = 0; i < r->head.size && i < look->len; i++)
        if ((look->data[i] < ' ' && !is_space(look->data[i])) || look->data[i] > '~') return false;
    return true;
}

/* As a length in big-endian order does, of whichever size. */
static bool begins_with_zero(const og__look *look)
{
    return look->len > 0 && look->data[0] == 0;
}

/* The header is not whole: can it still become one? */
static void wait_for_head(const og__look *look, reading *r, bool possible)
{
    bool text = r->framing.ops->in_text;
    bool left_off = look->still && !text && !begins_with_zero(look);
    bool coming = !look->ended && !look->datagram && !left_off;
    bool fits = possible && r->head.body <= look->max_message;
    r->fit = fits && coming && (text || !gone_quiet(look)) ? ALIVE : DEAD;
    r->head.size = look->len;
    r->head.body = 0;
}

/* True when what a codec claims begins within the header: it is a header of another kind, then. */
static bool claimed_within(const og__look *look, size_t size)
{
    const og_codec *codec;
    for (size_t at = 0; at < size; at++)
        for (size_t i = 0; (codec = og_codec_at(i)); i++) {
            int note;
            const og_opening opening = {look->data + at, look->len - at, SIZE_MAX, false, false};
            if (!codec->asked && codec->claims && codec->claims(opening.data, opening.len, &note) &&
                codec->begins(&opening, &note) > 0)
                return true;
        }
    return false;
}

/* A message over the limit: is its length worth naming? */
static fit fit_over(const og__look *look, const reading *r)
{
    bool named = r->codec && r->head.body <= longest_named && !printable_head(look, r);
    return named && !claimed_within(look, r->head.size) ? OVER : DEAD;
}

static bool ends_line(const og__look *look)
{
    return look->data[look->len - 1] == '\n';
}

/* The header of the first message that has bytes: programs may send empty ones before it, as Twisted's
 * Int32StringReceiver does. Narrower lengths of 0 are as well the beginning of a wide one. As head(). */
static int find_head(const og__look *look, reading *r)
{
    enum { WIDTH = 4 };
    size_t at = 0;
    r->head.shown = &r->framing;
    int found = r->framing.ops->head(&r->framing, look->data, look->len, &r->head, NULL);
    while (found > 0 && r->framing.ops->prefix == WIDTH && r->head.body == 0) {
        at += WIDTH;
        r->after_empty = true;
        found = r->framing.ops->head(&r->framing, look->data + at, look->len - at, &r->head, NULL);
    }
    r->head.size += at;
    return found;
}

static void read_head(const og__look *look, reading *r)
{
    int found = find_head(look, r);
    if (found <= 0) {
        wait_for_head(look, r, found == 0 && !r->head.odd && !r->head.over);
        return;
    }
    if (r->head.odd) return;
    bool over = r->head.body > look->max_message;
    size_t room = over ? SIZE_MAX : (size_t)r->head.body;
    /* A length in digits may well be sent alone; any other that looks like text is text when nothing follows.
     */
    bool quiet = r->head.as_value ? look->silent || (look->paused && ends_line(look))
                                  : gone_quiet(look) && !r->framing.ops->in_text;
    bool alone = r->head.size == look->len && quiet;
    size_t size = r->head.size + room + (r->framing.ops->tail != 0);
    if (room == 0 || alone || (look->datagram && !over && size != look->len)) return;
    look_at_start(look, r, room);
    if (r->fit == ALIVE && over) r->fit = fit_over(look, r);
}

/* True when what comes after the first message begins the next one, if it is there. */
static bool goes_on(const og__look *look, const reading *r, size_t at)
{
    og__look rest = *look;
    reading next = {.framing = r->framing, .note = OG_CODEC_NO_NOTE};
    if (at >= look->len) return true;
    rest.data += at;
    rest.len -= at;
    int found = r->framing.ops->head(&r->framing, rest.data, rest.len, &next.head, NULL);
    bool begun = rest.len >= next.head.size / 2; /* enough of a length to say something of it */
    if (found < 0 || (found == 0 && begun && next.head.body > look->max_message)) return false;
    if (next.head.body <= look->max_message || next.head.size >= rest.len) return true;
    look_at_start(&rest, &next, SIZE_MAX);
    return next.fit == ALIVE && fit_over(&rest, &next) == OVER;
}

/* The same where the first message was not looked through. */
static bool goes_on_after_first(const og__look *look, const reading *r)
{
    if (!r->framing.ops->head || !r->framing.ops->before) return true;
    size_t left = look->len - (r->head.size < look->len ? r->head.size : look->len);
    size_t tail = r->framing.ops->tail != 0;
    return r->head.body >= left || goes_on(look, r, r->head.size + (size_t)r->head.body + tail);
}

/* Whether the value fills the message exactly. */
static void fit_head(const og__look *look, reading *r)
{
    if (!r->codec) return;
    size_t from = r->head.size;
    size_t body = (size_t)r->head.body;
    char tail = r->framing.ops->tail;
    bool whole = look->len - from >= body;
    bool trailed = !tail || look->len - from > body;
    size_t to = whole ? from + body : look->len;
    size_t end = to;
    int found = r->codec->opaque ? 1 : value_end(look, r, from, to, whole, &end);
    r->fit = DEAD;
    if (found == 0 && !whole && !look->ended) r->fit = ALIVE;
    if (found <= 0 || !only_blanks(r->codec, look->data, end, to)) return;
    if (whole && trailed && tail && look->data[to] != (uint8_t)tail) return;
    if (whole && trailed && !goes_on(look, r, to + (tail != 0))) return;
    r->as_number = end > from && is_digit(look->data[end - 1]);
    if (r->as_number && r->head.as_value && !whole && end < to) return; /* numbers on lines */
    /* White space after a number belongs to it; what is a number and blanks alone is one number. */
    if (r->framing.ops->in_text ? from < to && is_space(look->data[from])
                                : r->as_number && printable_head(look, r))
        return;
    bool waiting = !look->ended && (r->codec->opaque || !look->silent);
    r->fit = whole && trailed ? PROVEN : waiting ? ALIVE : DEAD;
}

/* ---- Readings without ---- */

static void read_bare(const og__look *look, reading *r)
{
    look_at_start(look, r, SIZE_MAX);
}

/* A byte that comes before each message, which must be text then. */
static void read_opener(const og__look *look, reading *r)
{
    if (look->len == 0 || look->data[0] != r->framing.ops->opener) return;
    r->head.size = 1;
    look_at_start(look, r, SIZE_MAX);
    if (r->codec && (!r->codec->lines || r->codec->opaque)) r->fit = DEAD;
}

static bool closes(const reading *r, uint8_t byte)
{
    return byte == (uint8_t)r->framing.ops->closers[0] || byte == (uint8_t)r->framing.ops->closers[1];
}

static void fit_opener(const og__look *look, reading *r)
{
    if (!r->codec) return;
    size_t end = 0;
    bool final = look->ended || look->silent || look->datagram;
    int found = bare_end(look, r, 1, &end);
    if (found < 0)
        r->fit = DEAD;
    else if (found > 0 && end < look->len)
        r->fit = closes(r, look->data[end]) ? PROVEN : DEAD;
    else if (found > 0 && final)
        r->fit = PROVEN;
}

/*
 * A digit and a NUL are as well the start of a little-endian length of 48 to 57 bytes (or that and a multiple
 * of 256): `1\0` is a number only when no more comes.
 */
static void fit_number_and_nul(const og__look *look, reading *r, size_t after)
{
    bool over = look->silent || look->ended || look->datagram;
    const og_codec *codec = r->codec;
    if (after == look->len)
        r->fit = over ? PROVEN : ALIVE;
    else
        r->fit = look->data[after] == 0 || !codec->may_follow(look->data[after]) ? DEAD : WEAK;
}

static bool has_line_end(const uint8_t *data, size_t from, size_t to)
{
    return memchr(data + from, '\n', to - from) || memchr(data + from, '\r', to - from);
}

/* A number alone may be a length, unless a line's end says otherwise; with blanks before it, it is a length
 * unless all has come. */
static void fit_bare_number(const og__look *look, reading *r, size_t end)
{
    const uint8_t *data = look->data;
    size_t first = 0;
    while (is_space(data[first]))
        first++;
    bool padded = first > 0 && data[first - 1] == ' ';
    if (data[first] == '0' && end - first > 1 && is_digit(data[first + 1])) {
        r->fit = DEAD; /* no number begins so */
        return;
    }
    size_t next = end;
    while (next < look->len && data[next] == ' ')
        next++;
    size_t after = next;
    while (after < look->len && is_space(data[after]))
        after++;
    if (next < look->len && data[next] == 0) {
        fit_number_and_nul(look, r, next + 1);
    } else if (after < look->len && !og__peer_number_stands(look, r->codec, first, end, after)) {
        r->fit = DEAD;
    } else if (next < look->len) {
        r->fit = has_line_end(data, end, after) ? PROVEN : WEAK;
    } else {
        bool stopped = look->silent && next - end < 2 && !padded;
        r->fit = look->ended || look->datagram || stopped ? PROVEN : ALIVE;
    }
}

static void fit_bare(const og__look *look, reading *r)
{
    if (!r->codec) return;
    size_t end = 0;
    int found = r->codec->opaque ? 1 : bare_end(look, r, 0, &end);
    if (found == 0) return;
    r->fit = found > 0 ? PROVEN : DEAD;
    if (found < 0 || r->codec->opaque) return;
    if (end < look->len && r->codec->may_follow && !r->codec->may_follow(look->data[end])) r->fit = DEAD;
    if (r->fit == PROVEN && is_digit(look->data[end - 1])) fit_bare_number(look, r, end);
}

/* ---- All readings together ---- */

static void read_all(const og__look *look, readings *all)
{
    const og_frame_ops *ops;
    all->count = FIRST_FRAMED;
    all->of[BARE] = (reading){.framing = og_framing_bare()};
    read_bare(look, &all->of[BARE]);
    if (look->bare) return;
    for (size_t i = 0; (ops = og_framing_at(i)) && all->count < MOST_READINGS; i++) {
        reading *r = &all->of[all->count];
        if (!ops->head && !ops->opener) continue;
        all->count++;
        *r = (reading){.framing = {.ops = ops}, .note = OG_CODEC_NO_NOTE};
        if (ops->head)
            read_head(look, r);
        else
            read_opener(look, r);
    }
}

static size_t count(const readings *all, fit least)
{
    size_t n = 0;
    for (size_t i = 0; i < all->count; i++)
        n += all->of[i].fit >= least;
    return n;
}

static void drop_below(readings *all, fit least)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->of[i].fit < least && all->of[i].fit != OVER) all->of[i].fit = DEAD;
}

/*
 * What speaks for a bare value beyond the length: an opening that as a length would be an odd coincidence; a
 * good piece of a message; and text, where it was asked for.
 */
static void favour_bare(const og__look *look, readings *all)
{
    const reading *bare = &all->of[BARE];
    const og_codec *codec = bare->codec;
    int note;
    if (bare->fit < ALIVE || !codec) return;
    if (codec->claims && (is_space(look->data[0]) || !codec->claims(look->data, look->len, &note))) return;
    size_t end = 0;
    bool good = codec->proof > 0 && (look->len >= codec->proof || gone_quiet(look));
    if (good) good = codec->opaque || value_end(look, bare, 0, look->len, look->ended, &end) >= 0;
    for (size_t i = FIRST_FRAMED; i < all->count; i++) {
        reading *r = &all->of[i];
        if (!r->framing.ops->head) continue;
        if (bare->sure || codec->is_no_length || (good && printable_head(look, r))) r->fit = DEAD;
    }
}

/* A bare number that may be a length with its mark waits, or gives way, as that reading fits. A message that
 * is itself a number proves neither. */
static void yield_number(const og__look *look, readings *all)
{
    reading *bare = &all->of[BARE];
    for (size_t i = FIRST_FRAMED; i < all->count; i++) {
        const reading *r = &all->of[i];
        if (!r->head.as_value || r->fit < ALIVE || bare->fit < ALIVE) continue;
        if (r->fit == PROVEN)
            bare->fit = r->as_number ? bare->fit : DEAD;
        else if (r->codec || !look->silent)
            bare->fit = ALIVE;
    }
}

/* Two bytes that are a value, `""` or `[]`, may be a length and the first byte of its message. */
static void await_more(const og__look *look, readings *all)
{
    enum { SHORT = 2 };
    if (look->len != SHORT || look->paused || look->silent || look->ended || look->datagram) return;
    for (size_t i = FIRST_FRAMED; i < all->count; i++)
        if (all->of[i].fit == ALIVE && all->of[i].codec && all->of[BARE].fit == PROVEN)
            all->of[BARE].fit = ALIVE;
}

/* A message that a wider length counts has no empty ones before it. */
static void prefer_wider(readings *all)
{
    for (size_t i = FIRST_FRAMED; i < all->count; i++)
        for (size_t k = FIRST_FRAMED; k < all->count && all->of[i].after_empty; k++) {
            const reading *wider = &all->of[k];
            if (wider->fit >= ALIVE && !wider->after_empty && wider->head.size == all->of[i].head.size &&
                wider->head.body == all->of[i].head.body)
                all->of[i].fit = DEAD;
        }
}

/* Of two framings that count the same message, one with a byte after it: that byte may still come. */
static void await_tail(const og__look *look, readings *all)
{
    if (look->silent || look->ended || look->datagram) return;
    for (size_t i = FIRST_FRAMED; i < all->count; i++)
        for (size_t k = FIRST_FRAMED; k < all->count; k++) {
            const reading *tailed = &all->of[i];
            reading *r = &all->of[k];
            if (tailed->fit == ALIVE && tailed->framing.ops->tail && r->fit == PROVEN &&
                tailed->head.size == r->head.size && tailed->head.body == r->head.body)
                r->fit = ALIVE;
        }
}

static void fit_all(const og__look *look, readings *all)
{
    for (size_t i = 0; i < all->count; i++) {
        reading *r = &all->of[i];
        if (r->fit != ALIVE) continue;
        if (i == BARE)
            fit_bare(look, r);
        else if (r->framing.ops->head)
            fit_head(look, r);
        else
            fit_opener(look, r);
    }
    prefer_wider(all);
    yield_number(look, all);
    await_more(look, all);
    await_tail(look, all);
}

static int take(const og__look *look, const reading *r, og__detected *out)
{
    out->framing = og__peer_detect_end(look, r->framing, r->codec);
    out->codec = r->codec;
    out->note = r->codec ? r->note : OG_CODEC_NO_NOTE;
    return 1;
}

static const reading *best(const readings *all)
{
    const reading *top = &all->of[0];
    for (size_t i = 1; i < all->count; i++)
        if (all->of[i].fit > top->fit) top = &all->of[i];
    return top;
}

static int ambiguous(const og__look *look, const readings *all, og_error *err)
{
    og_framing two[2] = {0};
    fit top = best(all)->fit;
    for (size_t i = all->count; i-- > 0;)
        if (all->of[i].fit == top) {
            two[1] = two[0];
            two[0] = all->of[i].framing;
        }
    return og__peer_refuse_ambiguous(look, two[0], two[1], err);
}

static bool is_binary_length(const reading *r)
{
    return r->fit == ALIVE && r->framing.ops->head && !r->framing.ops->in_text;
}

/* True when the bytes may be a length in binary, or part of one, of whose message too little is here to know
 * its codec. Nobody stops there for long when all looks like another protocol. */
static bool may_be_length(const og__look *look, const readings *all)
{
    if (look->still || look->ended || look->datagram) return false;
    for (size_t i = FIRST_FRAMED; i < all->count; i++)
        if (is_binary_length(&all->of[i])) return true;
    return false;
}

/*
 * Whether a length in binary and its message are here rather than another protocol with the same first bytes:
 * 1 when the message begins well, 0 when too little of it is here to tell, -1 when not. White space and
 * digits say nothing: UTF-16 has them there too.
 */
static int judge_length(const og__look *look, const readings *all)
{
    enum { ENOUGH = 2 };
    bool over = look->still || look->ended || look->datagram;
    int best_yet = -1;
    for (size_t i = FIRST_FRAMED; i < all->count; i++) {
        reading r = all->of[i];
        if (!is_binary_length(&r)) continue;
        if (!r.codec || look->len - r.head.size < ENOUGH) {
            best_yet = over ? best_yet : 0;
            continue;
        }
        fit_head(look, &r);
        uint8_t first = look->data[r.head.size];
        if (r.fit != DEAD && !is_digit(first) && !is_space(first)) return 1;
    }
    return best_yet;
}

static int decide(const og__look *look, const readings *all, og__detected *out, og_error *err)
{
    size_t left = count(all, ALIVE);
    const reading *top = best(all);
    bool final = look->ended || look->datagram;
    if (left == 0) {
        if (top->fit == OVER) return og__peer_refuse_over(look, top->framing, top->head.body, err);
        if (!final && !look->silent && og__codec_signature_may_come(look->data, look->len)) return 0;
        return og__peer_refuse_unknown(look, err);
    }
    if (left == 1 && top->codec && !goes_on_after_first(look, top)) return og__peer_refuse_unknown(look, err);
    if (left == 1 && top->codec) return take(look, top, out);
    size_t proven = count(all, PROVEN);
    if (proven == 1 || (proven == 0 && top->fit == WEAK && (left == 1 || final))) return take(look, top, out);
    if (proven > 1) return ambiguous(look, all, err);
    if (look->silent && all->of[BARE].fit < ALIVE && !may_be_length(look, all) &&
        og__codec_signature(look->data, look->len, OG__SIGNS_UNSURE))
        return og__peer_refuse_unknown(look, err);
    if (final) return og__peer_refuse_truncated(look, err);
    return !top->codec && look->len > MAX_OPENING ? og__peer_refuse_unknown(look, err) : 0;
}

/* True when the bytes begin as a message of a codec that is read only where it was asked for. */
static bool wants_asking(const og__look *look)
{
    const og_opening opening = {look->data, look->len, look->len, false, false};
    const og_codec *codec;
    int note;
    for (size_t i = 0; (codec = og_codec_at(i)); i++)
        if (codec->asked && !codec->opaque && codec->begins(&opening, &note) > 0) return !look->codec;
    return false;
}

/* A broken message is refused best by its own reader, which names the byte. */
static bool left_to_codec(const og__look *look, reading *bare)
{
    const og_codec *codec;
    if (!bare->codec && wants_asking(look)) return false;
    for (size_t i = 0; (codec = og_codec_at(i)); i++) {
        if (look->codec ? codec != look->codec : codec->asked) continue;
        if (!codec->claims || !codec->claims(look->data, look->len, &bare->note)) continue;
        bare->codec = codec;
        return true;
    }
    return false;
}

/* So much white space comes before texts alone: no length reads like that. */
static bool is_long_blank(const og__look *look, reading *bare)
{
    const og_codec *codec;
    if (look->len <= MAX_OPENING) return false;
    for (size_t i = 0; (codec = og_codec_at(i)); i++) {
        if (look->codec ? codec != look->codec : codec->asked) continue;
        if (!codec->lines || codec->opaque || !only_blanks(codec, look->data, 0, look->len)) continue;
        bare->codec = codec;
        return true;
    }
    return false;
}

/* A framing that is known by its first bytes: 1 decided, 0 needs more, -1 none. */
static int look_for_signature(const og__look *look, og__detected *out)
{
    const og_frame_ops *ops;
    int best_yet = -1;
    if (look->bare || (look->codec && look->codec->opaque)) return -1;
    for (size_t i = 0; (ops = og_framing_at(i)); i++) {
        int opens = ops->opens ? ops->opens(look->data, look->len) : -1;
        if (opens > 0) return take(look, &(reading){.framing = {.ops = ops}}, out);
        if (opens > best_yet) best_yet = opens;
    }
    return look->ended || look->datagram ? -1 : best_yet;
}

static bool may_be_number(const og__look *look)
{
    return look->len > 0 && (is_digit(look->data[0]) || is_space(look->data[0]));
}

int og__peer_detect_in_full(const og__look *look, og__detected *out, og_error *err)
{
    readings all;
    *out = (og__detected){.note = OG_CODEC_NO_NOTE};
    if (look->codec && !look->codec->begins) {
        out->codec = look->codec;
        out->framing = og_framing_bare();
        return 1;
    }
    const og_signature *other = look->codec && look->codec->opaque
                                    ? NULL
                                    : og__codec_signature(look->data, look->len, OG__SIGNS_SURE);
    read_all(look, &all);
    int length = other && og__codec_signature_is_pattern(other) ? judge_length(look, &all) : -1;
    if (other && length < 0) return og__peer_refuse_signature(other, look->codec, err);
    if (other && length == 0) return 0;
    int known = look_for_signature(look, out);
    if (known >= 0) return known;
    if (is_long_blank(look, &all.of[BARE])) return take(look, &all.of[BARE], out);
    favour_bare(look, &all);
    if (count(&all, ALIVE) > 1 || may_be_number(look)) fit_all(look, &all);
    if (count(&all, PROVEN) > 0) drop_below(&all, PROVEN);
    if (count(&all, OVER) == 0 && left_to_codec(look, &all.of[BARE])) return take(look, &all.of[BARE], out);
    return decide(look, &all, out, err);
}

/* True when the bytes are a text that can be one thing only: `out` is as og__peer_detect_in_full() makes it.
 */
static bool is_clear(const og__look *look, og__detected *out)
{
    reading bare = {.framing = og_framing_bare()};
    if (!og__peer_detect_is_text(look)) return false;
    read_bare(look, &bare);
    return bare.fit == ALIVE && bare.codec && take(look, &bare, out);
}

int og__peer_detect(const og__look *look, og__detected *out, og_error *err)
{
    return is_clear(look, out) ? 1 : og__peer_detect_in_full(look, out, err);
}

int og__peer_detect_codec(const uint8_t *data, size_t len, og__detected *out, og_error *err)
{
    const og__look look = {.data = data, .len = len, .ended = true, .datagram = true, .max_message = len};
    reading r = {.framing = og_framing_bare(), .note = OG_CODEC_NO_NOTE};
    look_at_start(&look, &r, len);
    if (r.fit == DEAD && !left_to_codec(&look, &r)) return og__peer_refuse_unknown(&look, err);
    return take(&look, &r, out);
}
