/* SPDX-License-Identifier: MIT */
/* Values of all kinds from a run of bytes. */
#include "random_value.h"

#include "value/doc.h"

#include <string.h>

enum { POOL = 24, DEPTH_MAX = 6 };

typedef struct builder {
    og_doc *doc;
    choices *from;
    og_value pool[POOL]; /* of any kind, to be put in a second place */
    og_value keys[POOL]; /* hashable ones */
    size_t pool_count;
    size_t key_count;
    unsigned depth;
} builder;

void random_bytes(uint64_t seed, uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        bytes[i] = (uint8_t)(seed >> 56);
    }
}

static unsigned choose(builder *b, unsigned below)
{
    if (b->from->len == 0) return 0;
    b->from->len--;
    return *b->from->bytes++ % below;
}

static double any_double(builder *b)
{
    static const double some[] = {0.0, -0.0, 1.5, 1e300, -1e-300, 0.1};
    uint64_t bits = 0;
    double number;
    unsigned n = choose(b, 10);
    if (n < 6) return some[n];
    if (n == 6) return (double)__builtin_inf();
    if (n == 7) return -(double)__builtin_inf();
    for (int i = 0; i < 8; i++)
        bits = bits << 8 | choose(b, 256);
    if (n == 8) bits |= UINT64_C(0x7ff8) << 48;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static og_value any_int(builder *b)
{
    uint8_t bytes[24];
    size_t len = choose(b, 3) == 0 ? choose(b, sizeof bytes) : choose(b, 9);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)choose(b, 256);
    return og_int_from_bytes(b->doc, bytes, len);
}

/* A str as only a pickle can bring it: with halves of surrogate pairs, which og_strn() refuses. */
static og_value any_surrogates(builder *b)
{
    static const char *const some[] = {"\xed\xa0\x80", "\xed\xb8\x80\xed\xa0\xbd",
                                       "x\xed\xa0\xbd\xed\xb8\x80y"};
    const char *text = some[choose(b, 3)];
    return og__value_make(OG_STR, OG__F_SURROGATE, strlen(text), text);
}

static og_value any_str(builder *b)
{
    static const char *const some[] = {"",      "a",         "py/tuple",     "py/",
                                       "key",   "py/object", "\xed\x95\x9c", "\"\\\n\x01",
                                       "x.y.z", "\x7f",      "next"};
    unsigned n = choose(b, 14);
    if (n == 11) return any_surrogates(b);
    if (n < 11) return og_str(b->doc, some[n]);
    char text[40];
    size_t len = choose(b, 40);
    for (size_t i = 0; i < len; i++)
        text[i] = (char)(' ' + choose(b, 95));
    return og_strn(b->doc, text, len);
}

static og_value any_scalar(builder *b)
{
    char bytes[20];
    size_t len;
    switch (choose(b, 8)) {
    case 0: return og_none();
    case 1: return og_bool(choose(b, 2));
    case 2: return any_int(b);
    case 3: return og_float(any_double(b));
    case 4: {
        double real = any_double(b);
        return og_complex(b->doc, real, any_double(b));
    }
    case 5:
        len = choose(b, sizeof bytes);
        for (size_t i = 0; i < len; i++)
            bytes[i] = (char)choose(b, 256);
        return og_bytes(b->doc, bytes, len);
    default: return any_str(b);
    }
}

static og_value any_class(builder *b)
{
    static const char *const names[] = {"a", "B.c", "", "x.y."};
    static const char *const modules[] = {"m", "p.q", "", "."};
    const char *module = modules[choose(b, 4)];
    const char *name = names[choose(b, 4)];
    return og_class(b->doc, module, strlen(module), name, strlen(name));
}

static og_value any_value(builder *b);

static og_value any_key(builder *b)
{
    og_value items[3];
    size_t count;
    og_value key;
    if (b->key_count && choose(b, 4) == 0) return b->keys[choose(b, (unsigned)b->key_count)];
    if (b->depth >= DEPTH_MAX) return any_scalar(b);
    b->depth++;
    switch (choose(b, 6)) {
    case 0:
    case 1:
        count = choose(b, 4);
        for (size_t i = 0; i < count; i++)
            items[i] = any_key(b);
        key = b->depth % 2 ? og_tuple(b->doc, items, count) : og_frozenset(b->doc, items, count, NULL);
        break;
    case 2: key = any_class(b); break;
    default: key = any_scalar(b); break;
    }
    b->depth--;
    if (b->key_count < POOL) b->keys[b->key_count++] = key;
    return key;
}

static void keep(builder *b, og_value value)
{
    if (b->pool_count < POOL) b->pool[b->pool_count++] = value;
}

static og_value any_list(builder *b)
{
    og_value list = og_list(b->doc);
    keep(b, list);
    for (unsigned n = choose(b, 5); n > 0; n--)
        og_list_append(b->doc, list, any_value(b), NULL);
    return list;
}

static og_value any_dict(builder *b, bool any_keys)
{
    og_value dict = og_dict(b->doc);
    keep(b, dict);
    for (unsigned n = choose(b, 5); n > 0; n--) {
        og_value key = any_keys ? any_key(b) : any_str(b);
        og_dict_set(b->doc, dict, key, any_value(b), NULL);
    }
    return dict;
}

static og_value any_set(builder *b)
{
    og_value set = og_set(b->doc);
    keep(b, set);
    for (unsigned n = choose(b, 5); n > 0; n--)
        og_set_add(b->doc, set, any_key(b), NULL);
    return set;
}

static og_value any_tuple(builder *b)
{
    og_value items[4];
    size_t count = choose(b, 5);
    for (size_t i = 0; i < count; i++)
        items[i] = any_value(b);
    og_value tuple = og_tuple(b->doc, items, count);
    keep(b, tuple);
    return tuple;
}

/* An object, also as a key, whose steps may come in any order. */
static og_value any_object(builder *b)
{
    og_value none = {0};
    og_make make = (og_make)choose(b, 6);
    og_value callable = choose(b, 4) == 0 ? none : choose(b, 3) == 0 ? any_value(b) : any_class(b);
    og_value args = choose(b, 4) == 0 ? none : choose(b, 3) == 0 ? any_value(b) : any_tuple(b);
    og_value object = og_object(b->doc, make, callable, args);
    keep(b, object);
    if (b->key_count < POOL) b->keys[b->key_count++] = object;
    if (choose(b, 8) == 0) og_object_set_kwargs(b->doc, object, any_dict(b, false), NULL);
    for (unsigned n = choose(b, 4); n > 0; n--) {
        unsigned step = choose(b, 3);
        og_value value = any_value(b);
        if (step == 0) og_object_build(b->doc, object, value, NULL);
        if (step == 1) og_object_append(b->doc, object, value, NULL);
        if (step == 2) og_object_set_item(b->doc, object, any_value(b), value, NULL);
    }
    return object;
}

static og_value any_container(builder *b)
{
    uint8_t bytes[8] = {0};
    og_value value;
    switch (choose(b, 9)) {
    case 0:
    case 1: return any_list(b);
    case 2: return any_dict(b, false);
    case 3: return any_dict(b, true);
    case 4: return any_set(b);
    case 5: return any_tuple(b);
    case 6: return any_object(b);
    case 7:
        value = og_bytearray(b->doc, bytes, choose(b, sizeof bytes));
        keep(b, value);
        return value;
    default: return any_class(b);
    }
}

static og_value any_value(builder *b)
{
    unsigned n = choose(b, 8);
    if (n == 0 && b->pool_count) return b->pool[choose(b, (unsigned)b->pool_count)];
    if (n == 1) return any_key(b);
    if (n < 5 || b->depth >= DEPTH_MAX) return any_scalar(b);
    b->depth++;
    og_value value = any_container(b);
    b->depth--;
    return value;
}

og_value random_value(og_doc *doc, choices *from)
{
    builder b = {.doc = doc, .from = from};
    return choose(&b, 8) ? any_container(&b) : any_value(&b);
}
