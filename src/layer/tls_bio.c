/* SPDX-License-Identifier: MIT */
/* Layer tls: how OpenSSL reaches the bytes that a step was given. */
#include "layer/tls.h"

#include <string.h>

static int bio_create(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

static int bio_read(BIO *bio, char *data, size_t size, size_t *got)
{
    og__tls_bytes *bytes = BIO_get_data(bio);
    *got = size < bytes->len ? size : bytes->len;
    BIO_clear_retry_flags(bio);
    if (*got == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    memcpy(data, bytes->in, *got);
    bytes->in += *got;
    bytes->len -= *got;
    return 1;
}

static int bio_write(BIO *bio, const char *data, size_t len, size_t *put)
{
    og__tls_bytes *bytes = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (bytes->wire && og_buf_put(bytes->wire, data, len) == OG_OK) {
        *put = len;
        return 1;
    }
    bytes->no_memory = true;
    return 0;
}

/* OpenSSL flushes after each flight; there is nothing to do, and nothing else that it must ask for. */
static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

BIO_METHOD *og__layer_tls_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "onggi");
    if (!method) return NULL;
    if (BIO_meth_set_create(method, bio_create) == 1 && BIO_meth_set_read_ex(method, bio_read) == 1 &&
        BIO_meth_set_write_ex(method, bio_write) == 1 && BIO_meth_set_ctrl(method, bio_ctrl) == 1)
        return method;
    BIO_meth_free(method);
    return NULL;
}
