/* SPDX-License-Identifier: MIT */
/* Runs a pickle at full speed, as far as it goes. */
#include "codec/pickle/read/text.h"

#define OG__FAST_RUN og__pickle_reader_run_to
#include "codec/pickle/read/fast_body.h"

/* One opcode by its own function. */
static int step(og__reader *r)
{
    r->op = r->at++;
    return og__pickle_reader_step(r);
}

/* One opcode in its usual case; false: nothing was done. */
static inline bool quick(cursor *c, uint8_t op)
{
    const bool care = true;
    switch (op) {
#define QUICK(opcode, done) \
    case OG__OP_##opcode:   \
        return done;
#include "codec/pickle/read/fast.def"
#undef QUICK
    default: return false;
    }
}

/* Goes on to the end, or up to an opcode that takes its own function. */
static void run_with_care(og__reader *r)
{
    cursor c = enter(r);
    while (c.at < r->end) {
        uint8_t op = *c.at++;
        if (c.top < r->limit && quick(&c, op)) continue;
        c.at--;
        break;
    }
    leave(&c);
}

/* Makes room for about as many entries as are still to come, going by what there was so far. */
static bool grow_memo(og__reader *r)
{
    og__memo *memo = &r->memo;
    size_t bytes_an_entry = (size_t)(r->at - r->start) / (memo->len + 1) + 1;
    size_t more = (size_t)(r->end - r->at) / bytes_an_entry;
    if (more > 3 * memo->len) more = 3 * memo->len;
    return og__pickle_memo_make_room(memo, more + ROOM) || og__pickle_memo_make_room(memo, ROOM);
}

/* Bytes that may be gone through at pace. */
static size_t measure(og__reader *r)
{
    size_t bytes = (size_t)(r->end - r->at);
    size_t visible = (size_t)(r->readable - r->at);
    og__memo *memo = &r->memo;
    if (bytes <= ARGUMENT || visible <= AHEAD || memo->far_count > 0 || memo->count != memo->len) return 0;
    if ((size_t)(r->limit - r->top) < ROOM && !og__pickle_reader_make_room(r, ROOM)) return 0;
    if (memo->cap - memo->len < ROOM && !grow_memo(r)) return 0;
    size_t room = (size_t)(r->limit - r->top);
    if (memo->cap - memo->len < room) room = memo->cap - memo->len;
    bytes = bytes - ARGUMENT < visible - AHEAD ? bytes - ARGUMENT : visible - AHEAD;
    return bytes < room - SPARE ? bytes : room - SPARE;
}

/* Up to an opcode that takes its own function, or the end. */
static void run_on_by(og__reader *r, og__pickle_run_fn *run_to)
{
    size_t bytes;
    while ((bytes = measure(r)) > 0) {
        if (!run_to(r, r->at + bytes)) return;
    }
    run_with_care(r);
}

int og__pickle_reader_run_by(og__reader *r, og__pickle_run_fn *run_to)
{
    int status = OG_OK;
    while (status == OG_OK) {
        run_on_by(r, run_to);
        status = r->at < r->end ? step(r) : og__pickle_reader_no_stop(r);
    }
    return status < 0 ? status : OG_OK;
}

/* The way that suits the processor best. */
static og__pickle_run_fn *best_way(void)
{
#if defined(OG__PICKLE_AVX2)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2"))
        return og__pickle_reader_run_to_avx2;
#endif
    return og__pickle_reader_run_to;
}

int og__pickle_reader_run(og__reader *r)
{
    return og__pickle_reader_run_by(r, best_way());
}

void og__pickle_reader_run_on(og__reader *r)
{
    run_on_by(r, best_way());
}
