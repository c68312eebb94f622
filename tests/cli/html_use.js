// Runs in a copy of a page: what people with a keyboard, a screen reader or weak eyes would miss, and
// whether sorting, reading, the slider and the button do what they say. Leaves what it found in
// an element called found.
'use strict';
addEventListener('load', () => {
  const found = [];
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const expect = (condition, message) => { if (!condition) found.push(message); };
  const words = element => (element.textContent || '').trim();

  // Colours.
  const channels = colour => colour.match(/[\d.]+/g).map(Number);
  const over = (top, share, below) => below.map((value, i) => share * top[i] + (1 - share) * value);
  const luminance = colour => colour.map(value => value / 255)
    .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (a, b) => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const painted = (colour, below) => {
    const [r, g, b, share = 1] = channels(colour);
    return over([r, g, b], share, below);
  };
  const behind_element = element => {
    const around = [];
    for (let one = element; one; one = one.parentElement) around.unshift(one);
    return around.reduce((colour, one) => painted(getComputedStyle(one).backgroundColor, colour),
                         [255, 255, 255]);
  };
  const behind_text = text => {
    const svg = text.ownerSVGElement, box = text.getBoundingClientRect();
    const at = new DOMPoint(box.left + box.width / 2, box.top + box.height / 2);
    return all('path,polygon,rect,circle', svg).reduce((colour, shape) => {
      const style = getComputedStyle(shape);
      const before = shape.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING;
      if (!before || style.fill === 'none' || shape.closest('defs')) return colour;
      const point = at.matrixTransform(shape.getScreenCTM().inverse());
      return shape.isPointInFill(point)
        ? over(channels(style.fill), parseFloat(style.fillOpacity) * parseFloat(style.opacity), colour) : colour;
    }, behind_element(svg));
  };
  const check_contrast = where => {
    const seen = new Set();
    for (const element of all('body *')) {
      const own = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
      if (!own || element.closest('script,style,title,desc,.unseen') || !element.getClientRects().length) continue;
      const text = element instanceof SVGElement;
      const colour = getComputedStyle(element)[text ? 'fill' : 'color'];
      const below = text ? behind_text(element) : behind_element(element);
      const ratio = contrast(painted(colour, below), below);
      const line = `${where}: "${words(element).slice(0, 30)}" has a contrast of ${ratio.toFixed(2)}`;
      if (ratio < 4.5 && !seen.has(line)) { seen.add(line); found.push(line); }
    }
    return all('svg text').filter(text => contrast(behind_text(text), behind_element(text.ownerSVGElement)) > 1.05).length;
  };

  // What a screen reader is told.
  const check_names = () => {
    expect(document.documentElement.lang === 'en', 'the page does not say its language');
    expect(document.title.length > 10, 'the page has no title');
    const ids = all('[id]').map(element => element.id);
    ids.filter((id, i) => ids.indexOf(id) !== i).forEach(id => found.push(`id ${id} is there twice`));
    const levels = all('h1,h2,h3,h4,h5,h6').map(heading => [Number(heading.tagName[1]), words(heading)]);
    expect(levels.filter(([level]) => level === 1).length === 1 && levels[0][0] === 1, 'not one h1 at the top');
    levels.forEach(([level, text], i) => {
      expect(text !== '', 'an empty heading');
      expect(i === 0 || level <= levels[i - 1][0] + 1, `heading "${text}": ${level} after ${i ? levels[i - 1][0] : 0}`);
    });
    const name_of = element => element.getAttribute('aria-label') || words(element) ||
      all(`#${CSS.escape(element.getAttribute('aria-labelledby') || '-')}`).map(words).join() ||
      (element.labels && element.labels.length ? words(element.labels[0]) : '');
    all('a[href],button,input,select,summary,[tabindex]:not(main)').forEach(
      element => expect(name_of(element), `${element.outerHTML.slice(0, 60)} has no name`));
    all('[aria-labelledby],[aria-describedby]').forEach(element => {
      for (const attribute of ['aria-labelledby', 'aria-describedby']) {
        for (const id of (element.getAttribute(attribute) || '').split(' ').filter(Boolean))
          expect(document.getElementById(id), `${attribute} names ${id}, which is not there`);
      }
    });
    all('figure svg:not([aria-hidden])').forEach(svg => {
      expect(svg.querySelector('title') && words(svg.querySelector('title')), 'a drawing without a title');
      expect(svg.querySelector('desc') && words(svg.querySelector('desc')), 'a drawing without a description');
    });
    all('table').forEach(table => {
      expect(table.caption && words(table.caption), 'a table without a caption');
      const name = table.caption ? words(table.caption) : '';
      expect(all('thead th', table).every(th => th.scope === 'col'), `${name}: headings without scope`);
      expect(all('tbody tr', table).every(row => row.cells[0].scope === 'row'), `${name}: rows without a heading`);
    });
    const skip = document.querySelector('body a');
    expect(document.querySelector(skip.getAttribute('href')) === document.querySelector('main'), 'nothing leads past the top');
    skip.focus();
    expect(skip.getBoundingClientRect().left >= 0, 'the way past the top stays hidden');
    all('button,a[href],input,summary,svg[tabindex],.scroll').filter(one => one.getClientRects().length).forEach(element => {
      element.focus();
      const style = getComputedStyle(element);
      expect(document.activeElement === element, `${element.outerHTML.slice(0, 60)} takes no focus`);
      expect(!element.matches(':focus-visible') || parseFloat(style.outlineWidth) >= 2,
             `${element.outerHTML.slice(0, 60)}: focus cannot be seen`);
    });
  };

  const rows_in = table => all('tbody tr', table).map(row => [...row.cells].map(words));
  const check_sorting = () => {
    let sorted = 0;
    for (const table of all('table')) {
      const before = rows_in(table);
      if (before.length < 2) continue;
      all('thead th', table).forEach((heading, column) => {
        const button = heading.querySelector('button'), name = `${words(table.caption)}, ${words(heading)}`;
        if (!button) return found.push(`${name}: nothing to sort with`);
        const seen = () => rows_in(table).map(row => row[column]).filter(text => text !== '–' && text !== '');
        const numbers = [...before].every(row => !isNaN(parseFloat(row[column])) || row[column] === '–');
        const in_order = (values, sign) => values.every((value, i) => i === 0 || (numbers
          ? sign * (parseFloat(value) - parseFloat(values[i - 1])) >= 0
          : sign * value.localeCompare(values[i - 1], 'en', {numeric: true}) >= 0));
        const plain = numbers || before.every(row => isNaN(row[column]) || row[column] === '');
        for (const [state, sign] of [['ascending', 1], ['descending', -1]]) {
          button.click();
          expect(heading.getAttribute('aria-sort') === state, `${name}: is not ${state}`);
          expect(all('[aria-sort]', table).length === 1, `${name}: two columns are sorted`);
          if (plain) expect(in_order(seen(), sign), `${name}: not ${state}: ${seen()}`);
          const last = rows_in(table).map(row => row[column]);
          const gaps = last.filter(text => text === '–').length;
          expect(last.slice(last.length - gaps).every(text => text === '–'), `${name}: dashes are not last`);
          expect(JSON.stringify(rows_in(table).map(String).sort()) === JSON.stringify(before.map(String).sort()), `${name}: other rows`);
        }
        button.click();
        expect(JSON.stringify(rows_in(table)) === JSON.stringify(before), `${name}: does not go back`);
        ++sorted;
      });
    }
    return sorted;
  };

  const csv_of = name => {
    const link = all('a[download]').find(one => one.download === `${name}.csv`);
    const lines = decodeURIComponent(link.getAttribute('href').split(/,(.*)/s)[1]).trim().split('\n');
    const names = lines[0].split(',');
    return lines.slice(1).map(line => Object.fromEntries(line.split(',').map((cell, i) => [names[i], cell])));
  };
  const check_slider = () => {
    let moved = 0;
    for (const box of all('.progress')) {
      const slider = box.querySelector('input[type=range]'), last = Number(box.dataset.episodes);
      if (!slider) { found.push('no slider'); continue; }
      const curves = box.dataset.curves.split(' ').map(csv_of), before = rows_in(box);
      expect(Number(slider.value) === last, 'the slider does not begin at its end');
      for (const episode of [1, Math.ceil(last / 2), last]) {
        slider.value = episode;
        slider.dispatchEvent(new Event('input', {bubbles: true}));
        expect(words(box.querySelector('h4')).includes(`after ${episode} episodes`), 'the heading stays behind');
        for (const [method, ...cells] of rows_in(box)) cells.forEach((cell, i) => {
          const point = curves[i].filter(row => row.method === method && Number(row.episode) <= episode).pop();
          expect(point ? Math.abs(parseFloat(cell) - Number(point.mean)) < 0.0051 : cell === '–',
                 `${method} after ${episode}: ${cell}, not ${point && point.mean}`);
          ++moved;
        });
        const veils = all('.veil').filter(veil => Number(veil.getAttribute('width')) > 0);
        expect((veils.length > 0) === (episode < last), `${veils.length} plots are veiled after ${episode} of ${last}`);
      }
      expect(JSON.stringify(rows_in(box)) === JSON.stringify(before), 'the slider does not come back');
    }
    return moved;
  };

  const check_reading = () => {
    let read = 0;
    const tip = document.querySelector('.tip');
    for (const svg of all('svg[data-marks]')) {
      const link = svg.closest('figure').querySelector('a[download]');
      const name = link.download.replace(/\.csv$/, '');
      const rows = csv_of(name).map(row => Object.entries(row).filter(([, value]) => value)
        .map(([key, value]) => `${key}: ${value}`).join('\n'));
      const press = key => svg.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
      const quoted = decodeURIComponent(link.getAttribute('href')).includes('"');
      const [left, top, right, bottom] = svg.dataset.area.split(',').map(Number);
      press('Home');
      for (let i = 0; i < svg.dataset.marks.split(' ').length; ++i) {
        const ring = svg.querySelector('.ring'), x = +ring.getAttribute('cx'), y = +ring.getAttribute('cy');
        expect(!tip.hidden && (quoted || rows.includes(tip.textContent)), `${name}: reads out ${tip.textContent}`);
        expect(x >= left - 1 && x <= right + 1 && y >= top - 1 && y <= bottom + 1, `${name}: a mark outside of the axes`);
        ++read;
        press('ArrowRight');
      }
      const end = tip.textContent;
      press('End');
      expect(tip.textContent === end, `${name}: the arrows do not reach the end`);
      press('Escape');
      expect(tip.hidden && !svg.querySelector('.ring'), `${name}: does not fall silent`);
      const box = svg.getBoundingClientRect();
      if (!box.width) continue;
      svg.dispatchEvent(new PointerEvent('pointermove', {clientX: box.left + box.width / 2, clientY: box.top + box.height / 2}));
      expect(!tip.hidden, `${name}: says nothing to a pointer`);
      svg.dispatchEvent(new PointerEvent('pointerleave'));
      expect(tip.hidden, `${name}: goes on when the pointer has left`);
    }
    return read;
  };

  const scheme = () => luminance(channels(getComputedStyle(document.body).backgroundColor)) < 0.2 ? 'dark' : 'light';
  all('details').forEach(one => { one.open = true; });
  const counts = {on_colour: check_contrast(scheme()), sorted: check_sorting(), moved: check_slider(), read: check_reading()};
  check_names();
  const button = document.querySelector('header button'), was = scheme();
  button.click();
  expect(scheme() !== was, 'the button changes nothing');
  expect(button.getAttribute('aria-pressed') === String(scheme() === 'dark'), 'the button does not say what it did');
  check_contrast(scheme());
  button.click();
  expect(scheme() === was, 'the button does not change back');
  for (const [what, count] of Object.entries(counts)) expect(count > 0, `nothing was tried: ${what}`);
  const pre = document.createElement('pre');
  pre.id = 'found';
  pre.textContent = JSON.stringify({found, counts});
  document.body.append(pre);
});
