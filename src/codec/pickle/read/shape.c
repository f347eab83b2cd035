/* SPDX-License-Identifier: MIT */
/* Reads a pickle by what another one taught. */
#include "codec/pickle/read/shape.h"

#include "base/bytes.h"
#include "codec/pickle/embedded.h"
#include "codec/pickle/opcodes.h"
#include "codec/pickle/read/text.h"

#include <string.h>

const char og__pickle_shape_mark = 's';

/* ---- Scalars ---- */

static OG__HOT og_value int_of(uint64_t bits, unsigned size)
{
    unsigned above = 64 - 8 * size;
    return og__value_make_int((int64_t)(bits << above) >> above);
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
    case OG__OP_BINUNICODE: return end - p >= 4 ? str_at(at, end, og__pickle_le(p, 4), 4) : (og_value){0};
    case OG__OP_SHORT_BINBYTES: return end > p ? bytes_at(at, end, p[0], 1) : (og_value){0};
    case OG__OP_BINBYTES: return end - p >= 4 ? bytes_at(at, end, og__pickle_le(p, 4), 4) : (og_value){0};
    default: return (og_value){0};
    }
}

og_value og__pickle_shape_scalar(const uint8_t **at, const uint8_t *end)
{
    og_value v = scalar_at(at, end);
    return *at < end ? v : (og_value){0};
}

/* ---- Comparing ---- */

/* Eight bytes after both may be read. */
static OG__HOT bool same_bytes(const uint8_t *a, const uint8_t *b, size_t len)
{
    for (; len > 8; len -= 8, a += 8, b += 8) {
        if (og__base_load8(a) != og__base_load8(b)) return false;
    }
    return len == 0 || (og__base_load8(a) ^ og__base_load8(b)) << (64 - 8 * len) == 0;
}

size_t og__pickle_shape_head(const uint8_t *bytes, size_t len)
{
    if (bytes[0] != OG__OP_PROTO) return 0;
    if (bytes[OG__SHAPE_PROTO_LEN] != OG__OP_FRAME) return OG__SHAPE_PROTO_LEN;
    bool is_all = og__base_load8(bytes + OG__SHAPE_PROTO_LEN + 1) == len - OG__SHAPE_FRAME_LEN;
    return is_all ? OG__SHAPE_FRAME_LEN : 0;
}

static bool is_candidate(size_t len)
{
    return len >= OG__SHAPE_LEAST + OG__SHAPE_FRAME_LEN && len <= OG__SHAPE_MOST;
}

/* A shape from `lesson` on that begins as the bytes do, or NULL. */
static og__shape *find(og__lesson *lesson, const uint8_t *bytes)
{
    for (; lesson; lesson = lesson->next) {
        og__shape *shape = (og__shape *)(void *)lesson;
        if (lesson->by == &og__pickle_shape_mark && og__base_load8(bytes + shape->head) == shape->begins)
            return shape;
    }
    return NULL;
}

bool og__pickle_shape_is_known(const og_doc *doc, const uint8_t *bytes, size_t len)
{
    return doc->lessons && is_candidate(len) && find(doc->lessons, bytes);
}

/* ---- Reading ---- */

static bool may_be_pickle(og_value v)
{
    size_t len = og__value_len(v);
    if (og_kind_of(v) == OG_BYTES) return og__pickle_may_be_pickle(v.u.p, len, true);
    if (og_kind_of(v) != OG_STR) return false;
    return v.meta & OG__F_ASCII ? og__pickle_text_may_be_pickle(v.u.p, len)
                                : og__pickle_may_be_pickle(v.u.p, len, false);
}

/* Puts the scalars in their cells, if all other bytes are as they were. */
static bool fill(const og__shape *shape, og_value *cells, const uint8_t *at, const uint8_t *end, bool judged)
{
    const og__shape_step *step = shape->steps;
    const og__shape_step *last = step + shape->step_count;
    for (; step < last; step++) {
        if (step->same > (size_t)(end - at) || !same_bytes(at, shape->text + step->from, step->same))
            return false;
        at += step->same;
        og_value v = scalar_at(&at, end);
        if (at >= end || !og_valid(v) || (judged && may_be_pickle(v))) return false;
        cells[step->to] = v;
    }
    size_t rest = (size_t)(end - at);
    return rest == shape->tail && same_bytes(at, shape->text + shape->len - rest, rest);
}

/* Sets what points from one cell to another. */
static void join(const og__shape *shape, og_value *cells)
{
    for (size_t i = 0; i < shape->node_count; i++) {
        const og__shape_node *n = &shape->nodes[i];
        og__node *node = (og__node *)(void *)(cells + n->node);
        cells[n->value].u.p = node;
        node->items = n->items ? cells + n->items : NULL;
    }
    for (size_t i = 0; i < shape->copy_count; i++)
        cells[shape->copies[i].to] = cells[shape->copies[i].from];
}

static bool suits(const og__shape *shape, const og__shape_way *way)
{
    return shape->height <= way->max_depth && way->max_digits >= OG__SHAPE_INT_DIGITS &&
           (shape->exact || !way->exact) && (shape->innocent || !way->judged);
}

static bool read_as(og_doc *doc, const og__shape *shape, const uint8_t *bytes, size_t len,
                    const og__shape_way *way)
{
    if (!suits(shape, way) || og__pickle_shape_head(bytes, len) != shape->head ||
        memcmp(bytes, shape->text, OG__SHAPE_PROTO_LEN) != 0)
        return false;
    size_t size = shape->cell_count * sizeof(og_value);
    og__doc_mark before = og__value_doc_marked(doc);
    og_value *cells = og__value_doc_alloc(doc, size, _Alignof(og_value));
    if (!cells) return false;
    memcpy(cells, shape->cells, size);
    if (!fill(shape, cells, bytes + shape->head, bytes + len, way->judged)) {
        og__value_doc_rewind(doc, before);
        return false;
    }
    join(shape, cells);
    doc->root = cells[0];
    return true;
}

bool og__pickle_shape_read(og_doc *doc, const uint8_t *bytes, size_t len, const og__shape_way *way)
{
    if (!doc->lessons || !is_candidate(len)) return false;
    og__shape *shape = find(doc->lessons, bytes);
    for (; shape; shape = find(shape->lesson.next, bytes)) {
        if (!read_as(doc, shape, bytes, len, way)) continue;
        doc->lesson_debt -= doc->lesson_debt < OG__SHAPE_GAIN ? doc->lesson_debt : OG__SHAPE_GAIN;
        return true;
    }
    return false;
}
