/* SPDX-License-Identifier: MIT */
/* Ints of any size: from and to limbs, bytes and text, and against doubles. */
#include "base/alloc.h"
#include "base/bytes.h"
#include "base/number.h"
#include "base/plural.h"
#include "value/number.h"

#include <math.h>

bool og_is_big(og_value value)
{
    return og_kind_of(value) == OG_INT && (value.meta & OG__F_BIG);
}

static size_t limbs_used(const uint64_t *limbs, size_t count)
{
    while (count > 0 && limbs[count - 1] == 0)
        count--;
    return count;
}

/* The int when it fits int64_t, else OG_INVALID. `count` has no leading zeros. */
static og_value small_from_limbs(const uint64_t *limbs, size_t count, bool negative)
{
    if (count == 0) return og__value_make_int(0);
    if (count > 1 || limbs[0] > (uint64_t)INT64_MAX + negative) return (og_value){0};
    return og__value_make_int(negative ? (int64_t)(0 - limbs[0]) : (int64_t)limbs[0]);
}

static og_value big_make(const uint64_t *limbs, size_t count, bool negative)
{
    return og__value_make(OG_INT, OG__F_BIG | (negative ? OG__F_NEGATIVE : 0u), count, limbs);
}

og_value og__value_int_from_limbs(og_doc *doc, const uint64_t *limbs, size_t count, bool negative)
{
    count = limbs_used(limbs, count);
    og_value small = small_from_limbs(limbs, count, negative);
    if (og_valid(small)) return small;
    if (count > OG__LEN_MAX / 8) return (og_value){0};
    uint64_t *copy = og__value_doc_alloc(doc, count * 8, 8);
    if (!copy) return (og_value){0};
    memcpy(copy, limbs, count * 8);
    return big_make(copy, count, negative);
}

/* Two's complement in place. */
static void negate(uint64_t *limbs, size_t count)
{
    uint64_t carry = 1;
    for (size_t i = 0; i < count; i++) {
        limbs[i] = ~limbs[i] + carry;
        carry = carry && limbs[i] == 0;
    }
}

og_value og_int_from_bytes(og_doc *doc, const uint8_t *bytes, size_t len)
{
    if (len == 0) return og__value_make_int(0);
    bool negative = bytes[len - 1] & 0x80;
    if (len <= 8) {
        return og__value_make_int((int64_t)og__base_load_few(bytes, len, negative ? UINT64_MAX : 0));
    }
    if (len > OG__LEN_MAX) return (og_value){0};
    size_t count = len / 8 + 1;
    uint64_t *limbs = og__value_doc_alloc(doc, count * 8, 8);
    if (!limbs) return (og_value){0};
    og__base_limbs_load(limbs, bytes, len / 8);
    limbs[count - 1] = og__base_load_few(bytes + len / 8 * 8, len % 8, negative ? UINT64_MAX : 0);
    if (negative) negate(limbs, count);
    count = limbs_used(limbs, count);
    og_value small = small_from_limbs(limbs, count, negative);
    return og_valid(small) ? small : big_make(limbs, count, negative);
}

int og_int_to_bytes(og_value value, og_buf *out)
{
    if (og_kind_of(value) != OG_INT) return OG_ETYPE;
    bool big = og_is_big(value);
    bool negative = big ? (value.meta & OG__F_NEGATIVE) != 0 : value.u.i < 0;
    size_t len = big ? og__value_len(value) * 8 : 8;
    int status = og_buf_reserve(out, len + 1);
    if (status < 0) return status;
    uint8_t *bytes = out->data + out->len;
    uint64_t small = (uint64_t)value.u.i;
    og__base_limbs_store(bytes, big ? value.u.p : &small, len / 8);
    if (big && negative) {
        unsigned carry = 1;
        for (size_t i = 0; i < len; i++) {
            unsigned byte = (uint8_t)~bytes[i] + carry;
            bytes[i] = (uint8_t)byte;
            carry = byte >> 8;
        }
    }
    uint8_t fill = negative ? 0xff : 0;
    bytes[len++] = fill;
    while (len > 0 && bytes[len - 1] == fill && (len == 1 ? !negative : (bytes[len - 2] >> 7) == (fill >> 7)))
        len--;
    out->len += len;
    return OG_OK;
}

og_value og_int_from_text(og_doc *doc, const char *text, size_t len, size_t max_digits, og_error *err)
{
    bool negative = len > 0 && text[0] == '-';
    const char *digits = text + negative;
    size_t count = len - negative;
    if (count == 0) {
        og_error_set(err, OG_ESYNTAX, negative, "expected digits, but the number ends here");
        return (og_value){0};
    }
    for (size_t i = 0; i < count; i++) {
        if (digits[i] >= '0' && digits[i] <= '9') continue;
        og_error_set(err, OG_ESYNTAX, i + negative, "expected a digit, found byte 0x%02x",
                     (uint8_t)digits[i]);
        return (og_value){0};
    }
    if (max_digits && count > max_digits) {
        og_error_set(err, OG_ELIMIT, 0,
                     "an int of %zu digits is over the limit of %zu; raise max_digits to allow it", count,
                     max_digits);
        return (og_value){0};
    }
    if (count <= 19) {
        uint64_t number = 0;
        for (size_t i = 0; i < count; i++)
            number = number * 10 + (uint64_t)(digits[i] - '0');
        og_value v = og__value_int_from_limbs(doc, &number, 1, negative);
        if (!og_valid(v)) og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for an int");
        return v;
    }
    uint64_t *limbs = og__value_doc_alloc(doc, og__base_limbs_for_digits(count) * 8, 8);
    if (!limbs) {
        og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for an int of %zu digits", count);
        return (og_value){0};
    }
    size_t used = limbs_used(limbs, og__base_limbs_from_digits(digits, count, limbs));
    og_value small = small_from_limbs(limbs, used, negative);
    return og_valid(small) ? small : big_make(limbs, used, negative);
}

static int too_many_digits(og_error *err, size_t max_digits)
{
    return og_error_set(err, OG_ELIMIT, OG_NO_POSITION,
                        "an int of more than %zu digit%s; raise max_digits to write it", max_digits,
                        og__base_plural(max_digits));
}

static int big_to_text(og_value value, size_t max_digits, og_buf *out, og_error *err)
{
    size_t count = og__value_len(value);
    size_t room = og__base_digits_for_limbs(count);
    /* A limb below the top one is at least 19 digits. */
    if (max_digits && (count - 1) * 19 > max_digits) return too_many_digits(err, max_digits);
    int status = og_buf_reserve(out, room + 1);
    if (status < 0)
        return og_error_set(err, (og_status)status, OG_NO_POSITION, "no room for %zu digits", room);
    uint64_t *scratch = og__base_alloc(out->alloc, count * 8);
    if (!scratch) return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for %zu digits", room);
    memcpy(scratch, value.u.p, count * 8);
    char *text = (char *)out->data + out->len;
    size_t negative = (value.meta & OG__F_NEGATIVE) != 0;
    if (negative) text[0] = '-';
    size_t digits = og__base_limbs_to_digits(scratch, count, text + negative);
    og__base_free(out->alloc, scratch, count * 8);
    if (max_digits && digits > max_digits) return too_many_digits(err, max_digits);
    out->len += digits + negative;
    return OG_OK;
}

int og_int_to_text(og_value value, size_t max_digits, og_buf *out, og_error *err)
{
    if (og_kind_of(value) != OG_INT)
        return og_error_set(err, OG_ETYPE, OG_NO_POSITION, "expected int, found %s",
                            og_kind_name(og_kind_of(value)));
    if (og_is_big(value)) return big_to_text(value, max_digits, out, err);
    char text[OG__INT64_SIZE];
    size_t len = og__base_int64_write(value.u.i, text);
    if (max_digits && len - (value.u.i < 0) > max_digits) return too_many_digits(err, max_digits);
    int status = og_buf_put(out, text, len);
    return status < 0 ? og_error_set(err, (og_status)status, OG_NO_POSITION, "no room for %zu digits", len)
                      : OG_OK;
}

int og__value_big_to_double(og_value big, double *out)
{
    const uint64_t *limbs = big.u.p;
    size_t count = og__value_len(big);
    if (count > OG__DOUBLE_LIMBS) return OG_EVALUE;
    uint64_t top = limbs[count - 1];
    unsigned shift = (unsigned)__builtin_clzll(top);
    if (shift && count > 1)
        top = top << shift | limbs[count - 2] >> (64 - shift);
    else
        top <<= shift;
    /* What lies below the 64 bits taken only matters for a tie: any of it becomes the lowest bit. */
    bool rest = count > 1 && shift < 64 && (limbs[count - 2] << shift) != 0;
    for (size_t i = 0; !rest && i + 2 < count; i++)
        rest = limbs[i] != 0;
    double d = ldexp((double)(top | rest), (int)((count - 1) * 64) - (int)shift);
    if (isinf(d)) return OG_EVALUE;
    *out = big.meta & OG__F_NEGATIVE ? -d : d;
    return OG_OK;
}

size_t og__value_double_to_limbs(double integral, uint64_t limbs[OG__DOUBLE_LIMBS])
{
    int exponent;
    double fraction = frexp(fabs(integral), &exponent);
    uint64_t mantissa = (uint64_t)ldexp(fraction, 53);
    memset(limbs, 0, OG__DOUBLE_LIMBS * sizeof *limbs);
    int shift = exponent - 53;
    if (shift < 0) {
        limbs[0] = mantissa >> -shift;
        return limbs[0] != 0;
    }
    size_t at = (size_t)shift / 64;
    unsigned bit = (unsigned)shift % 64;
    limbs[at] = mantissa << bit;
    if (bit && at + 1 < OG__DOUBLE_LIMBS) limbs[at + 1] = mantissa >> (64 - bit);
    return limbs_used(limbs, OG__DOUBLE_LIMBS);
}

bool og__value_double_to_int64(double number, int64_t *out)
{
    if (!(number >= -0x1p63 && number < 0x1p63)) return false;
    int64_t i = (int64_t)number;
    if ((double)i != number) return false;
    *out = i;
    return true;
}

static bool big_equals_double(og_value big, double d)
{
    uint64_t limbs[OG__DOUBLE_LIMBS];
    if (!isfinite(d) || d != floor(d) || (d < 0) != ((big.meta & OG__F_NEGATIVE) != 0)) return false;
    size_t count = og__value_double_to_limbs(d, limbs);
    return count == og__value_len(big) && memcmp(limbs, big.u.p, count * 8) == 0;
}

static bool real_equal(og_value a, og_value b)
{
    bool big_a = og_is_big(a);
    bool big_b = og_is_big(b);
    if (big_a && big_b) return a.meta == b.meta && memcmp(a.u.p, b.u.p, og__value_len(a) * 8) == 0;
    bool float_a = og_kind_of(a) == OG_FLOAT;
    bool float_b = og_kind_of(b) == OG_FLOAT;
    if (float_a && float_b) return a.u.f == b.u.f;
    if (big_a || big_b) return float_b ? big_equals_double(a, b.u.f) : float_a && big_equals_double(b, a.u.f);
    if (!float_a && !float_b) return a.u.i == b.u.i;
    int64_t i;
    return og__value_double_to_int64(float_a ? a.u.f : b.u.f, &i) && i == (float_a ? b.u.i : a.u.i);
}

bool og__value_number_equal(og_value a, og_value b)
{
    double zero[2] = {0, 0};
    const double *x = og_kind_of(a) == OG_COMPLEX ? a.u.p : zero;
    const double *y = og_kind_of(b) == OG_COMPLEX ? b.u.p : zero;
    if (x[1] != y[1]) return false;
    return real_equal(x == zero ? a : og__value_make_float(x[0]), y == zero ? b : og__value_make_float(y[0]));
}
