#include "report/html/stylesheet.h"

#include <fmt/format.h>

#include "report/html/palette.h"

namespace kirchhoff::report::html {

std::string stylesheet() {
  std::string light, dark;
  for (std::size_t i = 0; i < kPalette.size(); ++i) {
    light += fmt::format("--c{}:{};", i, kPalette[i].light);
    dark += fmt::format("--c{}:{};", i, kPalette[i].dark);
  }
  const std::string dark_scheme =
      "{color-scheme:dark;--text:#e8e8e8;--back:#16181c;--soft:#22252b;--pale:#4a5059;--rule:"
      "#3c4149;--grid:#343941;--quiet:#b0b5bd;--link:#7ab8f5;" +
      dark + "}\n";
  return ":root{color-scheme:light;--text:#1b1b1b;--back:#fff;--soft:#f3f4f6;--pale:#c9cdd3;"
         "--rule:#d0d4da;--grid:#dfe2e6;--quiet:#55595f;--link:#005a9c;" +
         light +
         "}\n"
         // As the reader's system says, or as the button of the page.
         "@media screen and (prefers-color-scheme:dark){:root:not([data-scheme=light])" +
         dark_scheme + "}\n@media screen{:root[data-scheme=dark]" + dark_scheme +
         "}\n"
         R"css(*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0 auto;padding:0 12px 3rem;max-width:1180px;color:var(--text);background:var(--back);
font:16px/1.5 -apple-system,"Segoe UI",Roboto,"Liberation Sans","DejaVu Sans",system-ui,sans-serif}
h1{font-size:1.6rem;line-height:1.2;margin:1.2rem 0 .6rem;padding-right:6rem;overflow-wrap:anywhere}
h2{font-size:1.35rem;margin:2.2rem 0 .6rem;padding-top:.6rem;border-top:2px solid var(--rule)}
h3{font-size:1.1rem;margin:1.6rem 0 .4rem}
h4{font-size:1rem;margin:0 0 .3rem;font-weight:600}
p{margin:.4rem 0 .8rem;max-width:75ch}
a{color:var(--link)}
nav{display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;padding:.4rem 0}
nav a{padding:.2rem 0}
pre{background:var(--soft);padding:.7rem;border-radius:4px;white-space:pre-wrap;overflow-wrap:anywhere;
font-size:.875rem}
.plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,480px),1fr));gap:1.6rem 2rem;
margin:.8rem 0 1.4rem}
figure{margin:0;min-width:0;break-inside:avoid}
figure svg{display:block;width:100%;height:auto;max-width:620px;color:var(--text);
font-family:-apple-system,"Segoe UI",Roboto,"Liberation Sans","DejaVu Sans",system-ui,sans-serif;
stroke-linejoin:round;overflow:hidden}
.t{stroke:none;fill:currentColor}
.gridline{stroke:var(--grid)}
figure.wide{grid-column:1/-1}
.panels{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(48%,170px),1fr));gap:.5rem .4rem}
.panel{min-width:0}
h5{font-size:.9rem;font-weight:600;margin:0 0 0 18%}
h4 small,h5 small{font-weight:400;color:var(--quiet)}
.behind{stroke:var(--pale);fill:none;stroke-width:1.2}
.behind .ticks{stroke-width:2.5}
.behind .dots{stroke-width:4;stroke-linecap:round}
figcaption{font-size:.9rem;color:var(--quiet);max-width:70ch}
.links{font-size:.9rem;white-space:nowrap}
.scroll{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;font-size:.9rem;margin:.3rem 0;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .6rem;border-bottom:1px solid var(--rule);text-align:left;vertical-align:top}
th{background:var(--soft);font-weight:600}
td,tbody th{white-space:nowrap}.long.long{white-space:normal;min-width:12rem}
tbody th{background:none;font-weight:inherit}
.n{text-align:right}
details{margin:.8rem 0}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip{position:absolute;left:-99rem;padding:.4rem .8rem;background:var(--text);color:var(--back)}
.skip:focus{left:12px;top:0;z-index:3}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
main:focus{outline:none}
header{position:relative}
button{font:inherit;color:inherit;cursor:pointer}
.scheme{position:absolute;top:0;right:0;padding:.2rem .7rem;border:1px solid var(--quiet);border-radius:4px;background:var(--soft)}
.scheme[aria-pressed=true]::after{content:" \2713"}
th button{font-weight:600;text-align:inherit;padding:0;border:0;background:none}
th button::after{content:"";display:inline-block;width:1em;text-align:right;font-size:.7em}
th[aria-sort=ascending] button::after{content:"\25B2"}
th[aria-sort=descending] button::after{content:"\25BC"}
.tip{position:fixed;z-index:2;pointer-events:none;max-width:min(24rem,90vw);padding:.3rem .6rem;border-radius:4px;
background:var(--text);color:var(--back);font-size:.8rem;line-height:1.35;white-space:pre-line;overflow-wrap:anywhere}
.tip[hidden]{display:none}
.ring{fill:none;stroke:var(--text);stroke-width:2;pointer-events:none}
.veil{fill:var(--back);fill-opacity:.8;pointer-events:none}
.control{display:flex;flex-wrap:wrap;align-items:center;gap:.6rem;font-weight:600}
.control input{flex:1;min-width:10rem;max-width:34rem;min-height:24px;accent-color:var(--link)}
summary{cursor:pointer;font-weight:600}
.fold:not([open])+.folded{display:none}
@page{margin:11mm}
@media print{body{max-width:none;font-size:9pt;line-height:1.35;padding:0}nav,.links,.scheme,.control,.tip,.ring,.skip,th button::after{display:none}
p,figcaption{max-width:none}h2{margin:1.2rem 0 .4rem}h3{margin:.8rem 0 .3rem}
.plots{grid-template-columns:1fr 1fr;gap:.6rem 1rem;margin:.3rem 0 .8rem}
.panels{grid-template-columns:1fr 1fr;gap:0 .2rem}figure.wide .panels{grid-template-columns:repeat(6,1fr)}figure svg{max-width:none}
h4{font-size:.95em;margin:0}h5,figcaption{font-size:.75em}figcaption{line-height:1.25}
.fold+.folded{display:block!important}summary{list-style:none}summary::-webkit-details-marker{display:none}
.scroll{overflow:visible}table{font-size:6.8pt;line-height:1.2}th,td{padding:.6pt 3pt}td,tbody th{white-space:normal}
tbody .n{white-space:nowrap}.long.long{min-width:6rem}thead{display:table-header-group}
table,tr,h2,h3,h4,.fold{break-inside:avoid}h2,h3,h4,.fold{break-after:avoid}table.tall{break-inside:auto}
.scroll+.links+p{break-before:avoid}}
)css";
}

}  // namespace kirchhoff::report::html
