// Conveniences of the citizen's pages. Everything works without this file.
(function () {
  "use strict";

  var form = document.querySelector("form[data-rating]");
  if (form) {
    remindOfDetail(form);
    keepDraft(form);
  }

  var photos = document.getElementById("photos");
  if (photos) showPhotos(photos);

  // The status page does not ask for news while nobody looks at it.
  document.addEventListener("htmx:beforeRequest", function (event) {
    if (event.target.hasAttribute("data-polite") && document.hidden) event.preventDefault();
  });

  function chosenLevel(form) {
    var chosen = form.querySelector("input[name=level]:checked");
    return chosen ? Number(chosen.value) : 0;
  }

  // The server would send a bad rating without any detail back, and chosen photographs would be lost.
  function remindOfDetail(form) {
    var reminder = document.getElementById("missing-detail");
    form.addEventListener("submit", function (event) {
      // Not sent, only drawn again in another language.
      if (event.submitter && event.submitter.name === "redraw") return;
      var level = chosenLevel(form);
      var said =
        form.querySelector("input[name=tags_" + level + "]:checked") ||
        form.elements.text.value.trim();
      if (level === 0 || level > 2 || said) return;
      event.preventDefault();
      reminder.hidden = false;
      reminder.focus();
    });
    form.addEventListener("input", function () {
      reminder.hidden = true;
    });
  }

  // Photographs can be taken one after the other: each choice adds to the ones before it.
  function showPhotos(input) {
    var list = document.getElementById("previews");
    // The browser's own button speaks the browser's language and names only the last choice.
    input.classList.add("visually-hidden");
    document.querySelector(".pick").hidden = false;
    var most = Number(input.dataset.max);
    var kept = [];
    input.addEventListener("change", function () {
      kept = kept.concat(Array.from(input.files));
      renew();
    });

    function renew() {
      var over = kept.length > most;
      kept = kept.slice(0, most);
      list.replaceChildren.apply(list, kept.map(preview));
      if (over) list.append(line(input.dataset.tooMany, true));
      var sent = new DataTransfer();
      kept.forEach(function (file) {
        if (file.size <= Number(input.dataset.maxBytes)) sent.items.add(file);
      });
      input.files = sent.files;
    }

    function preview(file) {
      var refused = file.size > Number(input.dataset.maxBytes);
      var item = line(file.name + (refused ? " – " + input.dataset.tooLarge : ""), refused);
      var canvas = document.createElement("canvas");
      canvas.width = canvas.height = 112;
      item.prepend(canvas);
      // Drawn small: the content security policy allows no blob: addresses, and needs none.
      createImageBitmap(file).then(
        function (picture) {
          var side = Math.min(picture.width, picture.height);
          var left = (picture.width - side) / 2;
          var top = (picture.height - side) / 2;
          canvas.getContext("2d").drawImage(picture, left, top, side, side, 0, 0, 112, 112);
          picture.close();
        },
        function () {}
      );
      var remove = document.createElement("button");
      remove.type = "button";
      remove.className = "secondary quiet-button";
      remove.textContent = input.dataset.remove;
      remove.setAttribute("aria-label", input.dataset.remove + " " + file.name);
      remove.addEventListener("click", function () {
        kept.splice(kept.indexOf(file), 1);
        renew();
        input.focus();
      });
      item.append(remove);
      return item;
    }

    function line(words, refused) {
      var item = document.createElement("li");
      var text = document.createElement("span");
      text.textContent = words;
      if (refused) text.className = "is-refused";
      item.append(text);
      return item;
    }
  }

  // Switching the language or the text size loads the page anew: what was typed comes along, once,
  // within this tab.
  function keepDraft(form) {
    var place = "draft:" + location.pathname;
    try {
      restore(sessionStorage.getItem(place));
      sessionStorage.removeItem(place);
    } catch (error) {
      return; // No storage in this browser, or not a draft of ours.
    }
    document.querySelectorAll(".switches form").forEach(function (other) {
      other.addEventListener("submit", function () {
        var fields = Array.from(new FormData(form)).filter(function (pair) {
          return typeof pair[1] === "string";
        });
        sessionStorage.setItem(place, JSON.stringify(fields));
      });
    });

    function restore(draft) {
      if (!draft) return;
      JSON.parse(draft).forEach(function (pair) {
        if (pair[0] === "text" || pair[0] === "key") {
          form.elements[pair[0]].value = pair[1];
          return;
        }
        form.querySelectorAll("input").forEach(function (input) {
          if (input.name === pair[0] && input.value === pair[1]) input.checked = true;
        });
      });
      form.elements.text.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }
})();
