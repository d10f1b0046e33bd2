/** All charts; each is drawn in a file of its own. */
export type { Axis } from './chart-axis.js';
export { type Bar, type BarChart, barChart } from './chart-bar.js';
export { type DataLink, type Figure, figureGrid, STYLE_COUNT } from './chart-figure.js';
export { type Band, type LineChart, lineChart, type Series } from './chart-line.js';
export { type NamedPoint, type PointChart, pointChart } from './chart-point.js';
export { type RadarChart, radarChart, type Shape } from './chart-radar.js';
