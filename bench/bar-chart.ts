export interface Bar {
  readonly label: string;
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

const [WIDTH, LABELS, VALUES, ROW, TOP, BOTTOM] = [860, 290, 90, 34, 56, 16];

/** Bars as long as their medians, with a line from the least to the most, as an SVG that is readable on light and dark. */
export function barChart({ title, unit, bars }: { readonly title: string; readonly unit: string; readonly bars: readonly Bar[] }): string {
  const most = Math.max(...bars.map(({ max }) => max));
  const x = (value: number): string => (LABELS + (value / most) * (WIDTH - LABELS - VALUES)).toFixed(1);
  const rows = bars.map(({ label, min, median, max }, index) => {
    const middle = TOP + index * ROW + ROW / 2;
    return [
      `<text x="${LABELS - 10}" y="${middle + 4}" text-anchor="end">${escaped(label)}</text>`,
      `<rect x="${LABELS}" y="${middle - 10}" width="${(Number(x(median)) - LABELS).toFixed(1)}" height="20" fill="${index === 0 ? '#d9480f' : '#5b7083'}"/>`,
      `<path d="M${x(min)} ${middle}H${x(max)}" stroke="#111" stroke-width="1.5"/>`,
      `<text x="${(Number(x(max)) + 8).toFixed(1)}" y="${middle + 4}">${(median / 1e6).toFixed(2)} M</text>`,
    ].join('');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${TOP + bars.length * ROW + BOTTOM}" font-family="system-ui, sans-serif" font-size="13" fill="#222">`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    `<text x="16" y="24" font-size="16" font-weight="600">${escaped(title)}</text>`,
    `<text x="16" y="43" fill="#555">${escaped(unit)}: median, and a line from the least to the most</text>`,
    ...rows,
    '</svg>',
    '',
  ].join('\n');
}

export function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
