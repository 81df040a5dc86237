// Proves in the browser that a rating is counted: by the log's tiles, its signatures and what this
// browser remembers of it. Nothing that is fetched is believed unless a hash or a signature holds.
//
// The formats are those of C2SP (tlog-tiles, signed notes, checkpoints) and RFC 6962. The command
// `huiyin verify` does the same without trusting this page.

const HASH_BYTES = 32;
const WIDTH = 256;
const ED25519 = 1;
// The clocks of the log and of this machine may differ by this much.
const GRACE_MS = 60_000;
const AGAIN_MS = 10_000;
// The largest answers that are read, in bytes.
const LIMITS = {
  receipt: 1 << 20,
  keys: 1 << 20,
  checkpoint: 1 << 16,
  found: 4096,
  tile: WIDTH * HASH_BYTES,
};

/** Why something is not proven; `code` names the sentence, `kind` the verdict. */
class Problem extends Error {
  constructor(kind, code, gaps = {}) {
    super(code);
    Object.assign(this, { kind, code, gaps });
  }
}
const receiptWrong = (code, gaps) => new Problem("receipt-wrong", code, gaps);
const logWrong = (code, gaps) => new Problem("log-wrong", code, gaps);

// Bytes and text

const utf8 = (text) => new TextEncoder().encode(text);
const hex = (bytes) => Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");
const isText = (value) => typeof value === "string" && !/[\uD800-\uDFFF]/u.test(value);

function join(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function same(one, other) {
  return one.length === other.length && one.every((byte, place) => byte === other[place]);
}

/** Standard base64 exactly as it is written; null for anything else. */
function unbase64(text) {
  try {
    const raw = atob(text);
    if (btoa(raw) !== text) return null;
    return Uint8Array.from(raw, (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", join(...parts)));
}
const leafHash = (entry) => sha256(Uint8Array.of(0), entry);
const nodeHash = (left, right) => sha256(Uint8Array.of(1), left, right);

// Keys and signed notes

function isName(text) {
  return text !== "" && !/[\s+\p{C}]/u.test(text);
}

const importKey = (raw) =>
  crypto.subtle.importKey("raw", raw, { name: "Ed25519" }, false, ["verify"]);

async function readKey(vkey) {
  const [name, digest, ...rest] = String(vkey).split("+");
  const raw = unbase64(rest.join("+"));
  if (!isName(name) || !raw || raw.length !== 1 + HASH_BYTES || raw[0] !== ED25519) {
    throw logWrong("keys_malformed");
  }
  const hash = (await sha256(utf8(name + "\n"), raw)).slice(0, 4);
  if (hex(hash) !== digest) throw logWrong("keys_malformed");
  const key = await importKey(raw.slice(1));
  return { vkey, name, hash, key };
}

/** The text of a signed note and its signatures; null when it is none. */
function readNote(whole) {
  const blank = whole.lastIndexOf("\n\n");
  if (blank < 0 || !whole.endsWith("\n") || !isText(whole)) return null;
  if (/[\x00-\x09\x0b-\x1f]/.test(whole)) return null;
  const signatures = [];
  for (const line of whole.slice(blank + 2, -1).split("\n")) {
    const matched = /^— ([^ +]+) ([A-Za-z0-9+/]+={0,2})$/.exec(line);
    const raw = matched && unbase64(matched[2]);
    if (!raw || raw.length < 5 || signatures.length === 100) return null;
    signatures.push({ name: matched[1], hash: raw.slice(0, 4), bytes: raw.slice(4) });
  }
  return { text: whole.slice(0, blank + 1), signatures, whole };
}

const isBy = (key) => (signature) => signature.name === key.name && same(signature.hash, key.hash);

/** Whether `key` signed `note`; null when a signature in its name is wrong. */
async function isSigned(note, key) {
  const claimed = note.signatures.filter(isBy(key));
  for (const one of claimed) {
    const kind = { name: "Ed25519" };
    if (!(await crypto.subtle.verify(kind, key.key, one.bytes, utf8(note.text)))) return null;
  }
  return claimed.length > 0;
}

function readCheckpoint(whole) {
  const note = readNote(whole);
  const [origin, size, root, ...more] = note ? note.text.slice(0, -1).split("\n") : [];
  const raw = root && unbase64(root);
  const isSize = /^(0|[1-9][0-9]{0,14})$/.test(size);
  if (!raw || raw.length !== HASH_BYTES || !isSize || more.includes("")) {
    throw logWrong("checkpoint_malformed");
  }
  return { origin, size: Number(size), root: raw, note };
}

/** The log's keys, each introduced by the one before it, from the first that `trusted` names on. */
async function readKeys(listing, trusted) {
  if (!listing || !isText(listing.origin) || !Array.isArray(listing.keys) || !listing.keys.length) {
    throw logWrong("keys_malformed");
  }
  const keys = [];
  for (const item of listing.keys) {
    if (!item || typeof item.since !== "string") throw logWrong("keys_malformed");
    const key = await readKey(item.vkey);
    if (key.name !== listing.origin) throw logWrong("keys_malformed");
    key.retired = item.retired == null ? Infinity : Date.parse(item.retired);
    if (keys.length) {
      const note = readNote(String(item.introduction));
      const wanted = `${listing.origin}/key\n${item.vkey}\n${item.since}\n`;
      if (!note || note.text !== wanted || !(await isSigned(note, keys.at(-1)))) {
        throw logWrong("chain_broken");
      }
    }
    keys.push(key);
  }
  const first = trusted ? keys.findIndex((key) => trusted.includes(key.vkey)) : 0;
  if (first < 0) throw logWrong("key_not_led");
  return { origin: listing.origin, led: keys.slice(first), older: keys.slice(0, first) };
}

// The log as it is served

class Log {
  constructor(address) {
    this.address = address;
  }

  async get(path, limit, { missing = false, fresh = false } = {}) {
    let answer;
    try {
      answer = await fetch(`${this.address}/${path}`, {
        cache: fresh ? "no-store" : "default",
        credentials: "omit",
        redirect: "error",
        signal: AbortSignal.timeout(20_000),
      });
    } catch {
      throw new Problem("unreachable", "unreachable");
    }
    if (answer.status === 404 && missing) return null;
    if (!answer.ok) throw new Problem("unreachable", "unreachable");
    return read(answer, limit);
  }

  async json(path, limit, options) {
    const body = await this.get(path, limit, options);
    try {
      return body && JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
    } catch {
      throw logWrong("answer_malformed");
    }
  }

  async checkpoint() {
    const body = await this.get("checkpoint", LIMITS.checkpoint, { fresh: true });
    try {
      return readCheckpoint(new TextDecoder("utf-8", { fatal: true }).decode(body));
    } catch (error) {
      throw error instanceof Problem ? error : logWrong("checkpoint_malformed");
    }
  }

  async tile(level, number, width) {
    const digits = String(number);
    const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/.{3}/g);
    const names = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group));
    const path = `tile/${level}/${names.join("/")}`;
    let body = null;
    if (width < WIDTH) body = await this.get(`${path}.p/${width}`, LIMITS.tile, { missing: true });
    body ??= await this.get(path, LIMITS.tile);
    if (body.length < width * HASH_BYTES) throw logWrong("tile_malformed");
    return body;
  }
}

async function read(answer, limit) {
  const parts = [];
  let length = 0;
  const reader = answer.body.getReader();
  for (;;) {
    let part;
    try {
      part = await reader.read();
    } catch {
      throw new Problem("unreachable", "unreachable");
    }
    if (part.done) return join(...parts);
    length += part.value.length;
    if (length > limit) throw new Problem("unreachable", "too_large");
    parts.push(part.value);
  }
}

/** The hash tree over `size` entries; a span [start, end) names a subtree. No bit operations: they
 *  end at 2³¹. */
class Tree {
  constructor(log, size) {
    Object.assign(this, { log, size, tiles: new Map() });
  }

  static split(size) {
    let half = 1;
    while (half * 2 < size) half *= 2;
    return half;
  }

  async hash(start, end) {
    const size = end - start;
    const height = Math.log2(size);
    if (Number.isInteger(height) && start % size === 0) return this.node(height, start / size);
    const middle = start + Tree.split(size);
    return nodeHash(await this.hash(start, middle), await this.hash(middle, end));
  }

  async node(height, place) {
    const level = Math.floor(height / 8);
    const count = 2 ** (height % 8);
    const number = Math.floor((place * count) / WIDTH);
    const first = (place * count) % WIDTH;
    const tile = await this.tile(level, number);
    let hashes = Array.from({ length: count }, (_, at) =>
      tile.subarray((first + at) * HASH_BYTES, (first + at + 1) * HASH_BYTES)
    );
    while (hashes.length > 1) {
      const above = [];
      for (let at = 0; at < hashes.length; at += 2) {
        above.push(await nodeHash(hashes[at], hashes[at + 1]));
      }
      hashes = above;
    }
    return hashes[0];
  }

  async tile(level, number) {
    const key = `${level}/${number}`;
    if (!this.tiles.has(key)) {
      const width = Math.min(WIDTH, Math.floor(this.size / WIDTH ** level) - number * WIDTH);
      this.tiles.set(key, await this.log.tile(level, number, width));
    }
    return this.tiles.get(key);
  }

  /** The root that follows when `leaf` stands at `index`. */
  async rootWith(leaf, index, start = 0, end = this.size) {
    if (end - start === 1) return leaf;
    const middle = start + Tree.split(end - start);
    return index < middle
      ? nodeHash(await this.rootWith(leaf, index, start, middle), await this.hash(middle, end))
      : nodeHash(await this.hash(start, middle), await this.rootWith(leaf, index, middle, end));
  }

  /** The roots of the first `old` entries and of all, out of the same subtrees. */
  async rootsOf(old, start = 0, end = this.size) {
    if (old === end) {
      const whole = await this.hash(start, end);
      return [whole, whole];
    }
    const middle = start + Tree.split(end - start);
    if (old <= middle) {
      const [before, after] = await this.rootsOf(old, start, middle);
      return [before, await nodeHash(after, await this.hash(middle, end))];
    }
    const left = await this.hash(start, middle);
    const [before, after] = await this.rootsOf(old, middle, end);
    return [await nodeHash(left, before), await nodeHash(left, after)];
  }
}

// What this browser remembers

const placeOf = (origin) => `huiyin-log:${origin}`;

function recall(origin) {
  try {
    const remembered = JSON.parse(localStorage.getItem(placeOf(origin)));
    if (!remembered) return null;
    return { keys: remembered.keys.map(String), checkpoint: readCheckpoint(remembered.checkpoint) };
  } catch {
    return null; // no storage in this browser, or nothing of ours
  }
}

function remember(ring, checkpoint) {
  try {
    const keys = ring.led.map((key) => key.vkey);
    const remembered = { v: 1, keys, checkpoint: checkpoint.note.whole };
    localStorage.setItem(placeOf(ring.origin), JSON.stringify(remembered));
  } catch {
    // Then the next look compares with nothing, and says so.
  }
}

// The checks

/** Fills `proven` and `notes` with what holds; returns the verdict. Throws a Problem. */
async function prove(receipt, log, told) {
  const promise = readPromise(receipt);
  const remembered = recall(promise.origin);
  const listing = await log.json("keys", LIMITS.keys, { fresh: true });
  const ring = await readKeys(listing, remembered && remembered.keys);
  if (ring.origin !== promise.origin) throw receiptWrong("another_log");
  const named = (key) => promise.note.signatures.some(isBy(key));
  const signer = [...ring.led, ...ring.older].find(named);
  if (!signer) throw receiptWrong("promise_key_unknown");
  if (!(await isSigned(promise.note, signer))) throw receiptWrong("promise_forged");
  if (promise.acceptedAt > signer.retired) throw receiptWrong("promise_key_unknown");
  told.proven("promise_signed", { log: ring.origin });
  await compareEntry(receipt, promise, told);

  const asked = { missing: true, fresh: true };
  const found = await log.json(`find/${hex(promise.leafHash)}`, LIMITS.found, asked);
  const checkpoint = await log.checkpoint();
  if (checkpoint.origin !== ring.origin) throw logWrong("checkpoint_malformed");
  await checkSignatures(checkpoint, ring);
  const tree = new Tree(log, checkpoint.size);
  if (remembered) await compareRemembered(remembered.checkpoint, checkpoint, tree, told);
  else told.note("first_look");

  const index = found && found.index;
  const isThere = Number.isInteger(index) && index >= 0 && index < checkpoint.size;
  if (isThere && !same(await tree.rootWith(promise.leafHash, index), checkpoint.root)) {
    throw logWrong("not_included");
  }
  remember(ring, checkpoint);
  if (isThere) {
    // People count from one.
    told.proven("included", { place: index + 1, size: checkpoint.size });
    return { kind: "counted" };
  }
  if (!ring.led.includes(signer)) throw receiptWrong("promise_key_unknown");
  const kind = Date.now() > promise.deadline + GRACE_MS ? "broken" : "promised";
  return { kind, gaps: { deadline: new Date(promise.deadline) } };
}

function readPromise(receipt) {
  const note = isText(receipt.promise) ? readNote(receipt.promise) : null;
  const [title, digest, moment, delay, ...more] = note ? note.text.slice(0, -1).split("\n") : [];
  const leaf = digest && unbase64(digest);
  const origin = title && title.endsWith("/promise") ? title.slice(0, -"/promise".length) : "";
  const isDelay = /^[1-9][0-9]{0,8}$/.test(delay);
  const isMoment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(moment);
  const acceptedAt = isMoment ? Date.parse(moment) : NaN;
  if (!leaf || leaf.length !== HASH_BYTES || !isName(origin) || more.length || !isDelay) {
    throw receiptWrong("promise_malformed");
  }
  if (Number.isNaN(acceptedAt)) throw receiptWrong("promise_malformed");
  const agrees =
    hex(leaf) === receipt.entry_hash &&
    origin === receipt.log &&
    Number(delay) === receipt.maximum_delay &&
    acceptedAt === Date.parse(receipt.accepted_at);
  if (!agrees) throw receiptWrong("receipt_differs");
  return { origin, leafHash: leaf, acceptedAt, deadline: acceptedAt + Number(delay) * 1000, note };
}

async function compareEntry(receipt, promise, told) {
  if (!isText(receipt.entry) || !same(await leafHash(utf8(receipt.entry)), promise.leafHash)) {
    throw receiptWrong("receipt_differs");
  }
  let entry = null;
  try {
    entry = JSON.parse(receipt.entry);
  } catch {
    throw receiptWrong("receipt_differs");
  }
  // The day where the platform is; China has one time zone, eight hours ahead.
  const day = new Date(promise.acceptedAt + 8 * 3_600_000).toISOString().slice(0, 10);
  const agrees =
    entry &&
    Array.isArray(receipt.tags) &&
    entry.kind === "review" &&
    entry.level === receipt.level &&
    entry.ordinal === receipt.ordinal &&
    entry.day === day &&
    JSON.stringify(entry.tags) === JSON.stringify([...receipt.tags].sort());
  if (!agrees) throw receiptWrong("receipt_differs");
  told.proven("says_the_same", { level: receipt.level, day });
  const salt = receipt.salts && receipt.salts.text;
  if (!salt) {
    told.note("text_not_proven");
    return;
  }
  if (!isText(receipt.text) || !/^[0-9a-f]{64}$/.test(salt) || !entry.private) {
    throw receiptWrong("receipt_differs");
  }
  const bytes = Uint8Array.from(salt.match(/../g), (pair) => parseInt(pair, 16));
  const kind = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", bytes, kind, false, ["sign"]);
  const made = hex(new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8(receipt.text))));
  if (made !== entry.private.text) throw receiptWrong("text_differs");
  told.proven("text_same");
}

async function checkSignatures(checkpoint, ring) {
  let signed = false;
  for (const key of ring.led.filter((one) => one.retired > Date.now())) {
    const verdict = await isSigned(checkpoint.note, key);
    if (verdict === null) throw logWrong("not_signed");
    signed = signed || verdict;
  }
  if (!signed) throw logWrong("not_signed");
}

async function compareRemembered(old, now, tree, told) {
  const gaps = { old: old.size, new: now.size };
  if (old.origin !== now.origin || now.size < old.size) throw logWrong("taken_back", gaps);
  if (old.size === now.size) {
    if (!same(old.root, now.root)) throw logWrong("taken_back", gaps);
  } else if (old.size > 0) {
    const [before, after] = await tree.rootsOf(old.size);
    if (!same(after, now.root)) throw logWrong("not_included");
    if (!same(before, old.root)) throw logWrong("taken_back", gaps);
  }
  told.proven("consistent", gaps);
}

async function canProve() {
  try {
    await importKey(new Uint8Array(HASH_BYTES));
    return typeof AbortSignal.timeout === "function";
  } catch {
    return false; // no Web Crypto here (no https), or none that knows Ed25519
  }
}

// The page

function showIn(section) {
  const words = document.getElementById("proof-words").content;
  const verdict = section.querySelector("[data-proof-verdict]");
  const list = section.querySelector("[data-proof-list]");
  const locale = document.documentElement.lang;

  function sentence(code, gaps = {}) {
    const line = words.querySelector(`[data-word="${code}"]`).cloneNode(true);
    line.querySelectorAll("[data-gap]").forEach((gap) => {
      gap.textContent = shown(gaps[gap.dataset.gap]);
    });
    return line;
  }

  function shown(value) {
    if (value instanceof Date) {
      const style = { timeZone: "Asia/Shanghai", dateStyle: "medium", timeStyle: "medium" };
      return value.toLocaleString(locale, style);
    }
    return typeof value === "number" ? value.toLocaleString(locale) : String(value);
  }

  return {
    begin() {
      list.replaceChildren();
      list.hidden = false;
    },
    proven: (code, gaps) => list.append(sentence(code, gaps)),
    note: (code, gaps) => list.append(sentence(code, gaps)),
    verdict(kind, gaps) {
      if (verdict.dataset.proofVerdict === kind) return;
      verdict.dataset.proofVerdict = kind;
      verdict.replaceChildren(sentence(kind, gaps));
    },
  };
}

async function look(section) {
  const page = showIn(section);
  if (!(await canProve())) {
    page.verdict("cannot");
    return;
  }
  const log = new Log(section.dataset.log);
  try {
    const answer = await fetch(section.dataset.receipt, { cache: "no-store", redirect: "error" });
    if (!answer.ok) throw new Problem("unreachable", "unreachable");
    const receipt = JSON.parse(new TextDecoder().decode(await read(answer, LIMITS.receipt)));
    page.begin();
    const { kind, gaps } = await prove(receipt, log, page);
    page.verdict(kind, gaps);
    if (kind === "promised") setTimeout(() => lookAgain(section), AGAIN_MS);
  } catch (error) {
    const known = error instanceof Problem;
    page.verdict(known ? error.kind : "unreachable");
    page.note(known ? error.code : "unreachable", known ? error.gaps : {});
  }
}

function lookAgain(section) {
  // Not while nobody looks.
  if (!document.hidden) return look(section);
  document.addEventListener("visibilitychange", () => look(section), { once: true });
}

document.querySelectorAll("[data-proof]").forEach(look);
