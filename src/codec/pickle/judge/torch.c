/* SPDX-License-Identifier: MIT */
/* Files of torch in the bytes of a pickle: of the form before 1.6, and zip archives. */
#include "codec/pickle/judge/torch.h"

#include "base/alloc.h"

#include <stdio.h>
#include <string.h>

enum {
    MAGIC = 1, /* the pickles of the old form, in their order */
    VERSION,
    SYSTEM,
    OBJECT,
    KEYS,
    VERSION_IS = 1001,
    COUNT_SIZE = 8, /* of the number before each storage */
    ZIP_ID = 5,     /* parts of a persistent id; the old form has one more, for views of storages */
    OLD_ID = 6
};

static int refuse(const char **why, const char *text)
{
    *why = text;
    return OG_EPOLICY;
}

/* ---- The function ---- */

/* However its dotted name is divided into module and qualified name. */
bool og__pickle_is_torch_loader(og_value v)
{
    return og_class_is(v, "torch.storage", "_load_from_bytes") ||
           og_class_is(v, "torch", "storage._load_from_bytes");
}

bool og__pickle_is_torch_loaded(og_value v)
{
    return og_kind_of(v) == OG_OBJECT && og_object_make(v) == OG_MAKE_CALL &&
           og__pickle_is_torch_loader(og_object_class(v));
}

/* How many values at the top the opcode puts into something, or makes something of. */
static size_t taken(const og__reader *r)
{
    switch (*r->op) {
    case OG__OP_STOP:
    case OG__OP_BINPERSID:
    case OG__OP_REDUCE:
    case OG__OP_TUPLE1: return 1;
    case OG__OP_APPEND:
    case OG__OP_BUILD:
    case OG__OP_NEWOBJ:
    case OG__OP_TUPLE2: return 2;
    case OG__OP_SETITEM:
    case OG__OP_NEWOBJ_EX:
    case OG__OP_TUPLE3: return 3;
    case OG__OP_APPENDS:
    case OG__OP_SETITEMS:
    case OG__OP_ADDITEMS:
    case OG__OP_TUPLE:
    case OG__OP_LIST:
    case OG__OP_DICT:
    case OG__OP_FROZENSET:
    case OG__OP_INST:
    case OG__OP_OBJ: return SIZE_MAX; /* all above the mark */
    default: return 0;
    }
}

bool og__pickle_is_torch_made(og_value v)
{
    if (og_kind_of(v) != OG_OBJECT || og_object_make(v) != OG_MAKE_CALL) return false;
    return og__pickle_is_torch_loader(og_object_class(v)) ||
           og_str_is(og_class_module(og_object_class(v)), "torch._utils");
}

bool og__pickle_torch_is_misused(const og__reader *r)
{
    size_t above = og__pickle_stack_above(r);
    size_t count = taken(r);
    if (count > above) count = above;
    for (size_t i = 1; i <= count; i++) {
        if (og__pickle_is_torch_loader(r->top[-(ptrdiff_t)i])) return true;
    }
    return false;
}

/* ---- Storages ---- */

size_t og__pickle_torch_item_size(og_value cls)
{
    static const struct {
        const char *name;
        size_t size;
    } types[] = {
        {"BFloat16Storage", 2}, {"BoolStorage", 1},           {"ByteStorage", 1},
        {"CharStorage", 1},     {"ComplexDoubleStorage", 16}, {"ComplexFloatStorage", 8},
        {"DoubleStorage", 8},   {"FloatStorage", 4},          {"HalfStorage", 2},
        {"IntStorage", 4},      {"LongStorage", 8},           {"QInt32Storage", 4},
        {"QInt8Storage", 1},    {"QUInt2x4Storage", 1},       {"QUInt4x2Storage", 1},
        {"QUInt8Storage", 1},   {"ShortStorage", 2},          {"UntypedStorage", 1},
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (og_class_is(cls, "torch", types[i].name)) return types[i].size;
    }
    return og_class_is(cls, "torch.storage", "UntypedStorage") ? 1 : 0;
}

/* Bytes of the storage that a persistent id stands for; -1: it is none. */
static int64_t storage_size(og_value id)
{
    int64_t count;
    size_t size = og__pickle_torch_item_size(og_item(id, 1));
    if (og_as_int64(og_item(id, 4), &count) < 0 || count < 0) return -1;
    if (size == 0 || count > INT64_MAX / (int64_t)size) return -1;
    return count * (int64_t)size;
}

static bool is_storage(const og__torch *t, og_value id)
{
    return og_kind_of(id) == OG_TUPLE && og_len(id) == (t->zip ? ZIP_ID : OLD_ID) &&
           og_str_is(og_item(id, 0), "storage") && og_kind_of(og_item(id, 2)) == OG_STR &&
           og_kind_of(og_item(id, 3)) == OG_STR && (t->zip || og_kind_of(og_item(id, 5)) == OG_NONE) &&
           storage_size(id) >= 0;
}

int og__pickle_torch_persistent(og__torch *t, og_value id, const char **why)
{
    if (t->number != (t->zip ? 1 : OBJECT)) return refuse(why, "where torch writes none");
    if (!is_storage(t, id)) return refuse(why, "that is no storage of torch");
    if ((uint64_t)storage_size(id) > t->file.len) return refuse(why, "of a storage larger than its file");
    og_value key = og_item(id, 2);
    og_value earlier = og_dict_get(t->storages, key);
    if (og_valid(earlier))
        return og_equal(earlier, id) == 1 ? OG_OK : refuse(why, "of one storage in two ways");
    return og_dict_set(t->doc, t->storages, key, id, NULL) == OG_OK ? OG_OK : OG_ENOMEM;
}

/* ---- The old form: five pickles, then the numbers ---- */

/* A number for each of these storages, with which its bytes begin, and nothing else. */
static int check_numbers(const og__torch *t, og_value keys, size_t at, const char **why)
{
    static const char other[] = "is given a torch file with other numbers than its storages need";
    if (og_kind_of(keys) != OG_LIST || og_len(keys) != og_len(t->storages)) return refuse(why, other);
    for (size_t i = 0; i < og_len(keys); i++) {
        og_value key = og_item(keys, i);
        og_value id = og_dict_get(t->storages, key);
        int64_t count;
        if (og_kind_of(id) != OG_TUPLE) return refuse(why, other); /* none, or it was there before */
        og_as_int64(og_item(id, 4), &count);
        size_t size = (size_t)storage_size(id);
        if (t->file.len - at < COUNT_SIZE || size > t->file.len - at - COUNT_SIZE) return refuse(why, other);
        if (og__container_le(t->file.bytes + at, COUNT_SIZE) != (uint64_t)count) return refuse(why, other);
        at += COUNT_SIZE + size;
        if (og_dict_set(t->doc, t->storages, key, og_none(), NULL) < 0) return OG_ENOMEM;
    }
    return at == t->file.len ? OG_OK : refuse(why, other);
}

static int next_old(og__torch *t, og_value root, og__block *pickle, const char **why)
{
    int64_t version;
    switch (t->number) {
    case VERSION:
        if (og_as_int64(root, &version) < 0 || version != VERSION_IS)
            return refuse(why, "is given a torch file of another version than is known here");
        break;
    case SYSTEM:
        if (og_kind_of(root) != OG_DICT) return refuse(why, "is given a torch file that tells no sizes");
        break;
    case KEYS: return check_numbers(t, root, t->at, why);
    default: break;
    }
    t->number++;
    *pickle = (og__block){.bytes = t->file.bytes + t->at, .len = t->file.len - t->at};
    return 1;
}

/* ---- Zip archives ---- */

static bool is_name(const uint8_t *name, size_t len, const char *text)
{
    return strlen(text) == len && memcmp(name, text, len) == 0;
}

/* What torch writes beside the pickle and the numbers. */
static bool is_known(const uint8_t *name, size_t len)
{
    static const char *const known[] = {"version", "byteorder", ".data/serialization_id", ".format_version",
                                        ".storage_alignment"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (is_name(name, len, known[i])) return true;
    }
    return false;
}

/* "data/" and digits: names that no reader takes for another one. */
static bool is_numbers(const uint8_t *name, size_t len)
{
    if (len < 6 || memcmp(name, "data/", 5) != 0) return false;
    for (size_t i = 5; i < len; i++) {
        if (name[i] < '0' || name[i] > '9') return false;
    }
    return true;
}

/* All members are in one folder: torch takes it from the first one. */
static bool is_in_stem(og__torch *t, const uint8_t *name, size_t len)
{
    const uint8_t *slash = memchr(name, '/', len);
    if (!slash) return false;
    if (!t->stem) {
        t->stem = name;
        t->stem_len = (size_t)(slash - name);
    }
    return (size_t)(slash - name) == t->stem_len && memcmp(name, t->stem, t->stem_len) == 0;
}

static int take_member(og__torch *t, const og__part *part, const char **why)
{
    const uint8_t *name = (const uint8_t *)part->name;
    if (part->kind == OG__PART_WRONG && part->wrong == og__container_too_long)
        return refuse(why, "is given a torch file with members that are packed, which torch never writes");
    if (part->kind == OG__PART_WRONG) {
        snprintf(t->text, sizeof t->text, "is given a torch file with a member that cannot be trusted: %s",
                 part->wrong);
        return refuse(why, t->text);
    }
    if (!is_in_stem(t, name, part->name_len))
        return refuse(why, "is given a torch file with members outside of its folder");
    name += t->stem_len + 1;
    size_t len = part->name_len - t->stem_len - 1;
    if (is_known(name, len)) return OG_OK;
    if (is_name(name, len, "data.pkl")) {
        t->pickle = (og__block){.bytes = part->bytes, .len = part->len};
        return OG_OK;
    }
    if (!is_numbers(name, len)) return refuse(why, "is given a torch file with members that hold no tensors");
    og_value key = og_str_borrow((const char *)name + 5, len - 5);
    return og_dict_set(t->doc, t->members, key, og_int((int64_t)part->len), NULL) == OG_OK ? OG_OK
                                                                                           : OG_ENOMEM;
}

static int take_members(og__torch *t, void *archive, const char **why)
{
    og__budget nothing_packed = {.item = t->file.len, .total = 0};
    og__part part;
    int status = OG_OK;
    if (og__container_zip.begin(archive, &t->file, &nothing_packed))
        return refuse(why, "is given a torch file whose zip archive is damaged");
    while (status == OG_OK && og__container_zip.next(archive, 0, &part) > 0)
        status = take_member(t, &part, why);
    if (status == OG_OK && !t->pickle.bytes) status = refuse(why, "is given a zip archive without data.pkl");
    return status;
}

static int begin_zip(og__torch *t, const char **why)
{
    void *archive = og__base_alloc(&t->doc->alloc, og__container_zip.size);
    if (!archive) return OG_ENOMEM;
    memset(archive, 0, og__container_zip.size);
    int status = take_members(t, archive, why);
    og__container_zip.end(archive);
    og__base_free(&t->doc->alloc, archive, og__container_zip.size);
    return status;
}

/* The numbers that are there are those of the storages. */
static int check_members(const og__torch *t, const char **why)
{
    og_value key;
    og_value id;
    bool fits = og_len(t->members) == og_len(t->storages);
    for (og_iter it = og_iter_of(t->storages); fits && og_iter_next(&it, &key, &id);) {
        int64_t size;
        fits = og_as_int64(og_dict_get(t->members, key), &size) == OG_OK && size == storage_size(id);
    }
    return fits ? OG_OK : refuse(why, "is given a torch file with other numbers than its storages need");
}

/* ---- Files ---- */

int og__pickle_torch_begin(og__torch *t, og_doc *doc, og_value args, og__block *pickle, const char **why)
{
    og_value bytes = og_item(args, 0);
    if (og_kind_of(args) != OG_TUPLE || og_len(args) != 1 || og_kind_of(bytes) != OG_BYTES)
        return refuse(why, "is called with something else than bytes");
    *t = (og__torch){.doc = doc, .number = 1, .storages = og_dict(doc), .members = og_dict(doc)};
    if (!og_valid(t->storages) || !og_valid(t->members)) return OG_ENOMEM;
    t->file = (og__block){.name = ""};
    t->file.bytes = (const uint8_t *)og_data(bytes, &t->file.len);
    t->zip = og__container_is_zip(&t->file);
    if (!t->zip && !og__container_is_old_torch(&t->file))
        return refuse(why, "is given what is no torch file");
    /* Old versions of torch look for a tar archive first. */
    if (!t->zip && og__container_is_tar(&t->file)) return refuse(why, "is given a tar archive");
    t->pickle = t->file;
    if (t->zip) t->pickle.bytes = NULL;
    int status = t->zip ? begin_zip(t, why) : OG_OK;
    *pickle = t->pickle;
    return status < 0 ? status : 1;
}

int og__pickle_torch_next(og__torch *t, og_value root, size_t used, og__block *pickle, const char **why)
{
    t->at += used;
    if (t->number == (t->zip ? 1 : OBJECT) && og_kind_of(root) == OG_CLASS)
        return refuse(why, "is given a torch file that holds a function");
    if (!t->zip) return next_old(t, root, pickle, why);
    if (used < t->pickle.len) return refuse(why, "is given a torch file with bytes after its pickle");
    return check_members(t, why);
}
