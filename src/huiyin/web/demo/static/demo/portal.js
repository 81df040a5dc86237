// What a portal's own script does with the rating page. Either way below is all that is needed.
(function () {
  "use strict";

  function note(words) {
    var line = document.createElement("li");
    line.textContent = words;
    document.getElementById("heard").append(line);
  }

  // With the script: events on the element that holds the frame.
  ["ready", "rated", "closed", "error"].forEach(function (type) {
    document.addEventListener("huiyin:" + type, function (event) {
      note(type + " " + JSON.stringify(event.detail));
    });
  });

  // With a frame of one's own: messages, believed only from where the frame comes from.
  var frame = document.querySelector("iframe[data-huiyin]");
  if (!frame) return;
  var base = new URL(frame.dataset.huiyin).origin;
  window.addEventListener("message", function (event) {
    if (event.origin !== base || event.source !== frame.contentWindow) return;
    var message = event.data;
    if (!message || message.huiyin !== 1) return;
    if (message.type === "ready" || message.type === "height") {
      frame.style.height = message.height + "px";
    }
    if (message.type === "closed") frame.remove();
    note(JSON.stringify(message));
  });
})();
