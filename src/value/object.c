/* SPDX-License-Identifier: MIT */
/* Class references, and inert objects: records of what a pickle wanted built. */
#include "value/container.h"

og_value og_class(og_doc *doc, const char *module, size_t module_len, const char *qualname,
                  size_t qualname_len)
{
    og_value names[2] = {og_strn(doc, module, module_len), og_strn(doc, qualname, qualname_len)};
    if (!og_valid(names[0]) || !og_valid(names[1])) return (og_value){0};
    return og__value_class_from(doc, names[0], names[1]);
}

og_value og__value_class_from(og_doc *doc, og_value module, og_value qualname)
{
    if (og_kind_of(module) != OG_STR || og_kind_of(qualname) != OG_STR) return (og_value){0};
    og_value v = og__value_node_new(doc, OG_CLASS);
    if (!og_valid(v)) return v;
    og__node *node = og__value_node_of(v);
    og_value *names = og__value_doc_alloc(doc, 2 * sizeof *names, _Alignof(og_value));
    if (!names) return (og_value){0};
    names[0] = module;
    names[1] = qualname;
    node->items = names;
    node->count = 2;
    node->flags = OG__N_EXACT;
    return v;
}

static og_value class_name(og_value value, size_t i)
{
    if (og_kind_of(value) != OG_CLASS) return (og_value){0};
    return ((const og_value *)og__value_node_of(value)->items)[i];
}

og_value og_class_module(og_value value)
{
    return class_name(value, 0);
}

og_value og_class_qualname(og_value value)
{
    return class_name(value, 1);
}

bool og_class_is(og_value value, const char *module, const char *qualname)
{
    return og_str_is(class_name(value, 0), module) && og_str_is(class_name(value, 1), qualname);
}

static og__object *record(og_value object)
{
    return og_kind_of(object) == OG_OBJECT ? og__value_node_of(object)->items : NULL;
}

og_value og_object(og_doc *doc, og_make how, og_value callable, og_value args)
{
    og_value v = og__value_node_new(doc, OG_OBJECT);
    if (!og_valid(v)) return v;
    og__object *object = og__value_doc_alloc(doc, sizeof *object, _Alignof(og__object));
    if (!object) return (og_value){0};
    *object = (og__object){.callable = callable, .args = args};
    og__value_place(callable);
    og__value_place(args);
    og__node *node = og__value_node_of(v);
    node->items = object;
    node->high = (uint16_t)how;
    return v;
}

og_make og_object_make(og_value object)
{
    return og_kind_of(object) == OG_OBJECT ? (og_make)og__value_node_of(object)->high : OG_MAKE_CALL;
}

og_value og_object_class(og_value object)
{
    const og__object *o = record(object);
    return o ? og__value_part_of(o->callable, object) : (og_value){0};
}

og_value og_object_args(og_value object)
{
    const og__object *o = record(object);
    return o ? og__value_part_of(o->args, object) : (og_value){0};
}

static const og__object_more *more_of(og_value object)
{
    static const og__object_more nothing;
    const og__object *o = record(object);
    return o && o->more ? o->more : &nothing;
}

og_value og__value_object_part(const og__object *object, size_t i)
{
    if (i == 0) return object->callable;
    if (i == 1) return object->args;
    const og__object_more *more = object->more;
    if (!more) return (og_value){0};
    const og_value parts[] = {more->kwargs, more->items, more->pairs, more->state, more->next};
    return parts[i - 2];
}

og_value og_object_kwargs(og_value object)
{
    return og__value_part_of(more_of(object)->kwargs, object);
}

og_value og_object_state(og_value object)
{
    return og__value_part_of(more_of(object)->state, object);
}

og_value og_object_items(og_value object)
{
    return og__value_part_of(more_of(object)->items, object);
}

og_value og_object_pairs(og_value object)
{
    return og__value_part_of(more_of(object)->pairs, object);
}

og_value og_object_next(og_value object)
{
    return og__value_part_of(more_of(object)->next, object);
}

static og__object_more *more_new(og_doc *doc)
{
    og__object_more *more = og__value_doc_alloc(doc, sizeof *more, _Alignof(og__object_more));
    if (more) *more = (og__object_more){0};
    return more;
}

/* The last record of the chain of `object`, with room for what was done; NULL without memory. Something will
 * be. */
static og__object_more *last_more(og_doc *doc, og_value object)
{
    og__object *o = record(object);
    doc->source = OG__SOURCE_OWN;
    if (!o->more) o->more = more_new(doc);
    if (!o->last) o->last = o->more;
    while (o->last && og_valid(o->last->next)) {
        og__object *next = record(o->last->next);
        if (!next->more) next->more = more_new(doc);
        o->last = next->more;
    }
    return o->last;
}

/* A further record at the end of the chain, for a step out of order. */
static og__object_more *next_more(og_doc *doc, og_value object, og_value callable, og_value args)
{
    og_value next = og_object(doc, OG_MAKE_CALL, callable, args);
    og__object_more *more = og_valid(next) ? more_new(doc) : NULL;
    if (!more) return NULL;
    record(next)->more = more;
    og__value_place(next);
    og__object *o = record(object);
    o->last->next = next;
    o->last = more;
    return more;
}

static int no_memory(og_error *err)
{
    return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for the parts of an object");
}

static int check(og_value object, og_value part, og_error *err)
{
    if (og_kind_of(object) != OG_OBJECT) return og__value_refuse_kind(err, OG_OBJECT, object);
    return og_valid(part) ? OG_OK : og__value_refuse_invalid(err, part);
}

static void place_in(og_value object, og_value part)
{
    og__value_place(part);
    if (part.u.p == object.u.p) og__value_mark_shared(part);
}

int og_object_set_kwargs(og_doc *doc, og_value object, og_value kwargs, og_error *err)
{
    int status = check(object, kwargs, err);
    if (status < 0) return status;
    if (!last_more(doc, object)) return no_memory(err);
    record(object)->more->kwargs = kwargs;
    place_in(object, kwargs);
    return OG_OK;
}

int og_object_build(og_doc *doc, og_value object, og_value state, og_error *err)
{
    int status = check(object, state, err);
    if (status < 0) return status;
    og__object_more *more = last_more(doc, object);
    if (more && og_valid(more->state)) more = next_more(doc, object, (og_value){0}, (og_value){0});
    if (!more) return no_memory(err);
    more->state = state;
    place_in(object, state);
    return OG_OK;
}

/* The list that steps of one kind are kept in, made when there is none. */
static og_value step_list(og_doc *doc, og_value *list)
{
    if (og_valid(*list)) return *list;
    *list = og_list(doc);
    og__value_place(*list);
    return *list;
}

int og_object_append(og_doc *doc, og_value object, og_value item, og_error *err)
{
    int status = check(object, item, err);
    if (status < 0) return status;
    og__object_more *more = last_more(doc, object);
    if (more && (og_valid(more->state) || og_valid(more->pairs)))
        more = next_more(doc, object, (og_value){0}, (og_value){0});
    if (!more || !og_valid(step_list(doc, &more->items))) return no_memory(err);
    status = og_list_append(doc, more->items, item, err);
    if (status == OG_OK && item.u.p == object.u.p) og__value_mark_shared(item);
    return status;
}

int og_object_set_item(og_doc *doc, og_value object, og_value key, og_value value, og_error *err)
{
    int status = check(object, key, err);
    if (status == OG_OK) status = check(object, value, err);
    if (status < 0) return status;
    og__object_more *more = last_more(doc, object);
    if (more && og_valid(more->state)) more = next_more(doc, object, (og_value){0}, (og_value){0});
    if (!more || !og_valid(step_list(doc, &more->pairs))) return no_memory(err);
    og_value pair[2] = {key, value};
    status = og__value_list_extend(doc, more->pairs, pair, 2, err);
    if (status < 0) return status;
    place_in(object, key);
    place_in(object, value);
    return OG_OK;
}

int og_object_then(og_doc *doc, og_value object, og_value callable, og_value args, og_error *err)
{
    int status = check(object, callable, err);
    if (status == OG_OK) status = check(object, args, err);
    if (status < 0) return status;
    if (!last_more(doc, object) || !next_more(doc, object, callable, args)) return no_memory(err);
    return OG_OK;
}
