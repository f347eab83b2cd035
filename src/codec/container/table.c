/* SPDX-License-Identifier: MIT */
/* The table of containers: how to know each one, and its reader where there is one. */
#include "codec/container/container.h"

#include <string.h>

/* ---- Those that are known by how they begin, and not opened ---- */

static bool begins(const og__block *block, const char *mark, size_t len)
{
    return block->len >= len && memcmp(block->bytes, mark, len) == 0;
}

/* bzip2 goes on with a digit and a number, which text does not. */
static bool is_bzip2(const og__block *block)
{
    return begins(block, "BZh", 3) && block->len >= 10 &&
           (memcmp(block->bytes + 4, "1AY&SY", 6) == 0 || memcmp(block->bytes + 4, "\x17rE8P\x90", 6) == 0);
}

static bool is_xz(const og__block *block)
{
    return begins(block,
                  "\xfd"
                  "7zXZ\0",
                  6);
}

static bool is_lzip(const og__block *block)
{
    return begins(block, "LZIP\1", 5);
}

static bool is_zstd(const og__block *block)
{
    return begins(block, "\x28\xb5\x2f\xfd", 4);
}

static bool is_lz4(const og__block *block)
{
    return begins(block, "\x04\x22\x4d\x18", 4);
}

static bool is_snappy(const og__block *block)
{
    return begins(block, "\xff\x06\0\0sNaPpY", 10);
}

static bool is_compress(const og__block *block)
{
    return begins(block, "\x1f\x9d", 2) || begins(block, "\x1f\xa0", 2);
}

static bool is_7z(const og__block *block)
{
    return begins(block, "7z\xbc\xaf\x27\x1c", 6);
}

static bool is_rar(const og__block *block)
{
    return begins(block, "Rar!\x1a\x07", 6);
}

static bool is_hdf5(const og__block *block)
{
    return begins(block, "\x89HDF\r\n\x1a\n", 8);
}

/* ---- The table ---- */

/*
 * The first row that fits decides. Those that look at all of their bytes come before the zip archives that
 * are known by their end, which may be in what they hold.
 */

static const og__container_kind kinds[] = {
    {"zip", "a zip archive", og__container_is_zip, &og__container_zip, NULL},
    {"tar", "a tar archive", og__container_is_tar, &og__container_tar, NULL},
    {"gzip", "packed by gzip", og__container_is_gzip, &og__container_gzip, NULL},
    {"zlib", "packed by zlib", og__container_is_zlib, &og__container_zlib, NULL},
    {"zfile", "packed by an old joblib", og__container_is_zfile, &og__container_zfile, NULL},
    {"zip after other bytes", "a zip archive", og__container_ends_zip, &og__container_zip, NULL},
    {"ar", "an ar archive", og__container_is_ar, &og__container_ar, NULL},
    {"npy", "an array of numpy", og__container_is_npy, &og__container_npy, NULL},
    {"bzip2", "packed by bzip2", is_bzip2, NULL, "unpack it first"},
    {"xz", "packed by xz", is_xz, NULL, "unpack it first"},
    {"lzma", "packed by lzma", og__container_is_lzma, NULL, "unpack it first"},
    {"lzip", "packed by lzip", is_lzip, NULL, "unpack it first"},
    {"zstd", "packed by zstd", is_zstd, NULL, "unpack it first"},
    {"lz4", "packed by lz4", is_lz4, NULL, "unpack it first"},
    {"snappy", "packed by snappy", is_snappy, NULL, "unpack it first"},
    {"compress", "packed by compress", is_compress, NULL, "unpack it first"},
    {"7z", "a 7z archive", is_7z, NULL, "unpack it first"},
    {"rar", "a rar archive", is_rar, NULL, "unpack it first"},
    {"hdf5", "an HDF5 file", is_hdf5, NULL, "PyTables, and pandas through it, keep pickles in such files"},
};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

const og__container_kind *og__container_find(const og__block *block)
{
    for (size_t i = 0; i < KINDS; i++) {
        if (kinds[i].is(block)) return &kinds[i];
    }
    return NULL;
}

const char *og_container_at(size_t index, const char **what, bool *opened)
{
    if (index >= KINDS) return NULL;
    if (what) *what = kinds[index].what;
    if (opened) *opened = kinds[index].reader != NULL;
    return kinds[index].name;
}
