/** What a mail says, before it is written as plain text and as HTML. */
export interface MailDocument {
  readonly language: string;
  readonly heading: string;
  readonly notes: readonly string[];
  readonly sections: readonly { readonly title: string; readonly rows: readonly Row[] }[];
  readonly table: { readonly title: string; readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] };
  readonly link: Row | null;
}

export type Row = readonly [label: string, value: string];

const NOTHING = '—';

export function toText(document: MailDocument): string {
  const { heading, notes, sections, table, link } = document;
  const blocks = [
    [heading],
    ...notes.map((note) => [`! ${note}`]),
    ...sections.map(({ title, rows }) => [title, ...rows.map(([label, value]) => `  ${label}: ${harmless(value)}`)]),
    [table.title, ...table.rows.flatMap((cells, index) => evidenceLines(index, table.columns, cells))],
    ...(link ? [[`${link[0]}: ${link[1]}`]] : []),
  ];
  return blocks.map((lines) => lines.join('\n')).join('\n\n') + '\n';
}

function evidenceLines(index: number, columns: readonly string[], cells: readonly string[]): string[] {
  return columns.map((column, at) => `  ${at === 0 ? `${index + 1}.` : '  '} ${column}: ${harmless(cells[at] ?? '')}`);
}

export function toHtml(document: MailDocument): string {
  const { language, heading, notes, sections, table, link } = document;
  const cell = 'padding:3px 12px 3px 0;text-align:left;vertical-align:top';
  const lines = [
    '<!DOCTYPE html>',
    `<html lang="${escaped(language)}"><head><meta charset="utf-8"><title>${escaped(heading)}</title></head>`,
    '<body style="font-family:sans-serif;font-size:14px;color:#1b1f24">',
    `<h1 style="font-size:18px">${escaped(heading)}</h1>`,
    ...notes.map((note) => `<p style="background:#fff3cd;padding:8px"><strong>${escaped(note)}</strong></p>`),
  ];
  for (const { title, rows } of sections) {
    lines.push(`<h2 style="font-size:15px">${escaped(title)}</h2>`, '<table style="border-collapse:collapse">');
    for (const [label, value] of rows) lines.push(`<tr><th style="${cell};color:#57606a">${escaped(label)}</th><td style="${cell}">${escaped(value)}</td></tr>`);
    lines.push('</table>');
  }
  lines.push(`<h2 style="font-size:15px">${escaped(table.title)}</h2>`, '<table style="border-collapse:collapse">');
  lines.push(`<tr>${table.columns.map((column) => `<th style="${cell};color:#57606a">${escaped(column)}</th>`).join('')}</tr>`);
  for (const cells of table.rows) lines.push(`<tr>${cells.map((value) => `<td style="${cell}">${escaped(value)}</td>`).join('')}</tr>`);
  lines.push('</table>');
  if (link) lines.push(`<p><a href="${escaped(link[1])}">${escaped(link[0])}</a></p>`);
  lines.push('</body></html>');
  return lines.join('\n') + '\n';
}

/** Text from outside on one line, in its own order: line ends could forge a field, direction marks could turn one round. */
function harmless(text: string): string {
  const line = text.replace(/[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim();
  return line === '' ? NOTHING : line;
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escaped(text: string): string {
  return harmless(text).replace(/[&<>"']/g, (character) => ESCAPES[character] as string);
}
