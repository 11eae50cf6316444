/* global uPlot */
// Runs in the page. Draws the charts of every run from the JSON block `data` (ChartData[] of charts.ts).
(() => {
  const FONT = '11px system-ui, sans-serif';
  const LEFT = 52;
  const WHOLE_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000];
  const SHAPES = {
    throughput: {
      height: 176,
      top: 46, // two rows of pins
      lines: [
        { field: 'ok', label: 'ok', stroke: 'line-1', fill: 'area-1' },
        { field: 'writes', label: 'acknowledged writes', stroke: 'line-2' },
      ],
    },
    failed: { height: 72, top: 8, lines: [{ field: 'failed', label: 'failed', stroke: 'fault', fill: 'area-fault' }] },
    latency: {
      height: 190,
      top: 8,
      lines: [
        { field: 'p50', label: 'p50', stroke: 'line-1' },
        { field: 'p99', label: 'p99', stroke: 'line-3' },
        { field: 'max', label: 'max', stroke: 'line-4', dash: [3, 2] },
      ],
    },
  };

  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const plots = [];

  for (const run of JSON.parse(document.getElementById('data').textContent)) {
    const place = document.getElementById(`charts-${run.id}`);
    const own = [...place.querySelectorAll('.chart')].map((figure) => draw(figure, run));
    plots.push(...own);
    pointFrom(place.parentElement.querySelectorAll('tr[data-at]'), own[0]);
  }

  // Colours follow the theme, and paper is always light.
  for (const query of ['(prefers-color-scheme: dark)', 'print']) {
    matchMedia(query).addEventListener('change', () => {
      for (const plot of plots) plot.redraw(false);
    });
  }

  function draw(figure, run) {
    const kind = figure.dataset.kind;
    const shape = SHAPES[kind];
    const place = figure.querySelector('.plot');
    const last = kind === 'latency';
    const log = last && run.logLatency;
    const ceiling = kind === 'throughput' ? cutPeaks(figure, run.ok) : Infinity;
    const options = {
      width: place.clientWidth,
      height: shape.height + (last ? 18 : 0),
      padding: [shape.top, 16, 0, 0],
      cursor: { y: false, points: { size: 5 }, sync: { key: `run-${run.id}` } },
      legend: { mount: (_, table) => figure.querySelector('.legend').append(table) },
      scales: {
        x: { time: false },
        y: log
          ? { distr: 3, range: (_, low, high) => uPlot.rangeLog(low ?? 1, high ?? 10, 10, true) }
          : { range: (_, _low, high) => [0, Math.max(1, Math.min(ceiling, (high ?? 0) * 1.05))] },
      },
      axes: [
        {
          ...axis(),
          size: last ? 26 : 6,
          values: (_, ticks) => ticks.map((tick) => (last ? `${tick} s` : '')),
        },
        {
          ...axis(),
          size: LEFT,
          space: kind === 'failed' ? 20 : 30,
          ...(log ? { splits: (_, _axis, low, high) => powers(low, high) } : { incrs: WHOLE_STEPS }),
          values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : tick.toLocaleString('en-US'))),
        },
      ],
      series: [
        { label: 'at', value: (_, value) => (value == null ? '' : `${value.toFixed(2)} s`) },
        ...shape.lines.map(({ label, stroke, fill, dash }) => ({
          label,
          stroke: () => colour(stroke),
          ...(fill ? { fill: () => colour(fill) } : {}),
          ...(dash ? { dash } : {}),
          width: 1.25,
          paths: uPlot.paths.stepped({ align: 1 }),
          points: { show: false },
          value: (_, value, _series, at) => (at == null ? '' : (value?.toLocaleString('en-US') ?? '–')),
        })),
      ],
      hooks: {
        // Role changes stand behind the curves: there may be dozens.
        drawClear: [(plot) => shade(plot, run.faults), (plot) => lines(plot, run.marks, true)],
        draw: [
          (plot) => lines(plot, run.marks, false),
          ...(kind === 'throughput' ? [(plot) => pins(plot, run.marks)] : []),
        ],
      },
    };
    const plot = new uPlot(options, columns(run, shape, log), place);
    new ResizeObserver(() => {
      if (place.clientWidth > 0 && place.clientWidth !== plot.width) {
        plot.setSize({ width: place.clientWidth, height: plot.height });
      }
    }).observe(place);
    return plot;
  }

  /** Buckets are steps: the last one needs its end, and marks after the load a place on the axis. */
  function columns(run, shape, log) {
    const times = run.ok.map((_, index) => round(index * run.bucketSeconds));
    const end = round(run.ok.length * run.bucketSeconds);
    const later = run.marks.filter(({ at }) => at > end).at(-1);
    const extra = later ? [null] : [];
    return [
      [...times, end, ...(later ? [later.at] : [])],
      ...shape.lines.map(({ field }) => {
        const values = log ? run[field].map((value) => (value === null ? null : Math.max(value, 0.1))) : run[field];
        return [...values, values.at(-1), ...extra];
      }),
    ];
  }

  /**
   * Requests that waited are answered all at once: that peak would press the usual rate to the ground. It is cut off,
   * and its height told.
   */
  function cutPeaks(figure, rates) {
    const usual = [...rates].sort((x, y) => x - y)[Math.floor(rates.length / 2)];
    const peak = Math.max(...rates);
    const ceiling = 2.5 * usual;
    if (usual === 0 || peak <= ceiling) return Infinity;
    figure.querySelector('.unit').textContent += `, peak of ${peak.toLocaleString('en-US')} cut off`;
    return ceiling;
  }

  function powers(low, high) {
    const made = [];
    for (let value = low; value <= high * 1.001; value *= 10) made.push(value);
    return made;
  }

  function axis() {
    const grid = { stroke: () => colour('grid'), width: 1 };
    return { stroke: () => colour('muted'), font: FONT, grid, ticks: { ...grid, size: 4 }, gap: 4 };
  }

  /** The time from a fault to its heal. */
  function shade(plot, faults) {
    const { left, top, width, height } = plot.bbox;
    plot.ctx.fillStyle = colour('span');
    for (const [from, to] of faults) {
      const start = Math.max(left, plot.valToPos(from, 'x', true));
      const stop = Math.min(left + width, plot.valToPos(to, 'x', true));
      if (stop > start) plot.ctx.fillRect(start, top, stop - start, height);
    }
  }

  function lines(plot, marks, roles) {
    const { ctx, bbox } = plot;
    ctx.save();
    for (const { at, kind } of marks.filter((mark) => (mark.kind === 'role') === roles)) {
      const x = Math.round(plot.valToPos(at, 'x', true)) + 0.5;
      if (x < bbox.left - 1 || x > bbox.left + bbox.width + 1) continue;
      ctx.strokeStyle = colour(kind);
      ctx.lineWidth = (kind === 'role' ? 1 : 1.75) * uPlot.pxRatio;
      ctx.setLineDash(kind === 'role' ? [2 * uPlot.pxRatio, 3 * uPlot.pxRatio] : []);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
    }
    ctx.restore();
  }

  /** Numbers above the lines: faults and heals in the upper row, roles in the lower; near ones share a pin. */
  function pins(plot, marks) {
    const { ctx, bbox } = plot;
    const px = uPlot.pxRatio;
    ctx.save();
    ctx.font = `600 ${10.5 * px}px system-ui, sans-serif`;
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    const numbered = marks
      .map((mark, index) => ({ ...mark, numbers: [index + 1], x: plot.valToPos(mark.at, 'x', true) }))
      .filter(({ x }) => x >= bbox.left - 1 && x <= bbox.left + bbox.width + 1);
    const rows = [numbered.filter(({ kind }) => kind !== 'role'), numbered.filter(({ kind }) => kind === 'role')];
    rows.forEach((row, index) => {
      const y = (index === 0 ? 11 : 31) * px;
      for (const { x, width, text, kinds } of packed(row, ctx, bbox)) {
        ctx.fillStyle = colour(kinds.has('fault') ? 'fault' : kinds.has('heal') ? 'heal' : 'role');
        ctx.beginPath();
        ctx.roundRect(x - width / 2, y - 8 * px, width, 16 * px, 8 * px);
        ctx.fill();
        ctx.fillStyle = colour('on-pin');
        ctx.fillText(text, x, y + 0.5 * px);
      }
    });
    ctx.restore();
  }

  /** Pins that would overlap become one. */
  function packed(row, ctx, bbox) {
    const made = [];
    for (const mark of row) {
      let pin = shaped([mark], ctx, bbox);
      while (made.length > 0 && made.at(-1).x + made.at(-1).width / 2 + 2 > pin.x - pin.width / 2) {
        pin = shaped([...made.pop().marks, ...pin.marks], ctx, bbox);
      }
      made.push(pin);
    }
    return made;
  }

  function shaped(marks, ctx, bbox) {
    const kinds = new Set(marks.map(({ kind }) => kind));
    const words = [...kinds].filter((kind) => kind !== 'role').join(', ');
    const text = [ranges(marks.flatMap(({ numbers }) => numbers)), words].filter(Boolean).join(' ');
    const px = uPlot.pxRatio;
    const width = Math.max(16 * px, ctx.measureText(text).width + 11 * px);
    const middle = (marks[0].x + marks.at(-1).x) / 2;
    const x = Math.min(Math.max(middle, bbox.left + width / 2), bbox.left + bbox.width - width / 2);
    return { marks, kinds, text, width, x };
  }

  /** `1, 3–5` */
  function ranges(numbers) {
    const parts = [];
    for (const number of numbers) {
      const open = parts.at(-1);
      if (open && open[1] === number - 1) open[1] = number;
      else parts.push([number, number]);
    }
    return parts.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`)).join(', ');
  }

  /** An event under the pointer shows its time in the charts. */
  function pointFrom(rows, plot) {
    for (const row of rows) {
      row.addEventListener('mouseenter', () => {
        plot.setCursor({ left: plot.valToPos(Number(row.dataset.at), 'x'), top: 0 }, true, true);
      });
      row.addEventListener('mouseleave', () => plot.setCursor({ left: -10, top: -10 }, true, true));
    }
  }

  function round(value) {
    return Math.round(value * 1000) / 1000;
  }
})();
