/* SPDX-License-Identifier: MIT */
/* Certificates for tests: made anew in a folder of the test's own, which is removed at the end. */
#ifndef TEST_LAYER_CERTS_H
#define TEST_LAYER_CERTS_H

/* Makes the folder with these files (PEM; keys have mode 600):
 *   ca.pem, other-ca.pem           two authorities
 *   server.pem, server.key         for localhost and 127.0.0.1, from ca
 *   expired.pem, expired.key       the same, valid until 2001
 *   elsewhere.pem, elsewhere.key   for example.org, from ca
 *   client.pem, client.key         CN=reader, from ca
 *   stranger.pem, stranger.key     CN=stranger, from other-ca
 *   both.pem                       server.pem and server.key in one file
 *   locked.key                     a key with a password
 */
void certs_make(void);
void certs_remove(void);

/* The path of a file in the folder; good until the eighth call after it. */
const char *cert_path(const char *name);

#endif
