// Pairing: a code for a key. The device makes its own signing key, which no script can read.
(function () {
  "use strict";

  var form = document.getElementById("pair");
  var error = document.getElementById("pair-error");
  var offline = error.querySelector("span").textContent;
  var store = window.HuiyinStore;

  if (!window.isSecureContext || !window.indexedDB || !window.crypto || !crypto.subtle) {
    document.getElementById("cannot").hidden = false;
    form.hidden = true;
    return;
  }

  // A picture of the code was scanned: it stands after the hash, which is sent to no server.
  function takeCode() {
    if (location.hash.length < 2) return;
    form.elements.code.value = location.hash.slice(1);
    history.replaceState(null, "", location.pathname);
  }
  takeCode();
  window.addEventListener("hashchange", takeCode);

  store.get("own", "credential").then(function (credential) {
    if (!credential) return;
    var link = document.getElementById("paired");
    link.querySelector("a").href = pageOf(credential.kind);
    link.hidden = false;
  });

  form.addEventListener("submit", function (event) {
    event.preventDefault();
    error.hidden = true;
    form.querySelector("button").disabled = true;
    pair(form.elements.code.value)
      .catch(function (problem) {
        error.querySelector("span").textContent =
          problem instanceof Refused ? problem.message : offline;
        error.hidden = false;
        form.elements.code.focus();
      })
      .finally(function () {
        form.querySelector("button").disabled = false;
      });
  });

  function Refused(message) {
    this.message = message;
  }

  function pair(code) {
    return signingKeys().then(function (keys) {
      return crypto.subtle.exportKey("raw", keys.publicKey).then(function (point) {
        return window.HuiyinCalls.call("POST", "pair", "", {
          code: code,
          public_key: base64url(point),
          software: document.body.dataset.software,
        }).then(function (answer) {
          if (answer.status !== 201) throw new Refused(answer.body.detail || answer.body.title);
          var credential = { device: answer.body.device, kind: answer.body.kind, key: answer.body.key, keys: keys };
          return store.put("own", "credential", credential).then(function () {
            // Ratings that wait here must not be thrown away to make room.
            if (navigator.storage && navigator.storage.persist) navigator.storage.persist();
            location.assign(pageOf(credential.kind));
          });
        });
      });
    });
  }

  // A device that pairs anew keeps its signing key: what waits on it is signed with that one.
  function signingKeys() {
    return store.get("own", "signing").then(function (kept) {
      if (kept) return kept;
      return crypto.subtle
        .generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"])
        .then(function (made) {
          return store.put("own", "signing", made).then(function () {
            return made;
          });
        });
    });
  }

  function pageOf(kind) {
    return document.body.dataset[kind === "kiosk" ? "kiosk" : "counter"];
  }

  function base64url(buffer) {
    return btoa(String.fromCharCode.apply(null, new Uint8Array(buffer)))
      .replace(/\+/g, "-")
      .replace(/\//g, "_")
      .replace(/=+$/, "");
  }
})();
