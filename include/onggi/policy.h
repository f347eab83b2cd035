/* SPDX-License-Identifier: MIT */
/*
 * Policies: which classes a pickle may name. A policy is checked while a pickle is read, by what the reader
 * itself sees, so that checker and reader cannot disagree; all that the pickle would have imported or called
 * counts, also what it dropped or overwrote afterwards.
 *
 * Ownership: the caller frees what og_policy_new() and og_policy_builtin() give, after all that uses it; a
 * report is a struct of the caller's whose contents og_pickle_report_fini() frees. Threads: a policy to which
 * nothing is added any more may be used by any number of threads at once, and replaced meanwhile.
 */
#ifndef ONGGI_POLICY_H
#define ONGGI_POLICY_H

#include <onggi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Rows that allow and deny, and what happens to names that no row matches.
 *
 * A row is written `module.Name`, `module:Outer.Inner` (a qualified name with dots needs the colon),
 * `module.*`, `persistent-ids`, `extensions` or `*`. To allow is exact: `module.Name` allows that name of
 * that module alone, and `module.*` the names without a dot of that module, not of modules below it. To deny
 * is generous: it matches however the dotted text is divided between module and name, and `module.*` denies
 * all that starts with `module.`. Of several rows that match, the most specific one decides, i.e. a full name
 * before a pattern and the longer pattern before the shorter one, whatever their order; of two equals the one
 * that denies.
 */
typedef struct og_policy og_policy;

/* A policy that denies everything, or NULL without memory. `alloc` NULL: the default. */
OG_API og_policy *og_policy_new(const og_allocator *alloc);
OG_API void og_policy_free(og_policy *policy);

/*
 * A new policy by name: "plain-data" (the builtins and classes of the standard library that are plain data:
 * collections, dates, decimals, paths, …), "numpy-data" (the same and numpy's arrays, scalars and dtypes),
 * "torch-data" (plain data and the tensors of a PyTorch checkpoint) or "pandas-data" (numpy-data and what a
 * DataFrame of pandas 1 and 2 names).
 * NULL with `err` filled (OG_ENOTFOUND, OG_ENOMEM).
 */
OG_API og_policy *og_policy_builtin(const char *name, og_error *err);

/*
 * Gives `policy` the rows of `by`, and frees `by`. Any thread may do so while others use the policy, such as
 * the connections of a server: a message that is being read is judged by the old rows to its end.
 */
OG_API void og_policy_replace(og_policy *policy, og_policy *by);

/* The names of those policies: NULL after the last. */
OG_API const char *og_policy_builtin_at(size_t index);

/* Add a row. 0, OG_EINVAL (no such form of row) or OG_ENOMEM; then the policy is as before. */
OG_API int og_policy_allow(og_policy *policy, const char *row, og_error *err);
OG_API int og_policy_deny(og_policy *policy, const char *row, og_error *err);

/*
 * Allows one name that og_policy_unsafe() warns of, which neither og_policy_allow() nor a pattern can do. 0,
 * OG_EINVAL or OG_ENOMEM.
 */
OG_API int og_policy_allow_unsafe(og_policy *policy, const char *name, og_error *err);

/* Why a name is dangerous in any policy: it unpickles or runs what it is given, or gets at what no row names
 * (doc/safety.md has the list). NULL: it is not of those that are known. */
OG_API const char *og_policy_unsafe(const char *module, size_t module_len, const char *qualname,
                                    size_t qualname_len);

/* Adds the rows of a built-in policy. 0, OG_ENOTFOUND or OG_ENOMEM. */
OG_API int og_policy_include(og_policy *policy, const char *name, og_error *err);

/* What happens to names that no row matches, to persistent ids and to extension codes; at first all are
 * denied. */
OG_API void og_policy_set_default(og_policy *policy, bool allow);

/*
 * Whether to refuse also what Python's readers read differently from one another (doc/safety.md lists the
 * cases): the program that is protected may use any of them. True at first.
 */
OG_API void og_policy_set_strict(og_policy *policy, bool strict);

/* How many pickles inside the bytes and strings of one another are looked at: 0 to 8, at first 3. */
OG_API void og_policy_set_nested(og_policy *policy, unsigned depth);

/*
 * Adds what a text says, a statement a line: `allow ROW`, `allow-unsafe NAME`, `deny ROW`, `default allow`,
 * `default deny`, `include plain-data`, `strict`, `lenient`, `nested N`; `#` starts a comment. 0, or
 * OG_ESYNTAX with the position (og_text_position() makes a line of it), OG_ENOTFOUND, OG_ENOMEM; rows before
 * stay in.
 */
OG_API int og_policy_parse(og_policy *policy, const char *text, size_t len, og_error *err);

/*
 * Fills `warning` with the next risk in a text that `policy` was made of: a pattern that passes over what
 * og_policy_unsafe() warns of, a row that allows such a name, `default allow`. Begin with `*at` = 0 and call
 * it until it returns false. The position of `warning` is a position in the text. There is no warning about a
 * name that has a row of its own, or about a text that og_policy_parse() refuses.
 */
OG_API bool og_policy_next_warning(const og_policy *policy, const char *text, size_t len, size_t *at,
                                   og_error *warning);

/* Whether the policy allows a name. `decided` (may be NULL): true when a row says so, false for the default.
 */
OG_API bool og_policy_allows(const og_policy *policy, const char *module, size_t module_len,
                             const char *qualname, size_t qualname_len, bool *decided);

/*
 * Why og_policy_allows() says so: appends the row that decides, as it is written in a policy, e.g. "allow
 * collections.deque", "deny os.*" or "default deny". 0 or OG_ENOMEM.
 */
OG_API int og_policy_explain(const og_policy *policy, const char *module, size_t module_len,
                             const char *qualname, size_t qualname_len, og_buf *row);

/* How a pickle uses a class: name, text. */
#define OG_USE_MAP(X)                                                                                        \
    X(OG_USE_IMPORTED, "imported")   /* GLOBAL, STACK_GLOBAL, INST: the module is imported */                \
    X(OG_USE_CALLED, "called")       /* REDUCE, INST, OBJ */                                                 \
    X(OG_USE_NEW, "new")             /* NEWOBJ, NEWOBJ_EX: its __new__ is called */                          \
    X(OG_USE_BUILT, "built")         /* BUILD: __setstate__, or attributes are set */                        \
    X(OG_USE_FILLED, "filled")       /* APPEND, SETITEM, …: append, extend, __setitem__, add are called */ \
    X(OG_USE_EXTENSION, "extension") /* EXT1, EXT2, EXT4: named by a code; the qualname is the code */       \
    X(OG_USE_PERSISTENT, "persistent") /* PERSID, BINPERSID: persistent_load is called */

typedef enum og_use_how {
#define X(name, text) name,
    OG_USE_MAP(X)
#undef X
} og_use_how;

/* The text of it, e.g. "called"; never NULL. */
OG_API const char *og_use_text(og_use_how how);

/* One class and one way in which a pickle uses it. The texts are UTF-8 and end with a NUL, but may hold
 * others, and control characters. */
typedef struct og_pickle_use {
    const char *module; /* "" when there is none */
    size_t module_len;
    const char *qualname; /* "" when it is not known, e.g. for what a call gave */
    size_t qualname_len;
    og_use_how how;
    bool allowed;
    unsigned depth;  /* 0: the pickle itself, 1: a pickle in its bytes, … */
    size_t position; /* of the first opcode that does so; in a pickle inside: of the bytes that hold it */
    size_t inside;   /* then: the position of the opcode within those bytes */
    size_t count;    /* how often */
} og_pickle_use;

/* Name, text. */
#define OG_VERDICT_MAP(X)         \
    X(OG_HARMLESS, "harmless")    \
    X(OG_HARMFUL, "not harmless") \
    X(OG_UNREADABLE, "unreadable")

typedef enum og_verdict {
#define X(name, text) name,
    OG_VERDICT_MAP(X)
#undef X
} og_verdict;

OG_API const char *og_verdict_text(og_verdict verdict);

/* What a check found. Uses that differ only in their position are one entry with a count; after some thousand
 * entries the rest is only counted. */
typedef struct og_pickle_report {
    og_verdict verdict;
    og_error reason;     /* of the verdict; code OG_OK when harmless */
    og_error unreadable; /* why it could not be read to its end; code OG_OK when it could */
    size_t size;         /* bytes of the pickle, where it could be read to its end */
    og_pickle_use *uses; /* in the order of the opcodes */
    size_t use_count;
    size_t left_out;
    void *memory; /* private */
} og_pickle_report;

/*
 * Reads a pickle and says whether all that it would import and call is allowed. `policy` NULL: plain-data.
 * 0: it is harmless by this policy. OG_EPOLICY: it is not. Any other: it cannot be read to its end, or bytes
 * follow there, so nothing is known of it. `report` (may be NULL) is filled in every case.
 */
OG_API int og_pickle_check(const void *bytes, size_t len, const og_policy *policy, og_pickle_report *report,
                           og_error *err);

/* As og_pickle_check() for the first of several pickles: report->size says where the next one starts. */
OG_API int og_pickle_check_first(const void *bytes, size_t len, const og_policy *policy,
                                 og_pickle_report *report, og_error *err);

/* Frees what is in it. */
OG_API void og_pickle_report_fini(og_pickle_report *report);

#ifdef __cplusplus
}
#endif

#endif
