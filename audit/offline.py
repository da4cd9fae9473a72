"""Check a case bundle with nothing but Python's standard library: `python3 -I verify.py BUNDLE.zip [KEY …]`.

This file stands in every bundle as `verify.py`, and needs nothing of the office: not its program, its database or its
word. Take it from whom you trust, not from the bundle: whoever forges a bundle can put another one into it.

It checks that the bundle holds the files it must and no others, that every event is what its hash seals, that events
follow one another without a gap, that each stands in the history that was signed (RFC 9162 inclusion proofs to a C2SP
checkpoint, Ed25519), and that policies, calendars, names and evidence are those that the events name. It says up to
which event and which checkpoint, and by which key: without a KEY that you know from elsewhere, the bundle fits together
and is signed by somebody, and no more. `--replay FILE` writes the case, event by event, as a page to read.
"""

import base64
import hashlib
import html
import json
import pathlib
import sys
import zipfile

# --- Ed25519, RFC 8032 §5.1.7: verification only ------------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
I = pow(2, (P - 1) // 4, P)  # noqa: E741  # the letter of RFC 8032


def _add(a, b):
    x1, y1, z1, t1 = a
    x2, y2, z2, t2 = b
    m = (y1 - x1) * (y2 - x2) % P
    n = (y1 + x1) * (y2 + x2) % P
    c = 2 * t1 * t2 * D % P
    d = 2 * z1 * z2 % P
    e, f, g, h = n - m, d - c, d + c, n + m
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(n, point):
    total = (0, 1, 1, 0)
    while n:
        if n & 1:
            total = _add(total, point)
        point = _add(point, point)
        n >>= 1
    return total


def _x_of(y, sign):
    if y >= P:
        return None
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P)
    x = pow(xx, (P + 3) // 8, P)
    if (x * x - xx) % P:
        x = x * I % P
    if (x * x - xx) % P or (x == 0 and sign):
        return None
    return P - x if (x & 1) != sign else x


def _point(raw):
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    x = _x_of(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


_BASE_Y = 4 * pow(5, P - 2, P) % P
_BASE = (_x_of(_BASE_Y, 0), _BASE_Y, 1, _x_of(_BASE_Y, 0) * _BASE_Y % P)


def ed25519_holds(public, message, signature):
    """Say whether this is the signature of the message by the holder of the key."""
    if len(public) != 32 or len(signature) != 64:  # noqa: PLR2004  # the lengths of RFC 8032
        return False
    a, r = _point(public), _point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    left, right = _times(s, _BASE), _add(r, _times(h, a))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


# --- SM3, GB/T 32905, for a Python whose hashlib lacks it ----------------------------------------------------------

MASK = 0xFFFFFFFF
SM3_START = (0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E)


def _left(word, count):
    count %= 32
    return ((word << count) | (word >> (32 - count))) & MASK


def sm3(data):
    """Return the SM3 digest of the bytes."""
    padded = data + b"\x80" + b"\x00" * (-(len(data) + 9) % 64) + (8 * len(data)).to_bytes(8, "big")
    state = tuple(SM3_START)
    for first in range(0, len(padded), 64):
        w = [int.from_bytes(padded[first + 4 * n : first + 4 * n + 4], "big") for n in range(16)]
        for n in range(16, 68):
            x = w[n - 16] ^ w[n - 9] ^ _left(w[n - 3], 15)
            w.append(x ^ _left(x, 15) ^ _left(x, 23) ^ _left(w[n - 13], 7) ^ w[n - 6])
        a, b, c, d, e, f, g, h = state
        for n in range(64):
            t = 0x79CC4519 if n < 16 else 0x7A879D8A  # noqa: PLR2004  # the rounds of the standard
            s1 = _left((_left(a, 12) + e + _left(t, n)) & MASK, 7)
            s2 = s1 ^ _left(a, 12)
            ff = a ^ b ^ c if n < 16 else (a & b) | (a & c) | (b & c)  # noqa: PLR2004
            gg = e ^ f ^ g if n < 16 else (e & f) | (~e & MASK & g)  # noqa: PLR2004
            t1 = (ff + d + s2 + (w[n] ^ w[n + 4])) & MASK
            t2 = (gg + h + s1 + w[n]) & MASK
            a, b, c, d, e, f, g, h = t1, a, _left(b, 9), c, t2 ^ _left(t2, 9) ^ _left(t2, 17), e, _left(f, 19), g
        state = tuple(x ^ y for x, y in zip((a, b, c, d, e, f, g, h), state, strict=True))
    return b"".join(word.to_bytes(4, "big") for word in state)


def digest(algorithm, data):
    """Return the digest of the bytes with the hash function that the record names."""
    if algorithm == "sha256":
        return hashlib.sha256(data).digest()
    if algorithm != "sm3":
        raise Wrong(f"the hash function {algorithm} is not known")
    return hashlib.new("sm3", data).digest() if "sm3" in hashlib.algorithms_available else sm3(data)


# --- the history --------------------------------------------------------------------------------------------------


class Wrong(Exception):  # noqa: N818  # a verdict
    """Something in the bundle is not what it should be; the text says what, and where."""


def root_from(leaf_hash, place, size, proof, algorithm="sha256"):
    """Return the root to which an inclusion proof leads (RFC 9162 §2.1.3.2), or nothing if it has the wrong length."""
    last, node = size - 1, leaf_hash
    for step in proof:
        if last == 0:
            return None
        if place & 1 or place == last:
            node = digest(algorithm, b"\x01" + step + node)
            while not place & 1 and place:
                place >>= 1
                last >>= 1
        else:
            node = digest(algorithm, b"\x01" + node + step)
        place >>= 1
        last >>= 1
    return node if last == 0 else None


def key_of(text):
    """Return (name, id, public key) of a key written as name+id+key."""
    name, id_, encoded = text.strip().split("+", 2)
    raw = base64.b64decode(encoded)
    found = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    if raw[:1] != b"\x01" or found.hex() != id_:
        raise Wrong(f"the key {name} is not one: its id does not fit")
    return name, found, raw[1:]


def signed_head(note, keys):
    """Return (size, root, hash function, keys) of a checkpoint: which of the keys signed it; no known key wrongly."""
    text, gap, tail = note.rpartition("\n\n")
    if not gap:
        raise Wrong("the checkpoint is no signed note")
    text += "\n"
    known = {key_of(key)[:2]: (key, key_of(key)[2]) for key in keys}
    accepted = []
    for line in tail.splitlines():
        dash, name, signature = line.split(" ")
        raw = base64.b64decode(signature)
        key, public = known.get((name, raw[:4]), (None, None))
        if dash == "—" and key is not None:
            if not ed25519_holds(public, text.encode(), raw[4:]):
                raise Wrong(f"the checkpoint: the signature of {name} is wrong")
            accepted.append(key)
    if not accepted:
        raise Wrong("the checkpoint: no trusted key has signed it")
    lines = text.splitlines()
    named = [line[5:] for line in lines[3:] if line.startswith("hash ")]
    return int(lines[1]), base64.b64decode(lines[2]), (named or ["sha256"])[0], accepted


# --- the bundle ---------------------------------------------------------------------------------------------------

FORMATS = ("duban-bundle/1", "duban-bundle/2")
MOST_FILES = 10_000
MOST_TEXT = 64 << 20
MOST_IN_ALL = 4 << 30
PIECE = 1 << 20
ALWAYS = ("manifest.json", "events.jsonl", "proofs.json", "checkpoint.txt", "verify.py")


def listing(archive):
    """Return the entries by name, after the list itself was checked: each once, plain, not too many or too large."""
    entries = archive.infolist()
    if len(entries) > MOST_FILES:
        raise Wrong(f"the bundle has more than {MOST_FILES} files")
    if archive.comment or (entries and min(entry.header_offset for entry in entries)):
        raise Wrong("something stands in the file beside the bundle")
    found = {}
    for entry in entries:
        if entry.filename in found:
            raise Wrong(f"{entry.filename} is in the bundle twice")
        if (
            entry.is_dir()
            or entry.flag_bits & 1
            or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
        ):
            raise Wrong(f"{entry.filename} is not a plain file")
        found[entry.filename] = entry
    if sum(entry.file_size for entry in entries) > MOST_IN_ALL:
        raise Wrong(f"the bundle is larger than {MOST_IN_ALL >> 30} GiB when it is unpacked")
    return found


def content(archive, name, most=MOST_TEXT):
    """Return what a file holds, read no further than `most` bytes whatever the archive says of its size."""
    try:
        with archive.open(name) as file:
            data = file.read(most + 1)
    except KeyError:
        raise Wrong(f"{name} is missing") from None
    if len(data) > most:
        raise Wrong(f"{name} is larger than {most >> 20} MiB")
    return data


def _hash_of(archive, name):
    """Return the SHA-256 of a file, read piece by piece."""
    found, left = hashlib.sha256(), MOST_IN_ALL
    with archive.open(name) as file:
        while piece := file.read(PIECE):
            left -= len(piece)
            if left < 0:
                raise Wrong(f"{name} is larger than {MOST_IN_ALL >> 30} GiB")
            found.update(piece)
    return found.hexdigest()


def check(archive, keys=()):
    """Check an opened bundle; return what it proves, by name.

    Raises:
        Wrong: the first thing that does not fit.
    """
    files = listing(archive)
    manifest = json.loads(content(archive, "manifest.json"))
    if manifest.get("format") not in FORMATS:
        raise Wrong(f"the format {manifest.get('format')} is not known")
    size, root, algorithm, signed_by = signed_head(
        content(archive, "checkpoint.txt").decode(), keys or manifest["keys"]
    )
    events, last = _events(archive, manifest, (size, root, algorithm))
    if len(events) != manifest["events"] or not events:
        raise Wrong(f"the bundle should have {manifest['events']} events, and has {len(events)}")
    if events[0]["data"]["number"] != manifest["number"]:
        raise Wrong("the number in the manifest is not that of the case")
    _files(archive, files, manifest, events)
    texts = _personal(archive, files, events)
    return {
        "manifest": manifest,
        "number": manifest["number"],
        "events": events,
        "hashes": [*(event["prev_hash"] for event in events[1:]), last],
        "texts": texts,
        "size": size,
        "signed_by": signed_by,
        "trusted": bool(keys),
    }


def _events(archive, manifest, head):
    """Return the events and the last hash; each was checked against its hash, its predecessor and the signed head."""
    size, root, algorithm = head
    case_id = manifest["case_id"]
    proofs = json.loads(content(archive, "proofs.json"))
    lines = content(archive, "events.jsonl").decode().splitlines()
    prev = "0" * 64
    events = []  # type: ignore[var-annotated]
    for line in lines:
        entry = json.loads(line)
        own = digest(algorithm, entry["sealed"].encode()).hex()
        event = json.loads(entry["sealed"])
        count, place = len(events) + 1, entry["place"] if "place" in entry else entry["seq"]
        where = f"event {count} (place {place} of the history)"
        if own != entry["hash"]:
            raise Wrong(f"{where}: its content is not what its hash seals")
        if event.get("algorithm", "sha256") != algorithm:
            raise Wrong(f"{where}: names another hash function than the checkpoint")
        if event["case_id"] != case_id:
            raise Wrong(f"{where}: belongs to another case")
        if event["case_seq"] != count:
            raise Wrong(f"{where}: number {event['case_seq']} stands in its place")
        if event["prev_hash"] != prev:
            raise Wrong(f"{where}: does not follow its predecessor")
        prev = own
        leaf = digest(algorithm, b"\x00" + bytes.fromhex(own))
        steps = [bytes.fromhex(step) for step in proofs.get(str(place), ())]
        if not 0 < place <= size or root_from(leaf, place - 1, size, steps, algorithm) != root:
            raise Wrong(f"{where}: is not in the history that the office has signed")
        events.append(event)
    if len(proofs) != len(events):
        raise Wrong("proofs.json: holds proofs of what is not in the bundle")
    return events, prev


def _commitments(value):
    """Return the commitments in the data of an event."""
    if isinstance(value, str):
        return {value} if value.startswith("committed:") else set()
    if isinstance(value, (list, dict)):
        parts = value.values() if isinstance(value, dict) else value
        return set().union(*map(_commitments, parts))
    return set()


def _opens(token, salt, value):
    """Say whether salt and value are those of a commitment; all salts have one length, so none lends letters."""
    *_mark, algorithm, sealed = token.split(":")
    if len(salt) != 32 or salt.strip("0123456789abcdef"):  # noqa: PLR2004  # 16 bytes in hexadecimal
        return False
    plain = bytes.fromhex(salt) + value.encode() if token.startswith("committed:v2:") else f"{salt}:{value}".encode()
    return digest(algorithm, plain).hex() == sealed


def _personal(archive, files, events):
    """Return names and findings by their commitments: those of the events, and none missing but what was erased."""
    committed = set().union(*(_commitments(event["data"]) for event in events))
    erased = {token for event in events for token in event["data"].get("erased", ())}
    contents = json.loads(content(archive, "personal.json")) if "personal.json" in files else {}
    for token, (salt, value) in contents.items():
        if token not in committed:
            raise Wrong("personal.json: holds something that no event has committed")
        if not _opens(token, salt, value):
            raise Wrong("personal.json: a text is not the one that its event has committed")
    if committed - erased - set(contents):
        raise Wrong("personal.json: a text is missing, and no event says that it was erased")
    return {token: value for token, (_salt, value) in contents.items()}


def _files(archive, files, manifest, events):
    """Check that the bundle holds all that the events name, as they name it, and nothing else."""
    policies = {event["policy_hash"] for event in events}
    rules = {f"policies/{hash_}.json" for hash_ in policies}
    rules |= {f"calendars/{event['calendar_hash']}.json" for event in events}
    cited = {f"evidence/{hash_}" for event in events for hash_ in event["data"].get("evidence", ())}
    may = {*ALWAYS, "personal.json", *rules, *cited}
    # The text of a policy beside its meaning is for programs that read policies; they compare its hash themselves.
    may |= {f"policies/{hash_}.toml" for hash_ in policies} if manifest["format"] == FORMATS[1] else {"replay.html"}
    for name in sorted(files):
        if name not in may:
            raise Wrong(f"{name} does not belong into the bundle")
    for name in (*ALWAYS, *sorted(rules)):
        if name not in files:
            raise Wrong(f"{name} is missing")
    for name in sorted(rules | (cited & set(files))):
        if _hash_of(archive, name) != name.partition("/")[2].removesuffix(".json"):
            raise Wrong(f"{name} is not the one that the events name")
    if {name.partition("/")[2] for name in cited - set(files)} != set(manifest["evidence_left_out"]):
        raise Wrong("the list of evidence that was left out is not right")


# --- what is said -------------------------------------------------------------------------------------------------


def said(proved):
    """Return in plain words what was proved and what was not."""
    last = proved["events"][-1]
    yield f"{proved['number']}: {len(proved['events'])} events, up to event {last['case_seq']} "
    yield f"({last['occurred_on']}), within the checkpoint of {proved['size']} places 检查点长度. "
    yield "Later events may exist 之后可能另有事项.\n"
    for key in proved["signed_by"]:
        if proved["trusted"]:
            yield f"TRUSTED 可信: signed by the key that you gave 由您给出的公钥签名 {key}\n"
        else:
            yield f"CONSISTENT 一致: signed by 由此公钥签名 {key}\n"
            yield "  The key is the bundle's own: compare it with the one you know 公钥出自案卷包，请与公布的公钥核对\n"
    for hash_ in proved["manifest"]["evidence_left_out"]:
        yield f"evidence left out 未附材料: {hash_}\n"


def page(proved):
    """Return the case, event by event, as a page: made here from the checked events, never taken from the bundle."""

    def shown(value):
        if isinstance(value, str):
            return proved["texts"].get(value, "（已依法删除）" if value.startswith("committed:") else value)
        if isinstance(value, list):
            return [shown(item) for item in value]
        return {key: shown(item) for key, item in value.items()} if isinstance(value, dict) else value

    def cell(value):
        plain = shown(value)
        return html.escape(plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False))

    parts = []
    for event in proved["events"]:
        rows = "".join(f"<tr><th>{html.escape(key)}<td>{cell(value)}" for key, value in event["data"].items())
        moved = f"{event['from_state'] or '—'} → {event['to_state']}"
        actor = f"{event['actor']['user']} ({event['actor']['role']})"
        parts.append(
            f"<h2>{event['case_seq']}. {html.escape(event['occurred_on'])} {html.escape(event['act'])}</h2>"
            f"<p>{html.escape(moved)} · {html.escape(actor)} · {html.escape(event['recorded_at'])}</p>"
            f"<table>{rows}</table>"
        )
    title = html.escape(proved["number"])
    return (
        f'<!DOCTYPE html><html lang="zh-CN"><meta charset="utf-8"><title>{title}</title>'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        "<style>body{font:15px/1.5 sans-serif;margin:2rem auto;max-width:60rem}td,th{text-align:left;padding:0 1em 0 0}"
        f"</style><h1>{title}</h1><pre>{html.escape(''.join(said(proved)))}</pre>{''.join(parts)}</html>"
    )


def main(arguments):
    """Check the bundle that is named; 0 if all fits, 1 if not, 2 if it was called wrongly."""
    replay = ""
    if "--replay" in arguments[:-1]:
        place = arguments.index("--replay")
        replay = arguments[place + 1]
        arguments = arguments[:place] + arguments[place + 2 :]
    if not arguments:
        print("usage: python3 -I verify.py BUNDLE.zip [KEY ...] [--replay FILE.html]")
        return 2
    try:
        with zipfile.ZipFile(arguments[0]) as archive:
            proved = check(archive, arguments[1:])
    except Wrong as wrong:
        print(f"NOT VERIFIED 校验不通过: {wrong}")
        return 1
    except Exception as error:  # a bundle that cannot be read is not verified, whatever is wrong with it
        print(f"NOT VERIFIED 校验不通过: the bundle cannot be read ({type(error).__name__}: {error})")
        return 1
    print("VERIFIED 校验通过: " + "".join(said(proved)), end="")
    if replay:
        pathlib.Path(replay).write_text(page(proved), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
