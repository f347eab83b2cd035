/* SPDX-License-Identifier: MIT */
/* A finished document is read by many threads at once; run under the thread sanitizer by CI. */
#include "../support/value_test.h"

#include <pthread.h>
#include <stdatomic.h>

enum { THREADS = 4, ROUNDS = 20, KEYS = 500 };

static og_value shared_root;
static atomic_int wrong;

static void *reader(void *arg)
{
    (void)arg;
    for (int round = 0; round < ROUNDS; round++) {
        og_doc *doc = og_doc_new(NULL);
        og_value copy = doc ? og_copy(doc, shared_root) : (og_value){0};
        bool good = og_equal(copy, shared_root) == 1 && og_identical(copy, shared_root) == 1;
        og_value dict = og_item(shared_root, 0);
        for (int64_t i = 0; i < KEYS; i++) {
            og_value pair[2] = {og_int(i), og_float((double)i)};
            og_value key = og_tuple(doc, pair, 2);
            int64_t got = -1;
            good &= og_unpack(og_dict_get(dict, key), NULL, "[I*]", &got) == 0 && got == i;
        }
        og_doc_free(doc);
        if (!good) atomic_fetch_add(&wrong, 1);
    }
    return NULL;
}

static void test_readers(void **state)
{
    og_doc *doc = *state;
    og_value dict = og_dict(doc);
    for (int i = 0; i < KEYS; i++)
        og_dict_set(doc, dict, og_pack(doc, NULL, "(ii)", i, i), og_pack(doc, NULL, "[iv]", i, dict), NULL);
    shared_root = tuple2(doc, dict, dict);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, reader, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&wrong), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_readers, doc_setup, doc_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
