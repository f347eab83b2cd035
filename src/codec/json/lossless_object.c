/* SPDX-License-Identifier: MIT */
/* Objects of lossless form: "py/object" and the keys beside it. */
#include "codec/json/tags.h"

/* The parts in the order of og__object and og__object_more, and the other keys that an object may have. */
enum {
    PART_CALLABLE,
    PART_ARGS,
    PART_KWARGS,
    PART_ITEMS,
    PART_PAIRS,
    PART_STATE,
    PART_NEXT,
    PARTS,
    PART_MAKE = PARTS
};

static const struct {
    const char *key;
    int part;
    og_kind raw_kind; /* what comes after the key in the text; OG_INVALID: anything */
} keys[] = {
    {"py/object", PART_CALLABLE, OG_INVALID}, {"py/callable", PART_CALLABLE, OG_INVALID},
    {"py/make", PART_MAKE, OG_STR},           {"py/args", PART_ARGS, OG_LIST},
    {"py/arg", PART_ARGS, OG_INVALID},        {"py/kwargs", PART_KWARGS, OG_INVALID},
    {"py/items", PART_ITEMS, OG_LIST},        {"py/pairs", PART_PAIRS, OG_LIST},
    {"py/state", PART_STATE, OG_INVALID},     {"py/next", PART_NEXT, OG_DICT},
};
enum { KEYS = sizeof keys / sizeof keys[0], KEY_OBJECT = 0, KEY_ARGS = 3 };

static og__json_raw *new_raw(og__json_reader *r, size_t position, size_t count)
{
    og__json_raw *raw =
        og__value_doc_alloc(r->tree, sizeof *raw + count * sizeof(og_value), _Alignof(og__json_raw));
    if (!raw) {
        og__json_no_memory(r);
        return NULL;
    }
    raw->position = position;
    raw->count = count;
    return raw;
}

og__json_raw *og__json_flatten_pairs(og__json_reader *r, const og__json_raw *list)
{
    og__json_raw *flat = new_raw(r, list->position, 2 * list->count);
    for (size_t i = 0; flat && i < list->count; i++) {
        const og__json_raw *pair =
            og_kind_of(list->items[i]) == OG_LIST ? og__json_raw_of(list->items[i]) : NULL;
        if (!pair || pair->count != 2) {
            og__json_refuse_tag(r, pair ? pair : list, "expected [key, value]");
            return NULL;
        }
        flat->items[2 * i] = pair->items[0];
        flat->items[2 * i + 1] = pair->items[1];
    }
    return flat;
}

int og__json_object_make(og__json_reader *r, const og__json_raw *raw, og_make *make)
{
    static const char *const names[] = {
#define X(name, text) text,
        OG_MAKE_MAP(X)
#undef X
    };
    *make = OG_MAKE_NEW;
    for (size_t i = 0; i < raw->count; i += 2) {
        if (!og_str_is(raw->items[i], "py/make")) continue;
        for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
            if (!og_str_is(raw->items[i + 1], names[n])) continue;
            *make = (og_make)n;
            return OG_OK;
        }
        return og__json_refuse_tag(
            r, raw,
            "expected \"call\", \"new\", \"instance\", \"persistent\", \"extension\" or "
            "\"buffer\" after \"py/make\"");
    }
    return OG_OK;
}

/* The arguments of "py/args" as {"py/tuple": […]}. */
static int wrap_args(og__json_reader *r, const og__json_raw *raw, og_value list, og_value *out)
{
    og__json_raw *wrapped = new_raw(r, raw->position, 2);
    if (!wrapped) return r->status;
    wrapped->items[0] = og_str_borrow("py/tuple", 8);
    wrapped->items[1] = list;
    *out = og__value_make(OG_DICT, 0, 0, wrapped);
    return OG_OK;
}

/* The part that comes after key number `key`, as a raw value that is made as any other. */
static int take_part(og__json_reader *r, const og__json_raw *raw, size_t key, og_value value, og_value *out)
{
    if (keys[key].raw_kind != OG_INVALID && og_kind_of(value) != keys[key].raw_kind) {
        r->status = og_error_set(r->err, OG_ESYNTAX, raw->position, "expected %s after \"%s\"",
                                 keys[key].raw_kind == OG_LIST ? "an array" : "an object", keys[key].key);
        return r->status;
    }
    *out = value;
    if (key == KEY_OBJECT) return og__json_read_class(r, raw, value, out);
    if (key == KEY_ARGS) return wrap_args(r, raw, value, out);
    if (keys[key].part != PART_PAIRS) return OG_OK;
    og__json_raw *flat = og__json_flatten_pairs(r, og__json_raw_of(value));
    if (!flat) return r->status;
    *out = og__value_make(OG_LIST, 0, 0, flat);
    return OG_OK;
}

og__json_raw *og__json_object_parts(og__json_reader *r, const og__json_raw *raw)
{
    og__json_raw *parts = new_raw(r, raw->position, PARTS);
    if (!parts) return NULL;
    memset(parts->items, 0, PARTS * sizeof(og_value));
    for (size_t i = 0; i < raw->count; i += 2) {
        size_t key = 0;
        while (key < KEYS && !og_str_is(raw->items[i], keys[key].key))
            key++;
        if (key == KEYS) {
            og__json_refuse_tag(r, raw,
                                "an object has only keys that begin with \"py/\", and not this one; its own "
                                "attributes belong into \"py/state\"");
            return NULL;
        }
        if (keys[key].part == PART_MAKE) continue;
        if (og_valid(parts->items[keys[key].part])) {
            og__json_refuse_tag(r, raw, "a part of an object occurs twice");
            return NULL;
        }
        if (take_part(r, raw, key, raw->items[i + 1], &parts->items[keys[key].part]) < 0) return NULL;
    }
    return parts;
}

int og__json_fill_object(og__json_reader *r, const og__json_raw *parts, og_value object,
                         const og_value *values)
{
    og__object *o = og__value_node_of(object)->items;
    o->callable = values[PART_CALLABLE];
    o->args = values[PART_ARGS];
    bool more = false;
    for (size_t i = PART_KWARGS; i < PARTS; i++)
        more = more || og_valid(values[i]);
    if (og_valid(values[PART_NEXT]) && og_kind_of(values[PART_NEXT]) != OG_OBJECT)
        return og__json_refuse_tag(r, parts, "expected an object after \"py/next\"");
    if (og_valid(og_object_class(values[PART_NEXT])) && og_object_make(values[PART_NEXT]) != OG_MAKE_CALL)
        return og__json_refuse_tag(r, parts, "an object after \"py/next\" can only be made by a call");
    if (!more) return OG_OK;
    o->more = og__value_doc_alloc(r->doc, sizeof *o->more, _Alignof(og__object_more));
    if (!o->more) {
        og__json_no_memory(r);
        return r->status;
    }
    *o->more = (og__object_more){.kwargs = values[PART_KWARGS],
                                 .items = values[PART_ITEMS],
                                 .pairs = values[PART_PAIRS],
                                 .state = values[PART_STATE],
                                 .next = values[PART_NEXT]};
    return OG_OK;
}
