/* SPDX-License-Identifier: MIT */
/*
 * The pass of the JSON reader over the text, included once for each kind of processor after its text header.
 *
 *   needs    OG__PASS     the name of the function
 *   needs    OG__TARGET   what it is declared with, from the text header
 *   needs    OG__HOT      what makes a function inline, from the text header
 *   defines  OG__PASS     reads the text once and leaves its value on the document's stack
 *
 * Nothing is recursive: frames.h says how open containers wait.
 */
#include "codec/json/fast.h"
#include "codec/json/frames.h"

enum { ROOM = 4 /* values that one step may push */, INDENTS = 32 };

/* Where the pass is, in registers. */
typedef struct pass {
    og__json_frames f;
    og_value *last;   /* the last place of the stack from which ROOM values are free */
    uint8_t *indents; /* of the last line that began at some depth, for INDENTS depths */
} pass;

/* Where the length of the white space before what is at `depth` is kept. */
static OG__HOT uint8_t *indent(const pass *p, size_t depth)
{
    return p->indents + depth % INDENTS;
}

static int grow(og__json_reader *r)
{
    size_t used = (size_t)(r->top - r->doc->stack);
    if (og__value_doc_stack_reserve(r->doc, used + ROOM) < 0) {
        og__json_no_memory(r);
        return r->status;
    }
    r->top = r->doc->stack + used;
    return OG_OK;
}

/* Room for ROOM more values. */
static OG__HOT int reserve(og__json_reader *r, pass *p)
{
    if (p->f.top <= p->last) return OG_OK;
    og__json_save_frames(r, &p->f);
    if (grow(r) < 0) return r->status;
    og__json_restore_frames(r, &p->f);
    p->last = r->doc->stack + r->doc->stack_cap - ROOM;
    return OG_OK;
}

/* The place after the key at `at`, where its quote is, if it is one of the next few of the model; or NULL. */
static OG__HOT const uint8_t *expected_key(const og__json_reader *r, pass *p, const uint8_t *at)
{
    enum { LOOK_AHEAD = 3 };
    const og_value *key = p->f.expect;
    for (int i = 0; i < LOOK_AHEAD && key < p->f.expect_end; i++, key += 2) {
        const uint8_t *after = og__json_same_key(r, at + 1, *key);
        if (!after) continue;
        *p->f.top++ = *key;
        p->f.expect = key + 2;
        return after;
    }
    if (p->f.model && p->f.expect == p->f.model->items) og__json_set_model(&p->f, NULL);
    p->f.surprised = true;
    return NULL;
}

/* ---- Opening and closing ---- */

static const uint8_t *too_deep(og__json_reader *r, const uint8_t *at)
{
    r->status =
        og_error_set(r->err, OG_ELIMIT, og__json_position(r, at),
                     "arrays and objects are in one another more than %zu deep; raise max_depth to allow it",
                     r->max_depth);
    return NULL;
}

/* True when the dict that ends here has the keys of its model, all of them and in the same order. */
static OG__HOT bool same_keys(const pass *p, size_t count)
{
    return p->f.model && p->f.model->count == count && !p->f.surprised && p->f.expect == p->f.expect_end;
}

/* Makes the innermost open container from its items, in whose place it then is on the stack. */
static OG__HOT int close_container(og__json_reader *r, pass *p)
{
    bool list = p->f.in == OG_LIST;
    const og_value *items = p->f.frame + (list ? OG__LIST_FRAME : OG__DICT_FRAME);
    size_t values = (size_t)(p->f.top - items);
    size_t count = list ? values : values / 2;
    og_value made = {0};
    if (r->tree) {
        /* what it is will be seen later */
    } else if (list) {
        made = og__value_run_from(r->doc, OG_LIST, items, values, count);
    } else if (count <= OG__LINEAR_MAX && (count == 0 || !p->f.surprised)) {
        made = og__value_run_from(r->doc, OG_DICT, items, values, count);
    } else if (same_keys(p, count)) {
        made = og__value_dict_like(r->doc, p->f.model, items);
    }
    if (!og_valid(made)) {
        og__json_save_frames(r, &p->f);
        made = og__json_make_container(r);
        if (!og_valid(made)) return r->status;
    }
    *og__json_pop_frame(&p->f) = made;
    r->depth--;
    return OG_OK;
}

/* ---- Keys and values ---- */

/* Reads a key and its colon; leaves the key on the stack and returns where the value begins. */
static OG__HOT const uint8_t *read_key(og__json_reader *r, pass *p, const uint8_t *at, const char *expected)
{
    if (at >= r->end || *at != '"') return og__json_unexpected_between(r, at, expected);
    const uint8_t *after = expected_key(r, p, at);
    if (!after) {
        after = og__json_read_string(r, at, p->f.top);
        if (!after) return NULL;
        p->f.top++;
    }
    at = after;
    if (at < r->end && *at == ':') return og__json_skip_space(r, at + 1);
    at = og__json_skip_space(r, at);
    if (at >= r->end || *at != ':') return og__json_unexpected_between(r, at, "':' after a key");
    return og__json_skip_space(r, at + 1);
}

static OG__HOT const uint8_t *read_scalar(og__json_reader *r, const uint8_t *at, uint8_t c, og_value *out)
{
    if (c == '"') return og__json_read_string(r, at, out);
    if (og__base_is_digit(c) || c == '-') {
        const uint8_t *after = OG__PADDED || at <= r->fast_end ? og__json_fast_number(at, out) : NULL;
        if (after && after <= r->end) return after;
    } else if (at <= r->fast_end) {
        const uint8_t *after = og__json_fast_word(r, at, out);
        if (after) return after;
    }
    return og__json_read_other(r, at, out);
}

/* After a value: closes what ends here. Returns where the next value begins, or where the text ends (then
 * p->f.in is OG_INVALID), or NULL. */
static OG__HOT const uint8_t *after_value(og__json_reader *r, pass *p, const uint8_t *at)
{
    for (;;) {
        at = og__json_skip_indent(r, at, indent(p, r->depth - 1));
        if (p->f.in == OG_INVALID) return at;
        bool list = p->f.in == OG_LIST;
        uint8_t close = list ? ']' : '}';
        uint8_t c = at < r->end ? *at : 0;
        if (c == ',') {
            at = og__json_skip_indent(r, at + 1, indent(p, r->depth));
            if (at < r->end && *at == close && r->allow_trailing_comma) {
                /* a comma that says nothing */
            } else {
                return list ? at : read_key(r, p, at, "a key in '\"' after ','");
            }
        } else if (c != close) {
            return og__json_unexpected_between(
                r, at, list ? "',' or ']' after an array item" : "',' or '}' after a value");
        }
        if (close_container(r, p) < 0) return NULL;
        at++;
    }
}

/*
 * Opens the container at `at`. Returns where its first value begins; or the place after it when it is empty:
 * then *whole, and it is on the stack.
 */
static OG__HOT const uint8_t *open_container(og__json_reader *r, pass *p, const uint8_t *at, bool *whole)
{
    bool list = *at == '[';
    if (r->depth >= r->max_depth) return too_deep(r, at);
    r->depth++;
    const og__node *model = list || r->tree ? NULL : og__json_likely_model(&p->f);
    og__json_push_frame(&p->f, list ? OG_LIST : OG_DICT, og__json_position(r, at));
    if (!list) og__json_set_model(&p->f, model);
    at = og__json_skip_indent(r, at + 1, indent(p, r->depth));
    *whole = at < r->end && *at == (list ? ']' : '}');
    if (*whole) return close_container(r, p) < 0 ? NULL : at + 1;
    return list ? at : read_key(r, p, at, "a key in '\"', or '}', after '{'");
}

/* Sets out on an empty stack, whose lowest place is the frame that no container has. */
static OG__HOT pass start(og__json_reader *r, uint8_t *indents)
{
    og_value *stack = r->doc->stack;
    stack[0] = (og_value){0};
    return (pass){.f = {.top = stack + 1, .frame = stack},
                  .last = stack + r->doc->stack_cap - ROOM,
                  .indents = indents};
}

OG__TARGET int OG__PASS(og__json_reader *r)
{
    if (og__value_doc_stack_reserve(r->doc, (size_t)2 * ROOM) < 0) {
        og__json_no_memory(r);
        return r->status;
    }
    uint8_t indents[INDENTS] = {0};
    pass p = start(r, indents);
    const uint8_t *at = og__json_skip_space(r, r->text);
    do {
        if (__builtin_expect(reserve(r, &p) < 0, 0)) return r->status;
        uint8_t c = at < r->end ? *at : 0;
        bool whole = true;
        if (c == '{' || c == '[') {
            at = open_container(r, &p, at, &whole);
        } else {
            at = read_scalar(r, at, c, p.f.top);
            p.f.top++;
        }
        if (at && whole) at = after_value(r, &p, at);
        if (!at) return r->status;
    } while (p.f.in != OG_INVALID);
    if (at >= r->end) return OG_OK;
    og__json_unexpected_between(r, at, "nothing but white space after the value");
    if (r->err) r->err->code = OG_ETRAILING;
    return OG_ETRAILING;
}
