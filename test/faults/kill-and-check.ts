import { spawn } from 'node:child_process';

export interface KillAndCheckOptions {
  /** A TypeScript file that writes one line to stdout for each thing that was acknowledged to it, and never ends by itself. */
  readonly script: string;
  /** Its arguments, as a rule the data folder, which must be the same in every round. */
  readonly args: readonly string[];
  /** How many times the process is started and killed on the same data. */
  readonly kills: number;
  /** The kill comes at a moment between 0 and so many milliseconds after the first acknowledgement. Default 150. */
  readonly killWithinMs?: number;
  /** Called after each kill, when the process is gone, with all that was acknowledged in this and in all earlier rounds. */
  readonly check: (acknowledged: readonly string[], round: number) => Promise<void>;
}

/** How long a child may take to its first acknowledgement. */
const START_MS = 20_000;

/**
 * Starts a writing process, kills it with SIGKILL at a random moment and checks what is left, again and
 * again on the same data. Resolves with every acknowledged line.
 *
 * Only whole lines count; a line that reached the pipe before the kill is never lost. Thrown: what
 * `check` throws; an error with the child's stderr when it ends by itself or acknowledges nothing.
 */
export async function killAndCheck(options: KillAndCheckOptions): Promise<readonly string[]> {
  const acknowledged: string[] = [];
  for (let round = 1; round <= options.kills; round += 1) {
    const afterFirstLineMs = Math.random() * (options.killWithinMs ?? 150);
    for (const line of await runAndKill(options.script, options.args, afterFirstLineMs)) acknowledged.push(line);
    try {
      await options.check(acknowledged, round);
    } catch (error) {
      const when = `round ${round}, killed ${afterFirstLineMs.toFixed(1)} ms after its first acknowledgement`;
      throw new Error(`${when}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }
  return acknowledged;
}

/** Runs `script` until so many milliseconds after its first line, kills it with SIGKILL and gives its whole lines. */
export async function runAndKill(script: string, args: readonly string[], afterFirstLineMs: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, ['--no-warnings', '--import', 'tsx', script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output: Buffer[] = [];
  const complaints: Buffer[] = [];
  let killTimer: NodeJS.Timeout | null = null;
  const startTimer = setTimeout(() => child.kill('SIGKILL'), START_MS);
  child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
  child.stdout.on('data', (chunk: Buffer) => {
    output.push(chunk);
    if (killTimer !== null || !chunk.includes(0x0a)) return;
    killTimer = setTimeout(() => child.kill('SIGKILL'), afterFirstLineMs);
  });
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (...how) => resolve(how));
  });
  clearTimeout(startTimer);
  if (killTimer !== null) clearTimeout(killTimer);
  const lines = Buffer.concat(output).toString('utf8').split('\n').slice(0, -1);
  if (signal !== 'SIGKILL' || lines.length === 0) {
    const stderr = Buffer.concat(complaints).toString('utf8');
    throw new Error(`${script} ended by ${signal ?? `exit code ${code}`} after ${lines.length} lines, expected our SIGKILL after at least one; stderr: ${stderr}`);
  }
  return lines;
}
