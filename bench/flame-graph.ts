import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { escaped } from './bar-chart.js';

/** `tsx bench/flame-graph.ts PROFILE SVG TITLE`: draws what `node --cpu-prof` has written; callers above, as wide as their share of the samples. */
interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
    readonly hitCount?: number;
    readonly children?: readonly number[];
  }[];
}

interface Frame {
  readonly name: string;
  readonly where: string;
  samples: number;
  readonly children: Map<string, Frame>;
}

const [WIDTH, ROW, TOP, LETTER] = [1200, 17, 48, 6.6];
/** Narrower ones say nothing. */
const LEAST_WIDTH = 4;
/** Loading a program is no part of what it does: files of Node that are the first of a stack then. */
const LOADING = /^(module_job|loader|hooks|utils|modules_run|run_main\w*|load|translators|module_map):/;

const [profileFile, svgFile, title] = process.argv.slice(2);
if (!profileFile || !svgFile || !title) {
  console.error('usage: tsx bench/flame-graph.ts PROFILE.cpuprofile OUT.svg TITLE');
  process.exit(1);
}
writeFileSync(svgFile, draw(read(JSON.parse(readFileSync(profileFile, 'utf8')) as Profile), title));

/** The calls by their names; waiting is left out, and so is loading. */
function read({ nodes }: Profile): Frame {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const all: Frame = { name: 'all', where: '', samples: 0, children: new Map() };
  const add = (id: number, parent: Frame): number => {
    const node = byId.get(id);
    if (!node || node.callFrame.functionName === '(idle)') return 0;
    const { functionName, url, lineNumber } = node.callFrame;
    const name = functionName || '(anonymous)';
    const where = url === '' ? '' : `${basename(url)}:${lineNumber + 1}`;
    const key = `${name} ${where}`;
    if (parent === all && LOADING.test(where)) return 0;
    const frame = name === '(root)' ? parent : (parent.children.get(key) ?? { name, where, samples: 0, children: new Map() });
    if (frame !== parent) parent.children.set(key, frame);
    const below = (node.children ?? []).reduce((sum, child) => sum + add(child, frame), 0);
    const samples = below + (node.hitCount ?? 0);
    if (frame !== parent) frame.samples += samples;
    return samples;
  };
  const [root] = nodes;
  if (root) all.samples = add(root.id, all);
  return all;
}

function draw(all: Frame, heading: string): string {
  const boxes: string[] = [];
  let deepest = 0;
  const place = (frame: Frame, left: number, depth: number): void => {
    const width = (frame.samples / all.samples) * WIDTH;
    if (width < LEAST_WIDTH) return;
    deepest = Math.max(deepest, depth);
    const [x, y] = [left.toFixed(1), TOP + depth * ROW];
    const share = `${((frame.samples / all.samples) * 100).toFixed(1)} %`;
    const fits = Math.floor((width - 6) / LETTER);
    const label = `${frame.name}${frame.where === '' ? '' : ` ${frame.where}`}`;
    const text = fits < 4 ? '' : `<text x="${(left + 3).toFixed(1)}" y="${y + 12}">${escaped(label.length > fits ? `${label.slice(0, fits - 1)}…` : label)}</text>`;
    boxes.push(`<g><title>${escaped(`${label}: ${share}`)}</title><rect x="${x}" y="${y}" width="${Math.max(0.5, width - 0.5).toFixed(1)}" height="${ROW - 1}" fill="${colourOf(frame)}"/>${text}</g>`);
    let next = left;
    for (const child of [...frame.children.values()].sort((one, other) => other.samples - one.samples)) {
      place(child, next, depth + 1);
      next += (child.samples / all.samples) * WIDTH;
    }
  };
  place(all, 0, 0);
  const height = TOP + (deepest + 1) * ROW + 8;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="ui-monospace, monospace" font-size="11" fill="#1b1b1b">`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    `<text x="8" y="20" font-family="system-ui, sans-serif" font-size="16" font-weight="600">${escaped(heading)}</text>`,
    `<text x="8" y="38" font-family="system-ui, sans-serif" fill="#555">${all.samples.toLocaleString('en-US')} samples; orange: this project, blue: Node and V8, grey: libraries</text>`,
    ...boxes,
    '</svg>',
    '',
  ].join('\n');
}

/** Of the project, of Node or V8, of a library; told by the file's name alone, as a built or bundled path says no more. */
function colourOf({ name, where }: Frame): string {
  if (where === '' || name.startsWith('(')) return '#b9cfe4';
  return name.startsWith('wasm-function') || /\.ts:\d+$/.test(where) ? '#f4a261' : '#d9d9d9';
}
