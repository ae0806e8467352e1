namespace Attune.Reports.Html;

/// <summary>The report's style sheet: one column of calm text, light and dark by the reader's preference, narrow screens and paper.</summary>
internal static class ReportStyle
{
    public const string Css = """
        :root { color-scheme: light dark;
          --bg: #faf9f6; --card: #ffffff; --ink: #1f1e1b; --soft: #66635c; --line: #e5e2da; --code: #f3f1ec;
          --accent: #1f6f66; --good: #1f7a4d; --good-bg: #e4f3ea; --bad: #b0442e; --bad-bg: #fbe9e4; --even: #7a6a3a; --even-bg: #f5efdc;
          --train: #9aa7b8; --valid: #1f6f66; --third: #8a5fa8; --was: #b98a4a; }
        @media (prefers-color-scheme: dark) { :root {
          --bg: #151618; --card: #1d1f22; --ink: #e9e7e2; --soft: #a09d96; --line: #303338; --code: #24272b;
          --accent: #6cc5b8; --good: #74d19f; --good-bg: #1b3427; --bad: #f09a84; --bad-bg: #3d231d; --even: #d9c58a; --even-bg: #35301f;
          --train: #8595ab; --valid: #6cc5b8; --third: #c3a0de; --was: #d9ac70; } }
        * { box-sizing: border-box; }
        body { margin: 0; -webkit-text-size-adjust: 100%; background: var(--bg); color: var(--ink); font: 16px/1.6 system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif; }
        main { max-width: 62rem; margin: 0 auto; padding: 3rem 1.5rem 5rem; }
        h1, h2, h3 { line-height: 1.25; font-weight: 650; margin: 0; text-wrap: balance; }
        h1 { font-size: 1.05rem; font-weight: 600; }
        h2 { font-size: 1.3rem; margin: 3.5rem 0 1.1rem; letter-spacing: -.01em; }
        h3 { font-size: 1rem; }
        p { margin: .4rem 0; } a { color: var(--accent); }
        .eyebrow { color: var(--soft); font-size: .85rem; margin: 0 0 .3rem; }
        .hero { border-bottom: 1px solid var(--line); padding-bottom: 2rem; }
        .verdict { font-size: clamp(1.35rem, 3.4vw, 1.95rem); line-height: 1.3; font-weight: 600; letter-spacing: -.015em; margin: 1.1rem 0 1.4rem; max-width: 46rem; text-wrap: pretty; }
        .badge { display: inline-block; font-size: .8rem; font-weight: 600; padding: .12rem .65rem; border-radius: 99px; white-space: nowrap; }
        .Good { color: var(--good); background: var(--good-bg); } .Note { color: var(--even); background: var(--even-bg); } .Warning { color: var(--bad); background: var(--bad-bg); }
        .figures { display: flex; flex-wrap: wrap; gap: .6rem 2.6rem; margin: 0; }
        .figures div { min-width: 6rem; } .figures dt { color: var(--soft); font-size: .85rem; } .figures dd { margin: 0; font-size: 1.25rem; font-weight: 600; font-variant-numeric: tabular-nums; letter-spacing: -.01em; }
        .card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1.1rem 1.3rem; }
        .findings { list-style: none; margin: 0; padding: 0; display: grid; gap: .75rem; }
        .findings li { display: grid; grid-template-columns: 5.8rem 1fr; gap: .2rem .9rem; }
        .findings p { margin: .2rem 0 0; } .evidence { color: var(--soft); font-size: .92rem; font-variant-numeric: tabular-nums; }
        table { border-collapse: collapse; width: 100%; font-size: .93rem; font-variant-numeric: tabular-nums; }
        th { text-align: left; font-weight: 600; color: var(--soft); font-size: .83rem; } td, th { padding: .5rem .9rem .5rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
        tr:last-child > td, tr:last-child > th[scope=row] { border-bottom: 0; } th[scope=row] { color: var(--ink); font-size: .93rem; } .num { text-align: right; white-space: nowrap; }
        .metrics td, .metrics th { vertical-align: middle; } .metrics .evidence { display: block; font-weight: 400; font-size: .85rem; white-space: nowrap; } .strong { font-weight: 650; } .note { margin-top: .7rem; max-width: 48rem; }
        th, td { overflow-wrap: anywhere; } th.num, td.num, .metrics td { overflow-wrap: normal; } @media (min-width: 46.01rem) { .metrics th[scope=row] { min-width: 10rem; } .metrics td:last-child .evidence { white-space: normal; } } .sub { margin: 1.6rem 0 .5rem; }
        .matrixcard { padding: .9rem 1.1rem; } .matrix { table-layout: fixed; font-size: .85rem; } .matrix td { padding: .3rem; text-align: center; border: 2px solid var(--card); border-radius: 6px; }
        .matrix th { font-size: .8rem; border: 0; padding: .25rem .5rem .25rem 0; vertical-align: middle; font-weight: 500; } .matrix th:first-child { width: 24%; } .matrix thead th { vertical-align: bottom; color: var(--soft); }
        .turned span { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 13rem; overflow-wrap: anywhere; } .turned { text-align: center; padding: .25rem 0; }
        .matrix .none { color: var(--line); } .matrix .hit { background: color-mix(in srgb, var(--good) calc(var(--share) * .5), var(--card)); font-weight: 600; } .matrix .miss { background: color-mix(in srgb, var(--bad) calc(10% + var(--share) * .5), var(--card)); font-weight: 600; }
        .mistakes { list-style: none; margin: 0; padding: 0; display: grid; gap: .3rem; } .times { display: inline-block; min-width: 3rem; font-weight: 600; font-variant-numeric: tabular-nums; } .mistakes code { overflow-wrap: anywhere; }
        .dumbbell { display: block; width: 220px; height: 26px; } .track { stroke: var(--line); stroke-width: 2; } .move { stroke-width: 3; }
        .was { fill: var(--card); stroke: var(--was); stroke-width: 2.5; } .band { opacity: .22; }
        .good .move { stroke: var(--good); } .good .is, .good .band { fill: var(--good); } .bad .move { stroke: var(--bad); } .bad .is, .bad .band { fill: var(--bad); }
        .even .move { stroke: var(--even); } .even .is, .even .band { fill: var(--even); }
        .charts { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; } .charts figure:first-child { grid-row: span 2; } figure { margin: 0; } figcaption { font-weight: 600; font-size: .95rem; margin-bottom: .5rem; }
        .chart { display: block; width: 100%; height: auto; } .chart text { fill: var(--soft); font-size: 11px; font-family: inherit; }
        .grid { stroke: var(--line); } .axis { stroke: var(--soft); opacity: .6; } .line { fill: none; stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round; }
        .line.train { stroke: var(--train); } .line.valid { stroke: var(--valid); stroke-width: 2.4; } .line.third { stroke: var(--third); } .dot.valid { fill: var(--valid); }
        .curves { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(21rem, 100%), 1fr)); gap: 1rem; } .line.beyond { stroke-dasharray: 5 5; } .between { fill: var(--valid); opacity: .13; } .dot.third { fill: var(--third); } .bound { stroke: var(--third); stroke-width: 1.8; }
        .kept { stroke: var(--valid); stroke-dasharray: 3 4; opacity: .8; } .chart .kept-label { fill: var(--valid); }
        .sample { margin-bottom: 1rem; } .answers { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: 1rem; margin-top: .9rem; }
        .answers h3 { display: flex; justify-content: space-between; align-items: center; gap: .5rem; font-size: .83rem; color: var(--soft); margin-bottom: .35rem; min-height: 1.6rem; }
        .text { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; font-size: .93rem; line-height: 1.5; } .prompt { font-weight: 550; } .none { color: var(--soft); font-style: italic; }
        pre { background: var(--code); border-radius: 8px; padding: .7rem .95rem; margin: .35rem 0 1rem; white-space: pre-wrap; overflow-wrap: anywhere; } code, pre { font: .87rem/1.55 ui-monospace, "Cascadia Code", "DejaVu Sans Mono", monospace; }
        .bar { display: flex; height: 14px; border-radius: 7px; overflow: hidden; background: var(--code); margin-bottom: .8rem; }
        .bar span { min-width: 2px; border-right: 1px solid var(--card); } .swatch { display: inline-block; width: .7rem; height: .7rem; border-radius: 3px; margin-right: .55rem; }
        .m0 { background: #1f6f66; } .m1 { background: #4c9b8f; } .m2 { background: #b98a4a; } .m3 { background: #8a5fa8; } .m4 { background: #6a8cc0; } .m5 { background: #a8a49a; }
        .bars { display: grid; grid-template-columns: minmax(6rem, max-content) 1fr max-content; gap: .3rem .9rem; align-items: center; font-size: .9rem; font-variant-numeric: tabular-nums; } .bars > span:first-child, .bars .name { overflow-wrap: anywhere; max-width: 17rem; }
        .bars i { display: block; height: .8rem; min-width: 2px; border-radius: 3px; background: var(--train); } .bars i.Warning, .bars i.Error { background: var(--bad); } .bars i.Note { background: var(--was); } .bars .count { text-align: right; color: var(--soft); }
        .column { fill: var(--train); } .twin { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 1rem; } .wide { grid-column: 1 / -1; } .twin { align-items: start; } @media (min-width: 46.01rem) { .examples th { white-space: nowrap; width: 1%; } } .examples p { margin: .15rem 0; } .examples .text { max-width: 52rem; } .Error { color: var(--bad); background: var(--bad-bg); } .Fine { color: var(--good); background: var(--good-bg); }
        details { margin-top: .8rem; } summary { cursor: pointer; font-weight: 600; padding: .3rem 0; } details .card { margin-top: .5rem; }
        footer { color: var(--soft); font-size: .85rem; margin-top: 4rem; border-top: 1px solid var(--line); padding-top: 1rem; }
        @media (max-width: 46rem) { main { padding: 1.6rem 1rem 3rem; } .answers { grid-template-columns: 1fr; } .findings li { grid-template-columns: 1fr; } .findings .badge { justify-self: start; } h2 { margin-top: 2.6rem; } .card { padding: .9rem 1rem; } .chartcell, .matrixcard { display: none; } .charts { grid-template-columns: 1fr; }
          .stack thead { display: none; } .stack, .stack tbody, .stack tr, .stack td, .stack th { display: block; } .stack tr { padding: .7rem 0; border-bottom: 1px solid var(--line); } .stack tr:first-child { padding-top: 0; } .stack tr:last-child { border-bottom: 0; padding-bottom: 0; }
          .stack td, .stack th { padding: .1rem 0; border-bottom: 0; text-align: left; } .stack th[scope=row] { margin-bottom: .25rem; } .stack .chartcell { display: none; } .metrics .evidence { white-space: normal; display: inline; margin-left: .5rem; } .metrics th .evidence { margin-left: .6rem; }
          .stack td[data-name] { display: grid; grid-template-columns: 7.5rem 1fr; gap: 0 .6rem; align-items: baseline; } .stack td[data-name]::before { content: attr(data-name); color: var(--soft); font-size: .85rem; overflow-wrap: anywhere; } .metrics td[data-name] .evidence { display: block; grid-column: 2; margin-left: 0; } .stack td .badge { justify-self: start; } .stack td.strong[data-name]::before { font-weight: 400; } }
        @media print { :root { color-scheme: light; --bg: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #ccc; --code: #f4f4f4; } main { max-width: none; padding: 0; } .card, figure, tr, li { break-inside: avoid; } h2 { break-after: avoid; } pre { white-space: pre-wrap; } }
        """;
}
