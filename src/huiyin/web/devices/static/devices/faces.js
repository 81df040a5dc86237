// The five faces, the tags of the one that was touched, and what follows: one screen at a time.
// Who only touches a face has said nothing yet: a rating is given by pressing “send”.
(function () {
  "use strict";

  // options: settings (of /devices/me), language ("zh_hans", "en"), needsDetail, seconds(screen) →
  // after how many seconds a screen is left, or 0; send(level, tags) → Promise of {link, code,
  // stored} or of {words}; left() when nothing is shown any more.
  function Faces(options) {
    this.options = options;
    this.level = 0;
    this.until = 0;
    this.began = 0;
    this.screen = "";
    var self = this;
    all("[data-level]").forEach(function (button) {
      button.addEventListener("click", function () {
        self.choose(Number(button.dataset.level));
      });
    });
    one("#back").addEventListener("click", function () {
      self.show("faces");
    });
    one("#send").addEventListener("click", function () {
      self.send();
    });
    all("[data-leave]").forEach(function (button) {
      button.addEventListener("click", function () {
        self.leave();
      });
    });
    document.addEventListener("pointerdown", function () {
      self.touched();
    });
    document.addEventListener("keydown", function () {
      self.touched();
    });
    setInterval(function () {
      self.tick();
    }, 250);
  }

  Faces.prototype.show = function (name) {
    this.screen = name;
    all("[data-screen]").forEach(function (section) {
      section.hidden = section.dataset.screen !== name;
    });
    document.body.dataset.now = name;
    this.wait();
    window.speechSynthesis && speechSynthesis.cancel();
    var heading = one('[data-screen="' + name + '"] [tabindex="-1"]');
    if (heading) heading.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  };

  Faces.prototype.choose = function (level) {
    this.level = level;
    var settings = this.options.settings();
    var found = settings.levels.find(function (one) {
      return one.level === level;
    });
    var language = this.options.language;
    one("#chosen use").setAttribute("href", "#i-face-" + level);
    one("#chosen .face").setAttribute("class", "face face-" + level);
    one("#chosen-words").textContent = found.words[language];
    all("[data-asks]").forEach(function (line) {
      var asks = level < 3 ? "bad" : level === 3 ? "fair" : "good";
      line.hidden = line.dataset.asks !== asks;
    });
    one("#tags").replaceChildren.apply(
      one("#tags"),
      found.tags.map(function (tag) {
        var label = document.createElement("label");
        label.className = "tag";
        var box = document.createElement("input");
        box.type = "checkbox";
        box.value = tag.code;
        var words = document.createElement("span");
        words.append(one("#tick").content.cloneNode(true), tag.label[language]);
        label.append(box, words);
        return label;
      })
    );
    one("#reminder").hidden = true;
    this.show("tags");
  };

  Faces.prototype.send = function () {
    var tags = all("#tags input:checked").map(function (box) {
      return box.value;
    });
    if (this.options.needsDetail && this.level < 3 && !tags.length) {
      one("#reminder").hidden = false;
      one("#reminder").focus();
      return;
    }
    var self = this;
    this.show("sending");
    this.options.send(this.level, tags).then(
      function (came) {
        if (came) self.thank(came);
        else self.leave();
      },
      function (error) {
        self.say(one("#message").dataset.broken);
        throw error;
      }
    );
  };

  // What the citizen takes along: a picture that leads to the page of the rating, and its code.
  Faces.prototype.thank = function (came) {
    if (came.words) {
      this.say(came.words);
      return;
    }
    draw(one("#qr"), came.link);
    one("#code").textContent = came.code.replace(/(.{4})(?=.)/g, "$1-");
    this.stored(came.stored);
    this.show("thanks");
  };

  // Whether the platform has the rating, or this device still keeps it.
  Faces.prototype.stored = function (where) {
    all("[data-stored]").forEach(function (line) {
      line.hidden = line.dataset.stored !== where;
    });
  };

  Faces.prototype.say = function (words) {
    one("#message").textContent = words;
    this.show("message");
  };

  Faces.prototype.leave = function () {
    this.level = 0;
    one("#tags").replaceChildren();
    one("#code").textContent = "";
    this.options.left();
  };

  // Begin to count the seconds of the present screen anew.
  Faces.prototype.wait = function () {
    var seconds = this.options.seconds(this.screen);
    this.until = seconds ? performance.now() + seconds * 1000 : 0;
    this.began = seconds;
    this.tick();
  };

  Faces.prototype.touched = function () {
    if (this.options.touchesProlong && this.until) this.wait();
  };

  Faces.prototype.tick = function () {
    var line = one("#countdown");
    var left = this.until ? Math.ceil((this.until - performance.now()) / 1000) : 0;
    line.hidden = !this.until;
    if (!this.until) return;
    if (left <= 0) {
      this.until = 0;
      line.hidden = true;
      this.leave();
      return;
    }
    one("#seconds").textContent = String(left);
    one("#countdown progress").value = left / this.began;
  };

  function draw(place, text) {
    var code = qrcode(0, "M");
    code.addData(text);
    code.make();
    var count = code.getModuleCount();
    var path = "";
    for (var row = 0; row < count; row++) {
      for (var column = 0; column < count; column++) {
        if (code.isDark(row, column)) path += "M" + (column + 2) + " " + (row + 2) + "h1v1h-1z";
      }
    }
    place.setAttribute("viewBox", "0 0 " + (count + 4) + " " + (count + 4));
    place.querySelector("path").setAttribute("d", path);
    place.dataset.link = text;
  }

  function one(selector) {
    return document.querySelector(selector);
  }

  function all(selector) {
    return Array.from(document.querySelectorAll(selector));
  }

  // Large text, strong contrast, reading aloud: for the one who stands there now.
  function aids() {
    switched("#large", "large");
    switched("#contrast", "contrast");
    var read = one("#read");
    if (!read || !window.speechSynthesis) return;
    var language = document.documentElement.lang === "en" ? "en" : "zh";
    var offer = function () {
      read.hidden = !speechSynthesis.getVoices().some(function (voice) {
        return voice.lang.toLowerCase().indexOf(language) === 0;
      });
    };
    offer();
    speechSynthesis.addEventListener("voiceschanged", offer);
    read.addEventListener("click", function () {
      speechSynthesis.cancel();
      var said = new SpeechSynthesisUtterance(wordsOfTheScreen());
      said.lang = document.documentElement.lang === "en" ? "en" : "zh-CN";
      speechSynthesis.speak(said);
    });
  }

  function wordsOfTheScreen() {
    var shown = one("[data-screen]:not([hidden])");
    return shown.innerText.replace(/\s*\n\s*/g, ". ");
  }

  function switched(selector, name) {
    var button = one(selector);
    if (!button) return;
    button.addEventListener("click", function () {
      var on = document.documentElement.classList.toggle(name);
      button.setAttribute("aria-pressed", String(on));
    });
  }

  // For the next citizen everything is as it was.
  function calm() {
    document.documentElement.classList.remove("large", "contrast");
    all("#large, #contrast").forEach(function (button) {
      button.setAttribute("aria-pressed", "false");
    });
    window.speechSynthesis && speechSynthesis.cancel();
  }

  aids();
  window.HuiyinFaces = { Faces: Faces, calm: calm };
})();
