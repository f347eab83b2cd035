/* SPDX-License-Identifier: MIT */
/* Notes what a pickle being read uses, and refuses what the policy does not allow. */
#include "base/number.h"
#include "base/utf8.h"
#include "codec/pickle/judge/watch.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Bytes of a name that a message shows. */
enum { SHOWN = 80 };

/* ---- Refusing ---- */

void og__pickle_watch_refuse(og__watch *watch, og__level *level, const char *format, ...)
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
        og_error_set(&level->denied, OG_EPOLICY, position, "opcode %s: %s", name, text);
    } else {
        og_error_set(&level->denied, OG_EPOLICY, watch->position,
                     "a pickle within these bytes or this str: opcode %s: %s", name, text);
    }
}

/* Text from elsewhere, for people: what cannot be shown is '?', as it might steer their terminals. */
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

static void set_name(og_pickle_use *use, og_value cls)
{
    use->module = og_data(og_class_module(cls), &use->module_len);
    use->qualname = og_data(og_class_qualname(cls), &use->qualname_len);
}

void og__pickle_watch_refuse_call(og__watch *watch, og__level *level, const char *why, og_value cls)
{
    char name[2 * SHOWN + 2];
    og_pickle_use use = {0};
    set_name(&use, cls);
    show(name, &use);
    og__pickle_watch_refuse(watch, level, "%s %s", name, why);
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
        og__pickle_watch_refuse(watch, level, "a persistent id, which the policy does not allow");
    } else if (use->how == OG_USE_EXTENSION) {
        og__pickle_watch_refuse(watch, level,
                                "names a class by the extension code %.*s, which the policy does not allow",
                                (int)use->qualname_len, use->qualname);
    } else if (use->qualname_len == 0) {
        og__pickle_watch_refuse(watch, level, "%s what is no class by name, which the policy does not allow",
                                verbs[use->how]);
    } else {
        show(name, use);
        og__pickle_watch_refuse(watch, level, "%s %s, which the policy does not allow", verbs[use->how],
                                name);
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

/* The class that a value is or was made by; other than by name there is none. */
og_value og__pickle_class_of(og_value v)
{
    if (og_kind_of(v) == OG_OBJECT) v = og_object_class(v);
    return og_kind_of(v) == OG_CLASS ? v : (og_value){0};
}

/* Whether the policy allows what the names in `use` stand for. */
static bool allows(const og__watch *watch, const og_pickle_use *use)
{
    bool decided;
    bool allowed = og__pickle_rules_allow(watch->policy, use->module, use->module_len, use->qualname,
                                          use->qualname_len, &decided);
    if (!decided) allowed = watch->default_allow;
    if (use->how != OG_USE_IMPORTED || watch->policy->lenient) return allowed;
    return allowed && og__pickle_strict_name(use->module, use->module_len) &&
           og__pickle_strict_name(use->qualname, use->qualname_len);
}

int og__pickle_watch_use(og__watch *watch, og__level *level, og_use_how how, og_value of)
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

bool og__pickle_watch_looks_into(const og__watch *watch, og_value cls)
{
    bool decided;
    og_pickle_use use = {0};
    if (!og__pickle_is_torch_loader(cls)) return false;
    set_name(&use, cls);
    if (og__pickle_rules_trust(watch->policy, use.module, use.module_len, use.qualname, use.qualname_len))
        return false;
    og__pickle_rules_allow(watch->policy, use.module, use.module_len, use.qualname, use.qualname_len,
                           &decided);
    /* What is passed on as inert, by no row, is called by nobody. */
    return decided || watch->policy->default_allow || !watch->default_allow;
}

/* Persistent ids and extension codes, which have no names. */
static int note_other(og__watch *watch, og__level *level, og_use_how how, og__decision say, const char *name)
{
    og_pickle_use use = {.module = "", .qualname = name, .qualname_len = strlen(name), .how = how};
    use.allowed = say == OG__UNDECIDED ? watch->default_allow : say == OG__ALLOW;
    return note(watch, level, &use);
}

/* In a file of torch it is known what they mean, so they need no row. */
static int note_storage(og__watch *watch, og__level *level)
{
    const char *why = "that another reader may come to";
    const og__reader *r = level->reader;
    bool value = !level->failed && *r->op == OG__OP_BINPERSID && og__pickle_stack_above(r) > 0;
    int status = OG_EPOLICY;
    if (!level->failed)
        status = og__pickle_torch_persistent(level->torch, value ? r->top[-1] : (og_value){0}, &why);
    if (status == OG_ENOMEM) return status;
    if (status < 0) og__pickle_watch_refuse(watch, level, "a persistent id %s", why);
    return note_other(watch, level, OG_USE_PERSISTENT, status < 0 ? OG__DENY : OG__ALLOW, "");
}

int og__pickle_watch_persistent(og__watch *watch, og__level *level)
{
    if (level->torch) return note_storage(watch, level);
    return note_other(watch, level, OG_USE_PERSISTENT, watch->policy->persistent, "");
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
