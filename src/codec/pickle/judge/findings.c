/* SPDX-License-Identifier: MIT */
/* What a check found: the uses of classes, each different one once. */
#include "base/alloc.h"
#include "codec/pickle/judge/watch.h"

#include <string.h>

/* A report holds so many different uses, and so many bytes of their names. */
enum { USES_MAX = 4096, NAMES_MAX = 1 << 20 };

/* What makes a use different: how, depth, length of the module, then both names, each with a NUL. */
typedef struct key {
    uint8_t bytes[2 + sizeof(size_t) + (size_t)2 * (OG__NAME_MAX + 1)];
    size_t len;
    size_t module;   /* where it is */
    size_t qualname; /* likewise */
} key;

static size_t put_name(key *k, const char *name, size_t len)
{
    size_t at = k->len;
    if (len > OG__NAME_MAX) len = OG__NAME_MAX; /* no policy allows it, so its start will do */
    if (len) memcpy(k->bytes + at, name, len);
    k->bytes[at + len] = 0;
    k->len = at + len + 1;
    return at;
}

static void make_key(key *k, const og_pickle_use *use)
{
    k->bytes[0] = (uint8_t)use->how;
    k->bytes[1] = (uint8_t)use->depth;
    memcpy(k->bytes + 2, &use->module_len, sizeof use->module_len);
    k->len = 2 + sizeof use->module_len;
    k->module = put_name(k, use->module, use->module_len);
    k->qualname = put_name(k, use->qualname, use->qualname_len);
}

static int grow(og__findings *findings)
{
    if (findings->count < findings->cap) return OG_OK;
    size_t cap = findings->cap ? findings->cap * 2 : 16;
    og_pickle_use *uses =
        og__base_realloc(NULL, findings->uses, findings->cap * sizeof *uses, cap * sizeof *uses);
    if (!uses) return OG_ENOMEM;
    findings->uses = uses;
    findings->cap = cap;
    return OG_OK;
}

int og__pickle_findings_add(og__findings *findings, const og_pickle_use *use)
{
    key k;
    make_key(&k, use);
    int64_t number;
    if (og_as_int64(og_dict_get(findings->index, og_bytes_borrow(k.bytes, k.len)), &number) == OG_OK) {
        findings->uses[number].count++;
        return OG_OK;
    }
    if (findings->count == USES_MAX || findings->bytes + k.len > NAMES_MAX) {
        findings->left_out++;
        return OG_OK;
    }
    og_value own = og_bytes(findings->doc, k.bytes, k.len);
    if (grow(findings) < 0 || !og_valid(own)) return OG_ENOMEM;
    if (og_dict_set(findings->doc, findings->index, own, og_int((int64_t)findings->count), NULL) < 0)
        return OG_ENOMEM;
    og_pickle_use *added = &findings->uses[findings->count++];
    findings->bytes += k.len;
    *added = *use;
    const char *names = og_data(own, NULL);
    added->module = names + k.module;
    added->module_len = k.qualname - k.module - 1;
    added->qualname = names + k.qualname;
    added->qualname_len = k.len - k.qualname - 1;
    return OG_OK;
}

og__findings *og__pickle_findings_new(void)
{
    og__findings *findings = og__base_alloc(NULL, sizeof *findings);
    if (!findings) return NULL;
    *findings = (og__findings){.doc = og_doc_new(NULL)};
    if (findings->doc) findings->index = og_dict(findings->doc);
    if (findings->doc && og_valid(findings->index)) return findings;
    og_doc_free(findings->doc);
    og__base_free(NULL, findings, sizeof *findings);
    return NULL;
}

void og__pickle_findings_free(og__findings *findings)
{
    if (!findings) return;
    og__base_free(NULL, findings->uses, findings->cap * sizeof *findings->uses);
    og_doc_free(findings->doc);
    og__base_free(NULL, findings, sizeof *findings);
}
