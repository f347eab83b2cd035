/* SPDX-License-Identifier: MIT */
/* Says what a byte is that no opcode has: often the file is of another kind that people take for a pickle. */
#include "codec/pickle/opcodes.h"

#include "base/plural.h"
#include "codec/signature.h"

#include <string.h>

/* Some begin with bytes that are opcodes too. */
static const struct {
    const char *head;
    size_t len;
    const char *name;
} kinds[] = {
    {"\x1f\x8b", 2, "gzip data: unpack it first"},
    {"\x78\x01", 2, "zlib data: unpack it first"},
    {"\x78\x5e", 2, "zlib data: unpack it first"},
    {"\x78\x9c", 2, "zlib data: unpack it first"},
    {"\x78\xda", 2, "zlib data: unpack it first"},
    {"\xfd\x37zXZ", 5, "xz data: unpack it first"},
    {"BZh", 3, "bzip2 data: unpack it first"},
    {"\x28\xb5\x2f\xfd", 4, "zstd data: unpack it first"},
    {"7z\xbc\xaf", 4, "a 7z archive: unpack it first"},
    {"PK\x03\x04", 4, "a zip archive: read its members one by one"},
    {"\x93NUMPY", 6, "one of numpy's .npy files"},
    {"\x89HDF", 4, "an HDF5 file"},
};

/* Whether the bytes hold the name of joblib's stand-in for an array, which the array's bytes follow. */
static bool has_joblib_array(const uint8_t *bytes, size_t len)
{
    static const char name[] = "joblib.numpy_pickle";
    return memmem(bytes, len, name, sizeof name - 1) != NULL;
}

/* So few bytes may be opcodes by chance. */
enum { FEW = 16 };

static const char *kind_of(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (len >= kinds[i].len && memcmp(bytes, kinds[i].head, kinds[i].len) == 0) return kinds[i].name;
    return NULL;
}

int og__pickle_no_stop(const uint8_t *bytes, size_t len, og_error *err)
{
    const char *kind = kind_of(bytes, len);
    if (kind) return og_error_set(err, OG_ETRUNCATED, len, "this is not a pickle but %s", kind);
    return og_error_set(err, OG_ETRUNCATED, len, "the pickle ends after %zu byte%s, before its STOP opcode",
                        len, og__base_plural(len));
}

int og__pickle_no_opcode(const uint8_t *bytes, size_t at, size_t len, og_error *err)
{
    const char *kind = kind_of(bytes, len);
    if (!kind && len > 0 && (bytes[0] == '{' || bytes[0] == '[')) kind = "perhaps JSON";
    if (kind) return og_error_set(err, OG_ESYNTAX, at, "this is not a pickle but %s", kind);
    const og_signature *seen = at < FEW ? og__codec_signature(bytes, len, OG__SIGNS_UNSURE) : NULL;
    if (seen) return og_error_set(err, OG_ESYNTAX, at, "this is not a pickle; it begins as %s", seen->what);
    if (has_joblib_array(bytes, at))
        return og_error_set(err, OG_ESYNTAX, at,
                            "found byte 0x%02x where a pickle has an opcode: the raw bytes of an array of "
                            "joblib are there, which only joblib reads",
                            bytes[at]);
    return og_error_set(
        err, OG_ESYNTAX, at,
        "found byte 0x%02x where a pickle has an opcode: this is not a pickle, or a damaged one", bytes[at]);
}
