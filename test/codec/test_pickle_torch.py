#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Plainly pickled tensors: what torch.storage._load_from_bytes is given is judged as the file of torch that it is."""
import collections
import pickle
import struct
import unittest
import zipfile

import pickle_peer as peer
import torch_files as torch

NUMBERS = torch.NUMBERS
EVIL = b"\x80\x02cos\nsystem\nX\x04\0\0\0echo\x85R."
LOAD = b"\x80\x02ctorch.storage\n_load_from_bytes\n"


class Evil:
    def __reduce__(self):
        import os
        return os.system, ("echo",)


class Torch(unittest.TestCase):
    def setUp(self):
        self.tool = peer.Tool(peer.TOOL)

    def tearDown(self):
        self.assertEqual(self.tool.close(), 0)

    def check(self, value, policy="torch-data", protocol=2):
        data = value if isinstance(value, bytes) else pickle.dumps(value, protocol)
        return self.tool.check(data, policy=policy)

    def allowed(self, value, protocol=2):
        result = self.check(value, protocol=protocol)
        self.assertEqual(result[1], "harmless", result[3])

    def refused(self, value, why, protocol=2):
        result = self.check(value, protocol=protocol)
        self.assertEqual(result[1], "not harmless", result)
        self.assertIn(why, result[3])

    def file_refused(self, data, why):
        self.refused(torch.Loaded(data), why)

    def old_refused(self, why, obj=None, numbers=NUMBERS, storages=None, **parts):
        obj = torch.storage_id(numbers) if obj is None else obj
        self.file_refused(torch.old(obj, {"94": NUMBERS} if storages is None else storages, **parts), why)

    def zip_refused(self, why, obj=None, storages=None, **parts):
        obj = torch.Id("storage", torch.FloatStorage, "0", "cpu", 6) if obj is None else obj
        self.file_refused(torch.packed(obj, {"0": NUMBERS} if storages is None else storages, **parts), why)

    def test_tensors(self):
        shared = torch.storage()
        for protocol in range(6):
            self.allowed(torch.Tensor(torch.storage()), protocol)
            self.allowed({"weight": torch.Tensor(shared), "bias": torch.Tensor(shared, (3,), (1,), 3)}, protocol)
            self.allowed([torch.Tensor(torch.storage()), torch.Tensor(torch.storage([1.0]), (), ())], protocol)
        self.allowed(torch.Tensor(torch.storage([]), (0, 3), (3, 1)))
        of_python_2 = torch.Call(collections.OrderedDict, [])  # as its pickler wrote an empty one
        self.allowed(torch.Call(torch._rebuild_tensor_v2, torch.storage(), 0, (2, 3), (3, 1), False, of_python_2))
        self.assertEqual(self.check(torch.Tensor(torch.storage()), "numpy-data")[1], "not harmless")

    def test_parameters_and_types(self):
        """What state dicts and optimizers hold beside plain tensors."""
        call, tensor, none = torch.Call, torch.Tensor(torch.storage()), torch.hooks
        for protocol in 2, 4:
            self.allowed(call("torch._utils._rebuild_parameter", tensor, True, none()), protocol)
            self.allowed(call("torch._utils._rebuild_parameter_with_state", tensor, True, none(), {"partition_dim": 0, "shared": False}), protocol)
            self.allowed(call("torch._utils._rebuild_parameter_with_state", tensor, True, none(), ({"is_expert": True}, {"rank": 1})), protocol)
            self.allowed(call("torch._utils._rebuild_tensor", torch.storage(), 0, (2, 3), (3, 1)), protocol)
            self.allowed(call("torch._utils._rebuild_meta_tensor_no_storage", torch.name("torch.float16"), (10**6, 10**6), (10**6, 1), False), protocol)
            self.allowed({"dtype": [torch.name("torch." + name) for name in ("float32", "bfloat16", "float8_e4m3fn", "uint16", "bool", "quint8")]}, protocol)
            self.allowed([call("torch.Size", (2, 3)), call("torch.device", "cuda", 0), call("torch.device", "cpu")], protocol)
            optimizer = {"state": collections.defaultdict(dict, {0: {"step": 3, "exp_avg": tensor}}), "param_groups": [{"lr": 0.1, "betas": (0.9, 0.999), "params": [0]}]}
            self.allowed({"epoch": 1, "optimizer": optimizer, "milestones": collections.Counter([30, 80])}, protocol)

    def test_storages_of_bytes(self):
        """Types that have no storage of their own, as float8 and uint16, lie in bytes."""
        def tensor(dtype, numbers, count=12, cls="torch.storage.UntypedStorage"):
            storage = torch.Id("storage", torch.name(cls), "0", "cpu", count)
            return torch.dump(torch.Call("torch._utils._rebuild_tensor_v3", storage, 0, (numbers,), (1,), False, torch.hooks(), torch.name("torch." + dtype)))
        for dtype, numbers in (("float8_e5m2", 12), ("uint16", 6), ("uint32", 3), ("uint64", 1), ("complex32", 3)):
            self.allowed(tensor(dtype, numbers))
            self.refused(tensor(dtype, numbers + 1), "size that its storage does not have")
        self.allowed(tensor("uint16", 24, cls="torch.FloatStorage"))
        self.refused(tensor("uint16", 25, cls="torch.FloatStorage"), "size that its storage does not have")
        self.refused(tensor("uint16", 1, count=2**62, cls="torch.DoubleStorage"), "size that its storage does not have")
        self.refused(tensor("per_tensor_affine", 1), "without a type of numbers that is known")

    def test_quantized_tensors(self):
        def tensor(quantizer, size=(2, 3), stride=(3, 1), numbers=6):
            storage = torch.Id("storage", torch.name("torch.QInt8Storage"), "0", "cpu", numbers)
            return torch.dump(torch.Call("torch._utils._rebuild_qtensor", storage, 0, size, stride, quantizer, False, torch.hooks()))
        by_tensor, by_channel = torch.name("torch.per_tensor_affine"), torch.name("torch.per_channel_affine")
        scales = [torch.Tensor(torch.Id("storage", torch.name("torch.DoubleStorage"), str(n), "cpu", n), (n,), (1,)) for n in range(4)]
        self.allowed(tensor((by_tensor, 0.5, 0)))
        self.allowed(tensor((by_channel, scales[2], scales[2], 0)))
        self.allowed(tensor((by_channel, [0.5, 1.0, 2.0], [0, 0, 0], 1)))
        for quantizer in ((by_tensor, 0.5), (by_tensor, scales[1], 0), (by_channel, scales[2], scales[2], 1), (by_channel, scales[2], scales[3], 0),
                          (by_channel, scales[2], scales[2], 2), (by_channel, scales[2], scales[2], -1), (by_channel, [1.0], [0], 0),
                          (torch.name("torch.float32"), 0.5, 0), (), None):
            self.refused(tensor(quantizer), "other scales than its size needs")
        self.refused(tensor((by_tensor, 0.5, 0), (10**6, 10**6), (0, 0)), "size that its storage does not have")

    def test_what_makes_no_plain_tensor_is_refused(self):
        call, tensor = torch.Call, torch.Tensor(torch.storage())
        hooked = collections.OrderedDict({0: torch.name("torch.float32")})
        for name in ("_rebuild_sparse_tensor", "_rebuild_wrapper_subclass", "_rebuild_device_tensor_from_numpy", "_import_dotted_name", "_set_obj_state",
                     "_rebuild_nested_tensor"):
            self.refused(call("torch._utils." + name, "x"), "does not allow")
        for name in ("torch.load", "torch.hub.load", "torch.jit.load", "torch.serialization.load", "torch.serialization._get_layout", "torch.nn.Linear",
                     "torch.nn.modules.linear.Linear", "torch.nn.parameter.Parameter", "torch._tensor._rebuild_from_type_v2", "torch.Tensor", "torch.compile",
                     "torch.save", "torch.utils.data.dataloader.DataLoader", "torch.storage.TypedStorage", "torch.optim.adam.Adam"):
            self.refused(call(name, "x"), "does not allow")
        self.refused(b"\x80\x04\x8c\x05torch\x8c\x1a_utils._import_dotted_name\x93\x8c\x09os.system\x85R.", "does not allow")
        self.refused(b"\x80\x04\x8c\x05torch\x8c\x16_utils._rebuild_tensor\x93.", "does not allow")
        rebuild = "torch._utils._rebuild_"
        for parts, why in (((rebuild + "parameter", [1], True, torch.hooks()), "without a tensor"), ((rebuild + "parameter", tensor, True), "too few"),
                           ((rebuild + "parameter", tensor, True, hooked), "hooks"), ((rebuild + "parameter", tensor, True, {}), "hooks"),
                           ((rebuild + "parameter_with_state", tensor, True, hooked, {}), "hooks"),
                           ((rebuild + "parameter_with_state", tensor, True, torch.hooks(), {"__class__": dict}), "more than attributes"),
                           ((rebuild + "parameter_with_state", tensor, True, torch.hooks(), ({}, {"_backward_hooks": 1})), "more than attributes"),
                           ((rebuild + "parameter_with_state", tensor, True, torch.hooks(), {"detach": dict}), "more than attributes"),
                           ((rebuild + "parameter_with_state", tensor, True, torch.hooks(), [1]), "more than attributes"),
                           ((rebuild + "tensor", torch.storage(), 0, (10**9,), (10**9,)), "storage does not have"), ((rebuild + "tensor", 1, 0, (), ()), "without a storage"),
                           ((rebuild + "tensor_v2", torch.storage(), 0, (2, 3), (3, 1), False, hooked), "hooks"),
                           ((rebuild + "tensor_v3", torch.storage(), 0, (), (), False, torch.hooks()), "without a type"),
                           ((rebuild + "meta_tensor_no_storage", torch.name("torch.int8"), (1,), (1, 1), False), "something else than"),
                           (("torch.Size", range(10**12)), "something else than lengths"), (("torch.Size", (2, "3")), "something else than lengths"),
                           (("torch.device", [1]), "something else than a name"), (("torch.UntypedStorage", 10**12), "picklers never do"),
                           (("torch.storage.UntypedStorage", 10**12), "picklers never do")):
            self.refused(call(*parts), why)

    def test_tensors_get_no_state_and_no_items(self):
        """Tensor.__setstate__ sets storage and size anew, which nobody has looked at."""
        for made in (torch.Tensor(torch.storage()), torch.Call("torch._utils._rebuild_parameter", torch.Tensor(torch.storage()), True, torch.hooks())):
            data = torch.dump(made)[:-1]
            self.refused(data + b"(I1\nI2\nI3\nI4\ntb.", "gets a state")
            for fill in (b"Na.", b"NNs.", b"(NNu.", b"(Ne."):
                self.refused(data + fill, "is filled")

    def test_files(self):
        a, b = torch.storage_id(NUMBERS, "1"), torch.storage_id([7.0], "2", "cuda:0")
        storages = {"1": NUMBERS, "2": [7.0]}
        for protocol in 2, 3, 4:
            self.allowed(torch.Loaded(torch.old({"a": torch.Tensor(a), "b": torch.Tensor(b, (1,), (1,)), "c": torch.Tensor(a)}, storages, protocol=protocol,
                                                magic=torch.dump(torch.MAGIC, 2))))
        ids = [torch.Id("storage", torch.FloatStorage, key, "cpu", len(storages[key])) for key in storages]
        self.allowed(torch.Loaded(torch.packed([torch.Tensor(ids[0]), torch.Tensor(ids[1], (), ())], storages)))
        self.allowed(torch.Loaded(torch.packed({}, {})))
        self.allowed(torch.Loaded(torch.old([1], {})))

    def test_what_is_no_file(self):
        for data in (b"", b"x", pickle.dumps([1], 2), pickle.dumps([1], 0), b"PK\3\4", torch.old([1], {})[:10], b"\x80\x02"):
            self.refused(LOAD + pickle.dumps(data, 2)[2:-1] + b"\x85R.", "torch.storage._load_from_bytes is given")
        self.file_refused(pickle.dumps(torch.MAGIC, 2) + EVIL, "os.system")
        self.file_refused(pickle.dumps(torch.MAGIC, 2) + b"\x80\x02K", "pickle 2 cannot be read")
        for args in ([], [b"x", b"y"], ["text"], [bytearray(b"x")], [1]):
            self.refused(pickle.dumps(Call(torch._load_from_bytes, args), 4), "something else than bytes", 4)
        self.file_refused(EVIL, "a pickle within these bytes")

    def test_every_cut(self):
        data = torch.old(torch.storage_id(NUMBERS), {"94": NUMBERS})
        for end in range(len(data)):
            self.file_refused(data[:end], "")
        self.file_refused(data + b"\0", "other numbers")
        data = torch.packed(torch.Id("storage", torch.FloatStorage, "0", "cpu", 6), {"0": NUMBERS})
        for end in range(len(data)):
            self.file_refused(data[:end], "")

    def test_evil_in_each_pickle(self):
        for place in ("magic", "version", "system", "obj", "keys"):
            self.old_refused("", **{place: EVIL})
            self.old_refused("", **{place: torch.dump([Evil(), torch.MAGIC], 4)})
            self.old_refused("", **{place: EVIL[:-1] + b"0K\x01."})
        self.old_refused("x.system", obj={"weights": [torch.storage_id(NUMBERS), Evil()]})
        self.old_refused("x.system", system={"protocol_version": Evil()})
        self.old_refused("x.system", keys=[Evil()])
        self.old_refused("persistent id where torch writes none", system={"a": torch.storage_id(NUMBERS)})
        self.old_refused("persistent id where torch writes none", keys=[torch.storage_id(NUMBERS)])
        self.old_refused("another version", version=1002)
        self.old_refused("", magic=torch.MAGIC + 1)
        self.old_refused("tells no sizes", system=[])
        self.old_refused("", obj=torch.dump(torch.storage_id(NUMBERS))[:-1] + b"0" + EVIL[2:])
        self.zip_refused("os.system", obj=EVIL)
        self.zip_refused("x.system", obj=[Evil()])
        self.zip_refused("bytes after its pickle", obj=torch.dump([1]) + EVIL)

    def test_storages_have_their_numbers(self):
        numbers = "other numbers"
        self.old_refused(numbers, numbers=NUMBERS[1:])
        self.old_refused("larger than its file", numbers=range(10**12))
        self.old_refused(numbers, storages={})
        self.old_refused(numbers, storages={"94": NUMBERS, "95": NUMBERS})
        self.old_refused(numbers, keys=[])
        self.old_refused(numbers, keys={"94": 1})
        self.old_refused(numbers, obj=[torch.storage_id([1.0], "1"), torch.storage_id([1.0], "2")], storages={"1": [1.0], "2": [1.0]}, keys=["1", "1"])
        self.old_refused("in two ways", obj=[torch.storage_id(NUMBERS), torch.storage_id(NUMBERS, location="cuda:0")])
        self.zip_refused(numbers, storages={"0": NUMBERS[1:]})
        self.zip_refused(numbers, storages={"1": NUMBERS})
        self.zip_refused(numbers, storages={"0": NUMBERS, "1": NUMBERS})
        self.zip_refused(numbers, storages={})
        self.refused(torch.Tensor(torch.storage(), (10**9, 10**9), (10**9, 1)), "size that its storage does not have")
        self.refused(torch.Tensor(torch.storage(), (2,), (2**62,)), "size that its storage does not have")
        self.old_refused("size that its storage does not have", obj=torch.Tensor(torch.storage_id(NUMBERS), (7,), (1,)))
        self.old_refused("size that its storage does not have", obj=torch.Tensor(torch.storage_id(NUMBERS), (6,), (1,), 1))

    def test_storages_are_not_called(self):
        """They would have any size; picklers name them only."""
        for name in b"torch\nFloatStorage", b"torch\nByteStorage", b"torch\nComplexDoubleStorage":
            cls = b"c" + name + b"\n"
            for call in (cls + b"J\xff\xff\xff\x7f\x85R.", cls + b"J\xff\xff\xff\x7f\x85\x81.", b"(" + cls + b"J\xff\xff\xff\x7fo.",
                         b"(J\xff\xff\xff\x7fi" + name + b"\n.", b"ccopy_reg\n__newobj__\n(" + cls + b"J\xff\xff\xff\x7ftR.",
                         b"ccopy_reg\n_reconstructor\n(" + cls + cls + b"J\xff\xff\xff\x7ftR."):
                self.refused(b"\x80\x02" + call, "picklers never do")

    def test_persistent_ids(self):
        for parts in (["module", torch.FloatStorage, "file.py", "source"], ["storage", dict, "94", "cpu", 6, None], ["storage", "torch.FloatStorage", "94", "cpu", 6, None],
                      ["storage", torch.FloatStorage, "94", "cpu", 6], ["storage", torch.FloatStorage, "94", "cpu", 6, ("v", 0, 6)],
                      ["storage", torch.FloatStorage, "94", "cpu", -6, None], ["storage", torch.FloatStorage, "94", "cpu", 2**62, None],
                      ["storage", torch.FloatStorage, 94, "cpu", 6, None], ["storage", torch.FloatStorage, "94", None, 6, None], []):
            self.old_refused("is no storage of torch", obj=torch.Id(*parts))
        self.old_refused("is no storage of torch", obj=b"\x80\x02P94\n.")
        self.zip_refused("is no storage of torch", obj=torch.storage_id(NUMBERS, "0"))

    def test_members(self):
        self.zip_refused("hold no tensors", more=[("archive/constants.pkl", torch.dump([1]))])
        self.zip_refused("hold no tensors", more=[("archive/code/__torch__.py", b"x")])
        self.zip_refused("hold no tensors", more=[("archive/DATA.PKL", EVIL)])
        self.zip_refused("hold no tensors", more=[("archive/data/x", EVIL)])
        self.zip_refused("outside of its folder", more=[("other/data.pkl", EVIL)])
        self.zip_refused("outside of its folder", more=[("data.pkl", EVIL)])
        self.zip_refused("cannot be trusted", more=[("archive/data.pkl", EVIL)])
        self.zip_refused("packed", packing=zipfile.ZIP_DEFLATED)
        self.zip_refused("without data.pkl", pickled="data/0", storages={})
        data = torch.packed(torch.Id("storage", torch.FloatStorage, "0", "cpu", 6), {"0": NUMBERS})
        self.file_refused(data + EVIL, "outside of its folder")
        self.file_refused(EVIL + data, "a pickle within these bytes")
        self.file_refused(data.replace(b"archive/data/0", b"archive/data/9", 1), "cannot be trusted")
        data = bytearray(data)
        data[data.index(struct.pack("<6f", *NUMBERS))] ^= 1
        self.file_refused(bytes(data), "cannot be trusted")

    def test_the_function_is_only_called(self):
        load = b"ctorch.storage\n_load_from_bytes\n"
        data = pickle.dumps(torch.old([1], {}), 2)[2:-1]
        self.allowed(b"\x80\x02" + load + data + b"\x85R.")
        for use in (b".", b"\x85.", b"N\x86.", b"NN\x87.", b"]" + load + b"a.", b"](" + load + b"e.", b"}N" + load + b"s.", b"}(N" + load + b"u.", data + b"\x85\x81.",
                    b"N\x85b.", b"ccollections\ndefaultdict\n" + load + b"\x85R.", b"(" + load + data + b"o.", b"(" + load + b"l.", b"(" + load + b"t.",
                    b"q\x01h\x01\x85.", b"r\x01\0\0\0j\x01\0\0\0\x85.", b"2\x85."):
            self.refused(b"\x80\x02" + (b"" if load in use else load) + use, "used other than by a call")
        self.refused(b"\x80\x02(" + data + b"itorch.storage\n_load_from_bytes\n.", "used other than by a call")
        self.refused(b"\x80\x04\x8c\x05torch\x8c\x18storage._load_from_bytes\x93\x8c\x04text\x85R.", "names torch:storage._load_from_bytes")
        self.refused(b"\x80\x04\x8c\x0dtorch.storage\x8c\x10_load_from_bytes\x93\x85.", "used other than by a call")
        made = b"\x80\x02" + load + data + b"\x85R"
        self.refused(made + b"}b.", "gets a state")
        self.refused(made + b"Na.", "is filled")
        self.refused(made + b"NNs.", "is filled")
        self.refused(made + b"N\x85R.", "calls what is no class by name")
        self.old_refused("holds a function", obj=b"\x80\x02cbuiltins\ngetattr\n.", storages={})
        self.old_refused("holds a function", obj=b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n.", storages={})

    def test_depth(self):
        def wrapped(times, inner):
            for _ in range(times):
                inner = torch.Loaded(torch.old(inner, {}))
            return inner
        self.allowed(wrapped(3, [1]))
        self.refused(wrapped(4, [1]), "deep")
        self.refused(wrapped(3, Evil()), "x.system")
        self.refused(pickle.dumps(wrapped(1, Evil()), 4), "x.system")
        self.refused({"copies": [torch.Loaded(data) for data in [bytes(10**5)] * 2]}, "is no torch file")

    def test_frames_do_not_hide_the_next_pickle(self):
        """Python's C reader takes a whole frame from the file, so that the next pickle begins after it."""
        hidden = torch.dump([1])
        framed = b"\x80\x04\x95" + struct.pack("<Q", len(b"}." + hidden)) + b"}."
        self.old_refused("frame", obj=b"", system=framed + hidden + EVIL, storages={}, keys=[])

    def test_copies_are_bounded(self):
        data = torch.old([b"x" * 10**5], {})
        load = LOAD + b"q\x00" + b"B" + struct.pack("<I", len(data)) + data + b"q\x010"
        self.refused(load.replace(b"\x80\x02", b"\x80\x03", 1) + b"0](" + b"h\x00h\x01\x85R" * 1000 + b"e.", "more copies of bytes")

    def test_names_are_told(self):
        status, verdict, _, why, uses = self.check(torch.Tensor(torch.Loaded(torch.old({"x": Evil(), "y": torch.storage_id(NUMBERS)}, {"94": NUMBERS}))))
        self.assertEqual(verdict, "not harmless")
        names = {(how, depth, allowed, f"{module}.{name}") for how, depth, _, _, allowed, module, name in uses}
        for use in ("called", 1, False, "posix.system"), ("called", 0, True, "torch.storage._load_from_bytes"), ("imported", 1, True, "torch.FloatStorage"):
            self.assertIn(use, names)


class Call:
    def __init__(self, function, args):
        self.parts = function, tuple(args)

    def __reduce__(self):
        return self.parts


if __name__ == "__main__":
    unittest.main()
