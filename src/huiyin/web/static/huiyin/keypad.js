// The simulator's telephone: keys of the keyboard press those of the page, and the focus stays on the
// key that was pressed when the page below it changes. Works without this file.
(function () {
  "use strict";

  document.addEventListener("keydown", function (event) {
    var field = event.target.closest("input, textarea, select");
    if (field || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    var buttons = document.querySelectorAll("[data-key]");
    for (var i = 0; i < buttons.length; i += 1) {
      if (buttons[i].getAttribute("data-key") === event.key) {
        event.preventDefault();
        buttons[i].focus();
        buttons[i].click();
        return;
      }
    }
  });
})();
