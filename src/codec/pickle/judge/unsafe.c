/* SPDX-License-Identifier: MIT */
/*
 * Unpicklers by other names: what loads pickles or code, runs what it is given, or gets at what no row names.
 * Whoever may call one of these may do anything. doc/safety.md has the sources.
 */
#include "codec/pickle/judge/policy.h"

#include <string.h>

static const char loads[] = "unpickles what it is given, which nobody has checked";
static const char runs[] = "runs what it is given";
static const char reaches[] = "gets at what no row of the policy names";
static const char starts[] = "starts programs";

/* A name, or a module with a dot after it: all that begins so. */
static const og__unsafe table[] = {
    {"_pickle.", loads},
    {"cloudpickle.", loads},
    {"dill.", loads},
    {"jsonpickle.", loads},
    {"joblib.", loads},
    {"numpy.load", loads},
    {"numpy.lib._npyio_impl.load", loads},
    {"numpy.lib.format.read_array", loads},
    {"numpy.lib.npyio.load", loads},
    {"pandas.io.pickle.read_pickle", loads},
    {"pandas.read_pickle", loads},
    {"pickle.", loads},
    {"shelve.", loads},
    {"sklearn.externals.joblib.", loads},
    {"torch.hub.", loads},
    {"torch.jit.load", loads},
    {"torch.load", loads},
    {"torch.serialization.", loads},
    {"yaml.", loads},
    {"zodbpickle.", loads},
    {"marshal.", "loads code"},
    {"types.CodeType", "makes code"},
    {"types.FunctionType", "makes functions of code"},
    {"bdb.", runs},
    {"builtins.__import__", runs},
    {"builtins.compile", runs},
    {"builtins.eval", runs},
    {"builtins.exec", runs},
    {"cProfile.", runs},
    {"code.", runs},
    {"codeop.", runs},
    {"ctypes.", runs},
    {"doctest.", runs},
    {"idlelib.", runs},
    {"importlib.", runs},
    {"pdb.", runs},
    {"pip.", runs},
    {"profile.", runs},
    {"pydoc.", runs},
    {"runpy.", runs},
    {"timeit.", runs},
    {"trace.", runs},
    {"builtins.delattr", reaches},
    {"builtins.globals", reaches},
    {"builtins.locals", reaches},
    {"builtins.setattr", reaches},
    {"builtins.vars", reaches},
    {"functools.partial", reaches},
    {"functools.reduce", reaches},
    {"operator.", reaches},
    {"_operator.", reaches},
    {"pkgutil.", reaches},
    {"builtins.open", "opens files"},
    {"_io.open", "opens files"},
    {"io.open", "opens files"},
    {"asyncio.", starts},
    {"multiprocessing.", starts},
    {"nt.", starts},
    {"os.", starts},
    {"posix.", starts},
    {"pty.", starts},
    {"subprocess.", starts},
    {"webbrowser.", starts},
};

/* What is data alone, in modules that are listed whole. */
static const char *const plain[] = {
    "multiprocessing.managers.Token",
    "os.stat_result",
    "os.statvfs_result",
    "os.terminal_size",
    "os.times_result",
    "os.uname_result",
};

/* What it is given is judged (torch.h), so that a row may allow it; allow-unsafe leaves that out. */
static const og__unsafe judged = {"torch.storage._load_from_bytes", loads};

const char *og__pickle_unjudged_why(const char *text, size_t len)
{
    if (strlen(judged.text) == len && memcmp(text, judged.text, len) == 0) return judged.why;
    return og__pickle_unsafe_why(text, len);
}

const char *og__pickle_unsafe_why(const char *text, size_t len)
{
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (strlen(plain[i]) == len && memcmp(text, plain[i], len) == 0) return NULL;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        size_t size = strlen(table[i].text);
        bool module = table[i].text[size - 1] == '.';
        if (len < size || (!module && len > size) || memcmp(text, table[i].text, size) != 0) continue;
        return table[i].why;
    }
    return NULL;
}

const og__unsafe *og__pickle_unsafe_within(const char *pattern, size_t len, size_t *index)
{
    while (*index < sizeof table / sizeof table[0]) {
        const og__unsafe *row = &table[(*index)++];
        size_t size = strlen(row->text);
        if (row->text[size - 1] == '.') {
            if (size <= len && memcmp(pattern, row->text, size) == 0) return row;
        } else if (size > len && memcmp(pattern, row->text, len) == 0 && !strchr(row->text + len, '.')) {
            return row;
        }
    }
    return NULL;
}

const char *og_policy_unsafe(const char *module, size_t module_len, const char *qualname, size_t qualname_len)
{
    char text[OG__NAME_MAX + 1];
    if (module_len >= OG__NAME_MAX || qualname_len >= OG__NAME_MAX - module_len) return NULL;
    memcpy(text, module, module_len);
    text[module_len] = '.';
    memcpy(text + module_len + 1, qualname, qualname_len);
    return og__pickle_unsafe_why(text, module_len + 1 + qualname_len);
}
