/* SPDX-License-Identifier: MIT */
/* What the files of layer tls share. */
#ifndef ONGGI_LAYER_TLS_H
#define ONGGI_LAYER_TLS_H

#include "layer/layer.h"

#include <openssl/ssl.h>

/* What OpenSSL reads and writes during one step: what has come, and the wire. */
typedef struct og__tls_bytes {
    const uint8_t *in;
    size_t len;
    og_buf *wire;
    bool no_memory; /* the wire had no room */
    X509 *refused;  /* the certificate of the peer's chain that is not good, or NULL */
} og__tls_bytes;

typedef struct og__tls_config {
    const og_allocator *alloc;
    og_role role;
    SSL_CTX *context;
    BIO_METHOD *method; /* how OpenSSL reaches the bytes that we hold */
    bool insecure;
    bool is_ip;     /* `name` is an address, not a name */
    char name[256]; /* that the server's certificate must have */
} og__tls_config;

/* ---- tls_bio.c ---- */

/* A kind of BIO over an og__tls_bytes, its BIO_get_data(). NULL without memory. */
BIO_METHOD *og__layer_tls_method(void);

/* ---- tls_config.c ---- */

int og__layer_tls_configure(void **made, const og__layer_given *given, og_error *err);
void og__layer_tls_release(void *made);

/* ---- tls_verify.c ---- */

/* A sentence for what OpenSSL says about `ssl` after a step failed. Returns its status. */
int og__layer_tls_explain(const og__tls_config *config, const SSL *ssl, og_error *err);

/* OpenSSL's callback for each certificate of a chain: keeps the one that is refused in the connection's
 * og__tls_bytes, its SSL_get_app_data(). */
int og__layer_tls_check(int good, X509_STORE_CTX *chain);

/* Properties of the peer, by name. As og__layer's `property`. */
size_t og__layer_tls_property(const SSL *ssl, const char *name, char *text, size_t size);
extern const char *const og__layer_tls_properties[];

#endif
