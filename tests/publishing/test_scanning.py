"""What must never go up is found wherever it stands, and named without being shown."""

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokbench.errors import PublishingError
from tokbench.publishing.bundle import Bundle, File
from tokbench.publishing.scanning import Known, Leak, leaks, refuse_leaks

SECRETS = {
    "hf_" + "aB3dE6gH9jK2mN5pQ8sT": "a token of the Hugging Face Hub",
    "sk-" + "proj-aB3dE6gH9jK2mN5p": "an API key (sk-...)",
    "AKIA" + "IOSFODNN7ABCDEFG": "a key of AWS",
    "ghp_" + "aB3dE6gH9jK2mN5pQ8sTaB3dE6gH9jK2mN5p": "a token of GitHub",
    "glpat-" + "aB3dE6gH9jK2mN5p": "a token of GitLab",
    "xoxb-" + "123456789012-aB3dE6": "a token of Slack",
    "-----BEGIN OPENSSH " + "PRIVATE KEY-----": "a private key",
    "https://ann:" + "s3cr3t@host.de/a": "a password in an address",
    'password = "correct1horse"': "a password or key",
    "API_KEY: 9f8e7d6c5b4a": "a password or key",
    "client-secret=abcdefgh-ijklmnop-qr": "a password or key",
    "/home/ann/data/a.txt": "a path of somebody's machine",
    "/Users/ann/a.txt": "a path of somebody's machine",
    r"C:\Users\ann\a.txt": "a path of somebody's machine",
    r"D:\work\client\a.txt": "a path of somebody's machine",
    r"\\server\share\a.txt": "a path of somebody's machine",
    "sk_live_" + "aB3dE6gH9jK2mN5pQ8sT": "a key of Stripe",
    "npm_" + "aB3dE6gH9jK2mN5pQ8sTaB3dE6gH9jK2mN5p": "a token of npm",
    "ssh-ed25519 " + "AAAAC3NzaC1lZDI1NTE5AAAAI ann@laptop": "a key of SSH",
    "Authorization: Basic " + "YW5uOnMzY3JldA": "a password or key",
    base64.b64encode(b"login hf_" + b"aB3dE6gH9jK2mN5pQ8sT").decode(): "a token of the Hugging "
    "Face Hub",
    "hf_aB3d\u200bE6gH9jK2" + "mN5pQ8sT": "a token of the Hugging Face Hub",
    "ann@uni-example.de": "a mail address",
}
FINE = (
    "eos_token: </s>",
    "secret: none",
    "password: ${PASSWORD}",
    "the password of a user is asked for",
    "user@example.org and somebody@mail.example",
    "git@github.com:owner/name.git",
    "see https://huggingface.co/owner/name/tree/main",
    "/home/<name>/data",
    "x = a @ b.T",
    "api_key = None",
    "Ġhf_hub_download",
    "sk-learn and task-specific-parameters",
    "from hf_hub\ndownloadTheFile2 and so on",
    "a pattern: x:\\w+\\s and \\p{L}+",
    "see /usr/share/dict/words",
)


def _kinds(path: str, text: str, known: Known | None = None) -> list[str]:
    return [one.kind for one in leaks(File(path, text.encode()), known or Known())]


@pytest.mark.parametrize(("secret", "kind"), SECRETS.items())
@pytest.mark.parametrize("path", ["README.md", "recipe.yaml", "chat_template.jinja"])
def test_secrets_are_found_with_their_line_and_not_shown(secret: str, kind: str, path: str) -> None:
    written = json.dumps(secret)[1:-1] if path != "README.md" else secret
    found = list(leaks(File(path, f"first\nsecond\n  said: {written}\n".encode()), Known()))
    assert Leak(path, 3, kind) in found
    with pytest.raises(PublishingError) as error:
        refuse_leaks(Bundle.of({path: f"a\n{written}\n".encode()}), Known())
    assert secret not in str(error.value)
    assert f"{path}:2: holds " in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", FINE)
def test_what_only_looks_like_one_is_fine(text: str) -> None:
    for path in ("README.md", "recipe.yaml", "tokbench.json", "report.html"):
        assert not _kinds(path, text)


def test_escapes_hide_nothing() -> None:
    token = "hf_" + "aB3dE6gH9jK2mN5pQ8sT"
    escaped = "".join(f"\\u{ord(one):04x}" for one in token)
    assert _kinds("tokbench.json", f'{{\n"a": "{escaped}"}}') == ["a token of the Hugging Face Hub"]
    entities = "".join(f"&#{ord(one)};" for one in "ann@uni-somewhere.de")
    assert _kinds("report.html", f"<p>{entities}</p>") == ["a mail address"]


def test_in_a_vocabulary_paths_are_text_and_keys_are_not() -> None:
    words = {"/home/ann/data": 0, "password=hunter2": 1}
    state = json.dumps({"model": {"vocab": words}}, indent=2)
    assert not _kinds("tokenizer.json", state)
    token = "hf_" + "aB3dE6gH9jK2mN5pQ8sT"
    state = json.dumps({"model": {"vocab": {token: 0, "ann@uni.de": 1}}}, indent=2)
    assert _kinds("tokenizer.json", state) == ["a token of the Hugging Face Hub", "a mail address"]
    with pytest.raises(PublishingError, match="train again"):
        refuse_leaks(Bundle.of({"tokenizer.json": state.encode()}), Known())


def test_what_this_machine_knows_of_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_SECRET", "unmistakable-words")
    monkeypatch.setenv("TOKENIZERS_PARALLELISM", "unmistakable")
    monkeypatch.setenv("MAX_TOKENS", "123456789")
    monkeypatch.setenv("HOME", str(tmp_path / "ann"))
    known = Known.here("a-token-of-no-known-form", [tmp_path / "runs"], ["Ann <ann@uni.de>"])
    assert _kinds("a", "said unmistakable-words", known) == [
        "the value of the variable SOME_SECRET"
    ]
    assert not _kinds("a", "unmistakable 123456789 ann@uni.de", known)
    assert _kinds("a", "Bob@uni.de", known) == ["a mail address"]
    assert _kinds("a", "a-token-of-no-known-form", known) == ["the token of your login"]
    for folder in (tmp_path / "ann", tmp_path / "runs", Path.cwd()):
        assert _kinds("a", f"of {folder}/a.txt", known) == ["a path of this machine"], folder
        assert not _kinds("a", f"of {folder}-other", known)


def test_what_is_known_is_found_however_it_is_written(tmp_path: Path) -> None:
    secret = "unmistakable/words+1"  # noqa: S105 - made up
    known = Known({secret: "it"}, looks=True)
    ways = [secret[:7] + "\n    " + secret[7:], f'"{secret[:7]}" + "{secret[7:]}"']
    ways += ["unmistakable%2Fwords%2B1"]
    ways += [base64.b64encode(b"abc"[:k] + secret.encode() + b"?").decode() for k in range(3)]
    ways += [base64.urlsafe_b64encode(secret.encode()).decode()]
    for way in ways:
        assert _kinds("README.md", f"said\n{way}\n", known) == ["it"], way
    (tmp_path / "of-mine").write_text("x")
    place = f"{tmp_path}/of-mine"
    assert _kinds("README.md", f"as in {place}.", known) == ["a path of this machine"]
    assert not _kinds("README.md", f"as in {place}-not-there and https://a.org{place}", known)


def test_keys_are_found_across_the_end_of_a_line() -> None:
    first, second = "hf_" + "aB3dE6gH9j", "K2mN5pQ8sTxY"
    for text in (f"it is {first}\n  {second} there", f'"{first}"\n + "{second}"'):
        assert _kinds("README.md", text) == ["a token of the Hugging Face Hub"]
        assert _kinds("tokbench.json", json.dumps({"a": text}))


def test_binary_files_are_looked_through_for_what_is_known() -> None:
    known = Known({"a-token-of-no-known-form": "the token of your login"}, ("/data/of/ann",))
    data = b"\x00\xff" + b"a-token-of-no-known-form" + b"\x00/data/of/ann\x00"
    path = "models/a/model.safetensors"
    found = [one.kind for one in leaks(File(path, data), known)]
    assert found == ["the token of your login", "a path of this machine"]


def test_names_of_files_are_looked_at() -> None:
    path = "models/" + "hf_" + "aB3dE6gH9jK2mN5pQ8sT/config.json"
    assert Leak(path, None, "a token of the Hugging Face Hub") in list(
        leaks(File(path, b"{}"), Known())
    )


@given(
    before=st.text(alphabet=st.characters(exclude_characters="\\", exclude_categories=["Cs"])),
    secret=st.sampled_from(sorted(SECRETS)),
)
def test_found_wherever_it_stands(before: str, secret: str) -> None:
    text = f"{before}\n {secret}\n{before}"
    assert SECRETS[secret] in _kinds("notes", text)
