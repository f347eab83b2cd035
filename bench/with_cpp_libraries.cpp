/* SPDX-License-Identifier: MIT */
/* The JSON libraries in C++: simdjson's DOM with a parser that is used again, and RapidJSON, each where it is
 * installed. */
#include "bench.h"

#ifdef BENCH_HAVE_SIMDJSON
#    include <simdjson.h>

namespace
{

struct simd_state {
    const char *text;
    size_t len;
    simdjson::dom::parser parser{};
    simdjson::dom::element root{};
    simd_state(const char *json, size_t json_len) : text(json), len(json_len) {}
};

double simd_read(void *state, size_t times)
{
    auto *s = static_cast<simd_state *>(state);
    for (size_t i = 0; i < times; i++) {
        /* The text is padded, so that it is parsed where it is. */
        if (s->parser.parse(s->text, s->len, false).get(s->root)) return -1;
    }
    return 0;
}

double simd_write(void *state, size_t times)
{
    auto *s = static_cast<simd_state *>(state);
    size_t total = 0;
    for (size_t i = 0; i < times; i++)
        total += simdjson::minify(s->root).size();
    return total ? 0 : -1;
}

void simd_done(void *state)
{
    delete static_cast<simd_state *>(state);
}

} // namespace

extern "C" void bench_simdjson(const bench_set *set)
{
    auto *read = new simd_state(set->json, set->json_len);
    bench_add({BENCH_JSON_READ, "simdjson", read, simd_read, simd_done, 0});
    auto *write = new simd_state(set->json, set->json_len);
    simd_read(write, 1);
    size_t output = simdjson::minify(write->root).size();
    bench_add({BENCH_JSON_WRITE, "simdjson", write, simd_write, simd_done, output});
}

static void *simd_document(const bench_set *set)
{
    auto *s = new simd_state(set->json, set->json_len);
    if (simd_read(s, 1) == 0) return s;
    delete s;
    return nullptr;
}

extern "C" const bench_reader bench_read_simdjson = {"simdjson", "json", simd_document, simd_done};
#else
extern "C" void bench_simdjson(const bench_set *) {}
extern "C" const bench_reader bench_read_simdjson = {"simdjson", "json", nullptr, nullptr};
#endif

#ifdef BENCH_HAVE_RAPIDJSON
#    include <rapidjson/document.h>
#    include <rapidjson/prettywriter.h>
#    include <rapidjson/stringbuffer.h>
#    include <rapidjson/writer.h>

namespace
{

struct rapid_state {
    const char *text;
    size_t len;
    rapidjson::Document document;
    rapidjson::StringBuffer out;
};

using Plain = rapidjson::Writer<rapidjson::StringBuffer>;
using Ascii = rapidjson::Writer<rapidjson::StringBuffer, rapidjson::UTF8<>, rapidjson::ASCII<>>;
using Pretty = rapidjson::PrettyWriter<rapidjson::StringBuffer>;

constexpr unsigned rapid_flags = rapidjson::kParseFullPrecisionFlag | rapidjson::kParseValidateEncodingFlag;

double rapid_read(void *state, size_t times)
{
    auto *s = static_cast<rapid_state *>(state);
    for (size_t i = 0; i < times; i++) {
        rapidjson::Document document;
        if (document.Parse<rapid_flags>(s->text, s->len).HasParseError()) return -1;
    }
    return 0;
}

void rapid_done(void *state)
{
    delete static_cast<rapid_state *>(state);
}

template <typename Writer> double rapid_write(void *state, size_t times)
{
    auto *s = static_cast<rapid_state *>(state);
    for (size_t i = 0; i < times; i++) {
        s->out.Clear();
        Writer writer(s->out);
        if constexpr (!std::is_same_v<Writer, Plain> && !std::is_same_v<Writer, Ascii>) writer.SetIndent(' ', 2);
        if (!s->document.Accept(writer)) return -1;
    }
    return 0;
}

template <typename Writer> void rapid_add(bench_task task, const bench_set *set)
{
    auto *s = new rapid_state{set->json, set->json_len, {}, {}};
    s->document.Parse<rapid_flags>(s->text, s->len);
    rapid_write<Writer>(s, 1);
    bench_add({task, "RapidJSON", s, rapid_write<Writer>, rapid_done, s->out.GetSize()});
}

} // namespace

extern "C" void bench_rapidjson(const bench_set *set)
{
    auto *read = new rapid_state{set->json, set->json_len, {}, {}};
    bench_add({BENCH_JSON_READ, "RapidJSON", read, rapid_read, rapid_done, 0});
    rapid_add<Plain>(BENCH_JSON_WRITE, set);
    rapid_add<Pretty>(BENCH_JSON_INDENTED, set);
    rapid_add<Ascii>(BENCH_JSON_ASCII, set);
}

static void *rapid_document(const bench_set *set)
{
    auto *document = new rapidjson::Document;
    if (!document->Parse<rapid_flags>(set->json, set->json_len).HasParseError()) return document;
    delete document;
    return nullptr;
}

static void rapid_free(void *document)
{
    delete static_cast<rapidjson::Document *>(document);
}

extern "C" const bench_reader bench_read_rapidjson = {"RapidJSON", "json", rapid_document, rapid_free};
#else
extern "C" void bench_rapidjson(const bench_set *) {}
extern "C" const bench_reader bench_read_rapidjson = {"RapidJSON", "json", nullptr, nullptr};
#endif
