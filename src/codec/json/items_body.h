/* SPDX-License-Identifier: MIT */
/*
 * The writer's fast way through arrays and objects, included once for each kind of processor.
 *
 *   needs    OG__ITEMS             the name of the function, after what it is declared with
 *   needs    OG__CALLED            what the functions that are called are declared with
 *   needs    OG__HOT               what makes a function inline
 *   needs    og__constants         what writing strings takes, and og__constants_get()
 *   needs    og__put_int           writes an integer of any length
 *   needs    og__json_put_double   writes a double of any length
 *   needs    og__copy_text         copies a text, and may write after its end
 *   needs    og__put_short         writes a quote and a text of up to SHORT_TEXT bytes; may write 32
 *   defines  OG__ITEMS             writes the items of the innermost array or object, and those in them
 *
 * The separator is written after each item, and the closing bracket takes the place of the last one. What is
 * out of the ordinary goes the general way. Everything is there twice: for compact text, where a comma
 * separates items, and spaced, with any separators, lines and indentation. Lists and dicts have a loop each,
 * because the processor predicts two loops better than one; the compiler would call these functions and keep
 * the run in memory, so they are inline.
 */
#include "base/number_short.h"
#include "codec/json/writer.h"

#include <math.h>

/* Room for a scalar that is not a str, and for what is written too much before the next room is asked for. */
enum { ITEM_ROOM = 96, KEY_ENDS = 3, BLOCK = 16, ESCAPED_MAX = 512 };

/* A short key, in quotes and with what comes after it, and ITEM_ROOM. */
enum { PAIR_ROOM = SHORT_TEXT + 2 + (int)OG__SEPARATOR_MAX + ITEM_ROOM };
_Static_assert(BLOCK == (int)OG__SEPARATOR_MAX, "what is between things is copied in the same blocks");
_Static_assert(ITEM_ROOM - KEY_ENDS > (int)OG__DOUBLE_SIZE, "a double and a comma fit after a key");

/* Where the innermost frame is, apart from the writer so that it stays in registers. */
typedef struct run {
    uint8_t *at;
    uintptr_t near_end; /* compact: up to here there is PAIR_ROOM */
    const og_value *next;
    const og_value *last;
    og__json_frame *frame;
    og__json_frame *deepest; /* there can be no other one in this */
    uint64_t easy;           /* `meta` without the length of a str that can be copied as it is */
    size_t gap;              /* spaced: length of what is between items here */
    size_t spare;            /* spaced: room that it takes, here and one deeper */
    const og__constants *constants;
} run;

/* What comes next: LEAVE the fast way, or any status below 0. */
enum { LEAVE, GO_ON, CHANGE /* from list to dict, or back */ };

enum { EASY_MASK = 0xff | OG__F_CLEAN | OG__F_SURROGATE };
#define TOO_LONG (~(uint64_t)SHORT_TEXT << OG__META_LEN_SHIFT) /* bits of `meta` */

static inline bool is_easy(const run *r, og_value string)
{
    return (string.meta & EASY_MASK) == r->easy;
}

static inline bool is_short(const run *r, og_value string)
{
    return (string.meta & (EASY_MASK | TOO_LONG)) == r->easy;
}

/* A str that needs no escape, in quotes. */
static OG__HOT uint8_t *put_string(uint8_t *at, og_value string)
{
    size_t len = og__value_len(string);
    *at++ = '"';
    og__copy_text(at, string.u.p, len);
    at += len;
    *at = '"';
    return at + 1;
}

/* One that is short, and a byte after it. */
static OG__HOT uint8_t *put_short_string(const run *r, uint8_t *at, og_value string, char after)
{
    size_t len = og__value_len(string);
    og__put_short(r->constants, at, string.u.p, len);
    at[len + 1] = '"';
    at[len + 2] = (uint8_t)after;
    return at + len + 3;
}

static OG__HOT uint8_t *put_blocks(uint8_t *at, const char *from, size_t len)
{
    for (size_t i = 0; i < len; i += BLOCK)
        memcpy(at + i, from + i, BLOCK);
    return at + len;
}

/* What is between items. */
static OG__HOT uint8_t *put_gap(const og__json_writer *w, const run *r, uint8_t *at, bool spaced)
{
    if (spaced) return put_blocks(at, w->between, r->gap);
    *at = ',';
    return at + 1;
}

/* The part of it that comes after an opening bracket and before a closing one. */
static OG__HOT uint8_t *put_line(const og__json_writer *w, const run *r, uint8_t *at)
{
    return put_blocks(at, w->between + w->item_separator_len, r->gap - w->item_separator_len);
}

/* A word and what comes after it, for which the word has a comma already. */
static OG__HOT int put_word(const og__json_writer *w, run *r, const char *word, size_t len, bool spaced)
{
    memcpy(r->at, word, len);
    r->at = spaced ? put_gap(w, r, r->at + len - 1, true) : r->at + len;
    return GO_ON;
}

static OG__HOT uint8_t *put_colon(const og__json_writer *w, uint8_t *at, bool spaced)
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
 * leave the writer as it should be; `next` is the end of the item that is being written.
 */
static void hand_over(og__json_writer *w, const run *r, const og_value *next)
{
    r->frame->next = next;
    w->depth = (size_t)(r->frame - w->frames) + 1;
    w->at = r->at;
    og__json_end_fast(w);
}

/* And back: frames may have moved. */
static OG__HOT void take_over(const og__json_writer *w, run *r)
{
    r->at = w->at;
    r->near_end = (uintptr_t)w->end < PAIR_ROOM ? 0 : (uintptr_t)w->end - PAIR_ROOM;
    r->frame = &w->frames[w->depth - 1];
    r->deepest = &w->frames[w->fast_frames - 1];
}

__attribute__((noinline)) static int ask_slow(og__json_writer *w, run r, const og_value *next, size_t len)
{
    hand_over(w, &r, next);
    return og__json_reserve_slow(w, len);
}

__attribute__((noinline)) static int put_other_key(og__json_writer *w, run r, og_value key)
{
    hand_over(w, &r, r.next + 2);
    return og__json_write_key(w, key);
}

/* Any value and what comes after it. LEAVE, with nothing after it, when another frame is the innermost. */
__attribute__((noinline)) static int put_other_value(og__json_writer *w, run r, og_value value)
{
    hand_over(w, &r, r.next);
    size_t depth = w->depth;
    int status = og__json_write_value(w, value);
    if (status < 0 || w->depth != depth) return status < 0 ? status : LEAVE;
    status = w->spaced ? og__json_put(w, w->between, r.gap) : og__json_put(w, ",", 1);
    return status < 0 ? status : GO_ON;
}

/* The innermost frame, which w->frames knows all of. */
static OG__HOT void enter_frame(const og__json_writer *w, run *r, bool spaced)
{
    take_over(w, r);
    r->next = r->frame->next;
    r->last = r->frame->last;
    if (!spaced) return;
    r->gap = w->item_separator_len + w->lines + w->indent * w->depth;
    r->spare = r->gap + w->indent + ITEM_ROOM;
}

/* Goes on in a frame that the general way has opened, where this is the place for it. */
static OG__HOT int follow(og__json_writer *w, run *r, bool spaced)
{
    const og__json_frame *f = &w->frames[w->depth - 1];
    if (f->kind > OG__FRAME_DICT || f->next == f->last || w->depth > w->fast_depth) return LEAVE;
    int status = OG_OK;
    if (spaced)
        status =
            og__json_reserve(w, w->item_separator_len + w->lines + w->indent * (w->depth + 1) + ITEM_ROOM);
    enter_frame(w, r, spaced);
    r->frame->any = true;
    if (status < 0) return status;
    if (spaced) r->at = put_line(w, r, r->at);
    return CHANGE;
}

static OG__HOT int put_other(og__json_writer *w, run *r, og_value value, bool spaced)
{
    int status = put_other_value(w, *r, value);
    if (status == LEAVE) return follow(w, r, spaced);
    take_over(w, r);
    return status;
}

/* Whether there is PAIR_ROOM, and room for what is between items. */
static OG__HOT bool has_room(const og__json_writer *w, const run *r, bool spaced)
{
    return spaced ? (size_t)(w->end - r->at) >= PAIR_ROOM + r->spare : (uintptr_t)r->at <= r->near_end;
}

/* Room for `len` bytes and ITEM_ROOM more, and for what is between items. */
static OG__HOT int ask(og__json_writer *w, run *r, const og_value *next, size_t len, bool spaced)
{
    size_t more = spaced ? r->spare + ITEM_ROOM : ITEM_ROOM;
    if ((size_t)(w->end - r->at) >= len + more) return GO_ON;
    int status = ask_slow(w, *r, next, len + more);
    take_over(w, r);
    return status < 0 ? status : GO_ON;
}

/* A str that must be escaped, where there is room for the worst; false when there is none. */
static OG__HOT bool put_escaped(og__json_writer *w, run *r, og_value string, bool spaced)
{
    size_t len = og__value_len(string);
    size_t more = spaced ? r->spare + ITEM_ROOM : ITEM_ROOM;
    bool lone = (string.meta & OG__F_SURROGATE) != 0;
    if (lone || len > ESCAPED_MAX || (size_t)(w->end - r->at) < OG__TEXT_WORST(len) + more) return false;
    r->at = og__json_put_text(r->at, string.u.p, len, w->ascii);
    return true;
}

/* The key at `next`, with its colon. After it there is room for any scalar but a str. */
static OG__HOT int put_key(og__json_writer *w, run *r, bool spaced)
{
    og_value key = *r->next;
    if (is_short(r, key) && has_room(w, r, spaced)) {
        uint8_t *end = put_short_string(r, r->at, key, ':');
        r->at = spaced ? put_colon(w, end - 1, true) : end;
        return GO_ON;
    }
    if (is_easy(r, key)) {
        int status = ask(w, r, r->next + 2, og__value_len(key), spaced);
        if (status == GO_ON) r->at = put_colon(w, put_string(r->at, key), spaced);
        return status;
    }
    if (og_kind_of(key) == OG_STR && put_escaped(w, r, key, spaced)) {
        r->at = put_colon(w, r->at, spaced);
        return GO_ON;
    }
    int status = put_other_key(w, *r, key);
    take_over(w, r);
    return status < 0 ? status : ask(w, r, r->next + 2, 0, spaced);
}

/* A list, tuple or dict that is met once: GO_ON where what comes next is of the innermost frame's kind. */
static OG__HOT int put_container(og__json_writer *w, run *r, og_value value, bool in_dict, bool spaced)
{
    const og__node *node = og__value_node_of(value);
    bool pairs = og_kind_of(value) == OG_DICT;
    bool known = (node->flags & OG__N_SHARED) || node == w->root;
    if (r->frame >= r->deepest || known || (pairs && w->sorted)) return put_other(w, r, value, spaced);
    if (node->count == 0) return put_word(w, r, pairs ? "{}," : "[],", 3, spaced);
    r->frame->next = r->next;
    og__json_set_frame(++r->frame, value);
    r->next = r->frame->next;
    r->last = r->frame->last;
    *r->at++ = pairs ? '{' : '[';
    if (spaced) {
        r->gap += w->indent;
        r->spare += w->indent;
        r->at = put_line(w, r, r->at);
    }
    return pairs == in_dict ? GO_ON : CHANGE;
}

/* A str and what comes after it. */
static OG__HOT int put_text(og__json_writer *w, run *r, og_value value, bool spaced)
{
    if (is_easy(r, value)) {
        int status = ask(w, r, r->next, og__value_len(value), spaced);
        if (status == GO_ON) r->at = put_gap(w, r, put_string(r->at, value), spaced);
        return status;
    }
    if (!put_escaped(w, r, value, spaced)) return put_other(w, r, value, spaced);
    r->at = put_gap(w, r, r->at, spaced);
    return GO_ON;
}

static OG__HOT uint8_t *put_int(uint8_t *at, int64_t number)
{
    char *text = (char *)at;
    bool is_short = (uint64_t)number < OG__SHORT_INTS;
    if (is_short) return (uint8_t *)og__base_short_int_put(text, (uint32_t)number);
    return at + og__put_int(number, text);
}

/* A double of few digits. Not inline, as few registers are needed then and it is in many places. */
__attribute__((noinline)) static OG__CALLED uint8_t *put_millionths(uint8_t *at, uint64_t all, bool negative)
{
    return (uint8_t *)og__base_millionths_put((char *)at, all, negative);
}

/* A number, and what comes after it. */
static OG__HOT int put_number(og__json_writer *w, run *r, og_value value, bool spaced)
{
    if (og_kind_of(value) == OG_INT) {
        if (value.meta & OG__F_BIG) return put_other(w, r, value, spaced);
        r->at = put_gap(w, r, put_int(r->at, value.u.i), spaced);
        return GO_ON;
    }
    uint64_t millionths = og__base_millionths_of(value.u.f);
    if (millionths != OG__NOT_SHORT)
        r->at = put_millionths(r->at, millionths, value.u.i < 0);
    else if (isfinite(value.u.f))
        r->at += og__json_put_double(value.u.f, (char *)r->at);
    else
        return put_other(w, r, value, spaced);
    r->at = put_gap(w, r, r->at, spaced);
    return GO_ON;
}

/* Any value, for which there is room if it is a scalar but no long str. What is most common is asked for
 * first: such branches are foretold better than a jump by the kind. */
static OG__HOT int put_value(og__json_writer *w, run *r, bool in_dict, bool spaced)
{
    og_value value = *r->next++;
    if (is_short(r, value)) {
        uint8_t *end = put_short_string(r, r->at, value, ',');
        r->at = spaced ? put_gap(w, r, end - 1, true) : end;
        return GO_ON;
    }
    og_kind kind = og_kind_of(value);
    if (kind == OG_INT || kind == OG_FLOAT) return put_number(w, r, value, spaced);
    switch (kind) {
    case OG_NONE: return put_word(w, r, "null,", 5, spaced);
    case OG_BOOL:
        if (value.meta & OG__F_TRUE) return put_word(w, r, "true,", 5, spaced);
        return put_word(w, r, "false,", 6, spaced);
    case OG_STR: return put_text(w, r, value, spaced);
    case OG_LIST:
    case OG_TUPLE: return put_container(w, r, value, in_dict, spaced);
    case OG_DICT:
        return put_container(w, r, value, in_dict, spaced); /* apart: what its kind decides is known */
    default: return put_other(w, r, value, spaced);
    }
}

/* What few frames need when they close, after the bracket: LEAVE where the next one cannot go on here. */
__attribute__((noinline)) static int close_slow(og__json_writer *w, run r)
{
    og__json_frame *f = r.frame;
    hand_over(w, &r, r.next);
    w->depth--;
    if (f->is_sorted) og__json_end_frame(w, f);
    if (f->record) og__json_leave_shared(w, f->record);
    return w->depth == 0 || f[-1].kind > OG__FRAME_DICT ? LEAVE : GO_ON;
}

/* The frames that are at their end close: the last gap becomes a bracket. */
static OG__HOT int close_frames(og__json_writer *w, run *r, bool in_dict, bool spaced)
{
    do {
        og__json_frame *f = r->frame;
        r->at -= spaced ? r->gap : 1;
        if (spaced) {
            r->gap -= w->indent;
            r->spare -= w->indent;
            r->at = put_line(w, r, r->at);
        }
        *r->at++ = (uint8_t)f->closing;
        if (f->record || f->is_sorted || (f > w->frames && f[-1].kind > OG__FRAME_DICT)) {
            if (close_slow(w, *r) == LEAVE) return LEAVE;
        } else if (f == w->frames) {
            w->depth = 0;
            w->at = r->at;
            return LEAVE;
        }
        r->frame--;
        r->next = r->frame->next;
        r->last = r->frame->last;
        int status = has_room(w, r, spaced) ? GO_ON : ask(w, r, r->next, 0, spaced);
        if (status < 0) return status;
        r->at = put_gap(w, r, r->at, spaced);
    } while (r->next == r->last);
    return (r->frame->kind == OG__FRAME_DICT) == in_dict ? GO_ON : CHANGE;
}

/* What is left of a dict, of dicts in it and around it, up to a list. */
static OG__HOT int put_pairs(og__json_writer *w, run *r, bool spaced)
{
    int status;
    do {
        status = put_key(w, r, spaced);
        if (status < 0) return status;
        r->next++;
        status = put_value(w, r, true, spaced);
        if (r->next == r->last && status > LEAVE) status = close_frames(w, r, true, spaced);
    } while (status == GO_ON);
    return status;
}

/* What is left of a list, of lists in it and around it, up to a dict. */
static OG__HOT int put_list(og__json_writer *w, run *r, bool spaced)
{
    int status;
    do {
        status = has_room(w, r, spaced) ? GO_ON : ask(w, r, r->next + 1, 0, spaced);
        if (status < 0) return status;
        status = put_value(w, r, false, spaced);
        if (r->next == r->last && status > LEAVE) status = close_frames(w, r, false, spaced);
    } while (status == GO_ON);
    return status;
}

/* What is before the first item that is written here. */
static int begin_items(og__json_writer *w, og__json_frame *f, size_t gap)
{
    bool any = f->any;
    if (!w->spaced) return any ? og__json_put(w, ",", 1) : OG_OK;
    size_t skip = any ? 0 : w->item_separator_len;
    return og__json_put(w, w->between + skip, gap - skip);
}

static OG__HOT int write_items(og__json_writer *w, bool spaced)
{
    run r = {.easy = w->ascii ? 0xff : OG_STR | OG__F_CLEAN, .constants = og__constants_get()};
    enter_frame(w, &r, spaced);
    if (spaced || r.frame->any) {
        int status = begin_items(w, r.frame, r.gap);
        if (status < 0) return status;
        take_over(w, &r);
    }
    r.frame->any = true;
    int status;
    do {
        status = r.frame->kind == OG__FRAME_DICT ? put_pairs(w, &r, spaced) : put_list(w, &r, spaced);
    } while (status == CHANGE);
    return status;
}

__attribute__((noinline)) static OG__CALLED int write_compact(og__json_writer *w)
{
    return write_items(w, false);
}

__attribute__((noinline)) static OG__CALLED int write_spaced(og__json_writer *w)
{
    return write_items(w, true);
}

int OG__ITEMS(og__json_writer *w)
{
    return w->spaced ? write_spaced(w) : write_compact(w);
}
