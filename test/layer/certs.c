/* SPDX-License-Identifier: MIT */
#include "certs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

const char *cert_path(const char *name)
{
    static char paths[8][400];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static FILE *create(const char *name, const char *how)
{
    FILE *file = fopen(cert_path(name), how);
    assert_non_null(file);
    fchmod(fileno(file), 0600);
    return file;
}

static void add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

typedef struct authority {
    X509 *certificate;
    EVP_PKEY *key;
} authority;

/* A certificate called `name`, for `alternatives` (NULL: an authority), signed by `by` (NULL: by itself). */
static authority make(const authority *by, const char *name, const char *alternatives, long seconds)
{
    static long serial = 1;
    authority made = {X509_new(), EVP_EC_gen("P-256")};
    assert_non_null(made.key);
    X509 *issuer = by ? by->certificate : made.certificate;
    X509_set_version(made.certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.certificate), serial++);
    X509_gmtime_adj(X509_getm_notBefore(made.certificate), -86400);
    if (seconds > 0)
        X509_gmtime_adj(X509_getm_notAfter(made.certificate), seconds);
    else
        ASN1_TIME_set_string(X509_getm_notAfter(made.certificate), "20010203040506Z");
    if (seconds <= 0) ASN1_TIME_set_string(X509_getm_notBefore(made.certificate), "20000203040506Z");
    X509_set_pubkey(made.certificate, made.key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made.certificate), "CN", MBSTRING_UTF8,
                               (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(made.certificate, X509_get_subject_name(issuer));
    if (alternatives) {
        add_extension(made.certificate, issuer, NID_basic_constraints, "critical,CA:FALSE");
        if (*alternatives) add_extension(made.certificate, issuer, NID_subject_alt_name, alternatives);
    } else {
        add_extension(made.certificate, issuer, NID_basic_constraints, "critical,CA:TRUE");
        add_extension(made.certificate, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
    }
    assert_true(X509_sign(made.certificate, by ? by->key : made.key, EVP_sha256()) > 0);
    return made;
}

static void drop(authority made)
{
    X509_free(made.certificate);
    EVP_PKEY_free(made.key);
}

static void save(const authority *made, const char *certificate, const char *key, const char *how)
{
    FILE *file = create(certificate, how);
    PEM_write_X509(file, made->certificate);
    fclose(file);
    if (!key) return;
    file = create(key, how[0] == 'a' ? "a" : "w");
    PEM_write_PrivateKey(file, made->key, NULL, NULL, 0, NULL, NULL);
    fclose(file);
}

static void issue(const authority *by, const char *name, const char *stem, const char *alternatives,
                  long seconds)
{
    char certificate[40];
    char key[40];
    authority made = make(by, name, alternatives, seconds);
    snprintf(certificate, sizeof certificate, "%s.pem", stem);
    snprintf(key, sizeof key, "%s.key", stem);
    save(&made, certificate, key, "w");
    if (strcmp(stem, "server") == 0) {
        save(&made, "both.pem", "both.pem", "a");
        FILE *file = create("locked.key", "w");
        PEM_write_PrivateKey(file, made.key, EVP_aes_128_cbc(), NULL, 0, NULL,
                             (void *)(uintptr_t) "password");
        fclose(file);
    }
    drop(made);
}

void certs_make(void)
{
    const long day = 86400;
    strcpy(folder, "onggi_certs_XXXXXX");
    assert_non_null(mkdtemp(folder));
    authority ca = make(NULL, "Trial authority", NULL, 10 * day);
    authority other = make(NULL, "Other authority", NULL, 10 * day);
    save(&ca, "ca.pem", NULL, "w");
    save(&other, "other-ca.pem", NULL, "w");
    issue(&ca, "localhost", "server", "DNS:localhost,IP:127.0.0.1", day);
    issue(&ca, "localhost", "expired", "DNS:localhost,IP:127.0.0.1", 0);
    issue(&ca, "example.org", "elsewhere", "DNS:example.org,DNS:*.example.org", day);
    issue(&ca, "reader", "client", "", day);
    issue(&other, "stranger", "stranger", "", day);
    drop(ca);
    drop(other);
}

void certs_remove(void)
{
    struct dirent *entry;
    DIR *files = opendir(folder);
    while (files && (entry = readdir(files)) != NULL)
        if (entry->d_name[0] != '.') unlink(cert_path(entry->d_name));
    if (files) closedir(files);
    rmdir(folder);
}
