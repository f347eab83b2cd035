/* SPDX-License-Identifier: MIT */
/* OrderedDict, defaultdict, Counter and deque, from the forms in which CPython pickles them. */
#include "known/known.h"

/* A list of [key, value] lists or tuples, as Python 2.7 gave an OrderedDict its pairs. */
static bool is_list_of_pairs(og_value list)
{
    if (og_kind_of(list) != OG_LIST && og_kind_of(list) != OG_TUPLE) return false;
    for (size_t i = 0; i < og_len(list); i++) {
        og_value pair = og_item(list, i);
        if ((og_kind_of(pair) != OG_LIST && og_kind_of(pair) != OG_TUPLE) || og_len(pair) != 2) return false;
    }
    return true;
}

/* Pairs that were set after the object was made, or none. */
static void from_steps(og_value object, og_mapping *m)
{
    m->source = og_object_pairs(object);
    m->count = og_len(m->source) / 2;
}

static int from_argument(og_value object, og_value argument, og_type type, og_mapping *m, og_error *err)
{
    if (og_valid(og_object_pairs(object)))
        return og__known_refuse_content(err, type, "it has pairs both as an argument and set one by one");
    if (og_kind_of(argument) != OG_DICT && !is_list_of_pairs(argument))
        return og__known_refuse_content(err, type, "expected a dict or a list of pairs");
    m->source = argument;
    m->count = og_len(argument);
    return OG_OK;
}

int og_as_mapping(og_value value, og_mapping *out, og_error *err)
{
    og_mapping m = {0};
    if (og_kind_of(value) == OG_DICT) {
        *out = (og_mapping){.source = value, .count = og_len(value)};
        return OG_OK;
    }
    og_type type = og_type_of(value);
    if (type < OG_TYPE_ORDERED_DICT || type > OG_TYPE_COUNTER)
        return og__known_refuse_type(err, OG_TYPE_ORDERED_DICT, value);
    int status = og__known_expect_type(value, type, err);
    if (status < 0) return status;
    og_value args = og_object_args(value);
    size_t first = type == OG_TYPE_DEFAULT_DICT;
    if (og_len(args) > first + 1 || og_valid(og_object_items(value)))
        return og__known_refuse_content(err, type, "it has parts that do not belong to one");
    if (first) m.factory = og_len(args) > 0 ? og_item(args, 0) : og_none();
    if (og_len(args) > first) {
        status = from_argument(value, og_item(args, first), type, &m, err);
    } else {
        from_steps(value, &m);
    }
    if (status == OG_OK) *out = m;
    return status;
}

bool og_mapping_next(og_mapping *mapping, og_value *key, og_value *item)
{
    if (mapping->index >= mapping->count) return false;
    og_value source = mapping->source;
    size_t i = mapping->index++;
    if (og_kind_of(source) == OG_DICT) {
        og_iter iter = {source, i};
        return og_iter_next(&iter, key, item);
    }
    bool flat = mapping->count * 2 == og_len(source);
    og_value pair = flat ? source : og_item(source, i);
    if (key) *key = og_item(pair, flat ? 2 * i : 0);
    if (item) *item = og_item(pair, flat ? 2 * i + 1 : 1);
    return true;
}

int og_as_deque(og_value value, og_deque *out, og_error *err)
{
    int status = og__known_expect_type(value, OG_TYPE_DEQUE, err);
    if (status < 0) return status;
    og_value args = og_object_args(value);
    og_value start = og_item(args, 0);
    og_value maxlen = og_item(args, 1);
    og_deque d = {.items = og_object_items(value)};
    bool sequence = !og_valid(start) || og_kind_of(start) == OG_LIST || og_kind_of(start) == OG_TUPLE;
    if (og_len(args) > 2 || !sequence || og_valid(og_object_pairs(value)))
        return og__known_refuse_content(err, OG_TYPE_DEQUE,
                                        "expected a list of items, and perhaps a largest length");
    if (og_len(start) > 0 && og_len(d.items) > 0)
        return og__known_refuse_content(err, OG_TYPE_DEQUE, "it has items both as an argument and appended");
    if (og_len(start) > 0) d.items = start;
    if (og_valid(maxlen) && og_kind_of(maxlen) != OG_NONE) {
        if (og_as_uint64(maxlen, &d.maxlen) < 0 || d.maxlen > INT64_MAX)
            return og__known_refuse_content(err, OG_TYPE_DEQUE,
                                            "its largest length is not an int from 0 to 2**63 - 1");
        d.has_maxlen = true;
    }
    size_t count = og_len(d.items);
    d.count = d.has_maxlen && d.maxlen < count ? (size_t)d.maxlen : count;
    d.first = count - d.count;
    *out = d;
    return OG_OK;
}
