/* SPDX-License-Identifier: MIT */
/* What the passes over a text meet less often: words, NaN, what is no value at all. */
#include "base/number_digits.h"
#include "base/text16.h"
#include "codec/json/begins.h"
#include "codec/json/reader.h"

const uint8_t *og__json_skip_space_slow(const og__json_reader *r, const uint8_t *at)
{
    while (at < r->end && og__base_is_space(*at))
        at++;
    return at < r->end ? at : r->end;
}

static const uint8_t *read_word(og__json_reader *r, const uint8_t *at, const char *word, og_value value,
                                og_value *out)
{
    size_t len = strlen(word);
    if ((size_t)(r->end - at) < len || memcmp(at, word, len) != 0) return og__json_not_word(r, at, word);
    *out = value;
    return at + len;
}

static const uint8_t *not_a_value(og__json_reader *r, const uint8_t *at, og_value *out)
{
    if (r->allow_nan && at < r->end) {
        bool negative = *at == '-';
        if (*at == 'N') return read_word(r, at, "NaN", og_float(__builtin_nan("")), out);
        if (*at == 'I') return read_word(r, at, "Infinity", og_float(__builtin_inf()), out);
        if (negative) return read_word(r, at, "-Infinity", og_float(-__builtin_inf()), out);
    }
    if (at < r->end && (*at == 'N' || *at == 'I' || *at == '-'))
        return og__json_unexpected(r, at, "a value (NaN and Infinity are not JSON; allow_nan takes them)");
    if (r->end - at >= OG__JSON_BOM_LEN && at == r->text && memcmp(at, OG__JSON_BOM, OG__JSON_BOM_LEN) == 0)
        return og__json_unexpected(r, at,
                                   r->allow_bom
                                       ? "a value after the byte order mark"
                                       : "a value (a byte order mark is not JSON; allow_bom takes it)");
    return og__json_unexpected_between(r, at, "a value");
}

const uint8_t *og__json_read_other(og__json_reader *r, const uint8_t *at, og_value *out)
{
    if (at >= r->end) return not_a_value(r, at, out);
    if (*at == '-' && r->end - at >= 2 && at[1] == 'I') return not_a_value(r, at, out);
    if (*at == '-' || og__base_is_digit(*at)) return og__json_read_number(r, at, out);
    switch (*at) {
    case 't': return read_word(r, at, "true", og_bool(true), out);
    case 'f': return read_word(r, at, "false", og_bool(false), out);
    case 'n': return read_word(r, at, "null", og__value_make(OG_NONE, 0, 0, NULL), out);
    default: return not_a_value(r, at, out);
    }
}
