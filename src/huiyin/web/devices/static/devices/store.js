// What a device keeps: its key, its settings, and the ratings that wait. IndexedDB, so that several
// tabs and the closing of the page lose nothing.
(function () {
  "use strict";

  var NAME = "huiyin-device";
  var STORES = ["own", "queue", "delivered"];
  var opened = null;

  function open() {
    opened =
      opened ||
      new Promise(function (resolve, reject) {
        var request = indexedDB.open(NAME, 1);
        request.onupgradeneeded = function () {
          STORES.forEach(function (name) {
            request.result.createObjectStore(name);
          });
        };
        request.onsuccess = function () {
          // A newer page in another tab may need the database to itself.
          request.result.onversionchange = function () {
            request.result.close();
            opened = null;
          };
          resolve(request.result);
        };
        request.onerror = function () {
          opened = null;
          reject(request.error);
        };
      });
    return opened;
  }

  // Runs `work` with the stores in one transaction; resolves once that is on the disk, with what
  // the request that `work` returned found.
  function within(mode, names, work) {
    return open().then(function (database) {
      return new Promise(function (resolve, reject) {
        var transaction = database.transaction(names, mode, { durability: "strict" });
        var request = work.apply(null, names.map(function (name) {
          return transaction.objectStore(name);
        }));
        transaction.oncomplete = function () {
          resolve(request && request.result);
        };
        transaction.onabort = transaction.onerror = function () {
          reject(transaction.error);
        };
      });
    });
  }

  window.HuiyinStore = {
    within: within,
    get: function (name, key) {
      return within("readonly", [name], function (store) {
        return store.get(key);
      });
    },
    put: function (name, key, value) {
      return within("readwrite", [name], function (store) {
        return store.put(value, key);
      });
    },
    all: function (name) {
      return within("readonly", [name], function (store) {
        return store.getAll();
      });
    },
    count: function (name) {
      return within("readonly", [name], function (store) {
        return store.count();
      });
    },
  };
})();
