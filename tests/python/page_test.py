"""The sessions of docs/python.md print what the page says they do."""
import doctest
import os
import sys
import tempfile

import support

path = sys.argv[1]
with open(path, encoding="utf-8") as file:
    # What ends a block ends what is printed, too.
    text = "".join("\n" if line.startswith("```") else line for line in file)
test = doctest.DocTestParser().get_doctest(text, {}, "python.md", path, 0)
runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.REPORT_NDIFF)
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    result = runner.run(test)
    os.chdir("/")
assert result.attempted > 15, result
sys.exit(result.failed != 0)
