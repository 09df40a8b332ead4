import type { SensorCommand } from '../../../src/alarm-domain/operated-sensor.js';
import { sensorStream } from '../../../src/alarm-domain/sensor.js';
import { CommandRefused, type CommandResult } from '../../../src/alarm-life/sensor-commands.js';
import { isoTime } from '../../../src/clock.js';
import type { CommandAnswer } from '../verifier/outputs.js';
import type { Command } from './plan.js';
import type { SimMachine } from './sim-machine.js';
import type { SimServers } from './sim-servers.js';

/** Asks machines for commands, and keeps what they answer. */
export class CommandLog {
  private readonly asked: { readonly commandId: string; outcome: CommandAnswer['outcome']; hasNoEvent: boolean }[] = [];

  constructor(private readonly servers: SimServers) {}

  /** But for those that were done already. */
  get answers(): CommandAnswer[] {
    return this.asked.filter(({ hasNoEvent }) => !hasNoEvent).map(({ commandId, outcome }) => ({ commandId, outcome }));
  }

  /** Nothing while the machine is down, or has no alarm to be acknowledged. */
  execute(machine: SimMachine, command: Command): void {
    const { commands, process } = machine;
    const wanted = process === null ? null : this.commandOf(command, process.clock.now());
    if (commands === null || wanted === null) return;
    // Of a process that dies meanwhile no answer comes.
    const asked = { commandId: `command-${this.asked.length}`, outcome: 'unknown' as CommandAnswer['outcome'], hasNoEvent: false };
    this.asked.push(asked);
    commands.execute(command.sensor, wanted, { commandId: asked.commandId }).then(
      ({ events }: CommandResult) => {
        asked.outcome = 'done';
        asked.hasNoEvent = events.length === 0;
      },
      (error: unknown) => {
        if (error instanceof CommandRefused) asked.outcome = 'refused';
      },
    );
  }

  private commandOf({ do: type, sensor, forMs }: Command, nowMs: number): SensorCommand | null {
    const by = 'operator';
    switch (type) {
      case 'acknowledge': {
        const last = this.servers.events.readStream(sensorStream(sensor), {}).findLast((event) => event.type === 'AlarmTriggered');
        return last === undefined ? null : { type, alarmId: (last.data as { alarmId: string }).alarmId, by, hasNote: false };
      }
      case 'shelve':
        return { type, by, reason: 'test', until: isoTime(nowMs + forMs), hasNote: false };
      case 'unshelve':
        return { type, by };
      case 'note-silence':
        return { type, intervalMs: forMs, silentForMs: 5 * forMs };
      case 'note-return':
        return { type };
    }
  }
}
