/* SPDX-License-Identifier: MIT */
/*
 * The insides of a policy, for the watcher that asks it while a pickle is read. What a policy says, its
 * rules, may be replaced while others read by them: whoever asks holds the rules that are there at its start,
 * and asks these to its end.
 */
#ifndef ONGGI_CODEC_PICKLE_JUDGE_POLICY_H
#define ONGGI_CODEC_PICKLE_JUDGE_POLICY_H

#include <onggi/policy.h>

#include "codec/pickle/names.h"

#include <pthread.h>
#include <stdatomic.h>

/* How deep pickles inside pickles may be looked at, at most. */
enum { OG__NESTED_MAX = 8 };

/* What a row says, or that there is none. */
typedef enum og__decision { OG__UNDECIDED, OG__ALLOW, OG__DENY } og__decision;

typedef struct og__row {
    char *text;   /* "module.qualname", or "module." of a pattern */
    size_t len;   /* of it */
    size_t split; /* length of the module */
    bool allow;
    bool unsafe; /* said so: allow-unsafe */
} og__row;

/* In the order of their texts, to be looked up by halving. */
typedef struct og__rows {
    og__row *rows;
    size_t count;
    size_t cap;
    size_t longest; /* length of the longest text */
} og__rows;

typedef struct og__rules_now og__rules_now;

/* What a policy says. Not changed any more once somebody else may hold them. */
typedef struct og__rules {
    og__rules_now *home;    /* of the policy whose rules they are or were */
    struct og__rules *next; /* of those that were replaced */
    og_allocator alloc;
    og__rows names;
    og__rows patterns;
    og__decision persistent;
    og__decision extensions;
    bool default_allow;
    bool lenient;
    unsigned nested;
} og__rules;

/*
 * Where the rules of a policy are: apart from it, so that those who may not change it can hold them. Holding
 * counts all holders together, without a lock. Who replaces the rules first puts the new ones there, then
 * looks for holders: when there is none, nobody has the old ones, and nobody will get them any more.
 */
struct og__rules_now {
    _Atomic(og__rules *) rules;
    atomic_uint holders;
    _Atomic(og__rules *) replaced; /* to be freed when nobody holds any */
    pthread_mutex_t lock;          /* of replacing and freeing */
};

struct og_policy {
    og_allocator alloc;
    og__rules_now *now;
};

/* Rows that come with the library. */
typedef struct og__builtin {
    const char *name;
    const char *const *rows; /* that it allows; NULL at the end */
    const char *base;        /* the policy that it adds to, or NULL */
} og__builtin;

/* The built-in policy of that name, or NULL. */
const og__builtin *og__pickle_builtin_find(const char *name, size_t len);

/* The rules of the policy as they are now, to be let go; NULL for NULL. Any thread. */
const og__rules *og__pickle_rules_hold(const og_policy *policy);
void og__pickle_rules_let_go(const og__rules *rules);

/* As og_policy_allows(). */
bool og__pickle_rules_allow(const og__rules *rules, const char *module, size_t module_len,
                            const char *qualname, size_t qualname_len, bool *decided);

/* Whether allow-unsafe allows the name, whatever is done with it. */
bool og__pickle_rules_trust(const og__rules *rules, const char *module, size_t module_len,
                            const char *qualname, size_t qualname_len);

/* Why "module.qualname" is allowed by allow-unsafe only; NULL when it is not of those. */
const char *og__pickle_unsafe_why(const char *text, size_t len);

/* Likewise, also of those whose calls are judged unless allow-unsafe allows them. */
const char *og__pickle_unjudged_why(const char *text, size_t len);

/* A row of what only allow-unsafe allows: a name, or a module with a dot after it. */
typedef struct og__unsafe {
    const char *text;
    const char *why;
} og__unsafe;

/* The next row, from number `*index` on, that is about names of the pattern "module."; NULL: no more. */
const og__unsafe *og__pickle_unsafe_within(const char *pattern, size_t len, size_t *index);

/* Whether a row decides about exactly the name `text`, whose module has length `split`. */
bool og__pickle_rules_name(const og__rules *rules, const char *text, size_t len, size_t split);

/* As og_policy_allow_unsafe(), for a text without a NUL after it. */
int og__pickle_policy_add_unsafe(og_policy *policy, const char *text, size_t len, og_error *err);

/* As og_policy_allow(), og_policy_deny() and og_policy_include(), for texts without a NUL after them. */
int og__pickle_policy_add(og_policy *policy, const char *text, size_t len, bool allow, og_error *err);
int og__pickle_policy_include(og_policy *policy, const char *name, size_t len, og_error *err);

#endif
