/* global uPlot */
// Runs in the page. Draws the JSON block `data` (Dashboard of dashboard.ts), and asks for new figures where it is served.
(() => {
  const FONT = '11px system-ui, sans-serif';
  const COLOURS = [
    '#2f6fde',
    '#0b8f83',
    '#a04fc4',
    '#c9772b',
    '#cf3036',
    '#5b8c2a',
    '#8a6d3b',
    '#2b9fc9',
    '#7d8995',
    '#c4508f',
  ];
  const HEIGHT = 150;
  const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const plots = new Map();
  const first = JSON.parse(document.getElementById('data').textContent);
  show(first);
  if (first.everyMs) setTimeout(again, first.everyMs);

  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    for (const { plot } of plots.values()) plot.redraw(false);
  });

  async function again() {
    try {
      const answer = await fetch('data.json', { signal: AbortSignal.timeout(15000) });
      if (!answer.ok) throw new Error(`${answer.status}`);
      show(await answer.json());
    } catch {
      put('state', '✘ no answer: the figures below are old', 'total silent');
    }
    setTimeout(again, first.everyMs);
  }

  function put(id, text, look) {
    const place = document.getElementById(id);
    place.textContent = text;
    if (look) place.className = look;
  }

  function show(data) {
    const reasons = data.reasons.length > 0 ? `: ${data.reasons.join('; ')}` : '';
    put('state', `${data.state === 'healthy' ? '✔' : '✘'} ${data.state}${reasons}`, `total ${data.state}`);
    put('at', new Date(data.at).toLocaleString());
    showAlerts(data.alerts);
    showSlo(data.slo);
    for (const { charts } of data.groups) for (const chart of charts) showChart(chart, data.times);
  }

  function showAlerts(alerts) {
    const place = document.getElementById('alerts');
    place.replaceChildren(element('h2', alerts.length === 0 ? 'No alerts' : 'Alerts'));
    for (const { name, severity, text, since } of alerts) {
      const line = element('p', '', 'alert');
      line.append(
        element('span', severity, `badge ${severity === 'critical' ? 'fail' : 'void'}`),
        ` ${name}: ${text} `,
      );
      line.append(element('span', `since ${new Date(since).toLocaleString()}`, 'muted'));
      place.append(line);
    }
  }

  function showSlo(slo) {
    const list = element('dl', '', 'tiles');
    for (const { name, value, note } of slo) {
      const tile = element('div', '', 'tile');
      tile.append(element('dt', name), element('dd', value), element('dd', note, 'muted'));
      list.append(tile);
    }
    document.getElementById('slo').replaceChildren(element('h2', 'Objective'), list);
  }

  function element(tag, text, look) {
    const made = document.createElement(tag);
    made.textContent = text;
    if (look) made.className = look;
    return made;
  }

  /** The chart stays as long as its series do: what was hidden in it stays hidden. */
  function showChart(chart, times) {
    const columns = [times, ...chart.series.map(({ values }) => values)];
    const shape = chart.series.map(({ name }) => name).join('\n');
    const known = plots.get(chart.name);
    if (known?.shape === shape) return known.plot.setData(columns);
    known?.observer.disconnect();
    known?.plot.destroy();
    const figure = document.querySelector(`figure[data-name="${chart.name}"]`);
    const place = figure.querySelector('.plot');
    const legend = figure.querySelector('.legend');
    legend.replaceChildren();
    if (chart.series.length === 0) legend.textContent = 'no figures';
    else if (chart.more) legend.append(element('p', `and ${chart.more} more, lower ones`, 'muted'));
    const text = (value) => (value == null ? '–' : figureText(value, chart.unit));
    const plot = new uPlot(
      {
        width: place.clientWidth,
        height: HEIGHT,
        padding: [8, 8, 0, 0],
        cursor: { y: false, points: { size: 5 }, sync: { key: 'all' } },
        legend: { mount: (_, table) => legend.prepend(table) },
        scales: { y: { range: (_, _low, high) => [0, top(high ?? 0, chart.unit)] } },
        axes: [axis(40), { ...axis(76), values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : text(tick))) }],
        series: [
          { value: (_, at) => (at == null ? '' : new Date(at * 1000).toLocaleTimeString()) },
          ...chart.series.map(({ name }, index) => ({
            label: name || chart.title,
            stroke: COLOURS[index % COLOURS.length],
            width: 1.5,
            points: { show: false },
            value: (_, value) => text(value),
          })),
        ],
      },
      columns,
      place,
    );
    const observer = new ResizeObserver(() => {
      if (place.clientWidth > 0 && place.clientWidth !== plot.width)
        plot.setSize({ width: place.clientWidth, height: HEIGHT });
    });
    observer.observe(place);
    plots.set(chart.name, { plot, shape, observer });
  }

  /** The least height of a chart: noise around nothing is not to look like a mountain. */
  function top(high, unit) {
    const least = unit === '%' ? 5 : unit === 'seconds' ? 0.01 : 1;
    return Math.max(least, high * 1.05);
  }

  function axis(size) {
    const grid = { stroke: () => colour('grid'), width: 1 };
    return { stroke: () => colour('muted'), font: FONT, grid, ticks: { ...grid, size: 4 }, gap: 4, size };
  }

  function figureText(value, unit) {
    if (unit === 'bytes' || unit === 'bytes/s') {
      const power = value < 1 ? 0 : Math.min(BINARY.length - 1, Math.floor(Math.log2(value) / 10));
      return `${short(value / 1024 ** power)} ${BINARY[power]}${unit === 'bytes/s' ? '/s' : ''}`;
    }
    if (unit === 'seconds') return value < 1 ? `${short(value * 1000)} ms` : `${short(value)} s`;
    return unit === '%' ? `${short(value)} %` : short(value);
  }

  function short(value) {
    return Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en-US') : `${Number(value.toPrecision(3))}`;
  }
})();
