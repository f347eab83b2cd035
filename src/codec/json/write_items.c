/* SPDX-License-Identifier: MIT */
/*
 * The writer's fast way through arrays and objects. What stands between items is written behind each of them;
 * the closing bracket takes the place of the last one. What is out of the ordinary goes the general way.
 *
 * All of it is there twice: for compact text, where a comma stands between items, and spaced, with any
 * separators, lines and indentation.
 */
#include "base/number.h"
#include "codec/json/writer.h"

#include <math.h>

/* Room for a scalar that is not a str, and for what is written too much before the next room is asked for. */
enum { ITEM_ROOM = 64, KEY_ENDS = 3, BLOCK = 16, SHORT = 256, ESCAPED_MAX = 512 };
_Static_assert(BLOCK == (int)OG__SEPARATOR_MAX, "what stands between things is copied in the same blocks");
_Static_assert(ITEM_ROOM - KEY_ENDS > (int)OG__DOUBLE_SIZE, "a double and a comma fit behind a key");

/* Each of these stands in a loop for lists and in one for dicts, which makes both easier to foretell for the
 * processor than one; the compiler would rather call them, and keep the run in memory for it. */
#define INLINE static inline __attribute__((always_inline))

/* Where the innermost frame stands, apart from the writer so that it stays in registers. */
typedef struct run {
    uint8_t *at;
    const og_value *next;
    const og_value *last;
    og__json_frame *frame;
    uint64_t easy; /* what `meta` of a str is, but for its length, that can be copied as it is */
    size_t gap;    /* spaced: length of what stands between items here */
    size_t spare;  /* spaced: room that it takes, here and one deeper */
    bool pairs;
} run;

enum { EASY_MASK = 0xff | OG__F_CLEAN | OG__F_SURROGATE };

static inline bool is_easy(const run *r, og_value string)
{
    return (string.meta & EASY_MASK) == r->easy;
}

/* Copies up to 15 bytes as two pieces that overlap. */
INLINE void copy_few(uint8_t *to, const char *from, size_t len)
{
    if (len >= 8) {
        uint64_t a;
        uint64_t b;
        memcpy(&a, from, 8);
        memcpy(&b, from + len - 8, 8);
        memcpy(to, &a, 8);
        memcpy(to + len - 8, &b, 8);
    } else if (len >= 4) {
        uint32_t a;
        uint32_t b;
        memcpy(&a, from, 4);
        memcpy(&b, from + len - 4, 4);
        memcpy(to, &a, 4);
        memcpy(to + len - 4, &b, 4);
    } else if (len > 0) {
        to[0] = (uint8_t)from[0];
        to[len / 2] = (uint8_t)from[len / 2];
        to[len - 1] = (uint8_t)from[len - 1];
    }
}

INLINE void copy_text(uint8_t *to, const char *from, size_t len)
{
    if (len < BLOCK) {
        copy_few(to, from, len);
    } else if (len > SHORT) {
        memcpy(to, from, len);
    } else {
        for (size_t i = 0; i < len - BLOCK; i += BLOCK)
            memcpy(to + i, from + i, BLOCK);
        memcpy(to + len - BLOCK, from + len - BLOCK, BLOCK);
    }
}

/* A str that needs no escape, in quotes. */
INLINE uint8_t *put_string(uint8_t *at, og_value string)
{
    size_t len = og__value_len(string);
    *at++ = '"';
    copy_text(at, string.u.p, len);
    at += len;
    *at = '"';
    return at + 1;
}

INLINE uint8_t *put_blocks(uint8_t *at, const char *from, size_t len)
{
    for (size_t i = 0; i < len; i += BLOCK)
        memcpy(at + i, from + i, BLOCK);
    return at + len;
}

/* What stands between items. */
INLINE uint8_t *put_gap(const og__json_writer *w, const run *r, uint8_t *at, bool spaced)
{
    if (spaced) return put_blocks(at, w->between, r->gap);
    *at = ',';
    return at + 1;
}

/* The part of it that stands behind an opening bracket and before a closing one. */
INLINE uint8_t *put_line(const og__json_writer *w, const run *r, uint8_t *at)
{
    return put_blocks(at, w->between + w->item_separator_len, r->gap - w->item_separator_len);
}

/* A word and what stands behind it, for which the word has a comma already. Returns 1. */
INLINE int put_word(const og__json_writer *w, run *r, const char *word, size_t len, bool spaced)
{
    memcpy(r->at, word, len);
    r->at = spaced ? put_gap(w, r, r->at + len - 1, true) : r->at + len;
    return 1;
}

INLINE uint8_t *put_colon(const og__json_writer *w, uint8_t *at, bool spaced)
{
    if (spaced) {
        memcpy(at, w->key_separator, OG__SEPARATOR_MAX);
        return at + w->key_separator_len;
    }
    *at = ':';
    return at + 1;
}

/*
 * What goes the general way takes no address of the run, which must stay in registers: these take a copy and
 * leave w->at where the output is. `next` is the end of the item that is being written.
 */
__attribute__((noinline)) static int ask_slow(og__json_writer *w, run r, const og_value *next, size_t len)
{
    r.frame->next = next;
    r.frame->any = true;
    w->at = r.at;
    return og__json_reserve_slow(w, len);
}

__attribute__((noinline)) static int put_other_key(og__json_writer *w, run r, og_value key)
{
    r.frame->next = r.next + 2;
    r.frame->any = true;
    w->at = r.at;
    return og__json_write_key(w, key);
}

/* Any value and what stands behind it. 1 when the frame is still the innermost one, 0 when it is not (then
 * with nothing behind it).
 */
__attribute__((noinline)) static int put_other_value(og__json_writer *w, run r, og_value value)
{
    size_t depth = w->depth;
    r.frame->next = r.next;
    r.frame->any = true;
    w->at = r.at;
    int status = og__json_write_value(w, value);
    if (status < 0 || w->depth != depth) return status;
    status = w->spaced ? og__json_put(w, w->between, r.gap) : og__json_put(w, ",", 1);
    return status < 0 ? status : 1;
}

INLINE void enter_frame(og__json_writer *w, run *r, bool spaced)
{
    r->frame = &w->frames[w->depth - 1];
    r->next = r->frame->next;
    r->last = r->frame->last;
    r->pairs = r->frame->kind == OG__FRAME_DICT;
    if (spaced) {
        r->gap = w->item_separator_len + w->lines + w->indent * w->depth;
        r->spare = r->gap + w->indent + ITEM_ROOM;
    }
}

/* Goes on in a frame that the general way has opened, where this is the place for it. */
INLINE int follow(og__json_writer *w, run *r, bool spaced)
{
    const og__json_frame *f = &w->frames[w->depth - 1];
    if (f->kind > OG__FRAME_DICT || f->next == f->last || w->depth > w->fast_depth) return 0;
    enter_frame(w, r, spaced);
    if (!spaced) return 1;
    int status = og__json_reserve(w, r->spare);
    r->at = w->at;
    if (status == OG_OK) r->at = put_line(w, r, r->at);
    return status < 0 ? status : 1;
}

INLINE int put_other(og__json_writer *w, run *r, og_value value, bool spaced)
{
    int status = put_other_value(w, *r, value);
    r->at = w->at;
    return status != 0 ? status : follow(w, r, spaced);
}

/* Room for `len` bytes and ITEM_ROOM more, and for what stands between items. */
INLINE int ask(og__json_writer *w, run *r, const og_value *next, size_t len, bool spaced)
{
    size_t more = spaced ? r->spare + ITEM_ROOM : ITEM_ROOM;
    if ((size_t)(w->end - r->at) >= len + more) return OG_OK;
    int status = ask_slow(w, *r, next, len + more);
    r->at = w->at;
    return status;
}

/* A str that is to be escaped, where there is room for the worst; false when there is none. */
INLINE bool put_escaped(og__json_writer *w, run *r, og_value string, bool spaced)
{
    size_t len = og__value_len(string);
    size_t more = spaced ? r->spare + ITEM_ROOM : ITEM_ROOM;
    bool lone = (string.meta & OG__F_SURROGATE) != 0;
    if (lone || len > ESCAPED_MAX || (size_t)(w->end - r->at) < OG__TEXT_WORST(len) + more) return false;
    r->at = og__json_put_text(r->at, string.u.p, len, w->o.ensure_ascii);
    return true;
}

/* The key at `next`, with its colon. Behind it there is room for any scalar but a str. */
INLINE int put_key(og__json_writer *w, run *r, bool spaced)
{
    og_value key = *r->next;
    if (is_easy(r, key)) {
        int status = ask(w, r, r->next + 2, og__value_len(key), spaced);
        if (status == OG_OK) r->at = put_colon(w, put_string(r->at, key), spaced);
        return status;
    }
    if (og_kind_of(key) == OG_STR && put_escaped(w, r, key, spaced)) {
        r->at = put_colon(w, r->at, spaced);
        return OG_OK;
    }
    int status = put_other_key(w, *r, key);
    r->at = w->at;
    return status < 0 ? status : ask(w, r, r->next + 2, 0, spaced);
}

/* A list, tuple or dict that is met once. 1 when that is done, as put_other_value(). */
INLINE int put_container(og__json_writer *w, run *r, og_value value, bool spaced)
{
    const og__node *node = og__node_of(value);
    bool pairs = og_kind_of(value) == OG_DICT;
    bool full = w->depth >= w->room || w->depth >= w->o.max_depth || (spaced && w->depth >= w->fast_depth);
    bool known = (node->flags & OG__N_SHARED) || node == w->root;
    if (full || known || (pairs && w->o.sort_keys)) return put_other(w, r, value, spaced);
    if (node->count == 0) {
        return put_word(w, r, pairs ? "{}," : "[],", 3, spaced);
    }
    *r->at++ = pairs ? '{' : '[';
    r->frame->next = r->next;
    r->frame->any = true;
    og__json_frame *f = &w->frames[w->depth++];
    f->next = f->first = node->items;
    f->last = f->first + ((size_t)node->count << pairs);
    f->record = 0;
    f->kind = pairs ? OG__FRAME_DICT : OG__FRAME_LIST;
    f->closing = pairs ? '}' : ']';
    f->any = false;
    f->is_sorted = false;
    enter_frame(w, r, spaced);
    if (spaced) r->at = put_line(w, r, r->at);
    return 1;
}

/* A str and what stands behind it; results as put_other_value(). */
INLINE int put_text(og__json_writer *w, run *r, og_value value, bool spaced)
{
    if (is_easy(r, value)) {
        int status = ask(w, r, r->next, og__value_len(value), spaced);
        if (status < 0) return status;
        r->at = put_gap(w, r, put_string(r->at, value), spaced);
        return 1;
    }
    if (!put_escaped(w, r, value, spaced)) return put_other(w, r, value, spaced);
    r->at = put_gap(w, r, r->at, spaced);
    return 1;
}

/* Any value, for which there is room if it is a scalar but no str; results likewise. */
INLINE int put_value(og__json_writer *w, run *r, bool spaced)
{
    og_value value = *r->next++;
    switch (og_kind_of(value)) {
    case OG_NONE: return put_word(w, r, "null,", 5, spaced);
    case OG_BOOL:
        if (value.meta & OG__F_TRUE) return put_word(w, r, "true,", 5, spaced);
        return put_word(w, r, "false,", 6, spaced);
    case OG_INT:
        if (value.meta & OG__F_BIG) return put_other(w, r, value, spaced);
        r->at += og__int64_write(value.u.i, (char *)r->at);
        r->at = put_gap(w, r, r->at, spaced);
        return 1;
    case OG_FLOAT:
        if (!isfinite(value.u.f)) return put_other(w, r, value, spaced);
        r->at += og__double_write(value.u.f, (char *)r->at);
        r->at = put_gap(w, r, r->at, spaced);
        return 1;
    case OG_STR: return put_text(w, r, value, spaced);
    case OG_LIST:
    case OG_TUPLE:
    case OG_DICT: return put_container(w, r, value, spaced);
    default: return put_other(w, r, value, spaced);
    }
}

/* Closes the innermost frame, whose last gap becomes a bracket. 1 when the next one is to go on here. */
INLINE int close_frame(og__json_writer *w, run *r, bool spaced)
{
    og__json_frame *f = r->frame;
    size_t record = f->record;
    uint8_t closing = (uint8_t)f->closing;
    r->at -= spaced ? r->gap : 1;
    w->depth--;
    if (f->is_sorted) og__json_end_frame(w, f);
    if (spaced) {
        r->gap -= w->indent;
        r->at = put_line(w, r, r->at);
    }
    *r->at++ = closing;
    w->at = r->at;
    if (record) og__json_leave_shared(w, record);
    if (w->depth == 0 || w->frames[w->depth - 1].kind > OG__FRAME_DICT) return 0;
    enter_frame(w, r, spaced);
    int status = ask(w, r, r->next, 0, spaced);
    if (status < 0) return status;
    r->at = put_gap(w, r, r->at, spaced);
    return 1;
}

/* What is left of a dict, or up to a list in it; results likewise. */
INLINE int put_pairs(og__json_writer *w, run *r, bool spaced)
{
    int status = 1;
    while (status > 0 && r->pairs && r->next != r->last) {
        status = put_key(w, r, spaced);
        if (status < 0) return status;
        r->next++;
        status = put_value(w, r, spaced);
    }
    return status;
}

/* What is left of a list, or up to a dict in it; results likewise. */
INLINE int put_list(og__json_writer *w, run *r, bool spaced)
{
    int status = 1;
    while (status > 0 && !r->pairs && r->next != r->last) {
        status = ask(w, r, r->next + 1, 0, spaced);
        if (status < 0) return status;
        status = put_value(w, r, spaced);
    }
    return status;
}

/* What stands before the first item that is written here. */
INLINE int begin_items(og__json_writer *w, const run *r)
{
    if (!w->spaced) return r->frame->any ? og__json_put(w, ",", 1) : OG_OK;
    size_t skip = r->frame->any ? 0 : w->item_separator_len;
    return og__json_put(w, w->between + skip, r->gap - skip);
}

INLINE int write_items(og__json_writer *w, bool spaced)
{
    run r = {.at = w->at, .easy = w->o.ensure_ascii ? 0xff : OG_STR | OG__F_CLEAN};
    enter_frame(w, &r, spaced);
    int status = begin_items(w, &r);
    if (status < 0) return status;
    r.at = w->at;
    for (;;) {
        while (r.next == r.last) {
            status = close_frame(w, &r, spaced);
            if (status <= 0) return status;
        }
        status = r.pairs ? put_pairs(w, &r, spaced) : put_list(w, &r, spaced);
        if (status <= 0) return status;
    }
}

__attribute__((noinline)) static int write_compact(og__json_writer *w)
{
    return write_items(w, false);
}

__attribute__((noinline)) static int write_spaced(og__json_writer *w)
{
    return write_items(w, true);
}

int og__json_write_items(og__json_writer *w)
{
    return w->spaced ? write_spaced(w) : write_compact(w);
}
