// Draws the tables that have a <figure data-chart="id of the table"> as charts. The numbers are read
// from the table itself, which stays: the drawing adds a look at the whole, and says nothing more.
(function () {
  "use strict";
  if (!window.echarts) return;

  var MOST_BARS = 12;
  var drawn = [];

  function read(table) {
    var heads = Array.from(table.querySelectorAll("thead th"));
    var rows = Array.from(table.querySelectorAll("tbody tr"));
    return {
      names: rows.map(function (row) {
        var name = row.querySelector("th a, th span") || row.querySelector("th");
        return name.textContent.trim();
      }),
      series: heads
        .map(function (head, place) {
          return {
            tone: head.getAttribute("data-series"),
            name: head.textContent.trim(),
            values: rows.map(function (row) {
              return Number(row.children[place].getAttribute("data-value"));
            }),
          };
        })
        .filter(function (one) {
          return one.tone;
        }),
    };
  }

  function colours() {
    var style = getComputedStyle(document.documentElement);
    return function (name) {
      return style.getPropertyValue("--" + name).trim();
    };
  }

  // Stripes for what is compared with: told apart without colour.
  function fill(tone, colour) {
    if (tone !== "calm") return { color: colour(tone) };
    return {
      color: colour("calm-tint"),
      borderColor: colour("calm"),
      borderWidth: 1,
      decal: {
        symbol: "rect",
        dashArrayX: [1, 0],
        dashArrayY: [2, 4],
        rotation: -Math.PI / 4,
        color: colour("calm"),
      },
    };
  }

  function options(kind, data, width) {
    var colour = colours();
    var text = { color: colour("muted"), fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 13 };
    var lines = { lineStyle: { color: colour("line") } };
    var values = {
      type: "value",
      minInterval: kind === "line" ? 1 : 0,
      axisLabel: Object.assign({ hideOverlap: true }, text),
      splitNumber: width < 420 ? 3 : 5,
      splitLine: lines,
    };
    if (kind === "line") {
      return {
        animation: false,
        grid: { left: 8, right: 16, top: 16, bottom: 8, outerBoundsMode: "same" },
        xAxis: { type: "category", data: data.names, axisLabel: text, axisLine: lines, axisTick: { show: false } },
        yAxis: values,
        series: data.series.map(function (one) {
          return {
            type: "line",
            name: one.name,
            data: one.values,
            symbol: one.tone === "calm" ? "none" : "circle",
            symbolSize: 6,
            itemStyle: { color: colour(one.tone) },
            lineStyle: { color: colour(one.tone), width: 2, type: one.tone === "calm" ? "dashed" : "solid" },
          };
        }),
      };
    }
    return {
      animation: false,
      grid: { left: 8, right: 56, top: 4, bottom: 4, outerBoundsMode: "same" },
      xAxis: values,
      yAxis: {
        type: "category",
        inverse: true,
        data: data.names.slice(0, MOST_BARS),
        axisLabel: Object.assign({ width: width * 0.36, overflow: "truncate" }, text, { color: colour("ink") }),
        axisLine: lines,
        axisTick: { show: false },
      },
      series: data.series.map(function (one) {
        return {
          type: "bar",
          name: one.name,
          data: one.values.slice(0, MOST_BARS),
          barMaxWidth: 16,
          barGap: "15%",
          itemStyle: fill(one.tone, colour),
          label: Object.assign({ show: true, position: "right" }, text),
        };
      }),
    };
  }

  function key(figure, series) {
    var list = figure.querySelector(".chart-key");
    series.forEach(function (one) {
      var item = document.createElement("li");
      item.className = "key-" + one.tone;
      item.textContent = one.name;
      list.appendChild(item);
    });
  }

  function draw(one) {
    var width = one.place.clientWidth;
    one.chart.setOption(options(one.kind, one.data, width), true);
    one.chart.resize();
  }

  document.querySelectorAll("[data-chart]").forEach(function (figure) {
    var table = document.getElementById(figure.getAttribute("data-chart"));
    var data = table && read(table);
    if (!data || !data.names.length) return;
    figure.hidden = false;
    var place = figure.querySelector(".chart");
    var kind = figure.getAttribute("data-kind");
    var bars = Math.min(data.names.length, MOST_BARS);
    place.style.height = (kind === "line" ? 280 : 48 + bars * data.series.length * 24) + "px";
    key(figure, data.series);
    var one = { place: place, kind: kind, data: data, chart: window.echarts.init(place, null, { renderer: "canvas" }) };
    drawn.push(one);
    draw(one);
  });

  function drawAll() {
    drawn.forEach(draw);
  }
  window.addEventListener("resize", drawAll);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
})();
