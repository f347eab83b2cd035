/* SPDX-License-Identifier: MIT */
/*
 * Zip archives in memory: the directory at the end, checked against the members that it lists, for whoever
 * reads them otherwise may see other members.
 *
 * Ownership: an archive owns its list of members; names and data point into the archive's bytes.
 */
#ifndef ONGGI_CLI_ARCHIVE_ZIP_H
#define ONGGI_CLI_ARCHIVE_ZIP_H

#include "cli/cli.h"

typedef struct zip_member {
    const char *name; /* as the directory gives it, without a NUL behind it */
    size_t name_len;
    uint64_t packed;
    uint64_t size;
    uint32_t crc;
    uint16_t method;
    uint16_t flags;
    size_t header; /* place of the local header */
    size_t data;
    const char *problem; /* why it must not be believed; NULL: none seen */
} zip_member;

typedef struct zip_archive {
    const uint8_t *bytes;
    size_t len;
    size_t before;    /* bytes before the archive's start */
    size_t directory; /* its place */
    zip_member *members;
    size_t count;
} zip_archive;

/* Reads the directory and checks it. NULL, or why the archive cannot be read at all. */
const char *zip_open(zip_archive *zip, const uint8_t *bytes, size_t len);
void zip_close(zip_archive *zip);

/* Where the record that ends an archive stands, or SIZE_MAX. */
size_t zip_find_end(const uint8_t *bytes, size_t len);

/* Appends at most `most` bytes of a member to `out`; all of them, checked by length and checksum, when it has
 * no more. NULL, or what is wrong. */
const char *zip_read(const zip_archive *zip, const zip_member *member, size_t most, og_buf *out);

#endif
