// Small conveniences. Every page works without this file.
(function () {
  "use strict";

  // A form sent twice by a double click: the second press does nothing. The button stays enabled
  // until the browser has read its value, and works again when the page comes back from the cache.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.hasAttribute("data-sent")) {
      event.preventDefault();
      return;
    }
    if (event.defaultPrevented || form.method !== "post" || form.closest("[hx-post]")) return;
    form.setAttribute("data-sent", "");
    var button = event.submitter;
    if (button) button.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) {
      form.removeAttribute("data-sent");
      form.querySelectorAll("[aria-busy]").forEach(function (button) {
        button.removeAttribute("aria-busy");
      });
    });
  });

  // Characters used, beside a text field: <output data-counts="id-of-the-field">. The limit is
  // maxlength, or data-limit where a text that was pasted too long must not be cut off silently.
  function count(field) {
    var output = document.querySelector('[data-counts="' + field.id + '"]');
    var limit = Number(field.getAttribute("data-limit")) || field.maxLength;
    if (!output || limit < 1) return;
    var used = Array.from(field.value).length;
    output.textContent = used + " / " + limit;
    output.classList.toggle("is-over", used > limit);
  }
  document.addEventListener("input", function (event) {
    if (event.target.id) count(event.target);
  });
  document.querySelectorAll("textarea[maxlength], textarea[data-limit]").forEach(count);

  // Buttons that only make sense with JavaScript are hidden until it runs.
  document.querySelectorAll("[data-copy], [data-print]").forEach(function (button) {
    if (button.hasAttribute("data-copy") && !navigator.clipboard) return;
    button.hidden = false;
  });
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-copy], [data-print]");
    if (!button) return;
    if (button.hasAttribute("data-print")) {
      window.print();
      return;
    }
    navigator.clipboard.writeText(button.getAttribute("data-copy")).then(function () {
      button.querySelector("[role=status]").textContent = button.getAttribute("data-copied");
    });
  });
})();
