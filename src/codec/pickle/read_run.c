/* SPDX-License-Identifier: MIT */
/*
 * Runs a pickle at full speed: the opcodes that most pickles are made of, in their usual case, with place and
 * stack in locals. All else, errors among it, is left to the functions of the opcodes, which know every case:
 * what is done here changes nothing before it is sure to succeed.
 */
#include "codec/pickle/reader.h"
#include "codec/pickle/text.h"

#include <string.h>

/* Where the reader is, while it runs. */
typedef struct lane {
    og__reader *r;
    const uint8_t *at; /* behind the opcode in hand */
    const uint8_t *end;
    og_value *stack;
    og_value *floor; /* above the innermost mark, or the bottom */
    og_value *top;
    og_value *limit;
} lane;

static inline size_t left(const lane *l)
{
    return (size_t)(l->end - l->at);
}

/* Stores a value in one piece: it is soon copied, and a load of 16 bytes behind two stores of 8 has to wait.
 */
static inline void store(og_value *to, og_value v)
{
#if defined(__SSE2__)
    _mm_storeu_si128((__m128i *)(void *)to, _mm_set_epi64x(v.u.i, (int64_t)v.meta));
#else
    *to = v;
#endif
}

/* There is room: the loop saw to it. */
static inline bool push(lane *l, og_value v)
{
    store(l->top++, v);
    return true;
}

static inline uint32_t load32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t load64(const uint8_t *p)
{
    return load32(p) | (uint64_t)load32(p + 4) << 32;
}

/* ---- The memo -------------------------------------------------------------------------------------------
 */

/* Enters `v`, the topmost value, under `index` when that is the next one of a memo without gaps. */
static inline bool memoize(const lane *l, og_value v, size_t index)
{
    og__memo *memo = &l->r->memo;
    if (index != memo->len || memo->count != memo->len || memo->len == memo->cap || memo->far_count > 0)
        return false;
    store(&memo->entries[memo->len++], v);
    memo->count++;
    return true;
}

/* What was just pushed is mostly memoized at once. */
static inline bool push_memoized(lane *l, og_value v)
{
    push(l, v);
    if (l->at < l->end && *l->at == OG__OP_MEMOIZE && memoize(l, v, l->r->memo.len)) l->at++;
    return true;
}

static inline bool fetch(lane *l, size_t index, size_t size)
{
    const og__memo *memo = &l->r->memo;
    if (index >= memo->len || !og_valid(memo->entries[index])) return false;
    l->at += size;
    og__share(memo->entries[index]);
    return push(l, memo->entries[index]);
}

static inline bool put_op(lane *l, size_t size)
{
    if (left(l) < size || l->top == l->floor) return false;
    if (!memoize(l, l->top[-1], size == 0 ? l->r->memo.len : size == 1 ? l->at[0] : load32(l->at)))
        return false;
    l->at += size;
    return true;
}

/* ---- Scalars and strings --------------------------------------------------------------------------------
 */

static inline bool push_uint(lane *l, size_t size)
{
    if (left(l) < size) return false;
    int64_t number = size == 1 ? l->at[0] : l->at[0] | l->at[1] << 8;
    l->at += size;
    return push(l, og__make_int(number));
}

static inline bool push_int32(lane *l)
{
    if (left(l) < 4) return false;
    int32_t number = (int32_t)load32(l->at);
    l->at += 4;
    return push(l, og__make_int(number));
}

static inline bool push_long(lane *l)
{
    if (left(l) < 9) return false;
    unsigned len = l->at[0];
    if (len < 1 || len > 8) return false;
    unsigned above = 64 - 8 * len;
    int64_t number = (int64_t)(load64(l->at + 1) << above) >> above;
    l->at += 1 + len;
    return push(l, og__make_int(number));
}

static inline bool push_float(lane *l)
{
    if (left(l) < 8) return false;
    uint64_t bits = __builtin_bswap64(load64(l->at));
    l->at += 8;
    return push(l, (og_value){.meta = OG_FLOAT, .u.i = (int64_t)bits});
}

static inline bool push_str(lane *l, size_t size)
{
    if (left(l) < size) return false;
    size_t len = size == 1 ? l->at[0] : load32(l->at);
    const uint8_t *text = l->at + size;
    size_t room = (size_t)(l->end - text);
    if (len > room) return false;
    unsigned flags = og__text_flags_within(text, len, room);
    if (flags & OG__TEXT_BAD) return false;
    l->at = text + len;
    return push_memoized(l, og__make(OG_STR, flags, len, text));
}

static inline bool push_bytes(lane *l)
{
    if (left(l) < 1 || left(l) - 1 < l->at[0]) return false;
    og_value v = og__make(OG_BYTES, 0, l->at[0], l->at + 1);
    l->at += 1u + l->at[0];
    return push_memoized(l, v);
}

static inline bool skip_frame(lane *l)
{
    if (left(l) < 8 || load64(l->at) > left(l) - 8) return false;
    l->at += 8;
    return true;
}

/* ---- Containers -----------------------------------------------------------------------------------------
 */

static inline bool push_mark(lane *l)
{
    push(l, (og_value){.meta = OG_INVALID, .u.i = l->floor - l->stack});
    l->floor = l->top;
    return true;
}

/* What goes into it mostly comes next, above a mark. */
static inline bool push_empty(lane *l, og_kind kind)
{
    og__node *node = og__doc_alloc(l->r->doc, sizeof *node, _Alignof(og__node));
    if (!node) return false;
    *node = (og__node){.flags = OG__N_PLACED, .high = 1};
    push_memoized(l, og__make(kind, 0, 0, node));
    if (l->at < l->end && *l->at == OG__OP_MARK && l->top < l->limit) {
        l->at++;
        push_mark(l);
    }
    return true;
}

/* True of what is empty and was not referred to yet. */
static inline bool is_fresh(const og__node *node)
{
    return node->items == NULL && !(node->flags & OG__N_SHARED);
}

/* The values above the innermost mark go into what stands below it: its node, or NULL when it is not of that
 * kind, or not empty. */
static inline og__node *below_mark(const lane *l, og_kind kind)
{
    if (l->floor == l->stack) return NULL;
    const og_value *mark = l->floor - 1;
    if (mark - l->stack <= mark->u.i || og_kind_of(mark[-1]) != kind) return NULL;
    og__node *node = og__node_of(mark[-1]);
    return is_fresh(node) ? node : NULL;
}

static inline void drop_mark(lane *l)
{
    l->top = l->floor - 1;
    l->floor = l->stack + l->top->u.i;
}

/* Copies values to `to`: the height of what they make, 0 when it is too much. */
static inline size_t take_values(const og__reader *r, og_value *to, const og_value *from, size_t count)
{
    size_t height = 0;
    for (size_t i = 0; i < count; i++) {
        to[i] = from[i];
        if (og_kind_of(from[i]) < OG_LIST) continue;
        size_t item = og__height(from[i]);
        if (item > height) height = item;
    }
    return height < r->max_depth ? height + 1 : 0;
}

/* Items into an empty list. */
static inline bool fill_list(og__reader *r, og__node *list, const og_value *items, size_t count)
{
    if (count == 0 || count > UINT32_MAX) return false;
    og_value *to = og__doc_alloc(r->doc, count * sizeof *items, _Alignof(og_value));
    if (!to) return false;
    size_t height = take_values(r, to, items, count);
    if (height == 0) {
        og__doc_release(r->doc, to, count * sizeof *items);
        return false;
    }
    list->items = to;
    list->count = (uint32_t)count;
    list->flags |= OG__N_EXACT;
    og__set_height(r, list, height);
    return true;
}

static inline bool append(lane *l)
{
    if (l->top - l->floor < 2 || og_kind_of(l->top[-2]) != OG_LIST) return false;
    og__node *list = og__node_of(l->top[-2]);
    if (!is_fresh(list) || !fill_list(l->r, list, l->top - 1, 1)) return false;
    l->top--;
    return true;
}

static inline bool appends(lane *l)
{
    og__node *list = below_mark(l, OG_LIST);
    if (!list || !fill_list(l->r, list, l->floor, (size_t)(l->top - l->floor))) return false;
    drop_mark(l);
    return true;
}

static inline bool setitem(lane *l)
{
    if (l->top - l->floor < 3 || og_kind_of(l->top[-3]) != OG_DICT) return false;
    og__node *dict = og__node_of(l->top[-3]);
    if (!is_fresh(dict) || !og__reader_fill_dict(l->r, dict, l->top - 2, 1)) return false;
    l->top -= 2;
    return true;
}

static inline bool setitems(lane *l)
{
    size_t count = (size_t)(l->top - l->floor);
    og__node *dict = below_mark(l, OG_DICT);
    if (!dict || count == 0 || count % 2) return false;
    if (!og__reader_fill_dict(l->r, dict, l->floor, count / 2)) return false;
    drop_mark(l);
    return true;
}

/* A tuple of the topmost `count` values, at least one. */
static inline bool make_tuple(lane *l, size_t count)
{
    og__reader *r = l->r;
    if ((size_t)(l->top - l->floor) < count || count > UINT32_MAX) return false;
    og__node *node = og__doc_alloc(r->doc, sizeof *node + count * sizeof(og_value), _Alignof(og_value));
    if (!node) return false;
    og_value *to = (og_value *)(void *)(node + 1);
    size_t height = take_values(r, to, l->top - count, count);
    if (height == 0) {
        og__doc_release(r->doc, node, sizeof *node + count * sizeof *to);
        return false;
    }
    *node = (og__node){to, (uint32_t)count, (uint16_t)height, 0, OG__N_PLACED | OG__N_EXACT};
    l->top -= count;
    return push_memoized(l, og__make(OG_TUPLE, 0, 0, node));
}

static inline bool make_marked_tuple(lane *l)
{
    size_t count = (size_t)(l->top - l->floor);
    if (l->floor == l->stack || count == 0) return false;
    if (!make_tuple(l, count)) return false;
    og_value tuple = l->top[-1];
    drop_mark(l);
    return push(l, tuple);
}

/* ---- The loop -------------------------------------------------------------------------------------------
 */

/* One opcode in its usual case; false: nothing was done. */
static inline bool quick(lane *l, uint8_t op)
{
    switch (op) {
    case OG__OP_SHORT_BINUNICODE: return push_str(l, 1);
    case OG__OP_BINUNICODE: return push_str(l, 4);
    case OG__OP_BININT1: return push_uint(l, 1);
    case OG__OP_BININT2: return push_uint(l, 2);
    case OG__OP_BININT: return push_int32(l);
    case OG__OP_LONG1: return push_long(l);
    case OG__OP_BINFLOAT: return push_float(l);
    case OG__OP_NONE: return push(l, og__make(OG_NONE, 0, 0, NULL));
    case OG__OP_NEWTRUE: return push(l, (og_value){.meta = OG_BOOL | OG__F_TRUE, .u.i = 1});
    case OG__OP_NEWFALSE: return push(l, (og_value){.meta = OG_BOOL});
    case OG__OP_SHORT_BINBYTES: return push_bytes(l);
    case OG__OP_MARK: return push_mark(l);
    case OG__OP_EMPTY_LIST: return push_empty(l, OG_LIST);
    case OG__OP_EMPTY_DICT: return push_empty(l, OG_DICT);
    case OG__OP_APPEND: return append(l);
    case OG__OP_APPENDS: return appends(l);
    case OG__OP_SETITEM: return setitem(l);
    case OG__OP_SETITEMS: return setitems(l);
    case OG__OP_TUPLE1: return make_tuple(l, 1);
    case OG__OP_TUPLE2: return make_tuple(l, 2);
    case OG__OP_TUPLE3: return make_tuple(l, 3);
    case OG__OP_TUPLE: return make_marked_tuple(l);
    case OG__OP_FRAME: return skip_frame(l);
    case OG__OP_MEMOIZE: return put_op(l, 0);
    case OG__OP_BINPUT: return put_op(l, 1);
    case OG__OP_LONG_BINPUT: return put_op(l, 4);
    case OG__OP_BINGET: return left(l) >= 1 && fetch(l, l->at[0], 1);
    case OG__OP_LONG_BINGET: return left(l) >= 4 && fetch(l, load32(l->at), 4);
    default: return false;
    }
}

static inline lane enter(og__reader *r)
{
    og_value *stack = r->doc->stack;
    return (lane){r, r->at, r->end, stack, stack + r->fence, r->top, r->limit};
}

int og__reader_run(og__reader *r)
{
    lane l = enter(r);
    while (l.at < l.end) {
        const uint8_t *op = l.at++;
        if (l.top < l.limit && quick(&l, *op)) continue;
        r->op = op;
        r->at = op + 1;
        r->top = l.top;
        r->fence = (size_t)(l.floor - l.stack);
        int status = og__reader_step(r);
        if (status != 0) return status < 0 ? status : OG_OK;
        l = enter(r);
    }
    r->at = l.at;
    return og__reader_no_stop(r);
}
