/* SPDX-License-Identifier: MIT */
/* Archives and packed files that are known by how they begin, and not looked into. */
#include "cli/inspect.h"

#include <string.h>

typedef struct mark {
    const char *what;
    const char *bytes;
    size_t len;
    size_t at;
} mark;

/* Those that programs unpack by themselves as they load a pickle, and those that hold files. */
static const mark marks[] = {
    {"a tar archive", "ustar", 5, 257},
    {"packed by gzip", "\x1f\x8b\x08", 3, 0},
    {"packed by bzip2", "BZh", 3, 0},
    {"packed by xz",
     "\xfd"
     "7zXZ\0",
     6, 0},
    {"packed by lzma", "\x5d\0\0\x80\0", 5, 0},
    {"packed by zstd", "\x28\xb5\x2f\xfd", 4, 0},
    {"packed by lz4", "\x04\x22\x4d\x18", 4, 0},
    {"a 7z archive", "7z\xbc\xaf\x27\x1c", 6, 0},
    {"a rar archive", "Rar!\x1a\x07", 6, 0},
    {"an HDF5 file", "\x89HDF\r\n\x1a\n", 8, 0},
};

const char *inspect_packed(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        const mark *m = &marks[i];
        if (len < m->at + m->len || memcmp(bytes + m->at, m->bytes, m->len) != 0) continue;
        /* bzip2 goes on with a digit and a number, which text does not. */
        if (m->bytes[0] == 'B' && (len < 10 || memcmp(bytes + 4, "1AY&SY", 6) != 0)) continue;
        return m->what;
    }
    return NULL;
}

bool inspect_is_deflated(const uint8_t *bytes, size_t len)
{
    return len > 2 && bytes[0] == 0x78 && (bytes[0] << 8 | bytes[1]) % 31 == 0;
}
