// Keying forms without the mouse: Enter leaves the number for the level, the keys 1 to 5 choose it
// wherever no text is typed, Ctrl+Enter stores. Every form works without this file.
(function () {
  "use strict";

  var form = document.querySelector("[data-keying]");
  if (!form) return;
  var number = form.querySelector("[name=number]");

  function levels() {
    return form.querySelectorAll("[name=level]");
  }
  function choose(value) {
    levels().forEach(function (level) {
      if (level.value !== value) return;
      level.checked = true;
      level.dispatchEvent(new Event("change", { bubbles: true }));
      level.focus();
    });
  }
  document.addEventListener("keydown", function (event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Enter" && event.target === number) {
      // Scanners of bar codes end with Enter, too.
      event.preventDefault();
      levels()[0].focus();
      return;
    }
    var typing = event.target.matches("textarea, select, input:not([type=radio]):not([type=checkbox])");
    if (!typing && /^[1-5]$/.test(event.key)) {
      event.preventDefault();
      choose(event.key);
    }
  });
})();
