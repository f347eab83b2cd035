/* SPDX-License-Identifier: MIT */
/* Building objects of known types: what all of it shares, and the classes of users. */
#include "known/known.h"

#include "value/container.h"

og_value og__known_no_value(og_error *err, og_type type, const char *what)
{
    og_error_set(err, OG_EVALUE, OG_NO_POSITION, "a %s cannot be built: %s", og_type_name(type), what);
    return og__value_refusal(OG_EVALUE, what);
}

og_value og__known_no_kind(og_error *err, og_type type, const char *what, og_value found)
{
    if (!og_valid(found)) {
        og__value_refuse_invalid(err, found);
        return found;
    }
    og_error_set(err, OG_ETYPE, OG_NO_POSITION, "a %s cannot be built: expected %s, found %s",
                 og_type_name(type), what, og_kind_name(og_kind_of(found)));
    return og__value_refusal(OG_ETYPE, what);
}

og_value og__known_no_room(og_error *err)
{
    og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory to build a Python type");
    return (og_value){0};
}

static og_value made(og_doc *doc, og_make how, og_value cls, const og_value *args, size_t count,
                     og_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (og_valid(args[i])) continue;
        og__value_refuse_invalid(err, args[i]);
        return args[i];
    }
    og_value tuple = og_tuple(doc, args, count);
    if (!og_valid(cls) || !og_valid(tuple)) return og__known_no_room(err);
    og_value object = og_object(doc, how, cls, tuple);
    return og_valid(object) ? object : og__known_no_room(err);
}

og_value og__known_made(og_doc *doc, og_make how, og_value module, og_value name, const og_value *args,
                        size_t count, og_error *err)
{
    return made(doc, how, og__value_class_from(doc, module, name), args, count, err);
}

/* ---- Classes of users ---- */

og_value og_named_tuple(og_doc *doc, og_value cls, const og_value *items, size_t count, og_error *err)
{
    if (!og__known_is_class_like(cls)) return og__known_no_kind(err, OG_TYPE_NAMED_TUPLE, "a class", cls);
    return made(doc, OG_MAKE_NEW, cls, items, count, err);
}

static bool has_names_only(og_value dict)
{
    og_value key;
    for (og_iter it = og_iter_of(dict); og_iter_next(&it, &key, NULL);) {
        if (og_kind_of(key) != OG_STR) return false;
    }
    return true;
}

og_value og_instance(og_doc *doc, og_value cls, og_value attributes, og_error *err)
{
    static const char what[] = "a dict of attributes, or a tuple of two";
    if (!og__known_is_class_like(cls)) return og__known_no_kind(err, OG_TYPE_INSTANCE, "a class", cls);
    if (!og__known_is_attributes(attributes))
        return og__known_no_kind(err, OG_TYPE_INSTANCE, what, attributes);
    bool pair = og_kind_of(attributes) == OG_TUPLE;
    if (!has_names_only(pair ? og_item(attributes, 0) : attributes) ||
        !has_names_only(og_item(attributes, 1)))
        return og__known_no_value(err, OG_TYPE_INSTANCE, "the name of an attribute is not a str");
    og_value object = made(doc, OG_MAKE_NEW, cls, NULL, 0, err);
    if (!og_valid(object) || og_object_build(doc, object, attributes, err) < 0) return (og_value){0};
    return object;
}

og_value og_enum(og_doc *doc, og_value cls, og_value value, og_error *err)
{
    if (!og__known_is_class_like(cls)) return og__known_no_kind(err, OG_TYPE_ENUM, "a class", cls);
    return made(doc, OG_MAKE_CALL, cls, &value, 1, err);
}
