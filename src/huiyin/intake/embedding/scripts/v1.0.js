/* Huiyin: the rating page inside your page. Version 1.0. Apache-2.0.
   <script async src="https://HUIYIN/embed/v1.js" data-token="TOKEN"></script>
   Attributes: data-token, data-target (a selector), data-lang (zh-hans, en), data-title, data-focus.
   Events on the element that holds the frame, all bubbling: huiyin:ready, huiyin:rated,
   huiyin:closed, huiyin:error (detail.reason). What was rated is not told to anybody. */
(function () {
  "use strict";

  var VERSION = 1;
  var PATIENCE = 15000; // milliseconds until a frame that says nothing is given up
  var script = document.currentScript;
  if (!script) return;
  var base = new URL(script.src).origin;

  var words = {
    en: { title: "Rate this service", open: "Open the rating page" },
    zh: { title: "评价本次服务", open: "打开评价页面" },
  };

  function languageOf(asked) {
    var tag = (asked || document.documentElement.lang || "").toLowerCase();
    if (tag.indexOf("en") === 0) return "en";
    return tag.indexOf("zh") === 0 ? "zh-hans" : "";
  }

  // options: token, target (an element), lang, title, focus. Returns {frame, focus(), remove()}.
  function embed(options) {
    var target = options.target;
    var language = languageOf(options.lang);
    var said = words[language === "en" ? "en" : "zh"];
    var before = document.activeElement;
    var heard = false;
    var first = true;

    var frame = document.createElement("iframe");
    var query = "?origin=" + encodeURIComponent(location.origin);
    if (language) query += "&lang=" + language;
    frame.src = base + "/embed/r/" + encodeURIComponent(options.token || "") + query;
    frame.title = options.title || said.title;
    frame.referrerPolicy = "no-referrer";
    // Through the object model: a content security policy without inline styles allows it.
    frame.style.display = "block";
    frame.style.width = "100%";
    frame.style.height = "640px";
    frame.style.border = "0";

    function tell(type, detail) {
      detail = detail || {};
      detail.version = VERSION;
      target.dispatchEvent(
        new CustomEvent("huiyin:" + type, { bubbles: true, detail: detail })
      );
    }

    function ask(type) {
      if (frame.contentWindow) frame.contentWindow.postMessage({ huiyin: VERSION, type: type }, base);
    }

    function resize(height) {
      if (typeof height !== "number" || !(height >= 0)) return;
      frame.style.height = Math.min(Math.max(Math.ceil(height), 120), 20000) + "px";
    }

    function remove() {
      window.removeEventListener("message", hear);
      clearTimeout(patience);
      frame.remove();
    }

    function giveBackFocus() {
      var place = before && before !== document.body && before.isConnected ? before : target;
      if (place === target && !target.hasAttribute("tabindex")) target.tabIndex = -1;
      place.focus();
    }

    function hear(event) {
      if (event.origin !== base || event.source !== frame.contentWindow) return;
      var message = event.data;
      if (!message || message.huiyin !== VERSION) return;
      heard = true;
      if (message.type === "ready") {
        resize(message.height);
        // A new page began, and the one before may have been scrolled far down.
        if (!first && frame.getBoundingClientRect().top < 0) frame.scrollIntoView();
        if (first && options.focus) ask("focus");
        if (first) tell("ready");
        first = false;
      } else if (message.type === "height") {
        resize(message.height);
      } else if (message.type === "rated") {
        tell("rated");
      } else if (message.type === "error") {
        tell("error", { reason: String(message.reason) });
      } else if (message.type === "closed") {
        remove();
        giveBackFocus();
        tell("closed");
      }
    }

    var patience = setTimeout(function () {
      if (heard) return;
      remove();
      var link = document.createElement("a");
      link.href = base + "/r/" + encodeURIComponent(options.token || "");
      link.target = "_blank";
      link.rel = "noopener noreferrer";
      link.textContent = said.open;
      target.append(link);
      tell("error", { reason: "unavailable" });
    }, PATIENCE);

    window.addEventListener("message", hear);
    target.append(frame);
    return {
      frame: frame,
      focus: function () {
        ask("focus");
      },
      remove: remove,
    };
  }

  window.Huiyin = { version: VERSION, embed: embed };

  function begin() {
    var asked = script.dataset;
    var target = asked.target ? document.querySelector(asked.target) : null;
    if (!target) {
      target = document.createElement("div");
      if (script.isConnected && document.body.contains(script)) script.after(target);
      else document.body.append(target);
    }
    embed({
      token: asked.token,
      target: target,
      lang: asked.lang,
      title: asked.title,
      focus: "focus" in asked,
    });
  }

  // Without a token the page embeds by itself, when it wants to: Huiyin.embed({token, target}).
  if (!script.dataset.token) return;
  if (document.body) begin();
  else document.addEventListener("DOMContentLoaded", begin);
})();
