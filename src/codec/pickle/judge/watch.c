/* SPDX-License-Identifier: MIT */
/* What a pickle being read uses: classes named, called and built, by whatever opcode. */
#include "codec/pickle/judge/watch.h"
#include "codec/pickle/judge/calls.h"

#include "base/alloc.h"

#include <string.h>

/* Bytes looked at for each byte of the pickle, at most: copies with copies inside make them more. */
enum { WORK_A_BYTE = 64 };

void og__pickle_watch_init(og__watch *watch, const og__rules *policy, og__findings *findings,
                           const og_allocator *alloc)
{
    watch->policy = policy;
    watch->default_allow = policy->default_allow;
    watch->findings = findings;
    watch->alloc = alloc;
    watch->position = 0;
    watch->depth = 0;
    watch->exhausted = false;
    watch->outer.denied.code = OG_OK;
    memset(watch->nested, 0, sizeof watch->nested);
}

void og__pickle_watch_fini(og__watch *watch)
{
    for (unsigned i = 0; i < watch->depth; i++)
        og__pickle_reader_fini(&watch->nested[i]->reader);
    for (size_t i = 0; i < OG__NESTED_MAX && watch->nested[i]; i++) {
        og_doc_free(watch->nested[i]->doc);
        og__base_free(watch->alloc, watch->nested[i], sizeof(og__nested));
    }
}

/* ---- Before and after an opcode ---- */

/* The value `depth` below the top, 1 being the top itself; OG_INVALID when a mark or nothing is there. */
static og_value below(const og__reader *r, size_t depth)
{
    return og__pickle_stack_above(r) < depth ? (og_value){0} : r->top[-(ptrdiff_t)depth];
}

/* builtins.getattr gets at what no row names, so its result must be a name, whatever else the policy says. */
static void check_getattr(og__watch *watch, og__level *level, og_value callable, og_value args)
{
    if (watch->default_allow || !og__pickle_is_getattr(callable)) return;
    const char *why = *level->reader->op == OG__OP_REDUCE ? og__pickle_getattr_why(args)
                                                          : "is called in a way that no pickler does";
    if (why) og__pickle_watch_refuse(watch, level, "builtins.getattr %s", why);
}

/* Where the class is not all that matters. */
static void check_call(og__watch *watch, og__level *level, og_value callable, og_value args)
{
    if (og_kind_of(callable) != OG_CLASS) return;
    check_getattr(watch, level, callable, args);
    if (watch->policy->lenient) return;
    const og__reader *r = level->reader;
    const char *why = og__pickle_call_why(callable, args, (size_t)(r->end - r->start));
    if (why) og__pickle_watch_refuse_call(watch, level, why, callable);
}

/* What check_call() looks at may be among the keywords too. */
static void check_keywords(og__watch *watch, og__level *level, og_value callable, og_value keywords)
{
    if (watch->policy->lenient || og_len(keywords) == 0) return;
    if (og_str_is(og_class_module(callable), "builtins") || og__pickle_call_has_rule(callable))
        og__pickle_watch_refuse_call(watch, level, "is made with keywords, which no pickler does", callable);
}

/* A method of an object is called to put items in. */
static int note_filled(og__watch *watch, og__level *level, og_value into)
{
    if (og_kind_of(into) != OG_OBJECT) return OG_OK;
    const char *why = watch->policy->lenient ? NULL : og__pickle_fill_why(into);
    if (why) og__pickle_watch_refuse_call(watch, level, why, og__pickle_class_of(into));
    return og__pickle_watch_use(watch, level, OG_USE_FILLED, og__pickle_class_of(into));
}

static int note_built(og__watch *watch, og__level *level, og_value object)
{
    if (og_kind_of(object) < OG_CLASS) return OG_OK;
    const char *why = watch->policy->lenient ? NULL : og__pickle_build_why(object);
    if (why) og__pickle_watch_refuse_call(watch, level, why, og__pickle_class_of(object));
    return og__pickle_watch_use(watch, level, OG_USE_BUILT, og__pickle_class_of(object));
}

/* What the state that was just set makes of the object. */
static int check_state(og__watch *watch, og__level *level, og_value object)
{
    const char *why = watch->policy->lenient ? NULL : og__pickle_built_why(object);
    if (why) og__pickle_watch_refuse_call(watch, level, why, og__pickle_class_of(object));
    return OG_OK;
}

static og_value below_mark(const og__reader *r)
{
    return r->fence < 2 ? (og_value){0} : r->doc->stack[r->fence - 2];
}

static og_value above_mark(const og__reader *r)
{
    return r->fence < 1 || og__pickle_stack_above(r) < 1 ? (og_value){0} : r->doc->stack[r->fence];
}

static int note_call(og__watch *watch, og__level *level, og_use_how how, og_value callable)
{
    return og_valid(callable) ? og__pickle_watch_use(watch, level, how, callable) : OG_OK;
}

/* Another function may call what it is given, with what nobody has judged. */
static void refuse_misuse(og__watch *watch, og__level *level)
{
    og__pickle_watch_refuse(
        watch, level, "torch.storage._load_from_bytes is used other than by a call, which no pickler does");
}

static int before(og__watch *watch, og__level *level)
{
    og__reader *r = level->reader;
    const char *why = watch->policy->lenient && !r->strict ? NULL : og__pickle_strict_why(level->reader);
    if (why)
        og__pickle_watch_refuse(watch, level, "%s, which Python's readers take for different things", why);
    if (level->loads && og__pickle_torch_is_misused(r)) refuse_misuse(watch, level);
    switch (*r->op) {
    case OG__OP_REDUCE:
        check_call(watch, level, below(r, 2), below(r, 1));
        return note_call(watch, level, OG_USE_CALLED, below(r, 2));
    case OG__OP_OBJ: return note_call(watch, level, OG_USE_CALLED, above_mark(r));
    case OG__OP_NEWOBJ:
        check_call(watch, level, below(r, 2), below(r, 1));
        return note_call(watch, level, OG_USE_NEW, below(r, 2));
    case OG__OP_NEWOBJ_EX:
        check_keywords(watch, level, below(r, 3), below(r, 1));
        check_call(watch, level, below(r, 3), below(r, 2));
        return note_call(watch, level, OG_USE_NEW, below(r, 3));
    case OG__OP_BUILD: return note_built(watch, level, below(r, 2));
    case OG__OP_APPEND: return note_filled(watch, level, below(r, 2));
    case OG__OP_SETITEM: return note_filled(watch, level, below(r, 3));
    case OG__OP_APPENDS:
    case OG__OP_SETITEMS:
    case OG__OP_ADDITEMS: return note_filled(watch, level, below_mark(r));
    case OG__OP_PERSID:
    case OG__OP_BINPERSID: return og__pickle_watch_persistent(watch, level);
    default: return OG_OK;
    }
}

static int note_import(og__watch *watch, og__level *level, og_value cls)
{
    int status = og__pickle_watch_use(watch, level, OG_USE_IMPORTED, cls);
    level->imported = true;
    if (!og__pickle_watch_looks_into(watch, cls)) return status;
    level->loads = true;
    if (*level->reader->op == OG__OP_INST) refuse_misuse(watch, level);
    return status;
}

/* A code of copyreg's registry: a class where that is known. */
static int note_extension(og__watch *watch, og__level *level)
{
    og_value v = level->reader->top[-1];
    int64_t number = 0;
    if (og_kind_of(v) == OG_CLASS) return note_import(watch, level, v);
    og_as_int64(og_object_args(v), &number);
    return og__pickle_watch_extension(watch, level, number);
}

/* getattr() of a class and a name gives a class, and functions of copyreg call another class's __new__. */
static int note_made(og__watch *watch, og__level *level, og_value v)
{
    if (og_kind_of(v) == OG_CLASS) return note_import(watch, level, v);
    if (og_kind_of(v) == OG_OBJECT && og__pickle_is_getattr(og_object_class(v)) && !watch->default_allow)
        og__pickle_watch_refuse(watch, level, "builtins.getattr gives what is not known");
    if (og_kind_of(v) != OG_OBJECT || og_object_make(v) != OG_MAKE_NEW) return OG_OK;
    if (og_valid(og_object_args(v))) check_call(watch, level, og_object_class(v), og_object_args(v));
    return og__pickle_watch_use(watch, level, OG_USE_NEW, og__pickle_class_of(v));
}

static int after(og__watch *watch, og__level *level)
{
    const og__reader *r = level->reader;
    int status;
    switch (*r->op) {
    case OG__OP_GLOBAL:
    case OG__OP_STACK_GLOBAL: return note_import(watch, level, r->top[-1]);
    case OG__OP_REDUCE: return note_made(watch, level, r->top[-1]);
    case OG__OP_BUILD: return check_state(watch, level, r->top[-1]);
    case OG__OP_OBJ:
        check_call(watch, level, og_object_class(r->top[-1]), og_object_args(r->top[-1]));
        return OG_OK;
    case OG__OP_INST:
        check_call(watch, level, og_object_class(r->top[-1]), og_object_args(r->top[-1]));
        status = note_import(watch, level, og__pickle_class_of(r->top[-1]));
        return status < 0
                   ? status
                   : og__pickle_watch_use(watch, level, OG_USE_CALLED, og__pickle_class_of(r->top[-1]));
    case OG__OP_EXT1:
    case OG__OP_EXT2:
    case OG__OP_EXT4: return note_extension(watch, level);
    default: return OG_OK;
    }
}

/* One opcode of the level in hand: as og__pickle_reader_step(). */
static int step(og__watch *watch, og__level *level)
{
    og__reader *r = level->reader;
    if (!level->loads) og__pickle_run_on_in_frame(r);
    if (r->at == r->end) return og__pickle_reader_no_stop(r);
    r->op = r->at++;
    if (!level->loads && og__pickle_is_plain_stop(r)) return 1;
    if (!og__pickle_opcodes[*r->op].name) return og__pickle_reader_step(r);
    int status = before(watch, level);
    if (status < 0) return og__pickle_reader_nomem(r);
    status = og__pickle_reader_step(r);
    if (status < 0) return status;
    if (after(watch, level) < 0) return og__pickle_reader_nomem(r);
    return status;
}

/* The first refusal ends the reading when nobody wants a report. */
static int give_up(const og__watch *watch, const og__level *level)
{
    og_error *err = watch->outer.reader->err;
    if (err) *err = level->denied;
    return OG_EPOLICY;
}

int og__pickle_watch_run(og__watch *watch, og__reader *reader)
{
    og__level *outer = &watch->outer;
    outer->reader = reader;
    outer->sure = true;
    outer->imported = false;
    outer->held_count = 0;
    outer->failed = false;
    outer->loads = false;
    outer->torch = NULL;
    reader->wary = OG__WARY_FRAMES | (watch->policy->nested > 0 ? OG__WARY_BYTES : 0);
    watch->work = ((size_t)(reader->end - reader->start) + 1024) * WORK_A_BYTE;
    for (;;) {
        og__level *level = og__pickle_watch_level(watch);
        int status = step(watch, level);
        if (status < 0 && level->sure && (watch->findings || watch->depth > 0) &&
            og__pickle_watch_rest(watch) < 0)
            status = OG_ENOMEM;
        if (!watch->findings && level->sure && level->denied.code != OG_OK) return give_up(watch, level);
        if (status != 0 && watch->depth == 0) return status < 0 ? status : OG_OK;
        if (status == 0) {
            status = og__pickle_watch_enter(watch);
            if (watch->exhausted)
                og__pickle_watch_refuse(watch, outer, "it holds more copies of bytes than are looked at");
        } else {
            status = og__pickle_watch_leave(watch, status);
        }
        if (status < 0)
            return og_error_set(reader->err, OG_ENOMEM, OG_NO_POSITION, "no memory to check a pickle");
        if (!watch->findings && outer->denied.code != OG_OK) return give_up(watch, outer);
    }
}
