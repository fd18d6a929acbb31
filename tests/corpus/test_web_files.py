"""Files over http: the same documents as from disk, whatever the server does."""

import io
import json
import pickle
import random
import re
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from corpus_files import CODECS, TEXTS, Documents, as_parquet, in_zip, written
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from web_server import Server, serving

from tokbench import corpus
from tokbench.corpus import OpenCorpus
from tokbench.corpus.places import patience, web, web_ranges
from tokbench.corpus.sources.files import FilesSpec
from tokbench.errors import CorpusError
from tokbench.workbench import looks

if TYPE_CHECKING:
    from tokbench.values import Progress

Open = Callable[..., OpenCorpus]
LINES = b"".join(b"line %d of the file\n" % number for number in range(20_000))
DATE = "Sun, 22 Nov 2026 20:00:00 GMT"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving() as found:
        yield found
    web_ranges.forget()


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were waited, but for the waiting."""
    waited: list[float] = []
    quick = patience.Patience(chance=lambda: 1.0, sleep=waited.append)
    monkeypatch.setattr(patience, "PATIENCE", quick)
    return waited


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch, waits: list[float]) -> None:
    """A quarter of a second without a byte is a stall."""
    quick = patience.Patience(read=0.25, chance=lambda: 1.0, sleep=waits.append)
    monkeypatch.setattr(patience, "PATIENCE", quick)


def says(message: str) -> pytest.RaisesExc[CorpusError]:
    return pytest.raises(CorpusError, match=f"^{re.escape(message)}$".replace(r"\.\.\.", ".+"))


@pytest.mark.parametrize("ranges", [True, False], ids=["ranges", "no_ranges"])
@pytest.mark.parametrize("name", [*written([]), "a.txt"])
def test_every_format_as_from_disk(
    name: str, ranges: bool, server: Server, tmp_path: Path, documents: Documents, opened: Open
) -> None:
    data = {**written(TEXTS), "a.txt": "\n".join(TEXTS).encode()}[name]
    for codec, pack in [("", bytes), *CODECS.items()]:
        packed = pack(data)
        (tmp_path / f"{name}{codec}").write_bytes(packed)
        url = server.serve(f"{name}{codec}", packed, ranges=ranges)
        assert documents(url) == documents(f"{name}{codec}")
        assert opened(url).size == len(packed)


@pytest.mark.parametrize("ranges", [True, False], ids=["ranges", "no_ranges"])
def test_zip(ranges: bool, server: Server, documents: Documents) -> None:
    url = server.serve("a.zip", in_zip(LINES, "a.txt"), ranges=ranges)
    assert documents(url) == LINES.decode().splitlines()
    parquet = in_zip(written(TEXTS)["a.parquet"], "b.parquet")
    for sized in (True, False):
        url = server.serve("b.zip", parquet, ranges=ranges, sized=sized)
        assert documents(url) == TEXTS


@pytest.mark.parametrize("sized", [True, False])
def test_archives_of_many_members(
    sized: bool, server: Server, documents: Documents, opened: Open
) -> None:
    files = {f"{number}.txt": b"%d\n" % number * 5 for number in range(10, 30)}
    texts = [name.removesuffix(".txt") for name in files for _ in range(5)]
    zips, tars = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zips, "w") as archive, tarfile.open(fileobj=tars, mode="w:gz") as tar:
        for name, data in files.items():
            archive.writestr(name, data)
            header = tarfile.TarInfo(name)
            header.size = len(data)
            tar.addfile(header, io.BytesIO(data))
    for name, packed in [("a.zip", zips.getvalue()), ("a.tar.gz", tars.getvalue())]:
        found = opened(server.serve(name, packed, sized=sized, ranges=sized))
        assert min(piece.size for piece in found.opened[0].source.pieces) >= 0
        assert found.size == (len(packed) if sized else 0)
        assert documents(f"{server.root}/{name}") == texts
        again = pickle.loads(pickle.dumps(found))
        done = [rows.done for rows in again.opened[0].read()]
        assert done == sorted(done)
        assert done[-1] <= again.size


def test_a_certificate_that_nobody_trusts(
    server: Server, opened: Open, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise web.httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate")

    url = server.serve("a.txt", b"")
    monkeypatch.setattr(web.httpx.Client, "send", refuse)
    with says(f"{url}: cannot be reached ([SSL: ...] self-signed certificate); check ..."):
        opened(url)
    assert not waits


@pytest.mark.parametrize("sized", [True, False])
@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("tags", [{}, {"etag": "", "modified": DATE}, {"etag": 'W/"1"'},
                                  {"etag": ""}])  # fmt: skip
def test_cut_in_the_middle(
    tags: dict[str, str], ranges: bool, sized: bool, server: Server, documents: Documents
) -> None:
    cuts = [100_000, 0, 300_000, 1]
    url = server.serve("a.txt", LINES, ranges=ranges, sized=sized, cuts=cuts, **tags)
    probes = 0 if sized else 1
    if probes:
        server.files["a.txt"].cuts.insert(0, None)
    assert documents(url) == LINES.decode().splitlines()
    asked = server.gets()[probes:]
    assert len(asked) == 5
    resumed = tags not in ({"etag": 'W/"1"'}, {"etag": ""})
    assert any(asked) == resumed


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.data())
def test_the_bytes_are_the_files(server: Server, data: st.DataObject) -> None:
    content = random.Random(data.draw(st.integers(0, 99))).randbytes(
        data.draw(st.integers(0, 60_000))
    )
    cuts = data.draw(st.lists(st.integers(0, len(content)), max_size=5))
    how = {name: data.draw(st.booleans()) for name in ("ranges", "sized")}
    if data.draw(st.booleans()):
        how["etag"] = ""
    file = web.look(server.serve("a.bin", content, **how))
    server.files["a.bin"].cuts = list(cuts)
    with file.stream() as stream:
        parts = list(iter(lambda: stream.read(data.draw(st.integers(1, 40_000))), b""))
        assert stream.raw.tell() == len(content)
    assert b"".join(parts) == content


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.data())
def test_in_any_order_as_a_file(server: Server, tmp_path: Path, data: st.DataObject) -> None:
    size = data.draw(st.integers(0, 5_000))
    content = random.Random(size).randbytes(size)
    (tmp_path / "a.bin").write_bytes(content)
    url = server.serve("a.bin", content, ranges=data.draw(st.booleans()))
    with (
        pytest.MonkeyPatch.context() as patch,
        (tmp_path / "a.bin").open("rb") as local,
        web.look(url).seekable() as remote,
    ):
        patch.setattr(web_ranges, "_BLOCK", data.draw(st.integers(1, 300)))
        for _ in range(data.draw(st.integers(1, 20))):
            whence = data.draw(st.sampled_from([0, 2]))
            place = (
                data.draw(st.integers(0, size)) if whence == 0 else -data.draw(st.integers(0, size))
            )
            assert remote.seek(place, whence) == local.seek(place, whence)
            wanted = data.draw(st.integers(0, 6_000))
            assert remote.read(wanted) == local.read(wanted)


def test_blocks_are_kept_and_read_ahead(server: Server) -> None:
    content = random.Random(0).randbytes(12 << 20)
    with web.look(server.serve("a.bin", content)).seekable() as file:
        assert b"".join(iter(lambda: file.read(100_000), b"")) == content
        file.seek(-8, 2)
        assert file.read() == content[-8:]
    # The probe, then 1, 2, 4 and the last 5 blocks of a megabyte each.
    assert len(server.gets()) == 5


def test_parquet_reads_only_its_part(server: Server, documents: Documents) -> None:
    texts = [random.Random(number).randbytes(20).hex() for number in range(1000)]
    other = [random.Random(number).randbytes(6_000).hex() for number in range(1000)]
    data = as_parquet(pa.table({"text": texts, "other": other}))
    assert documents(server.serve("a.parquet", data)) == texts
    asked = [range_.removeprefix("bytes=").split("-") for range_ in server.gets()]
    assert sum(int(last) - int(first) for first, last in asked) < len(data) // 2


@pytest.mark.usefixtures("impatient")
def test_a_stall_is_a_cut(server: Server, documents: Documents, waits: list[float]) -> None:
    url = server.serve("a.txt", LINES, cuts=[100_000], stall=1.0)
    assert documents(url) == LINES.decode().splitlines()
    assert waits[0] == 0.5


@pytest.mark.usefixtures("impatient")
def test_a_server_that_stalls_for_ever(server: Server, documents: Documents) -> None:
    url = server.serve("a.txt", LINES, cuts=[50_000, 0, 0, 0, 0, 0], stall=0.8)
    said = "cannot be read after 50,000 bytes: the server stalls, 6 times in a row; try again later"
    with says(f"{url}: {said}"):
        documents(url)


def test_busy_servers_are_waited_for(
    server: Server, documents: Documents, waits: list[float]
) -> None:
    url = server.serve("a.txt", b"one\n", refusals=[503, 500, 429, 408, 502])
    assert documents(url) == ["one"]
    assert waits == [0.5, 1, 2, 4, 8]
    url = server.serve("a.txt", b"one\n", refusals=[503] * 6)
    said = "cannot be read: the server answers 503 Service Unavailable, 6 times in a row; "
    with says(f"{url}: {said}try again later"):
        documents(url)


def test_retry_after_is_obeyed_within_reason(
    server: Server, documents: Documents, waits: list[float]
) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(days=3), usegmt=True)
    for said, least in [("7", 7), ("120", 120), ("soon", 0.5)]:
        waits.clear()
        url = server.serve("a.txt", b"one\n", refusals=[429], retry_after=said)
        assert documents(url) == ["one"]
        assert waits == [least]
    waits.clear()
    for said in ("86400", later):
        url = server.serve("a.txt", b"one\n", refusals=[429], retry_after=said)
        refusal = "cannot be read: the server answers 429 Too Many Requests and asks to wait"
        with says(f"{url}: {refusal} ... s, more than the 120 s that are waited; try again then"):
            documents(url)
    assert waits == []


def test_waiting_is_told(
    server: Server, documents: Documents, caplog: pytest.LogCaptureFixture
) -> None:
    url = server.serve("a.txt", b"one\n", refusals=[429, 503], retry_after="20")
    secret = url.replace("://", "://me:word@") + "?token=hf_x"
    assert documents(secret) == ["one"]
    assert [record.getMessage() for record in caplog.records if record.name == "tokbench"] == [
        "waiting 20 s for 127.0.0.1: the server answers 429 Too Many Requests (1 of 6)",
        "waiting 20 s for 127.0.0.1: the server answers 503 Service Unavailable (2 of 6)",
    ]


def test_faults_long_apart_are_not_added_up(server: Server, documents: Documents) -> None:
    url = server.serve("a.txt", LINES * 30, cuts=[1_200_000] * 8, abrupt=False)
    assert len(documents(url)) == 600_000


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "the server wants credentials; ... (401 Unauthorized)"),
        (403, "the server does not let you read this; ... (403 Forbidden)"),
        (404, "the server has no such file; check the address (404 Not Found)"),
        (410, "the server no longer has this file; check the address (410 Gone)"),
        (451, "cannot be read; check the address (451 Unavailable For Legal Reasons)"),
        (501, "cannot be read; check the address (501 Not Implemented)"),
    ],
)
def test_refused_at_once(
    status: int, said: str, server: Server, opened: Open, waits: list[float]
) -> None:
    url = server.serve("a.txt", b"", refusals=[status] * 2)
    with says(f"{url}: {said}"):
        opened(url)
    assert not waits


def test_nobody_there(opened: Open, waits: list[float]) -> None:
    with serving() as gone:
        url = gone.serve("a.txt", b"")
    with says(f"{url}: cannot be read: ..., 6 times in a row; try again later"):
        opened(url)
    assert len(waits) == 5
    with says("http://[::1/a.txt: is no address of a file; check it"):
        opened("http://[::1/a.txt")
    with says("http://a.org/*.txt: web servers list no files; name each"):
        opened("http://a.org/*.txt")


def test_head_that_is_not_answered(server: Server, opened: Open, documents: Documents) -> None:
    url = server.serve("a.txt", LINES, no_head=True)
    assert opened(url).size == len(LINES)
    assert documents(url) == LINES.decode().splitlines()
    url = server.serve("b.txt", b"", no_head=True)
    assert documents(url) == []


def test_redirect(server: Server, documents: Documents) -> None:
    there = server.serve("b.bin", b"one\ntwo")
    url = server.serve("a.txt", b"", moved=there)
    assert documents(url) == ["one", "two"]
    url = server.serve("c.txt", b"", moved="/c.txt")
    with says(f"{url}: cannot be reached (...); check the address"):
        documents(url)
    url = server.serve("d.txt", b"", moved="file:///etc/passwd")
    with says(f"{url}: cannot be reached (...); check the address"):
        documents(url)


def test_packed_on_the_way(server: Server, documents: Documents) -> None:
    packed = CODECS[".gz"](b"one\ntwo")
    for name in ("a.txt", "a.txt.gz"):
        url = server.serve(name, packed, headers={"Content-Encoding": "gzip"})
        assert documents(url) == ["one", "two"]
    url = server.serve("a.txt", b"", headers={"Content-Encoding": "br"})
    with says(f"{url}: is sent packed with 'br', which is not read; save it here first"):
        documents(url)


def test_wrong_length(server: Server, documents: Documents) -> None:
    url = server.serve("a.txt", LINES, promised=len(LINES) + 10)
    with says(
        f"{url}: changed since it was looked at (at least 448891 bytes then, 448890 now); ..."
    ):
        documents(url)
    url = server.serve("a.txt", LINES, promised=len(LINES) + 10, ranges=False)
    with says(f"{url}: cannot be read after 448,890 bytes: ..., 6 times in a row; try again later"):
        documents(url)


CHANGED = "changed since it was looked at (...); start again, so that all is of one version"


@pytest.mark.parametrize("name", ["a.txt", "a.parquet", "a.zip"])
@pytest.mark.parametrize("tags", [{}, {"etag": "", "modified": DATE}, {"etag": ""}])
def test_change_between_opening_and_reading(
    tags: dict[str, str], name: str, server: Server, opened: Open
) -> None:
    made = {
        "a.txt": bytes,
        "a.zip": lambda data: in_zip(data, "a.txt"),
        "a.parquet": lambda data: written(data.decode().split())["a.parquet"],
    }[name]
    url = server.serve(name, made(b"one\n"), **tags)
    found = opened(url)
    server.serve(name, made(b"one\ntwo\n"), **{**tags, **({"modified": DATE[:-3]} if tags else {})})
    with says(f"{url}: {CHANGED}"):
        list(found.batches())


@pytest.mark.parametrize("tags", [{}, {"etag": "", "modified": DATE}, {"etag": ""}])
@pytest.mark.parametrize("ranges", [True, False])
def test_change_while_it_is_read(
    ranges: bool, tags: dict[str, str], server: Server, documents: Documents
) -> None:
    def change(gets: int) -> None:
        if gets == 2:
            how = server.files["a.txt"]
            how.data = LINES.replace(b"line 7 ", b"line 8 ")
            how.modified = how.modified and "Sun, 22 Nov 2026 20:00:01 GMT"

    url = server.serve("a.txt", LINES, ranges=ranges, cuts=[100_000], then=change, **tags)
    with says(f"{url}: {CHANGED}"):
        documents(url)


def test_identity(server: Server, opened: Open) -> None:
    said = {}
    for name, how in [("etag", {}), ("modified", {"etag": "", "modified": DATE}),
                      ("xxh3", {"etag": ""}), ("modified", {"etag": 'W/"1"', "modified": DATE}),
                      ("xxh3", {"etag": 'W/"1"'})]:  # fmt: skip
        url = server.serve("a.txt", b"one\n", **how)
        (source,) = opened(url).opened
        ((shown, version),) = source.source.identity()["files"]
        assert (shown, version.split()[0]) == (url, name)
        (piece,) = source.source.pieces
        assert piece.version == (version if name != "xxh3" else "")
        said[name] = opened(url).identity()
        assert said[name] == opened(url).identity()
        change = {"modified": how["modified"].replace("22", "23")} if "modified" in how else {}
        server.serve("a.txt", b"two\n", **{**how, **change})
        assert opened(url).identity() != said[name]
    assert len(set(said.values())) == 3


def test_progress(server: Server, opened: Open) -> None:
    data = CODECS[".gz"](random.Random(0).randbytes(300_000).hex().encode().replace(b"7", b"\n"))
    for sized in (True, False):
        url = server.serve("a.txt.gz", data, sized=sized, ranges=sized)
        seen: list[Progress] = []
        assert sum(map(len, opened(url).batches("all", seen.append))) > 1000
        assert [each.done for each in seen] == sorted(each.done for each in seen)
        assert seen[-1].done == (len(data) if sized else 0)


def test_secrets_are_never_shown(server: Server, opened: Open, documents: Documents) -> None:
    secret = "s3cret"  # noqa: S105 - of nothing
    plain = server.serve("a.txt", b"one\n", password="Basic bWU6czNjcmV0")
    there = plain.replace("//", f"//me:{secret}@") + f"?token={secret}&X-Amz-Signature={secret}"
    shown = plain.replace("//", "//***@") + "?token=***&X-Amz-Signature=***"
    assert documents(there) == ["one"]
    found = opened(there)
    assert found.sources == (shown,)
    assert secret not in repr(found.opened[0].source.files)
    assert looks.opened([there], (), None)[0] == shown
    assert secret not in found.spec.model_dump_json()
    assert secret not in json.dumps(found.opened[0].identity())
    again = pickle.loads(pickle.dumps(found))
    assert again.identity() == found.identity()
    assert sum(map(len, again.batches("all"))) == 1
    other = opened(there.replace("X-Amz-Signature=s3", "X-Amz-Signature=S4"))
    assert other.identity() == found.identity()
    server.files["a.txt"].refusals = [403, 403]
    with pytest.raises(CorpusError, match=re.escape(f"{shown}: the server")) as caught:
        opened(there)
    assert secret not in str(caught.value)
    with pytest.raises(CorpusError) as caught:
        opened(f"http://me:{secret}@[::1/a.txt?key={secret}")
    assert secret not in str(caught.value)


def test_names_of_addresses(server: Server, documents: Documents) -> None:
    url = server.serve("d/%ED%95%9C.jsonl.gz", CODECS[".gz"](b'{"text": "one"}'))
    assert documents(f"{url}?download=true") == ["one"]
    url = server.serve("d", b"one\n")
    with says(f"{url}: no extension; say what it is with `format:`, ..."):
        documents(url)
    assert documents(url, format="txt") == ["one"]


def test_one_corpus_of_both(server: Server, tmp_path: Path, documents: Documents) -> None:
    (tmp_path / "a.txt").write_text("here")
    url = server.serve("a.txt", b"there")
    assert documents("a.txt", url, "*.txt", url) == ["here", "there"]


def test_the_copy_is_made_once(server: Server, opened: Open) -> None:
    archive = in_zip(LINES, "a.txt")
    found = opened(server.serve("a.zip", archive, ranges=False))
    server.asked.clear()
    for _ in range(3):
        list(found.batches())
    # Each reading asks whether there are ranges by now.
    assert len(server.gets()) == 3


def test_spread_reads_addresses_too(server: Server) -> None:
    url = server.serve("a.txt", LINES * 4)
    spec = corpus.CorpusSpec(sources=(FilesSpec(paths=(url,)),), held_out=0)
    found = list(corpus.open(spec, Path()).spread())
    assert sum(len(batch) for batch, _ in found) == 80_000
