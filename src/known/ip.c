/* SPDX-License-Identifier: MIT */
/* Addresses, networks and interfaces of ipaddress, from the forms in which CPython pickles them. */
#include "known/known.h"

#include <stdio.h>

enum { GROUPS = 8, MAX_TEXT = 64 };

static int refuse(og_error *err, const char *what)
{
    return og__known_refuse_content(err, OG_TYPE_IP, what);
}

static int put_v4(const uint8_t *bytes, og_buf *out)
{
    char text[MAX_TEXT];
    int len = snprintf(text, sizeof text, "%d.%d.%d.%d", bytes[0], bytes[1], bytes[2], bytes[3]);
    return og_buf_put(out, text, (size_t)len);
}

/* The first of the longest runs of zeros; fewer than two in a row are none. */
static size_t longest_zeros(const unsigned *groups, size_t *start)
{
    size_t best = 1;
    for (size_t i = 0; i < GROUPS; i++) {
        size_t len = 0;
        while (i + len < GROUPS && groups[i + len] == 0)
            len++;
        if (len <= best) continue;
        best = len;
        *start = i;
    }
    return best > 1 ? best : 0;
}

/* As RFC 5952 has it: small letters, no leading zeros, "::" for the longest run of zeros. */
static int put_v6(const uint8_t *bytes, og_buf *out)
{
    unsigned groups[GROUPS];
    char text[MAX_TEXT];
    size_t len = 0;
    size_t zeros_at = GROUPS;
    for (size_t i = 0; i < GROUPS; i++)
        groups[i] = (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
    size_t zeros = longest_zeros(groups, &zeros_at);
    for (size_t i = 0; i < GROUPS; i++) {
        if (i == zeros_at) {
            text[len++] = ':';
            if (i + zeros == GROUPS) text[len++] = ':';
            i += zeros - 1;
            continue;
        }
        const char *colon = i > 0 ? ":" : "";
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%x", colon, groups[i]);
    }
    return og_buf_put(out, text, len);
}

static bool is_address_text(const char *text, size_t len)
{
    if (len == 0 || len > MAX_TEXT) return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] <= ' ' || text[i] > '~' || text[i] == '"' || text[i] == '\\') return false;
    }
    return true;
}

int og_as_ip(og_value value, og_buf *out, og_error *err)
{
    int status = og__known_expect_type(value, OG_TYPE_IP, err);
    if (status < 0) return status;
    og_value arg = og_item(og_object_args(value), 0);
    const char *name = og_data(og_class_qualname(og_object_class(value)), NULL);
    bool v6 = name[3] == '6';
    size_t len = 0;
    const char *text = og_data(arg, &len);
    uint8_t bytes[16];
    if (og_len(og_object_args(value)) != 1 || og_valid(og_object_state(value)))
        return refuse(err, "expected one argument");
    if (og_kind_of(arg) == OG_STR)
        return is_address_text(text, len) ? og_buf_put(out, text, len) : refuse(err, "it is no address");
    if (name[4] != 'A' || !og__known_int_of_128_bits(arg, bytes))
        return refuse(err, "expected an int or a text");
    if (v6) return put_v6(bytes, out);
    for (int i = 0; i < 12; i++) {
        if (bytes[i]) return refuse(err, "its number has more than 32 bits");
    }
    return put_v4(bytes + 12, out);
}
