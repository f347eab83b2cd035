/* SPDX-License-Identifier: MIT */
/*
 * Layer tls: TLS 1.2 and 1.3 with OpenSSL, as client and server.
 *
 * OpenSSL reads from the bytes that were given to the step and writes to its wire: nothing is kept between
 * them but OpenSSL's own part of a record.
 */
#include "layer/tls.h"

#include <openssl/err.h>
#include <string.h>

enum {
    RECORD = 16384, /* plain bytes of one record at most */
    AROUND = 64,    /* bytes that a record adds to them, or more */
    LEAST = 256     /* room to read into */
};

typedef struct state {
    const og__tls_config *config;
    SSL *ssl;
    og__tls_bytes bytes;
    bool begun; /* the peer's first byte was a record's */
    bool open;
    bool ended;  /* the peer's close_notify has come */
    bool closed; /* ours has been sent */
    bool failed;
} state;

/* ---- Steps ---- */

static int no_memory(og_error *err)
{
    return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for TLS");
}

static int fail(state *st, og_error *err)
{
    st->failed = true;
    return st->bytes.no_memory ? no_memory(err) : og__layer_tls_explain(st->ssl, err);
}

/* One step of OpenSSL has returned `result`: 1 it went well, 0 it needs bytes, < 0. */
static int judge(state *st, int result, og_error *err)
{
    if (result > 0) return 1;
    switch (SSL_get_error(st->ssl, result)) {
    case SSL_ERROR_WANT_READ: return 0;
    case SSL_ERROR_ZERO_RETURN: st->ended = true; return 0;
    default: return fail(st, err);
    }
}

static int shake_hands(state *st, og_error *err)
{
    ERR_clear_error();
    int status = judge(st, SSL_do_handshake(st->ssl), err);
    if (status > 0) st->open = true;
    return status;
}

/* The name for the server to choose its certificate by, and the one that the certificate must have. */
static bool set_name(state *st)
{
    const og__tls_config *c = st->config;
    if (c->is_ip) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(st->ssl), c->name) == 1;
    char name[sizeof c->name]; /* OpenSSL's macro takes no const */
    memcpy(name, c->name, sizeof name);
    return SSL_set_tlsext_host_name(st->ssl, name) == 1 && SSL_set1_host(st->ssl, name) == 1;
}

static int tls_start(void *memory, const void *made, og_role role, og_buf *wire, og_error *err)
{
    state *st = memory;
    st->config = made;
    st->bytes.config = made;
    st->ssl = SSL_new(st->config->context);
    BIO *bio = st->ssl ? BIO_new(st->config->method) : NULL;
    if (!bio) return no_memory(err);
    BIO_set_data(bio, &st->bytes);
    SSL_set_bio(st->ssl, bio, bio);
    if (SSL_set_app_data(st->ssl, &st->bytes) != 1) return no_memory(err);
    if (role == OG_ROLE_SERVER) {
        SSL_set_accept_state(st->ssl);
        return OG_OK;
    }
    SSL_set_connect_state(st->ssl);
    if (!set_name(st)) return no_memory(err);
    st->bytes.wire = wire;
    int status = shake_hands(st, err);
    st->bytes.wire = NULL;
    return status < 0 ? status : OG_OK;
}

static int plain_bytes(const state *st, og_error *err)
{
    if (st->config->role == OG_ROLE_CLIENT)
        return og_error_set(
            err, OG_ESYNTAX, OG_NO_POSITION,
            "the server answers with plain bytes, not with TLS: write tcp:// instead of tls://");
    return og_error_set(err, OG_ESYNTAX, OG_NO_POSITION,
                        "the client sent plain bytes, not TLS: it must connect with TLS (tls://)");
}

/* Plain bytes for as long as there are any: no more than came, and what OpenSSL had kept of a record. */
static int read_plain(state *st, size_t len, og_buf *out, og_error *err)
{
    if (og_buf_reserve(out, len < LEAST ? LEAST : len + (len < RECORD ? 0 : RECORD)) < 0)
        return no_memory(err);
    for (;;) {
        size_t got = 0;
        if (out->len == out->cap && og_buf_reserve(out, RECORD) < 0) return no_memory(err);
        ERR_clear_error();
        int status = judge(st, SSL_read_ex(st->ssl, out->data + out->len, out->cap - out->len, &got), err);
        if (status <= 0) return status;
        out->len += got;
    }
}

static int tls_read(void *memory, const uint8_t *in, size_t len, size_t *used, og__layer_parts *parts,
                    og_buf *wire, og_error *err)
{
    enum { ALERT = 21, HANDSHAKE = 22 };
    state *st = memory;
    if (!st->begun && len > 0 && in[0] != ALERT && in[0] != HANDSHAKE) return plain_bytes(st, err);
    st->begun = true;
    st->bytes.in = in;
    st->bytes.len = len;
    st->bytes.wire = wire;
    int status = st->open ? 1 : shake_hands(st, err);
    if (status > 0 && !st->ended) status = read_plain(st, len, &parts->bytes, err);
    *used = len;
    st->bytes.in = NULL;
    st->bytes.len = 0;
    st->bytes.wire = NULL;
    if (st->ended) parts->ended = true;
    return status < 0 ? status : OG__LAYER_WAIT;
}

static int write_part(state *st, const og__part *part, og_buf *wire, og_error *err)
{
    size_t put = 0;
    if (part->len == 0) return OG_OK;
    /* All at once, so that nothing is copied while the wire grows. */
    if (og_buf_reserve(wire, part->len + (part->len / RECORD + 1) * AROUND) < 0) return no_memory(err);
    st->bytes.wire = wire;
    ERR_clear_error();
    int status = judge(st, SSL_write_ex(st->ssl, part->data, part->len, &put), err);
    st->bytes.wire = NULL;
    return status < 0 ? status : OG_OK;
}

static int tls_write(void *memory, const og__part *parts, size_t count, og_buf *wire, og_error *err)
{
    state *st = memory;
    int status = OG_OK;
    if (st->closed || st->failed)
        return og_error_set(err, OG_ECLOSED, OG_NO_POSITION, "nothing more can be sent after the end of TLS");
    for (size_t i = 0; i < count && status == OG_OK; i++)
        status = write_part(st, &parts[i], wire, err);
    return status;
}

static void tls_end(void *memory, og_buf *wire)
{
    state *st = memory;
    if (st->closed || st->failed || !st->open) return;
    st->closed = true;
    st->bytes.wire = wire;
    ERR_clear_error();
    SSL_shutdown(st->ssl);
    st->bytes.wire = NULL;
}

static int tls_hangup(const void *memory, og_error *err)
{
    const state *st = memory;
    if (st->ended) return OG_OK;
    if (st->open)
        return og_error_set(
            err, OG_ETRUNCATED, OG_NO_POSITION,
            "the stream was cut off: the peer closed it without the end of TLS (close_notify)");
    return og_error_set(err, OG_ECLOSED, OG_NO_POSITION,
                        "the peer closed the connection during the TLS handshake%s",
                        st->begun ? "" : ", without a byte: does it speak TLS?");
}

static bool tls_is_open(const void *memory)
{
    return ((const state *)memory)->open;
}

static const char *tls_awaits(const void *memory)
{
    return ((const state *)memory)->begun ? "the rest of the peer's TLS handshake"
                                          : "the peer's first byte of TLS";
}

static size_t tls_property(const void *memory, const char *name, char *text, size_t size)
{
    const state *st = memory;
    return st->open ? og__layer_tls_property(st->ssl, name, text, size) : 0;
}

/* TLS where nobody expects it: a client's hello, or what a server says to plain bytes. */
static int tls_foreign(const uint8_t *data, size_t len, og_role role, og_error *err)
{
    enum { HEADER = 5 };
    if (len <= HEADER || data[1] != 3 || data[2] > 4) return OG_OK;
    if (role == OG_ROLE_SERVER && data[0] == 22 && data[HEADER] == 1)
        return og_error_set(err, OG_ESYNTAX, OG_NO_POSITION,
                            "the client speaks TLS: serve tls:// with option cert, or let it use tcp://");
    if (role == OG_ROLE_CLIENT && data[0] == 21 && data[3] == 0 && data[4] == 2)
        return og_error_set(err, OG_ESYNTAX, OG_NO_POSITION,
                            "the server speaks TLS: write tls:// instead of tcp://");
    return OG_OK;
}

static void tls_fini(void *memory)
{
    state *st = memory;
    SSL_free(st->ssl);
    X509_free(st->bytes.refused);
}

static const og_layer_option_info options[] = {
    {"cert", "FILE", "our certificate for tls://, with those of its authorities after it (PEM)",
     OG_ROLE_CLIENT | OG_ROLE_SERVER, false, false, NULL, "tls"},
    {"key", "FILE", "the certificate's private key (default: in the file of the certificate)",
     OG_ROLE_CLIENT | OG_ROLE_SERVER, false, false, NULL, "tls"},
    {"client-ca", "FILE", "authorities that clients' certificates must be from (PEM)", OG_ROLE_SERVER, false,
     false, NULL, "tls"},
    {"client-cert", "WHEN", "whether clients need a certificate: required or optional (default: required)",
     OG_ROLE_SERVER, false, false, NULL, "tls"},
    {"ca", "FILE", "authorities that the server's certificate must be from (default: the system's)",
     OG_ROLE_CLIENT, false, false, NULL, "tls"},
    {"server-name", "NAME", "the name that the server's certificate must have (default: the endpoint's host)",
     OG_ROLE_CLIENT, false, false, NULL, "tls"},
    {"psk-file", "FILE",
     "keys shared with the peer, instead of certificates; each line: connect or accept, IDENTITY, KEY",
     OG_ROLE_CLIENT | OG_ROLE_SERVER, false, false, NULL, "tls"},
    {"insecure", NULL, "do not check the server's certificate", OG_ROLE_CLIENT, false, false,
     "--insecure: the server's certificate is not checked, and whoever is in between can read and change all",
     "tls"},
};

const og__layer og__layer_tls = {
    .name = "tls",
    .summary = "TLS 1.2 and 1.3, with certificates or shared keys",
    .scheme = "tls",
    .state_size = sizeof(state),
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .properties = og__layer_tls_properties,
    .configure = og__layer_tls_configure,
    .release = og__layer_tls_release,
    .start = tls_start,
    .read = tls_read,
    .write = tls_write,
    .end = tls_end,
    .hangup = tls_hangup,
    .is_open = tls_is_open,
    .awaits = tls_awaits,
    .property = tls_property,
    .foreign = tls_foreign,
    .fini = tls_fini,
};
