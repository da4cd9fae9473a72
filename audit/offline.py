"""Check a case bundle with nothing but Python's standard library: `python3 -I verify.py BUNDLE.zip [KEY]`.

This file stands in every bundle as `verify.py`, and needs nothing of the office: not its program, its database or its
word. It checks that every event is what its hash seals, that the events follow one another without a gap, that each
stands in the history that the office has signed (RFC 9162 inclusion proofs to a C2SP checkpoint, Ed25519), and that
policies, calendars and evidence are those that the events name. Give the office's public KEY as you know it from
elsewhere; without it, the key in the bundle is used, and printed, for you to compare.
"""

import base64
import hashlib
import json
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
    """Return (size, root, hash function) of a checkpoint that one of the keys has signed, and no known key wrongly."""
    text, gap, tail = note.rpartition("\n\n")
    if not gap:
        raise Wrong("the checkpoint is no signed note")
    text += "\n"
    known = {(name, id_): public for name, id_, public in map(key_of, keys)}
    accepted = 0
    for line in tail.splitlines():
        _dash, name, signature = line.split(" ")
        raw = base64.b64decode(signature)
        public = known.get((name, raw[:4]))
        if public is not None:
            if not ed25519_holds(public, text.encode(), raw[4:]):
                raise Wrong(f"the checkpoint: the signature of {name} is wrong")
            accepted += 1
    if not accepted:
        raise Wrong("the checkpoint: no trusted key has signed it")
    lines = text.splitlines()
    named = [line[5:] for line in lines[3:] if line.startswith("hash ")]
    return int(lines[1]), base64.b64decode(lines[2]), (named or ["sha256"])[0]


def check(archive, keys=()):
    """Check an opened bundle; return (how many events, the keys that were used).

    Raises:
        Wrong: the first thing that does not fit.
    """
    manifest = json.loads(archive.read("manifest.json"))
    keys = list(keys) or manifest["keys"]
    head = signed_head(archive.read("checkpoint.txt").decode(), keys)
    events = _events(archive, manifest["case_id"], head)
    if len(events) != manifest["events"] or not events:
        raise Wrong(f"the bundle should have {manifest['events']} events, and has {len(events)}")
    if events[0]["data"]["number"] != manifest["number"]:
        raise Wrong("the number in the manifest is not that of the case")
    _files(archive, events, set(manifest["evidence_left_out"]))
    _personal(archive, events)
    return len(events), keys


def _events(archive, case_id, head):
    """Return the events, after each was checked against its hash, its predecessor and the signed head."""
    size, root, algorithm = head
    proofs = json.loads(archive.read("proofs.json"))
    prev = "0" * 64
    events = []  # type: ignore[var-annotated]
    for line in archive.read("events.jsonl").decode().splitlines():
        entry = json.loads(line)
        own = digest(algorithm, entry["sealed"].encode()).hex()
        event = json.loads(entry["sealed"])
        count, seq = len(events) + 1, entry["seq"]
        where = f"event {count} (place {seq} of the history)"
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
        steps = [bytes.fromhex(step) for step in proofs[str(seq)]]
        if not 0 < seq <= size or root_from(leaf, seq - 1, size, steps, algorithm) != root:
            raise Wrong(f"{where}: is not in the history that the office has signed")
        events.append(event)
    return events


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


def _personal(archive, events):
    """Check that names and findings are those that the events have committed, and that only what was erased lacks."""
    committed = set().union(*(_commitments(event["data"]) for event in events))
    erased = {token for event in events for token in event["data"].get("erased", ())}
    names = set(archive.namelist())
    contents = json.loads(archive.read("personal.json")) if "personal.json" in names else {}
    for token, (salt, value) in contents.items():
        if token not in committed:
            raise Wrong("personal.json: holds something that no event has committed")
        if not _opens(token, salt, value):
            raise Wrong("personal.json: a text is not the one that its event has committed")
    if committed - erased - set(contents):
        raise Wrong("personal.json: a text is missing, and no event says that it was erased")


def _files(archive, events, left_out):
    """Check that policies, calendars and evidence are those that the events name."""
    names = set(archive.namelist())
    wanted = {f"policies/{event['policy_hash']}.json" for event in events}
    wanted |= {f"calendars/{event['calendar_hash']}.json" for event in events}
    kept = {name for name in names if name.startswith("evidence/")}
    for name in sorted(wanted | kept):
        if name not in names:
            raise Wrong(f"{name} is missing")
        hash_ = name.partition("/")[2].removesuffix(".json")
        if hashlib.sha256(archive.read(name)).hexdigest() != hash_:
            raise Wrong(f"{name} is not the one that the events name")
    evidence = {hash_ for event in events for hash_ in event["data"].get("evidence", ())}
    if {hash_ for hash_ in evidence if f"evidence/{hash_}" not in names} != left_out:
        raise Wrong("the list of evidence that was left out is not right")


def main(arguments):
    """Check the bundle that is named, or the one in which this file stands; 0 if all fits, 1 if not."""
    if not arguments:
        print("usage: python3 -I verify.py BUNDLE.zip [KEY]")
        return 2
    try:
        with zipfile.ZipFile(arguments[0]) as archive:
            count, keys = check(archive, arguments[1:])
            manifest = json.loads(archive.read("manifest.json"))
    except Wrong as wrong:
        print(f"NOT VERIFIED 校验不通过: {wrong}")
        return 1
    except Exception as error:  # a bundle that cannot be read is not verified, whatever is wrong with it
        print(f"NOT VERIFIED 校验不通过: the bundle cannot be read ({type(error).__name__}: {error})")
        return 1
    print(f"VERIFIED 校验通过: {manifest['number']}, {count} events")
    for key in keys:
        print(f"key 公钥: {key}{'' if len(arguments) > 1 else '  (from the bundle: compare it 请与公布的公钥核对)'}")
    for hash_ in manifest["evidence_left_out"]:
        print(f"evidence left out 未附材料: {hash_}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
