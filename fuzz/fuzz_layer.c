/* SPDX-License-Identifier: MIT */
/*
 * Layers, each of the table: two honest ends agree however their bytes are cut; when a byte is changed on the
 * way they do not both open; and whatever bytes come instead, an end refuses them the same way however they
 * are cut. Input: layer, mode, seed of the cuts, a position, then bytes for the mode that wants some.
 */
#include "layer/stack.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { HEAD = 4, ROUNDS = 64 };

typedef struct end {
    og__stack *stack;
    og__layer_parts parts;
    int status;
} end;

/* What each layer needs to be told, by the ends that need it. */
static char cert_path[32];

static const struct {
    const char *layer;
    unsigned roles;
    og_layer_option option;
} needs[] = {
    {"mp-auth", OG_ROLE_CLIENT | OG_ROLE_SERVER, {"authkey", "secret", 0}},
    {"tls", OG_ROLE_CLIENT, {"insecure", NULL, 0}},
    {"tls", OG_ROLE_SERVER, {"cert", cert_path, 0}},
};

static void check(int truth)
{
    if (!truth) __builtin_trap();
}

/* A certificate and its key, in a file without a name. */
static void make_certificate(void)
{
    if (cert_path[0]) return;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    X509_set_version(certificate, 2);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -1000);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 1000000);
    X509_set_pubkey(certificate, key);
    check(X509_sign(certificate, key, EVP_sha256()) > 0);
    int fd = memfd_create("certificate", 0);
    check(fd >= 0 && fchmod(fd, 0600) == 0);
    FILE *file = fdopen(fd, "w");
    PEM_write_X509(file, certificate);
    PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
    fflush(file);
    snprintf(cert_path, sizeof cert_path, "/proc/self/fd/%d", fd);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static const char *layer_at(size_t index)
{
    const char *name;
    size_t count = 0;
    while (og_layer_at(count, NULL, NULL))
        count++;
    check(og_layer_at(index % count, &name, NULL));
    return name;
}

static og__layers *layers_of(const char *name, og_role role)
{
    og__layers *layers = NULL;
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
        if (strcmp(needs[i].layer, name) != 0 || !(needs[i].roles & role)) continue;
        const og__layer_given given = {.role = role,
                                       .host = "localhost",
                                       .max_message = 1 << 16,
                                       .options = &needs[i].option,
                                       .option_count = 1};
        check(og__layer_set_new(&layers, &given, NULL, name, true, NULL) == OG_OK);
    }
    check(layers != NULL); /* a new layer needs a row above */
    return layers;
}

static void end_open(end *e, const char *name, og_role role)
{
    og__layers *layers = layers_of(name, role);
    memset(e, 0, sizeof *e);
    og_buf_init(&e->parts.bytes, NULL);
    og_buf_init(&e->parts.ends, NULL);
    e->stack = og__layer_stack_new(layers, NULL);
    og__layer_set_unref(layers);
    check(e->stack != NULL);
    e->status = og__layer_stack_start(e->stack, NULL);
    check(e->status == OG_OK);
}

static void end_close(end *e)
{
    og__layer_stack_end(e->stack);
    og__layer_stack_hangup(e->stack, NULL);
    og__layer_stack_free(e->stack);
    og_buf_free(&e->parts.bytes);
    og_buf_free(&e->parts.ends);
}

/* Feeds memory of exactly the size that came. */
static void feed(end *e, const uint8_t *data, size_t len)
{
    int64_t next;
    if (e->status < 0) return;
    uint8_t *copy = malloc(len ? len : 1);
    check(copy != NULL);
    memcpy(copy, data, len);
    og_error err = {0};
    e->status = og__layer_stack_read(e->stack, copy, len, &e->parts, &err);
    check(e->status >= 0 || err.text[0] != '\0');
    free(copy);
    if (e->status >= 0) e->status = og__layer_stack_tick(e->stack, 1, &next, NULL);
}

static void feed_cut(end *e, const uint8_t *data, size_t len, uint32_t *seed)
{
    size_t at = 0;
    while (at < len) {
        *seed = *seed * 1664525u + 1013904223u;
        size_t n = 1 + (*seed >> 16) % 7;
        if (n > len - at) n = len - at;
        feed(e, data + at, n);
        at += n;
    }
}

/* Carries what waits for the socket; byte number `flip` of all is changed on the way. */
static bool carry(end *from, end *to, uint32_t *seed, size_t *passed, size_t flip)
{
    og_buf *wire = og__layer_stack_wire(from->stack);
    if (wire->len == 0) return false;
    if (flip >= *passed && flip - *passed < wire->len) wire->data[flip - *passed] ^= 1;
    *passed += wire->len;
    og_buf taken = *wire;
    og_buf_init(wire, NULL);
    feed_cut(to, taken.data, taken.len, seed);
    og_buf_free(&taken);
    return true;
}

static bool is_open(const end *e)
{
    return e->status >= 0 && og__layer_stack_is_open(e->stack);
}

static void play(const char *name, uint32_t seed, size_t flip)
{
    end client;
    end server;
    size_t passed = 0;
    bool going = true;
    end_open(&client, name, OG_ROLE_CLIENT);
    end_open(&server, name, OG_ROLE_SERVER);
    for (int round = 0; going && round < ROUNDS; round++) {
        going = carry(&client, &server, &seed, &passed, flip);
        going |= carry(&server, &client, &seed, &passed, flip);
    }
    check(!going);
    bool both = is_open(&client) && is_open(&server);
    /* The version in the first record's header means nothing. */
    check(both == (flip >= passed) || (flip > 0 && flip < 5));
    end_close(&client);
    end_close(&server);
}

static void listen_to(const char *name, og_role role, const uint8_t *data, size_t len, uint32_t seed)
{
    end whole;
    end cut;
    end_open(&whole, name, role);
    end_open(&cut, name, role);
    feed(&whole, data, len);
    feed_cut(&cut, data, len, &seed);
    check(whole.status == cut.status);
    check(og__layer_stack_is_open(whole.stack) == og__layer_stack_is_open(cut.stack));
    end_close(&whole);
    end_close(&cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEAD) return 0;
    make_certificate();
    const char *name = layer_at(data[0]);
    switch (data[1] % 4) {
    case 0: play(name, data[2], SIZE_MAX); break;
    case 1: play(name, data[2], data[3]); break;
    case 2: listen_to(name, OG_ROLE_CLIENT, data + HEAD, size - HEAD, data[2]); break;
    default: listen_to(name, OG_ROLE_SERVER, data + HEAD, size - HEAD, data[2]); break;
    }
    return 0;
}
