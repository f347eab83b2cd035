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
        /* The text is padded, so that it is parsed where it stands. */
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
    simd_read(read, 1);
    /* Capacity: a tape of 8 bytes and 5 / 3 bytes of string buffer for each byte of text. */
    size_t memory =
        read->parser.capacity() * 8 + read->parser.capacity() * 5 / 3 + read->parser.capacity() * 4;
    bench_add({BENCH_JSON_READ, "simdjson", read, simd_read, simd_done, 0, memory});
    auto *write = new simd_state(set->json, set->json_len);
    simd_read(write, 1);
    size_t output = simdjson::minify(write->root).size();
    bench_add({BENCH_JSON_WRITE, "simdjson", write, simd_write, simd_done, output, 0});
}
#else
extern "C" void bench_simdjson(const bench_set *) {}
#endif

#ifdef BENCH_HAVE_RAPIDJSON
#    include <rapidjson/document.h>
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

double rapid_read(void *state, size_t times)
{
    auto *s = static_cast<rapid_state *>(state);
    for (size_t i = 0; i < times; i++) {
        rapidjson::Document document;
        if (document
                .Parse<rapidjson::kParseFullPrecisionFlag | rapidjson::kParseValidateEncodingFlag>(s->text,
                                                                                                   s->len)
                .HasParseError())
            return -1;
    }
    return 0;
}

double rapid_write(void *state, size_t times)
{
    auto *s = static_cast<rapid_state *>(state);
    for (size_t i = 0; i < times; i++) {
        s->out.Clear();
        rapidjson::Writer<rapidjson::StringBuffer> writer(s->out);
        if (!s->document.Accept(writer)) return -1;
    }
    return 0;
}

void rapid_done(void *state)
{
    delete static_cast<rapid_state *>(state);
}

} // namespace

extern "C" void bench_rapidjson(const bench_set *set)
{
    auto *read = new rapid_state{set->json, set->json_len, {}, {}};
    bench_add({BENCH_JSON_READ, "RapidJSON", read, rapid_read, rapid_done, 0, 0});
    auto *write = new rapid_state{set->json, set->json_len, {}, {}};
    write->document.Parse<rapidjson::kParseFullPrecisionFlag>(set->json, set->json_len);
    rapid_write(write, 1);
    bench_add({BENCH_JSON_WRITE, "RapidJSON", write, rapid_write, rapid_done, write->out.GetSize(), 0});
}
#else
extern "C" void bench_rapidjson(const bench_set *) {}
#endif
