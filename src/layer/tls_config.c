/* SPDX-License-Identifier: MIT */
/* Layer tls: certificates, keys and authorities, read once for many connections. */
#include "layer/tls.h"

#include "base/alloc.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

/* Bytes of a file of certificates or keys. */
enum { FILE_MOST = 4 << 20 };

/* With forward secrecy, and with ciphers that authenticate. TLS 1.3 has no others. */
static const char ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20";

static int no_memory(og_error *err)
{
    return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for TLS");
}

static const char *value_of(const og__layer_given *given, const char *name)
{
    const og_layer_option *option = og__layer_option(given, name);
    return option ? option->value : NULL;
}

/* Keys with a password would need somebody to ask. */
static int no_password(char *text, int size, int writing, void *user)
{
    (void)text;
    (void)size;
    (void)writing;
    *(bool *)user = true;
    return 0;
}

/* A PEM file as OpenSSL reads it; `file` keeps its bytes. */
static BIO *open_pem(const og__layer_given *given, const char *path, bool secret, og_buf *file, og_error *err)
{
    og_buf_init(file, given->alloc);
    if (og__layer_read_file(path, FILE_MOST, secret, file, err) < 0) return NULL;
    BIO *bio = BIO_new_mem_buf(file->data, (int)file->len);
    if (!bio) no_memory(err);
    return bio;
}

/* ---- Our certificate ---- */

static int use_chain(SSL_CTX *context, BIO *bio, const char *path, og_error *err)
{
    X509 *own = PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL);
    if (!own)
        return og_error_set(
            err, OG_EINVAL, OG_NO_POSITION,
            "%.120s holds no certificate (-----BEGIN CERTIFICATE-----): give one with option cert", path);
    int good = SSL_CTX_use_certificate(context, own);
    X509_free(own);
    X509 *above;
    while (good == 1 && (above = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
        good = SSL_CTX_add0_chain_cert(context, above) == 1;
        if (good != 1) X509_free(above);
    }
    ERR_clear_error();
    if (good == 1) return OG_OK;
    return og_error_set(err, OG_EINVAL, OG_NO_POSITION, "OpenSSL cannot use the certificate in %.120s", path);
}

static int use_key(SSL_CTX *context, BIO *bio, const char *path, const char *cert, og_error *err)
{
    bool locked = false;
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_password, &locked);
    ERR_clear_error();
    if (!key && locked)
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                            "the key in %.100s has a password: openssl pkey -in %.60s -out FILE takes it off",
                            path, path);
    if (!key)
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                            "%.120s holds no private key: give its file with option key", path);
    int good = SSL_CTX_use_PrivateKey(context, key);
    EVP_PKEY_free(key);
    ERR_clear_error();
    if (good == 1 && SSL_CTX_check_private_key(context) == 1) return OG_OK;
    ERR_clear_error();
    return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                        "the key in %.90s does not belong to the certificate in %.90s", path, cert);
}

static int use_certificate(SSL_CTX *context, const og__layer_given *given, const char *cert, og_error *err)
{
    og_buf file;
    const char *key = value_of(given, "key");
    BIO *bio = open_pem(given, cert, key == NULL, &file, err);
    int status = bio ? use_chain(context, bio, cert, err) : err ? (int)err->code : OG_EIO;
    BIO_free(bio);
    og__layer_wipe(&file);
    if (status < 0) return status;
    bio = open_pem(given, key ? key : cert, true, &file, err);
    status = bio ? use_key(context, bio, key ? key : cert, cert, err) : err ? (int)err->code : OG_EIO;
    BIO_free(bio);
    og__layer_wipe(&file);
    return status;
}

/* ---- Authorities ---- */

/* Trusts the certificates of a file; a server also names them to clients. */
static int trust(SSL_CTX *context, const og__layer_given *given, const char *path, og_error *err)
{
    og_buf file;
    X509 *authority;
    size_t count = 0;
    bool server = given->role == OG_ROLE_SERVER;
    BIO *bio = open_pem(given, path, false, &file, err);
    int good = bio != NULL;
    while (good && (authority = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
        good = X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority) == 1;
        if (good && server) good = SSL_CTX_add_client_CA(context, authority) == 1;
        X509_free(authority);
        count++;
    }
    ERR_clear_error();
    BIO_free(bio);
    og_buf_free(&file);
    if (!bio) return err ? (int)err->code : OG_EIO;
    if (good && count > 0) return OG_OK;
    return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                        "%.120s holds no certificate (-----BEGIN CERTIFICATE-----) that option %s could use",
                        path, server ? "client-ca" : "ca");
}

/* ---- Servers and clients ---- */

/* Keys that are shared, instead of certificates and all that belongs to them. */
static int set_up_psk(og__tls_config *c, const og__layer_given *given, const char *path, og_error *err)
{
    static const char *const others[] = {"cert", "key", "client-ca", "client-cert", "ca", "insecure"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (og__layer_option(given, others[i]))
            return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                                "option psk-file is for ends without certificates: leave out option %s",
                                others[i]);
    int status = og__layer_tls_psk_read(c, given, path, err);
    return status < 0 ? status : og__layer_tls_psk_use(c, err);
}

static int set_up_server(og__tls_config *c, const og__layer_given *given, og_error *err)
{
    static const unsigned char sessions[] = "onggi";
    const char *cert = value_of(given, "cert");
    const char *client_ca = value_of(given, "client-ca");
    const char *when = value_of(given, "client-cert");
    const char *psk = value_of(given, "psk-file");
    if (psk) return set_up_psk(c, given, psk, err);
    if (!cert)
        return og_error_set(
            err, OG_EINVAL, OG_NO_POSITION,
            "a server on tls:// needs a certificate: give option cert, and option key (or shared "
            "keys: option psk-file)");
    if (when && !client_ca)
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                            "option client-cert needs the authorities to check by: give option client-ca");
    bool optional = when && strcmp(when, "optional") == 0;
    if (when && !optional && strcmp(when, "required") != 0)
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                            "option client-cert is required or optional, not '%.40s'", when);
    /* Tickets are kept by clients. Their key is made with the context, so that reading files anew ends them.
     */
    SSL_CTX_set_session_cache_mode(c->context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_session_id_context(c->context, sessions, sizeof sessions - 1);
    int status = use_certificate(c->context, given, cert, err);
    if (status < 0 || !client_ca) return status;
    SSL_CTX_set_verify(c->context, SSL_VERIFY_PEER | (optional ? 0 : SSL_VERIFY_FAIL_IF_NO_PEER_CERT),
                       og__layer_tls_check);
    return trust(c->context, given, client_ca, err);
}

static int set_up_client(og__tls_config *c, const og__layer_given *given, og_error *err)
{
    const char *cert = value_of(given, "cert");
    const char *ca = value_of(given, "ca");
    const char *name = value_of(given, "server-name");
    const char *psk = value_of(given, "psk-file");
    if (!name) name = given->host[0] ? given->host : "localhost";
    if (strlen(name) >= sizeof c->name)
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION, "option server-name has no more than %zu bytes",
                            sizeof c->name - 1);
    memcpy(c->name, name, strlen(name) + 1);
    ASN1_OCTET_STRING *address = a2i_IPADDRESS(name);
    c->is_ip = address != NULL;
    ASN1_OCTET_STRING_free(address);
    ERR_clear_error();
    if (psk) return set_up_psk(c, given, psk, err);
    c->insecure = og__layer_option(given, "insecure") != NULL;
    SSL_CTX_set_verify(c->context, c->insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, og__layer_tls_check);
    int status = OG_OK;
    if (ca)
        status = trust(c->context, given, ca, err);
    else if (!c->insecure && SSL_CTX_set_default_verify_paths(c->context) != 1)
        status = og_error_set(err, OG_EIO, OG_NO_POSITION,
                              "the system's certificates cannot be read: give an authority with option ca");
    return status == OG_OK && cert ? use_certificate(c->context, given, cert, err) : status;
}

static SSL_CTX *new_context(og_role role)
{
    SSL_CTX *context = SSL_CTX_new(role == OG_ROLE_SERVER ? TLS_server_method() : TLS_client_method());
    if (!context) return NULL;
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (SSL_CTX_set_cipher_list(context, ciphers) == 1) return context;
    SSL_CTX_free(context);
    return NULL;
}

int og__layer_tls_configure(void **made, const og__layer_given *given, og_error *err)
{
    og__tls_config *c = og__base_alloc(given->alloc, sizeof *c);
    if (!c) return no_memory(err);
    *c = (og__tls_config){.alloc = given->alloc, .role = given->role};
    og_buf_init(&c->psks.memory, given->alloc);
    c->context = new_context(given->role);
    c->method = og__layer_tls_method();
    int status = OG_OK;
    if (!c->context || !c->method)
        status = no_memory(err);
    else if (given->role == OG_ROLE_SERVER)
        status = set_up_server(c, given, err);
    else
        status = set_up_client(c, given, err);
    if (status == OG_OK) *made = c;
    if (status < 0) og__layer_tls_release(c);
    return status;
}

void og__layer_tls_release(void *made)
{
    og__tls_config *c = made;
    SSL_CTX_free(c->context);
    BIO_meth_free(c->method);
    og__layer_wipe(&c->psks.memory);
    og__base_free(c->alloc, c, sizeof *c);
}
