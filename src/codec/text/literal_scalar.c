/* SPDX-License-Identifier: MIT */
/* The scalars of Python literals: names, numbers, and quoted text with its escapes. */
#include "base/number.h"
#include "base/utf8.h"
#include "codec/text/literal.h"

#include <math.h>
#include <stdio.h>

void og__text_literal_space(og__literal *in)
{
    while (in->at < in->len && in->text[in->at] && strchr(" \t\r\n\f", in->text[in->at]))
        in->at++;
}

bool og__text_literal_word(const og__literal *in, const char *word)
{
    size_t len = strlen(word);
    return len <= in->len - in->at && memcmp(in->text + in->at, word, len) == 0;
}

int og__text_literal_refuse(og__literal *in, const char *expected)
{
    if (in->at >= in->len)
        return og_error_set(in->err, OG_ETRUNCATED, in->len, "expected %s but the text ends", expected);
    unsigned char c = (unsigned char)in->text[in->at];
    if (c > 0x20 && c < 0x7f)
        return og_error_set(in->err, OG_ESYNTAX, in->at, "expected %s but found '%c'", expected, c);
    return og_error_set(in->err, OG_ESYNTAX, in->at, "expected %s but found byte 0x%02x", expected, c);
}

/* ---- Quoted text ---- */

/* The value of `width` hexadecimal digits at `at`; -1 when they are not there. */
static int64_t read_hex(const og__literal *in, size_t at, size_t width)
{
    int64_t code = 0;
    if (width > in->len - at) return -1;
    for (size_t i = 0; i < width; i++) {
        char c = in->text[at + i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) return -1;
        code = code * 16 + digit;
    }
    return code;
}

/* Up to three octal digits at the current byte, passed over. */
static uint32_t read_octal(og__literal *in)
{
    uint32_t code = 0;
    for (int i = 0; i < 3 && in->at < in->len && in->text[in->at] >= '0' && in->text[in->at] <= '7'; i++)
        code = code * 8 + (uint32_t)(in->text[in->at++] - '0');
    return code;
}

/* What a backslash and `c` stand for where it is one character; -1 if not one of these. */
static int simple_escape(char c)
{
    static const char names[] = "abfnrtv\\'\"";
    static const char codes[] = "\a\b\f\n\r\t\v\\'\"";
    const char *found = c ? strchr(names, c) : NULL;
    return found ? (unsigned char)codes[found - names] : -1;
}

/* Reads the escape at the current backslash into `code`. */
static int read_escape(og__literal *in, bool bytes, uint32_t *code)
{
    size_t start = in->at++;
    char c = in->at < in->len ? in->text[in->at] : '\0';
    int simple = simple_escape(c);
    if (simple >= 0) {
        in->at++;
        *code = (uint32_t)simple;
        return OG_OK;
    }
    if (c >= '0' && c <= '7') {
        *code = read_octal(in);
        if (bytes) *code &= 0xff;
        return OG_OK;
    }
    size_t width = c == 'x' ? 2 : c == 'u' && !bytes ? 4 : c == 'U' && !bytes ? 8 : 0;
    int64_t value = width ? read_hex(in, in->at + 1, width) : -1;
    if (value < 0 || value > 0x10ffff) {
        in->at = start;
        return og_error_set(in->err, OG_ESYNTAX, start, "a backslash that begins no known escape");
    }
    in->at += 1 + width;
    *code = (uint32_t)value;
    return OG_OK;
}

/* Bytes of the text between the quotes; escapes never make it longer. */
static int unescape(og__literal *in, char quote, bool bytes, char *to, size_t *len)
{
    *len = 0;
    for (;;) {
        if (in->at == in->len) return og__text_literal_refuse(in, "a closing quote");
        char c = in->text[in->at];
        if (c == quote) break;
        if (c == '\n' || (bytes && (unsigned char)c >= 0x80))
            return og__text_literal_refuse(in, "a closing quote");
        if (c != '\\') {
            to[(*len)++] = c;
            in->at++;
            continue;
        }
        uint32_t code = 0;
        int status = read_escape(in, bytes, &code);
        if (status < 0) return status;
        if (bytes)
            to[(*len)++] = (char)code;
        else
            *len += og__base_utf8_encode(code, (uint8_t *)to + *len);
    }
    in->at++;
    return OG_OK;
}

/* Where the quote at the current byte is closed; the end of the text if nowhere. */
static size_t find_close(const og__literal *in)
{
    char quote = in->text[in->at];
    size_t at = in->at + 1;
    while (at < in->len && in->text[at] != quote)
        at += in->text[at] == '\\' ? 2 : 1;
    return at < in->len ? at : in->len;
}

/* Escapes may have joined two surrogates' halves or left one alone: the flags come from the bytes. */
static int make_str(og__literal *in, size_t start, const char *text, size_t len, og_value *value)
{
    bool ascii = false;
    bool surrogates = false;
    size_t valid = og__base_utf8_valid_surrogates((const uint8_t *)text, len, &ascii, &surrogates);
    if (valid < len) return og_error_set(in->err, OG_ESYNTAX, start, "the text in these quotes is not UTF-8");
    unsigned flags = (ascii ? OG__F_ASCII : 0u) | (surrogates ? OG__F_SURROGATE : 0u);
    *value = og__value_make(OG_STR, flags, len, text);
    return OG_OK;
}

static int read_quoted(og__literal *in, bool bytes, og_value *value)
{
    size_t start = in->at;
    char quote = in->at < in->len ? in->text[in->at] : '\0';
    if (quote != '\'' && quote != '"') return og__text_literal_refuse(in, "a quote");
    char *to = og__value_doc_alloc(in->doc, find_close(in) - start, 1);
    if (!to) return og_error_set(in->err, OG_ENOMEM, OG_NO_POSITION, "out of memory while reading a literal");
    in->at++;
    size_t len;
    int status = unescape(in, quote, bytes, to, &len);
    if (status < 0) return status;
    if (!bytes) return make_str(in, start, to, len, value);
    *value = og__value_make(OG_BYTES, 0, len, to);
    return OG_OK;
}

static int read_bytearray(og__literal *in, og_value *value)
{
    in->at += strlen("bytearray(b");
    int status = read_quoted(in, true, value);
    if (status < 0) return status;
    if (!og__text_literal_word(in, ")")) return og__text_literal_refuse(in, "')'");
    in->at++;
    size_t len;
    const char *data = og_data(*value, &len);
    *value = og_bytearray(in->doc, data, len);
    return OG_OK;
}

/* ---- Numbers ---- */

static bool is_digit(const og__literal *in, size_t at)
{
    return at < in->len && in->text[at] >= '0' && in->text[at] <= '9';
}

/* The end of the number that starts at the current byte; `*whole`: it is an int. */
static size_t number_end(const og__literal *in, bool *whole)
{
    size_t at = in->at + (og__text_literal_word(in, "-") ? 1 : 0);
    *whole = true;
    while (is_digit(in, at))
        at++;
    if (at < in->len && in->text[at] == '.') {
        *whole = false;
        at++;
        while (is_digit(in, at))
            at++;
    }
    if (at < in->len && (in->text[at] == 'e' || in->text[at] == 'E')) {
        size_t digits = at + 1;
        if (digits < in->len && (in->text[digits] == '+' || in->text[digits] == '-')) digits++;
        if (is_digit(in, digits)) {
            *whole = false;
            at = digits;
            while (is_digit(in, at))
                at++;
        }
    }
    return at;
}

/* Reads digits, inf or nan, with a sign, as a double. */
static int read_double(og__literal *in, double *number)
{
    bool minus = og__text_literal_word(in, "-");
    if (minus || og__text_literal_word(in, "+")) in->at++;
    if (og__text_literal_word(in, "inf") || og__text_literal_word(in, "nan")) {
        *number = in->text[in->at] == 'i' ? HUGE_VAL : (double)NAN;
        in->at += 3;
    } else {
        bool whole;
        size_t end = is_digit(in, in->at) ? number_end(in, &whole) : in->at;
        if (end == in->at) return og__text_literal_refuse(in, "a number");
        og__base_double_read(in->text + in->at, end - in->at, number);
        if (isinf(*number))
            return og_error_set(
                in->err, OG_EVALUE, in->at,
                "this number is larger than a float can be (1.8e308): send it as an int or a str");
        in->at = end;
    }
    if (minus) *number = -*number;
    return OG_OK;
}

/* The `j` that makes a number imaginary, or the second half of a complex one. */
static int read_complex_rest(og__literal *in, double first, og_value *value)
{
    double real = 0;
    double imag = first;
    if (!og__text_literal_word(in, "j")) {
        real = first;
        int status = read_double(in, &imag);
        if (status < 0) return status;
        if (!og__text_literal_word(in, "j"))
            return og__text_literal_refuse(in, "'j' after an imaginary number");
    }
    in->at++;
    *value = og_complex(in->doc, real, imag);
    return OG_OK;
}

static bool complex_follows(const og__literal *in, size_t at)
{
    return at < in->len && in->text[at] && strchr("+-j", in->text[at]);
}

static int read_number(og__literal *in, og_value *value)
{
    bool whole = false;
    size_t start = in->at;
    size_t end = number_end(in, &whole);
    if (whole && is_digit(in, end - 1) && !complex_follows(in, end)) {
        *value = og_int_from_text(in->doc, in->text + start, end - start, in->max_digits, in->err);
        in->at = end;
        if (!og_valid(*value)) {
            if (in->err && in->err->position != OG_NO_POSITION) in->err->position += start;
            return in->err ? in->err->code : OG_ESYNTAX;
        }
        return OG_OK;
    }
    double number = 0;
    int status = read_double(in, &number);
    if (status < 0) return status;
    if (complex_follows(in, in->at)) return read_complex_rest(in, number, value);
    *value = og_float(number);
    return OG_OK;
}

/* ---- Names ---- */

static bool read_name(og__literal *in, og_value *value)
{
    static const char *const names[] = {"None", "True", "False", "set()", "frozenset()"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!og__text_literal_word(in, names[i])) continue;
        in->at += strlen(names[i]);
        *value = i == 0   ? og_none()
                 : i <= 2 ? og_bool(i == 1)
                 : i == 3 ? og_set(in->doc)
                          : og_frozenset(in->doc, NULL, 0, NULL);
        return true;
    }
    return false;
}

int og__text_literal_scalar(og__literal *in, og_value *value)
{
    if (read_name(in, value)) return OG_OK;
    if (og__text_literal_word(in, "bytearray(b")) return read_bytearray(in, value);
    char c = in->at < in->len ? in->text[in->at] : '\0';
    if (c == '\'' || c == '"') return read_quoted(in, false, value);
    if (c == 'b') {
        in->at++;
        return read_quoted(in, true, value);
    }
    bool word = og__text_literal_word(in, "inf") || og__text_literal_word(in, "nan");
    if (c == '-' || word || is_digit(in, in->at)) return read_number(in, value);
    return og__text_literal_refuse(in, "a value");
}
