/* SPDX-License-Identifier: MIT */
/*
 * Layer tls: keys that two ends share instead of certificates (TLS 1.3, RFC 8446 section 2.2).
 *
 * Each line of the file says who connects with the key, so that none serves both directions: an end that is
 * made to talk to itself does not know its own key (the attack "Selfie", RFC 9257 section 4.1).
 */
#include "layer/tls.h"

#include "base/alloc.h"
#include "base/bytes.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of a file of keys. */
enum { FILE_MOST = 4 << 20, WORDS = 3 };

#define NEW_KEY "openssl rand -hex 32 makes one"

/* With SHA-256, which is the hash that keys are for unless something else is agreed (RFC 8446 4.2.11). */
static const char suites[] = "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256";

static int no_memory(og_error *err)
{
    return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for TLS");
}

/* ---- Lines ---- */

typedef struct word {
    const char *text;
    size_t len;
} word;

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The words of a line, at most one more than there may be. Returns how many. */
static size_t split(const char *line, size_t len, word words[WORDS + 1])
{
    size_t count = 0;
    for (size_t at = 0; at < len && count <= WORDS;) {
        size_t start = at;
        while (at < len && !is_blank(line[at]))
            at++;
        if (at > start) words[count++] = (word){line + start, at - start};
        while (at < len && is_blank(line[at]))
            at++;
    }
    return count;
}

static bool is_word(const word *w, const char *text)
{
    return w->len == strlen(text) && memcmp(w->text, text, w->len) == 0;
}

static int take_identity(og__tls_psk *row, const word *w, const char *path, og_error *err)
{
    bool good = w->len < sizeof row->identity;
    for (size_t i = 0; good && i < w->len; i++)
        good = (unsigned char)w->text[i] > ' ' && w->text[i] != 0x7f;
    if (!good)
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                            "the identity in line %zu of %.120s is not 1 to %zu characters that print",
                            row->line, path, sizeof row->identity - 1);
    memcpy(row->identity, w->text, w->len);
    return OG_OK;
}

static int take_key(og__tls_psk *row, const word *w, const char *path, og_error *err)
{
    size_t most = 2 * sizeof row->key;
    for (size_t i = 0; i < w->len; i++) {
        int digit = og__base_hex_digit(w->text[i]);
        if (digit < 0)
            return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                                "the key in line %zu of %.120s is not hexadecimal: " NEW_KEY, row->line,
                                path);
        if (i < most) row->key[i / 2] = (uint8_t)(row->key[i / 2] << 4 | digit);
    }
    row->len = w->len / 2;
    if (w->len % 2 == 0 && row->len >= OG__TLS_PSK_LEAST && w->len <= most) return OG_OK;
    return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                        "the key in line %zu of %.120s has %zu hexadecimal digits, not %d to %zu: " NEW_KEY,
                        row->line, path, w->len, 2 * OG__TLS_PSK_LEAST, most);
}

/* Fills `row`, whose line is known. 1; 0 when the line has no key; < 0. */
static int take_line(og__tls_psk *row, const char *line, size_t len, const char *path, og_error *err)
{
    word words[WORDS + 1];
    size_t count = split(line, len, words);
    if (count == 0 || words[0].text[0] == '#') return 0;
    row->connects = is_word(&words[0], "connect");
    if (count != WORDS || (!row->connects && !is_word(&words[0], "accept")))
        return og_error_set(
            err, OG_EINVAL, OG_NO_POSITION,
            "line %zu of %.120s is neither 'connect IDENTITY KEY' (as client) nor 'accept IDENTITY KEY' (as server)",
            row->line, path);
    int status = take_identity(row, &words[1], path, err);
    if (status == OG_OK) status = take_key(row, &words[2], path, err);
    return status < 0 ? status : 1;
}

static int take_lines(og_buf *rows, const og_buf *file, const char *path, og_error *err)
{
    const char *text = (const char *)file->data;
    size_t line = 1;
    for (size_t at = 0; at < file->len; line++) {
        const char *end = memchr(text + at, '\n', file->len - at);
        size_t len = end ? (size_t)(end - text) - at : file->len - at;
        og__tls_psk row = {.line = line};
        int status = take_line(&row, text + at, len, path, err);
        if (status > 0 && og_buf_put(rows, &row, sizeof row) < 0) status = no_memory(err);
        OPENSSL_cleanse(&row, sizeof row);
        if (status < 0) return status;
        at += len + 1;
    }
    return OG_OK;
}

/* ---- The whole file ---- */

static int by_key(const void *a, const void *b)
{
    const og__tls_psk *x = a;
    const og__tls_psk *y = b;
    if (x->len != y->len) return x->len < y->len ? -1 : 1;
    return memcmp(x->key, y->key, x->len);
}

static int by_identity(const void *a, const void *b)
{
    const og__tls_psk *x = a;
    const og__tls_psk *y = b;
    if (x->connects != y->connects) return x->connects ? 1 : -1;
    return strcmp(x->identity, y->identity);
}

/* Sorts the rows; two that are the same are an error, which ends with `why`. */
static int sort(const og__tls_psks *psks, int (*compare)(const void *a, const void *b), const char *path,
                const char *why, og_error *err)
{
    og__tls_psk *rows = psks->rows;
    qsort(rows, psks->count, sizeof *rows, compare);
    for (size_t i = 1; i < psks->count; i++) {
        if (compare(&rows[i - 1], &rows[i]) != 0) continue;
        bool in_order = rows[i - 1].line < rows[i].line;
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION, "lines %zu and %zu of %.80s have the same %s",
                            rows[in_order ? i - 1 : i].line, rows[in_order ? i : i - 1].line, path, why);
    }
    return OG_OK;
}

/* A client has one line to connect with; a server has at least one to accept. Sets `own`. */
static int choose(og__tls_psks *psks, og_role role, const char *path, og_error *err)
{
    bool client = role == OG_ROLE_CLIENT;
    size_t count = 0;
    for (size_t i = 0; i < psks->count; i++) {
        if (psks->rows[i].connects != client) continue;
        psks->own = &psks->rows[i];
        count++;
    }
    if (count == 0)
        return og_error_set(
            err, OG_EINVAL, OG_NO_POSITION,
            "%.120s has no line '%s IDENTITY KEY', which a %s needs: the other end has the other word", path,
            client ? "connect" : "accept", client ? "client" : "server");
    if (client && count > 1)
        return og_error_set(
            err, OG_EINVAL, OG_NO_POSITION,
            "%.120s has %zu lines 'connect', of which a client offers one: use a file for each server", path,
            count);
    return OG_OK;
}

int og__layer_tls_psk_read(og__tls_config *c, const og__layer_given *given, const char *path, og_error *err)
{
    og_buf file;
    og_buf_init(&file, given->alloc);
    int status = og__layer_read_file(path, FILE_MOST, true, &file, err);
    og_buf *rows = &c->psks.memory;
    og_buf_init(rows, given->alloc);
    /* All at once: growing would leave copies of keys. */
    size_t lines = 1;
    for (size_t i = 0; i < file.len; i++)
        lines += file.data[i] == '\n';
    if (status == OG_OK && og_buf_reserve(rows, lines * sizeof(og__tls_psk)) < 0) status = no_memory(err);
    if (status == OG_OK) status = take_lines(rows, &file, path, err);
    og__layer_wipe(&file);
    if (status < 0) return status;
    c->psks.rows = (og__tls_psk *)(void *)rows->data;
    c->psks.count = rows->len / sizeof(og__tls_psk);
    status = sort(&c->psks, by_key, path,
                  "key: every peer, and each direction, needs a key of its own (" NEW_KEY ")", err);
    if (status == OG_OK) status = sort(&c->psks, by_identity, path, "identity", err);
    return status < 0 ? status : choose(&c->psks, given->role, path, err);
}

/* ---- Handshakes ---- */

/* Its key as OpenSSL wants it, or NULL without memory. */
static SSL_SESSION *session_of(SSL *ssl, const og__tls_psk *row)
{
    static const unsigned char suite[] = {0x13, 0x01}; /* TLS_AES_128_GCM_SHA256 */
    const SSL_CIPHER *cipher = SSL_CIPHER_find(ssl, suite);
    SSL_SESSION *session = cipher ? SSL_SESSION_new() : NULL;
    if (session && SSL_SESSION_set1_master_key(session, row->key, row->len) == 1 &&
        SSL_SESSION_set_cipher(session, cipher) == 1 &&
        SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION) == 1)
        return session;
    SSL_SESSION_free(session);
    return NULL;
}

static const og__tls_psk *find(const og__tls_psks *psks, bool connects, const void *identity, size_t len)
{
    og__tls_psk wanted = {.connects = connects};
    if (psks->count == 0 || len >= sizeof wanted.identity || memchr(identity, '\0', len)) return NULL;
    memcpy(wanted.identity, identity, len);
    return bsearch(&wanted, psks->rows, psks->count, sizeof *psks->rows, by_identity);
}

/* OpenSSL's callback in a client: what to offer. */
static int offer(SSL *ssl, const EVP_MD *hash, const unsigned char **identity, size_t *len,
                 SSL_SESSION **session)
{
    og__tls_bytes *bytes = SSL_get_app_data(ssl);
    const og__tls_psk *own = bytes->config->psks.own;
    (void)hash; /* SHA-256, as all our suites have it */
    *session = session_of(ssl, own);
    if (!*session) return 0;
    *identity = (const unsigned char *)own->identity;
    *len = strlen(own->identity);
    bytes->psk = own;
    return 1;
}

/* OpenSSL's callback in a server: the key of an identity; without one OpenSSL looks for another way. */
static int look_up(SSL *ssl, const unsigned char *identity, size_t len, SSL_SESSION **session)
{
    og__tls_bytes *bytes = SSL_get_app_data(ssl);
    const og__tls_psks *psks = &bytes->config->psks;
    const og__tls_psk *row = find(psks, false, identity, len);
    *session = NULL;
    bytes->psk = row;
    if (row) return (*session = session_of(ssl, row)) != NULL;
    bytes->offer = find(psks, true, identity, len) ? OG__TLS_OFFER_OURS : OG__TLS_OFFER_UNKNOWN;
    size_t shown = len < sizeof bytes->offered ? len : sizeof bytes->offered - 1;
    for (size_t i = 0; i < shown; i++)
        bytes->offered[i] = identity[i] > ' ' && identity[i] < 0x7f ? (char)identity[i] : '?';
    bytes->offered[shown] = '\0';
    return 1;
}

/* With (EC)DHE alone: OpenSSL takes and offers the other way (psk_ke) only if told so. */
int og__layer_tls_psk_use(og__tls_config *c, og_error *err)
{
    if (SSL_CTX_set_min_proto_version(c->context, TLS1_3_VERSION) != 1 ||
        SSL_CTX_set_ciphersuites(c->context, suites) != 1 || SSL_CTX_set_num_tickets(c->context, 0) != 1)
        return no_memory(err);
    SSL_CTX_set_session_cache_mode(c->context, SSL_SESS_CACHE_OFF);
    if (c->role == OG_ROLE_SERVER) {
        SSL_CTX_set_psk_find_session_callback(c->context, look_up);
    } else {
        SSL_CTX_set_psk_use_session_callback(c->context, offer);
        SSL_CTX_set_verify(c->context, SSL_VERIFY_PEER, NULL); /* with no authority at all */
    }
    return OG_OK;
}

/* ---- Sentences ---- */

static int explain_to_server(const og__tls_bytes *bytes, int reason, og_error *err)
{
    if (reason == SSL_R_BINDER_DOES_NOT_VERIFY && bytes->psk)
        return og_error_set(
            err, OG_EPOLICY, OG_NO_POSITION,
            "the client has another key for the identity '%.60s': both ends need the same in option psk-file",
            bytes->psk->identity);
    if (reason == SSL_R_UNSUPPORTED_PROTOCOL)
        return og_error_set(err, OG_EVALUE, OG_NO_POSITION,
                            "the client has no TLS 1.3, which the keys of option psk-file need");
    if (reason == SSL_R_NO_SHARED_CIPHER)
        return og_error_set(
            err, OG_EVALUE, OG_NO_POSITION,
            "the client has no cipher for the keys of option psk-file: it needs TLS_AES_128_GCM_SHA256 or TLS_CHACHA20_POLY1305_SHA256");
    if (reason != SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM && reason != SSL_R_MISSING_SIGALGS_EXTENSION)
        return 0;
    switch (bytes->offer) {
    case OG__TLS_OFFER_OURS:
        return og_error_set(
            err, OG_EPOLICY, OG_NO_POSITION,
            "the client offers '%.60s', with which we connect ourselves: it is ourselves, or has our file; "
            "it needs a key of its own",
            bytes->offered);
    case OG__TLS_OFFER_UNKNOWN:
        return og_error_set(
            err, OG_EPOLICY, OG_NO_POSITION,
            "the client offers the identity '%.60s', which is not in option psk-file: it needs the line "
            "'accept %.60s KEY'",
            bytes->offered, bytes->offered);
    case OG__TLS_OFFER_NONE: break;
    }
    return og_error_set(
        err, OG_EPOLICY, OG_NO_POSITION,
        "the client offers no shared key: it needs option psk-file with a line 'connect IDENTITY KEY'");
}

static int explain_to_client(const og__tls_bytes *bytes, int reason, og_error *err)
{
    const char *identity = bytes->config->psks.own->identity;
    switch (reason) {
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
        return og_error_set(
            err, OG_EPOLICY, OG_NO_POSITION,
            "the server shows a certificate instead of a shared key: check it with option ca, or give the "
            "server option psk-file with 'accept %.60s KEY'",
            identity);
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    case SSL_R_TLSV1_ALERT_UNKNOWN_PSK_IDENTITY:
        return og_error_set(
            err, OG_EPOLICY, OG_NO_POSITION,
            "the server does not know the identity '%.60s': its option psk-file needs the line "
            "'accept %.60s KEY'",
            identity, identity);
    case SSL_R_SSLV3_ALERT_ILLEGAL_PARAMETER:
    case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
        return og_error_set(
            err, OG_EPOLICY, OG_NO_POSITION,
            "the server has another key for the identity '%.60s': both ends need the same in option psk-file",
            identity);
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
        return og_error_set(err, OG_EVALUE, OG_NO_POSITION,
                            "the server has no TLS 1.3, which the keys of option psk-file need");
    default: return 0;
    }
}

int og__layer_tls_psk_explain(const og__tls_bytes *bytes, int reason, og_error *err)
{
    if (bytes->config->psks.count == 0) return 0;
    return bytes->config->role == OG_ROLE_SERVER ? explain_to_server(bytes, reason, err)
                                                 : explain_to_client(bytes, reason, err);
}
