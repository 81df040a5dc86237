// Talking to the platform under the device's key.
(function () {
  "use strict";

  var TIMEOUT = 15000;

  // The answer as {status, body}; rejects when there was none.
  function call(method, path, key, body) {
    var stop = new AbortController();
    var timer = setTimeout(function () {
      stop.abort();
    }, TIMEOUT);
    return fetch("/api/v1/devices/" + path, {
      method: method,
      signal: stop.signal,
      cache: "no-store",
      credentials: "omit",
      headers: Object.assign(
        { "Accept-Language": document.documentElement.lang },
        key ? { Authorization: "Bearer " + key } : {},
        body === undefined ? {} : { "Content-Type": "application/json" }
      ),
      body: body === undefined ? undefined : JSON.stringify(body),
    })
      .then(function (answer) {
        return answer.text().then(function (text) {
          return { status: answer.status, body: text ? JSON.parse(text) : null };
        });
      })
      .finally(function () {
        clearTimeout(timer);
      });
  }

  window.HuiyinCalls = { call: call };
})();
