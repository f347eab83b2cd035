/* SPDX-License-Identifier: MIT */
/* Layer tls: who the peer is, and a sentence for each way in which that, or anything else, fails. */
#include "layer/tls.h"

#include "base/utf8.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

/* ---- Names and dates ---- */

/* Appends to `text` of `size` bytes, cut; control bytes become '?'. Returns the length that it would have. */
static size_t add_text(char *text, size_t size, size_t at, const char *more, size_t len)
{
    for (size_t i = 0; i < len; i++, at++)
        if (at + 1 < size) text[at] = (unsigned char)more[i] < 0x20 || more[i] == 0x7f ? '?' : more[i];
    if (size > 0) text[at < size ? at : size - 1] = '\0';
    return at;
}

static size_t copy_text(char *text, size_t size, const char *from)
{
    return add_text(text, size, 0, from, strlen(from));
}

/* What a BIO in memory holds, as text; frees it. */
static size_t take_bio(BIO *bio, char *text, size_t size)
{
    char *data = NULL;
    long len = bio ? BIO_get_mem_data(bio, &data) : 0;
    size_t written = len > 0 ? add_text(text, size, 0, data, (size_t)len) : copy_text(text, size, "");
    BIO_free(bio);
    return written;
}

/* A distinguished name as RFC 2253 writes it: "CN=localhost,O=Example". */
static size_t name_text(X509_NAME *name, char *text, size_t size)
{
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio) X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
    return take_bio(bio, text, size);
}

static void date_text(const ASN1_TIME *when, char *text, size_t size)
{
    struct tm t;
    if (ASN1_TIME_to_tm(when, &t) == 1)
        snprintf(text, size, "%04d-%02d-%02d", (t.tm_year + 1900) % 10000, (t.tm_mon + 1) % 100,
                 t.tm_mday % 100);
    else
        snprintf(text, size, "an unknown day");
}

static size_t add_alternative(const GENERAL_NAME *name, char *text, size_t size, size_t at)
{
    char address[64];
    int type;
    const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &type);
    const unsigned char *data = type == GEN_DNS || type == GEN_EMAIL || type == GEN_URI || type == GEN_IPADD
                                    ? ASN1_STRING_get0_data(value)
                                    : NULL;
    if (!data) return at;
    if (at > 0) at = add_text(text, size, at, ",", 1);
    if (type != GEN_IPADD)
        return add_text(text, size, at, (const char *)data, (size_t)ASN1_STRING_length(value));
    if (ASN1_STRING_length(value) == 4) {
        snprintf(address, sizeof address, "%d.%d.%d.%d", data[0], data[1], data[2], data[3]);
    } else {
        size_t n = 0;
        for (int i = 0; i + 1 < ASN1_STRING_length(value) && n + 6 < sizeof address; i += 2)
            n += (size_t)snprintf(address + n, sizeof address - n, "%s%x", i ? ":" : "",
                                  data[i] << 8 | data[i + 1]);
    }
    return add_text(text, size, at, address, strlen(address));
}

/* The names that a certificate is for, with commas between them; the subject's common name if it has no
 * others. */
static size_t alternatives_text(X509 *certificate, char *text, size_t size)
{
    size_t at = copy_text(text, size, "");
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
        at = add_alternative(sk_GENERAL_NAME_value(names, i), text, size, at);
    GENERAL_NAMES_free(names);
    return at;
}

static size_t fingerprint_text(X509 *certificate, char *text, size_t size)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    size_t at = copy_text(text, size, "");
    if (X509_digest(certificate, EVP_sha256(), digest, &len) != 1) return 0;
    for (unsigned int i = 0; i < len; i++) {
        char hex[3];
        snprintf(hex, sizeof hex, "%02x", digest[i]);
        at = add_text(text, size, at, hex, 2);
    }
    return at;
}

/* ---- Properties ---- */

const char *const og__layer_tls_properties[] = {
    "tls.protocol", "tls.cipher",      "tls.subject",  "tls.names",
    "tls.issuer",   "tls.fingerprint", "tls.identity", NULL,
};

static size_t certificate_property(X509 *certificate, const char *name, char *text, size_t size)
{
    if (strcmp(name, "tls.subject") == 0) return name_text(X509_get_subject_name(certificate), text, size);
    if (strcmp(name, "tls.issuer") == 0) return name_text(X509_get_issuer_name(certificate), text, size);
    if (strcmp(name, "tls.names") == 0) return alternatives_text(certificate, text, size);
    if (strcmp(name, "tls.fingerprint") == 0) return fingerprint_text(certificate, text, size);
    return 0;
}

/* Certificates hold any bytes: what is not UTF-8, or was cut, becomes '?'. */
static void clean(char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        uint32_t code = 0;
        size_t n = og__base_utf8_decode((const uint8_t *)text + at, len - at, &code);
        if (n == 0) text[at] = '?';
        at += n ? n : 1;
    }
}

static size_t raw_property(const SSL *ssl, const char *name, char *text, size_t size)
{
    if (strcmp(name, "tls.protocol") == 0) return copy_text(text, size, SSL_get_version(ssl));
    if (strcmp(name, "tls.cipher") == 0) return copy_text(text, size, SSL_get_cipher_name(ssl));
    const og__tls_bytes *bytes = SSL_get_app_data(ssl);
    if (strcmp(name, "tls.identity") == 0)
        return bytes->psk ? copy_text(text, size, bytes->psk->identity) : 0;
    X509 *certificate = SSL_get0_peer_certificate(ssl);
    return certificate ? certificate_property(certificate, name, text, size) : 0;
}

size_t og__layer_tls_property(const SSL *ssl, const char *name, char *text, size_t size)
{
    size_t len = raw_property(ssl, name, text, size);
    if (size > 0) clean(text, len < size ? len : size - 1);
    return len;
}

/* ---- Certificates that are refused ---- */

static int untrusted(const og__tls_config *c, X509 *certificate, og_error *err)
{
    char issuer[100];
    name_text(X509_get_issuer_name(certificate), issuer, sizeof issuer);
    if (c->role == OG_ROLE_SERVER)
        return og_error_set(
            err, OG_EPOLICY, OG_NO_POSITION,
            "the client's certificate is from %s, which is not among the authorities of option "
            "client-ca",
            issuer);
    return og_error_set(
        err, OG_EPOLICY, OG_NO_POSITION,
        "the server's certificate is from %s, an authority that is not trusted here: give its "
        "certificate with option ca",
        issuer);
}

static int wrong_name(const og__tls_config *c, X509 *certificate, og_error *err)
{
    char names[110];
    if (alternatives_text(certificate, names, sizeof names) == 0)
        copy_text(names, sizeof names, "no name at all");
    return og_error_set(
        err, OG_EPOLICY, OG_NO_POSITION,
        "the server's certificate is for %s, not for %.60s: connect by its name, or say it with "
        "option server-name",
        names, c->name);
}

int og__layer_tls_check(int good, X509_STORE_CTX *chain)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx());
    og__tls_bytes *bytes = ssl ? SSL_get_app_data(ssl) : NULL;
    X509 *certificate = X509_STORE_CTX_get_current_cert(chain);
    if (good || !bytes || !certificate || bytes->refused) return good;
    if (X509_up_ref(certificate) == 1) bytes->refused = certificate;
    return good;
}

static int refused_certificate(const og__tls_config *c, const SSL *ssl, og_error *err)
{
    char day[24];
    const og__tls_bytes *bytes = SSL_get_app_data(ssl);
    X509 *certificate = bytes->refused;
    long result = SSL_get_verify_result(ssl);
    const char *whose = c->role == OG_ROLE_SERVER ? "client" : "server";
    if (result == X509_V_OK || result == X509_V_ERR_OUT_OF_MEM)
        return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for TLS");
    if (!certificate)
        return og_error_set(err, OG_EPOLICY, OG_NO_POSITION, "the %s's certificate is refused: %s", whose,
                            X509_verify_cert_error_string(result));
    switch (result) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE: return untrusted(c, certificate, err);
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return wrong_name(c, certificate, err);
    case X509_V_ERR_CERT_HAS_EXPIRED:
        date_text(X509_get0_notAfter(certificate), day, sizeof day);
        return og_error_set(err, OG_EPOLICY, OG_NO_POSITION,
                            "the %s's certificate has expired on %s: it needs a new one", whose, day);
    case X509_V_ERR_CERT_NOT_YET_VALID:
        date_text(X509_get0_notBefore(certificate), day, sizeof day);
        return og_error_set(err, OG_EPOLICY, OG_NO_POSITION,
                            "the %s's certificate is not valid before %s: are the clocks right?", whose, day);
    default: break;
    }
    return og_error_set(err, OG_EPOLICY, OG_NO_POSITION, "the %s's certificate is refused: %s", whose,
                        X509_verify_cert_error_string(result));
}

/* ---- Everything else ---- */

/* Reasons of OpenSSL: for the server, for the client; NULL is as for the server. */
static const struct {
    int reason;
    og_status code;
    const char *server;
    const char *client;
} reasons[] = {
    {SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, OG_EPOLICY,
     "the client has no certificate, which option client-cert requires: it needs one (cert)", NULL},
    {SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, OG_EPOLICY,
     "the server requires a certificate: give option cert", NULL},
    {SSL_R_TLSV1_ALERT_UNKNOWN_CA, OG_EPOLICY,
     "the client does not trust the authority of our certificate: give it that authority's certificate (ca)",
     "the server does not trust the authority of our certificate: give option cert one from its client-ca"},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, OG_EPOLICY,
     "the client refuses our certificate, which has expired: give option cert a new one",
     "the server refuses our certificate, which has expired: give option cert a new one"},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, OG_EPOLICY,
     "the client refuses our certificate: is it for the name that the client connects by?",
     "the server refuses our certificate"},
    {SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, OG_EPOLICY,
     "the client refuses our certificate: is it for the name that the client connects by?",
     "the server refuses our certificate: give option cert one from its client-ca"},
    {SSL_R_UNSUPPORTED_PROTOCOL, OG_EVALUE, "the client has no TLS from 1.2 on, and older ones are not safe",
     "the server has no TLS from 1.2 on, and older ones are not safe"},
    {SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, OG_EVALUE,
     "the client has no version of TLS in common with us (1.2, 1.3)",
     "the server has no version of TLS in common with us (1.2, 1.3)"},
    {SSL_R_NO_SHARED_CIPHER, OG_EVALUE,
     "the client has no cipher in common with us: does it take our kind of key?", NULL},
    {SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, OG_EVALUE,
     "the client ended the handshake: it found no cipher or certificate in common",
     "the server ended the handshake: it found no cipher in common, or wants a certificate (option cert) or shared keys (option psk-file)"},
    {SSL_R_WRONG_VERSION_NUMBER, OG_ESYNTAX, "the client sent other bytes than TLS",
     "the server sent other bytes than TLS"},
    {SSL_R_UNEXPECTED_EOF_WHILE_READING, OG_ETRUNCATED, "the stream was cut off without the end of TLS",
     NULL},
};

bool og__layer_tls_lacked_memory(void)
{
    bool lacked = false;
    for (unsigned long code; (code = ERR_get_error()) != 0;)
        lacked |= ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE;
    return lacked;
}

int og__layer_tls_explain(const SSL *ssl, og_error *err)
{
    const og__tls_bytes *bytes = SSL_get_app_data(ssl);
    const og__tls_config *config = bytes->config;
    unsigned long code = ERR_peek_error();
    int reason = ERR_GET_REASON(code);
    bool server = config->role == OG_ROLE_SERVER;
    if (og__layer_tls_lacked_memory())
        return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for TLS");
    int status = og__layer_tls_psk_explain(bytes, reason, err);
    if (status < 0) return status;
    if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) return refused_certificate(config, ssl, err);
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (reasons[i].reason != reason) continue;
        return og_error_set(err, reasons[i].code, OG_NO_POSITION, "%s",
                            server || !reasons[i].client ? reasons[i].server : reasons[i].client);
    }
    const char *text = ERR_reason_error_string(code);
    return og_error_set(err, OG_EIO, OG_NO_POSITION, "TLS failed: %s",
                        text ? text : "OpenSSL gives no reason");
}
