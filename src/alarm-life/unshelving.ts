import { isoTime, type Clock } from '../clock.js';
import { crashPoint } from '../crash-point.js';
import type { TermWork } from '../leases/leased-role.js';
import type { Term } from '../leases/term.js';
import type { SensorListReads } from '../projections/sensor-list-reads.js';
import type { SensorCommands } from './sensor-commands.js';

/** How often it is looked whose time is over: a held e-mail comes so much late at most, one query of an index each. */
const LOOK_EVERY_MS = 1000;

/** Sensors unshelved at a look; more wait for the next one, a moment later. */
const SOME = 100;

export interface UnshelvingParts {
  readonly shelved: Pick<SensorListReads, 'endedBy'>;
  readonly commands: SensorCommands;
  readonly clock: Clock;
  readonly term: Term;
  readonly problem: (error: unknown) => void;
}

/**
 * Ends the shelvings whose time is over.
 *
 * When that is stands in the events, and the read model has all of them by their end: so nothing is to be remembered, and
 * a process that begins finds what ended while there was none. The read model may be behind; whether it is time is
 * decided by the sensor's stream.
 */
export class Unshelving implements TermWork {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly parts: UnshelvingParts) {}

  start(): void {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** What is under way is harmless beside another process's: the event is the same, and only one is stored. */
  retire(): Promise<void> {
    return this.stop();
  }

  private async run(): Promise<void> {
    const { clock, problem } = this.parts;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      let done = 0;
      try {
        done = await this.look(signal);
      } catch (error) {
        problem(error);
      }
      if (done < SOME) await clock.sleep(LOOK_EVERY_MS, signal);
    }
  }

  /** Gives how many it unshelved. One that can't be is told of and does not keep back the others. */
  private async look(signal: AbortSignal): Promise<number> {
    const { shelved, commands, clock, term, problem } = this.parts;
    let unshelved = 0;
    for (const sensorId of shelved.endedBy(isoTime(clock.now()), SOME)) {
      if (signal.aborted || !term.isHeld()) break;
      try {
        crashPoint('unshelving');
        unshelved += (await commands.execute(sensorId, { type: 'unshelve-by-time' })).events.length;
        crashPoint('unshelved');
      } catch (error) {
        problem(error);
      }
    }
    return unshelved;
  }
}
