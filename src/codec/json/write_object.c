/* SPDX-License-Identifier: MIT */
/* Class references and inert objects, in plain and lossless form. */
#include "codec/json/writer.h"
#include "known/known.h"

#include <string.h>

/* The parts of an object after its class, in the order in which they are written. */
static const struct {
    const char *key;
    og_value (*get)(og_value object);
} parts[] = {
    {"py/args", og_object_args},   {"py/kwargs", og_object_kwargs}, {"py/items", og_object_items},
    {"py/pairs", og_object_pairs}, {"py/next", og_object_next},     {"py/state", og_object_state},
};
enum { PARTS = sizeof parts / sizeof parts[0], PART_ARGS = 0, PART_PAIRS = 3, PART_STATE = 5 };

static const char *make_name(og_make make)
{
    static const char *const names[] = {
#define X(name, text) text,
        OG_MAKE_MAP(X)
#undef X
    };
    return (size_t)make < sizeof names / sizeof names[0] ? names[make] : names[0];
}

/* "module.name" is taken apart at its last point, so the name must not have one. */
static bool is_plain_name(og_value name)
{
    size_t len;
    const char *text = og_data(name, &len);
    return len == 0 || !memchr(text, '.', len);
}

static int write_names(og__json_writer *w, og_value module, og_value name)
{
    int status = og__json_open(w, OG__FRAME_DEF, NULL, 0);
    if (status == OG_OK) status = og__json_begin_item(w);
    if (status == OG_OK) status = og__json_write_string(w, module);
    if (status == OG_OK) status = og__json_begin_item(w);
    if (status == OG_OK) status = og__json_write_string(w, name);
    return status == OG_OK ? og__json_close(w) : status;
}

int og__json_write_class_name(og__json_writer *w, og_value class)
{
    og_value module = og_class_module(class);
    og_value name = og_class_qualname(class);
    if (w->o.form == OG_JSON_LOSSLESS && !is_plain_name(name)) return write_names(w, module, name);
    size_t module_len;
    size_t name_len;
    const char *module_text = og_data(module, &module_len);
    const char *name_text = og_data(name, &name_len);
    og_buf text;
    og_buf_init(&text, w->alloc);
    int status = og_buf_put(&text, module_text, module_len);
    if (status == OG_OK) status = og_buf_putc(&text, '.');
    if (status == OG_OK) status = og_buf_put(&text, name_text, name_len);
    if (status == OG_OK)
        status = og__json_write_text(w, (const char *)text.data, text.len, true);
    else
        og__json_write_no_memory(w);
    og_buf_free(&text);
    return status;
}

/* What an object is made from is its first item; where there is nothing, how it is made is. */
int og__json_open_object(og__json_writer *w, og_value object)
{
    int status = og__json_open(w, OG__FRAME_STEPS, NULL, 0);
    if (status == OG_OK) w->frames[w->depth - 1].u.object = object;
    return status;
}

/* In plain form, what protocols 0 and 1 make by way of copyreg shows as protocols 2 to 5 make it. */
static bool shows_rebuilt(const og__json_writer *w, og_value object)
{
    return w->o.form == OG_JSON_PLAIN && og__known_is_rebuilt(object) &&
           !og__value_is_shared(og_object_args(object)) &&
           og_kind_of(og_item(og_object_args(object), 0)) == OG_CLASS;
}

/* Item 0: "py/object" for a class, "py/callable" for whatever else was called. */
static int class_step(og__json_writer *w, og_value object, og_value *out)
{
    og_value class = og_object_class(object);
    if (!og_valid(class)) return OG_OK;
    if (shows_rebuilt(w, object)) class = og_item(og_object_args(object), 0);
    bool named = og_kind_of(class) == OG_CLASS;
    int status = og__json_put_key(w, named ? "py/object" : "py/callable");
    if (status < 0) return status;
    *out = class;
    return named ? og__json_write_class_name(w, class) : OG__NEXT_VALUE;
}

/* Item 1: "py/make", where it is not what is usual. */
static int make_step(og__json_writer *w, og_value object)
{
    og_make make = og_object_make(object);
    if (og_valid(og_object_class(object)) && (make == OG_MAKE_NEW || w->o.form == OG_JSON_PLAIN)) return 0;
    int status = og__json_put_key(w, "py/make");
    const char *name = make_name(make);
    return status < 0 ? status : og__json_write_text(w, name, strlen(name), false);
}

/* Opens the run of a list or tuple, from its item `first`, as an array without a tag. */
static int open_run(og__json_writer *w, const char *key, og__json_frame_kind kind, og_value run, size_t first)
{
    const og__node *node = og__value_node_of(run);
    const og_value *items = node->items; /* NULL where there are none */
    int status = og__json_put_key(w, key);
    if (status == OG_OK) status = og__json_open(w, kind, first ? items + first : items, node->count - first);
    return status < 0 ? status : OG__NEXT_OPENED;
}

/* The pairs of a state's dict become items of the object, its last ones. */
static int open_attributes(og__json_writer *w, og_value dict)
{
    og__json_frame *f = &w->frames[w->depth - 1];
    f->kind = OG__FRAME_DICT;
    f->first = f->next = og__value_node_of(dict)->items;
    f->last = og_len(dict) ? f->first + 2 * og_len(dict) : f->first;
    return OG__NEXT_OPENED;
}

/* The state of a class with __slots__: a dict or None, and the dict of the slots. */
static bool is_slots(og_value state)
{
    if (og_kind_of(state) != OG_TUPLE || og_len(state) != 2) return false;
    og_kind first = og_kind_of(og_item(state, 0));
    return (first == OG_DICT || first == OG_NONE) && og_kind_of(og_item(state, 1)) == OG_DICT;
}

/* The last step, in plain form: the attributes of such a class, first those of the dict, one by one. */
static int slots_step(og__json_writer *w, og_value state, og_value *out)
{
    og__json_frame *f = &w->frames[w->depth - 1];
    og_value dict = og_item(state, 0);
    if (!f->first && og_len(dict) > 0) {
        f->first = f->next = og__value_node_of(dict)->items;
        f->last = f->first + 2 * og_len(dict);
    }
    if (f->next == f->last) return open_attributes(w, og_item(state, 1));
    const og_value *pair = f->next;
    f->next += 2;
    f->step--; /* come back for the others */
    int status = og__json_begin_item(w);
    if (status == OG_OK) status = og__json_write_key(w, pair[0]);
    *out = pair[1];
    return status < 0 ? status : OG__NEXT_VALUE;
}

static int part_step(og__json_writer *w, size_t part, og_value object, og_value *out)
{
    og_value value = parts[part].get(object);
    const char *key = parts[part].key;
    bool plain = w->o.form == OG_JSON_PLAIN;
    if (!og_valid(value)) return 0;
    if (part == PART_ARGS) {
        bool tuple = og_kind_of(value) == OG_TUPLE;
        if (plain && tuple && og_len(value) == 0) return 0;
        if (tuple && !og__json_is_numbered(w, value))
            return open_run(w, key, OG__FRAME_LIST, value, shows_rebuilt(w, object) ? 2 : 0);
        key = "py/arg";
    }
    if (part == PART_PAIRS) return open_run(w, key, OG__FRAME_PAIRS, value, 0);
    if (part == PART_STATE && plain && og_kind_of(value) == OG_DICT) return open_attributes(w, value);
    if (part == PART_STATE && plain && is_slots(value)) return 0;
    int status = og__json_put_key(w, key);
    *out = value;
    return status < 0 ? status : OG__NEXT_VALUE;
}

int og__json_next_step(og__json_writer *w, og_value *out)
{
    for (;;) {
        og__json_frame *f = &w->frames[w->depth - 1];
        unsigned step = f->step++;
        og_value object = f->u.object;
        int status;
        if (step == 0)
            status = class_step(w, object, out);
        else if (step == 1)
            status = make_step(w, object);
        else if (step < 2 + PARTS)
            status = part_step(w, step - 2, object, out);
        else if (step == 2 + PARTS && w->o.form == OG_JSON_PLAIN && is_slots(og_object_state(object)))
            status = slots_step(w, og_object_state(object), out);
        else
            return 0;
        if (status != 0) return status;
    }
}
