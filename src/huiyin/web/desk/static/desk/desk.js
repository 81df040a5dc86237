// The desk while it is open: new arrivals with sound, badge and words; rows that can be added.
// Every page works without this file.
(function () {
  "use strict";

  var announcer = document.getElementById("announcer");
  var title = document.title;

  // Sound: two soft notes, made here. Off until it is asked for; the choice is this browser's.
  var SOUND = "huiyin-sound";
  var soundButton = document.getElementById("sound");
  var audio = null;

  function soundIsOn() {
    try {
      return localStorage.getItem(SOUND) === "on";
    } catch (blocked) {
      return false;
    }
  }
  function chime() {
    var Context = window.AudioContext || window.webkitAudioContext;
    if (!Context) return;
    audio = audio || new Context();
    audio.resume();
    [659.25, 880].forEach(function (pitch, place) {
      var note = audio.createOscillator();
      var loudness = audio.createGain();
      var start = audio.currentTime + place * 0.18;
      note.type = "sine";
      note.frequency.value = pitch;
      loudness.gain.setValueAtTime(0, start);
      loudness.gain.linearRampToValueAtTime(0.25, start + 0.02);
      loudness.gain.exponentialRampToValueAtTime(0.001, start + 0.7);
      note.connect(loudness).connect(audio.destination);
      note.start(start);
      note.stop(start + 0.75);
    });
  }
  function showSound() {
    var words = soundButton.querySelector("span");
    soundButton.setAttribute("aria-pressed", soundIsOn() ? "true" : "false");
    words.textContent = words.getAttribute(soundIsOn() ? "data-on" : "data-off");
  }
  if (soundButton) {
    soundButton.hidden = false;
    showSound();
    soundButton.addEventListener("click", function () {
      try {
        localStorage.setItem(SOUND, soundIsOn() ? "off" : "on");
      } catch (blocked) {
        return;
      }
      showSound();
      // The sample also tells the browser that sound is wanted here.
      if (soundIsOn()) chime();
    });
  }

  // The unread notices, by name, in the header and in the tab's title: what waits for the reader is
  // counted by the inbox itself.
  function showUnread(count) {
    var badge = document.getElementById("unread");
    if (!badge) return;
    var most = Number(badge.getAttribute("data-most"));
    var shown = count > most ? most + "+" : count;
    // The words are for those who are read to; a narrow screen shows the number alone.
    badge.firstElementChild.textContent = badge.getAttribute("data-words").replace("{n}", shown);
    badge.hidden = count < 1;
    badge.setAttribute("data-unread", String(count));
    document.title = count > 0 ? "(" + badge.textContent + ") " + title : title;
  }
  var badge = document.getElementById("unread");
  if (badge) showUnread(Number(badge.getAttribute("data-unread")) || 0);

  // One tab of this browser listens and tells the others: a browser opens only six connections to
  // one server, and seven open matters would otherwise leave none for loading pages.
  var tabs = window.BroadcastChannel ? new BroadcastChannel("huiyin-desk") : null;
  var source = null;
  var last = 0;

  function refreshInbox() {
    if (!document.getElementById("inbox") || !window.htmx) return;
    // Not under somebody's hands: what is ticked or being typed would be lost.
    if (document.querySelector("#inbox .inbox-tick:checked, #inbox input:focus, #inbox select:focus")) return;
    window.htmx.ajax("GET", location.href, {
      target: "#inbox",
      select: "#inbox",
      // The title is ours: it carries the number of unread notices.
      swap: "outerHTML ignoreTitle:true",
    });
  }
  function heard(news) {
    if (news.number && news.number <= last) return;
    last = news.number || last;
    showUnread(news.unread);
    if (!news.text) return;
    announcer.textContent = news.text;
    var moved = document.querySelector('#moved[data-matter="' + news.matter + '"]');
    if (moved) moved.hidden = false;
    refreshInbox();
  }
  function connect() {
    if (source && source.readyState !== EventSource.CLOSED) return;
    source = new EventSource(announcer.getAttribute("data-stream"));
    ["state", "notice"].forEach(function (kind) {
      source.addEventListener(kind, function (event) {
        var news = JSON.parse(event.data);
        heard(news);
        if (tabs) tabs.postMessage(news);
        if (kind === "notice" && soundIsOn()) chime();
      });
    });
    source.onerror = function () {
      // A refused connection ends for good: the session is over. Anything else comes back.
      if (source.readyState === EventSource.CLOSED) {
        announcer.textContent = announcer.getAttribute("data-signed-out");
      }
    };
  }
  if (announcer && window.EventSource) {
    if (tabs) {
      tabs.onmessage = function (event) {
        heard(event.data);
      };
    }
    if (tabs && navigator.locks) {
      navigator.locks.request("huiyin-desk", function () {
        connect();
        return new Promise(function () {}); // until this tab closes
      });
    } else {
      connect();
    }
    // A tab that slept may have lost its connection without noticing, and shows an old list.
    document.addEventListener("visibilitychange", function () {
      if (document.hidden) return;
      if (source && source.readyState === EventSource.CLOSED) connect();
      refreshInbox();
    });
    // A page kept for "back" must let go of what the others wait for.
    window.addEventListener("pagehide", function () {
      if (source) source.close();
    });
    window.addEventListener("pageshow", function (event) {
      if (!event.persisted) return;
      if (source) connect();
      refreshInbox();
    });
  }

  // The list by keyboard: J and K move, X ticks, Enter opens, / searches.
  var place = -1;
  function rowsOfList() {
    return Array.prototype.slice.call(document.querySelectorAll("#inbox .inbox-row"));
  }
  function go(step) {
    var rows = rowsOfList();
    if (!rows.length) return;
    if (rows[place]) rows[place].classList.remove("is-current");
    place = Math.max(0, Math.min(rows.length - 1, place + step));
    rows[place].classList.add("is-current");
    rows[place].querySelector(".inbox-link").focus();
  }
  if (document.getElementById("inbox")) {
    document.querySelectorAll("#inbox .keys").forEach(function (words) {
      words.hidden = false;
    });
    document.addEventListener("keydown", function (event) {
      var typing = event.target.closest && event.target.closest("input:not([type=checkbox]), select, textarea");
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "j") go(1);
      else if (event.key === "k") go(-1);
      else if (event.key === "x") {
        var row = rowsOfList()[place];
        var tick = row && row.querySelector(".inbox-tick");
        if (tick) tick.checked = !tick.checked;
      } else if (event.key === "/") {
        event.preventDefault();
        document.getElementById("search-code").focus();
      }
    });
  }

  // Rows of a form: only as many as are needed are shown, the others on demand.
  document.querySelectorAll(".rows[data-rows]").forEach(function (group) {
    var rows = Array.prototype.slice.call(group.querySelectorAll(".rows-row"));
    var button = group.querySelector("[data-add-row]");
    var shown = Number(group.getAttribute("data-rows"));
    rows.forEach(function (row, place) {
      var used = Array.prototype.some.call(row.querySelectorAll("input, select, textarea"), function (
        field
      ) {
        return field.value || field.getAttribute("aria-invalid") === "true";
      });
      if (used) shown = Math.max(shown, place + 1);
    });
    function show() {
      rows.forEach(function (row, place) {
        row.hidden = place >= shown;
      });
      button.hidden = shown >= rows.length;
    }
    button.addEventListener("click", function () {
      shown += 1;
      show();
      rows[shown - 1].querySelector("input, select, textarea").focus();
    });
    show();
  });
})();
