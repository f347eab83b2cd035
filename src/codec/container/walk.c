/* SPDX-License-Identifier: MIT */
/* The walk through containers: a stack of readers, so that nothing is recursive. */
#include "base/alloc.h"
#include "codec/container/container.h"

#include <string.h>

enum { LEVELS = 24, DEEPEST = 8, DEPTH = 4, ITEM = 1 << 30, TIMES = 16 };

/* A block in hand and the reader that goes through it. */
typedef struct level {
    const og__container_reader *reader;
    void *state;
    og__block block;
    size_t path_len;
    size_t used; /* of the pickle that it gave last */
    bool counts; /* as a container around others */
} level;

struct og_walk {
    og_policy *plain; /* of its own, where none was given */
    const og_policy *policy;
    og__budget budget;
    unsigned max_depth;
    unsigned depth;
    og__block root;
    bool promised; /* to be a pickle, as its caller says */
    bool begun;
    og_buf path; /* of what is in hand, with a NUL */
    level *levels[LEVELS];
    size_t level_count;
    og_pickle_report report; /* of the entry given last */
    bool reported;
};

/* ---- What comes after something whole ---- */

typedef struct rest {
    const og__block *block;
    bool over;
} rest;

static const char *begin_rest(void *state, const og__block *block, og__budget *budget)
{
    (void)budget;
    ((rest *)state)->block = block;
    return NULL;
}

static int next_rest(void *state, size_t used, og__part *part)
{
    (void)used;
    rest *r = state;
    if (r->over) return 0;
    r->over = true;
    *part = (og__part){.kind = OG__PART_MEMBER,
                       .name = "after the end",
                       .name_len = sizeof "after the end" - 1,
                       .bytes = r->block->bytes,
                       .len = r->block->len};
    return 1;
}

static const og__container_reader rest_reader = {sizeof(rest), begin_rest, next_rest, NULL};

/* ---- Levels ---- */

static void pop(og_walk *walk)
{
    level *top = walk->levels[--walk->level_count];
    if (top->counts) walk->depth--;
    if (top->reader->end) top->reader->end(top->state);
    og__base_free(NULL, top->state, top->reader->size);
    og__base_free(NULL, top, sizeof *top);
}

/* Goes into a block. NULL, or what is wrong: then it is as before. */
static const char *push(og_walk *walk, const og__block *block, const og__container_reader *reader,
                        bool counts)
{
    if (walk->level_count == LEVELS) return "containers are in one another too deep";
    level *top = og__base_alloc(NULL, sizeof *top);
    void *state = top ? og__base_alloc(NULL, reader->size) : NULL;
    if (!state) {
        og__base_free(NULL, top, sizeof *top);
        return "out of memory";
    }
    memset(state, 0, reader->size);
    *top = (level){.reader = reader,
                   .state = state,
                   .block = *block,
                   .path_len = walk->path.len ? walk->path.len - 1 : 0,
                   .counts = counts};
    walk->levels[walk->level_count++] = top;
    walk->depth += counts;
    const char *wrong = reader->begin(state, &top->block, &walk->budget);
    if (wrong) pop(walk);
    return wrong;
}

/* The path of a level, and of a part in it: "[a.zip][b.pkl]". A NUL in a name shows as '?'. */
static int set_path(og_walk *walk, const level *at, const og__part *part)
{
    static const char unpacked[] = "unpacked";
    const char *name = part->name ? part->name : unpacked;
    size_t len = part->name ? part->name_len : sizeof unpacked - 1;
    walk->path.len = at->path_len;
    int status = og_buf_putc(&walk->path, '[');
    for (size_t i = 0; i < len && status == OG_OK; i++)
        status = og_buf_putc(&walk->path, name[i] ? (uint8_t)name[i] : '?');
    if (status == OG_OK) status = og_buf_putc(&walk->path, ']');
    return status == OG_OK ? og_buf_putc(&walk->path, 0) : status;
}

/* ---- Entries ---- */

static void fill(const og_walk *walk, og_entry *entry, og_entry_kind kind, const char *what,
                 const og__block *block)
{
    *entry = (og_entry){.kind = kind,
                        .what = what,
                        .path = walk->path.len ? (const char *)walk->path.data : "",
                        .bytes = block->bytes,
                        .len = block->len,
                        .depth = walk->depth};
}

static int fail(const og_walk *walk, og_entry *entry, const char *what, const char *wrong,
                const og__block *block)
{
    fill(walk, entry, OG_ENTRY_UNREADABLE, what, block);
    og_status code = wrong == og__container_too_long ? OG_ELIMIT : OG_ESYNTAX;
    og_error_set(&entry->reason, code, OG_NO_POSITION, "%s", wrong);
    return 1;
}

static void judge(og_walk *walk, og_entry *entry)
{
    og_pickle_check_first(entry->bytes, entry->len, walk->policy, &walk->report, NULL);
    walk->reported = true;
    entry->report = walk->report;
}

/* Bytes of no known kind: nothing proves that no loader takes them. The names in them are told. */
static int fail_unknown(og_walk *walk, og_entry *entry, const og__block *block)
{
    fail(walk, entry, "unknown bytes", "it is no pickle and nothing else that is known here", block);
    judge(walk, entry);
    return 1;
}

/* ---- Going into blocks ---- */

/* Whether Python's unpickler would come to a name or an end, and how sure that is. */
typedef struct likeness {
    bool runs;   /* without persistent ids */
    bool pickle; /* it must be judged as one */
} likeness;

static likeness compare(const og__block *block, const char *text)
{
    if (og__container_says_protocol(block->bytes, block->len)) return (likeness){true, true};
    og__begun begun = og__container_prefix(block->bytes, block->len);
    bool named = begun.prefix == OG__PREFIX_NAMES;
    bool runs = (named || begun.prefix == OG__PREFIX_WHOLE) && !begun.tainted;
    size_t after = begun.at + 1 < block->len ? begun.at + 1 : block->len;
    bool whole = begun.prefix == OG__PREFIX_WHOLE &&
                 og__container_is_padding(block->bytes + after, block->len - after);
    /* A text whose first word happens to be an opcode ends there as well; or later, in the "T" of
     * "(The MIT License)", which says that a thousand million bytes follow. No reader does anything then. */
    bool chance = begun.at == 0 || (text && begun.counted);
    bool cut = begun.prefix == OG__PREFIX_ENDS && !chance && !begun.tainted;
    bool other = text || block->numbers;
    return (likeness){runs, runs || whole || (cut && !block->numbers) || (named && !other)};
}

/* Also looks at the block as at a pickle, where Python would run it as one. What comes before a zip archive
 * is looked at already. */
static int also_pickles(og_walk *walk, const og__container_kind *kind, const og__block *block,
                        const likeness *like)
{
    if (like->runs && kind->reader != &og__container_zip) push(walk, block, &og__container_pickles, false);
    return 1;
}

static int enter_container(og_walk *walk, const og__container_kind *kind, const og__block *block,
                           og_entry *entry)
{
    const char *text = og__container_text(block->bytes, block->len);
    likeness like = compare(block, text);
    if (!kind->reader) {
        fail(walk, entry, kind->what, "", block);
        og_error_set(&entry->reason, OG_ESYNTAX, OG_NO_POSITION, "it is %s, and not unpacked here: %s",
                     kind->what, kind->advice);
        return also_pickles(walk, kind, block, &like);
    }
    if (walk->depth == walk->max_depth) {
        fail(walk, entry, kind->what, "", block);
        og_error_set(&entry->reason, OG_ESYNTAX, OG_NO_POSITION,
                     "archives are in one another more than %u deep", walk->max_depth);
        return also_pickles(walk, kind, block, &like);
    }
    const char *wrong = push(walk, block, kind->reader, true);
    if (wrong) {
        fail(walk, entry, kind->what, wrong, block);
    } else {
        fill(walk, entry, OG_ENTRY_ARCHIVE, kind->what, block);
    }
    return also_pickles(walk, kind, block, &like);
}

static int give_other(og_walk *walk, const char *what, uint64_t end, const og__block *block, og_entry *entry)
{
    fill(walk, entry, OG_ENTRY_OTHER, what, block);
    if (end >= block->len) return 1;
    og__block after = {.bytes = block->bytes + end, .len = block->len - (size_t)end, .name = ""};
    if (!og__container_is_padding(after.bytes, after.len)) push(walk, &after, &rest_reader, false);
    entry->len = (size_t)end;
    return 1;
}

/* The caller says that it is a pickle, whatever it looks like. */
static bool is_promised(const og_walk *walk, const og__block *block)
{
    return walk->promised && block == &walk->root;
}

/* What no container is. 1 with an entry, or 0 when the level above gives the next one. */
static int enter_plain(og_walk *walk, const og__block *block, og_entry *entry)
{
    uint64_t end = 0;
    const char *text = og__container_text(block->bytes, block->len);
    likeness like = compare(block, text);
    if (block->len == 0 && !block->expected) return give_other(walk, "an empty file", 0, block, entry);
    const char *other = like.runs ? NULL : og__container_other(block->bytes, block->len, block->len, &end);
    if (other) return give_other(walk, other, end, block, entry);
    if (!like.pickle && text && !is_promised(walk, block) && (!block->expected || strcmp(text, "text") == 0))
        return give_other(walk, text, block->len, block, entry);
    if (!like.pickle && block->numbers)
        return give_other(walk, "numbers of a tensor", block->len, block, entry);
    if (!like.pickle && !block->expected && og__container_is_padding(block->bytes, block->len))
        return give_other(walk, "blank", block->len, block, entry);
    if (!like.pickle && !block->expected) return fail_unknown(walk, entry, block);
    const char *wrong = push(walk, block, &og__container_pickles, false);
    return wrong ? fail(walk, entry, "a pickle", wrong, block) : 0;
}

static int enter(og_walk *walk, const og__block *block, og_entry *entry)
{
    const og__container_kind *kind = block->len ? og__container_find(block) : NULL;
    return kind ? enter_container(walk, kind, block, entry) : enter_plain(walk, block, entry);
}

/* ---- Steps ---- */

/* What is packed is called like its file, without the last ending. */
static void name_block(og__block *block, const level *at, const og__part *part)
{
    block->name = part->name ? part->name : at->block.name;
    block->name_len = part->name ? part->name_len : at->block.name_len;
    for (size_t i = block->name_len; !part->name && i > 0; i--) {
        if (at->block.name[i - 1] != '.') continue;
        block->name_len = i - 1;
        break;
    }
    block->expected = og__container_expects_pickle(block->name, block->name_len);
}

static int give_part(og_walk *walk, level *at, const og__part *part, og_entry *entry)
{
    og__block block = {.bytes = part->bytes, .len = part->len, .name = "", .numbers = part->numbers};
    int status = 1;
    at->used = 0;
    if (part->kind == OG__PART_MEMBER) {
        name_block(&block, at, part);
        if (set_path(walk, at, part) < 0) return OG_ENOMEM;
        return enter(walk, &block, entry);
    }
    if (part->kind == OG__PART_WRONG && part->name) {
        if (set_path(walk, at, part) < 0) return OG_ENOMEM;
    }
    if (part->kind == OG__PART_PICKLE) {
        fill(walk, entry, OG_ENTRY_PICKLE, "a pickle", &block);
        judge(walk, entry);
        at->used = entry->report.unreadable.code == OG_OK ? entry->report.size : 0;
    } else if (part->kind == OG__PART_ARRAY) {
        fill(walk, entry, OG_ENTRY_ARRAY, "an array of numbers", &block);
    } else {
        status = fail(walk, entry, "damaged", part->wrong, &block);
    }
    entry->offset = part->offset;
    entry->number = part->number;
    return status;
}

static int step(og_walk *walk, og_entry *entry)
{
    og__part part = {0};
    if (!walk->begun) {
        walk->begun = true;
        return enter(walk, &walk->root, entry);
    }
    level *top = walk->levels[walk->level_count - 1];
    walk->path.len = top->path_len;
    if (top->path_len > 0 && og_buf_putc(&walk->path, 0) < 0) return OG_ENOMEM;
    if (top->reader->next(top->state, top->used, &part) > 0) return give_part(walk, top, &part, entry);
    pop(walk);
    return 0;
}

static void drop_report(og_walk *walk)
{
    if (walk->reported) og_pickle_report_fini(&walk->report);
    walk->reported = false;
}

int og_walk_next(og_walk *walk, og_entry *entry, og_error *err)
{
    drop_report(walk);
    *entry = (og_entry){.kind = OG_ENTRY_UNREADABLE};
    while (!walk->begun || walk->level_count > 0) {
        int status = step(walk, entry);
        if (status < 0)
            return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory to look into a container");
        if (status > 0) return status;
    }
    return 0;
}

/* ---- Beginning and end ---- */

og_walk *og_walk_new(const void *bytes, size_t len, const og_walk_options *options, og_error *err)
{
    static const og_walk_options none = {.size = sizeof none};
    const og_walk_options *o = options ? options : &none;
    if (o->size != sizeof *o) {
        og_error_set(err, OG_EINVAL, OG_NO_POSITION, "og_walk_options.size is not sizeof(og_walk_options)");
        return NULL;
    }
    og_walk *walk = og__base_alloc(NULL, sizeof *walk);
    if (walk) {
        const char *name = o->name ? o->name : "";
        size_t item = o->max_item ? o->max_item : ITEM;
        *walk = (og_walk){
            .policy = o->policy,
            .promised = o->pickle,
            .max_depth = o->max_depth ? (o->max_depth < DEEPEST ? o->max_depth : DEEPEST) : DEPTH,
            .root = {.bytes = bytes, .len = len, .name = name, .name_len = strlen(name)},
            .budget = {item, o->max_total              ? o->max_total
                             : item < SIZE_MAX / TIMES ? item * TIMES
                                                       : SIZE_MAX},
        };
        walk->root.expected = o->pickle || og__container_expects_pickle(name, strlen(name));
        og_buf_init(&walk->path, NULL);
        if (!walk->policy) walk->policy = walk->plain = og_policy_builtin("plain-data", NULL);
        if (walk->policy) return walk;
        og_walk_free(walk);
    }
    og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory to look into a container");
    return NULL;
}

void og_walk_free(og_walk *walk)
{
    if (!walk) return;
    drop_report(walk);
    while (walk->level_count > 0)
        pop(walk);
    og_buf_free(&walk->path);
    og_policy_free(walk->plain);
    og__base_free(NULL, walk, sizeof *walk);
}
