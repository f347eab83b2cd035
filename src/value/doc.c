/* SPDX-License-Identifier: MIT */
/* Documents: the arena that values are cut from, the readers' stack, and what reset keeps. */
#include "value/doc.h"
#include "base/alloc.h"

#include <sys/random.h>
#include <time.h>

enum {
    FIRST_CHUNK = 1024,   /* a small document is small */
    DOUBLE_UNTIL = 32768, /* chunks double until this much is in use; after that slack is a sixteenth */
    LEAST_CHUNK = 8192,   /* once past DOUBLE_UNTIL */
    FREE_TO_KEEP = 65536, /* reset keeps this much however little was needed lately */
    FREE_STACK = FREE_TO_KEEP / (int)sizeof(og_value),
    GROWS_APART = 4096,  /* bytes of a run that may have a chunk of its own */
    LOOK_BACK = 8,       /* chunks looked at for that */
    SMALLEST_STACK = 64, /* values */
    MOST_LESSONS = 8
};

uint64_t og__value_fresh_seed(const void *place)
{
    uint64_t seed;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) == (ssize_t)sizeof seed) return seed;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return ((uint64_t)now.tv_nsec << 32 ^ (uint64_t)now.tv_sec ^ (uintptr_t)place) *
           UINT64_C(0x9e3779b97f4a7c15);
}

/* No chunk: no byte is left, but what takes none has an address. */
static void nothing_left(og_doc *doc)
{
    doc->at = doc->end = (uint8_t *)doc;
}

og_doc *og_doc_new(const og_allocator *alloc)
{
    og_doc *doc = og__base_alloc(alloc, sizeof *doc);
    if (!doc) return NULL;
    *doc = (og_doc){.alloc = *og__base_allocator(alloc), .memory = sizeof *doc};
    doc->seed = og__value_fresh_seed(doc);
    nothing_left(doc);
    return doc;
}

static bool within_limit(og_doc *doc, size_t extra)
{
    if (extra > SIZE_MAX - doc->memory) return false;
    bool within = doc->memory_limit == 0 || doc->memory + extra <= doc->memory_limit;
    if (!within) doc->limited = true;
    return within;
}

static og__chunk *chunk_new(og_doc *doc, size_t size)
{
    if (!within_limit(doc, size)) return NULL;
    og__chunk *chunk = og__base_alloc(&doc->alloc, size);
    if (!chunk) return NULL;
    chunk->size = size;
    chunk->next = NULL;
    doc->memory += size;
    return chunk;
}

static void chunk_free(og_doc *doc, og__chunk *chunk)
{
    doc->memory -= chunk->size;
    og__base_free(&doc->alloc, chunk, chunk->size);
}

static void chunk_open(og_doc *doc, og__chunk *chunk)
{
    if (doc->chunks) doc->in_use += doc->chunks->size;
    chunk->next = doc->chunks;
    doc->chunks = chunk;
    doc->at = (uint8_t *)(chunk + 1);
    doc->end = (uint8_t *)chunk + chunk->size;
}

/* The size of the next chunk, when nothing large is wanted. */
static size_t usual_chunk(const og_doc *doc)
{
    size_t used = doc->in_use + (doc->chunks ? doc->chunks->size : 0);
    if (used < FIRST_CHUNK) return FIRST_CHUNK;
    if (used < DOUBLE_UNTIL) return used;
    return used / 16 > LEAST_CHUNK ? used / 16 : LEAST_CHUNK;
}

/* Cuts a large run from a chunk of its own, after the newest one, whose rest stays in use. */
static void *alloc_apart(og_doc *doc, size_t need)
{
    og__chunk *chunk = chunk_new(doc, need);
    if (!chunk) return NULL;
    chunk->next = doc->chunks->next;
    doc->chunks->next = chunk;
    doc->in_use += need;
    return chunk + 1;
}

void *og__value_doc_alloc_slow(og_doc *doc, size_t size, size_t align)
{
    if (size > SIZE_MAX / 2) return NULL;
    size_t need = sizeof(og__chunk) + size;
    size_t usual = usual_chunk(doc);
    bool apart = need > usual || (doc->in_use >= DOUBLE_UNTIL && need > usual / 16);
    if (apart && doc->chunks) return alloc_apart(doc, need);
    og__chunk *chunk = need > usual ? NULL : chunk_new(doc, usual);
    if (!chunk) chunk = chunk_new(doc, need);
    if (!chunk) return NULL;
    chunk_open(doc, chunk);
    (void)align; /* a chunk's first byte suits any */
    void *at = doc->at;
    doc->at += size;
    return at;
}

uint8_t *og__value_doc_keep(og_doc *doc, const void *bytes, size_t len, size_t padding)
{
    if (len > SIZE_MAX / 4 || padding > SIZE_MAX / 4) return NULL;
    if (len >= DOUBLE_UNTIL && !doc->chunks) {
        og__chunk *chunk = chunk_new(doc, sizeof *chunk + padding + 2 * len);
        if (chunk) chunk_open(doc, chunk);
    }
    uint8_t *copy = og__value_doc_alloc(doc, len + padding, 1);
    if (!copy) return NULL;
    if (len) memcpy(copy, bytes, len);
    memset(copy + len, 0, padding);
    return copy;
}

/* The link to the chunk that holds nothing but this run; NULL when there is none among the newest few. */
static og__chunk **chunk_of_run(og_doc *doc, const void *run, size_t size)
{
    og__chunk **link = &doc->chunks;
    for (int i = 0; i < LOOK_BACK && *link; i++, link = &(*link)->next) {
        if (*link + 1 != run) continue;
        bool alone = *link == doc->chunks ? (const uint8_t *)run + size == doc->at
                                          : sizeof(og__chunk) + size == (*link)->size;
        return alone ? link : NULL;
    }
    return NULL;
}

/* Grows a chunk that holds one run only; the run, or NULL. */
static void *chunk_grow(og_doc *doc, og__chunk **link, size_t size)
{
    og__chunk *old = *link;
    size_t old_size = old->size;
    if (!within_limit(doc, size - old_size)) return NULL;
    og__chunk *chunk = og__base_realloc(&doc->alloc, old, old_size, size);
    if (!chunk) return NULL;
    chunk->size = size;
    *link = chunk;
    doc->memory += size - old_size;
    if (chunk != doc->chunks) {
        doc->in_use += size - old_size;
    } else {
        doc->at = doc->end = (uint8_t *)chunk + size;
    }
    return chunk + 1;
}

void *og__value_doc_grow(og_doc *doc, void *old, size_t old_size, size_t new_size)
{
    if (new_size > SIZE_MAX / 2) return NULL;
    if (old && (uint8_t *)old + old_size == doc->at && new_size - old_size <= (size_t)(doc->end - doc->at)) {
        doc->at += new_size - old_size;
        return old;
    }
    og__chunk **link = old_size >= GROWS_APART ? chunk_of_run(doc, old, old_size) : NULL;
    if (link) return chunk_grow(doc, link, sizeof(og__chunk) + new_size);
    void *run = og__value_doc_alloc(doc, new_size, _Alignof(og_value));
    if (run && old) memcpy(run, old, old_size);
    return run;
}

void og__value_doc_release(og_doc *doc, void *run, size_t size)
{
    if ((uint8_t *)run + size == doc->at) {
        doc->at = run;
        return;
    }
    og__chunk **link = chunk_of_run(doc, run, size);
    if (!link || *link == doc->chunks) return;
    og__chunk *chunk = *link;
    *link = chunk->next;
    doc->in_use -= chunk->size;
    chunk_free(doc, chunk);
}

/* Takes the chunk out that `link` leads to, which is not the newest one. */
static void chunk_drop(og_doc *doc, og__chunk **link)
{
    og__chunk *chunk = *link;
    *link = chunk->next;
    doc->in_use -= chunk->size;
    chunk_free(doc, chunk);
}

void og__value_doc_rewind(og_doc *doc, og__doc_mark mark)
{
    while (doc->chunks && doc->chunks != mark.newest) {
        og__chunk *older = doc->chunks->next;
        chunk_free(doc, doc->chunks);
        doc->chunks = older;
        if (older) doc->in_use -= older->size;
    }
    if (!mark.newest) {
        nothing_left(doc);
        return;
    }
    while (mark.newest->next != mark.next)
        chunk_drop(doc, &mark.newest->next);
    doc->at = mark.at;
    doc->end = (uint8_t *)mark.newest + mark.newest->size;
}

static int stack_resize(og_doc *doc, size_t cap)
{
    size_t old = doc->stack_cap * sizeof(og_value);
    size_t size = cap * sizeof(og_value);
    if (size > old && !within_limit(doc, size - old)) return OG_ENOMEM;
    og_value *stack = og__base_realloc(&doc->alloc, doc->stack, old, size);
    if (!stack) return OG_ENOMEM;
    if (size > old) memset(stack + doc->stack_cap, 0, size - old); /* readers guess from what was there */
    doc->stack = stack;
    doc->stack_cap = cap;
    doc->memory = doc->memory - old + size;
    return OG_OK;
}

int og__value_doc_stack_reserve(og_doc *doc, size_t need)
{
    if (need <= doc->stack_cap) return OG_OK;
    if (need > SIZE_MAX / 4 / sizeof(og_value)) return OG_ENOMEM;
    size_t cap = doc->stack_cap + doc->stack_cap / 2;
    if (cap < SMALLEST_STACK) cap = SMALLEST_STACK;
    if (cap < need) cap = need;
    if (stack_resize(doc, cap) == OG_OK) return OG_OK;
    return cap > need ? stack_resize(doc, need) : OG_ENOMEM;
}

static void stack_free(og_doc *doc)
{
    size_t size = doc->stack_cap * sizeof(og_value);
    og__base_free(&doc->alloc, doc->stack, size);
    doc->memory -= size;
    doc->stack = NULL;
    doc->stack_cap = 0;
}

static void chunks_free(og_doc *doc)
{
    while (doc->chunks) {
        og__chunk *next = doc->chunks->next;
        chunk_free(doc, doc->chunks);
        doc->chunks = next;
    }
    doc->in_use = 0;
    nothing_left(doc);
}

/* Takes out the lesson that `link` leads to. */
static void lesson_free(og_doc *doc, og__lesson **link)
{
    og__lesson *lesson = *link;
    og__lesson *own = atomic_load(&lesson->own);
    *link = lesson->next;
    if (doc->read_by == lesson) doc->read_by = NULL;
    doc->memory -= lesson->size;
    og__base_free(&doc->alloc, lesson, lesson->size);
    while (own) {
        og__lesson *next = own->next;
        og__base_free(&doc->alloc, own, own->size);
        own = next;
    }
}

void og__value_lesson_drop(og_doc *doc, og__lesson *lesson)
{
    og__lesson **link = &doc->lessons;
    while (*link != lesson)
        link = &(*link)->next;
    lesson_free(doc, link);
}

void *og__value_lesson_new(og_doc *doc, size_t size)
{
    og__lesson **link = &doc->lessons;
    for (int i = 1; i < MOST_LESSONS && *link; i++)
        link = &(*link)->next;
    if (*link) lesson_free(doc, link);
    if (!within_limit(doc, size)) return NULL;
    og__lesson *lesson = og__base_alloc(&doc->alloc, size);
    if (!lesson) return NULL;
    lesson->next = doc->lessons;
    lesson->size = size;
    atomic_init(&lesson->own, NULL);
    doc->lessons = lesson;
    doc->memory += size;
    return lesson;
}

void og_doc_free(og_doc *doc)
{
    if (!doc) return;
    while (doc->lessons)
        lesson_free(doc, &doc->lessons);
    chunks_free(doc);
    stack_free(doc);
    og_allocator alloc = doc->alloc;
    og__base_free(&alloc, doc, sizeof *doc);
}

/*
 * After a reset there is at most one chunk, as large as all were together, so that the next message of this
 * size is read without one allocation. What is kept is at most four times what recent messages needed.
 */
static __attribute__((noinline)) void reset_large(og_doc *doc)
{
    size_t used = doc->in_use;
    if (doc->chunks) used += (size_t)(doc->at - (uint8_t *)doc->chunks);
    doc->recent -= doc->recent / 8;
    if (used > doc->recent) doc->recent = used;
    size_t keep = doc->recent <= SIZE_MAX / 8 ? doc->recent * 4 + FREE_TO_KEEP : SIZE_MAX;
    bool one = doc->chunks && !doc->chunks->next;
    if (one && doc->chunks->size <= keep) {
        doc->at = (uint8_t *)(doc->chunks + 1);
    } else if (doc->chunks) {
        chunks_free(doc);
        og__chunk *chunk = chunk_new(doc, used > FIRST_CHUNK ? used : FIRST_CHUNK);
        if (chunk) chunk_open(doc, chunk);
    }
    if (doc->stack_cap > keep / sizeof(og_value)) stack_free(doc);
}

/* Most documents hold one small chunk, which is kept whatever was needed lately. */
void og_doc_reset(og_doc *doc)
{
    og__chunk *chunk = doc->chunks;
    bool small = chunk && !chunk->next && chunk->size <= FREE_TO_KEEP && doc->stack_cap <= FREE_STACK;
    if (small)
        doc->at = (uint8_t *)(chunk + 1);
    else
        reset_large(doc);
    doc->root = (og_value){0};
    doc->read_by = NULL;
    doc->source = 0;
    doc->work = 0;
}

og_value og_doc_root(const og_doc *doc)
{
    return doc->root;
}

void og_doc_set_root(og_doc *doc, og_value root)
{
    og__value_place(root);
    doc->root = root;
}

/* What was learned from lessons is not in doc->memory, as several threads may learn it. */
size_t og_doc_memory(const og_doc *doc)
{
    size_t memory = doc->memory;
    for (const og__lesson *lesson = doc->lessons; lesson; lesson = lesson->next) {
        for (const og__lesson *own = atomic_load(&lesson->own); own; own = own->next)
            memory += own->size;
    }
    return memory;
}

void og_doc_set_memory_limit(og_doc *doc, size_t bytes)
{
    doc->memory_limit = bytes;
}
