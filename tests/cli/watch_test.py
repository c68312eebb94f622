"""kirchhoff watch: who sees the page, where from, that it and a browser follow a study, how it ends.

usage: watch_test.py PROGRAM FOLDER: FOLDER is made anew. Exit 77 without gnuplot."""

import atexit
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import html_browser_test

PROGRAM, FOLDER = os.path.abspath(sys.argv[1]), sys.argv[2]


def expect(condition, message):
    if not condition:
        sys.exit(message)


class Watched:
    def __init__(self, *arguments):
        self.process = subprocess.Popen([PROGRAM, "watch", *arguments, "--every", "1"], text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        atexit.register(self.process.kill)
        line = self.process.stdout.readline()
        found = re.fullmatch(r"Page: http://127\.0\.0\.1:(\d+)(/[0-9a-f]{32})\n", line)
        expect(found, f"no address: {line}{'' if line else self.process.stderr.read()}")
        self.port, self.path = int(found[1]), found[2]

    def ask(self, path, method="GET", body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, body)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer, text

    def until(self, words):
        """The first page that holds them; the test's time limit is the patience."""
        while True:
            expect(self.process.poll() is None, "watch has ended")
            answer, text = self.ask(self.path)
            if words in text:
                return answer.getheader("ETag"), text
            time.sleep(0.1)

    def stop(self, number):
        self.process.send_signal(number)
        _, error = self.process.communicate()
        expect(self.process.returncode == 128 + number, f"signal {number}: exit {self.process.returncode}\n{error}")
        expect("stopping" in error and "error" not in error, error)


class Browser:
    """Chromium with an address open; it tells at a port of its own what its tabs show."""

    def __init__(self, address):
        self.folder = tempfile.TemporaryDirectory()
        self.process = subprocess.Popen(
            [html_browser_test.browser(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             f"--user-data-dir={self.folder.name}/profile", "--remote-debugging-port=0", address],
            text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        atexit.register(self.stop)
        for line in self.process.stderr:
            found = re.search(r"DevTools listening on ws://127\.0\.0\.1:(\d+)/", line)
            if found:
                self.port = int(found[1])
                return
        sys.exit("the browser has not started")

    def until_title(self, words):
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            connection.request("GET", "/json/list")
            if any(words in tab["title"] for tab in json.loads(connection.getresponse().read())):
                return
            time.sleep(0.1)

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()
        atexit.unregister(self.stop)


def listening(port):
    """Addresses that somebody listens at on this port, as the kernel writes them."""
    found = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(table, encoding="ascii") as file:
            for line in file.readlines()[1:]:
                fields = line.split()
                address, number = fields[1].rsplit(":", 1)
                if fields[3] == "0A" and int(number, 16) == port:
                    found.append(address)
    return found


if shutil.which("gnuplot") is None:
    print("no gnuplot")
    sys.exit(77)
shutil.rmtree(FOLDER, ignore_errors=True)
os.makedirs(os.path.join(FOLDER, "study"))
os.chdir(FOLDER)
with open("secret.txt", "w", encoding="ascii") as file:
    file.write("secret")

# A study that has not begun has a page that says so.
watched = Watched("study")
tag, text = watched.until("study: holds neither")
expect("connect-src 'self'" in text and f"data-tag='{tag}'" in text, "the page does not follow the study")
expect(listening(watched.port) == ["0100007F"], f"listens at {listening(watched.port)}")

# Who does not know the address sees nothing, and there is nothing else.
wrong = watched.path[:-1] + ("0" if watched.path[-1] != "0" else "1")
for path in ("/", "/index.html", "/favicon.ico", wrong, watched.path + "/", watched.path + "?", watched.path[:-1],
             watched.path.upper(), watched.path + "/../secret.txt", "/../secret.txt", "/study/compare.json",
             "http://127.0.0.1" + watched.path, "*"):
    answer, text = watched.ask(path)
    expect(answer.status == 404 and text == "not found\n", f"{path}: {answer.status} {text[:80]}")
    expect(answer.getheader("ETag") is None, f"{path}: tells a tag")
for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE"):
    expect(watched.ask(watched.path, method)[0].status == 404, f"{method} is answered")
answer, text = watched.ask(watched.path, "HEAD")
expect(answer.status == 200 and text == "" and int(answer.getheader("Content-Length")) > 1000
       and answer.getheader("ETag") == tag and answer.getheader("Cache-Control") == "no-store", "HEAD")

# Nonsense, somebody who says nothing, and a question without an end do no harm.
with socket.create_connection(("127.0.0.1", watched.port)) as silent:
    for nonsense in (b"\x00\xff\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"x" * 100000 + b"\r\n\r\n",
                     f"POST {watched.path} HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n".encode()):
        with socket.create_connection(("127.0.0.1", watched.port)) as other:
            try:
                other.sendall(nonsense)
                other.shutdown(socket.SHUT_WR)
                other.recv(4096)
            except OSError:
                pass
    expect(watched.ask(watched.path)[0].status == 200, "one connection keeps others waiting")

# The study grows, and the page with it, in a browser that looks at it as well.
looks = None
if shutil.which("chromium"):
    looks = Browser(f"http://127.0.0.1:{watched.port}{watched.path}")
    looks.until_title("no page yet")
subprocess.run([PROGRAM, "compare", "--network", "lenet5", "--methods", "random", "--th", "0.9", "--seeds", "1",
                "--budget", "4", "--validation-images", "100", "--race-images", "0", "--final.candidates", "0", "--jobs",
                "1", "--threads", "1", "--out", "study"], check=True, capture_output=True)
later, text = watched.until('id="verdict"')
expect(later != tag and f"data-tag='{later}'" in text, "another page with the same tag")
expect("Best accuracy so far" in text and "secret" not in text, "not the page of the study")
if looks:
    looks.until_title("Kirchhoff: lenet5 on fashion-mnist")
    looks.stop()
subprocess.run([PROGRAM, "report", "study", "--html", "page.html"], check=True, capture_output=True)
with open("page.html", encoding="utf-8") as file:
    plain = file.read()
expect("data-tag" not in plain and "connect-src" not in plain, "a page on the disk asks somebody")
expect(text.partition("<body>")[2] == plain.partition("<body>")[2], "not the page that report makes")
watched.stop(signal.SIGINT)

# Again, at a port of one's own; it ends by SIGTERM, too.
busy = socket.socket()
busy.bind(("127.0.0.1", 0))
busy.listen()
port = busy.getsockname()[1]
refused = subprocess.run([PROGRAM, "watch", "study", "--port", str(port)], capture_output=True, text=True)
expect(refused.returncode == 2 and f"--port {port}: cannot be had" in refused.stderr, refused.stderr)
busy.close()
again = Watched("study", "--port", str(port))
expect(again.port == port and again.path != watched.path, "the address is the same as before")
again.until('id="verdict"')
again.stop(signal.SIGTERM)
# In the middle of making a page.
Watched("study").stop(signal.SIGTERM)

refused = subprocess.run([PROGRAM, "watch", "none"], capture_output=True, text=True)
expect(refused.returncode == 2 and "none: not found" in refused.stderr, refused.stderr)
bare = subprocess.run([PROGRAM, "watch", "study"], capture_output=True, text=True,
                      env=dict(os.environ, PATH="/nonexistent"))
expect(bare.returncode == 1 and "gnuplot: not found" in bare.stderr, bare.stderr)
