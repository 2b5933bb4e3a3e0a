/** How a report looks, by day and by night, on a screen and on paper. */
export const STYLE = `
:root{color-scheme:light dark;--ground:#f6f7f9;--card:#fff;--ink:#1b2430;--soft:#566170;--line:#dfe3e8;--accent:#1d4ed8;
--moved:#0f766e;--failed:#b42318;--skipped:#6b7280;--waiting:#a9b4c2;--moving:#2563eb;--undone:#b45309}
@media (prefers-color-scheme:dark){:root{--ground:#12161c;--card:#1b212a;--ink:#e8ecf1;--soft:#a3afbd;--line:#323b47;--accent:#8ab4ff;
--moved:#2dd4bf;--failed:#ff8a80;--skipped:#9aa5b1;--waiting:#5d6b7b;--moving:#7aa7ff;--undone:#f5b453}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif}
main{max-width:1180px;margin:0 auto;padding:32px 24px 64px}
h1{font-size:26px;line-height:1.2;margin:0}
h2{font-size:15px;margin:0 0 14px}
header{display:flex;flex-wrap:wrap;gap:8px 14px;align-items:center}
header p{flex-basis:100%;margin:2px 0 0;color:var(--soft)}
.badge{border:1px solid currentColor;border-radius:99px;padding:1px 12px;font-size:13px;font-weight:600}
.badge.good{color:var(--moved)}.badge.bad{color:var(--failed)}.badge.under-way{color:var(--moving)}.badge.plain{color:var(--soft)}
.alert{border-left:4px solid var(--failed);background:var(--card);padding:10px 14px;border-radius:4px;margin:18px 0 0}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:24px 0 0;padding:0}
.figures div{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 16px}
.figures dt{color:var(--soft);font-size:13px}
.figures dd{margin:0;font-size:24px;font-weight:650;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:16px;margin:16px 0}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:18px 20px;min-width:0}
main>.card{margin-top:16px}
.card svg{display:block;width:100%;height:auto}
.ring-and-legend{display:flex;gap:28px;align-items:center;flex-wrap:wrap}
.ring-and-legend svg{flex:0 0 200px;width:200px}
.ring-and-legend .legend{flex:1 1 180px}
.ring{fill:none;stroke-width:26}
svg text{font:13px system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif;fill:var(--soft)}
svg text.big{font-size:30px;font-weight:650;fill:var(--ink);text-anchor:middle}
svg text.big.long{font-size:23px}
svg text.small{text-anchor:middle}
svg text.end{text-anchor:end}svg text.middle{text-anchor:middle}
.ring.moved,.line.moved{stroke:var(--moved)}.ring.failed,.line.failed{stroke:var(--failed)}.ring.skipped{stroke:var(--skipped)}
.ring.waiting{stroke:var(--waiting)}.ring.moving{stroke:var(--moving)}.ring.undone{stroke:var(--undone)}
.line{fill:none;stroke-width:2.5;stroke-linejoin:round}
.area.moved{fill:var(--moved);opacity:.16}
.bar.moved{fill:var(--moved)}.bar.failed{fill:var(--failed)}.bar.skipped{fill:var(--skipped)}.track{fill:var(--line)}
.grid{stroke:var(--line)}
.legend{list-style:none;margin:0;padding:0}
.legend li{display:flex;gap:10px;align-items:baseline;padding:3px 0}
.legend li b{margin-left:auto;font-variant-numeric:tabular-nums}
.legend .share{color:var(--soft);width:58px;text-align:right;font-variant-numeric:tabular-nums}
.legend.row{display:flex;gap:20px;font-size:13px;color:var(--soft);margin-top:6px}
.dot{width:11px;height:11px;border-radius:3px;flex:none;align-self:center}
.dot.moved{background:var(--moved)}.dot.failed{background:var(--failed)}.dot.skipped{background:var(--skipped)}
.dot.waiting{background:var(--waiting)}.dot.moving{background:var(--moving)}.dot.undone{background:var(--undone)}
.reasons{list-style:none;margin:0;padding:0}
.reasons li{padding:5px 0}
.reason{display:flex;justify-content:space-between;gap:16px;overflow-wrap:anywhere}
.reasons svg{height:6px}
.note,.empty{color:var(--soft);font-size:13px;margin:10px 0 0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{text-align:left;padding:7px 12px 7px 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:break-word}
th{color:var(--soft);font-weight:600;font-size:13px;white-space:nowrap}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
tbody tr:last-child td{border-bottom:0}
td .cure{color:var(--soft)}
code{font:13px ui-monospace,Consolas,"Liberation Mono",monospace}
.state{white-space:nowrap;font-weight:600}
.state.moved{color:var(--moved)}.state.failed{color:var(--failed)}.state.undone{color:var(--undone)}.state.moving{color:var(--moving)}
.search{display:flex;gap:10px;flex-wrap:wrap;margin-bottom:12px;align-items:center}
.search label{font-size:13px;color:var(--soft);display:flex;gap:8px;align-items:center}
input,select,button{font:inherit;color:var(--ink);background:var(--ground);border:1px solid var(--soft);border-radius:7px;padding:6px 11px}
::placeholder{color:var(--soft);opacity:1}
input{width:280px;max-width:100%}
.search label{max-width:100%}.search input{min-width:0}
#rows td:nth-child(2){min-width:130px}#rows td:last-child{min-width:260px}
button{cursor:pointer;color:var(--accent);margin-top:12px}
input:focus-visible,select:focus-visible,button:focus-visible,.scroll:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
footer{color:var(--soft);font-size:13px;margin-top:28px}
@media (max-width:520px){main{padding:24px 14px 48px}.card{padding:16px 14px}th,td{padding-right:8px}.cards th,.cards td{white-space:normal;overflow-wrap:anywhere}.cards th.number,.cards td.number{white-space:nowrap;overflow-wrap:normal}}
@media print{body{background:#fff}main{padding:0}.card,.figures div{break-inside:avoid}.search,button{display:none}}
`;
