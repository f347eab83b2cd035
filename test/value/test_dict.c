/* SPDX-License-Identifier: MIT */
/* Dicts and sets: order, look-up, replacing, taking out, a million keys, and keys made to collide. */
#include "../support/value_test.h"

#include "value/key.h"

#include <math.h>

static void number_key(char *text, size_t i)
{
    snprintf(text, 24, "key%zu", i);
}

static void test_order_and_replace(void **state)
{
    og_doc *doc = *state;
    for (size_t count = 0; count < 40; count++) {
        og_value dict = og_dict(doc);
        char key[24];
        for (size_t round = 0; round < 2; round++) {
            for (size_t i = 0; i < count; i++) {
                number_key(key, i);
                assert_int_equal(og_dict_sets(doc, dict, key, og_int((int64_t)(i + round)), NULL), 0);
            }
        }
        assert_int_equal(og_len(dict), count);
        size_t n = 0;
        og_value k;
        og_value v;
        for (og_iter it = og_iter_of(dict); og_iter_next(&it, &k, &v); n++) {
            number_key(key, n);
            assert_true(og_str_is(k, key));
            assert_int_equal(v.u.i, n + 1);
            assert_int_equal(og_dict_gets(dict, key).u.i, n + 1);
        }
        assert_int_equal(n, count);
        assert_false(og_valid(og_dict_gets(dict, "other")));
        assert_false(og_valid(og_dict_get(dict, (og_value){0})));
    }
}

/* The first of equal keys stays, the last value wins: {1: 'a', True: 'b'} is {1: 'b'} in Python. */
static void test_equal_keys_are_one(void **state)
{
    og_doc *doc = *state;
    for (size_t more = 0; more < 20; more += 19) {
        og_value dict = og_dict(doc);
        for (size_t i = 0; i < more; i++)
            og_dict_set(doc, dict, og_int(100 + (int64_t)i), og_none(), NULL);
        assert_int_equal(og_dict_set(doc, dict, og_int(1), og_str(doc, "a"), NULL), 0);
        assert_int_equal(og_dict_set(doc, dict, og_float(1), og_str(doc, "b"), NULL), 0);
        assert_int_equal(og_dict_set(doc, dict, og_bool(true), og_str(doc, "c"), NULL), 0);
        assert_int_equal(og_dict_set(doc, dict, og_complex(doc, 1, 0), og_str(doc, "d"), NULL), 0);
        assert_int_equal(og_len(dict), more + 1);
        assert_true(og_str_is(og_dict_get(dict, og_int(1)), "d"));
        og_iter it = {dict, more};
        og_value key;
        assert_true(og_iter_next(&it, &key, NULL));
        assert_int_equal(og_kind_of(key), OG_INT);
    }
}

static void test_remove(void **state)
{
    og_doc *doc = *state;
    for (size_t count = 1; count < 60; count += 7) {
        for (size_t step = 1; step < 6; step++) {
            og_value dict = og_dict(doc);
            for (size_t i = 0; i < count; i++)
                og_dict_set(doc, dict, og_int((int64_t)i), og_int((int64_t)i * 2), NULL);
            for (size_t i = 0; i < count; i += step) {
                assert_int_equal(og_dict_remove(doc, dict, og_int((int64_t)i), NULL), 1);
                assert_int_equal(og_dict_remove(doc, dict, og_int((int64_t)i), NULL), 0);
            }
            for (size_t i = 0; i < count; i++) {
                og_value v = og_dict_get(dict, og_int((int64_t)i));
                assert_int_equal(og_valid(v), i % step != 0);
                if (og_valid(v)) assert_int_equal(v.u.i, 2 * i);
            }
            for (size_t i = 0; i < count; i++)
                og_dict_set(doc, dict, og_int((int64_t)i), og_int((int64_t)i * 3), NULL);
            assert_int_equal(og_len(dict), count);
            for (size_t i = 0; i < count; i++)
                assert_int_equal(og_dict_get(dict, og_int((int64_t)i)).u.i, 3 * i);
        }
    }
}

static void test_remove_from_exact(void **state)
{
    og_doc *doc = *state;
    og_value items[40];
    size_t bad;
    for (size_t pairs = 1; pairs <= 20; pairs++) {
        for (size_t i = 0; i < pairs; i++) {
            items[2 * i] = og_int((int64_t)i);
            items[2 * i + 1] = og_none();
        }
        og_value dict = og__value_dict_from(doc, items, pairs, OG__DUPLICATE_LAST, &bad, NULL);
        assert_int_equal(og_dict_remove(doc, dict, og_int(0), NULL), 1);
        for (int64_t i = 100; i < 120; i++)
            assert_int_equal(og_dict_set(doc, dict, og_int(i), og_int(i), NULL), 0);
        assert_int_equal(og_len(dict), pairs + 19);
        for (int64_t i = 100; i < 120; i++)
            assert_int_equal(og_dict_get(dict, og_int(i)).u.i, i);
    }
}

static void test_from_with_duplicates(void **state)
{
    og_doc *doc = *state;
    for (size_t pairs = 2; pairs < 40; pairs++) {
        og_value items[80];
        char keys[40][24];
        for (size_t i = 0; i < pairs; i++) {
            /* The last key is the first again. */
            number_key(keys[i], i + 1 == pairs ? 0 : i);
            items[2 * i] = str_of(keys[i]);
            items[2 * i + 1] = og_int((int64_t)i);
        }
        size_t bad = 99;
        og_error err;
        og_value dict = og__value_dict_from(doc, items, pairs, OG__DUPLICATE_LAST, &bad, NULL);
        assert_int_equal(og_len(dict), pairs - 1);
        assert_int_equal(og_item(og__value_list_from(doc, og__value_node_of(dict)->items, 2), 1).u.i,
                         pairs - 1);
        assert_int_equal(og_dict_gets(dict, "key0").u.i, pairs - 1);
        assert_false(og_valid(og__value_dict_from(doc, items, pairs, OG__DUPLICATE_REFUSE, &bad, &err)));
        assert_int_equal(err.code, OG_EVALUE);
        assert_int_equal(bad, pairs - 1);
        og_value same = og__value_dict_from(doc, items, pairs - 1, OG__DUPLICATE_REFUSE, &bad, &err);
        assert_int_equal(og_len(same), pairs - 1);
    }
}

/* Short keys of every length that agree in what the quick look at keys sees, and in what it does not. */
static void test_small_dicts_by_brute_force(void **state)
{
    og_doc *doc = *state;
    static const char *const keys[] = {"",
                                       "a",
                                       "b",
                                       "aa",
                                       "ab",
                                       "aab",
                                       "abb",
                                       "abab",
                                       "abbb",
                                       "abcdefg",
                                       "abcdefh",
                                       "abcdefgh",
                                       "abcdXfgh",
                                       "abcdefghi",
                                       "xbcdefghi",
                                       "abcdefghabcdefgh",
                                       "abcdefghXXXXXabcdefgh",
                                       "abcdefghYYYYYabcdefgh",
                                       "\0zero"};
    size_t count = sizeof keys / sizeof *keys;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            for (size_t k = 0; k < count; k++) {
                og_value items[6] = {str_of(keys[i]), og_int(0),       str_of(keys[j]),
                                     og_int(1),       str_of(keys[k]), og_int(2)};
                size_t bad;
                og_value dict = og__value_dict_from(doc, items, 3, OG__DUPLICATE_LAST, &bad, NULL);
                bool ij = strcmp(keys[i], keys[j]) == 0;
                bool ik = strcmp(keys[i], keys[k]) == 0;
                bool jk = strcmp(keys[j], keys[k]) == 0;
                assert_int_equal(og_len(dict), 1 + !ij + (!ik && !jk));
                assert_int_equal(og_dict_gets(dict, keys[k]).u.i, 2);
            }
        }
        og_doc_reset(doc);
    }
}

static void test_million(void **state)
{
    og_doc *doc = *state;
    og_value dict = og_dict(doc);
    char key[24];
    size_t count = 1000000;
    for (size_t i = 0; i < count; i++) {
        number_key(key, i);
        assert_int_equal(og_dict_sets(doc, dict, key, og_int((int64_t)i), NULL), 0);
    }
    assert_int_equal(og_len(dict), count);
    for (size_t i = 0; i < count; i++) {
        number_key(key, i);
        if (og_dict_gets(dict, key).u.i != (int64_t)i) fail_msg("%s is lost", key);
    }
    og_doc *other = og_doc_new(NULL);
    og_value copy = og_copy(other, dict);
    assert_int_equal(og_equal(copy, dict), 1);
    assert_int_equal(og_identical(copy, dict), 1);
    og_doc_free(other);
}

/* Numbers that share bits, as an attacker would send: the longest chain in the index stays short. */
static void test_no_collisions(void **state)
{
    og_doc *doc = *state;
    size_t count = 20000;
    for (unsigned shift = 0; shift < 44; shift += 11) {
        og_value set = og_set(doc);
        uint64_t work = doc->work;
        for (size_t i = 0; i < count; i++)
            assert_int_equal(og_set_add(doc, set, og_int((int64_t)((uint64_t)i << shift)), NULL), 0);
        /* One step to hash; to compare only where 32 bits of hash are equal. */
        assert_true(doc->work - work < count + count / 100);
    }
    /* Each NaN is a key of its own, and many of them cost no more than other keys. */
    og_value dict = og_dict(doc);
    uint64_t work = doc->work;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(og_dict_set(doc, dict, og_float((double)NAN), og_none(), NULL), 0);
    }
    assert_int_equal(og_len(dict), count);
    assert_true(doc->work - work < 2 * count);
    assert_false(og_valid(og_dict_get(dict, og_float((double)NAN))));
}

/* Every bit of a key changes about half of the bits of its hash, whatever the seed. */
static void test_hash_bits(void **state)
{
    (void)state;
    uint8_t text[40] = {0};
    for (size_t len = 1; len <= sizeof text; len++) {
        og_value key = og_bytes_borrow(text, len);
        for (size_t bit = 0; bit < len * 8; bit++) {
            int changed = 0;
            for (uint64_t seed = 0; seed < 64; seed++) {
                uint64_t before = og__value_hash_flat(seed, key);
                text[bit / 8] ^= (uint8_t)(1u << bit % 8);
                changed += __builtin_popcountll(before ^ og__value_hash_flat(seed, key));
                text[bit / 8] ^= (uint8_t)(1u << bit % 8);
            }
            /* 64 times 64 coins: 2048 expected, 32 the deviation. */
            assert_in_range(changed, 2048 - 10 * 32, 2048 + 10 * 32);
        }
    }
    for (unsigned bit = 0; bit < 63; bit++) {
        int changed = 0;
        for (uint64_t seed = 0; seed < 64; seed++)
            changed += __builtin_popcountll(og__value_hash_flat(seed, og_int(0)) ^
                                            og__value_hash_flat(seed, og_int(INT64_C(1) << bit)));
        assert_in_range(changed, 2048 - 10 * 32, 2048 + 10 * 32);
    }
}

static void test_wrong_use(void **state)
{
    og_doc *doc = *state;
    og_error err;
    og_value dict = og_dict(doc);
    og_value list = og_list(doc);
    og_value unhashable[] = {list,
                             dict,
                             og_set(doc),
                             og_bytearray(doc, "x", 1),
                             tuple1(doc, list),
                             tuple2(doc, og_int(1), tuple1(doc, og_set(doc)))};
    static const char *const names[] = {"list", "dict", "set", "bytearray", "list", "set"};
    for (size_t i = 0; i < sizeof unhashable / sizeof *unhashable; i++) {
        assert_int_equal(og_dict_set(doc, dict, unhashable[i], og_none(), &err), OG_ETYPE);
        char want[40];
        snprintf(want, sizeof want, "unhashable %s ", names[i]);
        assert_memory_equal(err.text, want, strlen(want));
        assert_int_equal(og_dict_remove(doc, dict, unhashable[i], &err), OG_ETYPE);
        assert_false(og_valid(og_dict_get(dict, unhashable[i])));
        assert_false(og_valid(og_frozenset(doc, &unhashable[i], 1, &err)));
        assert_int_equal(err.code, OG_ETYPE);
    }
    assert_int_equal(og_len(dict), 0);
    assert_int_equal(og_dict_set(doc, list, og_int(1), og_none(), &err), OG_ETYPE);
    assert_int_equal(og_set_add(doc, list, og_int(1), &err), OG_ETYPE);
    assert_int_equal(og_set_add(doc, og_frozenset(doc, NULL, 0, NULL), og_int(1), &err), OG_ETYPE);
    assert_int_equal(og_list_append(doc, dict, og_int(1), &err), OG_ETYPE);
    assert_int_equal(og_list_append(doc, list, (og_value){0}, &err), OG_ENOMEM);
    assert_int_equal(og_dict_set(doc, dict, (og_value){0}, og_none(), &err), OG_ENOMEM);
    assert_int_equal(og_dict_set(doc, dict, og_none(), (og_value){0}, &err), OG_ENOMEM);
    assert_int_equal(og_dict_sets(doc, dict, "\xff", og_none(), &err), OG_EVALUE);
    assert_false(og_valid(og_tuple(doc, &(og_value){0}, 1)));
    assert_false(og_valid(og_dict_get(list, og_int(1))));
    assert_false(og_set_has(dict, og_int(1)));
    assert_false(og_valid(og_item(dict, 0)));
    assert_false(og_valid(og_item(list, 0)));
    og_iter it = og_iter_of(og_int(1));
    assert_false(og_iter_next(&it, NULL, NULL));
}

static void test_sets(void **state)
{
    og_doc *doc = *state;
    og_value items[100];
    for (size_t i = 0; i < 100; i++)
        items[i] = og_int((int64_t)(i % 37));
    og_value set = og_frozenset(doc, items, 100, NULL);
    assert_int_equal(og_len(set), 37);
    for (int64_t i = 0; i < 40; i++)
        assert_int_equal(og_set_has(set, og_int(i)), i < 37);
    og_iter it = og_iter_of(set);
    og_value key = og_none();
    og_value item;
    for (int64_t i = 0; og_iter_next(&it, &key, &item); i++)
        assert_int_equal(item.u.i, i);
    assert_false(og_valid(key));
    og_value grown = og_set(doc);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(og_set_add(doc, grown, items[i], NULL), 0);
    assert_int_equal(og_equal(set, grown), 1);
    assert_int_equal(og__value_set_extend(doc, grown, items, 100, NULL), 0);
    assert_int_equal(og_len(grown), 37);
}

static void test_extend(void **state)
{
    og_doc *doc = *state;
    og_value items[64];
    for (size_t i = 0; i < 64; i++)
        items[i] = og_int((int64_t)i);
    for (size_t first = 0; first <= 20; first++) {
        og_value list = og_list(doc);
        og_value dict = og_dict(doc);
        assert_int_equal(og__value_list_extend(doc, list, items, first, NULL), 0);
        assert_int_equal(og__value_dict_extend(doc, dict, items, first, NULL), 0);
        assert_int_equal(og__value_list_extend(doc, list, items, 5, NULL), 0);
        assert_int_equal(og_list_append(doc, list, og_int(7), NULL), 0);
        assert_int_equal(og__value_dict_extend(doc, dict, items + 2, 30, NULL), 0);
        assert_int_equal(og_len(list), first + 6);
        for (size_t i = 0; i < first; i++)
            assert_int_equal(og_item(list, i).u.i, i);
        assert_int_equal(og_item(list, first).u.i, 0);
        assert_int_equal(og_item(list, first + 5).u.i, 7);
        assert_int_equal(og_len(dict), first ? 31 : 30);
        for (int64_t i = 2; i < 62; i += 2)
            assert_int_equal(og_dict_get(dict, og_int(i)).u.i, i + 1);
    }
}

/* Few entries after an index: many given at once of which most were equal, or many taken out again. */
static void test_index_of_few(void **state)
{
    og_doc *doc = *state;
    og_value items[28];
    for (size_t few = 1; few < 9; few++) {
        for (size_t i = 0; i < 28; i++)
            items[i] = og_int((int64_t)(i % few));
        og_value set = og_set(doc);
        assert_int_equal(og__value_set_extend(doc, set, items, 28, NULL), 0);
        og_value dict = og_dict(doc);
        for (size_t i = 0; i < 28; i += 2)
            items[i] = og_int((int64_t)(i / 2 % few));
        assert_int_equal(og__value_dict_extend(doc, dict, items, 14, NULL), 0);
        og_value taken = og_dict(doc);
        for (size_t i = 0; i < 28; i++)
            items[i] = og_int((int64_t)i / 2);
        assert_int_equal(og__value_dict_extend(doc, taken, items, 14, NULL), 0);
        for (size_t i = few; i < 14; i++)
            assert_int_equal(og_dict_remove(doc, taken, og_int((int64_t)i), NULL), 1);
        assert_int_equal(og_len(set), few);
        for (size_t i = 0; i < 40; i++) {
            og_value key = og_int((int64_t)i);
            assert_int_equal(og_set_add(doc, set, key, NULL), 0);
            assert_int_equal(og_dict_set(doc, dict, key, key, NULL), 0);
            assert_int_equal(og_dict_set(doc, taken, key, key, NULL), 0);
        }
        assert_int_equal(og_len(set), 40);
        assert_int_equal(og_equal(dict, taken), 1);
        for (int64_t i = 0; i < 40; i++)
            assert_true(og_set_has(set, og_int(i)) && og_dict_get(taken, og_int(i)).u.i == i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_order_and_replace, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_equal_keys_are_one, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_remove, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_remove_from_exact, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_from_with_duplicates, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_small_dicts_by_brute_force, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_million, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_no_collisions, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_hash_bits, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_wrong_use, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_sets, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_extend, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_index_of_few, doc_setup, doc_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
