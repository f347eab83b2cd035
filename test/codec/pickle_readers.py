# SPDX-License-Identifier: MIT
"""Python's three readers of pickles, made to record: what they would look up, call, and give. Nothing that a pickle
names is imported; a stand-in that does nothing takes its place."""
import _codecs
import copyreg
import io
import pickle
import pickletools

# What makes plain data in onggi is real here too. Names are those of Python 3.
REAL = {("builtins", name): getattr(__import__("builtins"), name)
        for name in ("set", "frozenset", "list", "tuple", "bytes", "bytearray", "complex", "dict")}
REAL["_codecs", "encode"] = _codecs.encode

CODES = {200: ("collections", "OrderedDict"), 40000: ("fractions", "Fraction"), 100000: ("decimal", "Decimal")}


class Log(list):
    """What was looked up and called, in order, while one pickle is read."""


log = Log()


class Meta(type):
    def __call__(cls, *args, **kwargs):
        log.append(("called", cls.path))
        value = object.__new__(cls)
        value.made = ("call", args, kwargs)
        return value


class Inert:
    path = None

    def __new__(cls, *args, **kwargs):
        log.append(("new", cls.path))
        value = object.__new__(cls)
        value.made = ("new", args, kwargs)
        return value

    def did(self, what, *args):
        log.append((what, self.path))
        self.__dict__.setdefault("done", []).append((what, args))

    def __setstate__(self, state):
        self.did("built", state)

    def append(self, item):
        self.did("filled", item)

    def __setitem__(self, key, value):
        self.did("filled", key, value)

    def __call__(self, *args):
        log.append(("called", None))
        value = object.__new__(stand_in(None, ""))
        value.made = ("call", self, args)
        return value

    __hash__ = object.__hash__


classes = {}


def stand_in(module, qualname):
    path = (module, qualname)
    if path not in classes:
        classes[path] = Meta("Stand", (Inert,), {"path": path})
    return classes[path]


def newobj(cls, *args):
    return cls.__new__(cls, *args)


def newobj_ex(cls, args, kwargs):
    return cls.__new__(cls, *args, **kwargs)


def reconstructor(cls, base, state):
    if base is not stand_in("builtins", "object") or state is not None:
        raise TypeError("only plain objects")
    return cls.__new__(cls)


def nested(outer, name):
    """getattr(Outer, 'Inner') names a class."""
    if not isinstance(outer, Meta) or type(name) is not str:
        raise TypeError("only classes in classes")
    return find(outer.path[0], f"{outer.path[1]}.{name}")


def find(module, qualname):
    log.append(("imported", (module, qualname)))
    if module == "" or qualname == "":
        raise AttributeError("no name")  # as an import or getattr would
    if module == "copyreg":
        made = {"__newobj__": newobj, "__newobj_ex__": newobj_ex, "_reconstructor": reconstructor}.get(qualname)
        if made:
            return made
    if (module, qualname) == ("builtins", "getattr"):
        return nested
    return REAL.get((module, qualname)) or stand_in(module, qualname)


def renamed(proto, module, qualname):
    if proto < 3:
        import _compat_pickle
        if (module, qualname) in _compat_pickle.NAME_MAPPING:
            return _compat_pickle.NAME_MAPPING[module, qualname]
        return _compat_pickle.IMPORT_MAPPING.get(module, module), qualname
    return module, qualname


class Recorder:
    """What both classes of unpicklers do; find_class gets names as they are in the pickle, so it renames as they do."""

    def persistent_load(self, pid):
        log.append(("persistent", None))
        value = object.__new__(stand_in("persistent", ""))
        value.made = ("persistent", pid)
        return value


def protocol_at(data, default=0):
    return data[1] if len(data) > 1 and data[0] == 0x80 else default


class CReader(Recorder, pickle.Unpickler):
    proto = 0  # the C reader does not tell; strict pickles name it at the start alone

    def find_class(self, module, qualname):
        path = renamed(self.proto, module, qualname)
        NAMES_OF_2.setdefault(path, set()).add((module, qualname))
        return find(*path)


def spellings(path):
    """What a name may mean when the protocol changes midway."""
    return [path] + [renamed(2, *path)] + [old for old in NAMES_OF_2.get(path, [])]


NAMES_OF_2 = {}


class PyReader(Recorder, pickle._Unpickler):
    """Also notes what the C reader does not tell."""
    midway = False  # the protocol is named once more: the C reader does not tell what names stand for then

    def find_class(self, module, qualname):
        name = renamed(self.proto, module, qualname)
        return find(*name)


def watched(function):
    def wrapper(self):
        frame = self._unframer.current_frame
        rest = len(frame.getbuffer()) - frame.tell() if frame else 0
        at = self.file.tell() - rest - 1
        self.midway = self.midway or at > 0 and function is pickle._Unpickler.load_proto
        function(self)
    return wrapper


PyReader.dispatch = {op: watched(function) for op, function in pickle._Unpickler.dispatch.items()}


class Outcome:
    def __init__(self, accepted, value, log, midway, error=None):
        self.accepted = accepted
        self.value = value
        self.log = log
        self.midway = midway
        self.error = error

    def __repr__(self):
        return f"{'accepted' if self.accepted else f'refused ({self.error!r})'}, {self.log}"


def run(reader):
    log.clear()
    try:
        value = reader.load()
        return Outcome(True, value, log[:], getattr(reader, "midway", False))
    except RecursionError:
        raise
    except Exception as error:
        return Outcome(False, None, log[:], getattr(reader, "midway", False), error)


def register():
    for code, name in CODES.items():
        copyreg.add_extension(*name, code)


def by_c(data, encoding="ASCII", buffered=True):
    """From a buffer that holds all, as loads() does, or from a file that is read piece by piece."""
    copyreg.clear_extension_cache()
    file = io.BytesIO(data)
    reader = CReader(io.BufferedReader(file, len(data) + 1) if buffered else file, encoding=encoding)
    reader.proto = protocol_at(data)
    return run(reader)


def by_python(data, encoding="ASCII"):
    copyreg.clear_extension_cache()
    file = io.BytesIO(data)
    reader = PyReader(file, encoding=encoding)
    reader.file = file
    return run(reader)


def by_pickletools(data):
    try:
        pickletools.dis(data, out=io.StringIO())
        return True
    except Exception:
        return False
