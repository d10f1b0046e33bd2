import { type Band, figureGrid, lineChart } from '../../../pipeline/report/chart.js';
import {
  counted,
  formatMegabytes,
  formatNumber,
  formatShort,
  NOT_A_NUMBER,
} from '../../../pipeline/report/format.js';
import { type Html, html } from '../../../pipeline/report/html.js';
import { folded, table } from '../../../pipeline/report/table.js';
import { rowName } from '../build/notices.js';
import type { ReportModel } from '../model/report.js';
import type { Curve, Phase, Telemetry } from '../model/telemetry.js';
import { groupBy } from '../order.js';
import { numeric, score, seedText, value } from './cells.js';
import { recordLink } from './record-link.js';

/** The pass over all tweets, and the timed windows. */
const isWork = ({ name }: Phase): boolean => name === 'during' || name === 'window';

function bandsOf(phases: readonly Phase[]): Band[] {
  return phases.map((phase, index) => ({
    name: phase.name,
    from: index === 0 ? phase.from_s : ((phases[index - 1]?.to_s ?? phase.from_s) + phase.from_s) / 2,
    to:
      index === phases.length - 1 ? phase.to_s : (phase.to_s + (phases[index + 1]?.from_s ?? phase.to_s)) / 2,
    style: isWork(phase) ? 'plain' : 'shaded',
  }));
}

interface Panel {
  readonly name: string;
  readonly title: string;
  readonly yLabel: string;
  readonly curves: readonly {
    readonly name: string;
    readonly curve: Curve | null;
    readonly scale?: number;
  }[];
  readonly range?: { readonly minimum: number; readonly maximum?: number };
  /** What `summary` gives of each phase: `Mean`, `Highest`. */
  readonly lead: string;
  readonly summary: (phase: Phase) => string;
}

const withUnit = (value: number | null, unit: string): string =>
  value === null ? 'not recorded' : Number.isNaN(value) ? NOT_A_NUMBER : `${formatShort(value)} ${unit}`;

const hasValues = (curve: Curve | null): boolean =>
  curve?.points.some(([, value]) => Number.isFinite(value)) === true;

function panelsOf(telemetry: Telemetry): Panel[] {
  const hasProcess = hasValues(telemetry.cpu_process);
  const all: Panel[] = [
    {
      name: 'cpu',
      title: 'Processor',
      yLabel: `Use of all ${counted(telemetry.cpu_count, 'core')} (%)`,
      range: { minimum: 0, maximum: 100 },
      curves: [
        { name: 'whole system', curve: telemetry.cpu_system },
        { name: 'measured process', curve: telemetry.cpu_process },
      ],
      lead: 'Mean',
      summary: ({ name, cpu_system, cpu_process }) =>
        `${name} ${withUnit(cpu_system, '%')} system${hasProcess ? ` and ${withUnit(cpu_process, '%')} process` : ''}`,
    },
    {
      name: 'rss',
      title: 'Memory of the process',
      yLabel: 'Resident set (MB)',
      range: { minimum: 0 },
      curves: [{ name: 'resident set', curve: telemetry.rss, scale: 1e-6 }],
      lead: 'Highest',
      summary: ({ name, rss }) => `${name} ${withUnit(rss / 1e6, 'MB')}`,
    },
    {
      name: 'memory',
      title: 'Memory of the system',
      yLabel: 'In use (MB); the axis does not start at 0',
      curves: [{ name: 'system memory in use', curve: telemetry.memory_used, scale: 1e-6 }],
      lead: 'Mean',
      summary: ({ name, memory_used }) => `${name} ${withUnit(memory_used / 1e6, 'MB')}`,
    },
    {
      name: 'temperature',
      title: 'Temperature',
      yLabel: 'Processor (°C); the axis does not start at 0',
      curves: [{ name: 'temperature', curve: telemetry.temperature }],
      lead: 'Highest',
      summary: ({ name, temperature }) => `${name} ${withUnit(temperature, '°C')}`,
    },
    {
      name: 'frequency',
      title: 'Clock',
      yLabel: 'Processor clock (MHz)',
      range: { minimum: 0 },
      curves: [{ name: 'clock', curve: telemetry.frequency }],
      lead: 'Lowest',
      summary: ({ name, frequency }) => `${name} ${withUnit(frequency, 'MHz')}`,
    },
    {
      name: 'power',
      title: 'Power',
      yLabel: 'Power of the board (W), means of 0.1 s',
      range: { minimum: 0 },
      curves: [{ name: 'power', curve: telemetry.power }],
      lead: 'Mean',
      summary: ({ name, power }) => `${name} ${withUnit(power, 'W')}`,
    },
  ];
  return all.flatMap((panel) => {
    const curves = panel.curves.filter(({ curve }) => hasValues(curve));
    return curves.length === 0 ? [] : [{ ...panel, curves }];
  });
}

function chartsOf(telemetry: Telemetry, index: number): Html {
  const { samples, points } = telemetry.cpu_system;
  const end = telemetry.phases.at(-1)?.to_s ?? 0;
  const charts = panelsOf(telemetry).map((panel) => {
    const summary = `${panel.lead}: ${telemetry.phases.map(panel.summary).join('; ')}.`;
    return lineChart({
      id: `telemetry-${index}-${panel.name}`,
      title: panel.title,
      description: summary,
      caption: summary,
      data: { href: 'report.json', text: `Data: telemetry[${index - 1}] of report.json` },
      x: { label: 'Time since the start (s)', minimum: 0, ...(end > 0 ? { maximum: end } : {}) },
      y: { label: panel.yLabel, ...panel.range },
      bands: bandsOf(telemetry.phases),
      series: panel.curves.map(({ name, curve, scale = 1 }, style) => ({
        name,
        style,
        points: (curve?.points ?? []).map(([x, y]) => [x, y * scale] as const),
      })),
    });
  });
  const rate = telemetry.sample_hz === null ? '' : ` at ${telemetry.sample_hz} Hz`;
  const looks = telemetry.memory_used?.samples ?? samples;
  const slower = looks < samples && `, ${formatNumber(looks)} of them with memory and temperature`;
  const thinned =
    points.length < samples && ' Of each interval the first, last, lowest and highest sample are drawn.';
  const isAbsentOutside = telemetry.phases.some((phase) => !isWork(phase) && phase.rss === 0);
  const absent =
    isAbsentOutside &&
    ' The measured process exists while it measures only; its figures are 0 before and after.';
  return html`${figureGrid(charts)}<p class="quiet">${counted(samples, 'sample')} from ${telemetry.sampler}${rate} of <code>${recordLink(telemetry.instance, telemetry.instance)}</code>${slower}.${thinned}${absent}</p>`;
}

const oneDecimal = (raw: number): string => formatNumber(raw, 1);

function phaseTable(model: ReportModel): Html {
  const hasPower = model.telemetry.some(({ power }) => power !== null);
  const rows = model.telemetry.flatMap((telemetry) => {
    const row = model.results.find(({ id }) => id === telemetry.row);
    return telemetry.phases.map((phase) => ({
      cells: [
        row === undefined ? telemetry.instance : rowName(row),
        seedText(telemetry.seed),
        phase.name,
        formatNumber(phase.samples),
        value(phase.cpu_system, oneDecimal),
        value(phase.cpu_process, oneDecimal),
        value(phase.rss, formatMegabytes),
        value(phase.memory_used, formatMegabytes),
        value(phase.temperature, oneDecimal, 'not recorded'),
        value(phase.frequency, formatNumber, 'not recorded'),
        ...(hasPower ? [value(phase.power, score, 'not recorded')] : []),
      ],
    }));
  });
  return table({
    id: 'phase-table',
    title: 'Phases',
    headers: 3,
    caption:
      'Means over the samples of each phase, except that resident set and temperature are the highest and the clock is the lowest.',
    columns: [
      { header: 'Row' },
      { header: 'Seed' },
      { header: 'Phase' },
      numeric('Samples'),
      numeric('CPU of the system (% of all cores)'),
      numeric('CPU of the process (% of all cores)'),
      numeric('Resident set (MB)', 'Resident set (bytes)'),
      numeric('System memory in use (MB)', 'System memory in use (bytes)'),
      numeric('Temperature (°C)'),
      numeric('Clock (MHz)'),
      ...(hasPower ? [numeric('Power (W)')] : []),
    ],
    rows,
  });
}

export function telemetryView(model: ReportModel): Html {
  if (model.telemetry.length === 0) return html`<p class="absent">No telemetry in this run.</p>`;
  const groups = [...groupBy(model.telemetry, ({ row }) => row)];
  let index = 0;
  const views = groups.map(([id, list]) => {
    const row = model.results.find((candidate) => candidate.id === id);
    const shown = list.map((telemetry) => {
      index += 1;
      return { seed: telemetry.seed, charts: chartsOf(telemetry, index) };
    });
    const seedTitle = (seed: Telemetry['seed']): string => (seed === null ? 'Charts' : `Seed ${seed}`);
    const [first, ...others] = shown;
    return html`<h3>${row === undefined ? id : rowName(row)}${first?.seed !== null && first !== undefined && `, seed ${first.seed}`}</h3>
${first?.charts}${others.map(({ seed, charts }) => folded(seedTitle(seed), charts))}`;
  });
  return html`${views}${folded('All phases in numbers', phaseTable(model))}`;
}
