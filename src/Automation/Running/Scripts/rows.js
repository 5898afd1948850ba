// Reads every row of a page in one go: raw texts for each field, and what proves that the list is complete.
(root, json) => {
  const want = JSON.parse(json);
  const fold = (s) => (s || '').replace(/\s+/g, ' ').trim();
  const same = (a, b) => fold(a).toLowerCase() === fold(b).toLowerCase();
  const visible = (e) => (e.checkVisibility ? e.checkVisibility({ visibilityProperty: true }) : e.getClientRects().length > 0);
  const cellSelector = 'td,[role=cell],[role=gridcell],[role=rowheader],th[scope=row]';
  const roles = {
    row: 'tr,[role=row]', listitem: 'li,[role=listitem]', article: 'article,[role=article]',
    option: 'option,[role=option]', treeitem: '[role=treeitem]',
  };
  const tables = new Map();
  const columnsOf = (table) => {
    if (!tables.has(table)) {
      let heads = [...table.querySelectorAll('thead th,thead td,[role=columnheader]')];
      if (heads.length === 0) heads = [...(table.querySelector('tr,[role=row]')?.querySelectorAll('th') || [])];
      const columns = [];
      let at = 0;
      for (const head of heads) {
        columns.push([fold(head.innerText || head.textContent), at]);
        at += head.colSpan || 1;
      }
      tables.set(table, columns);
    }
    return tables.get(table);
  };
  const missing = new Set();
  const columnOf = (table, name) => {
    const found = table && columnsOf(table).find(([text]) => same(text, name));
    if (!found) missing.add(name);
    return found ? found[1] : -1;
  };
  const cellsOf = (row) => {
    const own = row.cells ? [...row.cells] : [...row.querySelectorAll(cellSelector)];
    const cells = [];
    for (const cell of own) for (let i = 0; i < (cell.colSpan || 1); i++) cells.push(cell);
    return cells;
  };
  const selector = want.css || roles[want.role];
  const rows = [...root.querySelectorAll(selector)].filter((row) => {
    if (want.role === 'row' && !row.querySelector(cellSelector)) return false;
    return want.role === 'option' || visible(row);
  });
  const read = (element, field) => {
    if (!element) return null;
    if (field.link) {
      const link = element.matches('a[href]') ? element : element.querySelector('a[href]');
      return link ? link.getAttribute(field.attribute || 'href') : null;
    }
    if (field.attribute) return element.getAttribute(field.attribute);
    return fold(element.innerText === undefined || element.tagName === 'OPTION' ? element.textContent : element.innerText);
  };
  const values = rows.map((row) => {
    const table = row.closest('table,[role=table],[role=grid],[role=treegrid]');
    const cells = cellsOf(row);
    return want.fields.map((field) => {
      if (field.column !== undefined) return read(cells[columnOf(table, field.column)], field);
      if (field.cell !== undefined) return read(cells[field.cell], field);
      if (field.css !== undefined) return read(row.querySelector(field.css), field);
      return read(row, field);
    });
  });
  if (want.scroll && rows.length) {
    const last = rows[rows.length - 1];
    last.scrollIntoView({ block: 'end' });
    for (let e = last.parentElement; e; e = e.parentElement) if (e.scrollHeight > e.clientHeight) e.scrollTop = e.scrollHeight;
    window.scrollTo(0, document.documentElement.scrollHeight);
  }
  const text = want.count || want.empty || want.seats ? fold(document.body ? document.body.innerText : '') : '';
  const plain = (s) => fold(s).replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/ /g, '\\s+');
  // The numbers that stand between the parts of a sentence; null where the page does not say it.
  const numbers = ([before, ...rest]) => {
    const lead = before ? plain(before) + '\\s*' : '(?<![\\d.,])';
    const found = new RegExp(lead + rest.map((after) => "(\\d[\\d.,\u00a0\u202f']*)" + (after ? '\\s*' + plain(after) + '\\s*' : '')).join(''), 'i').exec(text);
    return found && found.slice(1).map((number) => Number(number.replace(/\D/g, '')));
  };
  const count = want.count ? (numbers(want.count) || [null])[0] : null;
  const said = want.seats ? numbers(want.seats.parts) : null;
  const seats = said && (want.seats.usedFirst ? said : said.reverse());
  const headers = [...root.querySelectorAll('table,[role=table],[role=grid],[role=treegrid]')].some((t) => columnsOf(t).length > 0);
  const empty = Boolean(want.empty && text.toLowerCase().includes(fold(want.empty).toLowerCase()));
  return JSON.stringify({ rows: values, missing: [...missing], count, empty, headers, seats, whole: document.readyState !== 'loading', url: location.href });
}
