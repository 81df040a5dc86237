// Talks to the page around the rating page, when it is one of a registered site. Without this file
// everything can be rated all the same.
//
// To the outside: {huiyin: 1, type} with type "ready" (height), "height" (height), "rated", "closed",
// "error" (reason). From there: {huiyin: 1, type: "focus"}. The page around learns that somebody has
// rated and never what, not even by the height: it is always that of the tallest choice.
(function () {
  "use strict";

  var VERSION = 1;
  var body = document.body;
  var origin = body.dataset.origin;
  if (window.parent === window || !origin) return;

  function tell(type, more) {
    window.parent.postMessage(Object.assign({ huiyin: VERSION, type: type }, more), origin);
  }

  // Every choice shows other tags, and only a bad one may show a reminder. So each is tried, within
  // one frame of the screen, and nothing of it is ever seen or told.
  function height() {
    var form = document.querySelector("form[data-rating]");
    if (!form) return body.offsetHeight;
    var reminder = document.getElementById("missing-detail");
    var levels = Array.from(form.querySelectorAll("input[name=level]"));
    var chosen = levels.find(function (input) {
      return input.checked;
    });
    var hidden = reminder.hidden;
    reminder.hidden = false;
    var tallest = levels.reduce(function (most, input) {
      input.checked = true;
      return Math.max(most, body.offsetHeight);
    }, 0);
    levels.forEach(function (input) {
      input.checked = input === chosen;
    });
    reminder.hidden = hidden;
    return tallest;
  }

  var told = height();
  tell("ready", { height: told });
  var says = body.dataset.says.split(":");
  if (says[0] !== "form") tell(says[0], says[1] ? { reason: says[1] } : {});

  // Photographs, a text field that was drawn larger, another width. Choosing a level changes nothing.
  new ResizeObserver(function () {
    var now = height();
    if (now === told) return;
    told = now;
    tell("height", { height: now });
  }).observe(body);

  window.addEventListener("message", function (event) {
    if (event.origin !== origin || event.source !== window.parent) return;
    var message = event.data;
    if (!message || message.huiyin !== VERSION || message.type !== "focus") return;
    document.getElementById("main").focus();
  });

  // Who has just sent the form hears what became of it, wherever the focus was.
  var heading = document.querySelector("h1[tabindex]");
  if (says[0] === "rated" && heading) heading.focus();

  var close = document.querySelector("[data-close]");
  close.hidden = false;
  close.addEventListener("click", function () {
    tell("closed");
  });
})();
