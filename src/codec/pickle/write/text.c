/* SPDX-License-Identifier: MIT */
/* The text forms of protocols 0 and 1. */
#include "base/number.h"
#include "base/utf8.h"
#include "codec/pickle/write/writer.h"

#include <string.h>

static const char hex_digits[] = "0123456789abcdef";

/* Ints that have more digits than Python reads from a decimal are written as hexadecimal. */
enum { DECIMAL_LIMBS = 223 };

static size_t write_hex(const uint64_t *limbs, size_t count, char *text)
{
    size_t n = 0;
    for (size_t i = count; i > 0; i--) {
        for (int shift = 60; shift >= 0; shift -= 4) {
            unsigned digit = (unsigned)(limbs[i - 1] >> shift) & 15;
            if (n > 0 || digit) text[n++] = hex_digits[digit];
        }
    }
    return n;
}

int og__pickle_write_long_text(og__writer *w, og_value v)
{
    og_buf text;
    og_buf_init(&text, w->out->alloc);
    int status;
    if (og_is_big(v) && og__value_len(v) >= DECIMAL_LIMBS) {
        size_t count = og__value_len(v);
        status = og_buf_puts(&text, v.meta & OG__F_NEGATIVE ? "-0x" : "0x");
        if (status == OG_OK) status = og_buf_reserve(&text, 16 * count);
        if (status == OG_OK) text.len += write_hex(v.u.p, count, (char *)text.data + text.len);
    } else {
        status = og_int_to_text(v, 0, &text, NULL);
    }
    if (status == OG_OK) status = og_buf_puts(&text, "L\n");
    if (status < 0) {
        og__pickle_writer_fail(w, OG_ENOMEM, "out of memory");
    } else {
        status = og__pickle_put_op_bytes(w, OG__OP_LONG, text.data, text.len);
    }
    og_buf_free(&text);
    return status;
}

/* Whether a code point needs an escape: what would end the line, begin an escape, or end a text file. */
static bool needs_escape(uint32_t code)
{
    return code > 0xff || code == '\\' || code == 0 || code == '\n' || code == '\r' || code == 0x1a;
}

static size_t put_escaped(uint32_t code, uint8_t *at)
{
    if (!needs_escape(code)) {
        *at = (uint8_t)code;
        return 1;
    }
    int digits = code > 0xffff ? 8 : 4;
    at[0] = '\\';
    at[1] = digits == 8 ? 'U' : 'u';
    for (int i = 0; i < digits; i++)
        at[2 + i] = (uint8_t)hex_digits[code >> (4 * (digits - 1 - i)) & 15];
    return (size_t)digits + 2;
}

/* Room is taken in pieces, so that the longest escapes need not be reserved for a whole text. */
int og__pickle_write_str_text(og__writer *w, const uint8_t *text, size_t len)
{
    enum { PIECE = 256, LONGEST = 10 };
    int status = og__pickle_put_op(w, OG__OP_UNICODE);
    size_t i = 0;
    while (i < len && status == OG_OK) {
        uint8_t *at = og__pickle_put(w, PIECE);
        if (!at) return OG_ENOMEM;
        size_t n = 0;
        while (i < len && n <= PIECE - LONGEST) {
            uint32_t code = 0;
            size_t used = og__base_utf8_decode(text + i, len - i, &code);
            if (used == 0) return og__pickle_writer_fail(w, OG_EVALUE, "a str that is not UTF-8");
            n += put_escaped(code, at + n);
            i += used;
        }
        w->out->len -= PIECE - n;
    }
    uint8_t *at = status < 0 ? NULL : og__pickle_put(w, 1);
    if (!at) return status < 0 ? status : OG_ENOMEM;
    *at = '\n';
    return OG_OK;
}

int og__pickle_write_latin1(og__writer *w, const uint8_t *bytes, size_t len)
{
    if (w->protocol == 0) {
        int status = og__pickle_put_op(w, OG__OP_UNICODE);
        for (size_t i = 0; i < len && status == OG_OK; i++) {
            uint8_t *at = og__pickle_put(w, 6);
            if (!at) return OG_ENOMEM;
            w->out->len -= 6 - put_escaped(bytes[i], at);
        }
        uint8_t *at = status < 0 ? NULL : og__pickle_put(w, 1);
        if (!at) return status < 0 ? status : OG_ENOMEM;
        *at = '\n';
        return OG_OK;
    }
    size_t size = len;
    for (size_t i = 0; i < len; i++)
        size += bytes[i] >> 7;
    if (size > UINT32_MAX) return og__pickle_writer_fail(w, OG_EVALUE, "%zu bytes need protocol 3", len);
    int status = og__pickle_put_op_le(w, OG__OP_BINUNICODE, size, 4);
    uint8_t *at = status < 0 ? NULL : og__pickle_put(w, size);
    if (!at) return status < 0 ? status : OG_ENOMEM;
    for (size_t i = 0; i < len; i++)
        at += og__base_utf8_encode(bytes[i], at);
    return OG_OK;
}
