// The tablet at a counter: idle until the counter's software wakes it for one service.
(function () {
  "use strict";

  var store = window.HuiyinStore;
  var call = window.HuiyinCalls.call;
  var body = document.body;
  var language = document.documentElement.lang === "en" ? "en" : "zh_hans";
  var SILENCE = 40000;
  var AGAIN = 2000;
  var REFRESH = 600000;
  var credential = null;
  var settings = null;
  var awake = null;
  var faces = null;

  store.get("own", "credential").then(function (found) {
    if (!found || found.kind !== "counter_device") {
      location.replace(body.dataset.pair);
      return;
    }
    credential = found;
    begin();
  });

  function begin() {
    refresh().then(function (there) {
      if (!there) {
        setTimeout(begin, AGAIN);
        return;
      }
      document.getElementById("place").textContent =
        settings.organisation[language] + (settings.counter ? " · " + settings.counter : "");
      faces = new window.HuiyinFaces.Faces({
        settings: function () {
          return settings;
        },
        language: language,
        needsDetail: false,
        touchesProlong: false,
        seconds: secondsOf,
        send: send,
        left: rest,
      });
      rest();
      listen();
      setInterval(refresh, REFRESH);
    });
  }

  function refresh() {
    call("POST", "heartbeat", credential.key, { software: body.dataset.software }).catch(ignore);
    return call("GET", "me", credential.key).then(function (answer) {
      if (answer.status === 200) settings = answer.body;
      else if (answer.status === 401 || answer.status === 403) end(answer.body);
      return answer.status === 200;
    }, ignore);
  }

  function secondsOf(screen) {
    var now = performance.now();
    if (screen === "tags" && awake) awake.begun = true;
    if (awake && (screen === "faces" || screen === "tags")) {
      // Who has begun may finish.
      return Math.max(0.001, ((awake.begun ? awake.finally : awake.until) - now) / 1000);
    }
    return { thanks: 20, message: 8 }[screen] || 0;
  }

  function rest() {
    awake = null;
    window.HuiyinFaces.calm();
    faces.show("idle");
  }

  function show(said) {
    if (awake && awake.wake === said.wake) return;
    if (said.seconds <= 0) return;
    var now = performance.now();
    awake = {
      wake: said.wake,
      until: now + said.seconds * 1000,
      finally: now + said.more_seconds * 1000,
    };
    document.getElementById("service").textContent = said.service[language];
    document.getElementById("unit").textContent = said.organisation[language];
    window.HuiyinFaces.calm();
    faces.show("faces");
  }

  function idle() {
    // Who is being thanked is not interrupted.
    if (faces.screen === "faces" || faces.screen === "tags") rest();
  }

  function send(level, tags) {
    var rated = awake;
    var said = { wake: rated.wake, level: level, tags: tags, key: crypto.randomUUID() };
    return attempt();

    // Sent again with the same key it is the same rating, so a lost answer costs nothing.
    function attempt() {
      return call("POST", "ratings", credential.key, said).then(
        function (answer) {
          if (answer.status === 201) {
            return { link: answer.body.status_url, code: answer.body.code, stored: "yes" };
          }
          return answer.status >= 500 || answer.status === 429
            ? later()
            : { words: answer.body.detail || answer.body.title };
        },
        later
      );
    }

    function later() {
      if (awake !== rated) return null; // the next citizen is there
      if (performance.now() > rated.finally) {
        return { words: document.getElementById("message").dataset.broken };
      }
      return new Promise(function (resolve) {
        setTimeout(resolve, 1000);
      }).then(attempt);
    }
  }

  // The stream says what is to be shown now, so whatever was missed does not matter.
  function listen() {
    var stop = new AbortController();
    var watch = 0;
    var heard = function () {
      clearTimeout(watch);
      watch = setTimeout(function () {
        stop.abort();
      }, SILENCE);
    };
    heard();
    fetch(body.dataset.stream, {
      signal: stop.signal,
      cache: "no-store",
      credentials: "omit",
      headers: { Authorization: "Bearer " + credential.key },
    })
      .then(function (answer) {
        if (answer.status === 401 || answer.status === 403) {
          end(null);
          return undefined;
        }
        if (!answer.ok) throw new Error(String(answer.status));
        online(true);
        return read(answer.body.getReader(), heard);
      })
      .catch(function () {
        online(false);
      })
      .finally(function () {
        clearTimeout(watch);
        if (credential) setTimeout(listen, AGAIN);
      });
  }

  function read(reader, heard) {
    var decoder = new TextDecoder();
    var text = "";
    return reader.read().then(function next(piece) {
      if (piece.done) return undefined;
      heard();
      text += decoder.decode(piece.value, { stream: true });
      var frames = text.split("\n\n");
      text = frames.pop();
      frames.forEach(take);
      return reader.read().then(next);
    });
  }

  function take(frame) {
    var fields = {};
    frame.split("\n").forEach(function (line) {
      var colon = line.indexOf(": ");
      if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 2);
    });
    if (fields.event === "show") show(JSON.parse(fields.data));
    else if (fields.event === "idle") idle();
    else if (fields.event === "ended") end(null);
  }

  // Revoked, or paired elsewhere.
  function end(problem) {
    credential = null;
    var words = document.getElementById("ended");
    if (problem) words.textContent = problem.detail || problem.title;
    document.querySelectorAll("[data-screen]").forEach(function (section) {
      section.hidden = section.dataset.screen !== "ended";
    });
    body.dataset.now = "ended";
  }

  function online(is) {
    document.getElementById("away").hidden = is;
  }

  function ignore() {
    return false;
  }
})();
