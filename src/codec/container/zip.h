/* SPDX-License-Identifier: MIT */
/*
 * Zip archives in memory: the directory at the end, checked against the members that it lists. Another reader
 * of zip may see other members; whatever two readers could see differently is a problem.
 *
 * Ownership: an archive owns its list of members; names and data point into the archive's bytes.
 */
#ifndef ONGGI_CODEC_CONTAINER_ZIP_H
#define ONGGI_CODEC_CONTAINER_ZIP_H

#include <onggi/base.h>

typedef struct og__zip_member {
    const char *name; /* as the directory gives it, without a NUL after it */
    size_t name_len;
    uint64_t packed;
    uint64_t size;
    uint32_t crc;
    uint16_t method;
    uint16_t flags;
    size_t header; /* place of the local header */
    size_t data;
    const char *problem; /* why it must not be believed; NULL: none seen */
} og__zip_member;

typedef struct og__zip {
    const uint8_t *bytes;
    size_t len;
    size_t before;    /* bytes before the archive's start */
    size_t directory; /* its place */
    size_t comment;   /* where the comment at its end begins */
    size_t after;     /* where the archive ends, and other bytes may begin */
    og__zip_member *members;
    size_t count;
    size_t room; /* bytes of `members` */
} og__zip;

/* Reads the directory and checks it. NULL, or why the archive cannot be read at all. */
const char *og__container_zip_begin(og__zip *zip, const uint8_t *bytes, size_t len);
void og__container_zip_end(og__zip *zip);

/* The last record that may end an archive, and whose directory may be there; SIZE_MAX: none. `whole`: all
 * bytes before it are here. */
size_t og__container_zip_find_end(const uint8_t *bytes, size_t len, bool whole);

#endif
