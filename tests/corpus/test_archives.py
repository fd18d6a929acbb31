"""Zips and tars: every member as a file of its own, and nothing that they could do to harm."""

import gzip
import io
import random
import re
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from corpus_files import CODECS, TEXTS, Documents, in_zip, written

from tokbench import corpus
from tokbench.corpus import OpenCorpus
from tokbench.corpus.cleaned import Account
from tokbench.errors import CorpusError

Open = Callable[..., OpenCorpus]
PACKED = {".tar": bytes, ".tgz": gzip.compress, **{f".tar{name}": pack for name, pack in
          CODECS.items()}}  # fmt: skip


def in_tar(files: dict[str, bytes], **how: object) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", **how) as archive:
        for name, data in files.items():
            header = tarfile.TarInfo(name)
            header.size = len(data)
            archive.addfile(header, io.BytesIO(data))
    return sink.getvalue()


def says(message: str) -> pytest.RaisesExc[CorpusError]:
    return pytest.raises(CorpusError, match=f"^{re.escape(message)}$".replace(r"\.\.\.", ".+"))


def notes(found: OpenCorpus) -> list[str]:
    """What one whole read tells of what it left out."""
    account = Account()
    rows = sum(len(each.batch) for each in found.opened[0].read(account=account))
    assert account.read.documents_out == rows
    return account.read.notes


@pytest.mark.parametrize("packing", PACKED)
def test_tar_in_its_own_order(packing: str, tmp_path: Path, documents: Documents) -> None:
    files = {
        "z/1.txt": b"one\ntwo",
        "z/2.jsonl.gz": CODECS[".gz"](b'{"text": "three"}\n'),
        "z/._2.jsonl": b"\xff",
        "__MACOSX/z/3.txt": b"\xff",
        "a.csv.zst": CODECS[".zst"](b"text\nfour\n"),
    }
    (tmp_path / f"a{packing}").write_bytes(PACKED[packing](in_tar(files)))
    assert documents(f"a{packing}") == ["one", "two", "three", "four"]


@pytest.mark.parametrize("packing", [".tar", ".tar.gz", ".zip"])
def test_every_format_in_an_archive(packing: str, tmp_path: Path, documents: Documents) -> None:
    for name, data in written(TEXTS).items():
        packed = in_zip(data, name) if packing == ".zip" else PACKED[packing](in_tar({name: data}))
        (tmp_path / f"a{packing}").write_bytes(packed)
        assert documents(f"a{packing}") == TEXTS
    for name in ("a.parquet", "a.arrow", "a.feather"):
        for codec, pack in CODECS.items():
            (tmp_path / f"{name}{codec}").write_bytes(pack(written(TEXTS)[name]))
            assert documents(f"{name}{codec}") == TEXTS


@pytest.mark.parametrize("format_", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_long_names(format_: int, tmp_path: Path, documents: Documents) -> None:
    name = "/".join(["folder" * 5] * 6) + "/" + "n" * 60 + ".txt"
    (tmp_path / "a.tar").write_bytes(in_tar({name: b"one"}, format=format_))
    assert documents("a.tar") == ["one"]


def test_a_large_member_is_not_held(tmp_path: Path, opened: Open) -> None:
    texts = b"some text in a line\n" * 500_000
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(in_tar({"a.txt": texts, "b.txt": b"b"})))
    batches = opened("a.tar.gz").batches("all")
    assert next(batches).nbytes < 5 << 20
    assert sum(map(len, batches)) > 300_000


def test_progress_through_a_tar(tmp_path: Path, opened: Open) -> None:
    files = written([random.Random(number).randbytes(40).hex() for number in range(4_000)])
    files["c.txt"] = random.Random(0).randbytes(2 << 20).hex(" ", 20).replace(" ", "\n").encode()
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(in_tar({**files, "b.txt": b"end"})))
    found = opened("a.tar.gz")
    done = [rows.done for rows in found.opened[0].read()]
    assert done == sorted(done)
    assert len(set(done)) > 5
    assert 0 < done[0] < done[-1] <= found.size == (tmp_path / "a.tar.gz").stat().st_size


def test_what_is_left_out_is_said(tmp_path: Path, opened: Open, documents: Documents) -> None:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        for name, kind in [("l.txt", tarfile.SYMTYPE), ("h.txt", tarfile.LNKTYPE),
                           ("d.txt", tarfile.CHRTYPE), ("f.txt", tarfile.FIFOTYPE),
                           ("folder.txt", tarfile.DIRTYPE)]:  # fmt: skip
            header = tarfile.TarInfo(name)
            header.type, header.linkname = kind, "/etc/passwd"
            archive.addfile(header)
        for name in ["/etc/a.txt", "../b.txt", "x/../../c.txt", "README", "a.pdf", "ok.txt"]:
            header = tarfile.TarInfo(name)
            header.size = 2
            archive.addfile(header, io.BytesIO(b"ok"))
    (tmp_path / "a.tar").write_bytes(sink.getvalue())
    assert documents("a.tar") == ["ok"]
    said = [
        "a.tar: left out links (2): l.txt, h.txt",
        "a.tar: left out devices and files with holes (2): d.txt, f.txt",
        "a.tar: left out paths out of the archive (3): /etc/a.txt, ../b.txt, x/../../c.txt",
        "a.tar: left out files of unknown kind (2): README, a.pdf",
    ]
    assert notes(opened("a.tar")) == said
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        link = zipfile.ZipInfo("l.txt")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        for name in ["/etc/a.txt", "../b.txt", "README", "ok.txt"]:
            archive.writestr(name, "ok")
    found = opened("b.zip")
    said = [
        "b.zip: left out links (1): l.txt",
        "b.zip: left out paths out of the archive (2): /etc/a.txt, ../b.txt",
        "b.zip: left out files of unknown kind (1): README",
    ]
    assert notes(found) == said == list(found.opened[0].source.notes)
    assert documents("b.zip") == ["ok"]


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz"])
def test_members_by_glob(name: str, tmp_path: Path, documents: Documents, opened: Open) -> None:
    files = {"pos/1.txt": b"one", "neg/2.txt": b"two", "pos/x.log": b"x", "LICENSE": b"no"}
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for member, data in files.items():
            archive.writestr(member, data)
    packed = sink.getvalue() if name == "a.zip" else gzip.compress(in_tar(files))
    (tmp_path / name).write_bytes(packed)
    assert sorted(documents(name)) == ["one", "two"]
    assert documents(name, members="pos/*.txt") == ["one"]
    assert documents(name, members=["LICENSE", "x/*"], format="txt") == ["no"]
    assert sorted(documents(name, format="txt")) == ["no", "one", "two", "x"]
    with says(f"{name}: no member matches '*.csv'; the whole path of a member is matched"):
        documents(name, members="*.csv")
    with says(f"{name}/pos/x.log: unknown extension '.log'; say what it is with `format:`, ..."):
        documents(name, members="pos/*")
    whole = opened(name).identity()
    assert opened(name, members="pos/*.txt").identity() != whole
    (tmp_path / "a.txt").write_text("one")
    with says("a.txt: option 'members' does nothing without a zip or tar; leave it out"):
        opened("a.txt", members="*.txt")


def test_nothing_in_it(tmp_path: Path, documents: Documents) -> None:
    (tmp_path / "a.tar").write_bytes(in_tar({}))
    with says("a.tar: is an archive without a file in it; leave it out"):
        documents("a.tar")
    (tmp_path / "a.tar").write_bytes(in_tar({"README": b"x"}))
    with says("a.tar: holds no file of a known kind, only README; say what they are ..."):
        documents("a.tar")
    for inner in ("b.zip", "b.tar.gz"):
        kind = inner.split(".")[1]
        (tmp_path / "a.tar").write_bytes(in_tar({inner: b"x"}))
        held = f"holds no file of a known kind, but archives ({inner})"
        with says(f"a.tar: {held}; unpack the outer one"):
            documents("a.tar")
        with says(f"a.tar/{inner}: is a {kind} in an archive; unpack the outer one"):
            documents("a.tar", members="b.*")


@pytest.mark.parametrize("name", ["a.tar", "a.zip"])
def test_an_archive_among_others_is_left_out(
    name: str, tmp_path: Path, opened: Open, documents: Documents
) -> None:
    files = {"1.txt": b"one", "b.tar.gz": b"x", "c.zip": b"x"}
    (tmp_path / name).write_bytes(in_tar(files))
    if name == "a.zip":
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for inner, data in files.items():
                archive.writestr(inner, data)
    assert documents(name) == ["one"]
    assert notes(opened(name)) == [f"{name}: left out archives (2): b.tar.gz, c.zip"]


@pytest.mark.parametrize("packing", [".tar", ".tar.gz", ".tar.zst"])
def test_tar_cut_short_anywhere(packing: str, tmp_path: Path, documents: Documents) -> None:
    files = {f"{number}.txt": b"some text\n" * 100 for number in range(5)}
    whole = PACKED[packing](in_tar(files))
    # The padding behind the end, which is of zeros, may be missing.
    end = len(whole.rstrip(b"\0")) + 1 if packing == ".tar" else len(whole)
    path = tmp_path / f"a{packing}"
    for length in {1, 100, end - 9, end - 1, *range(0, end, max(1, end // 40))}:
        path.write_bytes(whole[:length])
        with pytest.raises(CorpusError, match=rf"^a\{packing}(/\d.txt)?: is (cut|damaged|not)"):
            documents(path.name)


def test_damaged_tar(tmp_path: Path, documents: Documents) -> None:
    files = {f"{number}.txt": b"some text\n" for number in range(3)}
    whole = in_tar(files)
    second = whole.index(b"1.txt")
    (tmp_path / "a.tar").write_bytes(whole[:second] + b"?" + whole[second + 1 :])
    with says("a.tar: is damaged or cut short (bad checksum); copy it again"):
        documents("a.tar")
    (tmp_path / "a.tar").write_bytes(whole + whole)
    with says("a.tar: goes on behind its end, as two joined tars do; unpack them"):
        documents("a.tar")
    header = tarfile.TarInfo("long")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 8 << 30
    (tmp_path / "a.tar").write_bytes(header.tobuf(tarfile.GNU_FORMAT) + bytes(4096))
    with says("a.tar: is damaged or cut short (a name of 8,589,934,592 bytes); copy it again"):
        documents("a.tar")
    (tmp_path / "a.tar").write_bytes(random.Random(0).randbytes(5000))
    with says("a.tar: is damaged or cut short (...); copy it again"):
        documents("a.tar")


def test_errors_name_the_member(tmp_path: Path, documents: Documents) -> None:
    (tmp_path / "a.tar").write_bytes(in_tar({"b.csv": b"text,n\nx,1\ny\n", "c.jsonl": b"{}\n"}))
    with says("a.tar/b.csv: row 3: has 1 field where 2 are named; ..."):
        documents("a.tar")
    (tmp_path / "a.tar").write_bytes(in_tar({"c.jsonl": b"\n{}\n"}))
    with says("a.tar/c.jsonl: row 2: no field 'text'; ..."):
        documents("a.tar")
    (tmp_path / "a.tar").write_bytes(in_tar({"c.txt.gz": b"plain"}))
    with says("a.tar/c.txt.gz: is not gzip, whatever its name says; ..."):
        documents("a.tar")


@pytest.fixture
def small_bombs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokbench.corpus.pieces.MOST", 1 << 20)
    monkeypatch.setattr("tokbench.corpus.formats.compression.MOST", 1 << 20)


@pytest.mark.usefixtures("small_bombs")
@pytest.mark.parametrize("name", [*(f"a.txt{codec}" for codec in CODECS), "a.zip", "a.tar.gz",
                                  "b.tar", "a.parquet.gz", "c.zip"])  # fmt: skip
def test_bombs(name: str, tmp_path: Path, opened: Open, documents: Documents) -> None:
    zeros = (b"0" * 63 + b"\n") * (1 << 16)
    made = {
        "a.txt.zst": lambda: pa.Codec("zstd", 19).compress(zeros, asbytes=True),
        "a.zip": lambda: in_zip(zeros, "a.txt"),
        "a.tar.gz": lambda: gzip.compress(in_tar({"a.txt": zeros, "b.txt": zeros})),
        "b.tar": lambda: in_tar({"a.txt.gz": gzip.compress(zeros)}),
        "a.parquet.gz": lambda: gzip.compress(zeros),
        "c.zip": lambda: in_zip(CODECS[".xz"](zeros), "a.txt.xz"),
    }
    codec = f".{name.rpartition('.')[2]}"
    packed = made[name]() if name in made else CODECS[codec](zeros)
    (tmp_path / name).write_bytes(packed)
    said = "unpacks to more than 200 times its size (... bytes from ...); if it is meant to, allow"
    with pytest.raises(CorpusError, match=re.escape(said).replace(r"\.\.\.", "[0-9,]+")) as caught:
        assert all(batch.nbytes < 5 << 20 for batch in opened(name).batches("all"))
    if name != "a.parquet.gz":
        allowed = int(re.findall(r"`max_expansion: (\d+)`", str(caught.value))[0])
        assert len(documents(name, max_expansion=10 * allowed)) % (1 << 16) == 0


@pytest.mark.usefixtures("small_bombs")
def test_text_is_no_bomb(tmp_path: Path, documents: Documents) -> None:
    lines = b"".join(b"%d and %d\n" % (number, number % 7) for number in range(100_000))
    (tmp_path / "a.txt.xz").write_bytes(CODECS[".xz"](lines))
    assert len(documents("a.txt.xz")) == 100_000


def test_overlapping_members(tmp_path: Path, opened: Open) -> None:
    whole = bytearray(in_zip(b"x" * 1000, "a.txt"))
    at = whole.index(b"PK\x01\x02")
    whole[at + 20 : at + 24] = (1 << 20).to_bytes(4, "little")
    (tmp_path / "a.zip").write_bytes(whole)
    with says("a.zip: has members that overlap, as bombs do; make it again"):
        opened("a.zip")


def test_zip_of_very_many_members(
    tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tokbench.corpus.pieces._MOST_MEMBERS", 10)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for number in range(11):
            archive.writestr(f"{number}.txt", "x")
    with says("a.zip: has 11 members, more than 10; unpack it, or join them in a .jsonl"):
        opened("a.zip")


def test_identity_of_a_tar(tmp_path: Path, opened: Open) -> None:
    (tmp_path / "a.tar").write_bytes(in_tar({"a.txt": b"one"}))
    before = opened("a.tar").identity()
    assert opened("a.tar", max_expansion=1000).identity() == before
    (tmp_path / "a.tar").write_bytes(in_tar({"a.txt": b"two"}))
    assert opened("a.tar").identity() != before
    spec = corpus.CorpusSpec.model_validate({"sources": [{"type": "files", "paths": "a.tar"}]})
    assert sum(len(batch) for batch, _ in corpus.open(spec, tmp_path).spread("all")) == 1
