"""Downloads resume, and nothing wrong ever has the good name. From a server of our own."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from replicate.downloads import download
from replicate.errors import ReplicateError
from tests.disks import mounted, remount

CONTENT = bytes(range(256)) * 1000
SUM = hashlib.sha256(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        asked = self.headers.get("Range")
        server.asked.append(asked)
        begin = int(asked[len("bytes=") : -1]) if asked and server.ranges else 0
        if self.path != "/text":
            return self.send_error(404)
        if begin >= len(server.content):
            return self.send_error(416)
        self.send_response(206 if asked and server.ranges else 200)
        self.send_header("Content-Length", str(len(server.content) - begin))
        self.end_headers()
        self.wfile.write(server.content[begin : begin + server.cut])
        return None

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    """Serve ``content`` at /text, of which each answer brings ``cut`` bytes at most."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.content, server.cut, server.ranges, server.asked = CONTENT, 10**9, True, []
        server.address = f"http://127.0.0.1:{server.server_port}/text"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def names(folder):
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


def test_a_file_is_brought_once(server, tmp_path):
    path = tmp_path / "new" / "text"
    download(server.address, path, len(CONTENT), SUM)
    download(server.address, path, len(CONTENT), SUM)
    assert path.read_bytes() == CONTENT
    assert names(path.parent) == ["text"]
    assert server.asked == [None]


def test_an_interrupted_download_goes_on_where_it_was(server, tmp_path):
    path = tmp_path / "text"
    server.cut = 100_000
    for have in ("100,000", "200,000"):
        with pytest.raises(
            ReplicateError, match=f"broke off after {have} of 256,000 bytes: the"
        ):
            download(server.address, path, len(CONTENT), SUM)
        assert names(tmp_path) == ["text.part"]
    download(server.address, path, len(CONTENT), SUM)
    assert path.read_bytes() == CONTENT
    assert server.asked == [None, "bytes=100000-", "bytes=200000-"]


def test_a_server_that_knows_no_ranges_begins_anew(server, tmp_path):
    path = tmp_path / "text"
    (tmp_path / "text.part").write_bytes(CONTENT[:1000])
    server.ranges = False
    download(server.address, path, len(CONTENT), SUM)
    assert path.read_bytes() == CONTENT


def test_a_part_that_lacks_nothing_asks_nobody(server, tmp_path):
    (tmp_path / "text.part").write_bytes(CONTENT)
    download(server.address, tmp_path / "text", len(CONTENT), SUM)
    assert names(tmp_path) == ["text"]
    assert server.asked == []


@pytest.mark.parametrize("other", [CONTENT[:-1] + b"?", CONTENT + b"more" * 100_000])
def test_another_file_is_refused_and_not_kept(server, tmp_path, other):
    server.content = other
    with pytest.raises(ReplicateError, match="is another text") as refusal:
        download(server.address, tmp_path / "text", len(CONTENT), SUM)
    assert names(tmp_path) == []
    if len(other) == len(CONTENT):
        assert SUM in str(refusal.value)
        assert hashlib.sha256(other).hexdigest() in str(refusal.value)


@pytest.mark.parametrize("size", [1000, len(CONTENT), 300_000])
def test_a_part_of_another_file_costs_one_refusal(server, tmp_path, size):
    (tmp_path / "text.part").write_bytes(b"?" * size)
    with pytest.raises(ReplicateError, match="is another text"):
        download(server.address, tmp_path / "text", len(CONTENT), SUM)
    download(server.address, tmp_path / "text", len(CONTENT), SUM)
    assert (tmp_path / "text").read_bytes() == CONTENT


def test_a_file_that_ends_before_our_part_is_asked_for_from_the_start_again(server, tmp_path):
    (tmp_path / "text.part").write_bytes(CONTENT[:2000])
    server.content = CONTENT[:1000]
    with pytest.raises(ReplicateError, match="/text says 416"):
        download(server.address, tmp_path / "text", len(CONTENT), SUM)
    assert names(tmp_path) == []


def test_errors_of_the_server_and_of_the_way_there_are_told(server, tmp_path):
    with pytest.raises(ReplicateError, match="/nothing says 404 Not Found"):
        download(server.address.replace("text", "nothing"), tmp_path / "text", 1, SUM)
    with pytest.raises(
        ReplicateError, match=r"cannot reach http://127.0.0.1:1/text: .*refused"
    ):
        download("http://127.0.0.1:1/text", tmp_path / "text", 1, SUM)
    assert names(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_told(server, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ReplicateError, match=r"cannot write .*file: File exists"):
        download(server.address, tmp_path / "file" / "text", len(CONTENT), SUM)
    assert server.asked == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_is_told(server, tmp_path):
    (tmp_path / "text.part").symlink_to("/dev/full")
    with pytest.raises(
        ReplicateError, match="No space left on device; mend that, and the same"
    ):
        download(server.address, tmp_path / "text", len(CONTENT), SUM)
    assert not (tmp_path / "text").exists()


def test_after_a_full_disk_the_download_goes_on(server, tmp_path):
    with mounted(tmp_path / "small", "size=128k") as small:
        with pytest.raises(ReplicateError, match="No space left on device"):
            download(server.address, small / "text", len(CONTENT), SUM)
        have = (small / "text.part").stat().st_size
        assert 0 < have < len(CONTENT)
        remount(small, "size=1m")
        download(server.address, small / "text", len(CONTENT), SUM)
        assert (small / "text").read_bytes() == CONTENT
        assert server.asked == [None, f"bytes={have}-"]


def test_two_at_once_bring_it_once(server, tmp_path):
    with ThreadPoolExecutor(4) as pool:
        for _ in range(4):
            pool.submit(download, server.address, tmp_path / "text", len(CONTENT), SUM)
    assert (tmp_path / "text").read_bytes() == CONTENT
    assert server.asked == [None]
