/* SPDX-License-Identifier: MIT */
/*
 * Layers, each of the table: two honest ends agree and understand each other however their bytes are cut;
 * when a byte is changed on the way they do not both open, or what arrives later is cut off there; and
 * whatever bytes come instead, an end refuses them the same way however they are cut. Input: layer and which
 * of its options, mode and high part of the position, seed of the cuts, a position, then bytes for the mode
 * that wants some.
 *
 * Random numbers of the handshakes differ from run to run. What is checked does not depend on them.
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
static char psk_paths[2][32]; /* the client's, the server's */

static const struct {
    const char *layer;
    size_t variant; /* both ends have the same */
    unsigned roles;
    og_layer_option option;
} needs[] = {
    {"mp-auth", 0, OG_ROLE_CLIENT | OG_ROLE_SERVER, {"authkey", "secret", 0}},
    {"mp-auth", 1, OG_ROLE_CLIENT | OG_ROLE_SERVER, {"authkey", "a", 0}},
    {"tls", 0, OG_ROLE_CLIENT, {"insecure", NULL, 0}},
    {"tls", 0, OG_ROLE_SERVER, {"cert", cert_path, 0}},
    {"tls", 1, OG_ROLE_CLIENT, {"psk-file", psk_paths[0], 0}},
    {"tls", 1, OG_ROLE_SERVER, {"psk-file", psk_paths[1], 0}},
};

enum { VARIANTS = 2 };

/* A layer with options. */
typedef struct kind {
    const char *layer;
    size_t variant;
} kind;

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

static void make_keys(void)
{
    static const char *const words[] = {"connect", "accept"};
    for (size_t i = 0; i < 2 && !psk_paths[1][0]; i++) {
        int fd = memfd_create("keys", 0);
        check(fd >= 0 && fchmod(fd, 0600) == 0);
        dprintf(fd, "%s end 000102030405060708090a0b0c0d0e0f\n", words[i]);
        snprintf(psk_paths[i], sizeof psk_paths[i], "/proc/self/fd/%d", fd);
    }
}

static kind kind_at(size_t index)
{
    const char *name;
    size_t count = 0;
    while (og_layer_at(count, NULL, NULL))
        count++;
    check(og_layer_at(index % count, &name, NULL));
    return (kind){name, index / count % VARIANTS};
}

static og__layers *layers_of(kind k, og_role role)
{
    og__layers *layers = NULL;
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
        if (strcmp(needs[i].layer, k.layer) != 0 || needs[i].variant != k.variant || !(needs[i].roles & role))
            continue;
        const og__layer_given given = {.role = role,
                                       .host = "localhost",
                                       .max_message = 1 << 16,
                                       .options = &needs[i].option,
                                       .option_count = 1};
        check(og__layer_set_new(&layers, &given, NULL, k.layer, true, NULL) == OG_OK);
    }
    check(layers != NULL); /* a new layer needs a row above */
    return layers;
}

static void end_open(end *e, kind k, og_role role)
{
    og__layers *layers = layers_of(k, role);
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

/* Carries bytes until neither end has any left. */
static void carry_all(end *client, end *server, uint32_t *seed, size_t *passed, size_t flip)
{
    bool going = true;
    for (int round = 0; going && round < ROUNDS; round++) {
        going = carry(client, server, seed, passed, flip);
        going |= carry(server, client, seed, passed, flip);
    }
    check(!going);
}

static void say(end *e, const char *text)
{
    const og__part part = {(const uint8_t *)text, strlen(text)};
    check(og__layer_stack_write(e->stack, &part, 1, NULL) == OG_OK);
}

/* What came is what was said, or, `cut`, its beginning. */
static void check_came(const end *e, const char *text, bool cut)
{
    size_t len = e->parts.bytes.len;
    check(len <= strlen(text) && (len == 0 || memcmp(e->parts.bytes.data, text, len) == 0));
    check(cut || len == strlen(text));
}

/* Byte number `flip` of all that pass is changed. A layer that has stepped aside does not guard what passes.
 */
static void play(kind k, uint32_t seed, size_t flip)
{
    enum { FIRST_FLIGHT = 200 };
    end client;
    end server;
    size_t passed = 0;
    end_open(&client, k, OG_ROLE_CLIENT);
    end_open(&server, k, OG_ROLE_SERVER);
    carry_all(&client, &server, &seed, &passed, flip);
    bool both = is_open(&client) && is_open(&server);
    bool stays = !og__layer_stack_is_over(client.stack);
    check(both || flip < passed);
    /* The version in the header of a record means nothing, and later records may be such as are passed over.
     */
    check(!both || flip >= passed || (stays && ((flip > 0 && flip < 5) || flip > FIRST_FLIGHT)));
    if (both && stays) {
        bool changed = flip < passed;
        say(&client, "question");
        say(&server, "answer");
        carry_all(&client, &server, &seed, &passed, flip);
        check_came(&server, "question", changed || flip < passed);
        check_came(&client, "answer", changed || flip < passed);
    }
    end_close(&client);
    end_close(&server);
}

static void listen_to(kind k, og_role role, const uint8_t *data, size_t len, uint32_t seed)
{
    end whole;
    end cut;
    end_open(&whole, k, role);
    end_open(&cut, k, role);
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
    make_keys();
    kind k = kind_at(data[0]);
    switch (data[1] % 4) {
    case 0: play(k, data[2], SIZE_MAX); break;
    case 1: play(k, data[2], data[3] | (size_t)(data[1] / 4) << 8); break;
    case 2: listen_to(k, OG_ROLE_CLIENT, data + HEAD, size - HEAD, data[2]); break;
    default: listen_to(k, OG_ROLE_SERVER, data + HEAD, size - HEAD, data[2]); break;
    }
    return 0;
}
