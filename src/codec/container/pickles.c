/* SPDX-License-Identifier: MIT */
/* Pickles one after the other, as files and members hold them. */
#include "codec/container/container.h"

#include <stdio.h>
#include <string.h>

typedef struct pickles {
    const og__block *block;
    size_t at;
    size_t number; /* of the last one */
    bool old_torch;
    bool over;
    char wrong[120];
} pickles;

bool og__container_is_old_torch(const og__block *block)
{
    static const char magic[] = "\x80\x02\x8a\nl\xfc\x9c\x46\xf9 j\xa8P\x19.";
    return block->len >= sizeof magic - 1 && memcmp(block->bytes, magic, sizeof magic - 1) == 0;
}

static const char *begin(void *state, const og__block *block, og__budget *budget)
{
    (void)budget;
    pickles *p = state;
    p->block = block;
    p->old_torch = og__container_is_old_torch(block);
    return block->len ? NULL : "found nothing where a pickle was expected";
}

static bool goes_on(const uint8_t *bytes, size_t len)
{
    if (og__container_says_protocol(bytes, len)) return true;
    og__begun begun = og__container_prefix(bytes, len);
    return begun.prefix == OG__PREFIX_WHOLE || (begun.prefix == OG__PREFIX_NAMES && !begun.tainted);
}

/* White space and NULs, which begin no pickle: programs write them between two. */
static size_t count_blanks(const uint8_t *bytes, size_t len)
{
    size_t at = 0;
    while (at < len && (bytes[at] == 0 || strchr(" \t\r\n", bytes[at])))
        at++;
    return at;
}

static int give(pickles *p, og__part_kind kind, og__part *part)
{
    *part = (og__part){.kind = kind,
                       .bytes = p->block->bytes + p->at,
                       .len = p->block->len - p->at,
                       .offset = p->at,
                       .number = ++p->number};
    return 1;
}

/* What follows a pickle is another one, padding, an array, or it is not known what for. */
static int next(void *state, size_t used, og__part *part)
{
    pickles *p = state;
    if (p->over) return 0;
    if (p->number == 0) return give(p, OG__PART_PICKLE, part);
    p->at += used;
    const uint8_t *rest = p->block->bytes + p->at;
    size_t len = p->block->len - p->at;
    if (used > 0 && len > 0 && goes_on(rest, len)) return give(p, OG__PART_PICKLE, part);
    size_t blanks = used > 0 ? count_blanks(rest, len) : 0;
    if (blanks > 0 && blanks < len && goes_on(rest + blanks, len - blanks)) {
        p->at += blanks;
        return give(p, OG__PART_PICKLE, part);
    }
    p->over = true;
    if (used == 0 || og__container_is_padding(rest, len)) return 0;
    if (p->old_torch && p->number >= OG__OLD_TORCH_PICKLES) return 0;
    og__block after = {.bytes = rest, .len = len, .name = ""};
    if (og__container_find(&after)) {
        give(p, OG__PART_MEMBER, part);
        part->name = "after the pickle";
        part->name_len = sizeof "after the pickle" - 1;
        return 1;
    }
    snprintf(p->wrong, sizeof p->wrong,
             "%zu byte%s after the end of pickle %zu at byte %zu, and %s no pickle", len,
             len == 1 ? " follows" : "s follow", p->number, p->at, len == 1 ? "is" : "are");
    *part = (og__part){0};
    return og__container_wrong(part, p->wrong, p->at);
}

const og__container_reader og__container_pickles = {sizeof(pickles), begin, next, NULL};
