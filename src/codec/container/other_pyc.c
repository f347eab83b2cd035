/* SPDX-License-Identifier: MIT */
/* Compiled modules of Python: a header, then code in the form of marshal, which is read to its end. */
#include "codec/container/other.h"

/* How deep objects may be in one another: compilers make a tenth of it. */
enum { DEPTH = 256, SHORTEST = 20, FLAG_REF = 0x80, LONG_MAX_DIGITS = 1 << 20 };

/* What is left of one object. */
typedef struct holder {
    uint64_t items; /* objects */
    uint64_t after; /* objects that come after the gap */
    uint8_t gap;    /* bytes between the two */
    bool ends_at_0; /* a dict: as many objects as come before '0' */
} holder;

typedef struct marshal {
    const og__other *f;
    uint64_t at;
    holder form;  /* of code, as this version of Python writes it */
    uint8_t head; /* bytes before the first object of code */
    holder open[DEPTH];
    size_t depth;
} marshal;

/* Bytes of an object after its type, when it holds no other: a fixed size, or a count of so many bytes. */
static const struct {
    char type;
    uint8_t fixed;
    uint8_t counted;
} plain[] = {
    {'N', 0, 0}, {'F', 0, 0},  {'T', 0, 0}, {'S', 0, 0}, {'.', 0, 0}, {'i', 4, 0}, {'I', 8, 0},
    {'g', 8, 0}, {'y', 16, 0}, {'r', 4, 0}, {'R', 4, 0}, {'f', 0, 1}, {'s', 0, 4}, {'t', 0, 4},
    {'u', 0, 4}, {'a', 0, 4},  {'A', 0, 4}, {'z', 0, 1}, {'Z', 0, 1},
};

static bool skip(marshal *m, uint64_t count)
{
    if (!og__other_has(m->f, m->at, count)) return false;
    m->at += count;
    return true;
}

static bool read_count(marshal *m, size_t size, uint64_t *count)
{
    if (!og__other_has(m->f, m->at, size)) return false;
    *count = og__container_le(m->f->bytes + m->at, size);
    m->at += size;
    return true;
}

static bool open_holder(marshal *m, holder h)
{
    if (m->depth == DEPTH) return false;
    m->open[m->depth++] = h;
    return true;
}

/* An int of digits of 15 bits; the sign is that of their count. */
static bool skip_long(marshal *m)
{
    uint64_t count;
    if (!read_count(m, 4, &count)) return false;
    int32_t digits = (int32_t)(uint32_t)count;
    if (digits > LONG_MAX_DIGITS || digits < -LONG_MAX_DIGITS) return false;
    return skip(m, 2 * (uint64_t)(digits < 0 ? -digits : digits));
}

/* Objects that hold others. False when this is none, or is cut. */
static bool open_object(marshal *m, uint8_t type)
{
    uint64_t count = 0;
    switch (type) {
    case 'l': return skip_long(m);
    case 'c': return skip(m, m->head) && open_holder(m, m->form);
    case '{': return open_holder(m, (holder){.ends_at_0 = true});
    case ':': return open_holder(m, (holder){.items = 3});
    case ')': return read_count(m, 1, &count) && open_holder(m, (holder){.items = count});
    case '(':
    case '[':
    case '<':
    case '>': return read_count(m, 4, &count) && open_holder(m, (holder){.items = count});
    default: return false;
    }
}

static bool skip_object(marshal *m, uint8_t type)
{
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        uint64_t count = plain[i].fixed;
        if (plain[i].type != (char)type) continue;
        if (plain[i].counted && !read_count(m, plain[i].counted, &count)) return false;
        return skip(m, count);
    }
    return open_object(m, type);
}

/* Leaves the objects that are done, and passes over the gaps in the others. False when one is cut. */
static bool close_done(marshal *m)
{
    while (m->depth > 0) {
        holder *top = &m->open[m->depth - 1];
        if (top->items > 0 || top->ends_at_0) return true;
        if (top->after == 0) {
            m->depth--;
            continue;
        }
        if (!skip(m, top->gap)) return false;
        top->items = top->after;
        top->after = 0;
    }
    return true;
}

/* One object, and all that it holds. */
static bool skip_code(marshal *m)
{
    do {
        uint64_t type;
        if (!read_count(m, 1, &type)) return false;
        holder *top = m->depth ? &m->open[m->depth - 1] : NULL;
        if (top && top->ends_at_0 && type == '0') {
            m->depth--;
        } else {
            if (top && !top->ends_at_0) top->items--;
            if (!skip_object(m, (uint8_t)(type & ~(uint64_t)FLAG_REF))) return false;
        }
        if (!close_done(m)) return false;
    } while (m->depth > 0);
    return true;
}

/* The forms of code that versions of Python have had. */
static const struct {
    uint16_t first; /* magic numbers */
    uint16_t last;
    uint8_t file_head;
    uint8_t head; /* bytes before the first object of code */
    holder form;
} versions[] = {
    {3495, 4000, 16, 20, {.items = 8, .gap = 4, .after = 2}},  /* from 3.11 */
    {3410, 3494, 16, 24, {.items = 8, .gap = 4, .after = 1}},  /* 3.8 to 3.10 */
    {3390, 3409, 16, 20, {.items = 8, .gap = 4, .after = 1}},  /* 3.7 */
    {3200, 3389, 12, 20, {.items = 8, .gap = 4, .after = 1}},  /* 3.3 to 3.6 */
    {62000, 62211, 8, 16, {.items = 8, .gap = 4, .after = 1}}, /* 2.5 to 2.7 */
};

uint64_t og__container_pyc(const og__other *f)
{
    if (f->len < SHORTEST || f->bytes[2] != '\r' || f->bytes[3] != '\n') return 0;
    uint64_t magic = og__container_le(f->bytes, 2);
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        if (magic < versions[i].first || magic > versions[i].last) continue;
        marshal m = {.f = f, .at = versions[i].file_head, .head = versions[i].head, .form = versions[i].form};
        uint8_t type = f->bytes[m.at] & (uint8_t)~FLAG_REF;
        return type == 'c' && skip_code(&m) ? m.at : 0;
    }
    return 0;
}
