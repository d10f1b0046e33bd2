/** Style sheet of the report: light and dark by the reader's preference, no fonts or images from elsewhere, prints. */
export const STYLE = `
:root { color-scheme: light dark;
  --page: #ffffff; --panel: #f5f6f8; --text: #1b1f24; --quiet: #57606a; --rule: #d5d9df; --link: #0757b8; --focus: #0757b8;
  --warn: #fff3d6; --warn-edge: #b7791f; --good: #e9f3ec; --good-edge: #2f7d4f; --heat: 0, 98, 168; --band: rgba(87, 96, 106, .16); --shade: rgba(27, 31, 36, .3);
  --s0: #0062a8; --s1: #c44e00; --s2: #00795a; --s3: #a3418a; --s4: #8a6100; --s5: #4a4f57; --s6: #2b8cbe; --s7: #b0302f; }
@media (prefers-color-scheme: dark) { :root {
  --page: #14171b; --panel: #1d2127; --text: #e4e7eb; --quiet: #a3acb8; --rule: #363c45; --link: #7db7f5; --focus: #7db7f5;
  --warn: #33290f; --warn-edge: #d9a53c; --good: #16291e; --good-edge: #5cb583; --heat: 86, 166, 232; --band: rgba(163, 172, 184, .2); --shade: rgba(163, 172, 184, .35);
  --s0: #5aaeef; --s1: #ff9550; --s2: #3fc79a; --s3: #e08acb; --s4: #d9b14a; --s5: #b9c0ca; --s6: #9ad4f2; --s7: #ff8f8a; } }
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif; overflow-wrap: break-word; }
.wrap { max-width: 78rem; margin: 0 auto; padding: 0 1rem 3rem; }
a { color: var(--link); } :focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
.skip { position: absolute; left: -999rem; } .skip:focus { left: 1rem; top: .5rem; background: var(--page); padding: .25rem .5rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 1.25rem 0 .25rem; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; padding-bottom: .25rem; border-bottom: 1px solid var(--rule); }
header + main > section:first-child h2 { margin-top: 1.25rem; }
section > details { margin: 0; } section > details > summary { margin-top: 2rem; padding: 0 0 .25rem; border-bottom: 1px solid var(--rule); color: var(--quiet); } section > details:not([open]) > summary { margin-top: .75rem; }
summary > h2 { display: inline; margin: 0; padding: 0; border: 0; color: var(--text); } .folds { scroll-margin-top: 5.5rem; } h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
p { margin: .5rem 0; max-width: 75ch; } .quiet, figcaption, caption, .unit { color: var(--quiet); } .absent { color: var(--quiet); font-style: italic; }
nav ul, .legend, .plain { list-style: none; margin: .5rem 0; padding: 0; } nav ul { display: flex; flex-wrap: wrap; gap: .1rem 1rem; font-size: .9rem; } nav a { display: inline-block; padding: .2rem 0; }
.notice { background: var(--warn); border-left: 4px solid var(--warn-edge); padding: .5rem .75rem; margin: .75rem 0; } .notice p { margin: .15rem 0; max-width: none; } .notice ul { margin: .15rem 0; padding-left: 1.2rem; }
.answers { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); margin: 1rem 0; }
.answer { background: var(--good); border-left: 4px solid var(--good-edge); padding: .6rem .9rem; } .answer p { margin: .2rem 0; }
.answer .choice { font-size: 1.25rem; font-weight: 600; line-height: 1.3; }
.facts { display: flex; flex-wrap: wrap; gap: .4rem 1.5rem; margin: .5rem 0; } .facts dt { color: var(--quiet); font-size: .8rem; line-height: 1.2; } .facts dd { margin: 0; font-variant-numeric: tabular-nums; min-width: 0; } .facts div { min-width: 0; }
.scroll { overflow-x: auto; margin: .75rem 0; max-width: 100%; }
.files { display: flex; flex-wrap: wrap; gap: .1rem .9rem; margin: -.4rem 0 .75rem; font-size: .8rem; color: var(--quiet); max-width: none; } .files a { padding: .2rem 0; } .tabled { min-width: 0; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 40rem) { .scroll { background: linear-gradient(to left, var(--page) 40%, transparent) right / 2.5rem 100% local no-repeat, linear-gradient(to left, var(--shade), transparent) right / .9rem 100% scroll no-repeat; } }
table { border-collapse: separate; border-spacing: 0; font-size: .875rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: 0 0 .4rem; caption-side: top; background: var(--page); } caption > span { position: sticky; left: 0; display: inline-block; max-width: min(110ch, calc(100vw - 2.25rem)); }
th, td { padding: .35rem .6rem; border-bottom: 1px solid var(--rule); text-align: left; vertical-align: top; unicode-bidi: isolate; }
thead th { border-bottom: 2px solid var(--rule); vertical-align: bottom; font-weight: 600; line-height: 1.25; }
tbody th { font-weight: 500; white-space: nowrap; } th:first-child { position: sticky; left: 0; background: var(--page); min-width: 7rem; max-width: 18rem; white-space: normal; overflow-wrap: anywhere; }
.number { text-align: right; white-space: nowrap; } thead .number, td.number:has(*) { white-space: normal; }
.baseline th, .baseline td { color: var(--quiet); } .best > * { font-weight: 700; } .best th:first-child { box-shadow: inset 3px 0 var(--good-edge); }
.sd, .unit { font-size: .85em; } .sd { color: var(--quiet); font-weight: 400; white-space: nowrap; }
td.heat { background: rgba(var(--heat), calc(var(--share) * .6)); } td.heat .sd { color: inherit; } .matrix td { min-width: 5.5rem; }
code, .key { font: .85em ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; overflow-wrap: anywhere; } td code { overflow-wrap: normal; white-space: nowrap; } .key { overflow-wrap: normal; } td svg.span { display: block; width: 14rem; height: .75rem; background: var(--band); }
td summary { white-space: nowrap; padding: 0; } td details p { margin: .1rem 0; } abbr { text-decoration: none; border-bottom: 1px dotted; cursor: help; }
.before-after { font-size: .9rem; } .before-after td { white-space: pre-wrap; min-width: 14rem; }
.figures { display: grid; gap: 1.25rem 1.5rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); align-items: start; } .figures.four { max-width: 54rem; }
.pair { display: grid; gap: 0 1.5rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 33rem), 1fr)); align-items: start; } .pair > * { min-width: 0; }
figure { margin: .5rem 0; min-width: 0; } figcaption { margin-top: .25rem; } figcaption a[download] { white-space: nowrap; } @media print { figcaption a { display: none; } } .chart { max-width: 32rem; overflow: clip; overflow-clip-margin: 1rem; } .chart svg:not(.swatch) { display: block; width: 100%; height: auto; }
.chart-title { font-weight: 600; font-size: .9rem; margin: 0; } .x-label, .y-label { font-size: .78rem; color: var(--quiet); margin: 0; } .x-label { text-align: center; line-height: 1.2; } figcaption, p.quiet { font-size: .85rem; }
.legend { display: flex; flex-wrap: wrap; gap: .1rem .9rem; font-size: .82rem; margin: .25rem 0; } .legend li { display: flex; align-items: center; gap: .35rem; min-width: 0; } .swatch { width: 28px; height: 10px; flex: none; }
.chart svg { fill: var(--quiet); text-anchor: middle; font-size: 12px; overflow: visible; } .chart svg text { white-space: pre; }
details { margin: .75rem 0; } td details { margin: 0; } .unbroken { white-space: nowrap; } .prose { display: block; min-width: 16rem; } summary { cursor: pointer; color: var(--link); padding: .2rem 0; } pre { overflow-x: auto; background: var(--panel); padding: .6rem; }
pre.prose-block { white-space: pre-wrap; max-width: 90ch; }
@media (max-width: 40rem) { th:first-child { min-width: 6.5rem; max-width: 9rem; } th, td { padding: .35rem .45rem; } .matrix td { min-width: 4.4rem; } h1 { font-size: 1.3rem; } }
@media print { :root { color-scheme: light; --page: #fff; --text: #000; --quiet: #444; --rule: #bbb; --link: #000; }
  body { font-size: 10pt; } .wrap { max-width: none; padding: 0; } nav, .skip, figcaption a, .files { display: none; } .scroll { overflow: visible; } table { font-size: 8pt; } th, td { padding: .2rem .35rem; } td code { white-space: normal; overflow-wrap: anywhere; }
  h2, h3 { break-after: avoid; } figure, tr, p, li, pre, .answer, .notice { break-inside: avoid; } .notice, .answer, td.heat, .chart svg { print-color-adjust: exact; }
  details::details-content { content-visibility: visible; block-size: auto; opacity: 1; } td details::details-content { display: none; } td summary { list-style: none; } }
`;
