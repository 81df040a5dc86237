// The button that opens the browser's own print dialogue; without it, the browser's menu does.
(function () {
  "use strict";
  var button = document.getElementById("print");
  button.hidden = false;
  button.addEventListener("click", function () {
    window.print();
  });
})();
