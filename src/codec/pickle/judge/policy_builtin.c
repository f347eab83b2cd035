/* SPDX-License-Identifier: MIT */
/* The policies that come with the library. */
#include "codec/pickle/judge/policy.h"

#include <string.h>

/* Builtins and classes of the standard library whose making runs no code of anybody's choice. */
static const char *const plain_data[] = {
    "_codecs.encode",
    "builtins.Ellipsis",
    "builtins.NotImplemented",
    "builtins.bool",
    "builtins.bytearray",
    "builtins.bytes",
    "builtins.complex",
    "builtins.dict",
    "builtins.float",
    "builtins.frozenset",
    "builtins.int",
    "builtins.list",
    "builtins.object",
    "builtins.range",
    "builtins.set",
    "builtins.slice",
    "builtins.str",
    "builtins.tuple",
    "collections.Counter",
    "collections.OrderedDict",
    "collections.defaultdict",
    "collections.deque",
    "copyreg._reconstructor",
    "datetime.date",
    "datetime.datetime",
    "datetime.time",
    "datetime.timedelta",
    "datetime.timezone",
    "decimal.Decimal",
    "fractions.Fraction",
    "pathlib.Path",
    "pathlib.PosixPath",
    "pathlib.PurePath",
    "pathlib.PurePosixPath",
    "pathlib.PureWindowsPath",
    "pathlib.WindowsPath",
    "pathlib._local.Path",
    "pathlib._local.PosixPath",
    "pathlib._local.PurePath",
    "pathlib._local.PurePosixPath",
    "pathlib._local.PureWindowsPath",
    "pathlib._local.WindowsPath",
    "uuid.SafeUUID",
    "uuid.UUID",
    "zoneinfo:ZoneInfo._unpickle",
    NULL,
};

/* The module paths of numpy 1 and 2. */
static const char *const numpy_data[] = {
    "numpy._core.multiarray._reconstruct",
    "numpy._core.multiarray.scalar",
    "numpy._core.numeric._frombuffer",
    "numpy.core.multiarray._reconstruct",
    "numpy.core.multiarray.scalar",
    "numpy.core.numeric._frombuffer",
    "numpy.dtype",
    "numpy.ndarray",
    NULL,
};

static const og__builtin builtins[] = {
    {"plain-data", plain_data, NULL},
    {"numpy-data", numpy_data, "plain-data"},
};

enum { BUILTINS = sizeof builtins / sizeof builtins[0] };

const og__builtin *og__pickle_builtin_find(const char *name, size_t len)
{
    for (size_t i = 0; i < BUILTINS; i++) {
        if (strlen(builtins[i].name) == len && memcmp(builtins[i].name, name, len) == 0) return &builtins[i];
    }
    return NULL;
}

const char *og_policy_builtin_at(size_t index)
{
    return index < BUILTINS ? builtins[index].name : NULL;
}
