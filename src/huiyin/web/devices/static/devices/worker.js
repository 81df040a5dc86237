// Keeps the terminal's pages and their files, so that they open without a network. What to keep, and
// under which version, was set before this file was read (KEPT). Ratings are none of its business:
// they wait in IndexedDB and are delivered by the page.
(function () {
  "use strict";

  var NAME = "huiyin-kiosk-" + self.KEPT.version;
  var kept = new Set(self.KEPT.files);

  self.addEventListener("install", function (event) {
    event.waitUntil(
      caches
        .open(NAME)
        .then(function (cache) {
          return cache.addAll(
            self.KEPT.files.map(function (path) {
              return new Request(path, { cache: "reload", credentials: "omit" });
            })
          );
        })
        .then(function () {
          return self.skipWaiting();
        })
    );
  });

  self.addEventListener("activate", function (event) {
    event.waitUntil(
      caches
        .keys()
        .then(function (names) {
          return Promise.all(
            names
              .filter(function (name) {
                return name.indexOf("huiyin-kiosk-") === 0 && name !== NAME;
              })
              .map(function (name) {
                return caches.delete(name);
              })
          );
        })
        .then(function () {
          return self.clients.claim();
        })
    );
  });

  self.addEventListener("fetch", function (event) {
    var url = new URL(event.request.url);
    if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
    if (!kept.has(url.pathname)) return;
    event.respondWith(
      caches.open(NAME).then(function (cache) {
        return cache.match(url.pathname).then(function (found) {
          return found || fetch(event.request);
        });
      })
    );
  });
})();
