/* SPDX-License-Identifier: MIT */
/* Reading the small files that layers are configured with: keys and the like. */
#include "layer/layer.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 65536 };

/* Postgres' rule, which suits people (600) and packages (root's, 640 for the group of a service). */
static int check_mode(const struct stat *st, const char *path, og_error *err)
{
    mode_t open_to = st->st_mode & (S_IRWXG | S_IRWXO);
    if (!S_ISREG(st->st_mode) || open_to == 0 || (st->st_uid == 0 && open_to == S_IRGRP)) return OG_OK;
    return og_error_set(err, OG_EIO, OG_NO_POSITION, "others can read %.120s (mode %o): chmod 600 %.60s",
                        path, (unsigned)(st->st_mode & 07777), path);
}

static int read_all(int fd, const char *path, size_t most, og_buf *out, og_error *err)
{
    size_t start = out->len;
    for (;;) {
        size_t room = most - (out->len - start) + 1; /* one more shows that it is too long */
        if (room > CHUNK) room = CHUNK;              /* all of a key at once: growing would leave copies */
        if (og_buf_reserve(out, room) < 0)
            return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory to read %.120s", path);
        ssize_t got = read(fd, out->data + out->len, room);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return og_error_set_sys(err, OG_EIO, errno, "cannot read %.120s", path);
        if (got == 0) return OG_OK;
        out->len += (size_t)got;
        if (out->len - start > most)
            return og_error_set(err, OG_ELIMIT, OG_NO_POSITION,
                                "%.120s is longer than %zu bytes: is it the right file?", path, most);
    }
}

int og__layer_read_file(const char *path, size_t most, bool secret, og_buf *out, og_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return og_error_set_sys(err, OG_EIO, errno, "cannot open %.120s", path);
    struct stat st;
    int status = OG_OK;
    if (fstat(fd, &st) != 0)
        status = og_error_set_sys(err, OG_EIO, errno, "cannot look at %.120s", path);
    else if (secret)
        status = check_mode(&st, path, err);
    if (status == OG_OK) status = read_all(fd, path, most, out, err);
    close(fd);
    return status;
}

void og__layer_wipe(og_buf *secret)
{
    if (secret->data) OPENSSL_cleanse(secret->data, secret->cap);
    og_buf_free(secret);
}
