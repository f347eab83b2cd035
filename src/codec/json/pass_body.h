/* SPDX-License-Identifier: MIT */
/*
 * The pass of the JSON reader over the text, included once for each kind of processor after its text header.
 *
 *   needs    OG__PASS     the name of the function
 *   needs    OG__TARGET   what it is declared with, from the text header
 *   needs    OG__HOT      what makes a function inline, from the text header
 *   defines  OG__PASS     reads the text once and leaves its value on the document's stack
 *
 * Nothing is recursive. Values wait on the document's stack until their container closes. An open container
 * has its frame there, below its items: a value whose kind says which bracket it is, with the position of the
 * bracket as its length and the distance to the next outer frame as its number. A dict's frame has a second
 * value, where the forecast of its keys waits while an inner container is read.
 */
#include "codec/json/fast.h"

enum { LIST_FRAME = 1, DICT_FRAME = 2, ROOM = 4 /* values that one step may push */, INDENTS = 32 };

/*
 * Where the pass stands, in registers. Records of one text tend to have the same keys in the same order:
 * while a dict is read, the keys of an earlier one, its model, say what to expect. A key that is met as
 * expected needs no search for its end, and a dict that met no other keys has none twice.
 */
typedef struct pass {
    og_value *top;   /* next free place of the stack */
    og_value *last;  /* the last place from which ROOM values are free */
    og_value *frame; /* of the innermost open container; its kind is OG_INVALID when none is open */
    og_kind in;      /* that kind */
    bool surprised;  /* met a key that the model does not have, or not there */
    const og__node *model;
    const og_value *expect;     /* key that may come next, in the model's items */
    const og_value *expect_end; /* of the model's items */
    const og_value *twin;       /* what the model had under the key just met, or an elder sibling; or NULL */
    uint8_t *indents;           /* of the last line that began at some depth, for INDENTS depths */
} pass;

/* Where the length of the white space before what stands at `depth` is kept. */
static OG__HOT uint8_t *indent(const pass *p, size_t depth)
{
    return p->indents + depth % INDENTS;
}

static OG__HOT void save(og__json_reader *r, const pass *p)
{
    r->top = p->top;
    r->frame = (size_t)(p->frame - r->doc->stack);
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
    if (p->top <= p->last) return OG_OK;
    save(r, p);
    if (grow(r) < 0) return r->status;
    p->top = r->top;
    p->frame = r->doc->stack + r->frame;
    p->last = r->doc->stack + r->doc->stack_cap - ROOM;
    return OG_OK;
}

/* ---- Forecasts ---- */

static OG__HOT void forget_model(pass *p)
{
    p->model = NULL;
    p->expect = p->expect_end = NULL;
    p->surprised = true;
}

static OG__HOT void set_model(pass *p, const og_value *like)
{
    forget_model(p);
    if (!like || og_kind_of(*like) != OG_DICT) return;
    const og__node *model = og__value_node_of(*like);
    if (model->count == 0) return;
    p->model = model;
    p->expect = p->model->items;
    p->expect_end = p->expect + 2 * (size_t)p->model->count;
    p->surprised = false;
}

/* Before an inner container is read. */
static OG__HOT void put_model_away(pass *p)
{
    if (p->in != OG_DICT) return;
    size_t met = p->model ? (size_t)(p->expect - (const og_value *)p->model->items) : 0;
    p->frame[1].meta = (uint64_t)met << 1 | p->surprised;
    p->frame[1].u.p = p->model;
}

/* After it was read. */
static OG__HOT void take_model_back(pass *p)
{
    if (p->in != OG_DICT) return;
    const og__node *model = p->frame[1].u.p;
    p->model = model;
    p->surprised = p->frame[1].meta & 1;
    p->expect = p->expect_end = NULL;
    if (!model) return;
    p->expect = (const og_value *)model->items + (p->frame[1].meta >> 1);
    p->expect_end = (const og_value *)model->items + 2 * (size_t)model->count;
}

/* What a value that begins now is likely to look like, if a container; or NULL. */
static OG__HOT const og_value *likeness(const og__json_reader *r, const pass *p)
{
    if (r->tree) return NULL;
    if (p->twin) return p->twin;
    if (p->in == OG_LIST) return p->top > p->frame + LIST_FRAME ? p->top - 1 : NULL;
    return p->in == OG_DICT && p->top > p->frame + DICT_FRAME + 1 ? p->top - 2 : NULL;
}

/* What the first item of a list like `like` is likely to look like. */
static OG__HOT const og_value *first_of(const og_value *like)
{
    if (!like || og_kind_of(*like) != OG_LIST) return NULL;
    const og__node *node = og__value_node_of(*like);
    return node->count ? node->items : NULL;
}

/* The place after the key at `at`, where its quote stands, if it is one of the next few of the model; or
 * NULL. */
static OG__HOT const uint8_t *expected_key(const og__json_reader *r, pass *p, const uint8_t *at)
{
    enum { LOOK_AHEAD = 3 };
    const og_value *key = p->expect;
    for (int i = 0; i < LOOK_AHEAD && key < p->expect_end; i++, key += 2) {
        const uint8_t *after = og__json_same_key(r, at + 1, *key);
        if (!after) continue;
        *p->top++ = *key;
        p->twin = key + 1;
        p->expect = key + 2;
        return after;
    }
    if (p->model && p->expect == p->model->items) forget_model(p);
    p->surprised = true;
    return NULL;
}

/* ---- Opening and closing ---- */

static const uint8_t *too_deep(og__json_reader *r, const uint8_t *at)
{
    r->status = og_error_set(r->err, OG_ELIMIT, og__json_position(r, at),
                             "more than %zu arrays and objects in one another; raise max_depth to allow it",
                             r->max_depth);
    return NULL;
}

static OG__HOT void push_frame(const og__json_reader *r, pass *p, const uint8_t *at, og_kind kind)
{
    og_value *frame = p->top;
    put_model_away(p);
    *frame = og__value_make(kind, 0, og__json_position(r, at), NULL);
    frame->u.i = frame - p->frame;
    p->frame = frame;
    p->in = kind;
    p->top = frame + (kind == OG_LIST ? LIST_FRAME : DICT_FRAME);
}

/* True when the dict that ends here has the keys of its model, all of them and in the same order. */
static OG__HOT bool same_keys(const pass *p, size_t count)
{
    return p->model && p->model->count == count && !p->surprised && p->expect == p->expect_end;
}

/* Makes the innermost open container from its items, in whose place it then stands on the stack. */
static OG__HOT int close_container(og__json_reader *r, pass *p)
{
    bool list = p->in == OG_LIST;
    const og_value *items = p->frame + (list ? LIST_FRAME : DICT_FRAME);
    size_t values = (size_t)(p->top - items);
    size_t count = list ? values : values / 2;
    og_value made = {0};
    if (r->tree) {
        /* what it is will be seen later */
    } else if (list) {
        made = og__value_run_from(r->doc, OG_LIST, items, values, count);
    } else if (count <= OG__LINEAR_MAX && (count == 0 || !p->surprised)) {
        made = og__value_run_from(r->doc, OG_DICT, items, values, count);
    } else if (same_keys(p, count)) {
        made = og__value_dict_like(r->doc, p->model, items);
    }
    if (!og_valid(made)) {
        save(r, p);
        made = og__json_make_container(r);
        if (!og_valid(made)) return r->status;
    }
    og_value *frame = p->frame;
    p->frame = frame - frame->u.i;
    p->in = og_kind_of(*p->frame);
    *frame = made;
    p->top = frame + 1;
    r->depth--;
    take_model_back(p);
    return OG_OK;
}

/* ---- Keys and values ---- */

/* Reads a key and its colon; leaves the key on the stack and returns where the value begins. */
static OG__HOT const uint8_t *read_key(og__json_reader *r, pass *p, const uint8_t *at, const char *expected)
{
    if (at >= r->end || *at != '"') return og__json_unexpected(r, at, expected);
    const uint8_t *after = expected_key(r, p, at);
    if (!after) {
        p->twin = NULL;
        after = og__json_read_string(r, at, p->top);
        if (!after) return NULL;
        p->top++;
    }
    at = after;
    if (at < r->end && *at == ':') return og__json_skip_space(r, at + 1);
    at = og__json_skip_space(r, at);
    if (at >= r->end || *at != ':') return og__json_unexpected(r, at, "':' after a key");
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
 * p->in is OG_INVALID), or NULL. */
static OG__HOT const uint8_t *after_value(og__json_reader *r, pass *p, const uint8_t *at)
{
    for (;;) {
        at = og__json_skip_indent(r, at, indent(p, r->depth - 1));
        if (p->in == OG_INVALID) return at;
        bool list = p->in == OG_LIST;
        uint8_t close = list ? ']' : '}';
        uint8_t c = at < r->end ? *at : 0;
        if (c == ',') {
            at = og__json_skip_indent(r, at + 1, indent(p, r->depth));
            p->twin = NULL;
            if (at < r->end && *at == close && r->allow_trailing_comma) {
                /* a comma that says nothing */
            } else {
                return list ? at : read_key(r, p, at, "a key in '\"' after ','");
            }
        } else if (c != close) {
            return og__json_unexpected(r, at,
                                       list ? "',' or ']' after an array item" : "',' or '}' after a value");
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
    const og_value *like = likeness(r, p);
    push_frame(r, p, at, list ? OG_LIST : OG_DICT);
    if (list)
        p->twin = first_of(like);
    else
        set_model(p, like);
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
    return (pass){
        .top = stack + 1, .last = stack + r->doc->stack_cap - ROOM, .frame = stack, .indents = indents};
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
            at = read_scalar(r, at, c, p.top);
            p.top++;
        }
        if (at && whole) at = after_value(r, &p, at);
        if (!at) return r->status;
    } while (p.in != OG_INVALID);
    if (at >= r->end) return OG_OK;
    og__json_unexpected(r, at, "nothing but white space after the value");
    if (r->err) r->err->code = OG_ETRAILING;
    return OG_ETRAILING;
}
