/* SPDX-License-Identifier: MIT */
/* Endpoints as text: taking them apart and writing them. */
#include <onggi/net.h>

#include "base/bytes.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *text;
    bool datagram;
} transports[] = {
#define X(name, text, datagram) [name] = {text, datagram},
    OG_TRANSPORT_MAP(X)
#undef X
};

enum { TRANSPORTS = sizeof transports / sizeof *transports };

bool og_transport_is_datagram(og_transport transport)
{
    return (unsigned)transport < TRANSPORTS && transports[transport].datagram;
}

static bool has_path(og_transport transport)
{
    return transport == OG_UNIX || transport == OG_UNIXGRAM;
}

static bool is_descriptor(og_transport transport)
{
    return transport == OG_FD || transport == OG_TLS_FD;
}

/* Position in the text that is being taken apart, and what is left of it. */
typedef struct cursor {
    const char *start;
    const char *at;
} cursor;

static size_t position(const cursor *c)
{
    return (size_t)(c->at - c->start);
}

/* Copies up to `end` into `out`, %XX decoded. What it is (`what`) is for the error. */
static int take_decoded(cursor *c, const char *end, char *out, size_t size, const char *what, og_error *err)
{
    size_t start = position(c);
    size_t len = 0;
    while (c->at < end) {
        char byte = *c->at;
        size_t used = 1;
        if (byte == '%') {
            int high = end - c->at > 2 ? og__base_hex_digit(c->at[1]) : -1;
            int low = high >= 0 ? og__base_hex_digit(c->at[2]) : -1;
            if (low < 0 || (high == 0 && low == 0))
                return og_error_set(err, OG_EADDRESS, position(c),
                                    "expected two hexadecimal digits, not 00, after '%%' in the %s (a '%%' "
                                    "itself is written %%25)",
                                    what);
            byte = (char)(high * 16 + low);
            used = 3;
        }
        if (len + 1 >= size)
            return og_error_set(err, OG_EADDRESS, start, "the %s is too long; at most %zu bytes fit", what,
                                size - 1);
        out[len++] = byte;
        c->at += used;
    }
    out[len] = '\0';
    return OG_OK;
}

static int take_transport(cursor *c, og_transport *transport, og_error *err)
{
    const char *end = strstr(c->at, "://");
    const char *expected =
        "expected tcp://, udp://, unix://, unixgram://, tls:// or fd:// first, for example "
        "tcp://localhost:8080";
    if (!end) return og_error_set(err, OG_EADDRESS, 0, "no transport: %s", expected);
    size_t len = (size_t)(end - c->at);
    for (unsigned i = 0; i < TRANSPORTS; i++) {
        if (strlen(transports[i].text) != len || strncasecmp(c->at, transports[i].text, len) != 0) continue;
        *transport = (og_transport)i;
        c->at = end + 3;
        return OG_OK;
    }
    return og_error_set(err, OG_EADDRESS, 0, "unknown transport '%.*s': %s", len > 20 ? 20 : (int)len, c->at,
                        expected);
}

static bool is_name_byte(unsigned char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           byte == '-' || byte == '.' || byte == '_' || byte >= 0x80;
}

/* True for an IPv6 address, perhaps with a zone (an interface's name or number) after a '%'. */
static bool is_ipv6(const char *text)
{
    char bare[INET6_ADDRSTRLEN + 1];
    size_t len = strcspn(text, "%");
    if (len >= sizeof bare) return false;
    memcpy(bare, text, len);
    bare[len] = '\0';
    struct in6_addr address;
    if (inet_pton(AF_INET6, bare, &address) != 1) return false;
    if (text[len] == '\0') return true;
    const char *zone = text + len + 1;
    size_t used = 0;
    while (is_name_byte((unsigned char)zone[used]))
        used++;
    return used > 0 && used < IF_NAMESIZE && zone[used] == '\0';
}

static int take_bracketed(cursor *c, og_endpoint *endpoint, og_error *err)
{
    size_t start = position(c);
    const char *inside = c->at + 1;
    size_t len = strcspn(inside, "]");
    if (inside[len] == '\0')
        return og_error_set(err, OG_EADDRESS, start, "this '[' needs a ']' after the IPv6 address");
    if (len < sizeof endpoint->host) {
        memcpy(endpoint->host, inside, len);
        endpoint->host[len] = '\0';
        /* RFC 6874 writes the zone's '%' as %25; people write it as it is. */
        char *zone = strchr(endpoint->host, '%');
        if (zone && strncmp(zone, "%25", 3) == 0) memmove(zone + 1, zone + 3, strlen(zone + 3) + 1);
    }
    if (len >= sizeof endpoint->host || !is_ipv6(endpoint->host))
        return og_error_set(err, OG_EADDRESS, start + 1,
                            "'%.*s' is no IPv6 address; only those are written in brackets, as in [::1]",
                            len > 60 ? 60 : (int)len, inside);
    c->at = inside + len + 1;
    return OG_OK;
}

static int take_host(cursor *c, og_endpoint *endpoint, og_error *err)
{
    if (*c->at == '[') return take_bracketed(c, endpoint, err);
    size_t start = position(c);
    size_t len = 0;
    if (*c->at == '*')
        len = 1;
    else
        while (is_name_byte((unsigned char)c->at[len]))
            len++;
    if (len >= sizeof endpoint->host)
        return og_error_set(err, OG_EADDRESS, start, "the host has %zu bytes; at most %zu are possible", len,
                            sizeof endpoint->host - 1);
    memcpy(endpoint->host, c->at, len);
    endpoint->host[len] = '\0';
    c->at += len;
    return OG_OK;
}

static int take_port(cursor *c, og_endpoint *endpoint, og_error *err)
{
    if (*c->at == '\0' || *c->at == '?')
        return og_error_set(err, OG_EADDRESS, position(c),
                            "no port: expected ':' and a number from 0 to 65535, as in tcp://localhost:8080");
    if (*c->at != ':')
        return og_error_set(err, OG_EADDRESS, position(c),
                            "unexpected '%c' in the host: expected letters, digits, '-', '.', then ':' and a "
                            "port",
                            *c->at >= ' ' && *c->at < 0x7f ? *c->at : '?');
    c->at++;
    size_t digits = strspn(c->at, "0123456789");
    const char *end = c->at + digits;
    if (*end == ':')
        return og_error_set(
            err, OG_EADDRESS, position(c),
            "more than one ':': IPv6 addresses are written in brackets, as in tcp://[::1]:8080");
    unsigned long port = 0;
    for (const char *digit = c->at; digit < end && port <= UINT16_MAX; digit++)
        port = port * 10 + (unsigned long)(*digit - '0');
    if (digits == 0 || port > UINT16_MAX || (*end != '\0' && *end != '?'))
        return og_error_set(err, OG_EADDRESS, position(c),
                            "expected a port from 0 to 65535 and then the end or '?', not '%.20s'", c->at);
    endpoint->port = (uint16_t)port;
    c->at = end;
    return OG_OK;
}

/* Descriptors past this do not exist on any system by default, and fit an int. */
enum { MOST_DESCRIPTOR = 1 << 20 };

static int take_descriptor(cursor *c, og_endpoint *endpoint, og_error *err)
{
    size_t digits = strspn(c->at, "0123456789");
    const char *end = c->at + digits;
    int number = 0;
    for (const char *digit = c->at; digit < end && number <= MOST_DESCRIPTOR; digit++)
        number = number * 10 + (*digit - '0');
    if (digits == 0 || number > MOST_DESCRIPTOR || (*end != '\0' && *end != '?'))
        return og_error_set(err, OG_EADDRESS, position(c),
                            "expected the number of a descriptor and then the end or '?', as in fd://3, not "
                            "'%.20s'",
                            c->at);
    endpoint->inherited = number + 1;
    c->at = end;
    return OG_OK;
}

static int take_path(cursor *c, og_endpoint *endpoint, og_error *err)
{
    const char *end = c->at + strcspn(c->at, "?");
    if (end == c->at)
        return og_error_set(err, OG_EADDRESS, position(c), "no path: expected one, as in unix:///run/x.sock");
    return take_decoded(c, end, endpoint->path, sizeof endpoint->path, "path of a socket", err);
}

static int check_count(const cursor *c, const char *key, const char *text, og_error *err)
{
    size_t len = strlen(text);
    if (strspn(text, "0123456789") == len) return OG_OK;
    return og_error_set(err, OG_EADDRESS, position(c) - len, "expected '%s=' and a number, not '%.20s'", key,
                        text);
}

/* One key=value of the query, up to `end`. */
static int take_pair(cursor *c, const char *end, og_endpoint *endpoint, og_error *err)
{
    const struct {
        const char *key;
        char *out;
        size_t size;
        bool counts;
    } keys[] = {
        {"codec", endpoint->codec, sizeof endpoint->codec, false},
        {"framing", endpoint->framing, sizeof endpoint->framing, false},
        {"form", endpoint->form, sizeof endpoint->form, false},
        {"as", endpoint->profile, sizeof endpoint->profile, false},
        {"interface", endpoint->interface, sizeof endpoint->interface, false},
        {"skip", endpoint->skip, sizeof endpoint->skip, true},
        {"skip-bytes", endpoint->skip_bytes, sizeof endpoint->skip_bytes, true},
    };
    size_t len = strcspn(c->at, "=&");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (strlen(keys[i].key) != len || memcmp(c->at, keys[i].key, len) != 0) continue;
        if (keys[i].out[0])
            return og_error_set(err, OG_EADDRESS, position(c), "'%s' is given twice", keys[i].key);
        if (c->at + len + 1 >= end || c->at[len] != '=')
            return og_error_set(err, OG_EADDRESS, position(c), "expected '%s=' and a %s", keys[i].key,
                                keys[i].counts ? "number" : "name");
        c->at += len + 1;
        int status = take_decoded(c, end, keys[i].out, keys[i].size, keys[i].counts ? "number" : "name", err);
        return status == OG_OK && keys[i].counts ? check_count(c, keys[i].key, keys[i].out, err) : status;
    }
    const char *names[sizeof keys / sizeof *keys + 1] = {NULL};
    char word[21];
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        names[i] = keys[i].key;
    snprintf(word, sizeof word, "%.*s", (int)len, c->at);
    const char *nearest = len < sizeof word ? og_nearest(word, names) : NULL;
    if (nearest)
        return og_error_set(err, OG_EADDRESS, position(c), "unknown option '%s': did you mean %s=?", word,
                            nearest);
    return og_error_set(err, OG_EADDRESS, position(c),
                        "unknown option '%.*s': expected codec=, framing=, form=, as=, interface=, skip= or "
                        "skip-bytes=",
                        len > 20 ? 20 : (int)len, c->at);
}

static int take_query(cursor *c, og_endpoint *endpoint, og_error *err)
{
    if (*c->at == '\0') return OG_OK;
    do {
        c->at++; /* '?' or '&' */
        const char *end = c->at + strcspn(c->at, "&");
        int status = take_pair(c, end, endpoint, err);
        if (status < 0) return status;
    } while (*c->at);
    return OG_OK;
}

int og_endpoint_parse(og_endpoint *endpoint, const char *text, og_error *err)
{
    if (!endpoint || !text) return og_error_set(err, OG_EINVAL, OG_NO_POSITION, "no endpoint given");
    cursor c = {text, text};
    og_endpoint found = {0};
    int status = take_transport(&c, &found.transport, err);
    if (status < 0) return status;
    if (has_path(found.transport)) {
        status = take_path(&c, &found, err);
    } else if (is_descriptor(found.transport)) {
        status = take_descriptor(&c, &found, err);
    } else {
        status = take_host(&c, &found, err);
        if (status == OG_OK) status = take_port(&c, &found, err);
    }
    if (status == OG_OK) status = take_query(&c, &found, err);
    if (status == OG_OK) *endpoint = found;
    return status;
}

/* Text as take_decoded() reads it back: `special` bytes, '%' and what is no printable ASCII or UTF-8 as %XX.
 */
static void encode(const char *text, const char *special, char *out, size_t size)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t len = 0;
    for (; *text && len + 4 <= size; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte > ' ' && byte != 0x7f && byte != '%' && !strchr(special, byte)) {
            out[len++] = *text;
            continue;
        }
        out[len++] = '%';
        out[len++] = digits[byte >> 4];
        out[len++] = digits[byte & 15];
    }
    out[len] = '\0';
}

const char *og_endpoint_text(const og_endpoint *endpoint, char *text, size_t size)
{
    if (size == 0) return text;
    const char *name =
        (unsigned)endpoint->transport < TRANSPORTS ? transports[endpoint->transport].text : "?";
    if (is_descriptor(endpoint->transport)) {
        snprintf(text, size, "%s://%d", name, endpoint->inherited - 1);
        return text;
    }
    if (has_path(endpoint->transport)) {
        char path[3 * sizeof endpoint->path + 4];
        encode(endpoint->path, "?", path, sizeof path);
        snprintf(text, size, "%s://%s", name, path);
        return text;
    }
    const char *host = endpoint->host;
    const char *key = endpoint->interface[0] ? "?interface=" : "";
    char interface[3 * sizeof endpoint->interface + 4];
    encode(endpoint->interface, "&", interface, sizeof interface);
    unsigned port = endpoint->port;
    size_t len = strcspn(host, "%");
    if (!strchr(host, ':'))
        snprintf(text, size, "%s://%s:%u%s%s", name, host, port, key, interface);
    else if (host[len] == '\0')
        snprintf(text, size, "%s://[%s]:%u%s%s", name, host, port, key, interface);
    else
        snprintf(text, size, "%s://[%.*s%%25%s]:%u%s%s", name, (int)len, host, host + len + 1, port, key,
                 interface);
    return text;
}
