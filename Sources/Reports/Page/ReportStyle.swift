/// How the page looks: light and dark as the reader's system says, narrow windows, and paper.
extension ReportPage {
  static let style: HTML = """
    :root { color-scheme: light dark; --bg:#fff; --fg:#1f2328; --mute:#59636e; --line:#d8dee4; --soft:#f6f8fa; --ok:#1a7f37; --warn:#8a5a00; --bad:#c21f2b; --run:#0860c4; }
    @media (prefers-color-scheme: dark) { :root { --bg:#0d1117; --fg:#e6edf3; --mute:#9198a1; --line:#2a313a; --soft:#151b23; --ok:#3fb950; --warn:#d8a02a; --bad:#ff6b64; --run:#5aa9ff; } }
    * { box-sizing: border-box; }
    body { margin: 0 auto; max-width: 1120px; padding: 24px 24px 48px; background: var(--bg); color: var(--fg); font: 14px/1.45 system-ui, sans-serif; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
    h1 { font-size: 24px; margin: 0 0 12px; line-height: 1.2; }
    h2 { font-size: 15px; margin: 32px 0 8px; }
    p, ul, ol, dl, dd { margin: 0; padding: 0; }
    a { color: var(--run); text-decoration: none; } a:hover { text-decoration: underline; }
    code, pre { font: 12.5px/1.5 ui-monospace, Menlo, Consolas, monospace; }
    pre { background: var(--soft); padding: 8px 12px; margin: 6px 0; overflow-x: auto; }
    .mute, .lab, .tick { color: var(--mute); fill: var(--mute); }
    .ok, .add { color: var(--ok); } .part { color: var(--run); } .warn { color: var(--warn); } .bad, .del { color: var(--bad); } .off { color: var(--mute); }
    .sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
    .facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(210px, 1fr)); gap: 8px 24px; }
    dt { color: var(--mute); }
    .facts dt { font-size: 12px; }
    .bar { display: flex; gap: 2px; margin-top: 20px; list-style: none; }
    .bar li { flex: var(--n) 1 auto; min-width: max-content; padding-right: 8px; }
    .bar li::before { content: ""; display: block; height: 10px; margin: 0 -8px 4px 0; background: currentColor; }
    .next { margin-top: 16px; padding: 8px 12px; background: var(--soft); border-left: 3px solid var(--run); }
    table { border-collapse: collapse; width: 100%; }
    caption { text-align: left; color: var(--mute); padding-bottom: 6px; }
    th, td { text-align: left; padding: 4px 12px 4px 0; vertical-align: top; font-weight: 400; }
    thead th { color: var(--mute); font-size: 12px; border-bottom: 1px solid var(--line); }
    tfoot > tr > * { border-top: 1px solid var(--line); }
    .n { text-align: right; white-space: nowrap; } th:last-child, td:last-child { padding-right: 0; }
    svg { display: block; width: 100%; height: 22px; overflow: visible; }
    svg.defs { position: absolute; width: 0; height: 0; }
    .time { table-layout: fixed; } .time th:first-child { width: 250px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; } .time td, .time th { padding: 0 12px 0 0; line-height: 22px; } .time a { color: inherit; }
    .time tbody tr:hover { background: var(--soft); }
    .tick, .lab { font-size: 11px; } .tick { text-anchor: middle; }
    .a.ok { fill: var(--ok); } .a.run { fill: var(--run); } .a.fail { fill: url(#hatch); stroke: var(--bad); } .h { stroke: var(--bad); stroke-width: 3; }
    .wait { fill: var(--mute); stroke: none; } path.wait { stroke: var(--mute); }
    .g { stroke: var(--line); } .pause { fill: var(--bg); stroke: var(--mute); stroke-dasharray: 2 2; } .rev, .m { fill: var(--run); } .m.mg { fill: var(--ok); } .m.bad { fill: var(--bad); } .cover { paint-order: stroke; stroke: var(--bg); stroke-width: 8px; }
    .key { display: flex; flex-wrap: wrap; gap: 2px 18px; list-style: none; color: var(--mute); font-size: 12px; margin-bottom: 6px; }
    .key li { display: flex; align-items: center; gap: 6px; } .key svg { width: 14px; height: 16px; }
    .tasks tbody { border-bottom: 1px solid var(--line); } .tasks tbody th { font-weight: 600; } .tasks tbody:target { background: var(--soft); }
    .more td { padding: 0 0 6px; } summary { cursor: pointer; color: var(--mute); } details[open] summary { color: var(--fg); }
    details dl { display: grid; grid-template-columns: 76px 1fr; gap: 4px 12px; padding: 8px 0 8px 14px; }
    details ul { list-style: none; } details li a { padding-left: 4px; } details ol, section > ul:not([class]) { padding-left: 1.4em; }
    .two { display: grid; grid-template-columns: 1fr 1fr; gap: 0 40px; }
    .cost td:nth-child(2) { width: 34%; white-space: nowrap; } .b { display: inline-block; height: 10px; background: var(--run); } .b.r { opacity: .45; } .b.k { width: 10px; }
    footer { margin-top: 32px; font-size: 12px; }
    :focus-visible { outline: 2px solid var(--run); outline-offset: 2px; }
    @media (max-width: 1000px) { .two { display: block; } }
    @media (max-width: 720px) {
      body { padding: 16px 14px 32px; } .wide { display: none; }
      .facts { grid-template-columns: 1fr 1fr; } .bar { display: block; } .bar li { display: grid; grid-template-columns: 50% 1fr; align-items: center; gap: 10px; padding: 0; } .bar li::before { width: calc(var(--n) / var(--of) * 100%); margin: 0; }
      .time thead th:first-child { display: none; } .time th:first-child, .time th, .time td { display: block; width: auto; padding: 0; } .time td { padding-bottom: 6px; }
    }
    @media print {
      :root { --bg:#fff; --fg:#000; --mute:#444; --line:#bbb; --soft:#fff; --ok:#1a7f37; --warn:#8a5a00; --bad:#c21f2b; --run:#0860c4; }
      * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
      body { padding: 0; font-size: 11px; max-width: none; } .two { display: block; } h2 { break-after: avoid; } tr, .time { break-inside: avoid; } .tasks tbody > :first-child { break-after: avoid; } code, pre { font-size: 10px; }
      details::details-content { content-visibility: visible; block-size: auto; } a { color: inherit; }
    }
    """
}
