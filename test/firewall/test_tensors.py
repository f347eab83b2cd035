#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Plainly pickled tensors through the proxy: what torch would unpickle from their bytes is judged before any of it leaves."""
import io
import os
import pickle
import struct
import sys
import zipfile

import firewall
import support

sys.path.insert(0, os.path.join(support.SOURCE, "test", "codec"))
import torch_files as torch

WIRE = ("--codec", "pickle", "--framing", "u32be")
NUMBERS = torch.NUMBERS


class Loader(pickle.Unpickler):
    def persistent_load(self, pid):
        return pid


def load(data):
    """As torch.load(): an archive's data.pkl, or five pickles one after the other."""
    if data[:4] == b"PK\3\4":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            folder = archive.namelist()[0].split("/")[0]
            return Loader(io.BytesIO(archive.read(folder + "/data.pkl"))).load()
    file = io.BytesIO(data)
    return [Loader(file).load() for _ in range(5)][3]


class Tensors(firewall.Case):
    def passes(self, value, *words, protocol=4):
        """The message that reaches the server when the client sends this value; None when the proxy refuses it."""
        server, port = self.listen()
        proxy = self.proxy(port, *WIRE, *words)
        with self.connect(proxy.port) as front:
            behind, _ = server.accept()
            self.addCleanup(behind.close)
            front.sendall(firewall.u32be(value if isinstance(value, bytes) else pickle.dumps(value, protocol)))
            data = firewall.read_u32be(behind.makefile("rb"))
        if data is None:
            self.wait_refusal(proxy)
        return data

    def setUp(self):
        super().setUp()
        policy = os.path.join(self.folder(), "ours.policy")
        with open(policy, "w", encoding="ascii") as file:
            file.write("include plain-data\nallow torch.storage._load_from_bytes\nallow torch.FloatStorage\nallow torch._utils._rebuild_tensor_v2\n")
        self.policies = ("torch-data", policy)

    def files(self, inner):
        ids = [("storage", torch.FloatStorage, "0", "cpu", len(NUMBERS)), ("storage", torch.FloatStorage, "94", "cpu", len(NUMBERS), None)]
        yield torch.packed([inner, torch.Id(*ids[0])], {"0": NUMBERS})
        yield torch.old([inner, torch.Id(*ids[1])], {"94": NUMBERS})
        yield torch.old([torch.Loaded(torch.old(inner, {})), torch.Id(*ids[1])], {"94": NUMBERS})

    def test_tensors_pass(self):
        value = {"weight": torch.Tensor(torch.storage()), "bias": torch.Tensor(torch.storage([1.0]), (1,), (1,))}
        for policy in self.policies:
            for protocol in (0, 2, 4):
                data = self.passes(value, "--policy", policy, protocol=protocol)
                self.assertIn(b"_load_from_bytes", data)
                torch_files = [part[0].data for part in pickle.loads(data).values()]
                self.assertEqual([load(file)[4] for file in torch_files], [6, 1])
        for file in self.files("plain"):
            self.assertEqual(load(pickle.loads(self.passes(torch.Loaded(file), "--policy", "torch-data")).data)[1][0], "storage")
        verbatim = pickle.dumps(value["bias"], 2)
        self.assertEqual(self.passes(verbatim, "--policy", "torch-data", "--rewrite", "verbatim"), verbatim)

    def test_none_without_a_row(self):
        self.assertIsNone(self.passes(torch.Tensor(torch.storage())))
        self.assertIsNone(self.passes(torch.Tensor(torch.storage()), "--policy", "torch-data", "--nested", "0"))

    def test_what_is_in_them_is_judged(self):
        mark = firewall.mark_of(self)
        for file in list(self.files(firewall.Evil(mark)))[:2]:
            load(file)[0].close()
        self.assertTrue(os.path.exists(mark), "the attack works where nothing is in front")
        os.unlink(mark)
        for policy in self.policies:
            for file in self.files(firewall.Evil(mark)):
                self.assertIsNone(self.passes(torch.Loaded(file), "--policy", policy))
                self.assertIsNone(self.passes({"weight": torch.Tensor(torch.Loaded(file))}, "--policy", policy, "--rewrite", "verbatim", protocol=2))
        for evil in firewall.evil_pickles(mark):
            for place in ("obj", "system", "keys", "version"):
                self.assertIsNone(self.passes(torch.Loaded(torch.old(**{"obj": [1], "storages": {}, place: evil})), "--policy", "torch-data"))
            self.assertIsNone(self.passes(torch.Loaded(torch.packed(evil, {})), "--policy", "torch-data"))
            self.assertIsNone(self.passes(torch.Loaded(evil), "--policy", "torch-data"))
        self.assertFalse(os.path.exists(mark))

    def test_frames_do_not_hide_pickles(self):
        """Python's C reader takes a frame whole: the next pickle begins after it. No policy may be lenient about that here."""
        mark = firewall.mark_of(self)
        shown, hidden = torch.dump([1]), pickle.dumps([firewall.Evil(mark)], 2)
        framed = b"\x80\x04\x95" + struct.pack("<Q", len(b"}." + shown)) + b"}."
        file = torch.old(b"", {}, system=framed + shown + hidden, keys=[])
        load(file)[0].close()
        self.assertTrue(os.path.exists(mark), "the attack works where nothing is in front")
        os.unlink(mark)
        policy = os.path.join(self.folder(), "lenient.policy")
        with open(policy, "w", encoding="ascii") as text:
            text.write("include torch-data\nlenient\n")
        self.assertIsNone(self.passes(torch.Loaded(file), "--policy", policy))

    def test_the_unsafe_way_is_the_operators_choice(self):
        policy = os.path.join(self.folder(), "unsafe.policy")
        with open(policy, "w", encoding="ascii") as file:
            file.write("include torch-data\nallow-unsafe torch.storage._load_from_bytes\n")
        self.assertIsNotNone(self.passes(torch.Loaded(b"any"), "--policy", policy))
        self.assertIn("unpickles what it is given", self.onggi("policy", "check", policy).err + self.onggi("policy", "check", policy).out)


if __name__ == "__main__":
    support.main()
