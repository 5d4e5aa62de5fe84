"""How the HTML page looks. Colours have names by what they say; every one of them has a mark or a word beside it."""

from typing import Final

STYLE: Final = """
:root{--page:#fff;--text:#1c2128;--quiet:#57606a;--line:#d0d7de;--soft:#f6f8fa;--new:#116329;--new-soft:#dafbe1;
--change:#7d4e00;--change-soft:#fff8c5;--gone:#a40e26;--gone-soft:#ffebe9;--swap:#6639ba;--swap-soft:#fbefff}
@media (prefers-color-scheme:dark){:root{--page:#0d1117;--text:#e6edf3;--quiet:#9ea7b3;--line:#3d444d;--soft:#161b22;
--new:#56d364;--new-soft:#12261e;--change:#e3b341;--change-soft:#2a2211;--gone:#ff9492;--gone-soft:#2d1517;
--swap:#d2a8ff;--swap-soft:#211830}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:1060px;margin:0 auto;padding:24px 20px 60px}
h1{font-size:22px;line-height:1.3;margin:0 0 8px;overflow-wrap:anywhere}
h1 .stack{color:var(--quiet);font-weight:400}h1.failed{color:var(--gone)}
h2{font-size:17px;margin:30px 0 8px;padding-bottom:4px;border-bottom:1px solid var(--line)}
h3{font-size:15px;margin:18px 0 6px;overflow-wrap:anywhere}
.total{font-size:17px;font-weight:600;margin:0 0 16px;padding:10px 14px;background:var(--soft);
border-left:4px solid var(--change);border-radius:4px}
.quiet{color:var(--quiet);font-weight:400}.names{overflow-wrap:anywhere}
section.bad ul{background:var(--gone-soft);border-left:4px solid var(--gone)}
section.warn ul{background:var(--change-soft);border-left:4px solid var(--change)}
section.bad ul,section.warn ul{padding:10px 14px 10px 34px;border-radius:4px}
li{overflow-wrap:anywhere}
code,pre{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
code{background:var(--soft);border-radius:4px;padding:1px 4px;overflow-wrap:anywhere;white-space:break-spaces}
pre{background:var(--soft);border:1px solid var(--line);border-radius:6px;padding:10px 0;margin:0;overflow-x:auto;
tab-size:4}
pre>*{display:block;padding:0 12px;text-decoration:none;white-space:pre;min-width:max-content}
ins{background:var(--new-soft);color:var(--new)}del{background:var(--gone-soft);color:var(--gone)}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:6px 12px 6px 0;border-bottom:1px solid var(--line)}
tbody th{font-weight:400;width:25%;min-width:150px}
td:nth-child(2):not(:last-child){width:36%}
thead th{color:var(--quiet);font-weight:600;font-size:13px}
.image{margin-top:4px}
details{margin:10px 0}summary{cursor:pointer;color:var(--quiet)}
figure{margin:0}.drawing{overflow-x:auto}svg{max-width:100%;height:auto;display:block}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 18px;padding:0;margin:8px 0 0;font-size:13px}
.swatch{display:inline-block;width:18px;height:18px;line-height:16px;text-align:center;border-radius:4px;
border:1px solid var(--line);font-weight:700;font-size:13px;vertical-align:text-bottom}
.create,.adopt{--ink:var(--new);--fill:var(--new-soft)}.update{--ink:var(--change);--fill:var(--change-soft)}
.delete{--ink:var(--gone);--fill:var(--gone-soft)}.replace{--ink:var(--swap);--fill:var(--swap-soft)}
.same,.outside{--ink:var(--quiet);--fill:var(--page)}
.swatch{background:var(--fill);color:var(--ink);border-color:var(--ink)}.swatch.outside{border-style:dashed}
.box rect{fill:var(--fill);stroke:var(--ink);stroke-width:1.5}.box.outside rect,.box.delete rect{stroke-dasharray:5 3}
.box.same rect{stroke:var(--line)}
svg text{fill:var(--text);font:14px system-ui,-apple-system,"Segoe UI",sans-serif}
svg .name{font-weight:600}svg .sub,svg .note{fill:var(--quiet);font-size:13px}
svg .head{fill:var(--quiet);font-size:13px;font-weight:600}
svg .mark{fill:var(--ink);font-weight:700;font-size:17px;text-anchor:middle}
.box.delete .name{text-decoration:line-through}
.edge{fill:none;stroke:var(--ink);stroke-width:1.5}.edge.same{stroke:var(--quiet);opacity:.5}
.edge.delete{stroke-dasharray:5 3}
@media screen and (max-width:640px){main{padding:16px 14px 40px}svg{max-width:720px}
table,tbody,tr,tbody th,td{display:block}thead{position:absolute;clip-path:inset(50%);
width:1px;height:1px;overflow:hidden}
tr{border-bottom:1px solid var(--line);padding:7px 0}
tbody th,td,td:nth-child(2):not(:last-child){border:0;padding:2px 0;width:auto}
tbody th{font-weight:600}td::before{content:attr(data-head) ": ";color:var(--quiet);font-size:13px}
td:empty{display:none}}
@media print{body{font-size:11px}main{max-width:none;padding:0}
h2,h3,thead{break-after:avoid}tr,figure,.box{break-inside:avoid}
code,pre,thead th,.legend{font-size:10.5px}h3{font-size:12px}.total{font-size:13px}
pre{overflow:visible}pre>*{white-space:pre-wrap;min-width:0}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
:root{--page:#fff;--text:#000;--quiet:#444;--line:#bbb;--soft:#f4f4f4;--new:#116329;--new-soft:#e6ffec;
--change:#7d4e00;--change-soft:#fff8c5;--gone:#a40e26;--gone-soft:#ffebe9;--swap:#6639ba;--swap-soft:#fbefff}}
"""
