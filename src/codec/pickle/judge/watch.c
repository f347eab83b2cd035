/* SPDX-License-Identifier: MIT */
/* What a pickle being read uses: classes named, called and built, by whatever opcode. */
#include "codec/pickle/judge/watch.h"

#include "base/alloc.h"
#include "base/number.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    SHOWN = 80,
    WORK_A_BYTE = 64 /* of looking at bytes in bytes; copies of them, each with copies inside, make it grow */
};

void og__pickle_watch_init(og__watch *watch, const og_policy *policy, og__findings *findings,
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

/* ---- Refusing ---- */

/* Notes why the level is refused, unless that is known already. */
static void refuse(og__watch *watch, og__level *level, const char *format, ...) OG_PRINTF(3, 4);

static void refuse(og__watch *watch, og__level *level, const char *format, ...)
{
    if (level->denied.code != OG_OK || (level->failed && level == &watch->outer)) return;
    char text[200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const og__reader *r = level->reader;
    size_t position = (size_t)(r->op - r->start);
    const char *name = og__pickle_opcodes[*r->op].name;
    if (level == &watch->outer) {
        og_error_set(&level->denied, OG_EPOLICY, position, "%s at %zu: %s", name, position, text);
    } else {
        og_error_set(&level->denied, OG_EPOLICY, watch->position,
                     "in the pickle within the bytes or str at %zu: %s at %zu: %s", watch->position, name,
                     position, text);
    }
}

/* Text that came from elsewhere, for people: what cannot be shown is '?', for it might steer their terminals.
 */
static size_t show_text(char *out, const char *text, size_t len)
{
    size_t n = 0;
    for (size_t at = 0; at < len && n < SHOWN - 4;) {
        uint32_t code = 0;
        size_t size = og__base_utf8_decode((const uint8_t *)text + at, len - at, &code);
        if (size == 0 || !og__base_printable(code)) {
            out[n++] = '?';
        } else {
            memcpy(out + n, text + at, size);
            n += size;
        }
        at += size ? size : 1;
    }
    return n;
}

static void show(char *out, const og_pickle_use *use)
{
    bool dotted = memchr(use->qualname, '.', use->qualname_len) != NULL;
    size_t n = show_text(out, use->module, use->module_len);
    out[n++] = dotted ? ':' : '.';
    n += show_text(out + n, use->qualname, use->qualname_len);
    out[n] = 0;
}

static void refuse_use(og__watch *watch, og__level *level, const og_pickle_use *use)
{
    static const char *const verbs[] = {[OG_USE_IMPORTED] = "names",
                                        [OG_USE_CALLED] = "calls",
                                        [OG_USE_NEW] = "makes",
                                        [OG_USE_BUILT] = "sets the state of",
                                        [OG_USE_FILLED] = "fills"};
    char name[2 * SHOWN + 2];
    if (use->how == OG_USE_PERSISTENT) {
        refuse(watch, level, "a persistent id, which the policy does not allow");
    } else if (use->how == OG_USE_EXTENSION) {
        refuse(watch, level, "names a class by the extension code %.*s, which the policy does not allow",
               (int)use->qualname_len, use->qualname);
    } else if (use->qualname_len == 0) {
        refuse(watch, level, "%s what is no class by name, which the policy does not allow", verbs[use->how]);
    } else {
        show(name, use);
        refuse(watch, level, "%s %s, which the policy does not allow", verbs[use->how], name);
    }
}

/* ---- Noting ---- */

int og__pickle_watch_make_sure(og__watch *watch, og__level *level)
{
    level->sure = true;
    int status = OG_OK;
    for (unsigned i = 0; i < level->held_count && status == OG_OK && watch->findings; i++)
        status = og__pickle_findings_add(watch->findings, &level->held[i]);
    level->held_count = 0;
    return status;
}

static int note(og__watch *watch, og__level *level, og_pickle_use *use)
{
    use->depth = watch->depth;
    use->inside = (size_t)(level->reader->op - level->reader->start);
    use->position = watch->depth ? watch->position : use->inside;
    use->count = 1;
    if (!use->allowed) refuse_use(watch, level, use);
    if (level->sure) return watch->findings ? og__pickle_findings_add(watch->findings, use) : OG_OK;
    level->held[level->held_count++] = *use;
    /* Text that happens to read as a name does not go on to read as its call. */
    bool called = level->imported && use->how != OG_USE_IMPORTED;
    return called || level->held_count == OG__HELD_MAX ? og__pickle_watch_make_sure(watch, level) : OG_OK;
}

static void set_name(og_pickle_use *use, og_value cls)
{
    use->module = og_data(og_class_module(cls), &use->module_len);
    use->qualname = og_data(og_class_qualname(cls), &use->qualname_len);
}

/* The class that a value is or was made by; other than by name there is none. */
static og_value class_of(og_value v)
{
    if (og_kind_of(v) == OG_OBJECT) v = og_object_class(v);
    return og_kind_of(v) == OG_CLASS ? v : (og_value){0};
}

/* Whether the policy allows what the names in `use` stand for. */
static bool allows(const og__watch *watch, const og_pickle_use *use)
{
    bool decided;
    bool allowed = og_policy_allows(watch->policy, use->module, use->module_len, use->qualname,
                                    use->qualname_len, &decided);
    if (!decided) allowed = watch->default_allow;
    if (use->how != OG_USE_IMPORTED || watch->policy->lenient) return allowed;
    return allowed && og__pickle_strict_name(use->module, use->module_len) &&
           og__pickle_strict_name(use->qualname, use->qualname_len);
}

static int note_use(og__watch *watch, og__level *level, og_use_how how, og_value of)
{
    og_pickle_use use = {.module = "", .qualname = "", .how = how, .allowed = watch->default_allow};
    if (og_kind_of(of) == OG_CLASS) {
        /* What was named has been checked as it was named. */
        if (!watch->findings && level->sure && how != OG_USE_IMPORTED) return OG_OK;
        set_name(&use, of);
        use.allowed = allows(watch, &use);
    }
    return note(watch, level, &use);
}

int og__pickle_watch_import(og__watch *watch, og__level *level, og_value module, og_value qualname)
{
    og_pickle_use use = {.module = "", .qualname = "", .how = OG_USE_IMPORTED};
    if (og_valid(module) && og_valid(qualname)) {
        use.module = og_data(module, &use.module_len);
        use.qualname = og_data(qualname, &use.qualname_len);
        use.allowed = allows(watch, &use);
    }
    return note(watch, level, &use);
}

/* Persistent ids and extension codes, which have no names. */
static int note_other(og__watch *watch, og__level *level, og_use_how how, og__say say, const char *name)
{
    og_pickle_use use = {.module = "", .qualname = name, .qualname_len = strlen(name), .how = how};
    use.allowed = say == OG__SAYS_NOTHING ? watch->default_allow : say == OG__SAYS_ALLOW;
    return note(watch, level, &use);
}

int og__pickle_watch_persistent(og__watch *watch, og__level *level)
{
    return note_other(watch, level, OG_USE_PERSISTENT, watch->policy->persistent, "");
}

/* ---- Before and after an opcode ---- */

/* The value `depth` below the top, 1 being the top itself; OG_INVALID when a mark or nothing stands there. */
static og_value below(const og__reader *r, size_t depth)
{
    return og__pickle_stack_above(r) < depth ? (og_value){0} : r->top[-(ptrdiff_t)depth];
}

static bool is_latin1(og_value codec)
{
    return og_str_is(codec, "latin1") || og_str_is(codec, "latin-1");
}

/*
 * Where the class is not all that matters. With a codec beside the str, encode() and the classes of text and
 * bytes look that codec up, which imports modules and may unpack what is packed; and _reconstructor() calls
 * two methods of its arguments, which are known of classes alone.
 */
static void check_call(og__watch *watch, og__level *level, og_value callable, og_value args)
{
    if (watch->policy->lenient || og_kind_of(callable) != OG_CLASS) return;
    size_t count = og_len(args);
    bool encode = og_class_is(callable, "_codecs", "encode");
    bool known = og_kind_of(args) == OG_TUPLE;
    if (encode || ((count > 1 || !known) && og_str_is(og_class_module(callable), "builtins"))) {
        og_value name = og_class_qualname(callable);
        if (!encode && !og_str_is(name, "bytes") && !og_str_is(name, "bytearray") && !og_str_is(name, "str"))
            return;
        if (known && count == 2 && og_kind_of(og_item(args, 0)) == OG_STR && is_latin1(og_item(args, 1)))
            return;
        refuse(watch, level, "calls %s with other arguments than a str and 'latin1'",
               encode ? "_codecs.encode" : "a builtin type");
    } else if (og_class_is(callable, "copyreg", "_reconstructor")) {
        if (og_kind_of(og_item(args, 0)) == OG_CLASS && og_kind_of(og_item(args, 1)) == OG_CLASS) return;
        refuse(watch, level, "calls copyreg._reconstructor with something else than two classes");
    }
}

/* What check_call() looks at may stand among the keywords too. */
static void check_keywords(og__watch *watch, og__level *level, og_value callable, og_value keywords)
{
    if (watch->policy->lenient || !og_str_is(og_class_module(callable), "builtins") || og_len(keywords) == 0)
        return;
    refuse(watch, level, "makes a builtin type with keywords, which no pickler does");
}

/* A method of an object is called to put items in. */
static int note_filled(og__watch *watch, og__level *level, og_value into)
{
    return og_kind_of(into) == OG_OBJECT ? note_use(watch, level, OG_USE_FILLED, class_of(into)) : OG_OK;
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
    return og_valid(callable) ? note_use(watch, level, how, callable) : OG_OK;
}

static int before(og__watch *watch, og__level *level)
{
    const og__reader *r = level->reader;
    const char *why = watch->policy->lenient && !r->strict ? NULL : og__pickle_strict_why(level);
    if (why) refuse(watch, level, "%s, which Python's readers take for different things", why);
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
    case OG__OP_BUILD:
        return og_kind_of(below(r, 2)) < OG_CLASS
                   ? OG_OK
                   : note_use(watch, level, OG_USE_BUILT, class_of(below(r, 2)));
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
    int status = note_use(watch, level, OG_USE_IMPORTED, cls);
    level->imported = true;
    return status;
}

/* The code's text stays with the document. */
int og__pickle_watch_extension(og__watch *watch, og__level *level, int64_t number)
{
    char *code = og__value_doc_alloc(level->reader->doc, OG__INT64_SIZE + 1, 1);
    if (!code) return OG_ENOMEM;
    code[og__base_int64_write(number, code)] = 0;
    int status = note_other(watch, level, OG_USE_EXTENSION, watch->policy->extensions, code);
    level->imported = true;
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
    if (og_kind_of(v) != OG_OBJECT || og_object_make(v) != OG_MAKE_NEW) return OG_OK;
    return note_use(watch, level, OG_USE_NEW, class_of(v));
}

static int after(og__watch *watch, og__level *level)
{
    const og__reader *r = level->reader;
    int status;
    switch (*r->op) {
    case OG__OP_GLOBAL:
    case OG__OP_STACK_GLOBAL: return note_import(watch, level, r->top[-1]);
    case OG__OP_REDUCE: return note_made(watch, level, r->top[-1]);
    case OG__OP_OBJ:
        check_call(watch, level, og_object_class(r->top[-1]), og_object_args(r->top[-1]));
        return OG_OK;
    case OG__OP_INST:
        check_call(watch, level, og_object_class(r->top[-1]), og_object_args(r->top[-1]));
        status = note_import(watch, level, class_of(r->top[-1]));
        return status < 0 ? status : note_use(watch, level, OG_USE_CALLED, class_of(r->top[-1]));
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
    og__pickle_run_on_in_frame(level);
    if (r->at == r->end) return og__pickle_reader_no_stop(r);
    r->op = r->at++;
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
    outer->frame_end = 0;
    outer->sure = true;
    outer->imported = false;
    outer->held_count = 0;
    outer->failed = false;
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
            if (watch->exhausted) refuse(watch, outer, "it holds more copies of bytes than are looked at");
        } else {
            status = og__pickle_watch_leave(watch, status);
        }
        if (status < 0)
            return og_error_set(reader->err, OG_ENOMEM, OG_NO_POSITION, "no memory to check a pickle");
        if (!watch->findings && outer->denied.code != OG_OK) return give_up(watch, outer);
    }
}
