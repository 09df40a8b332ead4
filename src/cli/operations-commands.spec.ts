import { Command } from 'commander';
import { addOperationsCommands } from './operations-commands.js';

/** Runs a command that is refused before it reaches any store; gives what it prints. */
async function refusal(...args: string[]): Promise<string> {
  let printed = '';
  const program = new Command('vigia');
  addOperationsCommands(program);
  const quiet = (command: Command): void => {
    command.exitOverride().configureOutput({ writeErr: (text) => void (printed += text) });
    command.commands.forEach(quiet);
  };
  quiet(program);
  await expect(program.parseAsync(args, { from: 'user' })).rejects.toMatchObject({ exitCode: 1, code: expect.stringMatching(/^commander\./) });
  return printed;
}

describe('vigia dead-letters', () => {
  it.each([[['replay']], [['drop']], [['replay', '--all', 'x']]])('%j: asks for ids or --all, in a plain line', async (args) => {
    expect(await refusal('dead-letters', ...args)).toContain('error: name ids, or --all, and not both');
  });
});
