/* SPDX-License-Identifier: MIT */
/*
 * Detection: every reading of the first bytes that makes sense is kept until bytes speak against it; when one
 * is left, or the length of the message proves one, that is it.
 */
#include "peer/detect.h"

#include "peer/detect_head.h"
#include "peer/detect_refuse.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* So much well-formed JSON speaks against readings in which its first bytes would be a length. */
enum { JSON_PROVES = 64 };

/* After so many bytes something must be recognised. */
enum { MAX_OPENING = 65536 };

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
    const char *framing;
    const char *text; /* what stands before the message, for the log */
    og__head head;
    og__start start;
    int protocol;
    fit fit;
} reading;

enum { BARE, SEQ, FIRST_HEAD };
#define X(name, fn, text) +1
enum { READINGS = FIRST_HEAD + (0 OG__HEAD_MAP(X)) };
#undef X

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool only_spaces(const uint8_t *data, size_t from, size_t to)
{
    while (from < to && is_space(data[from]))
        from++;
    return from == to;
}

static bool wants_text(const og__look *look)
{
    return look->codec && strcmp(look->codec->name, "text") == 0;
}

static const char *codec_name(og__start start)
{
    return start == OG__START_JSON ? "json" : start == OG__START_PICKLE ? "pickle" : "text";
}

/* A text begins with a character, not with a control byte. */
static og__start text_start(const uint8_t *data, size_t len)
{
    if (len == 0) return OG__START_MORE;
    bool control = (data[0] < ' ' && !is_space(data[0])) || data[0] == 0x7f;
    return control || (data[0] & 0xc0) == 0x80 || data[0] >= 0xf8 ? OG__START_NO : OG__START_TEXT;
}

/* True when silence has followed bytes without a control character among them: as after a line of text. */
static bool gone_quiet(const og__look *look)
{
    if (!look->silent) return false;
    for (size_t i = 0; i < look->len; i++)
        if (look->data[i] < ' ' && !is_space(look->data[i])) return false;
    return true;
}

/* What the message of `r` can be, given the codec asked for. */
static void look_at_start(const og__look *look, reading *r, size_t room)
{
    size_t part = look->len - r->head.size;
    if (part > room) part = room;
    og__come come = look->ended || part == room ? OG__COME_ALL
                    : gone_quiet(look)          ? OG__COME_TEXT
                                                : OG__COME_SOME;
    if (wants_text(look))
        r->start = text_start(look->data + r->head.size, part);
    else
        r->start = og__peer_start_of(look->data + r->head.size, part, room, come, &r->protocol);
    bool known = r->start != OG__START_NO && r->start != OG__START_MORE;
    if (known && look->codec && strcmp(look->codec->name, codec_name(r->start)) != 0) r->start = OG__START_NO;
    r->fit = r->start == OG__START_NO ? DEAD : ALIVE;
}

/* Where the value ends that begins at `from`: as a codec's scan, with `*end` from the start of `data`. */
static int value_end(const og__look *look, const reading *r, size_t from, size_t to, bool ended, size_t *end)
{
    og_codec_scan scan;
    memset(&scan, 0, sizeof scan);
    const og_codec *codec = og_codec_find(codec_name(r->start), NULL);
    size_t start = 0;
    int found = codec->scan(&scan, look->data + from, to - from, ended, &start, end, NULL);
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
        if (look->data[i] < ' ' || look->data[i] > '~') return false;
    return true;
}

/* As a length in big-endian order does, of whichever size. */
static bool begins_with_zero(const og__look *look)
{
    return look->len > 0 && look->data[0] == 0;
}

static void read_head(const og__look *look, reading *r, int (*fn)(const uint8_t *, size_t, og__head *))
{
    /* A length in digits may well be sent alone; any other that looks like text is text when nothing follows.
     */
    bool digits = fn == og__peer_head_digits || fn == og__peer_head_netstring;
    bool quiet = gone_quiet(look);
    int found = fn(look->data, look->len, &r->head);
    if (found <= 0) {
        bool left_off = look->still && !digits && !begins_with_zero(look);
        bool coming = !look->ended && !look->datagram && !left_off;
        bool fits = found == 0 && r->head.body <= look->max_message;
        r->fit = fits && coming && (digits || !quiet) ? ALIVE : DEAD;
        r->start = OG__START_MORE;
        r->head = (og__head){look->len, 0, 0};
        return;
    }
    bool over = r->head.body > look->max_message;
    size_t room = over ? SIZE_MAX : (size_t)r->head.body;
    if (room == 0 || (r->head.size == look->len && quiet && !digits)) return;
    look_at_start(look, r, room);
    if (r->fit == ALIVE && over) r->fit = r->start == OG__START_MORE || printable_head(look, r) ? DEAD : OVER;
    if (look->datagram && r->fit == ALIVE && r->head.size + room + r->head.tail != look->len) r->fit = DEAD;
}

/* Whether the value fills the message exactly. */
static void fit_head(const og__look *look, reading *r)
{
    if (r->start == OG__START_MORE) return;
    size_t from = r->head.size;
    size_t body = (size_t)r->head.body;
    bool whole = look->len - from >= body;
    size_t to = whole ? from + body : look->len;
    size_t end = 0;
    int found = value_end(look, r, from, to, whole, &end);
    if (r->start == OG__START_TEXT) end = to, found = 1;
    if (found < 0 || (found == 0 && (whole || look->ended))) {
        r->fit = DEAD;
    } else if (found > 0) {
        bool filled = r->start == OG__START_PICKLE ? end == to : only_spaces(look->data, end, to);
        if (whole && r->head.tail == 1 && to < look->len && look->data[to] != ',') filled = false;
        bool trailed = r->head.tail == 0 || to < look->len;
        bool waiting = r->start == OG__START_TEXT ? !look->ended : !look->silent && !look->ended;
        r->fit = !filled ? DEAD : whole && trailed ? PROVEN : waiting ? ALIVE : DEAD;
    }
}

/* ---- Readings without ---- */

static void read_bare(const og__look *look, reading *r)
{
    look_at_start(look, r, SIZE_MAX);
}

/* RFC 7464: the record separator, then JSON. */
static void read_seq(const og__look *look, reading *r)
{
    if (look->len == 0 || look->data[0] != 0x1e) return;
    r->head.size = 1;
    look_at_start(look, r, SIZE_MAX);
    if (r->start != OG__START_JSON && r->start != OG__START_MORE) r->fit = DEAD;
}

static void fit_seq(const og__look *look, reading *r)
{
    if (r->start == OG__START_MORE) return;
    size_t end = 0;
    bool final = look->ended || look->silent || look->datagram;
    int found = bare_end(look, r, 1, &end);
    if (found < 0)
        r->fit = DEAD;
    else if (found > 0 && end < look->len)
        r->fit = look->data[end] == '\n' || look->data[end] == 0x1e ? PROVEN : DEAD;
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
    if (after == look->len)
        r->fit = over ? PROVEN : ALIVE;
    else
        r->fit = look->data[after] == 0 ? DEAD : WEAK;
}

/* A number alone may be a length, unless a line's end says otherwise. */
static void fit_bare_number(const og__look *look, reading *r, size_t end)
{
    const uint8_t *data = look->data;
    size_t first = 0;
    while (is_space(data[first]))
        first++;
    if (data[first] == '0' && end - first > 1 && data[first + 1] >= '0' && data[first + 1] <= '9') {
        r->fit = DEAD; /* no JSON number begins so */
        return;
    }
    size_t next = end;
    while (next < look->len && data[next] == ' ')
        next++;
    if (next < look->len && data[next] == 0) {
        fit_number_and_nul(look, r, next + 1);
    } else if (next < look->len) {
        r->fit = is_space(data[next]) ? PROVEN : WEAK;
    } else {
        r->fit = look->ended || look->datagram || (look->silent && next - end < 2) ? PROVEN : ALIVE;
    }
}

static bool may_follow_json(uint8_t c)
{
    return is_space(c) || c == 0 || strchr("{[\"-tfn0123456789", c) != NULL;
}

static void fit_bare(const og__look *look, reading *r)
{
    if (r->start == OG__START_MORE) return;
    if (r->start == OG__START_TEXT) {
        r->fit = PROVEN;
        return;
    }
    size_t end = 0;
    int found = bare_end(look, r, 0, &end);
    if (found == 0) return;
    r->fit = found > 0 ? PROVEN : DEAD;
    if (found < 0) return;
    if (r->start != OG__START_JSON) return;
    if (end < look->len && !may_follow_json(look->data[end])) r->fit = DEAD;
    if (r->fit == PROVEN && look->data[end - 1] >= '0' && look->data[end - 1] <= '9')
        fit_bare_number(look, r, end);
}

/* ---- All readings together ---- */

static void read_all(const og__look *look, reading *r)
{
    memset(r, 0, READINGS * sizeof *r);
    r[BARE].framing = "raw";
    r[BARE].text = "nothing";
    read_bare(look, &r[BARE]);
    if (look->bare) return;
    r[SEQ].framing = "seq";
    r[SEQ].text = "a record separator";
    read_seq(look, &r[SEQ]);
    reading *next = &r[FIRST_HEAD];
#define X(name, fn, what)      \
    next->framing = name;      \
    next->text = what;         \
    read_head(look, next, fn); \
    next++;
    OG__HEAD_MAP(X)
#undef X
}

static size_t count(const reading *r, fit least)
{
    size_t n = 0;
    for (size_t i = 0; i < READINGS; i++)
        n += r[i].fit >= least;
    return n;
}

static void drop_below(reading *r, fit least)
{
    for (size_t i = 0; i < READINGS; i++)
        if (r[i].fit < least && r[i].fit != OVER) r[i].fit = DEAD;
}

/*
 * What speaks for a bare value beyond the length: PROTO and an opcode after it, which as a length would be an
 * odd coincidence; a good piece of JSON; and text, where it was asked for.
 */
static void favour_bare(const og__look *look, reading *r)
{
    const reading *bare = &r[BARE];
    if (bare->fit < ALIVE) return;
    bool proto = bare->start == OG__START_PICKLE && look->data[0] == 0x80;
    bool json = bare->start == OG__START_JSON && look->len >= JSON_PROVES && strchr("{[\"", look->data[0]);
    size_t end = 0;
    if (json) json = value_end(look, bare, 0, look->len, look->ended, &end) >= 0;
    bool text = bare->start == OG__START_TEXT;
    for (size_t i = FIRST_HEAD; i < READINGS; i++)
        if (proto || ((json || text) && printable_head(look, &r[i]))) r[i].fit = DEAD;
}

static void fit_all(const og__look *look, reading *r)
{
    for (size_t i = 0; i < READINGS; i++) {
        if (r[i].fit != ALIVE) continue;
        if (i == BARE)
            fit_bare(look, &r[i]);
        else if (i == SEQ)
            fit_seq(look, &r[i]);
        else
            fit_head(look, &r[i]);
    }
}

/* What the bytes looked like, for the log. */
static void describe(const og__look *look, const reading *r, const char *name, char *text)
{
    char bytes[3 * 6 + 1] = "";
    for (size_t i = 0; i < look->len && i < 6; i++)
        snprintf(bytes + 3 * i, 4, "%02x ", look->data[i]);
    char protocol[24] = "";
    if (r->start == OG__START_PICKLE) snprintf(protocol, sizeof protocol, " (protocol %d)", r->protocol);
    const char *codec = r->start == OG__START_MORE ? "a header" : codec_name(r->start);
    if (strcmp(name, "raw") == 0 || strcmp(name, "line") == 0 || strcmp(name, "nul") == 0)
        snprintf(text, OG__SEEN_SIZE, "%s%s begins at once: %s%s", bytes, "…", codec, protocol);
    else
        snprintf(text, OG__SEEN_SIZE, "%s%s %s, then %s%s", bytes, "…", r->text, codec, protocol);
}

/* The framing of a reading; a bare text may also be a line. */
static int framing_of(const og__look *look, const reading *r, og_framing *framing, og_error *err)
{
    char digits[24];
    const char *name = r->framing;
    if (strcmp(name, "digits") == 0) {
        snprintf(digits, sizeof digits, "digits:%zu", r->head.size);
        name = digits;
    }
    bool whole = r->start == OG__START_TEXT || (look->datagram && r->start == OG__START_JSON);
    if (whole && strcmp(name, "raw") == 0) {
        uint8_t last = look->data[look->len - 1];
        bool one = r->start == OG__START_TEXT || !memchr(look->data, '\n', look->len - 1);
        name = last == '\n' && one ? "line" : last == 0 ? "nul" : name;
    }
    return og_framing_find(framing, name, err);
}

static int take(const og__look *look, const reading *r, og__detected *out, og_error *err)
{
    int status = framing_of(look, r, &out->framing, err);
    if (status < 0) return status;
    char name[32];
    out->codec = r->start == OG__START_MORE ? NULL : og_codec_find(codec_name(r->start), err);
    out->protocol = r->start == OG__START_PICKLE ? r->protocol : OG__PROTOCOL_UNKNOWN;
    describe(look, r, og_framing_name(out->framing, name, sizeof name), out->seen);
    return 1;
}

static const reading *best(const reading *r)
{
    const reading *top = &r[0];
    for (size_t i = 1; i < READINGS; i++)
        if (r[i].fit > top->fit) top = &r[i];
    return top;
}

static int ambiguous(const og__look *look, const reading *r, og_error *err)
{
    const char *names[2] = {NULL, NULL};
    fit top = best(r)->fit;
    for (size_t i = READINGS; i-- > 0;)
        if (r[i].fit == top) {
            names[1] = names[0];
            names[0] = r[i].framing;
        }
    return og__peer_refuse_ambiguous(look, names[0], names[1], err);
}

/* `Content-Length: …` or `Content-Type: …`: 1, 0 when it may still be, -1 when not. */
static int header_start(const og__look *look)
{
    static const char *const names[] = {"content-length:", "content-type:"};
    for (size_t n = 0; n < 2; n++) {
        size_t i = 0;
        while (i < look->len && names[n][i] && tolower(look->data[i]) == names[n][i])
            i++;
        if (!names[n][i]) return 1;
        if (i == look->len && i > 0) return 0;
    }
    return -1;
}

static int decide(const og__look *look, reading *r, og__detected *out, og_error *err)
{
    size_t left = count(r, ALIVE);
    if (left == 0) {
        const reading *over = best(r);
        if (over->fit == OVER) return og__peer_refuse_over(look, over->framing, over->head.body, err);
        return og__peer_refuse_unknown(look, err);
    }
    const reading *top = best(r);
    bool known = top->start != OG__START_MORE;
    if (left == 1 && known) return take(look, top, out, err);
    bool final = look->ended || look->datagram;
    size_t proven = count(r, PROVEN);
    if (proven == 1 || (proven == 0 && top->fit == WEAK && (left == 1 || final)))
        return take(look, top, out, err);
    if (proven > 1) return ambiguous(look, r, err);
    if (final) return og__peer_refuse_truncated(look, err);
    return !known && look->len > MAX_OPENING ? og__peer_refuse_unknown(look, err) : 0;
}

/* Broken JSON or a broken pickle is refused best by its own reader, which names the byte. */
static bool left_to_codec(const og__look *look, reading *bare)
{
    size_t at = 0;
    while (at < look->len && is_space(look->data[at]))
        at++;
    if (at == look->len) return false;
    bool json = strchr("{[\"", look->data[at]) != NULL && look->data[at] != 0;
    bool pickle =
        at == 0 && look->len > 1 && look->data[0] == 0x80 && look->data[1] >= 2 && look->data[1] <= 5;
    bare->start = json ? OG__START_JSON : OG__START_PICKLE;
    if (!json && !pickle) return false;
    if (pickle) bare->protocol = look->data[1];
    return !look->codec || strcmp(look->codec->name, codec_name(bare->start)) == 0;
}

int og__peer_detect(const og__look *look, og__detected *out, og_error *err)
{
    memset(out, 0, sizeof *out);
    out->protocol = OG__PROTOCOL_UNKNOWN;
    if (look->codec && strcmp(look->codec->name, "bytes") == 0) {
        out->codec = look->codec;
        snprintf(out->seen, sizeof out->seen, "bytes are taken as they come");
        return og_framing_find(&out->framing, "raw", err) < 0 ? OG_ENOTFOUND : 1;
    }
    reading r[READINGS];
    int header = wants_text(look) || look->bare ? -1 : header_start(look);
    if (header == 1) {
        r[0] = (reading){.framing = "header", .text = "Content-Length", .start = OG__START_MORE};
        return take(look, &r[0], out, err);
    }
    if (header == 0 && !look->ended && !look->datagram) return 0;
    read_all(look, r);
    favour_bare(look, r);
    if (count(r, ALIVE) > 1) fit_all(look, r);
    if (count(r, PROVEN) > 0) drop_below(r, PROVEN);
    if (count(r, OVER) == 0 && left_to_codec(look, &r[BARE])) return take(look, &r[BARE], out, err);
    return decide(look, r, out, err);
}

int og__peer_detect_codec(const uint8_t *data, size_t len, og__detected *out, og_error *err)
{
    const og__look look = {.data = data, .len = len, .ended = true, .datagram = true, .max_message = len};
    reading r = {.framing = "raw", .text = "nothing"};
    memset(out, 0, sizeof *out);
    out->protocol = OG__PROTOCOL_UNKNOWN;
    look_at_start(&look, &r, len);
    if (r.fit == DEAD && !left_to_codec(&look, &r)) return og__peer_refuse_unknown(&look, err);
    return take(&look, &r, out, err);
}
