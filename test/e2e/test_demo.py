# SPDX-License-Identifier: MIT
"""`make demo` shows what it says, by itself, and ends."""
import os

import support


class Demo(support.Case):
    def test_it_runs_to_its_end(self):
        done = self.run_program(os.path.join(support.SOURCE, "tools", "demo"), limit=5 * support.WAIT)
        for text in ('{"name":"John","age":30,"city":"New York"}', '"sensor":"온도"', "주문 17: 재고 부족", "안녕하세요, UDP 서버!",
                     "서버로부터 응답: 안녕하세요, UDP 서버!", "Hello from server", "system", "nothing", "onggi recv",
                     "command ran", "refused, nothing ran: posix.system", "{'prediction': 6.75}"):
            self.assertIn(text, done.out)
        self.assertNotIn("\033", done.out, "colour in a pipe")


if __name__ == "__main__":
    support.main()
