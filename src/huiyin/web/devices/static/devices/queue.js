// Ratings that wait on this device. Each is signed when it is given, and kept until the platform has
// answered for it: with a receipt, or with a refusal that no second try would change.
(function () {
  "use strict";

  var store = window.HuiyinStore;
  var call = window.HuiyinCalls.call;
  var MOST = 50;
  var PREFIX = "huiyin.rating.1\n";
  var VISIT = "huiyin.visit.1\n";
  var ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  var KEEP_DELIVERED = 30 * 86400000;
  // In this tab; `locks` sees to the other tabs.
  var running = null;

  function bytes(text) {
    return new TextEncoder().encode(text);
  }

  function base64url(buffer) {
    return btoa(String.fromCharCode.apply(null, new Uint8Array(buffer)))
      .replace(/\+/g, "-")
      .replace(/\//g, "_")
      .replace(/=+$/, "");
  }

  // 15 random characters and a check character, as the platform's own codes (kernel/ids.py).
  function newCode() {
    var total = 0;
    var code = "";
    crypto.getRandomValues(new Uint8Array(15)).forEach(function (byte) {
      var value = byte & 31;
      code += ALPHABET[value];
      total = times(total ^ value);
    });
    return code + ALPHABET[total];
  }

  // In the field of 32 elements, by x.
  function times(element) {
    return element & 16 ? (element << 1) ^ 37 : element << 1;
  }

  // The visit's key follows from the slip's code (intake/channels/kiosk/slips.py).
  function visitOf(code) {
    return crypto.subtle.digest("SHA-256", bytes(VISIT + code)).then(function (digest) {
      var raw = new Uint8Array(digest).slice(0, 16);
      raw[6] = (raw[6] & 15) | 128;
      raw[8] = (raw[8] & 63) | 128;
      var hex = Array.from(raw, function (byte) {
        return byte.toString(16).padStart(2, "0");
      }).join("");
      return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
    });
  }

  // Signs and keeps a rating; resolves, once it is on the disk, with its visit and its slip's code.
  function keep(credential, level, tags) {
    var code = newCode();
    return visitOf(code).then(function (visit) {
      var said = JSON.stringify({
        device: credential.device,
        visit: visit,
        level: level,
        tags: tags,
        claimed_at: new Date().toISOString(),
      });
      return crypto.subtle
        .sign({ name: "ECDSA", hash: "SHA-256" }, credential.keys.privateKey, bytes(PREFIX + said))
        .then(function (signature) {
          var kept = { visit: visit, said: said, signature: base64url(signature), at: Date.now() };
          return store.put("queue", visit, kept);
        })
        .then(function () {
          return { visit: visit, code: code };
        });
    });
  }

  // Delivers what waits. Resolves with "done", "away" (no answer) or "ended" (the key is no good).
  function deliver(credential) {
    if (!running) {
      running = alone(function () {
        return round(credential);
      }).finally(function () {
        running = null;
      });
    }
    return running;
  }

  // One tab at a time. Without the lock two would send the same ratings, and get the same receipts.
  function alone(work) {
    if (!navigator.locks) return work();
    return navigator.locks.request("huiyin-deliver", work);
  }

  function round(credential) {
    return store.all("queue").then(function (waiting) {
      if (!waiting.length) return "done";
      waiting.sort(function (one, other) {
        return one.at - other.at;
      });
      var sent = waiting.slice(0, MOST);
      return call("POST", "deliveries", credential.key, {
        sent_at: new Date().toISOString(),
        ratings: sent.map(function (kept) {
          return { said: kept.said, signature: kept.signature };
        }),
      }).then(
        function (answer) {
          if (answer.status === 401 || answer.status === 403) return "ended";
          if (answer.status !== 200) return "away";
          return settle(sent, answer.body.results).then(function (left) {
            return left || waiting.length === sent.length ? (left ? "away" : "done") : round(credential);
          });
        },
        function () {
          return "away";
        }
      );
    });
  }

  // Takes from the queue, in one transaction, what has been answered for; how many are left of them.
  function settle(sent, results) {
    var left = 0;
    var now = Date.now();
    return store
      .within("readwrite", ["queue", "delivered", "own"], function (queue, delivered, own) {
        var refused = 0;
        results.forEach(function (result) {
          var kept = sent[result.index];
          if (result.receipt) {
            // Not the rating, and not what leads to its page: anybody may stand here.
            delivered.put({ visit: kept.visit, entry: result.receipt.entry_hash, at: now }, kept.visit);
            queue.delete(kept.visit);
          } else if (result.status >= 400 && result.status < 500 && result.status !== 429) {
            delivered.put({ visit: kept.visit, refused: result.problem.code, at: now }, kept.visit);
            queue.delete(kept.visit);
            refused += 1;
          } else {
            left += 1;
          }
        });
        if (refused) {
          var request = own.get("refused");
          request.onsuccess = function () {
            own.put((request.result || 0) + refused, "refused");
          };
        }
        var old = delivered.openCursor();
        old.onsuccess = function () {
          if (!old.result) return;
          if (old.result.value.at < now - KEEP_DELIVERED) old.result.delete();
          old.result.continue();
        };
      })
      .then(function () {
        return left;
      });
  }

  // {waiting, refused}
  function counts() {
    return Promise.all([store.count("queue"), store.get("own", "refused")]).then(function (found) {
      return { waiting: found[0], refused: found[1] || 0 };
    });
  }

  window.HuiyinQueue = { keep: keep, deliver: deliver, counts: counts };
})();
