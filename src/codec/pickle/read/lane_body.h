/* SPDX-License-Identifier: MIT */
/*
 * The opcodes that most pickles are made of, in their usual case, with place and stack in registers; included
 * once for each kind of processor, after its text header.
 *
 *   needs    OG__LANE   the name of the function, after what it is declared with
 *   needs    OG__HOT    what makes a function inline, from the text header
 *   defines  OG__LANE   runs opcodes up to a place, or up to one that takes its own function
 *
 * Nothing is changed before it is sure to succeed: all else is left to the functions of the opcodes. The
 * compiler would call these functions and keep the lane in memory, so they are inline.
 */
#include "codec/pickle/embedded.h"
#include "codec/pickle/read/reader.h"
#include "value/key.h"

#include <string.h>

#if defined(__SSE2__)
#    include <emmintrin.h>
#endif

enum {
    AHEAD = 32, /* bytes that may be looked at from each opcode on, while there is pace */
    SPARE = 8,  /* values that one opcode pushes or memoizes at most */
    ROOM = 32   /* values that there is room for when it has been asked for */
};

/*
 * Where the reader is, while it runs. No opcode pushes or memoizes more values than it has bytes, so that one
 * comparison with `pace` says of the input, the stack and the memo that there is enough. Where there is not,
 * the same is done with care, one opcode at a time: functions below that take `care` ask for themselves then.
 */
typedef struct lane {
    og__reader *r;
    const uint8_t *at; /* behind the opcode in hand */
    const uint8_t *pace;
    og_value *top;
    og_value *floor;   /* above the innermost mark, or the bottom */
    og_value *entries; /* the memo */
    og_value *next;    /* its next entry */
} lane;

static OG__HOT size_t left(const lane *l)
{
    return (size_t)(l->r->end - l->at);
}

/* Whether there are `size` bytes. */
static OG__HOT bool has(const lane *l, size_t size, bool care)
{
    return !care || left(l) >= size;
}

/* Whether the next byte is this one, and there is room for what it may do. */
static OG__HOT bool follows(const lane *l, uint8_t op, bool care)
{
    if (care ? l->at == l->r->end || l->top == l->r->limit : l->at >= l->pace) return false;
    return *l->at == op;
}

/* Stores a value in one piece: it is soon copied, and a load of 16 bytes behind two stores of 8 has to wait.
 */
static OG__HOT void store(og_value *to, og_value v)
{
#if defined(__SSE2__)
    _mm_storeu_si128((__m128i *)(void *)to, _mm_set_epi64x(v.u.i, (int64_t)v.meta));
#else
    *to = v;
#endif
}

/* There is room: the loop saw to it. */
static OG__HOT bool push(lane *l, og_value v)
{
    store(l->top++, v);
    return true;
}

static OG__HOT uint32_t load32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static OG__HOT uint64_t load64(const uint8_t *p)
{
    return load32(p) | (uint64_t)load32(p + 4) << 32;
}

/* ---- The memo ---- */

/* Whether the next entry can be made here: `numbered` as it is the next one by its number, or by counting. */
static OG__HOT bool may_memoize(const lane *l, bool numbered)
{
    const og__memo *memo = &l->r->memo;
    if (l->next == l->entries + memo->cap || memo->far_count > 0) return false;
    return numbered || memo->count == memo->len;
}

/* What was just pushed is mostly memoized at once. */
static OG__HOT bool push_memoized(lane *l, og_value v, bool care)
{
    push(l, v);
    if (!follows(l, OG__OP_MEMOIZE, care) || (care && !may_memoize(l, false))) return true;
    store(l->next++, v);
    l->at++;
    return true;
}

static OG__HOT bool fetch(lane *l, size_t index, size_t size)
{
    if (index >= (size_t)(l->next - l->entries)) return false;
    const og_value *entry = &l->entries[index];
    og_kind kind = og_kind_of(*entry);
    if (kind == OG_INVALID) return false;
    if (kind >= OG_BYTEARRAY) og__pickle_share(*entry);
    l->at += size;
    store(l->top++, *entry);
    return true;
}

static OG__HOT bool put_op(lane *l, size_t size, bool care)
{
    if (!has(l, size, care) || l->top == l->floor) return false;
    if (care && !may_memoize(l, size > 0)) return false;
    size_t index = (size_t)(l->next - l->entries);
    if (size == 1 && l->at[0] != index) return false;
    if (size == 4 && load32(l->at) != index) return false;
    store(l->next++, l->top[-1]);
    l->at += size;
    return true;
}

/* ---- Scalars and strings ---- */

static OG__HOT bool push_uint(lane *l, size_t size, bool care)
{
    if (!has(l, size, care)) return false;
    int64_t number = size == 1 ? l->at[0] : l->at[0] | l->at[1] << 8;
    l->at += size;
    return push(l, og__value_make_int(number));
}

static OG__HOT bool push_int32(lane *l, bool care)
{
    if (!has(l, 4, care)) return false;
    int32_t number = (int32_t)load32(l->at);
    l->at += 4;
    return push(l, og__value_make_int(number));
}

static OG__HOT bool push_long(lane *l, bool care)
{
    if (!has(l, 9, care)) return false;
    unsigned len = l->at[0];
    if (len < 1 || len > 8) return false;
    unsigned above = 64 - 8 * len;
    int64_t number = (int64_t)(load64(l->at + 1) << above) >> above;
    l->at += 1 + len;
    return push(l, og__value_make_int(number));
}

static OG__HOT og_value float_at(const uint8_t *p)
{
    return (og_value){.meta = OG_FLOAT, .u.i = (int64_t)__builtin_bswap64(load64(p))};
}

static OG__HOT bool push_float(lane *l, bool care)
{
    if (!has(l, 8, care)) return false;
    push(l, float_at(l->at));
    l->at += 8;
    return true;
}

/* Whether bytes must be looked at more closely. */
static OG__HOT bool is_suspect(const lane *l, const uint8_t *bytes, size_t len, bool plain)
{
    return l->r->wary & OG__WARY_BYTES && og__pickle_may_be_pickle(bytes, len, plain);
}

static OG__HOT bool push_str(lane *l, size_t size, bool care)
{
    if (!has(l, size, care)) return false;
    size_t len = size == 1 ? l->at[0] : load32(l->at);
    const uint8_t *text = l->at + size;
    size_t room = (size_t)(l->r->end - text);
    if (len > room) return false;
    unsigned flags = og__pickle_text_at(l->r->start, text, len, room);
    if (flags & OG__TEXT_BAD || is_suspect(l, text, len, flags & OG__F_ASCII)) return false;
    l->at = text + len;
    return push_memoized(l, og__value_make(OG_STR, flags, len, text), care);
}

static OG__HOT bool push_bytes(lane *l, bool care)
{
    if (left(l) < 1 || left(l) - 1 < l->at[0]) return false;
    if (is_suspect(l, l->at + 1, l->at[0], true)) return false;
    og_value v = og__value_make(OG_BYTES, 0, l->at[0], l->at + 1);
    l->at += 1u + l->at[0];
    return push_memoized(l, v, care);
}

static OG__HOT bool skip_frame(lane *l)
{
    if (left(l) < 8 || load64(l->at) > left(l) - 8) return false;
    l->at += 8;
    return true;
}

/* ---- Containers ---- */

static OG__HOT bool push_mark(lane *l)
{
    push(l, (og_value){.meta = OG_INVALID, .u.i = l->top - l->floor});
    l->floor = l->top;
    return true;
}

/* Memory from the chunk in hand, if it has as much: what stands there is aligned. */
static OG__HOT void *cut(const lane *l, size_t size)
{
    og_doc *doc = l->r->doc;
    uint8_t *at = doc->at;
    if (size > (size_t)(doc->end - at)) return NULL;
    doc->at = at + size;
    return at;
}

/* A container as it is made, and while nobody put anything into it or fetched it. */
static const og__node fresh = {.flags = OG__N_PLACED, .high = 1};

static OG__HOT bool is_fresh(const og__node *node)
{
    return memcmp(node, &fresh, sizeof fresh) == 0;
}

/* What goes into it mostly comes next, above a mark. */
static OG__HOT bool push_empty(lane *l, og_kind kind, bool care)
{
    og__node *node = cut(l, sizeof *node);
    if (!node) return false;
    *node = fresh;
    og_value v = og__value_make(kind, 0, 0, node);
    push(l, v);
    if (!care && l->at[0] == OG__OP_MEMOIZE && l->at[1] == OG__OP_MARK) {
        store(l->next++, v);
        l->at += 2;
        return push_mark(l);
    }
    if (follows(l, OG__OP_MEMOIZE, care) && (!care || may_memoize(l, false))) {
        store(l->next++, v);
        l->at++;
    }
    return true;
}

/*
 * A memoized list of floats and nothing else, which need not go over the stack: `at` is behind its mark.
 * False: nothing was done.
 */
static OG__HOT bool push_floats(lane *l, const uint8_t *at)
{
    const uint8_t *last = l->r->end - AHEAD;
    const uint8_t *from = at;
    size_t count = 0;
    for (; *at == OG__OP_BINFLOAT && at < last; at += 9)
        count++;
    if (*at != OG__OP_APPENDS) return false;
    og__node *node = cut(l, sizeof *node + count * sizeof(og_value));
    if (!node) return false;
    og_value *to = (og_value *)(void *)(node + 1);
    *node = (og__node){to, (uint32_t)count, 1, 0, OG__N_PLACED | OG__N_EXACT};
    for (; from < at; from += 9)
        *to++ = float_at(from + 1);
    og_value list = og__value_make(OG_LIST, 0, 0, node);
    push(l, list);
    store(l->next++, list);
    l->at = at + 1;
    return true;
}

static OG__HOT bool push_list(lane *l, bool care)
{
    static const uint8_t floats[4] = {OG__OP_EMPTY_LIST, OG__OP_MEMOIZE, OG__OP_MARK, OG__OP_BINFLOAT};
    if (!care && memcmp(l->at - 1, floats, 4) == 0 && push_floats(l, l->at + 2)) return true;
    return push_empty(l, OG_LIST, care);
}

/* The container of a kind that stands at `v`: its node, or NULL when it is another one, or not fresh. */
static OG__HOT og__node *fresh_at(const og_value *v, og_kind kind)
{
    if (og_kind_of(*v) != kind) return NULL;
    og__node *node = og__value_node_of(*v);
    return is_fresh(node) ? node : NULL;
}

/* Whether something stands below the innermost mark; its own mark is at floor[-1]. */
static OG__HOT bool has_below(const lane *l)
{
    return l->floor != l->r->doc->stack && l->floor[-1].u.i != 0;
}

static OG__HOT void drop_mark(lane *l)
{
    l->top = l->floor - 1;
    l->floor = l->top - l->top->u.i;
}

/* Copies values to `to`: the height of what they make, 0 when it is too much. */
static OG__HOT size_t take_values(const og__reader *r, og_value *to, const og_value *from,
                                  const og_value *end)
{
    size_t height = 0;
    for (; from < end; from++, to++) {
        *to = *from;
        if (og_kind_of(*from) < OG_LIST) continue;
        size_t item = og__pickle_height(*from);
        if (item > height) height = item;
    }
    return height < r->max_depth ? height + 1 : 0;
}

/* Gives back what was cut last. */
static OG__HOT bool put_back(const lane *l, void *memory)
{
    l->r->doc->at = memory;
    return false;
}

/* The topmost items, at least one, into an empty list. */
static OG__HOT bool fill_list(const lane *l, og__node *list, const og_value *items)
{
    size_t size = (size_t)((const uint8_t *)l->top - (const uint8_t *)items);
    if (size / sizeof *items > UINT32_MAX) return false;
    og_value *to = cut(l, size);
    if (!to) return false;
    size_t height = take_values(l->r, to, items, l->top);
    if (height == 0) return put_back(l, to);
    *list = (og__node){to, (uint32_t)(size / sizeof *items), (uint16_t)height, 0, OG__N_PLACED | OG__N_EXACT};
    return true;
}

static OG__HOT bool append(lane *l)
{
    if (l->top - l->floor < 2) return false;
    og__node *list = fresh_at(l->top - 2, OG_LIST);
    if (!list || !fill_list(l, list, l->top - 1)) return false;
    l->top--;
    return true;
}

static OG__HOT bool appends(lane *l)
{
    if (l->top == l->floor || !has_below(l)) return false;
    og__node *list = fresh_at(l->floor - 2, OG_LIST);
    if (!list || !fill_list(l, list, l->floor)) return false;
    drop_mark(l);
    return true;
}

static OG__HOT bool setitem(lane *l)
{
    if (l->top - l->floor < 3) return false;
    og__node *dict = fresh_at(l->top - 3, OG_DICT);
    if (!dict || !og__pickle_reader_fill_dict(l->r, dict, l->top - 2, 1)) return false;
    l->top -= 2;
    return true;
}

/* Two words, compared at once. */
typedef uint64_t words __attribute__((vector_size(16)));

static OG__HOT words load_words(const og_value *v)
{
    words w;
    memcpy(&w, v, sizeof w);
    return w;
}

/* As take_values() for key and value in turn, to a dict with the very keys of a model; 0 when they are not.
 */
static OG__HOT size_t take_pairs(const og__reader *r, og_value *to, const og_value *from, const og_value *end,
                                 const og_value *model)
{
    words differs = {0};
    size_t height = 0;
    for (; from < end; from += 2, to += 2, model += 2) {
        words key = load_words(from);
        words value = load_words(from + 1);
        differs |= key ^ load_words(model);
        memcpy(to, &key, sizeof key);
        memcpy(to + 1, &value, sizeof value);
        if (og_kind_of(from[1]) < OG_LIST) continue;
        size_t item = og__pickle_height(from[1]);
        if (item > height) height = item;
    }
    return height < r->max_depth && (differs[0] | differs[1]) == 0 ? height + 1 : 0;
}

/* Bytes of the index that stands before the items of a dict. */
static OG__HOT size_t index_size(const og__node *dict)
{
    return dict->flags & OG__N_INDEX ? ((size_t)8 << og__value_index_of(dict)->log2) + sizeof(og__index) : 0;
}

/* Fills a dict as its model was. */
static OG__HOT bool fill_like(const lane *l, og__node *dict)
{
    size_t pairs = (size_t)(l->top - l->floor) / 2;
    const og__node *model = l->r->models[og__pickle_model_place(l->floor, pairs)];
    if (!model || model->count != pairs) return false;
    size_t before = index_size(model);
    uint8_t *run = cut(l, before + pairs * 2 * sizeof(og_value));
    if (!run) return false;
    og_value *to = (og_value *)(void *)(run + before);
    size_t height = take_pairs(l->r, to, l->floor, l->top, model->items);
    if (height == 0) return put_back(l, run);
    /* Slots depend on the keys and on the document's seed only. */
    if (before) memcpy(run, (const uint8_t *)model->items - before, before);
    unsigned flags = OG__N_PLACED | OG__N_EXACT | (model->flags & OG__N_INDEX);
    *dict = (og__node){to, (uint32_t)pairs, (uint16_t)height, 0, (uint8_t)flags};
    return true;
}

static OG__HOT bool setitems(lane *l, bool care)
{
    size_t count = (size_t)(l->top - l->floor);
    if (count == 0 || count % 2 || !has_below(l)) return false;
    og__node *dict = fresh_at(l->floor - 2, OG_DICT);
    if (!dict) return false;
    if ((care || !fill_like(l, dict)) && !og__pickle_reader_fill_dict(l->r, dict, l->floor, count / 2))
        return false;
    drop_mark(l);
    return true;
}

/* A tuple of the values from `items` on, at least one; OG_INVALID when that takes the long way. */
static OG__HOT og_value tuple_of(const lane *l, const og_value *items)
{
    size_t size = (size_t)((const uint8_t *)l->top - (const uint8_t *)items);
    og__node *node = size / sizeof *items > UINT32_MAX ? NULL : cut(l, sizeof *node + size);
    if (!node) return (og_value){0};
    og_value *to = (og_value *)(void *)(node + 1);
    size_t height = take_values(l->r, to, items, l->top);
    *node = (og__node){to, (uint32_t)(size / sizeof *items), (uint16_t)height, 0, OG__N_PLACED | OG__N_EXACT};
    if (height > 0) return og__value_make(OG_TUPLE, 0, 0, node);
    put_back(l, node);
    return (og_value){0};
}

static OG__HOT bool make_tuple(lane *l, size_t count, bool care)
{
    if ((size_t)(l->top - l->floor) < count) return false;
    og_value tuple = tuple_of(l, l->top - count);
    if (!og_valid(tuple)) return false;
    l->top -= count;
    return push_memoized(l, tuple, care);
}

static OG__HOT bool make_marked_tuple(lane *l, bool care)
{
    if (l->floor == l->r->doc->stack || l->top == l->floor) return false;
    og_value tuple = tuple_of(l, l->floor);
    if (!og_valid(tuple)) return false;
    drop_mark(l);
    return push_memoized(l, tuple, care);
}

/* ---- The loop ---- */

static OG__HOT lane enter(og__reader *r)
{
    og_value *stack = r->doc->stack;
    og__memo *memo = &r->memo;
    /* What is cut from here on is a multiple of this, and so stays aligned; where not even this can be had,
     * nothing can be cut. */
    og__value_doc_alloc(r->doc, 0, _Alignof(og_value));
    return (lane){r, r->at, NULL, r->top, stack + r->fence, memo->entries, memo->entries + memo->len};
}

static OG__HOT void leave(const lane *l)
{
    og__reader *r = l->r;
    size_t entries = (size_t)(l->next - l->entries);
    r->at = l->at;
    r->top = l->top;
    r->fence = (size_t)(l->floor - r->doc->stack);
    r->memo.count += entries - r->memo.len;
    r->memo.len = entries;
}

/*
 * Goes on to `pace`, or up to an opcode that takes its own function: false. Jumps from place to place,
 * because a switch asks first of each opcode whether it has a case, and takes an eighth longer with that.
 */
bool OG__LANE(og__reader *r, const uint8_t *pace)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
    static const void *const places[256] = {
        [0 ... 255] = &&other,
#define QUICK(opcode, done) [OG__OP_##opcode] = &&opcode,
#include "codec/pickle/read/lane.def"
#undef QUICK
    };
#pragma GCC diagnostic pop
    const bool care = false;
    lane here = enter(r);
    lane *l = &here;
    l->pace = pace;
next:
    if (l->at >= pace) {
        leave(l);
        return true;
    }
    goto *places[*l->at++];
#define QUICK(opcode, done) \
    opcode:                 \
    if (done) goto next;    \
    goto other;
#include "codec/pickle/read/lane.def"
#undef QUICK
other:
    l->at--;
    leave(l);
    return false;
}
