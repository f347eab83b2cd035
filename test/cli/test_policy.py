# SPDX-License-Identifier: MIT
"""onggi policy: is a policy well formed, which row decides about a name, what would it say of pickles."""
import os
import pickle

import support


class Evil:
    def __reduce__(self):
        return os.system, ("id",)


class Policy(support.Case):
    def write(self, name, data):
        path = os.path.join(self.folder(), name)
        with open(path, "wb") as file:
            file.write(data if isinstance(data, bytes) else data.encode())
        return path

    def test_check_says_what_is_well_formed(self):
        path = self.write("ours.policy", "include plain-data\nallow shop.*  # ours\n")
        self.assertEqual(self.onggi("policy", "check", path, "plain-data").out, f"{path}: well formed\nplain-data: well formed\n")

    def test_check_names_line_and_column_of_what_is_not(self):
        path = self.write("bad.policy", "allow a.b\nallow nothing\n")
        done = self.onggi("policy", "check", path, status=1)
        self.assertIn("line 2, column 7", done.err)
        self.assertEqual(done.out, "")
        self.assertEqual(self.onggi("policy", "check", "/nowhere", status=3).err, "onggi: policy /nowhere: No such file or directory\n")

    def test_check_says_all_that_is_wrong(self):
        path = self.write("bad.policy", "allow a.b\nallow os.system\nalow c.d\nallow pickle.loads # ours\n")
        done = self.onggi("policy", "check", path, status=1)
        self.assertEqual([line.split("line ")[1] for line in done.err.splitlines() if "line " in line],
                         ["2, column 7)", "3, column 1)", "4, column 7)"])
        self.assertIn("write: allow-unsafe os.system", done.err)
        self.assertIn("write: allow-unsafe pickle.loads", done.err)

    def test_check_warns_of_what_unpickles_or_runs(self):
        path = self.write("ours.policy", "include plain-data\nallow os.*\nallow torch.*\nallow-unsafe dill.loads\nallow shop.*\n")
        done = self.onggi("policy", "check", path)
        self.assertEqual(done.out, f"{path}: well formed, but look at the warnings\n")
        lines = done.err.splitlines()
        for line, number, piece in zip(lines, (2, 3, 4), ("write: allow-unsafe os.NAME", "write: allow-unsafe torch.load",
                                                          "'dill.loads' unpickles what it is given"), strict=True):
            self.assertIn(f"policy {path}, line {number}: ", line)
            self.assertIn(piece, line)

    def test_explain_names_the_row_that_decides(self):
        done = self.onggi("policy", "explain", "collections.deque")
        self.assertEqual(done.out, "collections.deque: allowed by 'allow collections.deque' of plain-data\n")
        path = self.write("ours.policy", "default allow\ndeny os.*\nallow shop:Order.Line\n")
        done = self.onggi("policy", "explain", "os.path.join", "shop:Order.Line", "shop.Order", "--policy", path, status=1)
        self.assertEqual(done.out, f"os.path.join: refused by 'deny os.*' of {path}\n  it starts programs\n  to allow it, add the line: allow-unsafe os.path.join\n"
                                   f"shop:Order.Line: allowed by 'allow shop:Order.Line' of {path}\n"
                                   f"shop.Order: allowed by 'default allow' of {path}\n")

    def test_explain_takes_what_a_policy_takes(self):
        for name in ("nothing", ".x", "x.", ""):
            self.assertIn("module.Name", self.onggi("policy", "explain", name, status=2).err)

    def test_test_gives_the_verdict_on_each_pickle(self):
        good, bad = self.write("good.pkl", pickle.dumps([1])), self.write("bad.pkl", pickle.dumps(Evil()))
        done = self.onggi("policy", "test", "plain-data", good, bad, status=1)
        self.assertEqual([line.split(": ")[1] for line in done.out.splitlines()], ["harmless", "not harmless"])
        rules = self.write("ours.policy", f"allow-unsafe {os.name}.system\n")
        self.onggi("policy", "test", rules, good, bad)

    def test_nested(self):
        """At the depth that is said, and one past it."""
        data = pickle.dumps(pickle.dumps(pickle.dumps(["deep"])))
        path = self.write("two.pkl", data)
        rules = self.write("ours.policy", "include plain-data\nnested 1\n")
        for words, status in (((), 0), (("--nested", "2"), 0), (("--nested", "1"), 1), (("--nested", "0"), 0)):
            self.onggi("inspect", "--verdict", path, *words, status=status)
            self.onggi("policy", "test", "plain-data", path, *words, status=status)
            self.onggi("convert", path, "--policy", "plain-data", *words, status=status)
        self.onggi("policy", "test", rules, path, status=1)
        self.onggi("policy", "test", rules, path, "--nested", "2")
        self.assertIn("0 to 8", self.onggi("inspect", path, "--nested", "9", status=2).err)
        self.assertIn("--policy plain-data", self.onggi("convert", path, "--nested", "1", status=2).err)
        self.assertIn("--nested says", self.onggi("convert", path, "--policy", rules, status=1).err)
        for words in ((), ("-o", "json")):
            done = self.onggi("inspect", "--verdict", path, "--policy", rules, *words, status=1)
            self.assertIn("--nested says", done.out)

    def test_usage(self):
        self.assertIn("check, explain or test", self.onggi("policy", "frobnicate", "x", status=2).err)
        self.assertIn("onggi policy test plain-data PICKLE", self.onggi("policy", "test", "plain-data", status=2).err)
        self.assertIn("leave --policy out", self.onggi("policy", "test", "plain-data", "x", "--policy", "plain-data", status=2).err)


if __name__ == "__main__":
    support.main()
