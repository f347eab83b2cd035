# SPDX-License-Identifier: MIT
"""Files of torch as torch.save() writes them, and plainly pickled tensors, without torch: its names stand for functions here."""
import collections
import io
import pickle
import struct
import sys
import types
import zipfile

MAGIC = 0x1950a86a20f9469cfc6c
SIZES = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}


class Named:
    """What is pickled as its name alone, as torch's types of numbers are."""

    def __init__(self, module, name):
        self.__module__, self.name = module, name

    def __reduce__(self):
        return self.name

    def __call__(self, *args):
        return args


def name(text):
    """What a dotted name stands for, made so that pickle finds it."""
    module, _, last = text.rpartition(".")
    inside = sys.modules.setdefault(module, types.ModuleType(module))
    if not hasattr(inside, last):
        setattr(inside, last, Named(module, last))
    return getattr(inside, last)


def _load_from_bytes(data):
    return Loaded(data)


FloatStorage = name("torch.FloatStorage")
_rebuild_tensor_v2 = name("torch._utils._rebuild_tensor_v2")


class Id:
    """Written as a persistent id."""

    def __init__(self, *parts):
        self.parts = parts


class Pickler(pickle._Pickler):
    def persistent_id(self, value):
        return value.parts if isinstance(value, Id) else None


def dump(value, protocol=2):
    out = io.BytesIO()
    Pickler(out, protocol).dump(value)
    return out.getvalue()


def storage_id(numbers, key="94", location="cpu"):
    return Id("storage", FloatStorage, key, location, len(numbers), None)


def floats(numbers):
    return struct.pack(f"<{len(numbers)}f", *numbers)


def old(obj, storages, protocol=2, magic=MAGIC, version=1001, system=SIZES, keys=None, end=b""):
    """The form before 1.6, in which storages are still pickled: `storages` are the keys and their numbers. What is bytes is a pickle already."""
    parts = [magic, version, system, obj, sorted(storages) if keys is None else keys]
    pickles = b"".join(part if isinstance(part, bytes) else dump(part, protocol) for part in parts)
    return pickles + b"".join(struct.pack("<q", len(storages[key])) + floats(storages[key]) for key in sorted(storages)) + end


def packed(obj, storages, more=(), folder="archive", packing=zipfile.ZIP_STORED, pickled="data.pkl"):
    """A zip archive, as torch.save() makes them by default."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as archive:
        archive.writestr(f"{folder}/{pickled}", obj if isinstance(obj, bytes) else dump(obj))
        archive.writestr(f"{folder}/byteorder", "little")
        for key, numbers in storages.items():
            archive.writestr(f"{folder}/data/{key}", floats(numbers))
        archive.writestr(f"{folder}/version", "3\n")
        archive.writestr(f"{folder}/.data/serialization_id", "0" * 40)
        for name, data in more:
            archive.writestr(name, data)
    return out.getvalue()


class Loaded:
    """What loads such a file when it is unpickled: a storage, as torch.storage's classes are pickled."""

    def __init__(self, data):
        self.data = data

    def __reduce__(self):
        return _load_from_bytes, (self.data,)


class Call:
    """Pickled as a call of what has this name."""

    def __init__(self, function, *args):
        self.parts = name(function) if isinstance(function, str) else function, args

    def __reduce__(self):
        return self.parts


def hooks():
    """What picklers write where functions might be: an empty dict."""
    return collections.OrderedDict()


class Tensor:
    def __init__(self, storage, size=(2, 3), stride=(3, 1), offset=0):
        self.parts = storage, offset, size, stride, False, collections.OrderedDict()

    def __reduce__(self):
        return _rebuild_tensor_v2, self.parts


NUMBERS = [0.5, 1, 2, 3, 4, 5]


def storage(numbers=NUMBERS):
    """A storage that pickles plainly."""
    return Loaded(old(storage_id(numbers), {"94": numbers}))


_load_from_bytes.__module__ = "torch.storage"
sys.modules.setdefault("torch.storage", types.ModuleType("torch.storage"))._load_from_bytes = _load_from_bytes
