import { ERROR_FIELDS } from '../../support/error-fields.ts'

/** A message of the server as `pg` has read it. */
export type Message = { readonly name: string } & Record<string, unknown>

type Field = {
  name: string
  dataTypeID: number
  dataTypeSize: number
  dataTypeModifier: number
  format: string
}

/**
 * A message as one line of a record.
 *
 * @param whose names the client with a process id, as `own` or `client 2`
 */
export function lineOf(message: Message, whose: (processId: number) => string): string {
  switch (message.name) {
    case 'dataRow':
      return `row ${JSON.stringify(message['fields'])}`
    case 'commandComplete':
      return `complete ${String(message['text'])}`
    case 'readyForQuery':
      return `ready ${String(message['status'])}`
    case 'parameterStatus':
      return `parameter ${String(message['parameterName'])} = ${String(message['parameterValue'])}`
    case 'rowDescription':
      return `columns ${(message['fields'] as Field[]).map(columnOf).join(', ')}`
    case 'error':
    case 'notice':
      return errorLine(message)
    case 'notification':
      return `notification ${String(message['channel'])} '${String(message['payload'])}' of ${whose(Number(message['processId']))}`
    case 'copyData':
      return `copied ${String(message['chunk'])}`
    default:
      return message.name
  }
}

/** Not the oid of the table, which is another in each database. */
function columnOf({ name, dataTypeID, dataTypeSize, dataTypeModifier, format }: Field): string {
  return `${name}:${dataTypeID}/${dataTypeSize}/${dataTypeModifier}/${format}`
}

function errorLine(message: Message): string {
  let line = message.name
  for (const field of ERROR_FIELDS) {
    const value = message[field]
    // The schema of temporary tables has the number of its backend.
    if (typeof value === 'string') line += ` | ${field}=${withoutCircumstances(value)}`
  }
  return line
}

/**
 * Without what differs between two sessions that have run the same: a function is called in errors as it had to be when the
 * connection compiled it, with its schema or without.
 */
export function withoutCircumstances(value: string): string {
  return value
    .replaceAll(/\bpg_temp_\d+/g, 'pg_temp')
    .replaceAll(/\bpg_sandbox_test_fuzz_\w+/g, 'the database')
    .replaceAll(/(?<=PL\/pgSQL function )public\./g, '')
}
