/* SPDX-License-Identifier: MIT */
/* Writes numbers, strings and names into a pickle. */
#include "base/alloc.h"
#include "base/number.h"
#include "codec/pickle/names.h"
#include "codec/pickle/write/writer.h"

#include <string.h>

static og_value constant(const char *text)
{
    return og__value_make(OG_STR, OG__F_ASCII, strlen(text), text);
}

/* ---- Calls ---- */

int og__pickle_args_begin(og__writer *w)
{
    return w->protocol < 2 ? og__pickle_put_op(w, OG__OP_MARK) : OG_OK;
}

int og__pickle_args_call(og__writer *w, size_t count)
{
    static const uint8_t ops[] = {OG__OP_EMPTY_TUPLE, OG__OP_TUPLE1, OG__OP_TUPLE2, OG__OP_TUPLE3};
    int status = og__pickle_put_op(w, w->protocol < 2 ? OG__OP_TUPLE : ops[count]);
    return status < 0 ? status : og__pickle_put_op(w, OG__OP_REDUCE);
}

/* ---- Numbers ---- */

static int put_int_line(og__writer *w, int64_t number)
{
    char text[OG__INT64_SIZE + 1];
    size_t len = og__base_int64_write(number, text);
    text[len++] = '\n';
    return og__pickle_put_op_bytes(w, OG__OP_INT, text, len);
}

/* The shortest two's complement of an int that fits 64 bits. */
static int put_long(og__writer *w, int64_t number)
{
    size_t size = 1;
    while (size < 8 && (number >> (8 * size - 1)) != 0 && (number >> (8 * size - 1)) != -1)
        size++;
    uint8_t bytes[10] = {OG__OP_LONG1, (uint8_t)size};
    for (size_t i = 0; i < size; i++)
        bytes[2 + i] = (uint8_t)((uint64_t)number >> (8 * i));
    uint8_t *at = og__pickle_put(w, 2 + size);
    if (!at) return OG_ENOMEM;
    memcpy(at, bytes, 2 + size);
    return OG_OK;
}

static int put_big(og__writer *w, og_value v)
{
    og_buf bytes;
    og_buf_init(&bytes, w->out->alloc);
    int status = og_int_to_bytes(v, &bytes);
    if (status < 0) {
        og__pickle_writer_fail(w, OG_ENOMEM, "out of memory");
    } else if (bytes.len > INT32_MAX) {
        status = og__pickle_writer_fail(w, OG_EVALUE, "an int of %zu bytes is too large", bytes.len);
    } else {
        bool small = bytes.len < 256;
        status = og__pickle_put_op_le(w, small ? OG__OP_LONG1 : OG__OP_LONG4, bytes.len, small ? 1 : 4);
        uint8_t *at = status < 0 ? NULL : og__pickle_put(w, bytes.len);
        if (at) memcpy(at, bytes.data, bytes.len);
        if (!at && status == OG_OK) status = OG_ENOMEM;
    }
    og_buf_free(&bytes);
    return status;
}

int og__pickle_write_int(og__writer *w, og_value v)
{
    if (og_is_big(v)) return w->protocol >= 2 ? put_big(w, v) : og__pickle_write_long_text(w, v);
    int64_t number = v.u.i;
    if (number < INT32_MIN || number > INT32_MAX)
        return w->protocol >= 2 ? put_long(w, number) : og__pickle_write_long_text(w, v);
    if (w->protocol == 0) return put_int_line(w, number);
    if (number < 0 || number > UINT16_MAX) return og__pickle_put_op_le(w, OG__OP_BININT, (uint64_t)number, 4);
    if (number < 256) return og__pickle_put_op_le(w, OG__OP_BININT1, (uint64_t)number, 1);
    return og__pickle_put_op_le(w, OG__OP_BININT2, (uint64_t)number, 2);
}

static int write_float(og__writer *w, double number)
{
    if (w->protocol == 0) {
        char text[OG__DOUBLE_SIZE + 1];
        size_t len = og__base_double_write(number, text);
        text[len++] = '\n';
        return og__pickle_put_op_bytes(w, OG__OP_FLOAT, text, len);
    }
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return og__pickle_put_op_le(w, OG__OP_BINFLOAT, __builtin_bswap64(bits), 8);
}

static int write_bool(og__writer *w, bool truth)
{
    if (w->protocol >= 2) return og__pickle_put_op(w, truth ? OG__OP_NEWTRUE : OG__OP_NEWFALSE);
    return og__pickle_put_op_bytes(w, OG__OP_INT, truth ? "01\n" : "00\n", 3);
}

static int put_complex(og__writer *w, const double *parts)
{
    int status = og__pickle_write_name(w, OG__NAME_COMPLEX);
    if (status == OG_OK) status = og__pickle_args_begin(w);
    if (status == OG_OK) status = write_float(w, parts[0]);
    if (status == OG_OK) status = write_float(w, parts[1]);
    return status < 0 ? status : og__pickle_args_call(w, 2);
}

/* Known by its bits, as bytes would be. */
static int write_complex(og__writer *w, og_value v)
{
    og_value bits = og__value_make(OG_COMPLEX, 0, 2 * sizeof(double), v.u.p);
    const og__interned *known = og__pickle_intern_find(w, bits);
    if (known) return og__pickle_put_get(w, known->number);
    int status = put_complex(w, v.u.p);
    return status < 0 ? status : og__pickle_intern_add(w, bits);
}

/* ---- Strings and bytes ---- */

/* A length in the smallest of three opcodes (`tiny` or `huge` 0: there is none), then the bytes. */
static int put_counted(og__writer *w, og__opcode tiny, og__opcode usual, og__opcode huge, const void *bytes,
                       size_t len)
{
    bool apart = w->frame_at != SIZE_MAX && len >= OG__FRAME_TARGET;
    int status = apart ? og__pickle_frame_close(w) : OG_OK;
    if (status < 0) return status;
    if (len < 256 && tiny) {
        status = og__pickle_put_op_le(w, tiny, len, 1);
    } else if (len <= UINT32_MAX) {
        status = og__pickle_put_op_le(w, usual, len, 4);
    } else if (huge) {
        status = og__pickle_put_op_le(w, huge, len, 8);
    } else {
        status = og__pickle_writer_fail(w, OG_EVALUE, "%zu bytes in one string need protocol 4", len);
    }
    uint8_t *at = status < 0 ? NULL : og__pickle_put(w, len);
    if (!at) return status < 0 ? status : OG_ENOMEM;
    if (len) memcpy(at, bytes, len);
    return apart ? og__pickle_frame_open(w) : OG_OK;
}

static int put_str(og__writer *w, const void *text, size_t len)
{
    if (w->protocol == 0) return og__pickle_write_str_text(w, text, len);
    if (w->protocol < 4) return put_counted(w, 0, OG__OP_BINUNICODE, 0, text, len);
    return put_counted(w, OG__OP_SHORT_BINUNICODE, OG__OP_BINUNICODE, OG__OP_BINUNICODE8, text, len);
}

int og__pickle_write_str(og__writer *w, og_value v)
{
    size_t len = og__value_len(v);
    size_t size = len + (w->protocol >= 4 ? 2 : 5);
    const og__interned *known = og__pickle_intern_find(w, v);
    if (known) return og__pickle_put_get(w, known->number); /* each was worth its number: that is shorter */
    bool worth = og__pickle_is_worth(w, size);
    int status = put_str(w, v.u.p, len);
    return status < 0 || !worth ? status : og__pickle_intern_add(w, v);
}

/* Bytes below protocol 3: encode(str, 'latin1'), or bytes() when there are none. */
static int put_bytes_call(og__writer *w, const uint8_t *bytes, size_t len)
{
    int status = og__pickle_write_name(w, len ? OG__NAME_ENCODE : OG__NAME_BYTES);
    if (status == OG_OK) status = og__pickle_args_begin(w);
    if (status == OG_OK && len) status = og__pickle_write_latin1(w, bytes, len);
    if (status == OG_OK && len) status = og__pickle_write_str(w, constant("latin1"));
    return status < 0 ? status : og__pickle_args_call(w, len ? 2 : 0);
}

int og__pickle_write_bytes(og__writer *w, og_value v)
{
    size_t len = og__value_len(v);
    bool worth = w->contained ? og__pickle_is_worth(w, len + 2) : len > 3;
    const og__interned *known = worth ? og__pickle_intern_find(w, v) : NULL;
    if (known) return og__pickle_put_get(w, known->number);
    int status;
    if (w->protocol < 3) {
        status = put_bytes_call(w, v.u.p, len);
    } else {
        og__opcode huge = w->protocol >= 4 ? OG__OP_BINBYTES8 : 0;
        status = put_counted(w, OG__OP_SHORT_BINBYTES, OG__OP_BINBYTES, huge, v.u.p, len);
    }
    return status < 0 || !worth ? status : og__pickle_intern_add(w, v);
}

static int put_bytearray(og__writer *w, const uint8_t *bytes, size_t len)
{
    if (w->protocol >= 5) {
        bool apart = len >= OG__FRAME_TARGET;
        int status = apart ? og__pickle_frame_close(w) : OG_OK;
        if (status == OG_OK) status = og__pickle_put_op_le(w, OG__OP_BYTEARRAY8, len, 8);
        uint8_t *at = status < 0 ? NULL : og__pickle_put(w, len);
        if (!at) return status < 0 ? status : OG_ENOMEM;
        if (len) memcpy(at, bytes, len);
        return apart ? og__pickle_frame_open(w) : OG_OK;
    }
    int status = og__pickle_write_name(w, OG__NAME_BYTEARRAY);
    if (status == OG_OK) status = og__pickle_args_begin(w);
    if (status < 0 || len == 0) return status < 0 ? status : og__pickle_args_call(w, 0);
    if (w->protocol >= 3) {
        og_value as_bytes = og__value_make(OG_BYTES, 0, len, bytes);
        status = og__pickle_write_bytes(w, as_bytes);
        return status < 0 ? status : og__pickle_args_call(w, 1);
    }
    status = og__pickle_write_latin1(w, bytes, len);
    if (status == OG_OK) status = og__pickle_write_str(w, constant("latin-1"));
    return status < 0 ? status : og__pickle_args_call(w, 2);
}

int og__pickle_write_bytearray(og__writer *w, og_value v)
{
    size_t len = 0;
    const char *bytes = og_data(v, &len);
    int status = put_bytearray(w, (const uint8_t *)bytes, len);
    return status < 0 ? status : og__pickle_memoize_node(w, v);
}

/* ---- Names ---- */

/* GLOBAL with its two lines. */
static int put_global(og__writer *w, og_value module, og_value name)
{
    if (w->protocol < 3 && !og__pickle_names_to_2(&module, &name))
        return og__pickle_writer_fail(w, OG_EVALUE, "a name that protocols below 3 take for another one");
    og_value lines[2] = {module, name};
    for (int i = 0; i < 2; i++) {
        size_t len = og__value_len(lines[i]);
        if (len == 0 || memchr(lines[i].u.p, '\n', len) || og_str_has_surrogates(lines[i]))
            return og__pickle_writer_fail(w, OG_EVALUE, "a class whose name needs protocol 4");
    }
    for (int i = 0; i < 2; i++) {
        size_t len = og__value_len(lines[i]);
        uint8_t *at = og__pickle_put(w, len + 1 + (i == 0));
        if (!at) return OG_ENOMEM;
        if (i == 0) *at++ = OG__OP_GLOBAL;
        memcpy(at, lines[i].u.p, len);
        at[len] = '\n';
    }
    return OG_OK;
}

/* The part of a dotted name up to the next point. */
static og_value take_part(og_value *rest)
{
    size_t len = og__value_len(*rest);
    const char *text = rest->u.p;
    const char *point = len ? memchr(text, '.', len) : NULL;
    size_t part = point ? (size_t)(point - text) : len;
    size_t skip = point ? part + 1 : part;
    unsigned flags = (unsigned)rest->meta & 0xff00u;
    *rest = og__value_make(OG_STR, flags, len - skip, text + skip);
    return og__value_make(OG_STR, flags, part, text);
}

/* How many classes a name goes through; 0 also where a part of it is empty, which no attribute is. */
static size_t count_points(og_value name)
{
    size_t points = 0;
    size_t len = og__value_len(name);
    const char *text = name.u.p;
    for (size_t i = 0; i < len; i++) {
        if (text[i] != '.') continue;
        if (i == 0 || i + 1 == len || text[i + 1] == '.') return 0;
        points++;
    }
    return points;
}

/* Half of a name for STACK_GLOBAL. */
static int write_name_text(og__writer *w, og_value text)
{
    return w->contained ? put_str(w, text.u.p, og__value_len(text)) : og__pickle_write_str(w, text);
}

/* A name without points below protocol 4, any name from there on. */
static int put_names(og__writer *w, og_value module, og_value name)
{
    if (w->protocol < 4) return put_global(w, module, name);
    int status = write_name_text(w, module);
    if (status == OG_OK) status = write_name_text(w, name);
    return status < 0 ? status : og__pickle_put_op(w, OG__OP_STACK_GLOBAL);
}

/* A class inside of others, below protocol 4: getattr(getattr(Outer, 'Middle'), 'Inner'). */
static int put_nested(og__writer *w, og_value module, og_value name)
{
    size_t points = count_points(name);
    size_t len = og__value_len(name);
    if (len > OG__NESTED_NAME_MAX)
        return og__pickle_writer_fail(w, OG_EVALUE,
                                      "the name of %zu bytes of a class in another needs protocol 4", len);
    int status = OG_OK;
    for (size_t i = 0; i < points && status == OG_OK; i++) {
        status = og__pickle_write_name(w, OG__NAME_GETATTR);
        if (status == OG_OK) status = og__pickle_args_begin(w);
    }
    og_value rest = name;
    og_value part = take_part(&rest);
    if (status == OG_OK) status = put_global(w, module, part);
    for (size_t i = 0; i < points && status == OG_OK; i++) {
        part = take_part(&rest);
        status = og__pickle_write_str(w, part);
        if (status == OG_OK) status = og__pickle_args_call(w, 2);
    }
    return status;
}

int og__pickle_write_class(og__writer *w, og_value v)
{
    const og__interned *known = og__pickle_intern_find(w, v);
    if (known) return og__pickle_put_get(w, known->number);
    og_value module = og_class_module(v);
    og_value name = og_class_qualname(v);
    bool nested = w->protocol < 4 && count_points(name) > 0;
    int status = nested ? put_nested(w, module, name) : put_names(w, module, name);
    return status < 0 ? status : og__pickle_intern_add(w, v);
}

/* The class references that the forms of values need, made when the first one is. */
static int make_names(og__writer *w)
{
    static const char *const names[][2] = {
#define X(id, module, qualname) {module, qualname},
        OG__NAME_MAP(X)
#undef X
    };
    w->named = og__base_alloc(w->out->alloc, OG__NAMES * sizeof *w->named);
    if (!w->named) return og__pickle_writer_fail(w, OG_ENOMEM, "out of memory");
    for (size_t i = 0; i < OG__NAMES; i++) {
        og__named *named = &w->named[i];
        *named = (og__named){.names = {constant(names[i][0]), constant(names[i][1])}};
        named->node = (og__node){.items = named->names, .count = 2, .flags = OG__N_EXACT};
    }
    return OG_OK;
}

int og__pickle_write_name(og__writer *w, og__name name)
{
    if (!w->named && make_names(w) < 0) return OG_ENOMEM;
    og__named *named = &w->named[name];
    if (named->number) return og__pickle_put_get(w, named->number - 1);
    og_value class = og__value_make(OG_CLASS, 0, 0, &named->node);
    const og__interned *known = og__pickle_intern_find(w, class);
    if (known) {
        named->number = known->number + 1;
        return og__pickle_put_get(w, known->number);
    }
    /* No class of these is in another. */
    int status = put_names(w, named->names[0], named->names[1]);
    if (status == OG_OK) status = og__pickle_intern_add(w, class);
    if (status == OG_OK) named->number = w->numbers;
    return status;
}

/* ---- All of them ---- */

int og__pickle_write_scalar(og__writer *w, og_value v)
{
    int status;
    switch (og_kind_of(v)) {
    case OG_NONE: status = og__pickle_put_op(w, OG__OP_NONE); break;
    case OG_BOOL: status = write_bool(w, v.meta & OG__F_TRUE); break;
    case OG_INT: status = og__pickle_write_int(w, v); break;
    case OG_FLOAT: status = write_float(w, v.u.f); break;
    case OG_COMPLEX: status = write_complex(w, v); break;
    case OG_STR: status = og__pickle_write_str(w, v); break;
    case OG_BYTES: status = og__pickle_write_bytes(w, v); break;
    case OG_CLASS: status = og__pickle_write_class(w, v); break;
    default: return og__pickle_writer_fail(w, OG_EINVAL, "there is no value");
    }
    if (status < 0 || w->frame_at == SIZE_MAX || w->out->len - w->frame_at < OG__FRAME_TARGET) return status;
    status = og__pickle_frame_close(w);
    return status < 0 ? status : og__pickle_frame_open(w);
}
