/* SPDX-License-Identifier: MIT */
/* Policies: their rows, and what these say of a name. */
#include "codec/pickle/judge/policy.h"

#include "base/alloc.h"

#include <string.h>

/* ---- Rules that are held and replaced ---- */

static void free_rows(const og__rules *rules, const og__rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        og__base_free(&rules->alloc, rows->rows[i].text, rows->rows[i].len);
    og__base_free(&rules->alloc, rows->rows, rows->cap * sizeof *rows->rows);
}

static void free_rules(og__rules *rules)
{
    og_allocator alloc = rules->alloc;
    free_rows(rules, &rules->names);
    free_rows(rules, &rules->patterns);
    og__base_free(&alloc, rules, sizeof *rules);
}

static void free_replaced(og__rules_now *now)
{
    og__rules *rules = atomic_exchange(&now->replaced, NULL);
    while (rules) {
        og__rules *next = rules->next;
        free_rules(rules);
        rules = next;
    }
}

/* Frees what was replaced, unless somebody holds rules: then the last one that lets go does. */
static void sweep(og__rules_now *now)
{
    pthread_mutex_lock(&now->lock);
    if (atomic_load(&now->holders) == 0) free_replaced(now);
    pthread_mutex_unlock(&now->lock);
}

const og__rules *og__pickle_rules_hold(const og_policy *policy)
{
    if (!policy) return NULL;
    atomic_fetch_add(&policy->now->holders, 1); /* before the rules are looked for */
    return atomic_load(&policy->now->rules);
}

void og__pickle_rules_let_go(const og__rules *rules)
{
    if (!rules) return;
    og__rules_now *now = rules->home;
    if (atomic_fetch_sub(&now->holders, 1) == 1 && atomic_load(&now->replaced)) sweep(now);
}

og_policy *og_policy_new(const og_allocator *alloc)
{
    if (!alloc) alloc = og_allocator_default();
    og_policy *policy = og__base_alloc(alloc, sizeof *policy);
    og__rules_now *now = og__base_alloc(alloc, sizeof *now);
    og__rules *rules = og__base_alloc(alloc, sizeof *rules);
    if (!policy || !now || !rules) {
        og__base_free(alloc, policy, sizeof *policy);
        og__base_free(alloc, now, sizeof *now);
        og__base_free(alloc, rules, sizeof *rules);
        return NULL;
    }
    *rules = (og__rules){.home = now, .alloc = *alloc, .nested = 3};
    atomic_init(&now->rules, rules);
    atomic_init(&now->holders, 0);
    atomic_init(&now->replaced, NULL);
    pthread_mutex_init(&now->lock, NULL);
    *policy = (og_policy){.alloc = *alloc, .now = now};
    return policy;
}

void og_policy_free(og_policy *policy)
{
    if (!policy) return;
    og_allocator alloc = policy->alloc;
    free_replaced(policy->now);
    if (policy->now->rules) free_rules(policy->now->rules);
    pthread_mutex_destroy(&policy->now->lock);
    og__base_free(&alloc, policy->now, sizeof *policy->now);
    og__base_free(&alloc, policy, sizeof *policy);
}

void og_policy_replace(og_policy *policy, og_policy *by)
{
    og__rules_now *now = policy->now;
    og__rules *fresh = atomic_exchange(&by->now->rules, NULL);
    fresh->home = now;
    pthread_mutex_lock(&now->lock);
    og__rules *old = atomic_exchange(&now->rules, fresh);
    old->next = atomic_load(&now->replaced);
    atomic_store(&now->replaced, old);
    pthread_mutex_unlock(&now->lock);
    sweep(now);
    og_policy_free(by);
}

void og_policy_set_default(og_policy *policy, bool allow)
{
    policy->now->rules->default_allow = allow;
}

void og_policy_set_strict(og_policy *policy, bool strict)
{
    policy->now->rules->lenient = !strict;
}

void og_policy_set_nested(og_policy *policy, unsigned depth)
{
    policy->now->rules->nested = depth < OG__NESTED_MAX ? depth : OG__NESTED_MAX;
}

/* ---- Finding rows ---- */

static int compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t least = a_len < b_len ? a_len : b_len;
    int order = least ? memcmp(a, b, least) : 0;
    if (order != 0 || a_len == b_len) return order;
    return a_len < b_len ? -1 : 1;
}

/* The first row whose text does not come before `text`. */
static size_t lower(const og__rows *rows, const char *text, size_t len)
{
    size_t low = 0;
    size_t high = rows->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare(rows->rows[middle].text, rows->rows[middle].len, text, len) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The row with exactly this text that decides about a name whose module has length `split`: to deny any
 * division counts, to allow that one alone (SIZE_MAX: none). */
static const og__row *look_up(const og__rows *rows, const char *text, size_t len, size_t split)
{
    const og__row *allows = NULL;
    for (size_t i = lower(rows, text, len); i < rows->count; i++) {
        const og__row *row = &rows->rows[i];
        if (row->len != len || memcmp(row->text, text, len) != 0) break;
        if (!row->allow) return row;
        if (row->split == split && (!allows || row->unsafe)) allows = row;
    }
    return allows;
}

/* The longest pattern decides. */
static const og__row *look_up_patterns(const og__rows *rows, const char *text, size_t len, size_t split)
{
    bool simple = memchr(text + split + 1, '.', len - split - 1) == NULL;
    for (size_t end = len < rows->longest ? len : rows->longest; end > 0; end--) {
        if (text[end - 1] != '.') continue;
        size_t module = simple && end - 1 == split ? split : SIZE_MAX;
        const og__row *row = look_up(rows, text, end, module);
        if (row) return row;
    }
    return NULL;
}

bool og__pickle_rules_name(const og__rules *rules, const char *text, size_t len, size_t split)
{
    return look_up(&rules->names, text, len, split) != NULL;
}

static bool is_too_long(size_t module_len, size_t qualname_len)
{
    return module_len >= OG__NAME_MAX || qualname_len >= OG__NAME_MAX - module_len;
}

/* Stands for the rows that a pattern does not make. */
static const og__row by_no_pattern = {.text = NULL, .allow = false};

/* The row that decides about a name that is not too long; NULL: the default does. */
static const og__row *decide(const og__rules *rules, const char *module, size_t module_len,
                             const char *qualname, size_t qualname_len)
{
    char text[OG__NAME_MAX + 1];
    size_t len = module_len + 1 + qualname_len;
    memcpy(text, module, module_len);
    text[module_len] = '.';
    memcpy(text + module_len + 1, qualname, qualname_len);
    const og__row *row = look_up(&rules->names, text, len, module_len);
    if (row) return row;
    row = look_up_patterns(&rules->patterns, text, len, module_len);
    return row && row->allow && og__pickle_unsafe_why(text, len) ? &by_no_pattern : row;
}

bool og__pickle_rules_allow(const og__rules *rules, const char *module, size_t module_len,
                            const char *qualname, size_t qualname_len, bool *decided)
{
    if (decided) *decided = true;
    if (is_too_long(module_len, qualname_len)) return false;
    const og__row *row = decide(rules, module, module_len, qualname, qualname_len);
    if (decided) *decided = row != NULL;
    return row ? row->allow : rules->default_allow;
}

bool og__pickle_rules_trust(const og__rules *rules, const char *module, size_t module_len,
                            const char *qualname, size_t qualname_len)
{
    if (is_too_long(module_len, qualname_len)) return false;
    const og__row *row = decide(rules, module, module_len, qualname, qualname_len);
    return row && row->unsafe;
}

bool og_policy_allows(const og_policy *policy, const char *module, size_t module_len, const char *qualname,
                      size_t qualname_len, bool *decided)
{
    const og__rules *rules = og__pickle_rules_hold(policy);
    bool allowed = og__pickle_rules_allow(rules, module, module_len, qualname, qualname_len, decided);
    og__pickle_rules_let_go(rules);
    return allowed;
}

static int explain(const og__rules *rules, const og__row *found, og_buf *row)
{
    if (!found) return og_buf_puts(row, rules->default_allow ? "default allow" : "default deny");
    if (!found->text) return og_buf_puts(row, "deny (no pattern allows it; allow-unsafe does)");
    const char *rest = found->text + found->split + 1;
    size_t rest_len = found->len - found->split - 1;
    bool dotted = memchr(rest, '.', rest_len) != NULL;
    int status = og_buf_puts(row, found->unsafe ? "allow-unsafe " : found->allow ? "allow " : "deny ");
    if (status == OG_OK) status = og_buf_put(row, found->text, found->split);
    if (status == OG_OK) status = og_buf_putc(row, dotted ? ':' : '.');
    if (status != OG_OK) return status;
    return rest_len ? og_buf_put(row, rest, rest_len) : og_buf_putc(row, '*');
}

int og_policy_explain(const og_policy *policy, const char *module, size_t module_len, const char *qualname,
                      size_t qualname_len, og_buf *row)
{
    if (is_too_long(module_len, qualname_len)) return og_buf_puts(row, "deny (the name is too long)");
    const og__rules *rules = og__pickle_rules_hold(policy);
    int status = explain(rules, decide(rules, module, module_len, qualname, qualname_len), row);
    og__pickle_rules_let_go(rules);
    return status;
}

/* ---- Adding rows ---- */

static int no_memory(og_error *err)
{
    return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for a row of a policy");
}

static int insert(const og__rules *rules, og__rows *rows, const og__row *row, og_error *err)
{
    if (rows->count == rows->cap) {
        size_t cap = rows->cap ? rows->cap * 2 : 16;
        og__row *more =
            og__base_realloc(&rules->alloc, rows->rows, rows->cap * sizeof *more, cap * sizeof *more);
        if (!more) return no_memory(err);
        rows->rows = more;
        rows->cap = cap;
    }
    og__row own = *row;
    own.text = og__base_alloc(&rules->alloc, row->len);
    if (!own.text) return no_memory(err);
    memcpy(own.text, row->text, row->len);
    size_t at = lower(rows, own.text, own.len);
    memmove(rows->rows + at + 1, rows->rows + at, (rows->count - at) * sizeof own);
    rows->rows[at] = own;
    rows->count++;
    if (own.len > rows->longest) rows->longest = own.len;
    return OG_OK;
}

static int bad_row(const char *text, size_t len, const char *why, og_error *err)
{
    int shown = len < 60 ? (int)len : 60;
    return og_error_set(
        err, OG_EINVAL, OG_NO_POSITION,
        "'%.*s' is no row of a policy: %s; expected module.Name, module:Outer.Inner, module.*, "
        "persistent-ids, extensions or *",
        shown, text, why);
}

/* What is wrong with a dotted name, or NULL. */
static const char *wrong_name(const char *text, size_t len)
{
    if (len == 0 || text[0] == '.' || text[len - 1] == '.') return "a part of the name is empty";
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c <= ' ' || c == 0x7f || c == '*' || c == ':' || c == '\\')
            return "it holds a character that no name has";
        if (c == '.' && text[i + 1] == '.') return "a part of the name is empty";
    }
    return NULL;
}

static int refuse_unsafe(const char *text, size_t len, const char *why, og_error *err)
{
    int shown = len < 60 ? (int)len : 60;
    return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                        "'%.*s' %s; to allow it all the same, write: allow-unsafe %.*s", shown, text, why,
                        shown, text);
}

static int add_name(og_policy *policy, const char *text, size_t len, bool allow, bool unsafe, og_error *err)
{
    char joined[OG__NAME_MAX];
    size_t split = len;
    const char *colon = memchr(text, ':', len);
    if (len > sizeof joined) return bad_row(text, len, "it is too long", err);
    if (colon) {
        split = (size_t)(colon - text);
    } else {
        while (split > 0 && text[split - 1] != '.')
            split--;
        if (split == 0) return bad_row(text, len, "it names no module", err);
        split--;
    }
    const char *wrong = wrong_name(text, split);
    if (!wrong) wrong = wrong_name(text + split + 1, len - split - 1);
    if (wrong) return bad_row(text, len, wrong, err);
    memcpy(joined, text, len);
    joined[split] = '.';
    const char *why = allow && !unsafe ? og__pickle_unsafe_why(joined, len) : NULL;
    if (why) return refuse_unsafe(text, len, why, err);
    og__row row = {joined, len, split, allow, unsafe};
    return insert(policy->now->rules, &policy->now->rules->names, &row, err);
}

static int add_pattern(og_policy *policy, const char *text, size_t len, bool allow, og_error *err)
{
    char prefix[OG__NAME_MAX];
    const char *wrong = wrong_name(text, len - 2);
    if (!wrong && len - 1 > sizeof prefix) wrong = "it is too long";
    if (wrong) return bad_row(text, len, wrong, err);
    memcpy(prefix, text, len - 1);
    og__row row = {prefix, len - 1, len - 2, allow, false};
    return insert(policy->now->rules, &policy->now->rules->patterns, &row, err);
}

static bool is(const char *text, size_t len, const char *word)
{
    return strlen(word) == len && memcmp(text, word, len) == 0;
}

int og__pickle_policy_add(og_policy *policy, const char *text, size_t len, bool allow, og_error *err)
{
    og__decision say = allow ? OG__ALLOW : OG__DENY;
    if (is(text, len, "*")) {
        policy->now->rules->default_allow = allow;
    } else if (is(text, len, "persistent-ids")) {
        policy->now->rules->persistent = say;
    } else if (is(text, len, "extensions")) {
        policy->now->rules->extensions = say;
    } else if (len > 2 && memcmp(text + len - 2, ".*", 2) == 0) {
        return add_pattern(policy, text, len, allow, err);
    } else {
        return add_name(policy, text, len, allow, false, err);
    }
    return OG_OK;
}

int og__pickle_policy_add_unsafe(og_policy *policy, const char *text, size_t len, og_error *err)
{
    return add_name(policy, text, len, true, true, err);
}

int og_policy_allow_unsafe(og_policy *policy, const char *name, og_error *err)
{
    return og__pickle_policy_add_unsafe(policy, name, strlen(name), err);
}

int og_policy_allow(og_policy *policy, const char *row, og_error *err)
{
    return og__pickle_policy_add(policy, row, strlen(row), true, err);
}

int og_policy_deny(og_policy *policy, const char *row, og_error *err)
{
    return og__pickle_policy_add(policy, row, strlen(row), false, err);
}

/* ---- Built-in policies ---- */

int og__pickle_policy_include(og_policy *policy, const char *name, size_t len, og_error *err)
{
    const og__builtin *builtin = og__pickle_builtin_find(name, len);
    if (!builtin) {
        int shown = len < 60 ? (int)len : 60;
        return og_error_set(
            err, OG_ENOTFOUND, OG_NO_POSITION,
            "there is no built-in policy '%.*s'; expected plain-data, numpy-data, torch-data or pandas-data",
            shown, name);
    }
    for (; builtin;
         builtin = builtin->base ? og__pickle_builtin_find(builtin->base, strlen(builtin->base)) : NULL) {
        for (const char *const *row = builtin->rows; *row; row++) {
            int status = og_policy_allow(policy, *row, err);
            if (status < 0) return status;
        }
    }
    return OG_OK;
}

int og_policy_include(og_policy *policy, const char *name, og_error *err)
{
    return og__pickle_policy_include(policy, name, strlen(name), err);
}

og_policy *og_policy_builtin(const char *name, og_error *err)
{
    og_policy *policy = og_policy_new(NULL);
    if (!policy) {
        no_memory(err);
        return NULL;
    }
    if (og_policy_include(policy, name, err) == OG_OK) return policy;
    og_policy_free(policy);
    return NULL;
}
