// The self-service terminal: five faces, a slip to take along, and ratings that outlive the network.
(function () {
  "use strict";

  var store = window.HuiyinStore;
  var call = window.HuiyinCalls.call;
  var queue = window.HuiyinQueue;
  var body = document.body;
  var language = document.documentElement.lang === "en" ? "en" : "zh_hans";
  var EVERY = 20000;
  var BEAT = 60000;
  var REFRESH = 600000;
  // So long a citizen waits to hear whether the platform has the rating already.
  var PATIENCE = 3000;
  var credential = null;
  var settings = null;
  var faces = null;
  // The visit whose slip is on the screen.
  var shown = null;

  if ("serviceWorker" in navigator) {
    navigator.serviceWorker.register(body.dataset.worker, { scope: body.dataset.scope });
    var controlled = Boolean(navigator.serviceWorker.controller);
    navigator.serviceWorker.addEventListener("controllerchange", function () {
      // The pages were renewed: taken over once nobody stands here.
      if (controlled) renewed = true;
      controlled = true;
    });
  }
  var renewed = false;

  store.get("own", "credential").then(function (found) {
    if (!found || found.kind !== "kiosk") {
      location.replace(body.dataset.pair);
      return;
    }
    credential = found;
    store.get("own", "settings").then(function (kept) {
      settings = kept || null;
      if (settings) begin();
      refresh();
    });
    setInterval(refresh, REFRESH);
    setInterval(beat, BEAT);
    setInterval(deliver, EVERY);
    window.addEventListener("online", deliver);
    beat();
    deliver();
  }, noRoom);

  function begin() {
    if (faces || !settings) return;
    document.getElementById("place").textContent =
      settings.organisation[language] + " · " + settings.name;
    faces = new window.HuiyinFaces.Faces({
      settings: function () {
        return settings;
      },
      language: language,
      needsDetail: true,
      touchesProlong: true,
      seconds: function (screen) {
        // The first screen waits for ever, unless somebody made it their own.
        if (screen === "faces") {
          return document.documentElement.matches(".large, .contrast") ? settings.idle_seconds : 0;
        }
        return { tags: settings.idle_seconds, thanks: settings.idle_seconds, message: 15 }[screen] || 0;
      },
      send: send,
      left: rest,
    });
    ["large", "contrast"].forEach(function (name) {
      document.getElementById(name).addEventListener("click", function () {
        faces.wait();
      });
    });
    faces.show("faces");
  }

  function rest() {
    shown = null;
    window.HuiyinFaces.calm();
    if (renewed) {
      location.reload();
      return;
    }
    if (faces) faces.show("faces");
  }

  function refresh() {
    return call("GET", "me", credential.key).then(
      function (answer) {
        if (answer.status === 200) {
          settings = answer.body;
          store.put("own", "settings", settings);
          begin();
        } else if (answer.status === 401 || answer.status === 403) {
          end(answer.body);
        }
      },
      function () {
        document.getElementById("no-settings").hidden = Boolean(settings);
        if (!settings) setTimeout(refresh, 5000);
      }
    );
  }

  // First kept, then delivered: what is on the disk is not lost by whatever happens now.
  function send(level, tags) {
    return queue.keep(credential, level, tags).then(function (kept) {
      shown = kept.visit;
      var slip = { link: settings.base_url + "/slip/" + kept.code, code: kept.code, stored: "here" };
      var tried = deliver().then(isDelivered);
      var late = new Promise(function (resolve) {
        setTimeout(resolve, PATIENCE, "late");
      });
      return Promise.race([tried, late]).then(function (came) {
        if (came === "late") tried.then(tell);
        else if (came) slip.stored = "yes";
        return slip;
      });
    });

    function isDelivered() {
      return shown
        ? store.get("delivered", shown).then(function (found) {
            return Boolean(found && found.entry);
          })
        : false;
    }

    function tell(is) {
      if (is && faces.screen === "thanks") faces.stored("yes");
    }
  }

  function deliver() {
    return queue.deliver(credential).then(function (came) {
      if (came === "ended") refresh();
      document.getElementById("away").hidden = came !== "away";
      return count().then(function () {
        if (shown && faces && faces.screen === "thanks") {
          return store.get("delivered", shown).then(function (found) {
            if (found && found.entry) faces.stored("yes");
          });
        }
        return undefined;
      });
    }, noRoom);
  }

  function count() {
    return queue.counts().then(function (found) {
      tellCount("waiting", found.waiting);
      tellCount("refused", found.refused);
      return found;
    });
  }

  function tellCount(name, number) {
    var line = document.getElementById(name);
    line.textContent = line.dataset.words.replace("{n}", String(number));
    line.hidden = !number;
  }

  function beat() {
    count()
      .then(function (found) {
        return call("POST", "heartbeat", credential.key, {
          software: body.dataset.software,
          waiting: found.waiting,
          refused: found.refused,
        });
      })
      .catch(function () {});
  }

  function noRoom() {
    document.getElementById("no-room").hidden = false;
  }

  // Revoked, or paired elsewhere. What waits stays where it is.
  function end(problem) {
    var words = document.getElementById("ended");
    if (problem && problem.code === "device-revoked") words.textContent = problem.title;
    document.querySelectorAll("[data-screen]").forEach(function (section) {
      section.hidden = section.dataset.screen !== "ended";
    });
    body.dataset.now = "ended";
  }
})();
