/* SPDX-License-Identifier: MIT */
/*
 * The pass over a text for processors with AVX-512. It walks an index of the text (index.h) and looks at
 * nothing between two entries but what a value is made from, and 64 bytes after that: for the last tokens of
 * a text without padding it goes over to a copy that has some. It reads what is right and leaves all else to
 * og__json_pass(), which reads such a text again from the start and finds the words for what is wrong.
 */
#include "codec/json/reader.h"

#if defined(OG__JSON_X86)
#    include "base/number_digits.h"
#    include "base/text16.h"
#    include "codec/json/index.h"
#    include "codec/json/text_avx512.h"

#    include "codec/json/frames.h"

_Static_assert(OG__BLOCK <= OG_PADDING, "a block is looked at after the last token");

/* Where the pass is, in registers. */
typedef struct pass {
    const uint8_t *text;
    const uint32_t *e;      /* next entry */
    const uint32_t *e_last; /* the last one from which OG__INDEX_AHEAD may be looked at */
    og__json_frames f;
    size_t depth_left;
    og__json_index *ix;
} pass;

static OG__HOT const uint8_t *place(const pass *p, ptrdiff_t i)
{
    /* All these were indexed. NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult) */
    return p->text + p->e[i];
}

/*
 * Goes over to a copy of the text from `from` on, the next entry, which has padding after it. False when the
 * text has that itself, or with r->status set.
 */
static bool take_copy(og__json_reader *r, og__json_index *ix, const uint32_t *from)
{
    if (ix->stop == ix->len) return false;
    size_t at = from < ix->end ? *from : ix->done;
    size_t rest = ix->len - at;
    uint8_t *copy = og__value_doc_alloc(r->doc, rest + OG__BLOCK, 1);
    if (!copy) {
        og__json_no_memory(r);
        return false;
    }
    memcpy(copy, ix->text + at, rest);
    memset(copy + rest, 0, OG__BLOCK);
    /* Places are still told from the start of the text. */
    r->text = ix->text = (const uint8_t *)og__value_map_pointer((uint64_t)(uintptr_t)copy - at);
    r->end = r->vector_end = r->fast_end = copy + rest;
    ix->stop = ix->len;
    return true;
}

/*
 * Makes more entries from `from` on, the next one, and room on the stack for all values that those can push:
 * one for each, and two for the bracket of a dict, which needs three more before its first value. False at
 * the end of the text, or with r->status set.
 */
static OG__TARGET __attribute__((noinline)) bool more(og__json_reader *r, og__json_index *ix,
                                                      const uint32_t *from)
{
    enum { SPARE = 2 * OG__INDEX_AHEAD };
    do {
        if (ix->done == ix->stop && !take_copy(r, ix, from)) return false;
        if (!og__json_index_more_avx512(ix, from)) return false;
        from = ix->entries;
    } while (ix->done < ix->len && ix->end - from <= OG__INDEX_AHEAD);
    size_t used = (size_t)(r->top - r->doc->stack);
    if (og__value_doc_stack_reserve(r->doc, used + (size_t)(ix->end - ix->entries) + SPARE) < 0) {
        og__json_no_memory(r);
        return false;
    }
    r->top = r->doc->stack + used;
    return true;
}

/* The last entry from which OG__INDEX_AHEAD may be looked at. */
static OG__HOT const uint32_t *last_of(const og__json_index *ix)
{
    return ix->done == ix->len ? ix->end : ix->end - OG__INDEX_AHEAD;
}

/* Sees to it that OG__INDEX_AHEAD entries may be looked at. */
static OG__HOT bool look_ahead(og__json_reader *r, pass *p)
{
    if (__builtin_expect(p->e <= p->e_last, 1)) return true;
    og__json_save_frames(r, &p->f);
    if (!more(r, p->ix, p->e)) return false;
    p->text = p->ix->text;
    p->e = p->ix->entries;
    p->e_last = last_of(p->ix);
    og__json_restore_frames(r, &p->f);
    return true;
}

/* ---- Opening and closing ---- */

/* As og__value_doc_alloc() of a few KiB at a multiple of 8. */
static OG__HOT void *alloc8(og_doc *doc, size_t size)
{
    uintptr_t at = ((uintptr_t)doc->at + 7) & ~(uintptr_t)7;
    if (at + size > (uintptr_t)doc->end) return og__value_doc_alloc_slow(doc, size, 8);
    uint8_t *run = doc->at + (at - (uintptr_t)doc->at);
    doc->at = run + size;
    return run;
}

static OG__HOT void copy_value(og_value *to, const og_value *from)
{
    _mm_storeu_si128((__m128i *)(void *)to, og__json_bytes16((const uint8_t *)from));
}

/* As og__value_run_from(), of values that were stored in one piece each. */
static OG__HOT og_value make_run(og_doc *doc, og_kind kind, const og_value *items, size_t values,
                                 size_t count)
{
    enum { WITH_NODE = 256 };
    if (values > WITH_NODE) return (og_value){0};
    og__node *node = alloc8(doc, sizeof *node + values * sizeof *items);
    if (!node) return (og_value){0};
    og_value *to = (og_value *)(void *)(node + 1);
    *node = (og__node){to, (uint32_t)count, 0, 0, OG__N_PLACED | OG__N_EXACT};
    const og_value *end = items + values;
    if (kind == OG_LIST && values % 2) copy_value(to++, items++);
    for (; items < end; items += 2, to += 2) {
        copy_value(to, items);
        copy_value(to + 1, items + 1);
    }
    return og__value_make(kind, 0, 0, node);
}

static OG__HOT og_value make_list(og__json_reader *r, const pass *p)
{
    const og_value *items = p->f.frame + OG__LIST_FRAME;
    size_t values = (size_t)(p->f.top - items);
    return make_run(r->doc, OG_LIST, items, values, values);
}

/* Makes a dict of a few pairs whose keys differ at a glance; OG_INVALID says nothing. Only within others
 * (`inner`) it may have siblings. */
static OG__TARGET __attribute__((noinline)) og_value make_new_dict(og__json_reader *r, const og_value *items,
                                                                   size_t count, bool inner)
{
    if (count > OG__LINEAR_MAX) return (og_value){0};
    if (!og__value_clearly_distinct(items, count) && !og__value_surely_distinct(items, count))
        return (og_value){0};
    og_value made = make_run(r->doc, OG_DICT, items, 2 * count, count);
    if (inner && og_valid(made)) og__json_keep_shape(r->shapes, og__value_node_of(made));
    return made;
}

static OG__HOT og_value make_dict(og__json_reader *r, const pass *p)
{
    const og_value *items = p->f.frame + OG__DICT_FRAME;
    size_t values = (size_t)(p->f.top - items);
    size_t count = values / 2;
    if (p->f.surprised) return make_new_dict(r, items, count, p->depth_left + 1 < r->max_depth);
    if (count <= OG__LINEAR_MAX) return make_run(r->doc, OG_DICT, items, values, count);
    if (p->f.model->count != count) return (og_value){0};
    return og__value_dict_like(r->doc, p->f.model, items);
}

/* Puts the innermost open container, which is `made` unless that takes more, in its place on the stack. */
static OG__HOT bool close_container(og__json_reader *r, pass *p, og_value made)
{
    if (!og_valid(made)) {
        og__json_save_frames(r, &p->f);
        made = og__json_make_container(r);
        if (!og_valid(made)) return false;
    }
    og__json_put_value(og__json_pop_frame(&p->f), made.meta, (uint64_t)made.u.i);
    p->depth_left++;
    p->e++;
    return look_ahead(r, p);
}

/* Opens the container at the next entry, which stays the next one; or makes it when it is empty. */
static OG__HOT og__json_step open_container(og__json_reader *r, pass *p, bool list)
{
    if (p->depth_left == 0) return OG__FAILED;
    bool empty = *place(p, 1) == (list ? ']' : '}');
    if (empty) {
        og_value made = og__value_run_from(r->doc, list ? OG_LIST : OG_DICT, NULL, 0, 0);
        if (!og_valid(made)) {
            og__json_no_memory(r);
            return OG__FAILED;
        }
        og__json_put_value(p->f.top++, made.meta, (uint64_t)made.u.i);
        p->e += 2;
        return look_ahead(r, p) ? OG__CLOSED : OG__FAILED;
    }
    p->depth_left--;
    const og__node *model = list ? NULL : og__json_likely_model(&p->f);
    og__json_push_frame(&p->f, list ? OG_LIST : OG_DICT, p->e[0]);
    if (!list) og__json_set_model(&p->f, model);
    return OG__OPENED;
}

/* ---- Keys and values ---- */

static OG__HOT bool take_string(og__json_reader *r, pass *p)
{
    const uint8_t *start = place(p, 0) + 1;
    size_t len = p->e[1] - p->e[0] - 1;
    og_value *out = p->f.top++;
    p->e += 2;
    if (__builtin_expect(len > 64 || !og__json_is_plain(start, len), 0))
        return og__json_string_avx512(r, start, len, out);
    og__json_put_value(out, (uint64_t)len << OG__META_LEN_SHIFT | OG_STR | OG__F_CLEAN | OG__F_ASCII,
                       (uint64_t)(uintptr_t)start);
    return true;
}

static OG__HOT void take_expected(pass *p, const og_value *key)
{
    copy_value(p->f.top++, key);
    p->f.expect = key + 2;
    p->e += 2;
}

/* True when the key at the next entry is `key`, a str of this text. */
static OG__HOT bool is_key(const pass *p, og_value key)
{
    size_t len = p->e[1] - p->e[0] - 1;
    if (len != og__value_len(key)) return false;
    if (og__json_is_short_key(place(p, 0), key)) return true;
    return key.meta & OG__F_CLEAN && memcmp(place(p, 0) + 1, key.u.p, len) == 0;
}

/* Takes a key that is not the next one of the model, or too long to be compared at once. */
static OG__HOT bool take_other_key(og__json_reader *r, pass *p)
{
    enum { LOOK_AHEAD = 3 };
    bool first = p->f.top == p->f.frame + OG__DICT_FRAME;
    const og__node *other = first ? r->shapes->by_first[og__json_first_slot(place(p, 0) + 1)] : NULL;
    if (other) og__json_set_model(&p->f, other);
    const og_value *key = p->f.expect;
    for (int i = 0; i < LOOK_AHEAD && key < p->f.expect_end; i++, key += 2) {
        if (!is_key(p, *key)) continue;
        take_expected(p, key);
        return true;
    }
    if (first) og__json_set_model(&p->f, NULL);
    p->f.surprised = true;
    return take_string(r, p);
}

/* Takes a key and its colon. */
static OG__HOT bool take_key(og__json_reader *r, pass *p)
{
    if (p->f.expect < p->f.expect_end && og__json_is_short_key(place(p, 0), *p->f.expect)) {
        take_expected(p, p->f.expect);
    } else if (!take_other_key(r, p)) {
        return false;
    }
    p->e++;
    return *place(p, -1) == ':';
}

/* Reads a value that is not a common one, and must end where the next token begins or white space before. */
static OG__TARGET __attribute__((noinline)) bool read_other(og__json_reader *r, const uint8_t *at,
                                                            const uint8_t *end, og_value *out)
{
    const uint8_t *after = og__json_read_other(r, at, out);
    return after && (after == end || og__base_is_space(*after));
}

static OG__HOT bool take_number(og__json_reader *r, const uint8_t *at, const uint8_t *end, og_value *out)
{
    const uint8_t *stop = end;
    if (stop[-1] <= ' ') {
        __m256i text = og__json_bytes32(at);
        stop = at + _tzcnt_u32(_mm256_cmple_epu8_mask(text, og__json_bytes32(og__json_vectors.spaces)));
        /* After white space, what is none would be another token; a control character may be of this one. */
        if (!og__base_is_space(*stop)) return read_other(r, at, end, out);
    }
    return og__json_whole_number(at, stop, out) || read_other(r, at, end, out);
}

static OG__HOT bool take_scalar(og__json_reader *r, pass *p, uint8_t c)
{
    if (c == '"') return take_string(r, p);
    const uint8_t *at = place(p, 0);
    const uint8_t *end = place(p, 1);
    og_value *out = p->f.top++;
    p->e++;
    size_t len = 4;
    if (c <= '9') return take_number(r, at, end, out);
    if (memcmp(at, "null", 4) == 0) {
        og__json_put_value(out, OG_NONE, 0);
    } else if (memcmp(at, "true", 4) == 0) {
        og__json_put_value(out, OG_BOOL | OG__F_TRUE, 1);
    } else if (memcmp(at, "false", 5) == 0) {
        og__json_put_value(out, OG_BOOL, 0);
        len = 5;
    } else {
        return read_other(r, at, end, out);
    }
    return at + len == end || og__base_is_space(at[len]);
}

/* Reads a value: a scalar or an empty container as a whole, and of others the bracket. */
static OG__HOT og__json_step read_value(og__json_reader *r, pass *p)
{
    uint8_t c = *place(p, 0);
    if ((c | 0x20) == '{') return open_container(r, p, c == '[');
    return take_scalar(r, p, c) ? OG__CLOSED : OG__FAILED;
}

/* Reads the items of a list after its bracket or after one that was read (`resumed`). */
static OG__HOT og__json_step read_items(og__json_reader *r, pass *p, bool resumed)
{
    bool after_comma = resumed;
    bool again = !resumed || *place(p, 0) == ',';
    while (again) {
        p->e++;
        if (!look_ahead(r, p)) return OG__FAILED;
        if (__builtin_expect(*place(p, 0) == ']', 0) && after_comma && r->allow_trailing_comma) break;
        og__json_step did = read_value(r, p);
        if (did != OG__CLOSED) return did;
        again = *place(p, 0) == ',';
        after_comma = true;
    }
    if (*place(p, 0) != ']') return OG__FAILED;
    return close_container(r, p, make_list(r, p)) ? OG__CLOSED : OG__FAILED;
}

/* Likewise, the pairs of a dict. */
static OG__HOT og__json_step read_pairs(og__json_reader *r, pass *p, bool resumed)
{
    bool after_comma = resumed;
    bool again = !resumed || *place(p, 0) == ',';
    while (again) {
        p->e++;
        if (!look_ahead(r, p)) return OG__FAILED;
        if (__builtin_expect(*place(p, 0) != '"', 0)) {
            if (!after_comma || !r->allow_trailing_comma) return OG__FAILED;
            break;
        }
        if (!take_key(r, p)) return OG__FAILED;
        og__json_step did = read_value(r, p);
        if (did != OG__CLOSED) return did;
        again = *place(p, 0) == ',';
        after_comma = true;
    }
    if (*place(p, 0) != '}') return OG__FAILED;
    return close_container(r, p, make_dict(r, p)) ? OG__CLOSED : OG__FAILED;
}

/* Reads the text whose first container begins at the first entry. */
static OG__HOT bool read_container(og__json_reader *r, og__json_index *ix)
{
    if (!more(r, ix, ix->entries)) return false;
    og_value *stack = r->doc->stack;
    og__json_put_value(stack, OG_INVALID, 0);
    pass p = {.text = ix->text,
              .f = {.top = stack + 1, .frame = stack},
              .ix = ix,
              .e = ix->entries,
              .e_last = last_of(ix),
              .depth_left = r->max_depth};
    og__json_step did = open_container(r, &p, *place(&p, 0) == '[');
    while (did != OG__FAILED && p.f.in != OG_INVALID) {
        bool resumed = did == OG__CLOSED;
        did = p.f.in == OG_LIST ? read_items(r, &p, resumed) : read_pairs(r, &p, resumed);
    }
    return did == OG__CLOSED && p.e == ix->end && ix->done == ix->len;
}

/* In the place of memset(), for which the compiler loops over words. */
static OG__HOT void clear(og__json_shapes *shapes)
{
    _Static_assert(sizeof *shapes % 64 == 0, "whole vectors");
    __m512i zero = _mm512_setzero_si512();
    __asm__("" : "+v"(zero)); /* hides that it is */
    for (size_t i = 0; i < sizeof *shapes / 64; i++)
        _mm512_storeu_si512((uint8_t *)shapes + 64 * i, zero);
}

/* How far a text without padding may be read in its place: a block is looked at after each token. */
static OG__HOT size_t unpadded_stop(size_t len)
{
    return len < (size_t)2 * OG__BLOCK ? 0 : (len - OG__BLOCK) / OG__BLOCK * OG__BLOCK;
}

OG__TARGET bool og__json_pass_avx512(og__json_reader *r)
{
    const uint8_t *first = og__json_skip_space_slow(r, r->text);
    if (first == r->end || (*first | 0x20) != '{' || r->end - r->text > UINT32_MAX) return false;
    og__json_shapes shapes;
    clear(&shapes);
    og__json_index ix;
    ix.text = r->text;
    ix.len = (size_t)(r->end - r->text);
    ix.stop = r->fast_end == r->end ? ix.len : unpadded_stop(ix.len);
    ix.done = 0;
    ix.in_string = ix.in_other = ix.escape = 0;
    ix.end = ix.entries;
    r->top = r->doc->stack;
    r->shapes = &shapes;
    bool good = read_container(r, &ix);
    r->shapes = NULL;
    return good;
}

#endif
