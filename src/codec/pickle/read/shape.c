/* SPDX-License-Identifier: MIT */
/* Reads pickles by what others taught, and finds what a pickle teaches. */
#include "codec/pickle/read/shape.h"

#include "codec/pickle/embedded.h"
#include "codec/pickle/opcodes.h"
#include "codec/pickle/read/text.h"

#include <string.h>

enum {
    PROTO_LEN = 2, /* PROTO and its argument */
    FRAME_LEN = 11 /* those, FRAME and its length */
};

/* How a shape was read. */
enum {
    EXACT = 1,   /* as all of Python's readers take it */
    INNOCENT = 2 /* no string in it may be a pickle */
};

/* ---- Scalars ---- */

static OG__HOT og_value int_of(uint64_t bits, unsigned size)
{
    unsigned above = 64 - 8 * size;
    return og__value_make_int((int64_t)(bits << above) >> above);
}

/* A length of four bytes. */
static OG__HOT size_t length_at(const uint8_t *p)
{
    return (uint32_t)og__base_load8(p);
}

/* `size` bytes of a length, then the text. */
static OG__HOT og_value str_at(const uint8_t **at, const uint8_t *end, size_t len, size_t size)
{
    const uint8_t *text = *at + size;
    if (len > (size_t)(end - text)) return (og_value){0};
    unsigned flags = og__pickle_text_at(text, text, len, (size_t)(end + OG_PADDING - text));
    *at = text + len;
    return flags & OG__TEXT_BAD ? (og_value){0} : og__value_make(OG_STR, flags, len, text);
}

static OG__HOT og_value bytes_at(const uint8_t **at, const uint8_t *end, size_t len, size_t size)
{
    const uint8_t *bytes = *at + size;
    if (len > (size_t)(end - bytes)) return (og_value){0};
    *at = bytes + len;
    return og__value_make(OG_BYTES, 0, len, bytes);
}

/* An int of up to eight bytes, after their number. */
static OG__HOT og_value long_at(const uint8_t **at)
{
    const uint8_t *p = *at;
    if (*p < 1 || *p > 8) return (og_value){0};
    *at = p + 1 + *p;
    return int_of(og__base_load8(p + 1), *p);
}

/* How protocols 0 and 1 write True and False. */
static OG__HOT og_value bool_line_at(const uint8_t **at)
{
    const uint8_t *p = *at;
    if (p[0] != '0' || (p[1] & ~1) != '0' || p[2] != '\n') return (og_value){0};
    *at = p + 3;
    return og__value_make_bool(p[1] == '1');
}

/* How they write an int of more than 32 bits: here it has at most 18 digits. The bytes that it takes, or 0.
 */
static __attribute__((noinline)) size_t read_long_line(const uint8_t *line, int64_t *number)
{
    enum { MOST_DIGITS = 18 };
    bool negative = *line == '-';
    const uint8_t *first = line + negative;
    const uint8_t *p = first;
    *number = 0;
    for (; *p >= '0' && *p <= '9' && p - first < MOST_DIGITS; p++)
        *number = *number * 10 + (*p - '0');
    if (*first < '1' || *first > '9' || p[0] != 'L' || p[1] != '\n') return 0;
    if (negative) *number = -*number;
    return (size_t)(p + 2 - line);
}

static OG__HOT og_value long_line_at(const uint8_t **at)
{
    int64_t number;
    size_t len = read_long_line(*at, &number);
    *at += len;
    return len ? og__value_make_int(number) : (og_value){0};
}

static OG__HOT og_value float_at(const uint8_t *p)
{
    return (og_value){.meta = OG_FLOAT, .u.i = (int64_t)__builtin_bswap64(og__base_load8(p))};
}

/* The padding is longer than any argument but a string, so that the end is looked at afterwards. */
static OG__HOT og_value scalar_at(const uint8_t **at, const uint8_t *end)
{
    uint8_t op = *(*at)++;
    const uint8_t *p = *at;
    switch (op) {
    case OG__OP_NONE: return og__value_make(OG_NONE, 0, 0, NULL);
    case OG__OP_NEWTRUE: return og__value_make_bool(true);
    case OG__OP_NEWFALSE: return og__value_make_bool(false);
    case OG__OP_BININT1: *at = p + 1; return og__value_make_int(p[0]);
    case OG__OP_BININT2: *at = p + 2; return og__value_make_int(p[0] | p[1] << 8);
    case OG__OP_BININT: *at = p + 4; return int_of(og__base_load8(p), 4);
    case OG__OP_LONG1: return long_at(at);
    case OG__OP_BINFLOAT: *at = p + 8; return float_at(p);
    case OG__OP_INT: return bool_line_at(at);
    case OG__OP_LONG: return long_line_at(at);
    case OG__OP_SHORT_BINUNICODE: return end > p ? str_at(at, end, p[0], 1) : (og_value){0};
    case OG__OP_BINUNICODE: return end - p >= 4 ? str_at(at, end, length_at(p), 4) : (og_value){0};
    case OG__OP_SHORT_BINBYTES: return end > p ? bytes_at(at, end, p[0], 1) : (og_value){0};
    case OG__OP_BINBYTES: return end - p >= 4 ? bytes_at(at, end, length_at(p), 4) : (og_value){0};
    default: return (og_value){0};
    }
}

/* ---- Reading ---- */

size_t og__pickle_shape_head(const uint8_t *bytes, size_t len)
{
    if (len < FRAME_LEN + OG__SHAPE_LEAST || len > OG__SHAPE_MOST) return SIZE_MAX;
    if (bytes[0] != OG__OP_PROTO) return 0;
    if (bytes[PROTO_LEN] != OG__OP_FRAME) return PROTO_LEN;
    return og__base_load8(bytes + PROTO_LEN + 1) == len - FRAME_LEN ? FRAME_LEN : SIZE_MAX;
}

static OG__HOT bool may_be_pickle(og_value v)
{
    size_t len = og__value_len(v);
    if (og_kind_of(v) == OG_BYTES) return og__pickle_may_be_pickle(v.u.p, len, true);
    if (og_kind_of(v) != OG_STR) return false;
    return v.meta & OG__F_ASCII ? og__pickle_text_may_be_pickle(v.u.p, len)
                                : og__pickle_may_be_pickle(v.u.p, len, false);
}

/* Puts the scalars in their cells, if all other bytes are as they were. */
static OG__HOT bool fill(const og__shape *shape, og_value *cells, const uint8_t *at, const uint8_t *end,
                         bool judged)
{
    const og__shape_step *step = shape->steps;
    const og__shape_step *last = step + shape->step_count;
    for (; step < last; step++) {
        if (step->same >= end - at || !og__codec_shape_step_is(shape, step, at)) return false;
        at += step->same;
        og_value v = scalar_at(&at, end);
        if (!og_valid(v) || (judged && may_be_pickle(v))) return false;
        cells[step->to] = v;
    }
    return last->same == end - at && og__codec_shape_step_is(shape, last, at);
}

static bool suits(const og__shape *shape, size_t head, const og__pickle_way *way)
{
    return shape->head == head && shape->depth <= way->max_depth && way->max_digits >= OG__SHAPE_INT_DIGITS &&
           (shape->way & EXACT || !way->exact) && (shape->way & INNOCENT || !way->judged);
}

/* Reads the bytes up to `end` as a shape says, if that is what they are. */
static bool read_as(og_doc *doc, og__shape *shape, const uint8_t *bytes, const uint8_t *end, bool judged)
{
    og__doc_mark before = og__value_doc_marked(doc);
    og_value *cells = og__codec_shape_cells(doc, shape);
    if (!cells) return false;
    bool good = judged ? fill(shape, cells, bytes, end, true) : fill(shape, cells, bytes, end, false);
    if (good) {
        og__codec_shape_finish(doc, shape, cells);
    } else {
        og__value_doc_rewind(doc, before);
    }
    return good;
}

bool og__pickle_shape_read(og_doc *doc, const uint8_t *bytes, size_t len, const og__pickle_way *way)
{
    size_t head = og__pickle_shape_head(bytes, len);
    if (head == SIZE_MAX || (head > 0 && bytes[1] > OG_PICKLE_HIGHEST_PROTOCOL)) return false;
    og__shape *shape = og__codec_shape_find(doc, NULL, og__pickle_shape_scan, bytes + head);
    if (!shape) return false;
    if (!way->padded) bytes = og__value_doc_padded(doc, bytes, len);
    if (!bytes) return false;
    for (; shape; shape = og__codec_shape_find(doc, shape, og__pickle_shape_scan, bytes + head)) {
        if (suits(shape, head, way) && read_as(doc, shape, bytes + head, bytes + len, way->judged))
            return true;
    }
    og__codec_shape_missed(doc, og__pickle_shape_scan, bytes + head);
    return false;
}

/* ---- Learning ---- */

/* Where the search for scalars is. */
typedef struct scanner {
    og__learner *l;
    const uint8_t *at;
    const uint8_t *end;
    size_t memo_count;
    size_t top; /* the scalar on top of the stack, or OG__NO_SCALAR */
} scanner;

/* The number of the memo's entry after a PUT or GET. */
static size_t take_index(scanner *s, uint8_t op)
{
    size_t size = op == OG__OP_BINPUT || op == OG__OP_BINGET ? 1 : 4;
    if ((size_t)(s->end - s->at) < size) return SIZE_MAX;
    size_t index = (size_t)og__pickle_le(s->at, size);
    s->at += size;
    return index;
}

/* PUT with the next number, as picklers count. */
static bool put(scanner *s, size_t index)
{
    if (index != s->memo_count || index == s->l->most) return false;
    if (s->top != OG__NO_SCALAR) s->l->scalars[s->top].is_kept = true;
    s->l->numbers[s->memo_count++] = (uint16_t)s->top;
    s->l->memoized = s->memo_count;
    return true;
}

static bool get(scanner *s, const uint8_t *op)
{
    size_t index = take_index(s, *op);
    s->top = s->l->scalar_count;
    if (index >= s->memo_count || s->l->numbers[index] == OG__NO_SCALAR) return false;
    const og__shape_scalar *of = &s->l->scalars[s->l->numbers[index]];
    return og__codec_shape_add(s->l, op, s->at, of->value, of->of);
}

static bool take_scalar(scanner *s)
{
    const uint8_t *op = s->at;
    og_value v = scalar_at(&s->at, s->end);
    s->top = s->l->scalar_count;
    return s->at < s->end && og_valid(v) && og__codec_shape_add(s->l, op, s->at, v, OG__NO_SCALAR);
}

/* Opcodes without an argument that do the same to any scalars. */
static bool is_structure(uint8_t op)
{
    static const uint8_t ops[] = {OG__OP_MARK,   OG__OP_EMPTY_DICT, OG__OP_EMPTY_LIST, OG__OP_EMPTY_TUPLE,
                                  OG__OP_APPEND, OG__OP_APPENDS,    OG__OP_SETITEM,    OG__OP_SETITEMS,
                                  OG__OP_TUPLE,  OG__OP_TUPLE1,     OG__OP_TUPLE2,     OG__OP_TUPLE3};
    return memchr(ops, op, sizeof ops) != NULL;
}

static bool take_op(scanner *s)
{
    const uint8_t *op = s->at;
    if (*op == OG__OP_MEMOIZE) {
        s->at++;
        return put(s, s->memo_count);
    }
    if (*op == OG__OP_BINPUT || *op == OG__OP_LONG_BINPUT) {
        s->at++;
        return put(s, take_index(s, *op));
    }
    if (*op == OG__OP_BINGET || *op == OG__OP_LONG_BINGET) {
        s->at++;
        return get(s, op);
    }
    if (!is_structure(*op)) return take_scalar(s);
    s->at++;
    s->top = OG__NO_SCALAR;
    return true;
}

/* All opcodes up to the last one. */
bool og__pickle_shape_scan(og__learner *l)
{
    scanner s = {.l = l, .at = l->bytes, .end = l->bytes + l->len, .top = OG__NO_SCALAR};
    while (s.at < s.end - 1) {
        if (!take_op(&s)) return false;
    }
    bool innocent = true;
    for (size_t i = 0; i < l->scalar_count && innocent; i++)
        innocent = !may_be_pickle(l->scalars[i].value);
    if (innocent) l->way |= INNOCENT;
    return s.at == s.end - 1 && *s.at == OG__OP_STOP;
}

void og__pickle_shape_learn(og_doc *doc, const uint8_t *bytes, size_t len, const og__pickle_way *way)
{
    size_t head = og__pickle_shape_head(bytes, len);
    if (head == SIZE_MAX) return;
    og__learner l = {.doc = doc,
                     .scan = og__pickle_shape_scan,
                     .message = bytes + head,
                     .len = len - head,
                     .head = head,
                     .way = way->exact ? EXACT : 0,
                     .most = len - head};
    og__codec_shape_learn(&l);
}
