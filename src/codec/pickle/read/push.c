/* SPDX-License-Identifier: MIT */
/* What opcodes of several kinds push, and how they store and fetch it. */
#include "base/utf8.h"
#include "codec/pickle/names.h"
#include "codec/pickle/read/reader.h"

int og__pickle_push_class(og__reader *r, og_value module, og_value name)
{
    if (r->protocol < 3) og__pickle_names_to_3(&module, &name);
    og_value v = og__value_class_from(r->doc, module, name);
    if (og_valid(v)) og__value_node_of(v)->flags |= OG__N_PLACED;
    return og__pickle_push_new(r, v);
}

int og__pickle_push_object(og__reader *r, og_make how, og_value callable, og_value args)
{
    og__pickle_unplace(callable);
    og__pickle_unplace(args);
    og_value v = og_object(r->doc, how, callable, args);
    if (!og_valid(v)) return og__pickle_reader_nomem(r);
    og__value_node_of(v)->flags |= OG__N_PLACED;
    size_t below = og__pickle_height(callable) > og__pickle_height(args) ? og__pickle_height(callable)
                                                                         : og__pickle_height(args);
    int status = og__pickle_raise(r, v, below);
    return status < 0 ? status : og__pickle_push(r, v);
}

int og__pickle_push_utf8(og__reader *r, const uint8_t *bytes, size_t len)
{
    bool ascii = false;
    bool surrogates = false;
    size_t good = og__base_utf8_valid_surrogates(bytes, len, &ascii, &surrogates);
    if (good < len) {
        r->op = bytes + good;
        if (!r->err) return OG_ESYNTAX;
        return og_error_set(r->err, OG_ESYNTAX, (size_t)(r->op - r->start),
                            "a str has byte 0x%02x, which is not UTF-8", *r->op);
    }
    unsigned flags = (ascii ? OG__F_ASCII : 0) | (surrogates ? OG__F_SURROGATE : 0);
    return og__pickle_push(r, og__value_make(OG_STR, flags, len, bytes));
}

static int push_latin1(og__reader *r, const uint8_t *bytes, size_t len)
{
    uint8_t *copy = og__value_doc_alloc(r->doc, 2 * len, 1);
    if (!copy) return og__pickle_reader_nomem(r);
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += og__base_utf8_encode(bytes[i], copy + n);
    return og__pickle_push(r, og__value_make(OG_STR, 0, n, copy));
}

int og__pickle_push_str2(og__reader *r, const uint8_t *bytes, size_t len)
{
    if (r->encoding == OG_PICKLE_BYTES) return og__pickle_push(r, og__value_make(OG_BYTES, 0, len, bytes));
    bool ascii = false;
    size_t good = og__base_utf8_valid(bytes, len, &ascii);
    if (ascii && good == len) return og__pickle_push(r, og__value_make(OG_STR, OG__F_ASCII, len, bytes));
    if (r->encoding == OG_PICKLE_LATIN1) return push_latin1(r, bytes, len);
    if (r->encoding == OG_PICKLE_UTF8) {
        if (good == len) return og__pickle_push(r, og__value_make(OG_STR, 0, len, bytes));
        return og__pickle_reader_fail(
            r, OG_ESYNTAX, "a str of Python 2 has byte 0x%02x, which is not UTF-8: choose another encoding",
            bytes[good]);
    }
    size_t bad = 0;
    while (bytes[bad] < 0x80)
        bad++;
    return og__pickle_reader_fail(
        r, OG_ESYNTAX,
        "a str of Python 2 has byte 0x%02x, which is not ASCII: choose latin1, utf-8 or bytes as encoding",
        bytes[bad]);
}

int og__pickle_push_bytearray(og__reader *r, const uint8_t *bytes, size_t len)
{
    og_value v = og_bytearray_borrow(r->doc, bytes, len);
    if (og_valid(v)) og__value_node_of(v)->flags |= OG__N_PLACED;
    return og__pickle_push_new(r, v);
}

int og__pickle_memo_fetch(og__reader *r, size_t index)
{
    og_value v = og__pickle_memo_get(&r->memo, index);
    if (!og_valid(v))
        return og__pickle_reader_fail(r, OG_ESYNTAX, "nothing was stored in the memo under %zu", index);
    og__pickle_share(v);
    return og__pickle_push(r, v);
}

int og__pickle_memo_store(og__reader *r, size_t index)
{
    if (og__pickle_stack_above(r) < 1) return og__pickle_reader_underflow(r, "a value");
    return og__pickle_memo_put(&r->memo, index, r->top[-1]) < 0 ? og__pickle_reader_nomem(r) : OG_OK;
}
