/* SPDX-License-Identifier: MIT */
/*
 * States that Python's readers take for different things. The reader in Python passes over whatever is false;
 * the C reader wants a dict, and a place to put it, even when it is empty. A class with __setstate__ gets any
 * state from both, so only classes that are known to have none are looked at.
 */
#include "codec/pickle/read/reader.h"

/* A class, or a function that makes its instances; whether these can have attributes (__dict__). */
static const struct {
    const char *module;
    const char *name;
    bool has_attributes;
} classes[] = {
    {"_codecs", "encode", false},
    {"array", "_array_reconstructor", false},
    {"array", "array", false},
    {"builtins", "bool", false},
    {"builtins", "bytearray", false},
    {"builtins", "bytes", false},
    {"builtins", "complex", false},
    {"builtins", "dict", false},
    {"builtins", "float", false},
    {"builtins", "frozenset", false},
    {"builtins", "int", false},
    {"builtins", "list", false},
    {"builtins", "object", false},
    {"builtins", "range", false},
    {"builtins", "set", false},
    {"builtins", "slice", false},
    {"builtins", "str", false},
    {"builtins", "tuple", false},
    {"collections", "Counter", true},
    {"collections", "OrderedDict", true},
    {"collections", "defaultdict", false},
    {"collections", "deque", false},
    {"datetime", "date", false},
    {"datetime", "datetime", false},
    {"datetime", "time", false},
    {"datetime", "timedelta", false},
    {"datetime", "timezone", false},
    {"decimal", "Decimal", false},
    {"fractions", "Fraction", false},
    {"ipaddress", "IPv4Address", false},
    {"ipaddress", "IPv4Interface", true},
    {"ipaddress", "IPv4Network", true},
    {"ipaddress", "IPv6Address", false},
    {"ipaddress", "IPv6Interface", true},
    {"ipaddress", "IPv6Network", true},
    {"pathlib", "Path", false},
    {"pathlib", "PosixPath", false},
    {"pathlib", "PurePath", false},
    {"pathlib", "PurePosixPath", false},
    {"pathlib", "PureWindowsPath", false},
    {"pathlib", "WindowsPath", false},
    {"pathlib._local", "Path", false},
    {"pathlib._local", "PosixPath", false},
    {"pathlib._local", "PurePath", false},
    {"pathlib._local", "PurePosixPath", false},
    {"pathlib._local", "PureWindowsPath", false},
    {"pathlib._local", "WindowsPath", false},
    {"uuid", "SafeUUID", true},
    {"zoneinfo", "ZoneInfo", false},
    {"zoneinfo", "ZoneInfo._unpickle", false},
};
enum { CLASSES = sizeof classes / sizeof classes[0] };

/* The number of the object's class, or CLASSES. */
static size_t class_of(og_value object)
{
    og_value cls = og_object_class(object);
    size_t i = 0;
    while (i < CLASSES && !og_class_is(cls, classes[i].module, classes[i].name))
        i++;
    return i;
}

const char *og__pickle_state_why(const og__reader *r)
{
    if (og__pickle_stack_above(r) < 2) return NULL;
    og_value object = r->top[-2];
    og_value state = r->top[-1];
    size_t cls = og_kind_of(object) == OG_OBJECT ? class_of(object) : CLASSES;
    if (cls == CLASSES) return NULL;
    if (og_kind_of(state) == OG_TUPLE && og_len(state) == 2) {
        if (og_kind_of(og_item(state, 1)) != OG_DICT) return "it sets attributes that are in no dict";
        state = og_item(state, 0);
    }
    if (og_kind_of(state) == OG_NONE) return NULL;
    if (og_kind_of(state) != OG_DICT) return "it sets a state that is no dict";
    return classes[cls].has_attributes || og_len(state) > 0 ? NULL
                                                            : "it sets an empty state of what can have none";
}
