/** The commands of the program, by name. */
import { type ExitCode, run } from './command.ts'
import { runFixtures } from './fixtures/command.ts'
import type { Surroundings } from './surroundings.ts'

type Command = (parameters: readonly string[], surroundings: Surroundings) => ExitCode | Promise<ExitCode>

const COMMANDS: Readonly<Record<string, Command>> = { fixtures: runFixtures }

/** What no other command is, is init's: it tells what there is. */
export async function runCommand(
  parameters: readonly string[],
  surroundings: Surroundings,
): Promise<ExitCode> {
  const [name = '', ...rest] = parameters
  const command = COMMANDS[name]
  return command === undefined ? run(parameters, surroundings) : command(rest, surroundings)
}
