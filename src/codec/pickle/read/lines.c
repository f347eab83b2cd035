/* SPDX-License-Identifier: MIT */
/* Opcodes of pickle whose arguments are lines of text: protocol 0, and names. */
#include "base/number.h"
#include "base/utf8.h"
#include "codec/pickle/read/reader.h"

#include <math.h>
#include <string.h>

/* ---- Ints ---- */

static bool is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static unsigned digit_of(uint8_t c)
{
    if (c >= '0' && c <= '9') return (unsigned)c - '0';
    if (c >= 'a' && c <= 'z') return (unsigned)c - 'a' + 10;
    if (c >= 'A' && c <= 'Z') return (unsigned)c - 'A' + 10;
    return 99;
}

/* An int in text, taken apart: digits (with underscores between them) of a base. */
typedef struct int_text {
    const uint8_t *digits;
    size_t len;
    unsigned base;
    bool negative;
} int_text;

/* As C's strtol() with base 0 sees it, which knows octals by their leading 0. */
static bool parse_c(const uint8_t *s, size_t len, int_text *out)
{
    size_t i = 0;
    while (i < len && is_space(s[i]))
        i++;
    out->negative = i < len && s[i] == '-';
    if (i < len && (s[i] == '-' || s[i] == '+')) i++;
    out->base = i < len && s[i] == '0' ? 8 : 10;
    if (len - i > 2 && out->base == 8 && (s[i + 1] | 0x20) == 'x') {
        out->base = 16;
        i += 2;
    }
    out->digits = s + i;
    out->len = len - i;
    for (; i < len; i++) {
        if (digit_of(s[i]) >= out->base) return false;
    }
    return out->len > 0;
}

/* The digits alone, one underscore allowed before each but a first decimal one. */
static bool check_digits(const uint8_t *s, size_t len, unsigned base, bool prefixed)
{
    bool after_digit = prefixed;
    for (size_t i = 0; i < len; i++) {
        if (s[i] == '_' ? !after_digit : digit_of(s[i]) >= base) return false;
        after_digit = s[i] != '_';
    }
    return len > 0 && s[len - 1] != '_';
}

/* As Python's int(text, base) sees it; base 0 takes prefixes, and no leading 0 but before zeros. */
static bool parse_python(const uint8_t *s, size_t len, unsigned base, int_text *out)
{
    while (len > 0 && is_space(s[len - 1]))
        len--;
    size_t i = 0;
    while (i < len && is_space(s[i]))
        i++;
    out->negative = i < len && s[i] == '-';
    if (i < len && (s[i] == '-' || s[i] == '+')) i++;
    uint8_t letter = base == 0 && len - i > 2 && s[i] == '0' ? (uint8_t)(s[i + 1] | 0x20) : 0;
    out->base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 10;
    if (out->base != 10) i += 2;
    out->digits = s + i;
    out->len = len - i;
    if (!check_digits(out->digits, out->len, out->base, out->base != 10)) return false;
    if (base != 0 || out->base != 10 || out->digits[0] != '0') return true;
    for (i = 0; i < out->len; i++) {
        if (out->digits[i] != '0' && out->digits[i] != '_') return false;
    }
    return true;
}

/* The digits without leading zeros and underscores (then a copy). NULL without memory. */
static const uint8_t *clean_digits(og__reader *r, int_text *text)
{
    while (text->len > 1 && (text->digits[0] == '0' || text->digits[0] == '_')) {
        text->digits++;
        text->len--;
    }
    if (!memchr(text->digits, '_', text->len)) return text->digits;
    uint8_t *copy = og__value_doc_alloc(r->doc, text->len, 1);
    if (!copy) return NULL;
    size_t len = 0;
    for (size_t i = 0; i < text->len; i++) {
        if (text->digits[i] != '_') copy[len++] = text->digits[i];
    }
    text->digits = copy;
    text->len = len;
    return copy;
}

static bool fits_int64(const int_text *text, int64_t *out)
{
    uint64_t number = 0;
    for (size_t i = 0; i < text->len; i++) {
        if (__builtin_mul_overflow(number, text->base, &number)) return false;
        if (__builtin_add_overflow(number, digit_of(text->digits[i]), &number)) return false;
    }
    uint64_t most = (uint64_t)INT64_MAX + text->negative;
    if (number > most) return false;
    *out = (int64_t)(text->negative ? 0 - number : number);
    return true;
}

/* Digits of base 2, 8 or 16, of which each is whole bits. */
static og_value big_from_bits(og__reader *r, const int_text *text)
{
    unsigned bits = text->base == 16 ? 4 : text->base == 8 ? 3 : 1;
    if (text->len > (SIZE_MAX - 64) / bits) return (og_value){0};
    size_t count = (text->len * bits + 63) / 64;
    uint64_t *limbs = og__value_doc_alloc(r->doc, count * sizeof *limbs, 8);
    if (!limbs) return (og_value){0};
    memset(limbs, 0, count * sizeof *limbs);
    for (size_t i = 0; i < text->len; i++) {
        uint64_t digit = digit_of(text->digits[text->len - 1 - i]);
        size_t bit = i * bits;
        limbs[bit / 64] |= digit << bit % 64;
        if (bit % 64 + bits > 64 && digit >> (64 - bit % 64)) limbs[bit / 64 + 1] |= digit >> (64 - bit % 64);
    }
    return og__value_int_from_limbs(r->doc, limbs, count, text->negative);
}

static int push_int_text(og__reader *r, int_text *text)
{
    int64_t small;
    if (!clean_digits(r, text)) return og__pickle_reader_nomem(r);
    if (text->base == 10 && text->len > r->max_digits) {
        return og__pickle_reader_fail(
            r, OG_ELIMIT, "an int of %zu digits is over the limit of %zu; raise max_digits to allow it",
            text->len, r->max_digits);
    }
    if (text->len <= 64 && fits_int64(text, &small)) return og__pickle_push(r, og__value_make_int(small));
    if (text->base != 10) return og__pickle_push_new(r, big_from_bits(r, text));
    size_t room = og__base_limbs_for_digits(text->len);
    uint64_t *limbs = og__value_doc_alloc(r->doc, room * sizeof *limbs, 8);
    if (!limbs) return og__pickle_reader_nomem(r);
    size_t count = og__base_limbs_from_digits((const char *)text->digits, text->len, limbs);
    return og__pickle_push_new(r, og__value_int_from_limbs(r->doc, limbs, count, text->negative));
}

/* The C reader of CPython takes text up to a NUL, should there be one. */
static size_t up_to_nul(const uint8_t *line, size_t len)
{
    const uint8_t *nul = len ? memchr(line, 0, len) : NULL;
    return nul ? (size_t)(nul - line) : len;
}

static int not_an_int(og__reader *r, const uint8_t *line, size_t len)
{
    int shown = len < 20 ? (int)len : 20;
    return og__pickle_reader_fail(r, OG_ESYNTAX, "expected an int but found '%.*s'", shown,
                                  (const char *)line);
}

int og__pickle_op_INT(og__reader *r)
{
    size_t len;
    const uint8_t *line = og__pickle_take_line(r, &len);
    if (!line) return OG_ETRUNCATED;
    size_t cut = up_to_nul(line, len);
    int_text text;
    int64_t number = 0;
    bool nothing = cut == 0 && len > 0; /* a NUL at once: C's strtol() finds 0 */
    if (nothing || (parse_c(line, cut, &text) && fits_int64(&text, &number))) {
        bool truth = len == 2 && (number == 0 || number == 1);
        if (nothing || truth) return og__pickle_push(r, truth ? og_bool(number == 1) : og__value_make_int(0));
        return push_int_text(r, &text);
    }
    if (len == 0 || !parse_python(line, cut, 0, &text)) return not_an_int(r, line, len);
    return push_int_text(r, &text);
}

int og__pickle_op_LONG(og__reader *r)
{
    size_t len;
    const uint8_t *line = og__pickle_take_line(r, &len);
    if (!line) return OG_ETRUNCATED;
    size_t cut = len > 0 && line[len - 1] == 'L' ? len - 1 : len;
    int_text text;
    if (!parse_python(line, up_to_nul(line, cut), 0, &text)) return not_an_int(r, line, len);
    return push_int_text(r, &text);
}

/* The number in the line of GET and PUT. */
static int take_index(og__reader *r, size_t *index)
{
    size_t len;
    const uint8_t *line = og__pickle_take_line(r, &len);
    if (!line) return OG_ETRUNCATED;
    int_text text;
    int64_t number;
    if (!parse_python(line, up_to_nul(line, len), 10, &text)) return not_an_int(r, line, len);
    if (!clean_digits(r, &text)) return og__pickle_reader_nomem(r);
    if (!fits_int64(&text, &number) || number < 0)
        return og__pickle_reader_fail(r, OG_ESYNTAX,
                                      "expected the number of a memo entry but found one out of range");
    *index = (size_t)number;
    return OG_OK;
}

int og__pickle_op_GET(og__reader *r)
{
    size_t index = 0;
    int status = take_index(r, &index);
    return status < 0 ? status : og__pickle_memo_fetch(r, index);
}

int og__pickle_op_PUT(og__reader *r)
{
    if (og__pickle_stack_above(r) < 1) return og__pickle_reader_underflow(r, "a value");
    size_t index = 0;
    int status = take_index(r, &index);
    return status < 0 ? status : og__pickle_memo_store(r, index);
}

/* ---- Floats ---- */

static bool is_word(const uint8_t *s, size_t len, const char *word)
{
    for (size_t i = 0; i < len; i++) {
        if ((s[i] | 0x20) != (uint8_t)word[i]) return false;
    }
    return word[len] == 0;
}

static size_t digits_at(const uint8_t *s, size_t len)
{
    size_t i = 0;
    while (i < len && s[i] >= '0' && s[i] <= '9')
        i++;
    return i;
}

/* Reads [digits] [. [digits]] [e [+-] digits] with a digit before or after the point. `scratch` has room for
 * one byte more than `len`: the form that og__base_double_read() takes has digits on both sides. */
static bool read_decimal(const uint8_t *s, size_t len, char *scratch, double *out)
{
    size_t whole = digits_at(s, len);
    bool point = whole < len && s[whole] == '.';
    size_t part = point ? digits_at(s + whole + 1, len - whole - 1) : 0;
    if (whole + part == 0) return false;
    size_t n = 0;
    if (whole == 0) scratch[n++] = '0';
    size_t mantissa = part ? whole + 1 + part : whole;
    memcpy(scratch + n, s, mantissa);
    n += mantissa;
    size_t rest = whole + point + part;
    if (rest < len && (s[rest] | 0x20) != 'e') return false;
    memcpy(scratch + n, s + rest, len - rest);
    n += len - rest;
    return og__base_double_read(scratch, n, out) == n;
}

static int float_from(og__reader *r, const uint8_t *s, size_t len, double *out)
{
    bool negative = len > 0 && s[0] == '-';
    if (len > 0 && (s[0] == '-' || s[0] == '+')) {
        s++;
        len--;
    }
    char small[64];
    char *scratch = small;
    double number = 0;
    if (is_word(s, len, "inf") || is_word(s, len, "infinity")) {
        number = INFINITY;
    } else if (is_word(s, len, "nan")) {
        number = NAN;
    } else {
        if (len >= sizeof small) scratch = og__value_doc_alloc(r->doc, len + 1, 1);
        if (!scratch) return og__pickle_reader_nomem(r);
        if (!read_decimal(s, len, scratch, &number)) return OG_ESYNTAX;
        if (isinf(number)) return OG_EVALUE;
    }
    *out = negative ? -number : number;
    return OG_OK;
}

int og__pickle_op_FLOAT(og__reader *r)
{
    size_t len;
    const uint8_t *line = og__pickle_take_line(r, &len);
    if (!line) return OG_ETRUNCATED;
    double number = 0;
    int status = float_from(r, line, up_to_nul(line, len), &number);
    if (status == OG_OK) return og__pickle_push(r, og__value_make_float(number));
    int shown = len < 40 ? (int)len : 40;
    if (status == OG_ESYNTAX)
        og__pickle_reader_fail(r, OG_ESYNTAX, "expected a float but found '%.*s'", shown, (const char *)line);
    if (status == OG_EVALUE)
        og__pickle_reader_fail(r, OG_EVALUE, "'%.*s' is too large for a float", shown, (const char *)line);
    return status;
}

/* ---- Strings ---- */

static const char escape_letters[] = "\\'\"abfnrtv";
static const char escape_bytes[] = "\\'\"\a\b\f\n\r\t\v";

/* One escape of a bytes literal, after its backslash: the bytes read, 0 when it is malformed. */
static size_t read_escape(const uint8_t *s, size_t len, uint8_t *out, size_t *n)
{
    const char *letter = s[0] ? strchr(escape_letters, s[0]) : NULL;
    if (letter) {
        out[(*n)++] = (uint8_t)escape_bytes[letter - escape_letters];
        return 1;
    }
    if (s[0] == 'x') {
        if (len < 3 || digit_of(s[1]) > 15 || digit_of(s[2]) > 15) return 0;
        out[(*n)++] = (uint8_t)(digit_of(s[1]) << 4 | digit_of(s[2]));
        return 3;
    }
    unsigned code = 0;
    size_t i = 0;
    for (; i < 3 && i < len && s[i] >= '0' && s[i] <= '7'; i++)
        code = code << 3 | (unsigned)(s[i] - '0');
    if (i == 0) {
        out[(*n)++] = '\\';
    } else {
        out[(*n)++] = (uint8_t)code;
    }
    return i == 0 ? SIZE_MAX : i;
}

int og__pickle_op_STRING(og__reader *r)
{
    size_t len;
    const uint8_t *s = og__pickle_take_line(r, &len);
    if (!s) return OG_ETRUNCATED;
    if (len < 2 || s[0] != s[len - 1] || (s[0] != '\'' && s[0] != '"'))
        return og__pickle_reader_fail(r, OG_ESYNTAX, "expected a literal in quotes");
    s++;
    len -= 2;
    if (len == 0 || !memchr(s, '\\', len)) return og__pickle_push_str2(r, s, len);

    uint8_t *out = og__value_doc_alloc(r->doc, len, 1);
    if (!out) return og__pickle_reader_nomem(r);
    size_t n = 0;
    for (size_t i = 0; i < len;) {
        if (s[i] != '\\') {
            out[n++] = s[i++];
            continue;
        }
        i++;
        size_t used = i < len ? read_escape(s + i, len - i, out, &n) : 0;
        if (used == 0) return og__pickle_reader_fail(r, OG_ESYNTAX, "a malformed escape in its literal");
        if (used != SIZE_MAX) i += used; /* else an unknown escape: the backslash stands for itself */
    }
    return og__pickle_push_str2(r, out, n);
}

/* \uXXXX or \UXXXXXXXX, at its letter: the code point, or UINT32_MAX. */
static uint32_t read_unicode_escape(const uint8_t *s, size_t len)
{
    size_t digits = s[0] == 'u' ? 4 : 8;
    uint32_t code = 0;
    if (len <= digits) return UINT32_MAX;
    for (size_t i = 1; i <= digits; i++) {
        if (digit_of(s[i]) > 15) return UINT32_MAX;
        code = code << 4 | digit_of(s[i]);
    }
    return code <= 0x10ffff ? code : UINT32_MAX;
}

/* Text in Latin-1 with \u and \U escapes; backslashes in pairs escape nothing. */
int og__pickle_op_UNICODE(og__reader *r)
{
    size_t len;
    const uint8_t *s = og__pickle_take_line(r, &len);
    if (!s) return OG_ETRUNCATED;
    bool ascii = false;
    size_t good = og__base_utf8_valid(s, len, &ascii);
    if (len == 0 || (ascii && good == len && !memchr(s, '\\', len)))
        return og__pickle_push(r, og__value_make(OG_STR, OG__F_ASCII, len, s));

    uint8_t *out = og__value_doc_alloc(r->doc, 2 * len, 1);
    if (!out) return og__pickle_reader_nomem(r);
    size_t n = 0;
    for (size_t i = 0; i < len;) {
        bool escape = s[i] == '\\' && i + 1 < len;
        if (escape && (s[i + 1] == 'u' || s[i + 1] == 'U')) {
            uint32_t code = read_unicode_escape(s + i + 1, len - i - 1);
            if (code == UINT32_MAX)
                return og__pickle_reader_fail(r, OG_ESYNTAX, "a malformed \\%c escape", s[i + 1]);
            n += og__base_utf8_encode(code, out + n);
            i += s[i + 1] == 'u' ? 6 : 10;
            continue;
        }
        if (escape) out[n++] = s[i++];
        n += og__base_utf8_encode(s[i++], out + n);
    }
    return og__pickle_push_utf8(r, out, n);
}

/* ---- Names ---- */

/* The two lines of GLOBAL and INST. */
static int take_names(og__reader *r, og_value *module, og_value *name)
{
    for (int i = 0; i < 2; i++) {
        size_t len;
        const uint8_t *line = og__pickle_take_line(r, &len);
        if (!line) return OG_ETRUNCATED;
        if (len == 0)
            return og__pickle_reader_fail(r, OG_ESYNTAX,
                                          "expected a module and a name but found an empty line");
        bool ascii = false;
        size_t good = og__base_utf8_valid(line, len, &ascii);
        if (good < len) return og__pickle_reader_fail(r, OG_ESYNTAX, "a name that is not UTF-8");
        if (!ascii && *r->op == OG__OP_INST)
            return og__pickle_reader_fail(r, OG_ESYNTAX, "a name that is not ASCII");
        *(i ? name : module) = og__value_make(OG_STR, ascii ? OG__F_ASCII : 0, len, line);
    }
    return OG_OK;
}

int og__pickle_op_GLOBAL(og__reader *r)
{
    og_value module = {0};
    og_value name = {0};
    int status = take_names(r, &module, &name);
    return status < 0 ? status : og__pickle_push_class(r, module, name);
}

int og__pickle_op_INST(og__reader *r)
{
    og_value module = {0};
    og_value name = {0};
    og_value *items;
    size_t count;
    int status = og__pickle_pop_mark(r, &items, &count);
    if (status < 0) return status;
    status = take_names(r, &module, &name);
    if (status < 0) return status;
    /* The class is above the arguments for a moment, on the stack beyond them. */
    r->top = items + count;
    status = og__pickle_push_class(r, module, name);
    if (status < 0) return status;
    og_value callable = *--r->top;
    r->top -= count;
    status = og__pickle_push_tuple(r, r->top, count);
    if (status < 0) return status;
    og_value args = *--r->top;
    r->top--; /* the mark */
    return og__pickle_push_object(r, OG_MAKE_INSTANCE, callable, args);
}

int og__pickle_op_PERSID(og__reader *r)
{
    size_t len;
    const uint8_t *line = og__pickle_take_line(r, &len);
    if (!line) return OG_ETRUNCATED;
    bool ascii = true;
    if (og__base_utf8_valid(line, len, &ascii) < len || !ascii)
        return og__pickle_reader_fail(r, OG_ESYNTAX, "a persistent id that is not ASCII");
    return og__pickle_push_object(r, OG_MAKE_PERSISTENT, (og_value){0},
                                  og__value_make(OG_STR, OG__F_ASCII, len, line));
}
