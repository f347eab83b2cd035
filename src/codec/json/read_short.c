/* SPDX-License-Identifier: MIT */
/*
 * The pass over a short, padded text. It reads token by token, with nothing made ready before and nothing
 * kept for later, because a short text ends before either has paid. It reads what is right and common, and
 * leaves all else to og__json_pass(), its twin, which reads such a text again from the start and finds the
 * words for what is wrong.
 *
 * Open containers have frames as frames.h has them, but no forecasts: the second value of a dict's frame
 * holds the glances of its keys while an inner container is read.
 */
#include "codec/json/reader.h"

#define OG__HOT inline __attribute__((always_inline))
#include "codec/json/frames.h"
#include "codec/json/scalar_short.h"

enum { UNLIKE_FLAGS = OG__F_CLEAN | OG__F_ASCII };

enum { KEY_SIGNS = 3 /* two quotes and a colon */ };

/*
 * A key of the message before, which this one is likely to have in the same place: it is then neither
 * searched nor looked through. `len` is that of `text`: quote, key, quote and colon.
 */
typedef struct hint {
    uint8_t text[OG__TEXT16 - 2];
    uint8_t len;
    uint8_t glance;
} hint;
_Static_assert(sizeof(hint) == sizeof(og_value), "hints are kept in the lowest places of the stack");

enum { HINTS = 40, HINTS_AT = 2, BOTTOM = HINTS_AT + HINTS };

/*
 * Where the pass is, in registers. Where the text ends is asked at each comma and bracket: what is taken
 * between two of them ends within the padding.
 */
typedef struct pass {
    const uint8_t *at;
    const uint8_t *end;
    og_value *top;   /* next free place of the stack */
    og_value *frame; /* of the innermost open container; its kind is OG_INVALID when none is open */
    uint64_t seen;   /* a bit for the glance of each key of the innermost dict */
    uint64_t twice;  /* those that were met again */
    size_t depth_left;
    const og__node *model; /* the last dict that has an index, or NULL */
    hint *hint;            /* what the next key may be */
    hint *hint_end;
} pass;

/* Skips white space where there is some. */
static OG__HOT void skip_space(const og__json_reader *r, pass *p)
{
    if (__builtin_expect(*p->at > ' ', 1)) return;
    bool one = *p->at == ' ' && p->at[1] > ' ' && p->at < p->end;
    p->at = one ? p->at + 1 : og__json_skip_space_slow(r, p->at);
}

/* Takes the sign `c`, with white space before and after if there is any. */
static OG__HOT bool take_sign(const og__json_reader *r, pass *p, uint8_t c)
{
    if (*p->at != c) {
        skip_space(r, p);
        if (*p->at != c) return false;
    }
    p->at++;
    skip_space(r, p);
    return true;
}

/* Reads a string that is not ASCII, has escapes, or is not right. */
static __attribute__((noinline)) const uint8_t *read_string_slow(og__json_reader *r, const uint8_t *at,
                                                                 og_value *out)
{
    return og__json_read_string_slow(r, at + 1, at + 1, out);
}

/* Reads the string whose first quote is at p->at. */
static OG__HOT bool take_string(og__json_reader *r, pass *p, og_value *out)
{
    const uint8_t *next = og__json_short_string(p->at, p->end, out);
    if (__builtin_expect(!next, 0)) next = read_string_slow(r, p->at, out);
    p->at = next;
    return next != NULL;
}

/* Reads a scalar; all but strings are left to the twin where they are not common. */
static OG__HOT bool take_scalar(og__json_reader *r, pass *p)
{
    og_value *out = p->top++;
    const uint8_t *next = og__json_short_scalar(p->at, p->end, out);
    if (__builtin_expect(!next, 0) && *p->at == '"') next = read_string_slow(r, p->at, out);
    p->at = next;
    return next != NULL;
}

/* ---- Containers ---- */

/* Before an inner container is read. */
static OG__HOT void put_glances_away(pass *p)
{
    p->frame[1].meta = p->twice;
    p->frame[1].u.i = (int64_t)p->seen;
}

/* After it was read. */
static OG__HOT void take_glances_back(pass *p)
{
    p->twice = p->frame[1].meta;
    p->seen = (uint64_t)p->frame[1].u.i;
}

static OG__HOT void push_frame(const og__json_reader *r, pass *p, og_kind kind, bool in_dict)
{
    og_value *frame = p->top;
    if (in_dict) put_glances_away(p);
    frame->meta = (uint64_t)og__json_position(r, p->at) << OG__META_LEN_SHIFT | kind;
    frame->u.i = frame - p->frame;
    p->frame = frame;
    p->top = frame + (kind == OG_LIST ? OG__LIST_FRAME : OG__DICT_FRAME);
    p->seen = 0;
    p->twice = 0;
}

/* Makes the innermost container where that takes more than copying its items. */
static __attribute__((noinline)) og_value make_slow(og__json_reader *r, og_value *top, const og_value *frame)
{
    r->top = top;
    r->frame = (size_t)(frame - r->doc->stack);
    return og__json_make_container(r);
}

/* Makes a dict of more pairs than are looked through one by one. */
static __attribute__((noinline)) og_value make_large_dict(og__json_reader *r, og_value *top,
                                                          const og_value *frame, const og__node *model)
{
    const og_value *items = frame + OG__DICT_FRAME;
    og_value made = {0};
    if (og__json_is_like(model, items, (size_t)(top - items) / 2))
        made = og__value_dict_like(r->doc, model, items);
    return og_valid(made) ? made : make_slow(r, top, frame);
}

/* True when no two keys of a few pairs are the same. */
static __attribute__((noinline)) bool keys_differ(const og_value *items, size_t values)
{
    for (size_t i = 2; i < values; i += 2) {
        for (size_t k = 0; k < i; k += 2) {
            bool same = items[i].meta == items[k].meta &&
                        memcmp(items[i].u.p, items[k].u.p, og__value_len(items[i])) == 0;
            /* The same text may be of different flags when only one of them had escapes. */
            if (same || (items[i].meta ^ items[k].meta) & UNLIKE_FLAGS) return false;
        }
    }
    return true;
}

static OG__HOT bool close_container(og__json_reader *r, pass *p, og_kind kind)
{
    const og_value *items = p->frame + (kind == OG_LIST ? OG__LIST_FRAME : OG__DICT_FRAME);
    size_t values = (size_t)(p->top - items);
    og_value made;
    if (p->at >= p->end) return false;
    if (kind == OG_DICT && values > (size_t)2 * OG__LINEAR_MAX) {
        made = make_large_dict(r, p->top, p->frame, p->model);
        if (og_valid(made) && og__value_node_of(made)->flags & OG__N_INDEX)
            p->model = og__value_node_of(made);
    } else if (kind == OG_DICT && p->twice && !keys_differ(items, values))
        made = make_slow(r, p->top, p->frame);
    else {
        made = og__value_run_from(r->doc, kind, items, values, kind == OG_LIST ? values : values / 2);
        if (__builtin_expect(!og_valid(made), 0)) made = make_slow(r, p->top, p->frame);
    }
    if (__builtin_expect(!og_valid(made), 0)) return false;
    og_value *frame = p->frame;
    p->frame = frame - frame->u.i;
    if (og_kind_of(*p->frame) == OG_DICT) take_glances_back(p);
    *frame = made;
    p->top = frame + 1;
    p->depth_left++;
    p->at++;
    return true;
}

static OG__HOT og__json_step open_container(og__json_reader *r, pass *p, og_kind kind, bool in_dict)
{
    if (p->depth_left-- == 0 || p->at >= p->end) return OG__FAILED;
    push_frame(r, p, kind, in_dict);
    p->at++;
    skip_space(r, p);
    if (*p->at != (kind == OG_LIST ? ']' : '}')) return OG__OPENED;
    return close_container(r, p, kind) ? OG__CLOSED : OG__FAILED;
}

/* Counts the glance of a key among those of its dict. */
static OG__HOT void see(pass *p, unsigned glance)
{
    uint64_t bit = UINT64_C(1) << glance;
    p->twice |= p->seen & bit;
    p->seen |= bit;
}

/* Takes a key with its colon where it is the one of the hint. */
static OG__HOT bool take_hinted_key(pass *p)
{
    const hint *h = p->hint;
    unsigned len = h->len % OG__TEXT16;
    unsigned wanted = (1u << len) - 1;
    if ((og__base_same16(p->at, h->text) & wanted) != wanted || len < KEY_SIGNS) return false;
    og__json_put(p->top++,
                 (uint64_t)(len - KEY_SIGNS) << OG__META_LEN_SHIFT | OG_STR | OG__F_CLEAN | OG__F_ASCII,
                 p->at + 1);
    see(p, h->glance & 63);
    p->at += len;
    return true;
}

/* Leaves a hint for the message after this one. */
static OG__HOT void leave_hint(pass *p, og_value key, unsigned glance)
{
    size_t len = og__value_len(key) + KEY_SIGNS;
    const uint8_t *text = key.u.p;
    bool fits = len <= sizeof p->hint->text && (key.meta & OG__F_CLEAN) && text[len - 2] == ':';
    memcpy(p->hint->text, text - 1, sizeof p->hint->text);
    p->hint->len = fits ? (uint8_t)len : 0;
    p->hint->glance = (uint8_t)glance;
}

/* Reads a key and its colon. */
static OG__HOT bool take_key(og__json_reader *r, pass *p)
{
    if (take_hinted_key(p)) {
        p->hint += p->hint < p->hint_end;
        skip_space(r, p);
        return true;
    }
    if (*p->at != '"') return false;
    og_value *key = p->top++;
    if (!take_string(r, p, key)) return false;
    const uint8_t *first = key->u.p; /* of no byte at all, the quotes are looked at */
    size_t len = og__value_len(*key);
    unsigned glance = (first[0] * 5u + *(first + len - 1) * 3u + (unsigned)len) & 63;
    see(p, glance);
    leave_hint(p, *key, glance);
    p->hint += p->hint < p->hint_end;
    return take_sign(r, p, ':');
}

/* Reads a value: a scalar or an empty container as a whole, and of others the bracket. */
static OG__HOT og__json_step read_value(og__json_reader *r, pass *p, bool in_dict)
{
    uint8_t c = *p->at;
    if (c == '{') return open_container(r, p, OG_DICT, in_dict);
    if (c == '[') return open_container(r, p, OG_LIST, in_dict);
    return take_scalar(r, p) ? OG__CLOSED : OG__FAILED;
}

/* True where another item follows: the pass is at it then. */
static OG__HOT bool take_comma(og__json_reader *r, pass *p)
{
    return take_sign(r, p, ',') && p->at < p->end;
}

/* Reads the items of a list after its bracket, or after one that was read (`resumed`). */
static OG__HOT og__json_step read_items(og__json_reader *r, pass *p, bool resumed)
{
    bool again = !resumed || take_comma(r, p);
    while (again) {
        og__json_step did = read_value(r, p, false);
        if (did != OG__CLOSED) return did;
        again = take_comma(r, p);
    }
    return *p->at == ']' && close_container(r, p, OG_LIST) ? OG__CLOSED : OG__FAILED;
}

/* Likewise, the pairs of a dict. */
static OG__HOT og__json_step read_pairs(og__json_reader *r, pass *p, bool resumed)
{
    bool again = !resumed || take_comma(r, p);
    while (again) {
        if (!take_key(r, p)) return OG__FAILED;
        og__json_step did = read_value(r, p, true);
        if (did != OG__CLOSED) return did;
        again = take_comma(r, p);
    }
    return *p->at == '}' && close_container(r, p, OG_DICT) ? OG__CLOSED : OG__FAILED;
}

bool og__json_pass_short(og__json_reader *r)
{
    enum { FRAMES = 8 };
    /* A byte of the text pushes one value at most, except for the brackets around what is not finished. */
    if (og__value_doc_stack_reserve(r->doc, (size_t)(r->end - r->text) + BOTTOM + FRAMES) < 0) return false;
    og_value *stack = r->doc->stack;
    og__json_put(stack + BOTTOM, OG_INVALID, NULL);
    pass p = {.at = r->text,
              .end = r->end,
              .top = stack + BOTTOM + 1,
              .frame = stack + BOTTOM,
              .depth_left = r->max_depth,
              .hint = (hint *)(void *)(stack + HINTS_AT),
              .hint_end = (hint *)(void *)(stack + HINTS_AT + HINTS - 1)};
    skip_space(r, &p);
    og__json_step did = read_value(r, &p, false);
    while (did != OG__FAILED && og_kind_of(*p.frame) != OG_INVALID) {
        bool resumed = did == OG__CLOSED;
        did = og_kind_of(*p.frame) == OG_LIST ? read_items(r, &p, resumed) : read_pairs(r, &p, resumed);
    }
    og__value_copy_fresh(stack + 1, stack + BOTTOM + 1, 1);
    if (did != OG__CLOSED) return false;
    return p.at == p.end || (p.at < p.end && og__json_skip_space_slow(r, p.at) == p.end);
}
