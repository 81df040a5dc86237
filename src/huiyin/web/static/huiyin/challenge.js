// Does what a challenge asks (components/challenge.html), in a thread of its own, while the form is
// filled in. Nobody has to solve anything. Without this file, waiting counts instead.
(function () {
  "use strict";

  document.querySelectorAll("[data-challenge]").forEach(function (box) {
    var form = box.closest("form");
    var asked = form.elements.challenge.value;
    var bar = box.querySelector("progress");
    var words = box.querySelector("[role=status]");
    var wanted = null; // the button with which the citizen has sent the form already
    var worker = new Worker(box.dataset.worker);

    bar.hidden = false;
    words.textContent = box.dataset.working;
    worker.onmessage = function (event) {
      bar.value = event.data.done;
      if (!event.data.answer) return;
      form.elements.challenge_answer.value = event.data.answer;
      words.textContent = box.dataset.done;
      worker.terminate();
      worker = null;
      if (wanted) form.requestSubmit(wanted.isConnected && wanted.form === form ? wanted : undefined);
      else if (box.hasAttribute("data-send")) form.requestSubmit();
    };
    // No worker in this browser: what stands in <noscript> holds, the form is sent after a while.
    worker.onerror = function () {
      worker = null;
      bar.hidden = true;
      words.textContent = box.dataset.waiting;
    };
    worker.postMessage({
      seal: asked.slice(-16),
      bits: Number(box.dataset.bits),
      parts: Number(box.dataset.parts),
    });

    // Before the others: what is not ready yet has not been sent.
    form.addEventListener(
      "submit",
      function (event) {
        if (!worker) return;
        event.preventDefault();
        event.stopImmediatePropagation();
        wanted = event.submitter || box;
        words.textContent = box.dataset.soon;
      },
      true
    );
  });
})();
