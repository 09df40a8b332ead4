import { readdirSync, readFileSync } from 'node:fs';
import { systemClock } from '../src/clock.js';

const SAMPLE_MS = 1_000;
/** The kernel's ticks in a second, the same on every Linux that Node runs on (man 7 time, USER_HZ). */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

/** What some processes took while they were metered. */
export interface Metered {
  readonly processes: number;
  readonly cpuSeconds: number;
  /** Of all of them together, resident, in MB. */
  readonly mostMb: number;
}

interface Sampled {
  readonly name: string;
  readonly firstTicks: number;
  lastTicks: number;
}

/** Meters this process's descendants by the name of the system that each is part of; those without a name are left out. */
export class ProcessMeter {
  private readonly processes = new Map<string, Sampled>();
  private readonly mostMb = new Map<string, number>();
  private samples = 0;
  /** Of all together, at one time. */
  mostOfAllMb = 0;
  private readonly stopping = new AbortController();
  private sampling: Promise<void> = Promise.resolve();

  /** `nameOf`: from a process's arguments and environment, each entry ended by a NUL. */
  constructor(private readonly nameOf: (args: string, environment: string) => string | null) {}

  begin(): void {
    this.sampling = this.sample();
  }

  async end(): Promise<ReadonlyMap<string, Metered>> {
    this.stopping.abort();
    await this.sampling;
    const names = [...this.mostMb.keys()].sort();
    return new Map(names.map((name) => {
      const own = [...this.processes.values()].filter((process) => process.name === name);
      const ticks = own.reduce((sum, { firstTicks, lastTicks }) => sum + lastTicks - firstTicks, 0);
      return [name, { processes: own.length, cpuSeconds: ticks / TICKS_PER_SECOND, mostMb: this.mostMb.get(name) ?? 0 }];
    }));
  }

  private async sample(): Promise<void> {
    for (;;) {
      this.take();
      if (this.stopping.signal.aborted) return;
      await systemClock.sleep(SAMPLE_MS, this.stopping.signal);
    }
  }

  private take(): void {
    const mb = new Map<string, number>();
    for (const { pid, ticks, residentMb } of descendantsOf(process.pid)) {
      const known = this.processes.get(pid);
      const name = known?.name ?? this.read(pid);
      if (name === null) continue;
      if (known) known.lastTicks = ticks;
      else this.processes.set(pid, { name, firstTicks: this.samples === 0 ? ticks : 0, lastTicks: ticks });
      mb.set(name, (mb.get(name) ?? 0) + residentMb);
    }
    for (const [name, now] of mb) this.mostMb.set(name, Math.max(now, this.mostMb.get(name) ?? 0));
    this.mostOfAllMb = Math.max(this.mostOfAllMb, [...mb.values()].reduce((sum, now) => sum + now, 0));
    this.samples += 1;
  }

  private read(pid: string): string | null {
    try {
      return this.nameOf(readFileSync(`/proc/${pid}/cmdline`, 'utf8'), readFileSync(`/proc/${pid}/environ`, 'utf8'));
    } catch {
      return null; // it has just ended
    }
  }
}

interface ProcessStat {
  readonly pid: string;
  readonly parent: string;
  readonly ticks: number;
  readonly residentMb: number;
}

function descendantsOf(root: number): readonly ProcessStat[] {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((pid) => statOf(pid) ?? []);
  const found = new Set([String(root)]);
  const descendants: ProcessStat[] = [];
  for (let before = -1; before < descendants.length; ) {
    before = descendants.length;
    for (const stat of all) {
      if (found.has(stat.pid) || !found.has(stat.parent)) continue;
      found.add(stat.pid);
      descendants.push(stat);
    }
  }
  return descendants;
}

/** Memory of a process that is resident now, in MB; NaN once it has ended. */
export function residentMbOf(pid: number): number {
  return statOf(String(pid))?.residentMb ?? NaN;
}

/** `/proc/PID/stat` (man 5 proc_pid_stat); the name in brackets may hold anything, so the fields are counted from its end. */
function statOf(pid: string): ProcessStat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { pid, parent: fields[1] ?? '', ticks: Number(fields[11]) + Number(fields[12]), residentMb: (Number(fields[21]) * PAGE_BYTES) / 1024 ** 2 };
  } catch {
    return null; // it has just ended
  }
}
