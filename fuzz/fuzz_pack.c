/* SPDX-License-Identifier: MIT */
/*
 * Formats of og_pack() and og_unpack() that take no arguments, and values built by a small stack machine,
 * which are copied, compared and looked up; what must hold for all of them is checked.
 */
#include "value/doc.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STACK = 32 };

typedef struct machine {
    og_doc *doc;
    og_value stack[STACK];
    size_t count;
} machine;

static void must(bool truth)
{
    if (!truth) abort();
}

static void push(machine *m, og_value v)
{
    if (og_valid(v) && m->count < STACK) m->stack[m->count++] = v;
}

/* The value `n` below the top; None when there is none. */
static og_value peek(const machine *m, size_t n)
{
    return n < m->count ? m->stack[m->count - 1 - n] : og_none();
}

static og_value scalar(machine *m, uint8_t byte)
{
    static const double doubles[] = {
        0.0, -0.0, 1.0, 1.5, 0x1p53, 0x1p63, 0x1p64, 0x1p70, -1.0, (double)INFINITY, (double)NAN};
    static const char text[] = "abcabcabcabcabcabc";
    uint64_t limbs[2] = {byte & 1, (uint64_t)1 << (byte >> 4 << 2)};
    switch (byte % 9) {
    case 0: return og_int(byte / 9);
    case 1: return og_float(doubles[byte / 9 % 11]);
    case 2: return og_bool(byte & 1);
    case 3: return og_strn(m->doc, text, byte / 18);
    case 4: return og_bytes(m->doc, text, byte / 18);
    case 5: return og__value_int_from_limbs(m->doc, limbs, 2, byte & 2);
    case 6: return og_complex(m->doc, doubles[byte / 9 % 9], byte & 1);
    case 7: return og_bytearray(m->doc, text, byte / 18);
    default: return og_class(m->doc, "m", 1, text, byte / 18);
    }
}

/* Looking a key up must agree with comparing it with every key. */
static void check_lookup(og_value container, og_value key)
{
    og_value k;
    og_value v;
    bool found = false;
    for (og_iter it = og_iter_of(container); og_iter_next(&it, &k, &v) && !found;)
        found = og_equal(og_kind_of(container) == OG_DICT ? k : v, key) == 1;
    bool has =
        og_kind_of(container) == OG_DICT ? og_valid(og_dict_get(container, key)) : og_set_has(container, key);
    must(has == found);
}

static bool holds_object(og_value v, int depth)
{
    if (og_kind_of(v) == OG_OBJECT) return true;
    if (depth == 0) return og__value_has_node(v);
    og_value item;
    if (og_kind_of(v) != OG_TUPLE && og_kind_of(v) != OG_FROZENSET) return false;
    for (og_iter it = og_iter_of(v); og_iter_next(&it, NULL, &item);) {
        if (holds_object(item, depth - 1)) return true;
    }
    return false;
}

static void insert(machine *m, og_value container, og_value key, og_value value)
{
    int status = OG_ETYPE;
    if (og_kind_of(container) == OG_DICT) status = og_dict_set(m->doc, container, key, value, NULL);
    if (og_kind_of(container) == OG_SET) status = og_set_add(m->doc, container, key, NULL);
    if (status == OG_OK && !holds_object(key, 3)) check_lookup(container, key);
}

static void step(machine *m, uint8_t op, uint8_t arg)
{
    size_t few = arg % 4;
    if (few > m->count) few = m->count;
    const og_value *top = m->stack + m->count - few;
    og_value v;
    switch (op % 14) {
    case 0: push(m, scalar(m, arg)); break;
    case 1: push(m, og_tuple(m->doc, top, few)); break;
    case 2: push(m, og_frozenset(m->doc, top, few, NULL)); break;
    case 3: push(m, og_list(m->doc)); break;
    case 4: push(m, og_dict(m->doc)); break;
    case 5: push(m, og_set(m->doc)); break;
    case 6: og_list_append(m->doc, peek(m, few), peek(m, arg / 4 % 8), NULL); break;
    case 7: insert(m, peek(m, few), peek(m, arg / 4 % 8), peek(m, arg / 32)); break;
    case 8: insert(m, peek(m, few), scalar(m, arg), peek(m, arg / 32)); break;
    case 9: og_dict_remove(m->doc, peek(m, few), peek(m, arg / 4 % 8), NULL); break;
    case 10: push(m, og_object(m->doc, OG_MAKE_CALL, peek(m, few), peek(m, arg / 4 % 8))); break;
    case 11: og_object_build(m->doc, peek(m, few), peek(m, arg / 4 % 8), NULL); break;
    case 12: og_object_append(m->doc, peek(m, few), peek(m, arg / 4 % 8), NULL); break;
    default:
        v = peek(m, few);
        if (m->count) m->count--;
        if (arg & 128) push(m, v);
        break;
    }
}

static void check(machine *m)
{
    og_doc *other = og_doc_new(NULL);
    og_value root = og_tuple(m->doc, m->stack, m->count);
    if (!other || !og_valid(root)) abort();
    og_value copy = og_copy(other, root);
    must(og_valid(copy));
    must(og_identical(root, copy) == 1 && og_identical(copy, root) == 1);
    must(og_equal(root, root) == 1);
    must(og_equal(root, copy) >= 0 && og_equal(root, copy) == og_equal(copy, root));
    for (size_t i = 0; i < m->count; i++) {
        for (size_t j = i > 3 ? i - 3 : 0; j < i; j++) {
            int same = og_equal(m->stack[i], m->stack[j]);
            must(same >= 0 && same == og_equal(m->stack[j], m->stack[i]));
            must(og_identical(m->stack[i], m->stack[j]) == og_identical(m->stack[j], m->stack[i]));
        }
    }
    og_doc_free(other);
}

static void formats(og_doc *doc, const uint8_t *data, size_t size)
{
    static const char letters[] = "n[](){}<>, *!:x";
    char format[64];
    size_t len = size < sizeof format - 1 ? size : sizeof format - 1;
    for (size_t i = 0; i < len; i++)
        format[i] = letters[data[i] % (sizeof letters - 1)];
    format[len] = '\0';
    og_error err = {0};
    og_value v = og_pack(doc, &err, format);
    must(og_valid(v) == (err.code == OG_OK));
    must(og_valid(v) || err.position <= len);
    err = (og_error){0};
    int status = og_unpack(v, &err, format);
    must(status == (int)err.code);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    machine m = {.doc = og_doc_new(NULL)};
    if (!m.doc) abort();
    formats(m.doc, data, size);
    og_doc_reset(m.doc);
    m.doc->work_limit = 100000;
    for (size_t i = 0; i + 1 < size && i < 2000; i += 2)
        step(&m, data[i], data[i + 1]);
    check(&m);
    og_doc_free(m.doc);
    return 0;
}
