/* SPDX-License-Identifier: MIT */
/*
 * The writer's fast way through arrays and objects without white space. A comma is written behind each item;
 * the closing bracket takes the place of the last one. What is out of the ordinary goes the general way.
 */
#include "base/number.h"
#include "codec/json/writer.h"

#include <math.h>

/* Room for a scalar that is not a str, and for what is written too much before the next room is asked for. */
enum { ITEM_ROOM = 64, KEY_ENDS = 3, BLOCK = 16, SHORT = 256 };
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

/* A str that needs no escape, in quotes, and the byte behind it. */
INLINE uint8_t *put_string(uint8_t *at, og_value string, uint8_t behind)
{
    size_t len = og__value_len(string);
    *at++ = '"';
    copy_text(at, string.u.p, len);
    at += len;
    at[0] = '"';
    at[1] = behind;
    return at + 2;
}

INLINE uint8_t *put_word(uint8_t *at, const char *word, size_t len)
{
    memcpy(at, word, len);
    return at + len;
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

/* Any value and a comma. 1 when the frame is still the innermost one, 0 when it is not (then without comma).
 */
__attribute__((noinline)) static int put_other_value(og__json_writer *w, run r, og_value value)
{
    size_t depth = w->depth;
    r.frame->next = r.next;
    r.frame->any = true;
    w->at = r.at;
    int status = og__json_write_value(w, value);
    if (status < 0 || w->depth != depth) return status;
    status = og__json_put(w, ",", 1);
    return status < 0 ? status : 1;
}

INLINE int put_other(og__json_writer *w, run *r, og_value value)
{
    int status = put_other_value(w, *r, value);
    r->at = w->at;
    return status;
}

/* Room for `len` bytes and ITEM_ROOM more. */
INLINE int ask(og__json_writer *w, run *r, const og_value *next, size_t len)
{
    if ((size_t)(w->end - r->at) >= len + ITEM_ROOM) return OG_OK;
    int status = ask_slow(w, *r, next, len + ITEM_ROOM);
    r->at = w->at;
    return status;
}

/* The key at `next`, with its colon. Behind it there is room for any scalar but a str. */
INLINE int put_key(og__json_writer *w, run *r)
{
    og_value key = *r->next;
    if (!is_easy(r, key)) {
        int status = put_other_key(w, *r, key);
        r->at = w->at;
        return status < 0 ? status : ask(w, r, r->next + 2, 0);
    }
    int status = ask(w, r, r->next + 2, og__value_len(key));
    if (status == OG_OK) r->at = put_string(r->at, key, ':');
    return status;
}

INLINE void enter_frame(og__json_writer *w, run *r)
{
    r->frame = &w->frames[w->depth - 1];
    r->next = r->frame->next;
    r->last = r->frame->last;
    r->pairs = r->frame->kind == OG__FRAME_DICT;
}

/* A list, tuple or dict that is met once. 1 when that is done, as put_other_value(). */
INLINE int put_container(og__json_writer *w, run *r, og_value value)
{
    const og__node *node = og__node_of(value);
    bool pairs = og_kind_of(value) == OG_DICT;
    bool full = w->depth >= w->room || w->depth >= w->o.max_depth;
    bool known = (node->flags & OG__N_SHARED) || node == w->root;
    if (full || known || (pairs && w->o.sort_keys)) return put_other(w, r, value);
    if (node->count == 0) {
        r->at = put_word(r->at, pairs ? "{}," : "[],", 3);
        return 1;
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
    enter_frame(w, r);
    return 1;
}

/* A str and a comma; results as put_other_value(). */
INLINE int put_text(og__json_writer *w, run *r, og_value value)
{
    if (!is_easy(r, value)) return put_other(w, r, value);
    int status = ask(w, r, r->next, og__value_len(value));
    if (status < 0) return status;
    r->at = put_string(r->at, value, ',');
    return 1;
}

/* Any value, for which there is room if it is a scalar but no str; results likewise. */
INLINE int put_value(og__json_writer *w, run *r)
{
    og_value value = *r->next++;
    switch (og_kind_of(value)) {
    case OG_NONE: r->at = put_word(r->at, "null,", 5); return 1;
    case OG_BOOL:
        r->at = value.meta & OG__F_TRUE ? put_word(r->at, "true,", 5) : put_word(r->at, "false,", 6);
        return 1;
    case OG_INT:
        if (value.meta & OG__F_BIG) return put_other(w, r, value);
        r->at += og__int64_write(value.u.i, (char *)r->at);
        *r->at++ = ',';
        return 1;
    case OG_FLOAT:
        if (!isfinite(value.u.f)) return put_other(w, r, value);
        r->at += og__double_write(value.u.f, (char *)r->at);
        *r->at++ = ',';
        return 1;
    case OG_STR: return put_text(w, r, value);
    case OG_LIST:
    case OG_TUPLE:
    case OG_DICT: return put_container(w, r, value);
    default: return put_other(w, r, value);
    }
}

/* Closes the innermost frame, whose last comma becomes a bracket. 1 when the next one is to go on here. */
INLINE int close_frame(og__json_writer *w, run *r)
{
    size_t record = r->frame->record;
    r->at[-1] = (uint8_t)r->frame->closing;
    w->depth--;
    w->at = r->at;
    if (record) og__json_leave_shared(w, record);
    if (w->depth == 0 || w->frames[w->depth - 1].kind > OG__FRAME_DICT) return 0;
    enter_frame(w, r);
    int status = ask(w, r, r->next, 0);
    *r->at++ = ',';
    return status < 0 ? status : 1;
}

/* What is left of a dict, or up to a list in it; results likewise. */
INLINE int put_pairs(og__json_writer *w, run *r)
{
    int status = 1;
    while (status > 0 && r->pairs && r->next != r->last) {
        status = put_key(w, r);
        if (status < 0) return status;
        r->next++;
        status = put_value(w, r);
    }
    return status;
}

/* What is left of a list, or up to a dict in it; results likewise. */
INLINE int put_list(og__json_writer *w, run *r)
{
    int status = 1;
    while (status > 0 && !r->pairs && r->next != r->last) {
        status = ask(w, r, r->next + 1, 0);
        if (status < 0) return status;
        status = put_value(w, r);
    }
    return status;
}

int og__json_write_items(og__json_writer *w)
{
    run r = {.at = w->at, .easy = w->o.ensure_ascii ? 0xff : OG_STR | OG__F_CLEAN};
    enter_frame(w, &r);
    int status = r.frame->any ? og__json_put(w, ",", 1) : OG_OK;
    if (status < 0) return status;
    r.at = w->at;
    for (;;) {
        while (r.next == r.last) {
            status = close_frame(w, &r);
            if (status <= 0) return status;
        }
        status = r.pairs ? put_pairs(w, &r) : put_list(w, &r);
        if (status <= 0) return status;
    }
}
