import { Command, CommanderError } from 'commander';
import { ALL_PROJECTIONS, INFLUX_PROJECTIONS } from '../projections/all-projections.js';
import { addOperationsCommands } from './operations-commands.js';

/** What the command line says to arguments that it refuses before it opens anything. */
async function refusalOf(...args: readonly string[]): Promise<string> {
  let told = '';
  const program = new Command('vigia').exitOverride().configureOutput({ writeErr: (text) => (told += text) });
  addOperationsCommands(program);
  await expect(program.parseAsync(args, { from: 'user' })).rejects.toThrow(CommanderError);
  return told;
}

describe('vigia dead-letters', () => {
  it.each(['replay', 'drop'])('%s takes ids or --all, and says so', async (how) => {
    const refusal = 'error: name ids as listed, or give --all, and not both\n';
    expect(await refusalOf('dead-letters', how)).toBe(refusal);
    expect(await refusalOf('dead-letters', how, '--all', '0b8f')).toBe(refusal);
  });
});

describe('vigia rebuild', () => {
  it('takes one projection or --all, and says so', async () => {
    const refusal = 'error: name a projection, or give --all, and not both\n';
    expect(await refusalOf('rebuild')).toBe(refusal);
    expect(await refusalOf('rebuild', 'alarms', '--all')).toBe(refusal);
  });

  it('has every projection that is kept in its help', () => {
    const program = new Command('vigia');
    addOperationsCommands(program);
    const help = program.commands.find((command) => command.name() === 'rebuild')?.helpInformation();
    for (const { name } of [...ALL_PROJECTIONS, ...INFLUX_PROJECTIONS]) expect(help?.split(/[\s,;]+/)).toContain(name);
  });
});

describe('vigia replay', () => {
  it('names a bad sensor id', async () => {
    expect(await refusalOf('replay', 'seven')).toContain("'seven' is invalid for argument 'sensor'");
  });
});
