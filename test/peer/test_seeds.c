/* SPDX-License-Identifier: MIT */
/*
 * Each row of the tables of codecs, framings and layers has a seed for the fuzz targets that take one: a
 * stream of two messages that its framing reads. With ONGGI_WRITE_SEEDS set, those that lack are written.
 */
#include "../codec/json_files.h"
#include "layer/layer.h"
#include <onggi/onggi.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS = 64, LIMIT = 255 };

/* Which rows the seeds of a target have, by what its first bytes say. */
static bool has_framing[ROWS];
static bool has_codec[ROWS];
static bool has_layer[ROWS];
static size_t framings;
static size_t codecs;
static size_t layers;

static const char *framing_name(size_t row)
{
    const og_frame_ops *ops = og_framing_at(row);
    return ops->example ? ops->example : ops->name;
}

/* Messages that the stream holds, as its framing reads them; raw streams are the codec's to read. */
static size_t messages_in(const og_framing *framing, const char *stream, size_t len)
{
    og_frame_reader reader;
    og_frame frame;
    size_t count = 0;
    if (og_framing_is_raw(*framing)) return len > 0 ? 2 : 0;
    og_frame_reader_init(&reader, *framing, SIZE_MAX, NULL, NULL);
    for (size_t at = 0;
         og_frame_next(&reader, (const uint8_t *)stream + at, len - at, true, &frame, NULL) > 0;)
        at += frame.size, count++;
    return count;
}

static void see(size_t row, bool *seen, const char *stream, size_t len)
{
    og_framing framing;
    if (row >= framings) return;
    assert_int_equal(og_framing_find(&framing, framing_name(row), NULL), OG_OK);
    seen[row] |= messages_in(&framing, stream, len) >= (og_framing_ends_stream(framing) ? 1 : 2);
}

/* fuzz_frame: framing, limit, seed of the cuts, stream. */
static void see_frame(const char *folder, const char *name)
{
    size_t len;
    char *seed = read_file(folder, name, &len);
    if (len > 3) see((uint8_t)seed[0] % (framings + 2), has_framing, seed + 3, len - 3);
    free(seed);
}

/* fuzz_conn: codec, framing, cuts, stream. */
static void see_conn(const char *folder, const char *name)
{
    size_t len;
    char *seed = read_file(folder, name, &len);
    size_t cuts = len > 3 ? seed[2] & 15 : 0;
    if (len > 3 + cuts) {
        see((uint8_t)seed[1] % (framings + 1), has_framing, seed + 3 + cuts, len - 3 - cuts);
        if ((uint8_t)seed[0] % (codecs + 1) < codecs) has_codec[(uint8_t)seed[0] % (codecs + 1)] = true;
    }
    free(seed);
}

/* fuzz_layer: layer, mode, seed of the cuts, position. */
static void see_layer(const char *folder, const char *name)
{
    size_t len;
    char *seed = read_file(folder, name, &len);
    if (len >= 4) has_layer[(uint8_t)seed[0] % layers] = true;
    free(seed);
}

static void write_seed(const char *target, const char *row, const og_buf *seed)
{
    char path[600];
    char file[64];
    if (!getenv("ONGGI_WRITE_SEEDS")) return;
    snprintf(file, sizeof file, "row-%s", row);
    for (char *c = file; *c; c++)
        if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789-CN", *c)) *c = '-';
    snprintf(path, sizeof path, "%s/%s", source_folder(target), file);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    fwrite(seed->data, 1, seed->len, out);
    fclose(out);
}

/* Two messages of the codec in the framing. */
static void put_stream(og_buf *seed, const og_codec *codec, const char *framing_text)
{
    og_framing framing;
    size_t mark;
    og_doc *doc = og_doc_new(NULL);
    assert_int_equal(og_framing_find(&framing, framing_text, NULL), OG_OK);
    for (int i = 0; i < 2; i++) {
        og_value value =
            codec->lines && codec->opaque ? og_str(doc, "ab") : og_pack(doc, NULL, "[i,s]", i, "a");
        assert_int_equal(og_frame_begin(&framing, seed, &mark, NULL), OG_OK);
        if (codec->write(value, seed, NULL, NULL) < 0)
            assert_int_equal(codec->write(og_bytes(doc, "ab", 2), seed, NULL, NULL), OG_OK);
        assert_int_equal(og_frame_end(&framing, seed, mark, NULL), OG_OK);
        if (og_framing_ends_stream(framing)) break;
    }
    og_doc_free(doc);
}

static void begin(og_buf *seed, const uint8_t *head, size_t len)
{
    seed->len = 0;
    assert_int_equal(og_buf_put(seed, head, len), OG_OK);
}

static void every_framing_has_a_seed_of_the_target_frame(void **state)
{
    (void)state;
    og_buf seed = OG_BUF_INIT;
    memset(has_framing, 0, sizeof has_framing);
    each_file(source_folder("fuzz/seeds/frame"), "", see_frame);
    for (size_t row = 0; row < framings; row++) {
        if (has_framing[row]) continue;
        begin(&seed, (uint8_t[]){(uint8_t)row, LIMIT, 3}, 3);
        put_stream(&seed, og_codec_at(0), framing_name(row));
        write_seed("fuzz/seeds/frame", og_framing_at(row)->name, &seed);
        if (!getenv("ONGGI_WRITE_SEEDS"))
            fail_msg("no seed of fuzz_frame has messages in %s: run with ONGGI_WRITE_SEEDS=1",
                     og_framing_at(row)->name);
    }
    og_buf_free(&seed);
}

static void every_codec_and_framing_has_a_seed_of_the_target_conn(void **state)
{
    (void)state;
    og_buf seed = OG_BUF_INIT;
    memset(has_framing, 0, sizeof has_framing);
    each_file(source_folder("fuzz/seeds/conn"), "", see_conn);
    for (size_t row = 0; row < framings || row < codecs; row++) {
        size_t codec = row % codecs;
        size_t framing = row % framings;
        if (has_framing[framing] && has_codec[codec]) continue;
        char name[80];
        begin(&seed, (uint8_t[]){(uint8_t)codec, (uint8_t)framing, 3, 0, 4, 11}, 6);
        put_stream(&seed, og_codec_at(codec), framing_name(framing));
        snprintf(name, sizeof name, "%s-%s", og_codec_at(codec)->name, og_framing_at(framing)->name);
        write_seed("fuzz/seeds/conn", name, &seed);
        if (!getenv("ONGGI_WRITE_SEEDS"))
            fail_msg("no seed of fuzz_conn has messages in %s: run with ONGGI_WRITE_SEEDS=1", name);
    }
    og_buf_free(&seed);
}

static void every_layer_has_a_seed_of_the_target_layer(void **state)
{
    (void)state;
    const char *name;
    og_buf seed = OG_BUF_INIT;
    each_file(source_folder("fuzz/seeds/layer"), "", see_layer);
    for (size_t row = 0; og_layer_at(row, &name, NULL); row++) {
        if (has_layer[row]) continue;
        begin(&seed, (uint8_t[]){(uint8_t)row, 0, 3, 0}, 4);
        write_seed("fuzz/seeds/layer", name, &seed);
        if (!getenv("ONGGI_WRITE_SEEDS"))
            fail_msg("no seed of fuzz_layer has the layer %s: run with ONGGI_WRITE_SEEDS=1", name);
    }
    og_buf_free(&seed);
}

static int count_rows(void **state)
{
    (void)state;
    while (og_framing_at(framings))
        framings++;
    while (og_codec_at(codecs))
        codecs++;
    while (og_layer_at(layers, NULL, NULL))
        layers++;
    return framings < ROWS && codecs < ROWS && layers < ROWS ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_framing_has_a_seed_of_the_target_frame),
        cmocka_unit_test(every_codec_and_framing_has_a_seed_of_the_target_conn),
        cmocka_unit_test(every_layer_has_a_seed_of_the_target_layer),
    };
    return cmocka_run_group_tests_name("seeds", tests, count_rows, NULL);
}
