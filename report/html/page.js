// What a page does beyond being read: it changes between light and dark, sorts its tables, reads out
// its plots and moves its sliders. The controls are made here, so that a page whose scripts do not
// run has none that are dead, and shows everything.
'use strict';
(() => {
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const make = (name, attributes, text = '') => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.textContent = text;
    return element;
  };
  const draw = (svg, name, attributes) => {
    const shape = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) shape.setAttribute(key, value);
    return svg.appendChild(shape);
  };

  // Light or dark: as the reader's system says, until the reader says otherwise.
  const kScheme = 'kirchhoff-scheme';
  const remembered = scheme => {
    try {  // a browser may refuse to remember
      if (scheme) localStorage.setItem(kScheme, scheme);
      return localStorage.getItem(kScheme);
    } catch { return null; }
  };
  const system = matchMedia('(prefers-color-scheme: dark)');
  const is_dark = () => root.dataset.scheme ? root.dataset.scheme === 'dark' : system.matches;
  if (['light', 'dark'].includes(remembered())) root.dataset.scheme = remembered();

  const add_scheme_button = () => {
    const button = make('button', {type: 'button', class: 'scheme'}, 'Dark');
    const show = () => button.setAttribute('aria-pressed', is_dark());
    button.addEventListener('click', () => {
      root.dataset.scheme = is_dark() ? 'light' : 'dark';
      remembered(root.dataset.scheme);
      show();
    });
    system.addEventListener('change', show);
    show();
    document.querySelector('header').append(button);
  };

  // The numbers of a figure, from the link that saves them: the names of the columns, then the rows.
  const tables = new WeakMap();
  const table_of = figure => {
    if (!tables.has(figure)) {
      const link = figure.querySelector('a[download]').getAttribute('href');
      const text = decodeURIComponent(link.slice(link.indexOf(',') + 1)), rows = [[]];
      for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\n"]*))(,|\n|$)/g)) {
        rows[rows.length - 1].push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
        if (end === '\n') rows.push([]);
      }
      rows.pop();
      tables.set(figure, rows);
    }
    return tables.get(figure);
  };

  // Tables: a click on a heading sorts upwards, a second one downwards, a third as it was.
  const value_of = cell => {
    const text = cell.textContent, number = parseFloat(text);
    return cell.classList.contains('n') || !isNaN(text) ? number : text;
  };
  const missing = value => value === '' || Number.isNaN(value);
  const compare = (a, b) => {
    if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
    return typeof a === 'number' ? a - b : a.localeCompare(b, 'en', {numeric: true});
  };
  const add_sorting = table => {
    const body = table.tBodies[0], before = [...body.rows], headings = [...table.tHead.rows[0].cells];
    if (before.length < 2) return;
    headings.forEach((heading, column) => {
      const button = make('button', {type: 'button'}, heading.textContent);
      heading.replaceChildren(button);
      button.addEventListener('click', () => {
        const was = heading.getAttribute('aria-sort');
        headings.forEach(one => one.removeAttribute('aria-sort'));
        if (was === 'descending') return body.replaceChildren(...before);
        const sign = was ? -1 : 1;
        heading.setAttribute('aria-sort', was ? 'descending' : 'ascending');
        const rows = before.map(row => ({row, value: value_of(row.cells[column])}));
        // What has no value is last either way.
        rows.sort((a, b) => missing(a.value) - missing(b.value) ||
          (missing(a.value) ? 0 : sign * compare(a.value, b.value)));
        body.replaceChildren(...rows.map(one => one.row));
      });
    });
  };

  // Plots: what lies next to the pointer is read out, as the arrow keys do one after the other.
  const marks_of = svg => {
    let next = 0;
    return svg.dataset.marks.split(' ').map(mark => {
      const [x, y, row = next] = mark.split(',').map(Number);
      next = row + 1;
      return {x, y, row};
    });
  };
  const tip = make('div', {class: 'tip', role: 'status'});
  tip.hidden = true;
  const add_reading = svg => {
    const marks = marks_of(svg), figure = svg.closest('figure');
    let ring = null, at = -1;
    const hide = () => {
      tip.hidden = true;
      if (ring) ring.remove();
      ring = null;
    };
    const show = place => {
      at = place;
      const mark = marks[at], [names, ...rows] = table_of(figure);
      hide();
      ring = draw(svg, 'circle', {cx: mark.x, cy: mark.y, r: 5, class: 'ring'});
      tip.textContent = names.map((name, i) => [name, rows[mark.row][i]]).filter(([, value]) => value)
        .map(([name, value]) => `${name}: ${value}`).join('\n');
      tip.hidden = false;
      const place_of = ring.getBoundingClientRect(), size = tip.getBoundingClientRect();
      const left = Math.min(place_of.right + 8, innerWidth - size.width - 4);
      const above = place_of.top - size.height - 8;
      tip.style.left = `${Math.max(4, left)}px`;
      tip.style.top = `${above > 4 ? above : place_of.bottom + 8}px`;
    };
    svg.addEventListener('pointermove', event => {
      const matrix = svg.getScreenCTM().inverse();
      const x = matrix.a * event.clientX + matrix.e, y = matrix.d * event.clientY + matrix.f;
      const distances = marks.map(mark => Math.hypot(mark.x - x, mark.y - y));
      const nearest = distances.indexOf(Math.min(...distances));
      if (nearest !== at || tip.hidden) show(nearest);
    });
    svg.addEventListener('pointerleave', hide);
    svg.addEventListener('blur', hide);
    svg.addEventListener('keydown', event => {
      const last = marks.length - 1;
      const to = {ArrowRight: Math.min(at + 1, last), ArrowLeft: Math.max(at - 1, 0), Home: 0, End: last};
      if (event.key === 'Escape') hide();
      if (!(event.key in to) || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      show(to[event.key]);
    });
    // Otherwise a screen reader keeps the arrow keys for itself.
    svg.setAttribute('role', 'application');
    svg.setAttribute('aria-roledescription', 'plot, read with the arrow keys');
    svg.setAttribute('tabindex', '0');
  };

  // Curves over episodes: a slider says after how many, in the table and in the plots.
  const add_slider = box => {
    const last = Number(box.dataset.episodes), at = box.querySelector('.at');
    const figures = box.dataset.curves.split(' ').map(name => all('figure').find(
      figure => figure.querySelector('a[download]').download === `${name}.csv`));
    // As the report rounds them: halves to even, which toFixed() does not.
    const rows = [...box.querySelector('tbody').rows];
    const at_end = rows.map(row => [...row.cells].map(cell => cell.textContent));
    const curves = figures.map(figure => {
      const [names, ...numbers] = table_of(figure);
      const [method, episode, mean] = ['method', 'episode', 'mean'].map(name => names.indexOf(name));
      return numbers.map(row => ({method: row[method], episode: +row[episode], mean: +row[mean]}));
    });
    // A pixel for an episode, from two marks that are apart.
    const veils = figures.flatMap((figure, f) => all('svg[data-marks]', figure).map(svg => {
      const marks = marks_of(svg), first = marks[0], end = marks[marks.length - 1];
      const [left, top, right, bottom] = svg.dataset.area.split(',').map(Number);
      const from = curves[f][first.row].episode, to = curves[f][end.row].episode;
      const step = to > from ? (end.x - first.x) / (to - from) : 0;
      const veil = draw(svg, 'rect', {class: 'veil', y: top, height: bottom - top});
      return episode => {
        const x = Math.max(left, Math.min(right, first.x + step * (episode - from)));
        veil.setAttribute('x', x);
        veil.setAttribute('width', episode < last && step > 0 ? right + 3 - x : 0);
      };
    }));
    const label = make('label', {class: 'control'}, 'Episodes ');
    const slider = make('input', {type: 'range', min: 1, max: last, value: last});
    slider.addEventListener('input', () => {
      const episode = Number(slider.value);
      at.textContent = episode;
      slider.setAttribute('aria-valuetext', `after ${episode} episodes`);
      rows.forEach((row, r) => curves.forEach((curve, column) => {
        const reached = curve.filter(
          point => point.method === row.cells[0].textContent && point.episode <= episode).pop();
        row.cells[column + 1].textContent = episode === last ? at_end[r][column + 1]
          : reached ? reached.mean.toFixed(2) : '–';
      }));
      veils.forEach(move => move(episode));
    });
    label.append(slider);
    box.querySelector('h4').after(label);
  };

  document.addEventListener('DOMContentLoaded', () => {
    document.body.append(tip);
    add_scheme_button();
    all('.progress').forEach(add_slider);
    all('table').forEach(add_sorting);
    all('svg[data-marks]').forEach(add_reading);
  });
})();
