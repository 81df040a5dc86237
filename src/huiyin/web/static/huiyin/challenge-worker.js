// Finds the answer to a challenge: for each part a number, so that the SHA-256 of "seal.part.number"
// begins with so many zero bits. The messages are short, one block each, so this is written out: asking
// crypto.subtle for each hash takes several times as long, and there is none without HTTPS.
"use strict";

var K = new Uint32Array(64);
var START = new Uint32Array(8);
(function () {
  // The first 32 bits of the fractions of the cube and square roots of the first primes (FIPS 180-4).
  var found = 0;
  for (var candidate = 2; found < 64; candidate++) {
    var prime = true;
    for (var divisor = 2; divisor * divisor <= candidate; divisor++) {
      if (candidate % divisor === 0) prime = false;
    }
    if (!prime) continue;
    if (found < 8) START[found] = (Math.sqrt(candidate) % 1) * 4294967296;
    K[found++] = (Math.cbrt(candidate) % 1) * 4294967296;
  }
})();

var w = new Uint32Array(64);

// The first word of the SHA-256 of the block in w[0..15].
function firstWord() {
  var i, s0, s1, t1, t2;
  for (i = 16; i < 64; i++) {
    s0 = w[i - 15];
    s0 = ((s0 >>> 7) | (s0 << 25)) ^ ((s0 >>> 18) | (s0 << 14)) ^ (s0 >>> 3);
    s1 = w[i - 2];
    s1 = ((s1 >>> 17) | (s1 << 15)) ^ ((s1 >>> 19) | (s1 << 13)) ^ (s1 >>> 10);
    w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
  }
  var a = START[0] | 0, b = START[1] | 0, c = START[2] | 0, d = START[3] | 0;
  var e = START[4] | 0, f = START[5] | 0, g = START[6] | 0, h = START[7] | 0;
  for (i = 0; i < 64; i++) {
    s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
    s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + t1) | 0;
    d = c; c = b; b = a; a = (t1 + t2) | 0;
  }
  return (a + START[0]) >>> 0;
}

// Writes an ASCII text of at most 55 characters into the block, with its padding.
function write(text) {
  w.fill(0, 0, 16);
  for (var i = 0; i < text.length; i++) w[i >> 2] |= text.charCodeAt(i) << (24 - 8 * (i & 3));
  w[text.length >> 2] |= 0x80 << (24 - 8 * (text.length & 3));
  w[15] = text.length * 8;
}

self.onmessage = function (event) {
  var asked = event.data;
  var limit = Math.pow(2, 32 - asked.bits);
  var numbers = [];
  for (var part = 0; part < asked.parts; part++) {
    var number = 0;
    for (;;) {
      write(asked.seal + "." + part + "." + number);
      if (firstWord() < limit) break;
      number++;
    }
    numbers.push(number);
    self.postMessage({ done: part + 1, answer: numbers.length === asked.parts ? numbers.join(",") : "" });
  }
};
