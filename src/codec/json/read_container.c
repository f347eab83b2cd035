/* SPDX-License-Identifier: MIT */
/* Closing a container of the JSON reader, where that takes more than copying its items. */
#include "codec/json/reader.h"

/* The place of key number `pair` (from 0) of the object that opens at `at` and has no error. */
static const uint8_t *find_key(const og__json_reader *r, const uint8_t *at, size_t pair)
{
    size_t depth = 0;
    size_t commas = 0;
    bool in_string = false;
    for (; at < r->end; at++) {
        if (in_string) {
            if (*at == '\\')
                at++;
            else
                in_string = *at != '"';
        } else if (*at == '"') {
            if (depth == 1 && commas == pair) return at;
            in_string = true;
        } else if (*at == '{' || *at == '[') {
            depth++;
        } else if (*at == '}' || *at == ']') {
            depth--;
        } else if (*at == ',' && depth == 1) {
            commas++;
        }
    }
    return at;
}

static int refuse_dict(og__json_reader *r, og_value frame, size_t bad, const og_error *why)
{
    /* Without an error to fill, the place is not looked for: a pass may have gone over to a copy. */
    if (!r->err) return r->status = bad == SIZE_MAX ? why->code : OG_EVALUE;
    const uint8_t *open = r->text + og__value_len(frame);
    if (bad == SIZE_MAX) {
        r->status = og_error_set(r->err, why->code, og__json_position(r, open), "%s", why->text);
        return r->status;
    }
    size_t len;
    const char *key = og_data(r->doc->stack[r->frame + 2 + 2 * bad], &len);
    r->status =
        og_error_set(r->err, OG_EVALUE, og__json_position(r, find_key(r, open, bad)),
                     "the key \"%.*s\" occurs twice in one object", (int)(len < 100 ? len : 100), key);
    return r->status;
}

static og_value make_raw(og__json_reader *r, og_value frame, const og_value *items, size_t count)
{
    og__json_raw *raw =
        og__value_doc_alloc(r->tree, sizeof *raw + count * sizeof *items, _Alignof(og__json_raw));
    if (!raw) return (og_value){0};
    raw->position = og__value_len(frame);
    raw->count = count;
    memcpy(raw->items, items, count * sizeof *items);
    return og__value_make(og_kind_of(frame), 0, 0, raw);
}

static bool same_key(og_value a, og_value b)
{
    if (a.meta != b.meta) return false;
    return a.u.p == b.u.p || memcmp(a.u.p, b.u.p, og__value_len(a)) == 0;
}

bool og__json_is_like(const og__node *shape, const og_value *items, size_t count)
{
    if (!shape || shape->count != count) return false;
    const og_value *keys = shape->items;
    for (size_t i = 0; i < 2 * count; i += 2) {
        if (!same_key(keys[i], items[i])) return false;
    }
    return true;
}

/* The dict that was read whose keys these are; or NULL. It is the latest of its count then. */
static const og__node *find_shape(og__json_shapes *shapes, const og_value *items, size_t count)
{
    const og__node **slots = shapes->by_count[og__json_count_slot(count)];
    if (og__json_is_like(slots[0], items, count)) return slots[0];
    if (!og__json_is_like(slots[1], items, count)) return NULL;
    const og__node *found = slots[1];
    slots[1] = slots[0];
    slots[0] = found;
    return found;
}

void og__json_keep_shape(og__json_shapes *shapes, const og__node *dict)
{
    if (dict->count == 0) return;
    const og__node **slots = shapes->by_count[og__json_count_slot(dict->count)];
    slots[1] = slots[0];
    slots[0] = dict;
    og_value first = *(const og_value *)dict->items;
    if (first.meta & OG__F_CLEAN) shapes->by_first[og__json_first_slot(first.u.p)] = dict;
}

/* Makes a dict whose keys may be those of one that was read. */
static og_value make_dict(og__json_reader *r, const og_value *items, size_t count, size_t *bad, og_error *why)
{
    const og__node *shape = r->shapes ? find_shape(r->shapes, items, count) : NULL;
    og_value made;
    if (!shape) {
        made = og__value_dict_from(r->doc, items, count, r->duplicate, bad, why);
        if (r->shapes && og_valid(made)) og__json_keep_shape(r->shapes, og__value_node_of(made));
        return made;
    }
    if (count <= OG__LINEAR_MAX)
        made = og__value_run_from(r->doc, OG_DICT, items, 2 * count, count);
    else
        made = og__value_dict_like(r->doc, shape, items);
    if (!og_valid(made)) why->code = OG_ENOMEM;
    return made;
}

og_value og__json_make_container(og__json_reader *r)
{
    const og_value *frame = r->doc->stack + r->frame;
    bool list = og_kind_of(*frame) == OG_LIST;
    const og_value *items = frame + (list ? 1 : 2);
    size_t count = (size_t)(r->top - items);
    og_value made;
    if (r->tree) {
        made = make_raw(r, *frame, items, count);
    } else if (list) {
        made = og__value_list_from(r->doc, items, count);
    } else {
        og_error why;
        why.code = OG_OK; /* to clear it all takes longer than to make a small dict */
        size_t bad = SIZE_MAX;
        made = make_dict(r, items, count / 2, &bad, &why);
        if (!og_valid(made) && why.code != OG_ENOMEM) {
            refuse_dict(r, *frame, bad, &why);
            return made;
        }
    }
    if (!og_valid(made)) og__json_no_memory(r);
    return made;
}
