/* SPDX-License-Identifier: MIT */
/* What the files of layer tls share. */
#ifndef ONGGI_LAYER_TLS_H
#define ONGGI_LAYER_TLS_H

#include "layer/layer.h"

#include <openssl/ssl.h>

typedef struct og__tls_config og__tls_config;

/* A key that is shared with a peer: a line of the file. */
enum { OG__TLS_PSK_LEAST = 16 }; /* bytes */
typedef struct og__tls_psk {
    bool connects; /* who uses it is the client */
    char identity[129];
    size_t line;
    size_t len;
    uint8_t key[64];
} og__tls_psk;

/* All of them, sorted by direction and identity; none where certificates are used. */
typedef struct og__tls_psks {
    og_buf memory;
    og__tls_psk *rows;
    size_t count;
    const og__tls_psk *own; /* what a client offers */
} og__tls_psks;

/* What a client offered that we have no key for. */
typedef enum og__tls_offer {
    OG__TLS_OFFER_NONE,
    OG__TLS_OFFER_UNKNOWN,
    OG__TLS_OFFER_OURS /* what we offer as client */
} og__tls_offer;

/* What OpenSSL reads and writes during one step, and what its callbacks need and find out: an SSL's
 * SSL_get_app_data(). */
typedef struct og__tls_bytes {
    const og__tls_config *config;
    const uint8_t *in;
    size_t len;
    og_buf *wire;
    bool no_memory;         /* the wire had no room */
    X509 *refused;          /* the certificate of the peer's chain that is not good, or NULL */
    const og__tls_psk *psk; /* the shared key in use, or NULL */
    og__tls_offer offer;
    char offered[64]; /* its identity, cut */
} og__tls_bytes;

struct og__tls_config {
    const og_allocator *alloc;
    og_role role;
    SSL_CTX *context;
    BIO_METHOD *method; /* how OpenSSL reaches the bytes that we hold */
    bool insecure;
    bool is_ip;     /* `name` is an address, not a name */
    char name[256]; /* that the server's certificate must have */
    og__tls_psks psks;
};

/* ---- tls_bio.c ---- */

/* A kind of BIO over an og__tls_bytes, its BIO_get_data(). NULL without memory. */
BIO_METHOD *og__layer_tls_method(void);

/* ---- tls_config.c ---- */

int og__layer_tls_configure(void **made, const og__layer_given *given, og_error *err);
void og__layer_tls_release(void *made);

/* ---- tls_psk.c ---- */

/* Reads the file of shared keys. Also after an error c->psks.memory must be wiped. 0 or < 0. */
int og__layer_tls_psk_read(og__tls_config *c, const og__layer_given *given, const char *path, og_error *err);

/* Lets connections use these keys, and nothing else. 0 or OG_ENOMEM. */
int og__layer_tls_psk_use(og__tls_config *c, og_error *err);

/* A sentence for OpenSSL's `reason` where keys are shared. Its status, or 0: the reason has nothing to do
 * with keys. */
int og__layer_tls_psk_explain(const og__tls_bytes *bytes, int reason, og_error *err);

/* ---- tls_verify.c ---- */

/* A sentence for what OpenSSL says about `ssl` after a step failed. Returns its status. */
int og__layer_tls_explain(const SSL *ssl, og_error *err);

/* Takes all errors that OpenSSL has noted, and says whether one of them was about memory. */
bool og__layer_tls_lacked_memory(void);

/* OpenSSL's callback for each certificate of a chain: keeps the one that is refused in the connection's
 * og__tls_bytes, its SSL_get_app_data(). */
int og__layer_tls_check(int good, X509_STORE_CTX *chain);

/* Properties of the peer, by name. As og__layer's `property`. */
size_t og__layer_tls_property(const SSL *ssl, const char *name, char *text, size_t size);
extern const char *const og__layer_tls_properties[];

#endif
