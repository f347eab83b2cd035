/* SPDX-License-Identifier: MIT */
/* numpy arrays from inert objects: in place, bounded, nothing believed; and every failing allocation on the
 * way. */
#include "../support/failing_alloc.h"
#include "../support/value_test.h"
#include "known/known.h"

#include <onggi/json.h>
#include <onggi/pickle.h>
#include <onggi/text.h>

#include <stdlib.h>

static og_value called(og_doc *doc, const char *module, const char *name, const og_value *args, size_t count)
{
    og_value cls = og_class(doc, module, strlen(module), name, strlen(name));
    return og_object(doc, OG_MAKE_CALL, cls, og_tuple(doc, args, count));
}

static og_value dtype(og_doc *doc, const char *text)
{
    const og_value args[] = {og_str(doc, text), og_bool(false), og_bool(true)};
    return called(doc, "numpy", "dtype", args, 3);
}

/* An array in the form of protocol 5, of `ndim` dimensions. */
static og_value array(og_doc *doc, const char *type, const void *data, size_t len, const size_t *shape,
                      size_t ndim)
{
    og_value dims[OG_NDARRAY_DIMS + 1];
    for (size_t i = 0; i < ndim; i++)
        dims[i] = og_int((int64_t)shape[i]);
    const og_value args[] = {og_bytes_borrow(data, len), dtype(doc, type), og_tuple(doc, dims, ndim),
                             str_of("C")};
    return called(doc, "numpy._core.numeric", "_frombuffer", args, 4);
}

static void gives_the_data_in_place(void **state)
{
    static const uint8_t numbers[] = {1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0}; /* the lowest byte first */
    og_array a;
    og_value value = array(*state, "<i2", numbers, sizeof numbers, (size_t[]){2, 3}, 2);
    assert_int_equal(og_as_ndarray(value, &a, NULL), OG_OK);
    assert_ptr_equal(a.data, numbers);
    assert_int_equal(a.len, sizeof numbers);
    assert_int_equal(a.ndim, 2);
    assert_int_equal(a.count, 6);
    assert_int_equal(a.shape[1], 3);
    assert_int_equal(a.strides[0], 6);
    assert_int_equal(a.strides[1], 2);
    assert_false(a.fortran);
    assert_string_equal(a.dtype.text, "<i2");
    assert_int_equal(a.dtype.kind, 'i');
    assert_int_equal(a.dtype.size, 2);
    og_value item;
    assert_int_equal(
        og_dtype_item(&a.dtype, (const uint8_t *)a.data + a.strides[0] + a.strides[1], *state, &item, NULL),
        OG_OK);
    int64_t number;
    assert_int_equal(og_as_int64(item, &number), OG_OK);
    assert_int_equal(number, 5);
}

static og_value field(og_doc *doc, const char *text, int64_t at)
{
    const og_value parts[] = {dtype(doc, text), og_int(at)};
    return og_tuple(doc, parts, 2);
}

static void tells_the_fields_of_a_structure(void **state)
{
    og_doc *doc = *state;
    og_value fields = og_dict(doc);
    const og_value names[] = {og_str(doc, "x"), og_str(doc, "y"), og_str(doc, "far"), og_str(doc, "none")};
    og_dict_sets(doc, fields, "x", field(doc, "<i4", 0), NULL);
    og_dict_sets(doc, fields, "y", field(doc, ">f8", 4), NULL);
    og_dict_sets(doc, fields, "far", field(doc, "<i4", 9), NULL);
    const og_value parts[] = {og_int(3), og_str(doc, "|"), og_none(), og_tuple(doc, names, 4),
                              fields,    og_int(12),       og_int(1), og_int(16)};
    og_value value = dtype(doc, "V12");
    assert_int_equal(og_object_build(doc, value, og_tuple(doc, parts, 8), NULL), OG_OK);
    og_dtype d;
    og_dtype type;
    og_value name;
    size_t offset;
    assert_int_equal(og_as_dtype(value, &d, NULL), OG_OK);
    assert_int_equal(og_len(d.names), 4);
    assert_int_equal(og_dtype_field(&d, 1, &name, &type, &offset, NULL), OG_OK);
    assert_true(og_str_is(name, "y"));
    assert_string_equal(type.text, ">f8");
    assert_int_equal(offset, 4);
    assert_int_equal(og_dtype_field(&d, 0, NULL, NULL, NULL, NULL), OG_OK);
    assert_int_equal(og_dtype_field(&d, 2, &name, &type, &offset, NULL), OG_EVALUE); /* beyond the item */
    assert_int_equal(og_dtype_field(&d, 3, &name, &type, &offset, NULL), OG_EVALUE); /* not in the dict */
    assert_int_equal(og_dtype_field(&d, 4, &name, &type, &offset, NULL), OG_ENOTFOUND);
    assert_int_equal(og_dtype_field(&type, 0, &name, &type, &offset, NULL), OG_ETYPE);
}

static void tells_the_array_that_an_item_is(void **state)
{
    og_doc *doc = *state;
    const og_value lengths[] = {og_int(2), og_int(3)};
    const og_value base[] = {dtype(doc, "<i4"), og_tuple(doc, lengths, 2)};
    og_value value = dtype(doc, "V24");
    const og_value parts[] = {og_int(3), og_str(doc, "|"), og_tuple(doc, base, 2),
                              og_none(), og_none(),        og_int(24),
                              og_int(4), og_int(0)};
    assert_int_equal(og_object_build(doc, value, og_tuple(doc, parts, 8), NULL), OG_OK);
    og_dtype d;
    og_array array;
    og_dtype type;
    assert_int_equal(og_as_dtype(value, &d, NULL), OG_OK);
    assert_int_equal(d.kind, 'V');
    assert_int_equal(og_dtype_base(&d, &array, NULL), OG_OK);
    assert_string_equal(array.dtype.text, "<i4");
    assert_int_equal(array.ndim, 2);
    assert_int_equal(array.count, 6);
    assert_int_equal(array.strides[0], 12);
    assert_int_equal(array.len, 24);
    assert_null(array.data);
    assert_int_equal(og_as_dtype(base[0], &type, NULL), OG_OK);
    assert_int_equal(og_dtype_base(&type, &array, NULL), OG_ETYPE);
    d.size = 20;
    assert_int_equal(og_dtype_base(&d, &array, NULL), OG_EVALUE);
}

/* Arrays of protocol 5 whose bytes came apart: read where they are, in buffers that may change or may not. */
static void reads_buffers_in_place(void **state)
{
    static const char given[] = "\x80\x05"
                                "cnumpy.core.numeric\n_frombuffer\n(\x97\x98"
                                "cnumpy\ndtype\nX\x02\x00\x00\x00i2K\x00K\x01\x87RK\x03\x85X\x01\x00\x00\x00"
                                "Ct\x52\x97\x86.";
    static const int16_t numbers[] = {1, -2, 3};
    static const char large[1 << 20]; /* buffers do not count among the memory for the pickle's few bytes */
    og_doc *doc = *state;
    og_doc *read = og_doc_new(NULL);
    const og_value buffers[] = {og_bytes_borrow(numbers, sizeof numbers),
                                og_bytearray(doc, large, sizeof large)};
    og_pickle_read_options options = {.size = sizeof options, .buffers = buffers, .buffer_count = 2};
    og_error err = {0};
    og_array a;
    assert_int_equal(og_pickle_read(read, given, sizeof given - 1, NULL, &options, &err), OG_OK);
    assert_int_equal(og_as_ndarray(og_item(og_doc_root(read), 0), &a, &err), OG_OK);
    assert_ptr_equal(a.data, numbers);
    assert_int_equal(a.count, 3);
    assert_ptr_equal(og_data(og_item(og_doc_root(read), 1), NULL), og_data(buffers[1], NULL));
    assert_int_equal(og_pickle_read(read, given, sizeof given - 1, NULL, NULL, &err), OG_OK);
    assert_int_equal(og_as_ndarray(og_item(og_doc_root(read), 0), &a, &err), OG_EVALUE);
    assert_non_null(strstr(err.text, "not passed in"));
    options.buffer_count = 1;
    assert_true(og_pickle_read(read, given, sizeof given - 1, NULL, &options, &err) < 0);
    og_doc_free(read);
}

static void refuses_shapes_that_lie(void **state)
{
    og_error err = {0};
    og_array a;
    size_t ones[OG_NDARRAY_DIMS + 1];
    for (size_t i = 0; i <= OG_NDARRAY_DIMS; i++)
        ones[i] = 1;
    assert_int_equal(og_as_ndarray(array(*state, "i4", "1234", 4, ones, OG_NDARRAY_DIMS), &a, &err), OG_OK);
    assert_int_equal(og_as_ndarray(array(*state, "i4", "1234", 4, ones, OG_NDARRAY_DIMS + 1), &a, &err),
                     OG_EVALUE);
    assert_string_equal(err.text, "damaged numpy.ndarray: it has more than 64 dimensions");
    assert_int_equal(og_as_ndarray(array(*state, "i4", "1234", 4, (size_t[]){2}, 1), &a, &err), OG_EVALUE);
    assert_string_equal(err.text,
                        "damaged numpy.ndarray: its data are not as long as its shape and type say");
    const size_t large = SIZE_MAX / 4 + 1;
    assert_int_equal(og_as_ndarray(array(*state, "i4", "", 0, (size_t[]){large, 4}, 2), &a, &err), OG_EVALUE);
    assert_int_equal(og_as_ndarray(array(*state, "i4", "", 0, (size_t[]){large}, 1), &a, &err), OG_EVALUE);
    assert_int_equal(og_as_ndarray(array(*state, "i4", "", 0, (size_t[]){large, large, 0}, 3), &a, &err),
                     OG_EVALUE);
    assert_int_equal(og_as_ndarray(array(*state, "i4", "", 0, (size_t[]){large, 0}, 2), &a, &err), OG_OK);
    assert_int_equal(a.count, 0);
}

/* What the nested lists of an array take for each byte of it, or 0 when they are not made. */
static double cost(const char *type, size_t len, const size_t *shape, size_t ndim)
{
    og_doc *doc = og_doc_new(NULL);
    og_doc *scratch = og_doc_new(NULL);
    uint8_t *data = calloc(len, 1);
    assert_true(doc && scratch && data);
    og_value shown;
    int status = og__known_plain_of(scratch, array(doc, type, data, len, shape, ndim), &shown, NULL);
    assert_true(status >= 0);
    size_t used = og_doc_memory(scratch);
    og_doc_free(scratch);
    og_doc_free(doc);
    free(data);
    return status ? (double)used / (double)len : 0;
}

static void keeps_the_promise_on_memory(void **state)
{
    (void)state;
    const size_t n = 1000000;
    assert_in_range((int)cost("f8", 8 * n, (size_t[]){n}, 1), 2, 3);
    assert_in_range((int)cost("u1", n, (size_t[]){1000, 1000}, 2), 16, 19);
    assert_in_range((int)cost("u1", n, (size_t[]){n, 1}, 2), 44, 64);
    assert_true(cost("u1", n, (size_t[]){n, 1, 1}, 3) == 0);
    assert_true(cost("f8", 8, (size_t[]){1, 1, 1, 1, 1, 1, 1}, 7) > 0); /* small ones are free */
    assert_true(cost("S0", 1, (size_t[]){SIZE_MAX / 64}, 1) == 0);
}

/* Many arrays in one list take the writers no more memory than one of them. */
static void writers_forget_what_they_showed(void **state)
{
    og_doc *doc = *state;
    static const uint8_t data[4096];
    og_value list = og_list(doc);
    for (int i = 0; i < 500; i++)
        assert_int_equal(
            og_list_append(doc, list, array(doc, "u1", data, sizeof data, (size_t[]){4096}, 1), NULL), OG_OK);
    failing_alloc f;
    failing_alloc_init(&f);
    og_buf out;
    og_buf_init(&out, &f.allocator);
    assert_int_equal(og_buf_reserve(&out, 8 << 20), OG_OK);
    size_t before = f.live_bytes;
    const og_json_write_options plain = {.size = sizeof plain, .form = OG_JSON_PLAIN};
    assert_int_equal(og_json_write(list, &out, &plain, NULL), OG_OK);
    assert_in_range(out.len, 500 * 2 * 4096, 500 * 2 * 4100);
    assert_int_equal(f.live_bytes, before);
    assert_in_range(f.peak_bytes - before, 16 * 4096, 1 << 20);
    out.len = 0;
    assert_int_equal(og_repr(list, &out, NULL, NULL), OG_OK);
    assert_in_range(f.peak_bytes, 8 << 20, 18 << 20);
    og_buf_free(&out);
    assert_int_equal(f.live_bytes, 0);
}

/* Pickles of all that is shown: made by Python, protocol 2. */
static const struct {
    const char *bytes;
    size_t len;
} pickles[] = {
#define PICKLE(text)          \
    {                         \
        text, sizeof text - 1 \
    }
    PICKLE("\x80\x02"
           "cdatetime\ndatetime\nU\x0a\x07\xe8\x02\x1d\x01\x02\x03\x00\x00\x04"
           "cdatetime\ntimezone\ncdatetime\ntimedelta\nK\x00K\x05K\x06\x87R\x85R\x86R."),
    PICKLE("\x80\x02"
           "c__builtin__\ngetattr\nczoneinfo\nZoneInfo\nX\x09\x00\x00\x00_unpickle\x86R"
           "X\x03\x00\x00\x00UTCK\x01\x86R."),
    PICKLE("\x80\x02"
           "cdecimal\nDecimal\nX\x04\x00\x00\x00"
           "12.5\x85R."),
    PICKLE("\x80\x02"
           "cfractions\nFraction\nX\x03\x00\x00\x00"
           "3/4\x85R."),
    PICKLE("\x80\x02"
           "cuuid\nUUID\n)\x81}X\x03\x00\x00\x00intK\x05sb."),
    PICKLE("\x80\x02"
           "cpathlib\nPureWindowsPath\nX\x03\x00\x00\x00"
           "C:\\X\x01\x00\x00\x00"
           "a\x86R."),
    PICKLE("\x80\x02"
           "c__builtin__\nxrange\nK\x00K\x05K\x02\x87R."),
    PICKLE("\x80\x02"
           "ccollections\nOrderedDict\n]](X\x01\x00\x00\x00"
           "aK\x01"
           "ea\x85R."),
    PICKLE("\x80\x02"
           "ccollections\nOrderedDict\n)RX\x01\x00\x00\x00"
           "aK\x01s."),
    PICKLE("\x80\x02"
           "ccollections\ndeque\n](K\x01K\x02K\x03"
           "eK\x02\x86R."),
    PICKLE("\x80\x02"
           "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01"
           "b\x87R(K\x01K\x02K\x02\x86"
           "cnumpy\ndtype\nX\x02\x00\x00\x00U1K\x00K\x01\x87R(K\x03X\x01\x00\x00\x00<NNNK\x04K\x04K\x08tb\x89"
           "U\x10"
           "a\0\0\0b\0\0\0c\0\0\0d\0\0\0tb."),
    PICKLE("\x80\x02"
           "cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nX\x02\x00\x00\x00u8K\x00K\x01\x87R"
           "U\x08\xff\xff\xff\xff\xff\xff\xff\xff\x86R."),
    PICKLE("\x80\x02"
           "cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nX\x02\x00\x00\x00V9K\x00K\x01\x87R("
           "K\x03U\x01|NX\x01\x00\x00\x00"
           "aX\x01\x00\x00\x00"
           "b\x86}(X\x01\x00\x00\x00"
           "acnumpy\ndtype\nX\x02\x00\x00\x00u1K\x00K\x01\x87RK\x08\x86X\x01\x00\x00\x00"
           "bcnumpy\ndtype\nX\x02\x00\x00\x00U2K\x00K\x01\x87RK\x00\x86uK\x09K\x01K\x10tb"
           "U\x09x\0\0\0\0\0\0\0\x07\x86R."),
    PICKLE("\x80\x02"
           "cipaddress\nIPv6Address\n\x8a\x01\x05\x85R."),
};

static int show_all(const og_allocator *alloc, void *ctx)
{
    int status = OG_OK;
    const og_pickle_read_options in = {.size = sizeof in, .encoding = OG_PICKLE_BYTES};
    const og_json_write_options plain = {.size = sizeof plain, .form = OG_JSON_PLAIN};
    const size_t only = *(const size_t *)ctx;
    og_doc *doc = og_doc_new(alloc);
    og_buf out;
    og_buf_init(&out, alloc);
    if (!doc) return OG_ENOMEM;
    status = og_pickle_read(doc, pickles[only].bytes, pickles[only].len, NULL, &in, NULL);
    if (status == OG_OK) status = og_json_write(og_doc_root(doc), &out, &plain, NULL);
    if (status == OG_OK) status = og_repr(og_doc_root(doc), &out, NULL, NULL);
    og_buf_free(&out);
    og_doc_free(doc);
    return status;
}

static void survives_failing_allocations(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pickles / sizeof pickles[0]; i++) {
        assert_int_equal(show_all(NULL, &i), OG_OK);
        assert_true(failing_alloc_run(show_all, &i) > 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(gives_the_data_in_place, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(tells_the_fields_of_a_structure, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(tells_the_array_that_an_item_is, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(reads_buffers_in_place, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(refuses_shapes_that_lie, doc_setup, doc_teardown),
        cmocka_unit_test(keeps_the_promise_on_memory),
        cmocka_unit_test_setup_teardown(writers_forget_what_they_showed, doc_setup, doc_teardown),
        cmocka_unit_test(survives_failing_allocations),
    };
    return cmocka_run_group_tests_name("types_numpy", tests, NULL, NULL);
}
