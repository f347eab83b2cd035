/* SPDX-License-Identifier: MIT */
/* What the functions of torch may be called with that make tensors again. */
#include "codec/pickle/judge/calls.h"
#include "codec/pickle/judge/torch.h"

/* The arguments that all of them have in common. */
enum { STORAGE, OFFSET, SIZE, STRIDE, VIEW };

/* ---- Storages ---- */

/* How many items a storage may have, of `item` bytes; 0: of its own type. What a persistent id means is known
 * where it is one of torch's. */
static int64_t storage_most(const og__call *c, size_t item)
{
    int64_t count;
    og_value id = og_object_args(c->args[STORAGE]);
    int64_t own = (int64_t)og__pickle_torch_item_size(og_item(id, 1));
    if (og__pickle_is_torch_loaded(c->args[STORAGE])) return (int64_t)c->most;
    if (!og_str_is(og_item(id, 0), "storage") || og_as_int64(og_item(id, 4), &count) < 0) return INT64_MAX;
    if (item == 0) return count;
    return __builtin_mul_overflow(count, own, &count) ? 0 : count / (int64_t)item;
}

/* Adds (size - 1) * stride to `*last`. False: they are none, or too large. */
static bool add_axis(og_value size, og_value stride, int64_t *last, bool *empty)
{
    int64_t n;
    int64_t step;
    if (og_as_int64(size, &n) < 0 || og_as_int64(stride, &step) < 0 || n < 0 || step < 0) return false;
    *empty |= n == 0;
    if (n == 0) return true;
    return !__builtin_mul_overflow(n - 1, step, &step) && !__builtin_add_overflow(*last, step, last);
}

/* torch makes a storage larger where a tensor needs that. */
static bool fits_storage(const og__call *c, size_t item)
{
    int64_t last;
    bool empty = false;
    bool fits = og_as_int64(c->args[OFFSET], &last) == OG_OK && last >= 0 &&
                og_kind_of(c->args[SIZE]) == OG_TUPLE && og_kind_of(c->args[STRIDE]) == OG_TUPLE &&
                og_len(c->args[SIZE]) == og_len(c->args[STRIDE]);
    for (size_t i = 0; fits && i < og_len(c->args[SIZE]); i++)
        fits = add_axis(og_item(c->args[SIZE], i), og_item(c->args[STRIDE], i), &last, &empty);
    return fits && (empty || last < storage_most(c, item));
}

static const char too_large[] = "is called with a size that its storage does not have";

static const char *why_view_of(const og__call *c, size_t item)
{
    if (c->count < VIEW || og_kind_of(c->args[STORAGE]) != OG_OBJECT ||
        (og_object_make(c->args[STORAGE]) != OG_MAKE_PERSISTENT &&
         !og__pickle_is_torch_loaded(c->args[STORAGE])))
        return "is called without a storage";
    return fits_storage(c, item) ? NULL : too_large;
}

static bool is_empty(og_value v)
{
    return og_kind_of(v) == OG_LIST && og_len(v) == 0;
}

/* OrderedDict(), as Python 2 wrote it too, with nothing put into it. */
static bool is_empty_dict(og_value v)
{
    og_value args = og_object_args(v);
    return og_kind_of(v) == OG_OBJECT && og_class_is(og_object_class(v), "collections", "OrderedDict") &&
           (og_len(args) == 0 || (og_len(args) == 1 && is_empty(og_item(args, 0)))) &&
           !og_valid(og_object_pairs(v)) && !og_valid(og_object_state(v)) && !og_valid(og_object_next(v));
}

/* Functions that torch calls later on: picklers write none. */
static const char *why_hooks(const og__call *c, size_t index)
{
    if (c->count <= index) return "is called with too few arguments";
    return is_empty_dict(c->args[index]) ? NULL : "is called with hooks";
}

/* ---- Tensors ---- */

/* (storage, offset, size, stride), as torch wrote until 0.3 */
static const char *why_view(const og__call *c)
{
    return why_view_of(c, 0);
}

/* (storage, offset, size, stride, requires_grad, hooks[, metadata]) */
static const char *why_tensor(const og__call *c)
{
    const char *why = why_view_of(c, 0);
    return why ? why : why_hooks(c, 5);
}

/* Bytes of a number of this type; 0: no such type is known. */
static size_t number_size(og_value type)
{
    static const struct {
        const char *name;
        size_t size;
    } types[] = {
        {"bfloat16", 2},        {"bool", 1},        {"complex128", 16},
        {"complex32", 4},       {"complex64", 8},   {"float16", 2},
        {"float32", 4},         {"float64", 8},     {"float8_e4m3fn", 1},
        {"float8_e4m3fnuz", 1}, {"float8_e5m2", 1}, {"float8_e5m2fnuz", 1},
        {"float8_e8m0fnu", 1},  {"int16", 2},       {"int32", 4},
        {"int64", 8},           {"int8", 1},        {"uint16", 2},
        {"uint32", 4},          {"uint64", 8},      {"uint8", 1},
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (og_class_is(type, "torch", types[i].name)) return types[i].size;
    }
    return 0;
}

/* (storage, offset, size, stride, requires_grad, hooks, type[, metadata]) */
static const char *why_typed_tensor(const og__call *c)
{
    size_t item = c->count > 6 ? number_size(c->args[6]) : 0;
    if (item == 0) return "is called without a type of numbers that is known";
    const char *why = why_view_of(c, item);
    return why ? why : why_hooks(c, 5);
}

/* (type, size, stride, requires_grad): no numbers at all */
static const char *why_meta_tensor(const og__call *c)
{
    int64_t last = 0;
    bool empty = false;
    bool good = c->count == 4 && og_kind_of(c->args[0]) == OG_CLASS && og_kind_of(c->args[1]) == OG_TUPLE &&
                og_kind_of(c->args[2]) == OG_TUPLE && og_len(c->args[1]) == og_len(c->args[2]);
    for (size_t i = 0; good && i < og_len(c->args[1]); i++)
        good = add_axis(og_item(c->args[1], i), og_item(c->args[2], i), &last, &empty);
    return good ? NULL : "is called with something else than a type, a size and strides";
}

/* ---- Quantized tensors ---- */

/* Numbers in a list, or in a tensor of one dimension; -1: it is neither. */
static int64_t length_of(og_value numbers)
{
    int64_t length;
    if (og_kind_of(numbers) == OG_LIST) return (int64_t)og_len(numbers);
    og_value size = og_item(og_object_args(numbers), SIZE);
    bool tensor = og__pickle_is_torch_made(numbers) && og_kind_of(size) == OG_TUPLE && og_len(size) == 1;
    return tensor && og_as_int64(og_item(size, 0), &length) == OG_OK ? length : -1;
}

static bool is_number(og_value v)
{
    return og_kind_of(v) == OG_INT || og_kind_of(v) == OG_FLOAT;
}

/* (scheme, scale, zero), or (scheme, scales, zeros, axis) with as many as the axis is long: torch did not
 * look. */
static bool is_quantizer(og_value parts, og_value size)
{
    int64_t axis;
    int64_t length;
    og_value scheme = og_item(parts, 0);
    if (og_kind_of(parts) != OG_TUPLE) return false;
    if (og_class_is(scheme, "torch", "per_tensor_affine"))
        return og_len(parts) == 3 && is_number(og_item(parts, 1)) && is_number(og_item(parts, 2));
    if (!og_class_is(scheme, "torch", "per_channel_affine") &&
        !og_class_is(scheme, "torch", "per_channel_affine_float_qparams"))
        return false;
    return og_len(parts) == 4 && og_as_int64(og_item(parts, 3), &axis) == OG_OK && axis >= 0 &&
           (uint64_t)axis < og_len(size) && og_as_int64(og_item(size, (size_t)axis), &length) == OG_OK &&
           length_of(og_item(parts, 1)) == length && length_of(og_item(parts, 2)) == length;
}

/* Memory for all of it is taken before it gets its storage. */
static bool is_larger(og_value size, int64_t most)
{
    int64_t count = 1;
    for (size_t i = 0; i < og_len(size); i++) {
        int64_t n;
        if (og_as_int64(og_item(size, i), &n) < 0 || __builtin_mul_overflow(count, n, &count)) return true;
    }
    return count > most;
}

/* (storage, offset, size, stride, quantizer, requires_grad, hooks) */
static const char *why_quantized(const og__call *c)
{
    const char *why = why_view_of(c, 0);
    if (why) return why;
    if (is_larger(c->args[SIZE], storage_most(c, 0))) return too_large;
    if (c->count < 5 || !is_quantizer(c->args[4], c->args[SIZE]))
        return "is called with other scales than its size needs";
    return why_hooks(c, 6);
}

/* ---- Parameters ---- */

static bool is_tensor(og_value v)
{
    static const char *const makers[] = {"_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3",
                                         "_rebuild_qtensor", "_rebuild_meta_tensor_no_storage"};
    for (size_t i = 0; og__pickle_is_torch_made(v) && i < sizeof makers / sizeof makers[0]; i++) {
        if (og_class_is(og_object_class(v), "torch._utils", makers[i])) return true;
    }
    return false;
}

/* (tensor, requires_grad, hooks) */
static const char *why_parameter(const og__call *c)
{
    if (c->count < 1 || !is_tensor(c->args[0])) return "is called without a tensor";
    return why_hooks(c, 2);
}

/* Attributes that are nobody's but the program's: those of torch itself begin with a low line. */
static bool are_attributes(og_value names)
{
    og_value name;
    og_value value;
    if (og_kind_of(names) == OG_NONE) return true;
    if (og_kind_of(names) != OG_DICT) return false;
    for (og_iter it = og_iter_of(names); og_iter_next(&it, &name, &value);) {
        size_t len = 0;
        const char *text = og_kind_of(name) == OG_STR ? og_data(name, &len) : NULL;
        if (!text || len == 0 || text[0] == '_' || og_kind_of(value) == OG_CLASS) return false;
    }
    return true;
}

/* (tensor, requires_grad, hooks, state) */
static const char *why_parameter_with_state(const og__call *c)
{
    const char *why = why_parameter(c);
    if (why) return why;
    og_value state = c->count > 3 ? c->args[3] : (og_value){0};
    bool slots = og_kind_of(state) == OG_TUPLE && og_len(state) == 2;
    bool good = slots ? are_attributes(og_item(state, 0)) && are_attributes(og_item(state, 1))
                      : are_attributes(state);
    return good ? NULL : "is called with a state that sets more than attributes";
}

/* ---- What is no tensor ---- */

static const char *why_size(const og__call *c)
{
    og_value lengths = c->count == 1 ? c->args[0] : (og_value){0};
    bool good = og_kind_of(lengths) == OG_TUPLE || og_kind_of(lengths) == OG_LIST;
    for (size_t i = 0; good && i < og_len(lengths); i++)
        good = og_kind_of(og_item(lengths, i)) == OG_INT;
    return good ? NULL : "is called with something else than lengths";
}

static const char *why_device(const og__call *c)
{
    bool good = (c->count == 1 || c->count == 2) && og_kind_of(c->args[0]) == OG_STR &&
                (c->count == 1 || og_kind_of(c->args[1]) == OG_INT);
    return good ? NULL : "is called with something else than a name and a number";
}

/* A storage of any size would be made, of memory that nobody has filled. */
static const char *why_storage(const og__call *c)
{
    (void)c;
    return "is called, which picklers never do";
}

/* ---- The table ---- */

og__call_rule og__pickle_torch_rule_of(og_value callable)
{
    static const struct {
        const char *module;
        const char *name;
        og__call_rule rule;
    } rules[] = {
        {"torch", "Size", why_size},
        {"torch", "device", why_device},
        {"torch._utils", "_rebuild_meta_tensor_no_storage", why_meta_tensor},
        {"torch._utils", "_rebuild_parameter", why_parameter},
        {"torch._utils", "_rebuild_parameter_with_state", why_parameter_with_state},
        {"torch._utils", "_rebuild_qtensor", why_quantized},
        {"torch._utils", "_rebuild_tensor", why_view},
        {"torch._utils", "_rebuild_tensor_v2", why_tensor},
        {"torch._utils", "_rebuild_tensor_v3", why_typed_tensor},
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (og_class_is(callable, rules[i].module, rules[i].name)) return rules[i].rule;
    }
    return og__pickle_torch_item_size(callable) ? why_storage : NULL;
}
