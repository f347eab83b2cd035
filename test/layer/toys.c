/* SPDX-License-Identifier: MIT */
#include "toys.h"

#include <stdio.h>
#include <string.h>

static int full(og_error *err)
{
    return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for a toy");
}

/* ---- knock ---- */

typedef struct knock {
    og_role role;
} knock;

static int knock_start(void *state, const void *config, og_role role, og_buf *wire, og_error *err)
{
    (void)config;
    ((knock *)state)->role = role;
    return role == OG_ROLE_CLIENT && og_buf_puts(wire, "knock") < 0 ? full(err) : OG_OK;
}

static int knock_read(void *state, const uint8_t *in, size_t len, size_t *used, og__layer_parts *parts,
                      og_buf *wire, og_error *err)
{
    og_role role = ((knock *)state)->role;
    (void)parts;
    if (len < 5) return OG__LAYER_WAIT;
    if (memcmp(in, role == OG_ROLE_SERVER ? "knock" : "enter", 5) != 0)
        return og_error_set(err, OG_ESYNTAX, OG_NO_POSITION, "nobody knocked");
    *used = 5;
    if (role == OG_ROLE_SERVER && og_buf_puts(wire, "enter") < 0) return full(err);
    return OG__LAYER_DONE;
}

static const char *knock_awaits(const void *state)
{
    return ((const knock *)state)->role == OG_ROLE_SERVER ? "a knock" : "a word";
}

const og__layer toy_knock = {
    .name = "knock",
    .summary = "knocks before it enters",
    .state_size = sizeof(knock),
    .start = knock_start,
    .read = knock_read,
    .awaits = knock_awaits,
};

/* ---- veil ---- */

typedef struct veil {
    char greeting; /* the peer's, 0 until it has come */
    bool ended;
} veil;

static int veil_start(void *state, const void *config, og_role role, og_buf *wire, og_error *err)
{
    (void)state;
    (void)config;
    return og_buf_putc(wire, role == OG_ROLE_CLIENT ? '<' : '>') < 0 ? full(err) : OG_OK;
}

static int veil_read(void *state, const uint8_t *in, size_t len, size_t *used, og__layer_parts *parts,
                     og_buf *wire, og_error *err)
{
    veil *v = state;
    (void)wire;
    if (len == 0) return OG__LAYER_WAIT;
    if (!v->greeting) {
        v->greeting = (char)in[0];
        *used = 1;
        return OG__LAYER_PROGRESS;
    }
    size_t n = in[0] ^ 0x55u;
    if (len < n + 1) return OG__LAYER_WAIT;
    if (n == 0) v->ended = parts->ended = true;
    for (size_t i = 0; i < n; i++)
        if (og_buf_putc(&parts->bytes, in[1 + i] ^ 0x55u) < 0) return full(err);
    *used = n + 1;
    return OG__LAYER_PROGRESS;
}

static int veil_write(void *state, const og__part *parts, size_t count, og_buf *wire, og_error *err)
{
    enum { MOST = 255 };
    (void)state;
    for (size_t p = 0; p < count; p++) {
        for (size_t i = 0; i < parts[p].len; i++) {
            size_t left = parts[p].len - i;
            uint8_t record = (uint8_t)((left < MOST ? left : MOST) ^ 0x55u);
            if (i % MOST == 0 && og_buf_putc(wire, record) < 0) return full(err);
            if (og_buf_putc(wire, parts[p].data[i] ^ 0x55u) < 0) return full(err);
        }
    }
    return OG_OK;
}

static void veil_end(void *state, og_buf *wire)
{
    (void)state;
    og_buf_putc(wire, 0x55);
}

static int veil_hangup(const void *state, og_error *err)
{
    if (((const veil *)state)->ended) return OG_OK;
    return og_error_set(err, OG_ETRUNCATED, OG_NO_POSITION, "the veil was torn");
}

static bool veil_is_open(const void *state)
{
    return ((const veil *)state)->greeting != 0;
}

static size_t veil_property(const void *state, const char *name, char *text, size_t size)
{
    char value[2] = {((const veil *)state)->greeting, 0};
    if (strcmp(name, "toy.greeting") != 0) return 0;
    snprintf(text, size, "%s", value);
    return strlen(value);
}

static const char *const veil_properties[] = {"toy.greeting", NULL};

const og__layer toy_veil = {
    .name = "veil",
    .summary = "hides bytes badly",
    .state_size = sizeof(veil),
    .properties = veil_properties,
    .start = veil_start,
    .read = veil_read,
    .write = veil_write,
    .end = veil_end,
    .hangup = veil_hangup,
    .is_open = veil_is_open,
    .property = veil_property,
};

/* ---- multi ---- */

static int multi_start(void *state, const void *config, og_role role, og_buf *wire, og_error *err)
{
    (void)state;
    (void)config;
    (void)role;
    (void)wire;
    (void)err;
    return OG_OK;
}

static int multi_read(void *state, const uint8_t *in, size_t len, size_t *used, og__layer_parts *parts,
                      og_buf *wire, og_error *err)
{
    (void)state;
    (void)wire;
    if (len < 2 || len < 2u + in[1]) return OG__LAYER_WAIT;
    if (in[0] > 1) return og_error_set(err, OG_ESYNTAX, OG_NO_POSITION, "found flag %d", in[0]);
    *used = 2u + in[1];
    if (og_buf_put(&parts->bytes, in + 2, in[1]) < 0) return full(err);
    const og__part_end end = {parts->bytes.len, in[0] == 1};
    return og_buf_put(&parts->ends, &end, sizeof end) < 0 ? full(err) : OG__LAYER_PROGRESS;
}

static int multi_write(void *state, const og__part *parts, size_t count, og_buf *wire, og_error *err)
{
    (void)state;
    for (size_t i = 0; i < count; i++) {
        const uint8_t head[2] = {i + 1 < count, (uint8_t)parts[i].len};
        if (parts[i].len > 255) return og_error_set(err, OG_EVALUE, OG_NO_POSITION, "too long for a toy");
        if (og_buf_put(wire, head, 2) < 0 || og_buf_put(wire, parts[i].data, parts[i].len) < 0)
            return full(err);
    }
    return OG_OK;
}

static bool multi_is_open(const void *state)
{
    (void)state;
    return true;
}

const og__layer toy_multi = {
    .name = "multi",
    .summary = "messages of several parts",
    .whole_messages = true,
    .state_size = 1,
    .start = multi_start,
    .read = multi_read,
    .write = multi_write,
    .is_open = multi_is_open,
};
