/* SPDX-License-Identifier: MIT */
/* Decimal, Fraction, UUID, range and slice, from the forms in which CPython pickles them. */
#include "known/known.h"

#include "base/number.h"

/* ---- Decimal ---- */

#define MAX_EXPONENT INT64_C(2000000000000000000) /* beyond what the decimal module can hold */

/* A number's digits, before and after the point: [whole, point) and (point, end). */
typedef struct decimal {
    const char *sign;
    const char *digits[2];
    size_t count[2];
    int64_t exponent;
} decimal;

static size_t count_digits(const char *text, const char *end)
{
    size_t n = 0;
    while (text + n < end && text[n] >= '0' && text[n] <= '9')
        n++;
    return n;
}

static bool same_word(const char *text, size_t len, const char *word)
{
    if (len != strlen(word)) return false;
    for (size_t i = 0; i < len; i++) {
        if ((text[i] | 0x20) != word[i]) return false;
    }
    return true;
}

static bool read_exponent(const char *text, const char *end, int64_t *out)
{
    bool below = text < end && *text == '-';
    if (text < end && (*text == '-' || *text == '+')) text++;
    if (text == end || count_digits(text, end) != (size_t)(end - text)) return false;
    int64_t number = 0;
    for (; text < end; text++) {
        if (number > MAX_EXPONENT / 10) return false;
        number = number * 10 + (*text - '0');
    }
    *out = below ? -number : number;
    return true;
}

/* Reads "12.50E+3"; leading zeros are passed over. */
static bool read_decimal(const char *text, const char *end, decimal *d)
{
    d->digits[0] = text;
    d->count[0] = count_digits(text, end);
    text += d->count[0];
    d->digits[1] = text;
    d->count[1] = 0;
    if (text < end && *text == '.') {
        d->digits[1] = ++text;
        d->count[1] = count_digits(text, end);
        text += d->count[1];
    }
    if (d->count[0] + d->count[1] == 0) return false;
    d->exponent = 0;
    if (text < end && (*text | 0x20) == 'e') {
        if (!read_exponent(text + 1, end, &d->exponent)) return false;
        text = end;
    }
    d->exponent -= (int64_t)d->count[1];
    for (int i = 0; i < 2; i++) {
        while (d->count[i] > 0 && *d->digits[i] == '0' && d->count[0] + d->count[1] > 1) {
            d->digits[i]++;
            d->count[i]--;
        }
        if (d->count[i] > 0) break;
    }
    return text == end;
}

/* Appends digits [from, to) of the number. */
static int put_digits(const decimal *d, size_t from, size_t to, og_buf *out)
{
    size_t first = d->count[0];
    int status = OG_OK;
    if (from < first) status = og_buf_put(out, d->digits[0] + from, (to < first ? to : first) - from);
    if (status == OG_OK && to > first) {
        size_t start = from > first ? from - first : 0;
        status = og_buf_put(out, d->digits[1] + start, to - first - start);
    }
    return status;
}

/* The number as the decimal module writes it: plain with at most six leading zeros, else with an exponent. */
static int put_decimal(const decimal *d, og_buf *out)
{
    size_t count = d->count[0] + d->count[1];
    int64_t left = d->exponent + (int64_t)count; /* digits before the point */
    bool plain = d->exponent <= 0 && left > -6;
    int64_t point = plain ? left : 1;
    int status = OG_OK;
    if (point <= 0) {
        status = og_buf_puts(out, "0.");
        for (int64_t i = point; i < 0 && status == OG_OK; i++)
            status = og_buf_putc(out, '0');
        if (status == OG_OK) status = put_digits(d, 0, count, out);
    } else {
        size_t at = (size_t)point < count ? (size_t)point : count;
        status = put_digits(d, 0, at, out);
        if (status == OG_OK && at < count) status = og_buf_putc(out, '.');
        if (status == OG_OK) status = put_digits(d, at, count, out);
    }
    if (status < 0 || left == point) return status;
    char text[OG__INT64_SIZE];
    status = og_buf_puts(out, left > point ? "E+" : "E");
    return status < 0 ? status : og_buf_put(out, text, og__base_int64_write(left - point, text));
}

/* Infinity, NaN and sNaN, the latter two with digits; 0 when it is none of them. */
static int put_special(const char *text, const char *end, og_buf *out)
{
    size_t len = (size_t)(end - text);
    if (same_word(text, len, "inf") || same_word(text, len, "infinity")) {
        int status = og_buf_puts(out, "Infinity");
        return status < 0 ? status : 1;
    }
    size_t word = len >= 4 && same_word(text, 4, "snan") ? 4 : len >= 3 && same_word(text, 3, "nan") ? 3 : 0;
    if (word == 0 || count_digits(text + word, end) != len - word) return 0;
    text += word;
    while (text < end && *text == '0')
        text++;
    int status = og_buf_puts(out, word == 4 ? "sNaN" : "NaN");
    if (status == OG_OK) status = og_buf_put(out, text, (size_t)(end - text));
    return status < 0 ? status : 1;
}

/* Appends what str(Decimal(text)) gives, the number in `*d` (its digits NULL for Infinity and NaN). OG_EVALUE
 * when it is not one. */
static int put_decimal_text(const char *text, size_t len, og_buf *out, decimal *d)
{
    const char *end = text + len;
    int status = OG_OK;
    *d = (decimal){0};
    if (text < end && *text == '-') status = og_buf_putc(out, '-');
    if (text < end && (*text == '-' || *text == '+')) text++;
    if (status == OG_OK) status = put_special(text, end, out);
    if (status != 0) return status;
    return read_decimal(text, end, d) ? put_decimal(d, out) : OG_EVALUE;
}

int og_as_decimal(og_value value, og_buf *out, og_error *err)
{
    int status = og__known_expect_type(value, OG_TYPE_DECIMAL, err);
    if (status < 0) return status;
    og_value args = og_object_args(value);
    size_t len = 0;
    const char *text = og_data(og_item(args, 0), &len);
    if (og_len(args) != 1 || !text)
        return og__known_refuse_content(err, OG_TYPE_DECIMAL, "expected its text as argument");
    size_t before = out->len;
    decimal d;
    status = put_decimal_text(text, len, out, &d);
    if (status >= 0) return OG_OK;
    out->len = before;
    if (status == OG_EVALUE)
        return og__known_refuse_content(err, OG_TYPE_DECIMAL, "its text is not a number");
    return og_error_set(err, (og_status)status, OG_NO_POSITION, "no room for the text of a decimal.Decimal");
}

/* The exponents that the decimal module of CPython has on machines of 64 bits. */
#define PYTHON_EXPONENT_MAX INT64_C(999999999999999999)
#define PYTHON_EXPONENT_MIN INT64_C(-1999999999999999997)

static bool python_holds(const decimal *d)
{
    size_t count = d->count[0] + d->count[1];
    int64_t first = count > (size_t)INT32_MAX ? INT64_MAX : d->exponent + (int64_t)count - 1;
    return d->exponent >= PYTHON_EXPONENT_MIN && first <= PYTHON_EXPONENT_MAX;
}

og_value og_decimal(og_doc *doc, const char *text, size_t len, og_error *err)
{
    og_buf buf;
    decimal d;
    og_buf_init(&buf, &doc->alloc);
    int status = put_decimal_text(text, len, &buf, &d);
    if (status >= 0 && (d.digits[0] == NULL || python_holds(&d))) {
        const og_value args[] = {og__known_str_of_buf(doc, &buf)};
        return og__known_made(doc, OG_MAKE_CALL, OG__KNOWN_LITERAL("decimal"), OG__KNOWN_LITERAL("Decimal"),
                              args, 1, err);
    }
    og_buf_free(&buf);
    if (status == OG_ENOMEM) return og__known_no_room(err);
    return og__known_no_value(err, OG_TYPE_DECIMAL,
                              status < 0 ? "its text is not a number" : "its exponent is out of range");
}

/* ---- Fraction ---- */

/* Before Python 3.12: "3/4", or "3" for a whole number. */
static int fraction_from_text(const char *text, size_t len, og_doc *doc, og_value *parts, og_error *err)
{
    const char *slash = memchr(text, '/', len);
    size_t first = slash ? (size_t)(slash - text) : len;
    og_error reason = {0};
    parts[0] = og_int_from_text(doc, text, first, OG_MAX_DIGITS_DEFAULT, &reason);
    parts[1] =
        slash ? og_int_from_text(doc, slash + 1, len - first - 1, OG_MAX_DIGITS_DEFAULT, &reason) : og_int(1);
    if (og_valid(parts[0]) && og_valid(parts[1])) return OG_OK;
    if (reason.code == OG_ENOMEM) return og__known_refuse_memory(err);
    return og__known_refuse_content(err, OG_TYPE_FRACTION, "expected two ints with '/' between them");
}

static bool is_above_zero(og_value number)
{
    if (og_is_big(number)) return !(number.meta & OG__F_NEGATIVE);
    int64_t small;
    return og_as_int64(number, &small) == OG_OK && small > 0;
}

int og_as_fraction(og_value value, og_doc *doc, og_value *numerator, og_value *denominator, og_error *err)
{
    int status = og__known_expect_type(value, OG_TYPE_FRACTION, err);
    if (status < 0) return status;
    og_value args = og_object_args(value);
    og_value parts[2] = {og_item(args, 0), og_item(args, 1)};
    size_t len;
    const char *text = og_data(parts[0], &len);
    if (og_len(args) == 1 && text) {
        status = fraction_from_text(text, len, doc, parts, err);
        if (status < 0) return status;
    }
    if (og_len(args) > 2 || og_kind_of(parts[0]) != OG_INT || og_kind_of(parts[1]) != OG_INT)
        return og__known_refuse_content(err, OG_TYPE_FRACTION, "expected two ints, or their text");
    if (!is_above_zero(parts[1]))
        return og__known_refuse_content(err, OG_TYPE_FRACTION, "its denominator is not above 0");
    *numerator = parts[0];
    *denominator = parts[1];
    return OG_OK;
}

og_value og_fraction(og_doc *doc, og_value numerator, og_value denominator, og_error *err)
{
    const og_value args[] = {numerator, denominator};
    for (int i = 0; i < 2; i++) {
        if (og_kind_of(args[i]) != OG_INT)
            return og__known_no_kind(err, OG_TYPE_FRACTION, "two ints", args[i]);
    }
    if (!is_above_zero(denominator))
        return og__known_no_value(err, OG_TYPE_FRACTION, "its denominator is not above 0");
    return og__known_made(doc, OG_MAKE_CALL, OG__KNOWN_LITERAL("fractions"), OG__KNOWN_LITERAL("Fraction"),
                          args, 2, err);
}

/* ---- UUID ---- */

bool og__known_int_of_128_bits(og_value number, uint8_t out[16])
{
    uint64_t limbs[2] = {0, 0};
    if (og_kind_of(number) != OG_INT) return false;
    if (og_is_big(number)) {
        size_t count = og__value_len(number);
        if (count > 2 || (number.meta & OG__F_NEGATIVE)) return false;
        memcpy(limbs, number.u.p, count * sizeof limbs[0]);
    } else if (og_as_uint64(number, &limbs[0]) < 0) {
        return false;
    }
    for (int i = 0; i < 16; i++)
        out[i] = (uint8_t)(limbs[i < 8] >> (8 * (7 - i % 8)));
    return true;
}

int og_as_uuid(og_value value, uint8_t out[16], og_error *err)
{
    int status = og__known_expect_type(value, OG_TYPE_UUID, err);
    if (status < 0) return status;
    if (og_len(og_object_args(value)) > 0 || !og__known_int_of_128_bits(og_object_attr(value, "int"), out))
        return og__known_refuse_content(err, OG_TYPE_UUID, "expected an attribute 'int' of 128 bits");
    return OG_OK;
}

og_value og_uuid(og_doc *doc, const uint8_t bytes[16], og_error *err)
{
    uint8_t number[17] = {0}; /* lowest byte first, without a sign */
    for (int i = 0; i < 16; i++)
        number[i] = bytes[15 - i];
    og_value object =
        og__known_made(doc, OG_MAKE_NEW, OG__KNOWN_LITERAL("uuid"), OG__KNOWN_LITERAL("UUID"), NULL, 0, err);
    og_value state = og_dict(doc);
    og_value value = og_int_from_bytes(doc, number, sizeof number);
    if (!og_valid(object)) return object;
    if (!og_valid(state) || og_dict_sets(doc, state, "int", value, NULL) < 0 ||
        og_object_build(doc, object, state, NULL) < 0)
        return og__known_no_room(err);
    return object;
}

/* ---- range and slice ---- */

/* One argument is the end, two are start and end, three have the step too. */
static bool three(og_value args, og_value *start, og_value *stop, og_value *step)
{
    size_t count = og_len(args);
    if (count < 1 || count > 3) return false;
    *stop = og_item(args, count > 1);
    if (count > 1) *start = og_item(args, 0);
    if (count > 2) *step = og_item(args, 2);
    return true;
}

static bool is_int(og_value v)
{
    return og_kind_of(v) == OG_INT || og_kind_of(v) == OG_BOOL;
}

int og_as_range(og_value value, og_slice *out, og_error *err)
{
    int status = og__known_expect_type(value, OG_TYPE_RANGE, err);
    if (status < 0) return status;
    og_slice r = {og_int(0), og_int(0), og_int(1)};
    if (!three(og_object_args(value), &r.start, &r.stop, &r.step) || !is_int(r.start) || !is_int(r.stop) ||
        !is_int(r.step))
        return og__known_refuse_content(err, OG_TYPE_RANGE, "expected one to three ints");
    int64_t step;
    if (og_as_int64(r.step, &step) == OG_OK && step == 0)
        return og__known_refuse_content(err, OG_TYPE_RANGE, "its step is 0");
    *out = r;
    return OG_OK;
}

int og_as_slice(og_value value, og_slice *out, og_error *err)
{
    int status = og__known_expect_type(value, OG_TYPE_SLICE, err);
    if (status < 0) return status;
    og_slice s = {og_none(), og_none(), og_none()};
    if (!three(og_object_args(value), &s.start, &s.stop, &s.step))
        return og__known_refuse_content(err, OG_TYPE_SLICE, "expected one to three arguments");
    *out = s;
    return OG_OK;
}
