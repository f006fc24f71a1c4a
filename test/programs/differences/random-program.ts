import fc from 'fast-check'
import { isAvoided } from './avoided.ts'
import type { Bound, Program, Statement, Step } from './program.ts'
import type { Template } from './statements/groups.ts'
import { subjects } from './statements/index.ts'
import { stepsAbout } from './random-steps.ts'

/** Gives the clients their numbers, and what is a client's own its name. */
function numbered(step: Step, clients: number, first: number): Step {
  if (step.kind === 'level')
    return {
      kind: 'level',
      steps: step.steps.map((inner) => numbered(inner, 2, first < 11 ? 11 : first + 10)),
    }
  const own = first + (step.client % clients)
  if (step.kind === 'end') return { ...step, client: own }
  if (step.kind === 'pipeline')
    return { ...step, client: own, units: step.units.map((unit) => withClient(unit, own)) }
  if (step.kind === 'pages') {
    const other = step.between && first + (step.between.client % clients)
    const between = step.between && other !== own && other !== null ? withClient(step.between, other) : null
    return { ...step, client: own, sql: named(step.sql, own), between }
  }
  return withClient(step, own)
}

function withClient<Unit extends Statement | Bound>(unit: Unit, client: number): Unit {
  return { ...unit, client, sql: named(unit.sql, client) }
}

function named(sql: Template, client: number): string {
  return sql.replaceAll('§', String(client))
}

/** Programs of one to four clients and one to sixteen steps. */
export const program: fc.Arbitrary<Program> = fc
  .oneof(
    ...subjects.map((subject) => ({
      weight: subject.weight,
      arbitrary: fc.record({ clients: fc.constantFrom(1, 2, 2, 3, 4), steps: stepsAbout(subject) }),
    })),
  )
  .map(({ clients, steps }) => ({ clients, steps: steps.map((step) => numbered(step, clients, 1)) }))
  .filter((made) => !isAvoided(made))
