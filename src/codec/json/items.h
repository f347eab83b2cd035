/* SPDX-License-Identifier: MIT */
/*
 * The writer's fast way through arrays and objects without white space. A comma is written behind each item;
 * the closing bracket takes the place of the last one. What is out of the ordinary goes the general way.
 *
 * Included once for each kind of processor, by a file that defines OG__ITEMS as the name of the function,
 * what it is declared as before it, and OG__HOT for those that are inlined, and how texts and numbers are
 * written. Each of these stands in a loop for lists and in one for dicts, which makes both easier to foretell
 * for the processor than one; the compiler would rather call them, and keep the run in memory for it.
 */
#include "codec/json/writer.h"

#include <math.h>

/* Room for a scalar that is not a str, and for what is written too much before the next room is asked for. */
enum { ITEM_ROOM = 96, KEY_ENDS = 3 };
_Static_assert(ITEM_ROOM - KEY_ENDS > (int)OG__DOUBLE_SIZE, "a double and a comma fit behind a key");

/* Where the innermost frame stands, apart from the writer so that it stays in registers. */
typedef struct run {
    uint8_t *at;
    uint8_t *end;
    const og_value *next;
    const og_value *last;
    og__json_frame *frame;
    uint64_t easy; /* what `meta` of a str is, but for its length, that can be copied as it is */
    const og__numbers *numbers;
} run;

/* What comes next: LEAVE the fast way, or any status below 0. */
enum { LEAVE, GO_ON, CHANGE /* from list to dict, or back */ };

enum { EASY_MASK = 0xff | OG__F_CLEAN | OG__F_SURROGATE };

static inline bool is_easy(const run *r, og_value string)
{
    return (string.meta & EASY_MASK) == r->easy;
}

/* A str that needs no escape, in quotes, and the byte behind it. */
static OG__HOT uint8_t *put_string(uint8_t *at, og_value string, uint8_t behind)
{
    size_t len = og__value_len(string);
    *at++ = '"';
    og__copy_text(at, string.u.p, len);
    at += len;
    at[0] = '"';
    at[1] = behind;
    return at + 2;
}

static OG__HOT uint8_t *put_word(uint8_t *at, const char *word, size_t len)
{
    memcpy(at, word, len);
    return at + len;
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
}

static OG__HOT void take_over(const og__json_writer *w, run *r)
{
    r->at = w->at;
    r->end = w->end;
}

__attribute__((noinline)) static int ask_slow(og__json_writer *w, run r, const og_value *next, size_t len)
{
    hand_over(w, &r, next);
    return og__json_reserve_slow(w, len);
}

__attribute__((noinline)) static int put_other_key(og__json_writer *w, run r, og_value key)
{
    hand_over(w, &r, r.next + 2);
    int status = og__json_write_key(w, key);
    return status < 0 ? status : og__json_reserve(w, ITEM_ROOM);
}

/* Any value and a comma. LEAVE when the frame is no longer the innermost one (then without comma). */
__attribute__((noinline)) static int put_other_value(og__json_writer *w, run r, og_value value)
{
    hand_over(w, &r, r.next);
    size_t depth = w->depth;
    int status = og__json_write_value(w, value);
    if (status < 0 || w->depth != depth) return status < 0 ? status : LEAVE;
    status = og__json_put(w, ",", 1);
    return status < 0 ? status : GO_ON;
}

static OG__HOT int put_other(og__json_writer *w, run *r, og_value value)
{
    int status = put_other_value(w, *r, value);
    take_over(w, r);
    return status;
}

/* Room for `len` bytes and ITEM_ROOM more. */
static OG__HOT int ask(og__json_writer *w, run *r, const og_value *next, size_t len)
{
    if ((size_t)(r->end - r->at) >= len + ITEM_ROOM) return GO_ON;
    int status = ask_slow(w, *r, next, len + ITEM_ROOM);
    take_over(w, r);
    return status < 0 ? status : GO_ON;
}

/* The key at `next`, with its colon. Behind it there is room for any scalar but a str. */
static OG__HOT int put_key(og__json_writer *w, run *r)
{
    og_value key = *r->next;
    if (!is_easy(r, key)) {
        int status = put_other_key(w, *r, key);
        take_over(w, r);
        return status < 0 ? status : GO_ON;
    }
    int status = ask(w, r, r->next + 2, og__value_len(key));
    if (status == GO_ON) r->at = put_string(r->at, key, ':');
    return status;
}

static OG__HOT void enter_frame(run *r)
{
    r->next = r->frame->next;
    r->last = r->frame->last;
}

/* A list, tuple or dict that is met once and holds something: GO_ON where that is of the kind that the
 * innermost frame is. */
static OG__HOT int put_container(og__json_writer *w, run *r, og_value value, bool in_dict)
{
    const og__node *node = og__node_of(value);
    bool pairs = og_kind_of(value) == OG_DICT;
    size_t depth = (size_t)(r->frame - w->frames) + 1;
    bool full = depth >= w->room || depth >= w->o.max_depth;
    bool known = (node->flags & OG__N_SHARED) || node == w->root;
    if (full || known || (pairs && w->o.sort_keys)) return put_other(w, r, value);
    if (node->count == 0) {
        r->at = put_word(r->at, pairs ? "{}," : "[],", 3);
        return GO_ON;
    }
    r->frame->next = r->next;
    og__json_frame *f = ++r->frame;
    r->next = f->first = node->items;
    r->last = f->last = f->first + ((size_t)node->count << pairs);
    f->record = 0;
    f->kind = pairs ? OG__FRAME_DICT : OG__FRAME_LIST;
    f->step = 0;
    f->closing = pairs ? '}' : ']';
    f->any = true;
    *r->at++ = pairs ? '{' : '[';
    return pairs == in_dict ? GO_ON : CHANGE;
}

/* A str and a comma. */
static OG__HOT int put_text(og__json_writer *w, run *r, og_value value)
{
    if (!is_easy(r, value)) return put_other(w, r, value);
    int status = ask(w, r, r->next, og__value_len(value));
    if (status == GO_ON) r->at = put_string(r->at, value, ',');
    return status;
}

/* Any value, for which there is room if it is a scalar but no str. */
static OG__HOT int put_value(og__json_writer *w, run *r, bool in_dict)
{
    og_value value = *r->next++;
    switch (og_kind_of(value)) {
    case OG_NONE: r->at = put_word(r->at, "null,", 5); return GO_ON;
    case OG_BOOL:
        r->at = value.meta & OG__F_TRUE ? put_word(r->at, "true,", 5) : put_word(r->at, "false,", 6);
        return GO_ON;
    case OG_INT:
        if (value.meta & OG__F_BIG) return put_other(w, r, value);
        r->at += og__put_int(r->numbers, value.u.i, (char *)r->at);
        *r->at++ = ',';
        return GO_ON;
    case OG_FLOAT:
        if (!isfinite(value.u.f)) return put_other(w, r, value);
        r->at += og__put_double(r->numbers, value.u.f, (char *)r->at);
        *r->at++ = ',';
        return GO_ON;
    case OG_STR: return put_text(w, r, value);
    case OG_LIST:
    case OG_TUPLE: return put_container(w, r, value, in_dict);
    case OG_DICT: return put_container(w, r, value, in_dict);
    default: return put_other(w, r, value);
    }
}

/* The frames that are at their end close: the last comma becomes a bracket. */
static OG__HOT int close_frames(og__json_writer *w, run *r, bool in_dict)
{
    do {
        og__json_frame *f = r->frame;
        r->at[-1] = (uint8_t)f->closing;
        if (f->record || f == w->frames || f[-1].kind > OG__FRAME_DICT) {
            hand_over(w, r, r->next);
            w->depth--;
            if (f->record) og__json_leave_shared(w, f->record);
            if (f == w->frames || f[-1].kind > OG__FRAME_DICT) return LEAVE;
        }
        r->frame--;
        enter_frame(r);
        int status = ask(w, r, r->next, 0);
        if (status < 0) return status;
        *r->at++ = ',';
    } while (r->next == r->last);
    return (r->frame->kind == OG__FRAME_DICT) == in_dict ? GO_ON : CHANGE;
}

/* What is left of a dict, of dicts in it and around it, up to a list. */
static OG__HOT int put_pairs(og__json_writer *w, run *r)
{
    int status;
    do {
        status = put_key(w, r);
        if (status < 0) return status;
        r->next++;
        status = put_value(w, r, true);
        if (r->next == r->last && status > LEAVE) status = close_frames(w, r, true);
    } while (status == GO_ON);
    return status;
}

/* What is left of a list, of lists in it and around it, up to a dict. */
static OG__HOT int put_list(og__json_writer *w, run *r)
{
    int status;
    do {
        status = ask(w, r, r->next + 1, 0);
        if (status < 0) return status;
        status = put_value(w, r, false);
        if (r->next == r->last && status > LEAVE) status = close_frames(w, r, false);
    } while (status == GO_ON);
    return status;
}

int OG__ITEMS(og__json_writer *w)
{
    og__json_frame *f = &w->frames[w->depth - 1];
    int status = f->any ? og__json_put(w, ",", 1) : OG_OK;
    if (status < 0) return status;
    f->any = true;
    run r = {
        .frame = f, .easy = w->o.ensure_ascii ? 0xff : OG_STR | OG__F_CLEAN, .numbers = og__numbers_get()};
    take_over(w, &r);
    enter_frame(&r);
    do {
        status = r.frame->kind == OG__FRAME_DICT ? put_pairs(w, &r) : put_list(w, &r);
    } while (status == CHANGE);
    return status;
}
