// The whole flow of an app or a mini-program: token in, receipt out.
(function () {
  "use strict";

  var token = document.body.dataset.token;
  var language = document.body.dataset.language;
  var at = document.getElementById.bind(document);
  // Made once for a review and sent with every try: a lost answer is asked for again without harm.
  var key = Array.from(crypto.getRandomValues(new Uint8Array(16)), function (byte) {
    return byte.toString(16).padStart(2, "0");
  }).join("");

  function ask(path, body, headers) {
    note("POST " + path, Object.assign({}, body, { token: "…" }));
    return fetch(path, {
      method: "POST",
      credentials: "omit", // the token is the right; there is no session
      headers: Object.assign(
        { "Content-Type": "application/json", "Accept-Language": language },
        headers
      ),
      body: JSON.stringify(body),
    }).then(function (response) {
      return response.json().then(function (answer) {
        note(response.status, answer);
        if (!response.ok) throw new Error(answer.detail || answer.title);
        return answer;
      });
    });
  }

  function note(what, json) {
    at("wire").textContent += what + "\n" + JSON.stringify(json, shortened, 2) + "\n\n";
  }

  function shortened(name, value) {
    return typeof value === "string" && value.length > 60 ? value.slice(0, 60) + "…" : value;
  }

  function choice(type, name, value, words) {
    var label = document.createElement("label");
    var input = document.createElement("input");
    input.type = type;
    input.name = name;
    input.value = value;
    label.append(input, " " + words);
    return label;
  }

  function fail(error) {
    at("said").textContent = error.message;
  }

  ask("/api/v1/invitations/inspect", { token: token }).then(function (invitation) {
    at("service").textContent = invitation.service + " · " + invitation.organisation;
    invitation.levels.forEach(function (level) {
      var label = choice("radio", "level", level.level, level.words);
      label.firstChild.required = true;
      label.firstChild.addEventListener("change", function () {
        at("tags").querySelectorAll("label").forEach(function (old) {
          old.remove();
        });
        level.tags.forEach(function (tag) {
          at("tags").append(choice("checkbox", "tags", tag.code, language === "en" ? tag.label_en : tag.label));
        });
        at("tags").hidden = false;
      });
      at("levels").append(label);
    });
    at("form").hidden = false;
  }, fail);

  at("form").addEventListener("submit", function (event) {
    event.preventDefault();
    var said = new FormData(at("form"));
    ask(
      "/api/v1/reviews",
      {
        token: token,
        level: Number(said.get("level")),
        tags: said.getAll("tags"),
        text: at("text").value,
        channel: "mobile",
        sub_channel: "demo",
      },
      { "Idempotency-Key": key }
    ).then(function (answer) {
      at("form").hidden = true;
      at("said").textContent = "";
      at("receipt").hidden = false;
      at("receipt").querySelector(".code").textContent = answer.receipt.code.replace(/(.{4})(?=.)/g, "$1-");
      at("receipt").querySelector("a").href = answer.receipt.status_url;
    }, fail);
  });
})();
